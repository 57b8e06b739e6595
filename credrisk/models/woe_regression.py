"""The logistic regression of a scorecard: log odds good:bad as a weighted sum of weights of evidence."""

from __future__ import annotations

import numpy as np

from credrisk.models.pooling import Counts

__all__ = ["fit_level", "fit_slope", "fit_woe_regression", "mean_log_loss"]

COEFFICIENT_SD = 1.0
"""Belief about a coefficient: 0 with this standard deviation. A single variable has 1, so this holds back little."""

SLOPE_SD = 0.25
"""Belief about the out-of-time slope: 1 with this standard deviation, as for the intensity model."""

MOST_STEPS, LEAST_STEP, LONGEST_STEP = 50, 1e-10, 2.0
"""Bounds of Newton's method."""


def fit_woe_regression(woe: np.ndarray, counts: Counts) -> tuple[np.ndarray, float]:
    """Return coefficients, shape (n_variables,), and intercept of the log odds good:bad.

    Notes
    -----
    An event seen from many rows counts once: the weights are divided by the rows an event has. The penalty of a
    coefficient b is b^2 / (2 x COEFFICIENT_SD^2), worth about one event.
    """
    design = np.column_stack([np.ones(len(woe)), woe])
    penalty = np.full(design.shape[1], 1 / COEFFICIENT_SD**2)
    penalty[0] = 0.0
    start = np.zeros(design.shape[1])
    start[0] = np.log(counts.good.sum() / counts.bad.sum())
    theta = _newton(design, counts, start, penalty, np.zeros(len(start)))
    return theta[1:], float(theta[0])


def fit_slope(log_odds: np.ndarray, counts: Counts) -> float:
    """Return how sharply later rows follow earlier log odds: 1 as stated, below 1 less; the level is free."""
    design = np.column_stack([np.ones(len(log_odds)), log_odds])
    believed = np.array([0.0, 1.0])
    return float(_newton(design, counts, believed, np.array([0.0, 1 / SLOPE_SD**2]), believed)[1])


def fit_level(log_odds: np.ndarray, counts: Counts) -> float:
    """Return what is to be added to the log odds so that the expected bads are the observed ones."""
    design = np.ones((len(log_odds), 1))
    return float(_newton(design, counts, np.zeros(1), np.zeros(1), np.zeros(1), given=log_odds)[0])


def mean_log_loss(log_odds: np.ndarray, counts: Counts) -> float:
    """Return the weighted mean log loss of log odds good:bad."""
    loss = counts.good * np.logaddexp(0.0, -log_odds) + counts.bad * np.logaddexp(0.0, log_odds)
    return float(loss.sum() / (counts.good.sum() + counts.bad.sum()))


def _newton(
    design: np.ndarray,
    counts: Counts,
    start: np.ndarray,
    penalty: np.ndarray,
    centre: np.ndarray,
    given: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Minimise the weighted log loss plus penalty / 2 x (theta - centre)^2; convex, so any start will do."""
    good, bad = counts.good / counts.rows_an_event, counts.bad / counts.rows_an_event
    theta = start.copy()
    for _ in range(MOST_STEPS):
        chance_bad = 1.0 / (1.0 + np.exp(np.clip(design @ theta + given, -50.0, 50.0)))
        gradient = design.T @ (bad - (good + bad) * chance_bad) + penalty * (theta - centre)
        curvature = (good + bad) * chance_bad * (1.0 - chance_bad)
        hessian = (design * curvature[:, None]).T @ design + np.diag(penalty) + 1e-12 * np.eye(len(theta))
        step = np.linalg.solve(hessian, gradient)
        longest = float(np.abs(step).max())
        theta = theta - step * min(1.0, LONGEST_STEP / max(longest, 1e-300))
        if longest < LEAST_STEP:
            break
    return theta
