"""How much credit each customer wants in a month of the coming year: a distribution, not a figure.

The evidence is the customer's own monthly peaks of the last twelve months, taken as lognormal. Three things are minded:

* **Today's limit censors what was seen.** A peak at the limit says that at least so much was wanted. Such months enter
  as right-censored (Tobit), by expectation-maximisation. A customer that was let go beyond its limit was not held
  to it, and where that is the rule in the book no limit is taken to have held anybody. How much more was wanted than
  was ever seen nobody knows: the level goes no higher than the highest month, or than what sales imply.
* **Few months say little.** The customer's spread is shrunk to that of the book, which is shrunk to the policy's
  ``demand.prior_log_sd`` with the weight of ``demand.prior_customers`` customers. Its level is shrunk to what its sales
  and days unpaid imply, times the book's usual ratio of peaks to that.
* **The coming year is not the last one.** The uncertainty of the level and the usual change of level from year to year
  are part of the spread.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.decisions.censored import censored_moments
from credrisk.decisions.demand_book import MONTHS, Book, Months
from credrisk.decisions.policy import Policy

__all__ = ["demand_estimates"]

OWN_MONTHS = 6.0
"""Months of own peaks that weigh as much as the book's spread. Convention."""
SHARE_MONTHS = 3.0
"""Months that the book's share of months with a balance weighs in a customer's own."""


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
    months = Months.of(*_by_month(ids, peaks), tolerance=policy.order.tolerance)
    book, year = Book.of(months, usual, policy.demand), months.this_year()
    count = year.wanted.sum(axis=1)
    worth = (1 - book.autocorrelation) / (1 + book.autocorrelation)
    implied = np.log(np.where(usual > 0, usual, 1.0)) + book.level
    believed = np.where(usual > 0, 1 / book.level_sd**2, 0.0)
    mean, variance = censored_moments(
        year.log_peak,
        counted=year.wanted,
        censored=year.at_limit,
        worth=worth,
        prior_mean=implied,
        prior_precision=believed,
        prior_variance=book.log_sd**2,
        prior_weight=OWN_MONTHS,
        highest=np.maximum(_highest(year), np.where(usual > 0, implied, -np.inf)),
    )
    precision = worth * count / variance + believed
    known = precision > 0
    spread = np.sqrt(variance + 1 / np.where(known, precision, 1.0) + book.drift**2)
    share = (count + SHARE_MONTHS * book.share) / (year.seen.sum(axis=1) + SHARE_MONTHS)
    return pl.DataFrame(
        {
            "customer_id": ids,
            "demand_log_mean": pl.Series(np.where(known, mean, np.nan)).fill_nan(None),
            "demand_log_sd": spread,
            "demand_share": share,
            "demand_month_sd": np.sqrt(variance),
            "demand_months": count,
            "demand_censored": year.at_limit.sum(axis=1),
        },
        schema_overrides={"demand_months": pl.Int64, "demand_censored": pl.Int64},
    )


def _highest(year: Months) -> np.ndarray:
    """Return the log of each customer's highest month; of one without any, no bound."""
    highest = np.where(year.wanted, year.log_peak, -np.inf).max(axis=1)
    return np.where(year.wanted.any(axis=1), highest, np.inf)


def _by_month(ids: pl.Series, peaks: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return peaks and limits as (customers, months), two years at most and at least one, NaN where there are none."""
    ends = np.sort(peaks["month_end"].unique().to_numpy())[-2 * MONTHS :]
    width = max(len(ends), MONTHS)
    found = np.full((2, len(ids), width), np.nan)
    if len(ends):
        places = pl.DataFrame({"customer_id": ids, "row": np.arange(len(ids))})
        columns = pl.DataFrame({"month_end": pl.Series(ends), "column": np.arange(len(ends)) + width - len(ends)})
        held = peaks.join(places, on="customer_id").join(columns.cast({"month_end": pl.Date}), on="month_end")
        for values, name in zip(found, ("peak", "limit"), strict=True):
            values[held["row"].to_numpy(), held["column"].to_numpy()] = held[name].cast(pl.Float64).to_numpy()
    return found[0], found[1]
