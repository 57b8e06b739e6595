"""Items cut into the days on which they could have been paid: the rows of the hazard model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.payment_bands import band_of
from credrisk.models.payment_history import ITEM_FEATURES, Habits, weekday_of

__all__ = ["DAY_FEATURES", "DayRows", "day_rows", "design", "logit"]

DAY_FEATURES = (
    "days_late",
    "days_open",
    "days_ahead",
    "weekday",
    "day_of_month",
    "days_to_month_end",
    "log_odds_customer",
    "log_odds_recent",
    "log_odds_everyone",
    "days_from_median",
    "days_from_mean",
    "weekday_share",
)
"""Features of a day ahead, after those of the item."""

LEAST_HAZARD = 1e-6


@dataclass(frozen=True)
class DayRows:
    """Days at risk: ``item`` (place of the forecast), ``day``, ``ahead`` (0 = first day), ``closed``, ``weight``."""

    item: np.ndarray
    day: np.ndarray
    ahead: np.ndarray
    closed: np.ndarray
    weight: np.ndarray

    @classmethod
    def every(cls, start: np.ndarray, horizon: int) -> DayRows:
        """Return all days of the horizon of every forecast, item by item."""
        item = np.repeat(np.arange(len(start)), horizon)
        ahead = np.tile(np.arange(horizon), len(start))
        return cls(item, start[item] + ahead, ahead, np.zeros(0), np.zeros(0))


def day_rows(
    start: np.ndarray,
    end: np.ndarray,
    closed_on: np.ndarray,
    *,
    horizon: int,
    most_rows: int,
    random: np.random.Generator,
) -> DayRows:
    """Return the days at risk of each forecast, from ``start`` to ``end`` (both included) and within the horizon.

    Above ``most_rows`` the days on which nothing was closed are sampled, and weighted by what they stand for.
    """
    length = np.minimum(end - start + 1, horizon)
    total = int(length.sum())
    events = int(((closed_on >= start) & (closed_on < start + length)).sum())
    share = min(1.0, max(most_rows - events, 1) / max(total - events, 1))
    item = np.repeat(np.arange(len(start)), length)
    ahead = np.arange(total) - np.repeat(np.cumsum(length) - length, length)
    event = start[item] + ahead == closed_on[item]
    if share < 1.0:
        kept = np.flatnonzero(event | (random.random(total) < share))
        item, ahead, event = item[kept], ahead[kept], event[kept]
    weight = np.where(event, 1.0, 1.0 / share)
    return DayRows(item, start[item] + ahead, ahead, event.astype(float), weight)


def design(
    rows: DayRows, of_item: np.ndarray, habits: Habits, *, due: np.ndarray, opened: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix of the rows (features of the item, then of the day), and the log odds that the habits give."""
    item, day = rows.item, rows.day
    late = day - due[item]
    band = band_of(late)
    date = day.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    weekday = weekday_of(day)
    recent = logit(habits.recent[item, band])
    values = np.empty((len(item), len(ITEM_FEATURES) + len(DAY_FEATURES)), dtype=np.float32)
    values[:, : len(ITEM_FEATURES)] = of_item[item]
    columns = {
        "days_late": late,
        "days_open": day - opened[item],
        "days_ahead": rows.ahead,
        "weekday": weekday,
        "day_of_month": (date - month.astype("datetime64[D]")).astype(int) + 1,
        "days_to_month_end": ((month + 1).astype("datetime64[D]") - date).astype(int) - 1,
        "log_odds_customer": logit(habits.customer[item, band]),
        "log_odds_recent": recent,
        "log_odds_everyone": logit(habits.everyone[item, band]),
        "days_from_median": late - of_item[item, ITEM_FEATURES.index("median_days_late")],
        "days_from_mean": late - of_item[item, ITEM_FEATURES.index("mean_days_late_last_10")],
        "weekday_share": habits.weekday[item, weekday],
    }
    for place, name in enumerate(DAY_FEATURES):
        values[:, len(ITEM_FEATURES) + place] = columns[name]
    return values, recent


def logit(share: np.ndarray) -> np.ndarray:
    """Return the log odds of probabilities, kept off 0 and 1."""
    kept = np.clip(share, LEAST_HAZARD, 1.0 - LEAST_HAZARD)
    odds: np.ndarray = np.log(kept / (1.0 - kept))
    return odds
