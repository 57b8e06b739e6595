"""The rate of leaving in good standing: how fast customers stop trading, by time since the last invoice.

Leaving takes a customer out of the risk, so a probability of bad debt needs it; but it is a side matter, and a table of
observed rates by interval and recency is enough. Each cell is shrunk to its interval's rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.intervals import Expanded

__all__ = ["RECENCY", "LeavingIntensity", "band_count", "fit_leaving"]

RECENCY = "days_since_last_invoice"

RECENCY_BOUNDS = (30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 270.0)
"""Upper bounds of the recency bands in days, around the 180 days after which silence counts as leaving."""

OPEN = "open_balance"

CELL_WORTH = 5.0
"""Events by which a cell is shrunk to the rate of its interval."""

FLOOR = 1e-9
"""Rate a month where nobody left."""


@dataclass(frozen=True)
class LeavingIntensity:
    """Log rate of leaving a month by band and interval, shape (n_bands, n_intervals)."""

    features: tuple[str, ...]
    log_rates: np.ndarray

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        log_rate: np.ndarray = self.log_rates[_band(values, self.features)]
        return log_rate


def fit_leaving(
    values: np.ndarray, features: tuple[str, ...], expanded: Expanded, *, n_intervals: int
) -> LeavingIntensity:
    """Fit the table of rates."""
    n_bands = band_count()
    weight = expanded.weight
    cell = _band(values, features)[expanded.row] * n_intervals + expanded.interval
    shape = (n_bands, n_intervals)
    events = np.bincount(cell, expanded.left * weight, n_bands * n_intervals).reshape(shape)
    exposure = np.bincount(cell, expanded.exposure * weight, n_bands * n_intervals).reshape(shape)
    interval_rate = np.maximum(events.sum(axis=0) / np.maximum(exposure.sum(axis=0), FLOOR), FLOOR)
    rates = (events + CELL_WORTH) / (exposure + CELL_WORTH / interval_rate)
    return LeavingIntensity(features, np.log(np.maximum(rates, FLOOR)))


def band_count() -> int:
    """Return the number of bands: every recency band and that of no invoice at all, with and without open money."""
    return 2 * (len(RECENCY_BOUNDS) + 2)


def _band(values: np.ndarray, features: tuple[str, ...]) -> np.ndarray:
    """Return the band of each row: recency of the last invoice (its own band when null), by whether money is open."""
    band = np.full(len(values), len(RECENCY_BOUNDS) + 1)
    if RECENCY in features:
        days = values[:, features.index(RECENCY)]
        band = np.where(np.isnan(days), band, np.searchsorted(RECENCY_BOUNDS, days, side="left"))
    owing = np.zeros(len(values), dtype=np.int64)
    if OPEN in features:
        owing = (np.nan_to_num(values[:, features.index(OPEN)]) > 0).astype(np.int64)
    return 2 * band + owing
