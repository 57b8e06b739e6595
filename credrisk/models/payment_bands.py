"""How often items of a group were paid on the days around their due date: payments and days at risk by band.

Days are counted from the due date and put into bands: single days from 30 before to 30 after it, weeks and months
further out. An item is at risk on every day from the day it was opened to the day on which its payment was known; an
open item is at risk until today, and so tells that it was not paid yet. Counts as of a day use strictly earlier days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.payment_items import NEVER, Items

__all__ = ["BANDS", "BAND_FROM", "BAND_TO", "BandCounts", "band_of", "shrunk_hazard"]

FAR = 2**19
BAND_FROM = np.concatenate(
    [
        [-FAR, -120, -90, -75, -60, -53, -46, -39, -32],
        np.arange(-30, 31),
        [31, 38, 45, 52, 59, 66, 73, 80, 87, 94, 120, 150, 180, 270, 365, 540],
    ]
)
"""First day of each band, in days after the due date."""

BAND_TO = np.append(BAND_FROM[1:], FAR)
"""First day after each band."""

BANDS = len(BAND_FROM)
DAY_BITS = 21


def band_of(days_late: np.ndarray) -> np.ndarray:
    """Return the band of days counted from the due date."""
    return np.searchsorted(BAND_FROM, days_late, side="right") - 1


@dataclass(frozen=True)
class _Steps:
    """Weights that come in on a day, by group and band, summed from the first day on."""

    keys: np.ndarray
    weight: np.ndarray
    weighted_day: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, cell: np.ndarray, day: np.ndarray, weight: np.ndarray, cells: int) -> _Steps:
        order = np.argsort((cell << DAY_BITS) | day, kind="stable")
        keys = ((cell << DAY_BITS) | day)[order]
        sums = [np.concatenate([[0.0], np.cumsum(values[order])]) for values in (weight, weight * day)]
        return cls(keys, sums[0], sums[1], np.searchsorted(keys, np.arange(cells, dtype=np.int64) << DAY_BITS))

    def before(self, cell: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weight, and the sum of weight x day, that came in strictly before the day."""
        last, first = np.searchsorted(self.keys, (cell << DAY_BITS) | day), self.starts[cell]
        return self.weight[last] - self.weight[first], self.weighted_day[last] - self.weighted_day[first]


class BandCounts:
    """Payments by cash, other closings and days at risk of items, by group and band, as of any day.

    Parameters
    ----------
    items
        The items; what is open is at risk until the day asked for.
    group
        Number of the group of each item, from 0.
    half_life_days
        An item counts half as much as one due so many days later; None: all count alike.
    """

    def __init__(self, items: Items, group: np.ndarray, *, half_life_days: float | None = None) -> None:
        self._half_life = half_life_days
        closed = items.known < NEVER
        seen = np.concatenate([items.opened, items.due, items.known[closed]])
        self._first = int(seen.min()) - 1 if len(seen) else 0
        self._reference = int(items.due.max()) if len(items) else 0
        cells = (int(group.max()) + 1 if len(group) else 1) * BANDS
        weight = (
            np.ones(len(items)) if half_life_days is None else 0.5 ** ((self._reference - items.due) / half_life_days)
        )

        late = band_of(items.settled - items.due)
        cell = group * BANDS + late
        self._paid, self._other = (
            _Steps.of(cell[which], items.known[which] - self._first, weight[which], cells)
            for which in (closed & items.by_cash, closed & ~items.by_cash)
        )
        last = np.where(closed, items.known, items.due + BAND_FROM[-1])
        last = np.maximum(last, items.opened)
        first_band, last_band = band_of(items.opened - items.due), band_of(last - items.due)
        count = last_band - first_band + 1
        item = np.repeat(np.arange(len(items)), count)
        band = np.arange(len(item)) - np.repeat(np.cumsum(count) - count, count) + first_band[item]
        begin = np.maximum(items.opened[item], items.due[item] + BAND_FROM[band])
        end = np.minimum(np.where(closed, items.known + 1, NEVER)[item], items.due[item] + BAND_TO[band])
        cell, weight = group[item] * BANDS + band, weight[item]
        ends = end < NEVER
        self._begun = _Steps.of(cell, begin - self._first, weight, cells)
        self._ended = _Steps.of(cell[ends], end[ends] - self._first, weight[ends], cells)

    def at(self, group: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return payments, other closings and days at risk, known strictly before ``day``: each (n_rows, BANDS)."""
        cell = group[:, None] * BANDS + np.arange(BANDS)
        asked = np.broadcast_to(np.clip(day - self._first, 0, 2**DAY_BITS - 1)[:, None], cell.shape)
        paid, other = self._paid.before(cell, asked)[0], self._other.before(cell, asked)[0]
        begun, begun_days = self._begun.before(cell, asked)
        ended, ended_days = self._ended.before(cell, asked)
        at_risk = asked * (begun - ended) - (begun_days - ended_days)
        parts = (paid, other, at_risk)
        if self._half_life is not None:
            now = 0.5 ** ((day - self._reference) / self._half_life)[:, None]
            parts = (paid * now, other * now, at_risk * now)
        # Sums run over other customers too: rounding takes off what their order leaves in the last digits.
        paid, other, at_risk = (np.maximum(np.round(part, 6), 0.0) for part in parts)
        return paid, other, at_risk


def shrunk_hazard(events: np.ndarray, at_risk: np.ndarray, prior: np.ndarray, *, prior_days: float) -> np.ndarray:
    """Return the daily hazard in each band, shrunk to ``prior`` as if that had been seen over ``prior_days`` days."""
    return (events + prior_days * prior) / (at_risk + prior_days)
