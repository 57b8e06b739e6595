"""What is usual in the book about the demand of customers: what one of few months is shrunk to.

Spreads are medians over the customers and not means: a few that collapse or multiply say nothing about the others.
Each is shrunk to a prior that weighs ``policy.demand.prior_customers`` customers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.decisions.policy_limits import Demand

__all__ = ["MONTHS", "Book", "Months"]

MONTHS = 12
LEAST_MONTHS = 3
"""Months with a balance from which a customer says something about the book's spread."""
LOW_MONTH = 0.2
"""A month that stays under this share of the customer's median month wanted nothing: a remainder is no demand."""
NEAR_LIMIT = 0.9
"""From this share of the limit on a peak counts as at the limit: the next order did not fit."""
NORMAL_MAD = 0.6744898
"""Median absolute deviation of a standard normal."""

PRIOR_AUTOCORRELATION = 0.5
"""Of the log peaks of neighbouring months: invoices stay open for more than one. Prior."""
PRIOR_DRIFT = 0.25
"""Standard deviation of the change of a customer's log level from one year to the next. Prior."""
PRIOR_LEVEL_SD = 0.5
"""Standard deviation of the log of a customer's usual peak about what its sales imply. Prior."""


@dataclass(frozen=True)
class Months:
    """Monthly peaks of the customers, of shape (customers, months); the last twelve months are this year's.

    Attributes
    ----------
    log_peak
        Log of the peak; 0 where nothing was wanted.
    seen
        Whether the month says anything: the ledger covers it, and the customer had a limit or a balance.
    wanted
        Whether more was owed than a remainder.
    at_limit
        Whether the peak stood at the limit, so that at least so much was wanted.
    """

    log_peak: np.ndarray
    seen: np.ndarray
    wanted: np.ndarray
    at_limit: np.ndarray

    @classmethod
    def of(cls, peak: np.ndarray, limit: np.ndarray, *, tolerance: float) -> Months:
        """Read peaks and limits in money, NaN where there are none; ``tolerance`` is by how much a limit may be passed.

        A customer that was let go further beyond a limit of long standing was not held to it. Where most of the peaks
        that came to their limit went beyond it, limits do not hold in the book, and none is taken to have held anybody.
        """
        seen = ~np.isnan(peak) & ~((peak <= 0) & (limit <= 0))  # without a limit nothing was let have
        positive = seen & (peak > 0)
        usual = np.zeros(len(peak))
        some = positive.any(axis=1)
        usual[some] = np.nanmedian(np.where(positive, peak, np.nan)[some], axis=1)
        wanted = positive & (peak >= LOW_MONTH * usual[:, None])
        reached = wanted & (limit > 0) & (peak >= NEAR_LIMIT * limit)
        beyond = reached & (peak > (1 + tolerance) * limit)
        same = np.concatenate([np.zeros((len(limit), 1), dtype=bool), limit[:, 1:] == limit[:, :-1]], axis=1)
        at_limit = reached & ~beyond & ~(beyond & same).any(axis=1)[:, None]
        if 2 * beyond.sum() > reached.sum():
            at_limit = np.zeros_like(at_limit)
        return cls(np.log(np.where(wanted, peak, 1.0)), seen, wanted, at_limit)

    def this_year(self) -> Months:
        """Return the last twelve months alone."""
        last = (slice(None), slice(-MONTHS, None))
        return Months(self.log_peak[last], self.seen[last], self.wanted[last], self.at_limit[last])

    def mean(self, columns: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return the months wanted among some columns and the mean of their log peaks (0 without any)."""
        wanted = self.wanted[:, columns]
        months = wanted.sum(axis=1)
        total = np.where(wanted, self.log_peak[:, columns], 0.0).sum(axis=1)
        return months, total / np.maximum(months, 1)


@dataclass(frozen=True)
class Book:
    """What is usual in the book.

    Attributes
    ----------
    log_sd
        Spread of a customer's log monthly peaks about its mean of the year.
    autocorrelation
        Of neighbouring months.
    drift
        Spread of the change of a customer's mean from one year to the next.
    level, level_sd
        Mean and spread of the log of a customer's usual peak over what its sales imply.
    share
        Of months in which anything is wanted.
    """

    log_sd: float
    autocorrelation: float
    drift: float
    level: float
    level_sd: float
    share: float

    @classmethod
    def of(cls, months: Months, usual: np.ndarray, prior: Demand) -> Book:
        """Take from customers that never stood at their limit what is usual; ``usual`` is what their sales imply."""
        year, weight = months.this_year(), prior.prior_customers
        free = ~months.at_limit.any(axis=1)
        count, mean = months.mean(slice(-MONTHS, None))
        off = np.where(year.wanted, year.log_peak - mean[:, None], 0.0)
        telling = (count >= LEAST_MONTHS) & free
        squares = (off**2).sum(axis=1)
        own = squares[telling] / _median_chi_squared(count[telling] - 1)
        spread = _shrunk(np.median(own) if len(own) else 0.0, len(own), prior.prior_log_sd**2, weight)
        pairs = (off[:, 1:] * off[:, :-1])[telling].sum()
        believed = weight * prior.prior_log_sd**2 * MONTHS
        total = believed + squares[telling].sum()
        correlation = (PRIOR_AUTOCORRELATION * believed + pairs) / total if total > 0 else PRIOR_AUTOCORRELATION
        before, earlier = months.mean(slice(-2 * MONTHS, -MONTHS))
        both = free & (count >= MONTHS // 2) & (before >= MONTHS // 2)
        drift = _shrunk(_robust_variance((mean - earlier)[both], 0.0), int(both.sum()), PRIOR_DRIFT**2, weight)
        compared = telling & (usual > 0)
        ratio = mean[compared] - np.log(usual[compared])
        level = _shrunk(float(np.median(ratio)) if len(ratio) else 0.0, len(ratio), 0.0, weight)
        scatter = _shrunk(_robust_variance(ratio, level), len(ratio), PRIOR_LEVEL_SD**2, weight)
        return cls(
            log_sd=float(np.sqrt(spread)),
            autocorrelation=float(np.clip(correlation, 0.0, 0.9)),
            drift=float(np.sqrt(drift)),
            level=level,
            level_sd=float(np.sqrt(max(scatter, 1e-6))),
            share=float((year.wanted.sum() + 1.0) / (year.seen.sum() + 1.0)),
        )


def _shrunk(found: float, customers: int, prior: float, weight: float) -> float:
    return float((weight * prior + customers * found) / (weight + customers)) if weight + customers else float(prior)


def _robust_variance(values: np.ndarray, center: float) -> float:
    return float((np.median(np.abs(values - center)) / NORMAL_MAD) ** 2) if len(values) else 0.0


def _median_chi_squared(freedom: np.ndarray) -> np.ndarray:
    """Return the median of a chi-squared distribution (Wilson and Hilferty), by which a median is unbiased."""
    median: np.ndarray = freedom * (1 - 2 / (9 * freedom)) ** 3
    return median
