"""A variable on a normal scale: the level of its value among training quantiles, so that outliers cannot lead."""

from __future__ import annotations

import numpy as np

__all__ = ["KNOTS", "normal_scores", "quantiles_of"]

KNOTS = 41
"""Quantiles kept of each variable."""

LOWEST, HIGHEST = 0.003, 0.997
"""Levels of the first and the last quantile: beyond them a value tells no more."""


def quantiles_of(column: np.ndarray) -> np.ndarray:
    """Return the quantiles of the measured values, shape (KNOTS,)."""
    quantiles: np.ndarray = np.quantile(column[~np.isnan(column)], np.linspace(LOWEST, HIGHEST, KNOTS))
    return quantiles


def normal_scores(column: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the normal scores of the levels of values among ``quantiles``; null is 0, the middle.

    Between two quantiles the level is straight; a value that is several of them has the middle of their levels.
    """
    from scipy.special import ndtri

    levels = np.linspace(LOWEST, HIGHEST, KNOTS)
    level = np.interp(column, quantiles, levels)
    for several in np.unique(quantiles[1:][np.diff(quantiles) == 0]):
        first, last = np.flatnonzero(quantiles == several)[[0, -1]]
        level[column == several] = 0.5 * (levels[first] + levels[last])
    scores: np.ndarray = ndtri(level)
    scores[np.isnan(column)] = 0.0
    return scores
