"""Limits for a time: for a season that comes back every year, and for orders that are on the table today."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.dates import days_after, months_after
from credrisk.decisions.policy import Policy
from credrisk.decisions.recommendation import BOUNDS, ROUNDING_SLACK, rounded_down
from credrisk.decisions.sentences import day_words, money_words

__all__ = ["season_arithmetic", "seasons", "temporary_arithmetic", "with_limits_for_a_time"]

MONTHS = 24


def seasons(peaks: pl.DataFrame, *, as_of: date, policy: Policy) -> pl.DataFrame:
    """Return the next season of each customer that has one.

    A month of the year is in season where its peak was at least ``limit.seasonal_ratio`` times the median month of its
    year, in both of the last two years. The next season is the first such month of the coming twelve and those right
    after it.

    Parameters
    ----------
    peaks
        From :func:`~credrisk.features.monthly_peaks.monthly_peaks` at ``as_of``, 24 months; a customer with fewer has
        no season.

    Returns
    -------
    polars.DataFrame
        ``customer_id, season_peak`` (the highest of its months in the two years), ``season_from`` and ``season_to``
        (first and last day, inclusive), sorted by customer.
    """
    ends = sorted(peaks["month_end"].unique().to_list())[-MONTHS:]
    schema = {"customer_id": pl.String, "season_peak": pl.Float64, "season_from": pl.Date, "season_to": pl.Date}
    if len(ends) < MONTHS or ends[-1] != as_of:
        return pl.DataFrame(schema=schema)
    places = pl.DataFrame({"month_end": ends, "place": range(MONTHS)}, schema_overrides={"month_end": pl.Date})
    rows = peaks.join(places, on="month_end").with_columns(
        month=pl.col("place") % 12, year=pl.col("place") // 12, peak=pl.col("peak").cast(pl.Float64)
    )
    usual = pl.col("peak").median().over("customer_id", "year")
    high = (usual > 0) & (pl.col("peak") >= policy.limit.seasonal_ratio * usual)
    months = (
        rows.with_columns(high=high)
        .group_by("customer_id", "month")
        .agg(both=pl.col("high").sum() == 2, season_peak=pl.col("peak").max())
        .filter("both")
        .sort("customer_id", "month")
    )
    # Months of the year in a row are one season; month 0 is the one that begins after the as-of date.
    run = (pl.col("month") - pl.col("month").cum_count()).over("customer_id")
    first = pl.col("run") == pl.col("run").first().over("customer_id")
    found = (
        months.with_columns(run=run)
        .filter(first)
        .group_by("customer_id")
        .agg(pl.col("season_peak").max(), begins=pl.col("month").min(), ends=pl.col("month").max())
        .sort("customer_id")
    )
    starts = {month: days_after(months_after(as_of, month), 1) for month in range(12)}
    stops = {month: months_after(as_of, month + 1) for month in range(12)}
    return found.select(
        "customer_id",
        "season_peak",
        season_from=pl.col("begins").replace_strict(starts, return_dtype=pl.Date),
        season_to=pl.col("ends").replace_strict(stops, return_dtype=pl.Date),
    )


def with_limits_for_a_time(rows: pl.DataFrame, found: pl.DataFrame, *, as_of: date, policy: Policy) -> pl.DataFrame:
    """Add ``seasonal_limit, seasonal_from, seasonal_to`` and ``temporary_limit, temporary_until``; null where none.

    The seasonal limit carries the season's peak, the temporary one what is owed and on order today. Both stop at
    whatever bounds the limit but the need, are only given where they exceed the recommended limit, and never in
    default, to a new customer on trial or where a limit is not raised either (arrears, recovery, set to 0, idle).
    """
    step = policy.limit.step
    most = pl.min_horizontal(f"bound_{name}" for name in BOUNDS if name not in ("wanted", "new_customer"))
    free = ~pl.col("stopped") & ~pl.col("on_trial") & pl.col("no_raise").is_null()

    def carrying(amount: pl.Expr) -> pl.Expr:
        limit = rounded_down(pl.min_horizontal(most, (amount / step - ROUNDING_SLACK).ceil() * step), step)
        return pl.when(free & (limit > pl.col("recommended_limit")) & amount.is_not_null()).then(limit)

    rows = rows.join(found, on="customer_id", how="left", maintain_order="left").with_columns(
        on_the_table=pl.col("net_balance").clip(lower_bound=0) + pl.col("open_orders")
    )
    rows = rows.with_columns(
        seasonal_limit=carrying(pl.col("season_peak")), temporary_limit=carrying(pl.col("on_the_table"))
    )
    seasonal, temporary = pl.col("seasonal_limit").is_not_null(), pl.col("temporary_limit").is_not_null()
    return rows.with_columns(
        seasonal_from=pl.when(seasonal).then("season_from"),
        seasonal_to=pl.when(seasonal).then("season_to"),
        temporary_until=pl.when(temporary).then(pl.lit(days_after(as_of, policy.limit.temporary_days))),
    )


def season_arithmetic(currency: str) -> pl.Expr:
    """Return the seasonal limit in words; null where there is none."""
    return pl.format(
        "Seasonal limit {} from {} to {}: the season's peak was {}.",
        money_words(pl.col("seasonal_limit"), currency),
        day_words(pl.col("seasonal_from")),
        day_words(pl.col("seasonal_to")),
        money_words(pl.col("season_peak"), currency),
    )


def temporary_arithmetic(currency: str) -> pl.Expr:
    """Return the temporary limit in words; null where there is none."""
    return pl.format(
        "Temporary limit {} until {}: {} is owed and {} on order.",
        money_words(pl.col("temporary_limit"), currency),
        day_words(pl.col("temporary_until")),
        money_words(pl.col("net_balance").clip(lower_bound=0), currency),
        money_words(pl.col("open_orders"), currency),
    )
