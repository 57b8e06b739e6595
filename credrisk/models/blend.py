"""The mean of two opinions: the booster's curves, which find what nobody thought of, and the regression's beliefs.

The booster alone learns everything from the events of this ledger; the regression starts from what is believed of
every ledger. Their errors differ, so the mean of their log rates is better than either on most ledgers of some hundred
events (docs/results.md). Both are sums over features, so their mean is one too: it is scored and told apart exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.additive import AdditiveIntensity
from credrisk.models.regression import RegressionIntensity

__all__ = ["BlendIntensity"]


@dataclass(frozen=True)
class BlendIntensity:
    """The mean of the log rates of a booster and a regression on the same features (a geometric mean of the rates)."""

    curves: AdditiveIntensity
    regression: RegressionIntensity

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        mean: np.ndarray = (self.curves.log_intensity(values) + self.regression.log_intensity(values)) / 2
        return mean

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what each feature adds to the weighted sum of the log rates, (n_rows, n_features), and the base."""
        parts, base = self.curves.contributions(values, interval_weights)
        others, other_base = self.regression.contributions(values, interval_weights)
        parts += others
        parts /= 2
        return parts, (base + other_base) / 2
