"""Is the level of a grade right? Jeffreys' test, allowing for many grades and for what hits all customers at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from credrisk.errors import ParameterError

__all__ = ["ASSET_CORRELATION", "GradeTest", "events_tail", "grade_test", "holm", "jeffreys_interval", "jeffreys_p"]

ASSET_CORRELATION = 0.03
"""Correlation of the hidden values of two customers' firms. Small firms: 1 to 3 % on average (Dietsch, M., Petey, J.
(2004), Journal of Banking and Finance 28, 773-788); the upper end is taken, for a ledger leans on few industries."""

FACTOR_FROM, FACTOR_TO, FACTOR_STEPS = -8.0, 8.0, 801
"""Grid of the common factor, in standard deviations: the rule of rectangles is exact to 1e-12 for so smooth a sum."""


@dataclass(frozen=True)
class GradeTest:
    """What the events of a grade say about its PD.

    Attributes
    ----------
    p_too_low
        One-sided Jeffreys p-value: posterior probability that the true rate is at or below the PD. Small: the PD is
        too low.
    p_too_low_correlated
        Probability of so many events or more if the PD is right and customers share a factor.
    p_too_high_correlated
        The same of so few or fewer. Small: the PD is too high.
    """

    p_too_low: float
    p_too_low_correlated: float
    p_too_high_correlated: float


def jeffreys_p(pd: float, *, events: int, customers: int) -> float:
    """Return the one-sided p-value of Jeffreys' test: the Beta(d + 1/2, n - d + 1/2) distribution at ``pd``.

    Small where more went bad than the PD allows. It takes customers as independent [1]_.

    References
    ----------
    .. [1] European Central Bank (2019). Instructions for reporting the validation results of internal models, 2.5.3.1.
    """
    from scipy.special import betainc

    _check(pd, events, customers)
    return float(betainc(events + 0.5, customers - events + 0.5, pd))


def jeffreys_interval(events: np.ndarray | int, customers: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """Return the equal-tailed 95 % interval of a share by Jeffreys' prior; it starts at 0 where nothing happened.

    Source: Brown, L. D., Cai, T. T., DasGupta, A. (2001). Interval estimation for a binomial proportion. Statistical
    Science 16(2), 101-133.
    """
    from scipy.special import betaincinv

    d, n = np.asarray(events, dtype=float), np.asarray(customers, dtype=float)
    low = np.where(d <= 0, 0.0, betaincinv(d + 0.5, n - d + 0.5, 0.025))
    high = np.where(d >= n, 1.0, betaincinv(d + 0.5, n - d + 0.5, 0.975))
    return low, high


def events_tail(
    pds: Sequence[float], customers: Sequence[int], events: int, *, correlation: float = ASSET_CORRELATION
) -> tuple[float, float]:
    """Return the chances of at least, and of at most, ``events`` over independent years if the PDs are right.

    Within a year (a cohort) the customers share one standard normal factor z: each goes bad with probability
    Phi((Phi^-1(pd) + sqrt(correlation) z) / sqrt(1 - correlation)) [1]_, independently given z.

    Parameters
    ----------
    pds, customers
        By cohort: the mean PD and the number of customers.
    events
        Over all cohorts.

    References
    ----------
    .. [1] Vasicek, O. (2002). The distribution of loan portfolio value. Risk 15(12), 160-162.
    """
    from scipy.special import gammaln, ndtr, ndtri

    if not 0 <= correlation < 1:
        raise ParameterError("correlation", "from 0 to below 1", correlation)
    for pd, count in zip(pds, customers, strict=True):
        _check(pd, 0, count)
    factor = np.linspace(FACTOR_FROM, FACTOR_TO, FACTOR_STEPS)
    density = np.exp(-(factor**2) / 2)
    density /= density.sum()
    total = np.array([1.0])  # chances of 0, 1, ... events up to the number seen; what is above it is not needed
    for pd, count in zip(pds, customers, strict=True):
        hits = np.arange(min(events, count) + 1)
        if 0 < pd < 1:
            given = ndtr((ndtri(pd) + np.sqrt(correlation) * factor) / np.sqrt(1 - correlation))[:, None]
            given = np.clip(given, 1e-300, 1 - 1e-16)
            ways = gammaln(count + 1) - gammaln(hits + 1) - gammaln(count - hits + 1)
            chances = density @ np.exp(ways + hits * np.log(given) + (count - hits) * np.log1p(-given))
        else:
            chances = (hits == round(pd * count)).astype(float)
        total = np.convolve(total, chances)[: events + 1]
    reached = np.zeros(events + 1)
    reached[: len(total)] = total
    at_most = float(min(1.0, reached.sum()))
    return float(min(1.0, max(0.0, 1 - reached[:events].sum()))), at_most


def grade_test(
    pds: Sequence[float], customers: Sequence[int], events: int, *, correlation: float = ASSET_CORRELATION
) -> GradeTest:
    """Test one grade over cohorts whose horizons do not overlap; parameters as in :func:`events_tail`."""
    n = int(sum(customers))
    if n == 0:
        raise ParameterError("customers", "at least one", n)
    pd = float(np.average(pds, weights=customers))
    at_least, at_most = events_tail(pds, customers, events, correlation=correlation)
    return GradeTest(jeffreys_p(pd, events=events, customers=n), at_least, at_most)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being several: reject where they are at or below the level [1]_.

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics
       6(2), 65-70.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    raised = np.minimum(1.0, np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))))
    adjusted = np.empty(len(p))
    adjusted[order] = raised
    return [float(value) for value in adjusted]


def _check(pd: float, events: int, customers: int) -> None:
    if not 0 <= pd <= 1:
        raise ParameterError("pd", "from 0 to 1", pd)
    if not 0 <= events <= customers:
        raise ParameterError("events", f"from 0 to the number of customers ({customers})", events)
