"""The day on which each open item is paid, as a distribution: paid by, quantiles, expected day, interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

__all__ = ["BEYOND", "PaymentDistribution"]

BEYOND = -1
"""Instead of a number of days: the day lies beyond the horizon, or never comes."""


@dataclass(frozen=True)
class PaymentDistribution:
    """Probabilities of the day of payment of open items.

    Attributes
    ----------
    item_id, customer_id
        The items.
    start, due
        First forecast day and due day of each, counted from 1970-01-01.
    paid
        Probability of payment by cash on each day from ``start`` on, shape (n_items, horizon_days).
    otherwise
        Probability that it is closed within the horizon by anything but cash (credit note, write-off).
    tail
        Probability left out on each side of the 80 % interval, learnt out of time; 0.1 where it was not.
    """

    item_id: np.ndarray
    customer_id: np.ndarray
    start: np.ndarray
    due: np.ndarray
    paid: np.ndarray
    otherwise: np.ndarray
    tail: float

    def __len__(self) -> int:
        return len(self.item_id)

    @property
    def later_or_never(self) -> np.ndarray:
        """Probability that an item is still open at the end of the horizon; with the others it makes 1."""
        left: np.ndarray = np.maximum(1.0 - self.paid.sum(axis=1) - self.otherwise, 0.0)
        return left

    def paid_by(self, day: np.ndarray | int | date) -> np.ndarray:
        """Return the probability that an item is paid in cash on or before ``day``: a date, or counted from 1970-01-01.

        An array gives each item its own day, as dates (``datetime64``) or counted.
        """
        if isinstance(day, date) or np.asarray(day).dtype.kind == "M":
            day = np.asarray(day, dtype="datetime64[D]").astype(np.int64)
        ahead = np.broadcast_to(np.asarray(day), len(self)) - self.start
        place = np.clip(ahead, -1, self.paid.shape[1] - 1)
        running = np.cumsum(self.paid, axis=1)
        taken = np.take_along_axis(running, np.maximum(place, 0)[:, None], axis=1)[:, 0] if len(self) else np.empty(0)
        return np.where(place >= 0, np.minimum(taken, 1.0), 0.0)

    def quantile(self, share: float) -> np.ndarray:
        """Return the first day by which the item is paid with at least this probability, ``BEYOND`` where none is."""
        running = np.cumsum(self.paid, axis=1)
        reached = running >= share
        found = reached.any(axis=1)
        day: np.ndarray = np.where(found, self.start + np.argmax(reached, axis=1), BEYOND)
        return day

    def median_day(self) -> np.ndarray:
        """Return the median day among the ways in which the item is paid within the horizon at all."""
        running = np.cumsum(self.paid, axis=1)
        half = 0.5 * running[:, -1:]
        day: np.ndarray = self.start + np.argmax(running >= half, axis=1)
        return day

    def interval_80(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and last day of the 80 % interval, the last ``BEYOND`` where it lies outside the horizon.

        Payments bunch on few days, so the days at 10 and 90 % would hold more than 80 %; ``tail`` makes up for it.
        """
        return self.quantile(self.tail), self.quantile(1.0 - self.tail)

    def table(self) -> pl.DataFrame:
        """Return one row an item: quantiles and the interval as dates (null: beyond the horizon), and probabilities."""
        low, high = self.interval_80()
        days = {
            "expected_on": self.median_day(),
            "p10_on": self.quantile(0.1),
            "p50_on": self.quantile(0.5),
            "p90_on": self.quantile(0.9),
            "interval_80_from": low,
            "interval_80_to": high,
        }
        frame = pl.DataFrame(
            {
                "item_id": pl.Series(self.item_id, dtype=pl.String),
                "customer_id": pl.Series(self.customer_id, dtype=pl.String),
                "due_on": self.due,
                **days,
                "p_paid_in_time": self.paid_by(self.due),
                "p_paid_in_30_days": self.paid_by(self.start + 29),
                "p_closed_otherwise": self.otherwise,
                f"p_open_after_{self.paid.shape[1]}_days": self.later_or_never,
            }
        )
        return frame.with_columns(
            pl.when(pl.col(name) != BEYOND).then(pl.col(name)).cast(pl.Int32).cast(pl.Date).alias(name)
            for name in ("due_on", *days)
        )
