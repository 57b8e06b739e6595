"""The maps by which a predicted rate may be corrected: straight in the log, isotonic, beta and Venn-Abers.

Each is learnt from cells: a row and an interval ahead, the log rate that an earlier model predicted for it, the months
at risk, the events. The likelihood is that of a Poisson rate, so that a cell observed for part of its interval says its
part. One event is seen from many rows of its customer; months and events are divided by that number beforehand, so that
an event weighs as one. A map acts on the log rate of every interval alike, and the level of each interval is set
afterwards; so what is learnt here is a shape.

References
----------
.. [1] Platt, J. (1999). Probabilistic outputs for support vector machines. In: Advances in Large Margin Classifiers,
   MIT Press, 61-74.
.. [2] Zadrozny, B., Elkan, C. (2002). Transforming classifier scores into accurate multiclass probability estimates.
   KDD, 694-699.
.. [3] Kull, M., Silva Filho, T., Flach, P. (2017). Beta calibration. AISTATS, PMLR 54, 623-631.
.. [4] Vovk, V., Petej, I. (2014). Venn-Abers predictors. UAI, 829-838. Inductive: with a set apart for calibration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "Cells",
    "beta_map",
    "beta_rate",
    "isotonic_map",
    "most_probable_slope",
    "rates_by_score",
    "venn_abers_map",
]

LEVEL_SD, SLOPE_SD = 0.5, 0.25
"""Standard deviations of the beliefs that the level is right (0) and a slope is right (1), in log rate."""

LEAST_SLOPE = 0.1
"""A model may be flattened, never turned round."""

MOST_STEPS, LONGEST_STEP = 50, 0.5
"""Bounds of Newton's method."""

GRID = np.arange(-25.0, 4.01, 0.25)
"""Log rates at which a smooth map is kept; between them it is straight."""

SCORES_KEPT = 200
"""Distinct scores kept by a map of steps at most; nearer ones are put together."""

EVENTS_OF_NONE = 0.5
"""Events that a step without any is taken to have had: a rate of none is never an answer."""


@dataclass(frozen=True)
class Cells:
    """What a map is learnt from, one entry a row and interval.

    Attributes
    ----------
    log_rate
        Predicted log events a month.
    exposure, events
        Months at risk and events, divided by the number of rows that see the same event.
    """

    log_rate: np.ndarray
    exposure: np.ndarray
    events: np.ndarray


def most_probable_slope(cells: Cells, *, slope_sd: float = SLOPE_SD) -> float:
    """Return the most probable slope of a map that is straight in the log rate, its level left aside.

    Notes
    -----
    Maximises the Poisson log likelihood plus the log of the normal beliefs, over level and slope by Newton's method.
    Platt's map [1]_ is the logistic twin of this; for rates well below 1 the two are the same.
    """
    expected = cells.exposure * np.exp(cells.log_rate)
    away = cells.log_rate - float(np.average(cells.log_rate, weights=expected))
    level, slope = 0.0, 1.0
    for _ in range(MOST_STEPS):
        rate = expected * np.exp(level + (slope - 1) * away)
        surplus = rate - cells.events
        gradient = np.array([surplus.sum() + level / LEVEL_SD**2, surplus @ away + (slope - 1) / slope_sd**2])
        cross = float(rate @ away)
        hessian = np.array([[rate.sum() + 1 / LEVEL_SD**2, cross], [cross, float(rate @ away**2) + 1 / slope_sd**2]])
        step = np.clip(np.linalg.solve(hessian, gradient), -LONGEST_STEP, LONGEST_STEP)
        level, slope = level - float(step[0]), slope - float(step[1])
        if np.abs(step).max() < 1e-10:
            break
    return max(slope, LEAST_SLOPE)


def beta_rate(log_rate: np.ndarray, *, a: float, b: float, c: float) -> np.ndarray:
    """Return the log rate that beta calibration [3]_ gives: with p the probability of the event within a month,

    logit(q) = a ln(p) - b ln(1 - p) + c, and the new rate is -ln(1 - q). a = b = 1 and c = 0 change nothing.
    """
    rate = np.exp(log_rate)
    odds = a * np.log(-np.expm1(-rate)) + b * rate + c
    mapped: np.ndarray = np.log(np.logaddexp(0.0, odds))
    return mapped


