"""How far chance could have moved a figure: resamples of whole customers, or of whole groups of companies.

The rows of a customer are nearly copies of each other, and companies of one group fail together, so a resample draws
groups with replacement and keeps or drops all their rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Resamples", "interval", "resamples_of"]

WEIGHTS_AT_ONCE = 250_000
"""Weights worked on at one time: 2 MB, which stays in the cache."""

LEVEL = 0.95


@dataclass(frozen=True)
class Resamples:
    """Resamples of groups of rows.

    Attributes
    ----------
    number
        Group of each row, shape (n_rows,).
    drawn
        How often each group was drawn, shape (1 + n_samples, n_groups); the first sample is the rows as they are.
    """

    number: np.ndarray
    drawn: np.ndarray

    def weights(self) -> np.ndarray:
        """Return the weights of the rows, shape (1 + n_samples, n_rows)."""
        return self.drawn[:, self.number].astype(float)

    def parts(self) -> Iterator[np.ndarray]:
        """Yield the weights of the rows, shape (samples of this part, n_rows), in cache-sized parts."""
        at_once = max(1, WEIGHTS_AT_ONCE // max(1, len(self.number)))
        for start in range(0, len(self.drawn), at_once):
            yield self.drawn[start : start + at_once][:, self.number].astype(float)

    def of(self, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return a measure of the weighted rows for every sample, the one of the rows as they are first."""
        return np.concatenate([measure(weight) for weight in self.parts()])

    def of_rows(self, rows: np.ndarray) -> Resamples:
        """Return the same resamples of some of the rows (a mask or positions)."""
        return Resamples(self.number[rows], self.drawn)


def resamples_of(group: np.ndarray, *, samples: int, seed: int) -> Resamples:
    """Draw ``samples`` resamples of the groups that ``group`` names row by row."""
    number = np.unique(group, return_inverse=True)[1]
    count = int(number.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=samples)
    return Resamples(number, np.vstack([np.ones((1, count), dtype=drawn.dtype), drawn]))


def interval(values: np.ndarray) -> dict[str, Any]:
    """Return ``value`` of the rows as they are, and ``low`` and ``high``: 2.5 and 97.5 % over the resamples."""
    drawn = values[1:][~np.isnan(values[1:])]
    if np.isnan(values[0]):
        return {"value": None, "low": None, "high": None, "reason": "not defined on these rows"}
    if not len(drawn):
        return {"value": float(values[0]), "low": None, "high": None, "reason": None}
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"value": float(values[0]), "low": float(low), "high": float(high), "reason": None}
