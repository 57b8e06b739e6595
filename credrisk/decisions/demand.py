"""How much credit each customer wants in a month of the coming year: a distribution, not a figure.

The evidence is the customer's own monthly peaks of the last twelve months, taken as lognormal. Three things are minded:

* **Today's limit censors what was seen.** A peak at the limit says that at least so much was wanted. Such months enter
  as right-censored (Tobit), by expectation-maximisation. A customer that was let go beyond its limit was not held
  to it, and where that is the rule in the book no limit is taken to have held anybody.
* **Few months say little.** The customer's spread is shrunk to that of the book, which is shrunk to the policy's
  ``demand.prior_log_sd`` with the weight of ``demand.prior_customers`` customers. Its level is shrunk to what its sales
  and days unpaid imply, times the book's usual ratio of peaks to that.
* **The coming year is not the last one.** The uncertainty of the level and the usual change of level from year to year
  are part of the spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.decisions.censored import censored_moments
from credrisk.decisions.policy import Policy

__all__ = ["demand_estimates"]

MONTHS = 12
NEAR_LIMIT = 0.9
"""From this share of the limit on a peak counts as at the limit: the next order did not fit."""
OWN_MONTHS = 6.0
"""Months of own peaks that weigh as much as the book's spread. Convention."""
PRIOR_AUTOCORRELATION = 0.5
"""Of the log peaks of neighbouring months: invoices stay open for more than one. Prior."""
PRIOR_DRIFT = 0.25
"""Standard deviation of the change of a customer's log level from one year to the next. Prior."""
PRIOR_LEVEL_SD = 0.5
"""Standard deviation of the log of a customer's usual peak about what its sales imply. Prior."""
SHARE_MONTHS = 3.0
"""Months that the book's share of months with a balance weighs in a customer's own."""
LEAST_MONTHS = 3
"""Months with a balance from which a customer says something about the book's spread."""


@dataclass(frozen=True)
class Book:
    """What is usual in the book: shrunk to the policy's prior, and what a customer of few months is shrunk to."""

    log_sd: float
    autocorrelation: float
    drift: float
    level: float
    level_sd: float
    share: float
    limits_hold: bool


def demand_estimates(customers: pl.DataFrame, peaks: pl.DataFrame, *, policy: Policy) -> pl.DataFrame:
    """Return the distribution of the exposure that each customer wants in a month of the coming year.

    Parameters
    ----------
    customers
        ``customer_id`` and ``usual``: the exposure that its sales and days unpaid imply (money), null or 0 where it
        is not known or nothing is bought.
    peaks
        From :func:`credrisk.features.monthly_peaks.monthly_peaks`: ``customer_id, month_end, peak, limit``; the last
        twelve months count, and the twelve before for how levels change. May be empty.

    Returns
    -------
    polars.DataFrame
        In the order of ``customers``: ``customer_id, demand_log_mean, demand_log_sd, demand_share`` (share of months in
        which anything is wanted), ``demand_month_sd`` (the part of the spread that is from month to month within a
        year), ``demand_months`` (months that count), ``demand_censored`` (of them at the limit). The mean is null where
        neither a peak nor sales are known: then nothing is wanted as far as anybody knows.
    """
    ids = customers["customer_id"]
    usual = customers["usual"].fill_null(0.0).to_numpy().astype(float)
    peak, limit = _by_month(ids, peaks)
    rules = policy.demand
    seen = ~np.isnan(peak) & ~((peak <= 0) & (limit <= 0))  # without a limit nothing was let have
    this_year = seen[:, -MONTHS:]
    wanted = this_year & (peak[:, -MONTHS:] > 0)
    log_peak = np.log(np.where(wanted, peak[:, -MONTHS:], 1.0))
    hold = _limits_hold(peak, limit, policy.order.tolerance)
    at_limit = wanted & _at_limit(peak, limit, policy.order.tolerance)[:, -MONTHS:] & hold
    book = _book(peak, seen, log_peak, wanted, at_limit, usual, rules.prior_log_sd, rules.prior_customers, hold)

    months = wanted.sum(axis=1)
    worth = (1 - book.autocorrelation) / (1 + book.autocorrelation)
    implied = np.log(np.where(usual > 0, usual, 1.0)) + book.level
    believed = np.where(usual > 0, 1 / book.level_sd**2, 0.0)
    mean, variance = censored_moments(
        log_peak,
        counted=wanted,
        censored=at_limit,
        worth=worth,
        prior_mean=implied,
        prior_precision=believed,
        prior_variance=book.log_sd**2,
        prior_weight=OWN_MONTHS,
    )
    precision = worth * months / variance + believed
    known = precision > 0
    spread = np.sqrt(variance + 1 / np.where(known, precision, 1.0) + book.drift**2)
    share = (months + SHARE_MONTHS * book.share) / (this_year.sum(axis=1) + SHARE_MONTHS)
    return pl.DataFrame(
        {
            "customer_id": ids,
            "demand_log_mean": pl.Series(np.where(known, mean, np.nan)).fill_nan(None),
            "demand_log_sd": spread,
            "demand_share": share,
            "demand_month_sd": np.sqrt(variance),
            "demand_months": months,
            "demand_censored": at_limit.sum(axis=1),
        },
        schema_overrides={"demand_months": pl.Int64, "demand_censored": pl.Int64},
    )


