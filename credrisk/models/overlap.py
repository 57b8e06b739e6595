"""How far two groups can be compared at all: effective sample size, overlap of the chances, clustered errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["OVERLAP", "Estimate", "clustered", "clustered_covariance", "effective_sample_size", "separation"]

OVERLAP = (0.05 - 1e-9, 0.95 + 1e-9)
"""Chances, 5 and 95 %, between which an account could have gone either way; both belong to it in spite of floats."""

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error by customer, and the 95 % interval of a t distribution."""

    value: float
    se: float
    lower: float
    upper: float
    p_value: float
    clusters: int


def effective_sample_size(weight: np.ndarray) -> float:
    """Return (sum w)^2 / sum w^2: how many equally weighted rows tell as much (Kish 1965); 0 without weight."""
    squares = float(np.square(weight).sum())
    return float(weight.sum()) ** 2 / squares if squares > 0 else 0.0


def clustered(influence: np.ndarray, cluster: np.ndarray, value: float) -> Estimate:
    """Return the estimate ``value`` with the standard error of the mean of its influence values, by cluster.

    The sums of a cluster's centred influence values are independent of each other's, those inside it need not be:
    ``se = sqrt(C / (C - 1) sum_c S_c^2) / n`` (Liang and Zeger 1986), compared with a t of C - 1 degrees of freedom.
    """
    from scipy.stats import t

    number = np.unique(cluster, return_inverse=True)[1]
    count = int(number.max()) + 1 if len(number) else 0
    if count < 2:
        return Estimate(value, float("nan"), float("-inf"), float("inf"), 1.0, count)
    sums = np.bincount(number, weights=influence - influence.mean(), minlength=count)
    se = float(np.sqrt(count / (count - 1) * np.square(sums).sum()) / len(influence))
    half = float(t.ppf((1 + LEVEL) / 2, count - 1)) * se
    p_value = float(2 * t.sf(abs(value) / se, count - 1)) if se > 0 else float(value == 0)
    return Estimate(value, se, value - half, value + half, p_value, count)


def clustered_covariance(influence: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Return the covariance of several sums of influence values, shape (n_rows, k) to (k, k), by cluster."""
    number = np.unique(cluster, return_inverse=True)[1]
    count = int(number.max()) + 1
    sums = np.zeros((count, influence.shape[1]))
    np.add.at(sums, number, influence)
    covariance: np.ndarray = count / max(count - 1, 1) * (sums.T @ sums)
    return covariance


def separation(score: np.ndarray, offered: np.ndarray) -> float:
    """Return the chance that an offered row has a higher score than one not offered (area under the ROC curve)."""
    from scipy.stats import rankdata

    offers = int(offered.sum())
    others = len(offered) - offers
    if not offers or not others:
        return 1.0
    ranks = rankdata(score)
    return float((ranks[offered].sum() - offers * (offers + 1) / 2) / (offers * others))
