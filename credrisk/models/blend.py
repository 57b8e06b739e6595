"""A weighted mean of the booster's curves, which find what nobody thought of, and the regression, which has beliefs.

The booster alone learns everything from the events of this ledger; the regression starts from what is believed of
every ledger. Their errors differ, so a mean of their log rates is better than either on most ledgers. What the booster
learns grows with the events, so its opinion weighs more the more there are (:func:`booster_weight`). Both are sums over
features, so their mean is one too: it is scored and told apart exactly.

The exponential of a mean is below the mean of exponentials, so where the two disagree a mean of log rates expects fewer
events than either. :func:`blended` sets that right interval by interval.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from credrisk.models.additive import AdditiveIntensity
from credrisk.models.intervals import Expanded
from credrisk.models.regression import RegressionIntensity

__all__ = ["EVENTS_FOR_HALF", "BlendIntensity", "blended", "booster_weight"]

EVENTS_FOR_HALF = 400
"""Distinct events at which the two opinions weigh the same.

On simulated ledgers of other seeds than those on the results page a weight of 0.2 to 0.4 was best with 180 to 280
events, and one of 0.8 to 0.9 with 1,400.
"""


def booster_weight(first_events: int) -> float:
    """Return what the booster weighs beside the regression with so many distinct events, 0 to below 1."""
    return first_events / (first_events + EVENTS_FOR_HALF)


@dataclass(frozen=True)
class BlendIntensity:
    """A weighted mean of the log rates of a booster and a regression on the same features.

    Attributes
    ----------
    weight
        Of the curves, from 0 to 1; the regression has the rest.
    """

    curves: AdditiveIntensity
    regression: RegressionIntensity
    weight: float

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        mean: np.ndarray = self.weight * self.curves.log_intensity(values)
        mean += (1 - self.weight) * self.regression.log_intensity(values)
        return mean

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what each feature adds to the weighted sum of the log rates, (n_rows, n_features), and the base."""
        parts, base = self.curves.contributions(values, interval_weights)
        others, other_base = self.regression.contributions(values, interval_weights)
        parts *= self.weight
        others *= 1 - self.weight
        parts += others
        return parts, self.weight * base + (1 - self.weight) * other_base


def blended(
    curves: AdditiveIntensity, regression: RegressionIntensity, weight: float, values: np.ndarray, expanded: Expanded
) -> BlendIntensity:
    """Return the weighted mean at the level of its two sides.

    In each interval it expects ``weight`` times the events that the curves expect of ``expanded`` (entries of
    ``values``), and ``1 - weight`` times those that the regression expects: both intercepts are moved alike.
    """
    mean = BlendIntensity(curves, regression, weight)
    n_intervals = len(curves.intercepts)
    months = expanded.exposure * expanded.weight

    def expected(side: AdditiveIntensity | RegressionIntensity | BlendIntensity) -> np.ndarray:
        log_rate = side.log_intensity(values)[expanded.row, expanded.interval]
        return np.bincount(expanded.interval, months * np.exp(log_rate), n_intervals)

    wanted = weight * expected(curves) + (1 - weight) * expected(regression)
    # An interval that nobody was watched in has no level to keep.
    watched = np.bincount(expanded.interval, months, n_intervals) > 0
    shift = np.log(np.divide(wanted, expected(mean), out=np.ones(n_intervals), where=watched))
    return BlendIntensity(
        dataclasses.replace(curves, intercepts=curves.intercepts + shift),
        dataclasses.replace(regression, intercepts=regression.intercepts + shift),
        weight,
    )