def _by_month(ids: pl.Series, peaks: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return peaks and limits as (customers, months), two years at most and at least one, NaN where there are none."""
    months = np.sort(peaks["month_end"].unique().to_numpy())[-2 * MONTHS :]
    width = max(len(months), MONTHS)
    found = np.full((2, len(ids), width), np.nan)
    if len(months):
        places = pl.DataFrame({"customer_id": ids, "row": np.arange(len(ids))})
        columns = pl.DataFrame({"month_end": pl.Series(months), "column": np.arange(len(months)) + width - len(months)})
        held = peaks.join(places, on="customer_id").join(columns.cast({"month_end": pl.Date}), on="month_end")
        for values, name in zip(found, ("peak", "limit"), strict=True):
            values[held["row"].to_numpy(), held["column"].to_numpy()] = held[name].cast(pl.Float64).to_numpy()
    return found[0], found[1]


def _at_limit(peak: np.ndarray, limit: np.ndarray, tolerance: float) -> np.ndarray:
    """Tell which peaks stand at the limit; none of a customer that was let go beyond a limit of long standing."""
    same = np.concatenate([np.zeros((len(limit), 1), dtype=bool), limit[:, 1:] == limit[:, :-1]], axis=1)
    beyond = (same & (limit > 0) & (peak > (1 + tolerance) * limit)).any(axis=1)
    near: np.ndarray = (limit > 0) & (peak >= NEAR_LIMIT * limit) & (peak <= (1 + tolerance) * limit)
    return near & ~beyond[:, None]


def _limits_hold(peak: np.ndarray, limit: np.ndarray, tolerance: float) -> bool:
    """Tell whether at most half of the peaks that came to their limit went beyond it."""
    reached = (limit > 0) & (peak >= NEAR_LIMIT * limit)
    beyond = reached & (peak > (1 + tolerance) * limit)
    return bool(2 * beyond.sum() <= reached.sum())


def _book(
    peak: np.ndarray,
    seen: np.ndarray,
    log_peak: np.ndarray,
    wanted: np.ndarray,
    at_limit: np.ndarray,
    usual: np.ndarray,
    prior_sd: float,
    prior_customers: float,
    limits_hold: bool,
) -> Book:
    months, free = wanted.sum(axis=1), ~at_limit.any(axis=1)
    mean = np.where(wanted, log_peak, 0.0).sum(axis=1) / np.maximum(months, 1)
    off = np.where(wanted, log_peak - mean[:, None], 0.0)
    telling = (months >= LEAST_MONTHS) & free
    variance = (off**2).sum(axis=1)[telling] / (months[telling] - 1)
    pooled = (prior_customers * prior_sd**2 + variance.sum()) / (prior_customers + len(variance))
    pairs = (off[:, 1:] * off[:, :-1])[telling].sum()
    squares = (off**2)[telling].sum()
    prior_squares = prior_customers * prior_sd**2 * MONTHS
    correlation = (PRIOR_AUTOCORRELATION * prior_squares + pairs) / (prior_squares + squares)
    both = (months >= MONTHS // 2) & free
    before = seen[:, :-MONTHS] & (peak[:, :-MONTHS] > 0)
    both &= before.sum(axis=1) >= MONTHS // 2
    earlier = np.where(before, np.log(np.where(before, peak[:, :-MONTHS], 1.0)), 0.0).sum(axis=1)
    change = mean[both] - earlier[both] / before.sum(axis=1)[both]
    drift = (prior_customers * PRIOR_DRIFT**2 + (change**2).sum()) / (prior_customers + len(change))
    compared = telling & (usual > 0)
    ratio = mean[compared] - np.log(usual[compared])
    level = float(ratio.sum() / (prior_customers + len(ratio)))
    level_variance = (prior_customers * PRIOR_LEVEL_SD**2 + ((ratio - level) ** 2).sum()) / (
        prior_customers + len(ratio)
    )
    counted = seen[:, -MONTHS:].sum()
    return Book(
        log_sd=float(np.sqrt(pooled)),
        autocorrelation=float(np.clip(correlation, 0.0, 0.9)),
        drift=float(np.sqrt(drift)),
        level=level,
        level_sd=float(np.sqrt(level_variance)),
        share=float((wanted.sum() + 1.0) / (counted + 1.0)),
        limits_hold=limits_hold,
    )
