"""How much of a defaulted balance is still to come: the recovery curve by months since default.

An outstanding unit of money "dies" when it is paid and is censored on the day on which the books end: the share paid
in month k of what was outstanding before it, over the defaults that were observed through month k, is its hazard
(Kaplan and Meier [1]_ on money instead of lives; a chain ladder on the outstanding balance). So a workout of six
months is neither taken as finished nor left out: it counts for six months, and its rest is completed by the others.

References
----------
.. [1] Kaplan, E. L., Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the American
   Statistical Association 53(282), 457-481.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.models.outcomes import DAYS_PER_MONTH

__all__ = ["Paid", "completed", "hazards", "paid_of"]

CURVE_WORTH = 2.0
"""Defaults by which each month's hazard is shrunk to the prior's: beyond the oldest default it is all there is."""

MONTHS_TO_FADE = 8.1
"""Months in which what is still collected of an outstanding balance falls to 1 / e: a survey of US collection agencies
(2012) collects 69.6 % of what is 3 months past due and 22.8 % of what is 12 months past due, 9 / ln(69.6 / 22.8)."""


@dataclass(frozen=True)
class Paid:
    """Shares of the exposure by default and month since default.

    Attributes
    ----------
    shares
        What came in in each month and was not taken back, shape (n_defaults, n_months), each row's sum within [0, 1].
    value
        What came in, discounted to the day of default, shape (n_defaults,).
    whole
        Full months observed, shape (n_defaults,), at most n_months.
    part
        Observed share of the month after them, in [0, 1).
    """

    shares: np.ndarray
    value: np.ndarray
    whole: np.ndarray
    part: np.ndarray

    def __len__(self) -> int:
        return len(self.value)

    @property
    def total(self) -> np.ndarray:
        """Return the share that came in so far, undiscounted."""
        total: np.ndarray = self.shares.sum(axis=1)
        return total


def paid_of(flows: pl.DataFrame, age_days: np.ndarray, *, months: int, discount_rate: float) -> Paid:
    """Return the monthly shares of each default.

    Parameters
    ----------
    flows
        ``number, age_days, share`` as :class:`~credrisk.models.workouts.Workouts` holds them.
    age_days
        Days from each default to the end of the books, shape (n_defaults,).
    discount_rate
        Simple rate a year by which money is worth less the later it comes: 1 / (1 + rate) ** (days / 365).

    Notes
    -----
    More than was owed counts as all of it. Money that was taken back later (a bounced debit) never came: the share paid
    by a day is the least paid by any later day.
    """
    n = len(age_days)
    shares, value = np.zeros((n, months)), np.zeros(n)
    number, day, share = (flows[name].to_numpy() for name in ("number", "age_days", "share"))
    for default in range(n):
        rows = slice(*np.searchsorted(number, [default, default + 1]))
        standing = np.clip(np.cumsum(share[rows]), 0.0, 1.0)
        standing = np.minimum.accumulate(standing[::-1])[::-1]
        came = np.diff(standing, prepend=0.0)
        month = (np.ceil(day[rows] / DAYS_PER_MONTH) - 1).clip(0, months - 1).astype(np.int64)
        np.add.at(shares[default], month, came)
        value[default] = came @ (1 + discount_rate) ** (-day[rows] / 365.0)
    whole = np.minimum(age_days // DAYS_PER_MONTH, months).astype(np.int64)
    part = np.where(whole < months, age_days / DAYS_PER_MONTH - whole, 0.0)
    return Paid(shares, value, whole, part)


def hazards(paid: Paid, weight: np.ndarray, prior_lgd: np.ndarray) -> np.ndarray:
    """Return the share of the outstanding that is paid in each month, shape (n_samples, n_months).

    Parameters
    ----------
    weight
        How often each default counts, shape (n_samples, n_defaults).
    prior_lgd
        Share never paid by the prior's hazards, shape (n_samples,).
    """
    months = paid.shares.shape[1]
    prior = _prior_hazards(prior_lgd, months)
    seen = np.arange(months)[None, :] < paid.whole[:, None]
    before = 1 - (np.cumsum(paid.shares, axis=1) - paid.shares)
    top, bottom = weight @ (paid.shares * seen), weight @ (before * seen)
    found: np.ndarray = np.clip((top + CURVE_WORTH * prior) / (bottom + CURVE_WORTH), 0.0, 1.0)
    return found


def _prior_hazards(prior_lgd: np.ndarray, months: int) -> np.ndarray:
    """Return hazards at which ``prior_lgd`` is never paid and what is outstanding is worth less the older it is.

    Of what is outstanding after k months the share (1 - prior_lgd) exp(-k / MONTHS_TO_FADE) still comes (less the same
    at the end, so that nothing comes after it).
    """
    fading = np.exp(-np.arange(months + 1) / MONTHS_TO_FADE)
    to_come = (1 - prior_lgd)[:, None] * (fading - fading[-1]) / (1 - fading[-1])
    prior: np.ndarray = 1 - (1 - to_come[:, :-1]) / (1 - to_come[:, 1:])
    return prior


def completed(paid: Paid, hazard: np.ndarray, *, discount_rate: float) -> np.ndarray:
    """Return the discounted share of each default that will have come in at the end, (n_samples, n_defaults).

    What is outstanding is paid by the hazards of the months that are still to come, discounted from mid-month.
    """
    months = hazard.shape[1]
    middle = (np.arange(months) + 0.5) * DAYS_PER_MONTH / 365.0
    worth = (1 + discount_rate) ** -middle
    # tail[:, a] is what one outstanding unit is still worth at the start of month a.
    tail = np.zeros((len(hazard), months + 1))
    for month in range(months - 1, -1, -1):
        tail[:, month] = hazard[:, month] * worth[month] + (1 - hazard[:, month]) * tail[:, month + 1]
    next_month = np.minimum(paid.whole, months - 1)
    left = hazard[:, next_month] * (1 - paid.part)
    to_come = np.where(
        paid.whole < months,
        left * worth[next_month] + (1 - left) * tail[:, np.minimum(paid.whole + 1, months)],
        0.0,
    )
    total: np.ndarray = paid.value + (1 - paid.total) * to_come
    return total
