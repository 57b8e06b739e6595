"""Mean and variance of figures of which some are only known to be at least so much.

A right-censored normal sample per row (Tobin 1958), by expectation-maximisation (Dempster, Laird and Rubin 1977): what
is missing of a censored figure is replaced by its expectation, and its square by that of one above the bound, until
nothing moves. Mean and variance are shrunk to what is believed beforehand, so that a row of one figure, or one whose
every figure is censored, has an answer too.
"""

from __future__ import annotations

import numpy as np

__all__ = ["censored_moments"]

ROUNDS = 500
SETTLED = 1e-7
"""In standard deviations: the mean moves by less than this in a round."""


def censored_moments(
    values: np.ndarray,
    *,
    counted: np.ndarray,
    censored: np.ndarray,
    worth: float,
    prior_mean: np.ndarray,
    prior_precision: np.ndarray,
    prior_variance: float,
    prior_weight: float,
    highest: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of each row's figures.

    Parameters
    ----------
    values
        (rows, figures): the figure, or the bound that it reached.
    counted, censored
        Which figures count, and which of them are only known to be at least the value.
    worth
        What a figure counts as in the mean, in independent figures (neighbouring months are alike); above 0, at most 1.
    prior_mean, prior_precision
        The mean believed of each row and one over the variance of that belief; 0 where there is none.
    prior_variance, prior_weight
        The variance believed, and how many figures that belief weighs.
    highest
        What the mean of each row goes no higher than: where every figure is censored, nothing else bounds it.

    Returns
    -------
    tuple of numpy.ndarray
        Mean, where there is neither figure nor belief 0; and variance, ``(weight x believed + squares) / (weight +
        figures)``.

    References
    ----------
    .. [1] Tobin (1958), "Estimation of relationships for limited dependent variables", Econometrica 26.
    .. [2] Dempster, Laird and Rubin (1977), "Maximum likelihood from incomplete data", JRSS B 39.
    """
    from scipy.special import log_ndtr

    count = counted.sum(axis=1)
    mean = np.where(counted, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    mean = np.where(count > 0, mean, prior_mean)
    variance = np.full(len(mean), float(prior_variance))
    moving = np.flatnonzero(count > 0)
    for _ in range(ROUNDS):
        if not len(moving):
            break
        expected = np.where(counted[moving], values[moving], 0.0)
        left = np.zeros_like(expected)
        row, column = np.nonzero(counted[moving] & censored[moving])
        owner = moving[row]
        sd = np.sqrt(variance[owner])
        place = (expected[row, column] - mean[owner]) / sd
        # Inverse Mills ratio, in logs so that it holds far out in the tail.
        mills = np.exp(-(place**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(-place))
        expected[row, column] = mean[owner] + sd * mills
        left[row, column] = sd**2 * np.clip(1 + place * mills - mills**2, 0.0, 1.0)
        own = worth * count[moving] / variance[moving]
        total = own * expected.sum(axis=1) / count[moving] + prior_precision[moving] * prior_mean[moving]
        new = np.minimum(total / (own + prior_precision[moving]), highest[moving])
        off = np.where(counted[moving], expected - new[:, None], 0.0)
        squares = (off**2 + left).sum(axis=1)
        step = np.abs(new - mean[moving]) / np.sqrt(variance[moving])
        mean[moving] = new
        variance[moving] = (prior_weight * prior_variance + squares) / (prior_weight + count[moving])
        moving = moving[step > SETTLED]
    return mean, variance
