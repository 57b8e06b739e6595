"""The need: how much credit the customer's purchases take, given how long it leaves them unpaid."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.decisions.sentences import days_words, money_words, percent_words, sentences

__all__ = ["DAYS_IN_MONTH", "need_arithmetic", "with_peak_need", "with_usual_need", "with_yearly_sales"]

DAYS_IN_MONTH = 30.4
MONTHS, LEAST_MONTHS = 12, 3
"""Months of a year; months with a balance from which the peaks, and the months of a young customer, say something."""
MOST_BEYOND_SEEN = 1.5
"""Of the highest balance seen: what the peaks of a customer that stood at its limit may let its need come to. How much
more it wants shows when it has been let have more. Convention."""


def with_usual_need(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add the need of a usual month: monthly purchases x days from sale to payment / 30.4.

    Purchases are the higher of the means of 12 and of 3 months, so that growth and a season that has begun count; days
    are the terms and the days beyond them on average, never less than none. Where neither purchases nor a balance not
    yet due are known the need is null.
    """
    rules = policy.limit
    monthly = pl.max_horizontal(pl.col("invoiced_12m") / 12, pl.col("invoiced_3m") / 3)
    rows = rows.with_columns(
        monthly_invoiced=monthly.clip(lower_bound=0),
        terms_used=pl.col("terms_days").fill_null(rules.terms_days).clip(lower_bound=0),
        days_late_used=pl.col("dbt_12m").fill_null(rules.days_late).clip(lower_bound=0),
    ).with_columns(days_unpaid=(pl.col("terms_used") + pl.col("days_late_used")).clip(lower_bound=1))
    return rows.with_columns(
        need_by_sales=pl.col("monthly_invoiced") * pl.col("days_unpaid") / DAYS_IN_MONTH,
        in_flight=pl.when(pl.col("not_due") > 0).then("not_due"),
    )


def with_yearly_sales(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``yearly_sales``, what a year is expected to bring: the last 12 months.

    Of a younger customer its months (three at least) times as many as make a year. The higher of two means, which the
    need takes, would foretell too much: a good quarter passes.
    """
    months = pl.col("tenure_months").fill_null(MONTHS).clip(LEAST_MONTHS, MONTHS)
    of_months = pl.col("invoiced_12m") * MONTHS / months
    return rows.with_columns(yearly_sales=pl.coalesce(of_months, 4 * pl.col("invoiced_3m")).clip(lower_bound=0))


def with_peak_need(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``need``: the highest of the usual month, the balance not yet due, and the peak (``need_by_peaks``).

    The peak is what the policy's share of the customer's own months stays below (``need_peak_quantile``); null with
    fewer than three months of a balance. Where months stood at the limit, it is no more than half as much again as the
    highest balance of 12 months.
    """
    most = pl.when(pl.col("demand_censored") > 0).then(MOST_BEYOND_SEEN * pl.col("peak_balance_12m"))
    peaks = pl.when(pl.col("demand_months") >= LEAST_MONTHS).then(pl.min_horizontal("demand_peak", most))
    return rows.with_columns(need_by_peaks=peaks).with_columns(
        need=pl.max_horizontal("need_by_sales", "in_flight", "need_by_peaks")
    )


def need_arithmetic(policy: Policy, currency: str) -> pl.Expr:
    """Return the arithmetic of ``need`` in words."""
    by_sales = pl.format(
        "{} a month x ({} of terms + {} late) / 30.4 = {}.",
        money_words(pl.col("monthly_invoiced"), currency),
        days_words(pl.col("terms_used")),
        days_words(pl.col("days_late_used")),
        money_words(pl.col("need_by_sales"), currency),
    )
    by_peaks = pl.format(
        "Of the months {} are expected to stay below {}, by the level and spread of {} of own peaks{}{}.",
        percent_words(pl.lit(policy.limit.need_peak_quantile), 0),
        money_words(pl.col("need_by_peaks"), currency),
        pl.when(pl.col("demand_months") == 1)
        .then(pl.lit("1 month"))
        .otherwise(pl.format("{} months", "demand_months")),
        pl.when(pl.col("demand_censored") > 0)
        .then(pl.format(", {} of them at the limit", "demand_censored"))
        .otherwise(pl.lit("")),
        pl.format(" (the highest {})", money_words(pl.col("peak_balance_12m"), currency)).fill_null(""),
    )
    return sentences(
        pl.coalesce(by_sales, pl.lit("The purchases of no window are known.")),
        by_peaks,
        pl.format("Not yet due: {}.", money_words(pl.col("in_flight"), currency)),
        pl.when(pl.col("need").is_null()).then(pl.lit("The need could not be measured.")),
    )