def beta_map(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return knots of the most probable beta map, a and b not negative.

    a and b are believed to be 1 with the standard deviation of a slope, c to be 0 with that of a level.
    """
    from scipy.optimize import minimize

    log_rate = np.clip(cells.log_rate, GRID[0], GRID[-1])

    def loss(theta: np.ndarray) -> float:
        mapped = beta_rate(log_rate, a=theta[0], b=theta[1], c=theta[2])
        fit = (cells.exposure * np.exp(mapped) - cells.events * mapped).sum()
        belief = (((theta[:2] - 1) / SLOPE_SD) ** 2).sum() / 2 + (theta[2] / LEVEL_SD) ** 2 / 2
        return float(fit + belief)

    bounds = [(LEAST_SLOPE, None), (0.0, None), (None, None)]
    found = minimize(loss, np.array([1.0, 1.0, 0.0]), method="L-BFGS-B", bounds=bounds).x
    return GRID, beta_rate(GRID, a=found[0], b=found[1], c=found[2])


def isotonic_map(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return knots of the rate that never falls with the predicted one and fits best [2]_.

    Pooling adjacent violators is the most probable monotone Poisson rate: a pool's is its events / its months. Between
    the pools the log rate is straight, so that the order of customers is kept.
    """
    score, exposure, events = rates_by_score(cells)
    return score, np.log(_with_floor(_isotonic(exposure, events), exposure))


def venn_abers_map(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return knots of the inductive Venn-Abers prediction [4]_, put together as one rate.

    For each score the isotonic rate is fitted twice, with one more cell at that score: once without the event and once
    with it. With p0 and p1 the two probabilities over that cell's months, p = p1 / (1 - p0 + p1). The cell is as long
    as the mean one.
    """
    score, exposure, events = rates_by_score(cells)
    months = cells.exposure.sum() / np.count_nonzero(cells.exposure)
    mapped = np.empty(len(score))
    for place in range(len(score)):
        longer, more = exposure.copy(), events.copy()
        longer[place] += months
        more[place] += 1.0
        never, ever = (-np.expm1(-_isotonic(longer, counted)[place] * months) for counted in (events, more))
        mapped[place] = -np.log1p(-ever / (1 - never + ever)) / months
    return score, np.log(_with_floor(np.maximum.accumulate(mapped), exposure))


def rates_by_score(cells: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct log rates, rising, with the months and events of each.

    More than ``SCORES_KEPT`` are put together into as many with about equal expected events, at their mean log rate.
    """
    score, place = np.unique(cells.log_rate, return_inverse=True)
    if len(score) > SCORES_KEPT:
        expected = np.bincount(place, cells.exposure * np.exp(cells.log_rate))
        before = np.cumsum(expected) - expected / 2
        part = np.minimum((before / expected.sum() * SCORES_KEPT).astype(np.int64), SCORES_KEPT - 1)
        place = np.unique(part, return_inverse=True)[1][place]
        months = np.bincount(place, cells.exposure)
        score = np.bincount(place, cells.exposure * cells.log_rate) / months
    return score, np.bincount(place, cells.exposure), np.bincount(place, cells.events)


def _isotonic(exposure: np.ndarray, events: np.ndarray) -> np.ndarray:
    from sklearn import config_context
    from sklearn.isotonic import isotonic_regression

    # Checking its input takes scikit-learn longer than pooling, and Venn-Abers calls it more than a thousand times.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        rate: np.ndarray = isotonic_regression(events / exposure, sample_weight=exposure)
    risen: np.ndarray = np.maximum(rate, 0.0)
    return risen


def _with_floor(rate: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Give the scores below the first event the rate of ``EVENTS_OF_NONE`` events, never more than the next pool's."""
    none = rate <= 0
    if not none.any():
        return rate
    next_pool = rate[~none].min() if (~none).any() else np.inf
    floored: np.ndarray = np.where(none, min(EVENTS_OF_NONE / exposure[none].sum(), next_pool), rate)
    return floored
