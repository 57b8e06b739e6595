"""The expert card, for ledgers with too few events to fit anything: stated points, scaled to a blended base rate.

The points are credrisk's own judgement, written down here and never fitted. Only the level comes from data: the
published rate of the target blended with the ledger's own events. Every output that rests on the card says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["CARD", "POINTS_TO_DOUBLE", "Band", "CardIntensity", "fit_card"]

POINTS_TO_DOUBLE = 20.0
"""Points that double the rate, the usual scale of a scorecard."""

Band = tuple[float, float]
"""Upper bound (inclusive) and points."""

INFINITE = float("inf")

CARD: dict[str, tuple[Band, ...]] = {
    "share_past_due": ((0.0, 0.0), (0.1, 3.0), (0.3, 6.0), (0.6, 10.0), (INFINITE, 14.0)),
    "oldest_open_days": ((0.0, 0.0), (15.0, 2.0), (30.0, 5.0), (60.0, 12.0), (90.0, 22.0), (INFINITE, 34.0)),
    "dbt_12m": (
        (-5.0, -8.0),
        (0.0, -4.0),
        (5.0, 0.0),
        (10.0, 6.0),
        (20.0, 12.0),
        (40.0, 20.0),
        (INFINITE, 28.0),
    ),
    "dbt_trend": ((0.0, 0.0), (10.0, 3.0), (INFINITE, 8.0)),
    "share_paid_late_30_12m": ((0.0, 0.0), (0.05, 3.0), (0.2, 6.0), (INFINITE, 10.0)),
    "broken_promises_12m": ((0.0, 0.0), (1.0, 8.0), (3.0, 14.0), (INFINITE, 20.0)),
    "utilisation": ((0.5, 0.0), (0.9, 3.0), (1.0, 6.0), (INFINITE, 10.0)),
    "tenure_months": ((12.0, 8.0), (36.0, 4.0), (INFINITE, 0.0)),
}
"""Points by band of each feature; a null, or a feature the panel lacks, gives 0.

How a customer has paid over a year weighs as much as what is past due today: half of the customers have nothing open on
a given day, and habits last. Broken promises and paying later than before come on top.
"""


@dataclass(frozen=True)
class CardIntensity:
    """The card on one ledger.

    Attributes
    ----------
    features
        Names of the features given; those not on the card count nothing.
    log_base
        Log of the blended monthly rate.
    mean_points
        Mean points of each feature over the training rows: contributions are told against them.
    level
        Added so that the mean rate over the training rows is the blended one.
    n_intervals
        Number of horizon intervals; the card's rate is the same in each.
    """

    features: tuple[str, ...]
    log_base: float
    mean_points: np.ndarray
    level: float
    n_intervals: int

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        log_rate = self.log_base + self.level + self._terms(values).sum(axis=1)
        return np.repeat(log_rate[:, None], self.n_intervals, axis=1)

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each feature's points against the mean, in log rate, and the base they add up from."""
        total = interval_weights.sum()
        return self._terms(values) * total, np.full(len(values), (self.log_base + self.level) * total)

    def _terms(self, values: np.ndarray) -> np.ndarray:
        terms: np.ndarray = (points(values, self.features) - self.mean_points) * (np.log(2) / POINTS_TO_DOUBLE)
        return terms


def points(values: np.ndarray, features: tuple[str, ...]) -> np.ndarray:
    """Return the card's points of each value, shape of ``values``; 0 for nulls and features not on the card."""
    given = np.zeros(values.shape)
    for place, name in enumerate(features):
        if name in CARD:
            upper, worth = np.array(CARD[name]).T
            column = values[:, place]
            band = np.searchsorted(upper, column, side="left").clip(max=len(upper) - 1)
            given[:, place] = np.where(np.isnan(column), 0.0, worth[band])
    return given


def fit_card(
    values: np.ndarray, features: tuple[str, ...], *, months: np.ndarray, rate: float, n_intervals: int
) -> CardIntensity:
    """Scale the card so that the mean rate over the training rows, weighted by months at risk, is ``rate``."""
    given = points(values, features)
    mean = np.average(given, axis=0, weights=months)
    relative = np.exp((given - mean).sum(axis=1) * np.log(2) / POINTS_TO_DOUBLE)
    level = -float(np.log(np.average(relative, weights=months)))
    return CardIntensity(features, float(np.log(rate)), mean, level, n_intervals)
