"""How likely an amount is to exceed a limit, and how much of it lies below: the two figures a limit is judged by.

An amount that is lognormal with probability ``share`` and 0 otherwise. All arrays broadcast against each other.
"""

from __future__ import annotations

import numpy as np

__all__ = ["exceedance", "expected_below", "quantile"]


def exceedance(
    limit: np.ndarray, log_mean: np.ndarray, log_sd: np.ndarray, share: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return P(amount > limit); at a limit of 0 it is ``share``."""
    from scipy.special import ndtr

    found: np.ndarray = share * ndtr(-_standard(limit, log_mean, log_sd))
    return found


def expected_below(
    limit: np.ndarray, log_mean: np.ndarray, log_sd: np.ndarray, share: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return E[min(amount, limit)], the integral of :func:`exceedance` from 0 to ``limit``."""
    from scipy.special import ndtr

    place = _standard(limit, log_mean, log_sd)
    below = np.exp(log_mean + log_sd**2 / 2) * ndtr(place - log_sd)
    found: np.ndarray = share * (below + limit * ndtr(-place))
    return found


def quantile(
    probability: float, log_mean: np.ndarray, log_sd: np.ndarray, share: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return the amount that is not exceeded with ``probability``; 0 where it is nothing so often already."""
    from scipy.special import ndtri

    active = np.asarray(share, dtype=float) * np.ones_like(log_mean)
    within = np.divide(1 - probability, active, out=np.ones_like(active), where=active > 0)
    found: np.ndarray = np.where(within < 1, np.exp(log_mean + log_sd * ndtri(1 - np.minimum(within, 1.0))), 0.0)
    return found


def _standard(limit: np.ndarray, log_mean: np.ndarray, log_sd: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        place: np.ndarray = (np.log(limit) - log_mean) / log_sd
    return place
