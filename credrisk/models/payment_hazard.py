"""The hazard of payment on each day ahead, and the distribution of the day of payment that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from credrisk.models.payment_bands import band_of
from credrisk.models.payment_days import DayRows, design
from credrisk.models.payment_distribution import PaymentDistribution
from credrisk.models.payment_history import ITEM_FEATURES, Habits, PaymentHistory
from credrisk.models.payment_items import Items

__all__ = ["PaymentHazard"]

CHUNK = 1_000
"""Items forecast at one time."""


@dataclass(frozen=True)
class PaymentHazard:
    """The habits of the customers, times what the trees add.

    Attributes
    ----------
    horizon_days
        Days ahead.
    half_life_days, prior_days
        See :class:`~credrisk.models.payment_history.PaymentHistory`.
    threads
        Threads of LightGBM.
    seasonal
        Whether the month of the year is told: where it was not seen twice it would be the trend.
    booster
        LightGBM's trees; None: the habits alone.
    """

    horizon_days: int
    half_life_days: float
    prior_days: float
    threads: int
    seasonal: bool
    booster: Any = None

    def history(self, items: Items) -> PaymentHistory:
        """Return the record of every customer."""
        return PaymentHistory(items, half_life_days=self.half_life_days, prior_days=self.prior_days)

    def of_item(self, history: PaymentHistory, which: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Return the features of the items ``which`` before the days ``start``."""
        values = history.features(which, start)
        if not self.seasonal:
            values[:, ITEM_FEATURES.index("due_month")] = np.nan
        return values

    def distribution(self, items: Items, which: np.ndarray, start: np.ndarray, *, tail: float) -> PaymentDistribution:
        """Forecast the items ``which`` from the days ``start`` on; the interval leaves out ``tail`` on each side."""
        history = self.history(items)
        horizon = self.horizon_days
        paid, otherwise = np.empty((len(which), horizon)), np.empty(len(which))
        for begin in range(0, len(which), CHUNK):
            part = slice(begin, begin + CHUNK)
            of_item = self.of_item(history, which[part], start[part])
            habits = history.habits(which[part], start[part])
            rows = DayRows.every(start[part], horizon)
            hazard = self._hazard(rows, of_item, habits, items, which[part]).reshape(-1, horizon)
            band = band_of(rows.day.reshape(-1, horizon) - items.due[which[part]][:, None])
            left = np.cumprod(1.0 - hazard, axis=1)
            closed = np.column_stack([np.ones(len(left)), left[:, :-1]]) * hazard
            paid[part] = closed * np.take_along_axis(habits.cash_share, band, axis=1)
            otherwise[part] = (closed - paid[part]).sum(axis=1)
        return PaymentDistribution(
            items.item_id[which], items.customer_id[which], start, items.due[which], paid, otherwise, tail
        )

    def _hazard(
        self, rows: DayRows, of_item: np.ndarray, habits: Habits, items: Items, which: np.ndarray
    ) -> np.ndarray:
        values, base = design(rows, of_item, habits, due=items.due[which], opened=items.opened[which])
        added = 0.0 if self.booster is None else self.booster.predict(values, raw_score=True, num_threads=self.threads)
        hazard: np.ndarray = 1.0 / (1.0 + np.exp(-(base + added)))
        return hazard
