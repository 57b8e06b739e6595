"""Interest of each late document: every stretch of days at the rate that its law gives for them."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.late_fee_rules import LateFeeRules, LatePaymentLaw

__all__ = ["UNITED_STATES", "interest_of"]

UNITED_STATES = "US-"
"""Laws of the states are written ``US-FL``."""

DAYS_IN_YEAR = 365
CENTS = 100
"""Minor units of a US dollar."""


def interest_of(stretches: pl.DataFrame, late: pl.DataFrame, rules: LateFeeRules) -> pl.DataFrame:
    """Return the interest of each document and the rates that were used.

    Parameters
    ----------
    stretches
        As :func:`~credrisk.decisions.late_fee_accrual.open_stretches` gives them.
    late
        ``document_id, number`` (place of the rule, null where none fits)``, due, law, currency, agreed_rate``.

    Returns
    -------
    polars.DataFrame
        ``document_id``; ``interest`` and ``held_back`` (minor units, not rounded), ``interest_from`` and
        ``interest_until`` (first and last day that earned), ``debt`` (minor units that were undisputed on the first),
        ``rate_low`` and ``rate_high`` (percent a year), ``ceiling`` (of the state, where the agreed rate is above it),
        ``no_rate_on`` and ``unverified_on`` (first day of the first
        half-year for which no rate, or an unverified one, is on file).
    """
    rates = pl.concat([_rates(place, law) for place, law in enumerate(rules.laws)])
    from_start = [place for place, law in enumerate(rules.laws) if law.rate_of == "start"]
    leap_years = [place for place, law in enumerate(rules.laws) if law.day_count == "actual/actual"]
    first = pl.col("after").dt.offset_by("1d")
    rated_on = pl.when(pl.col("number").is_in(from_start)).then(pl.col("due").dt.offset_by("1d")).otherwise(first)
    leap = pl.col("number").is_in(leap_years) & first.dt.is_leap_year()
    rows = (
        stretches.join(late.select("document_id", "number", "due", "law", "currency", "agreed_rate"), on="document_id")
        .with_columns(half=_half(rated_on), year=pl.when(leap).then(366).otherwise(DAYS_IN_YEAR))
        .join(rates, on=["number", "half"], how="left")
        .pipe(_with_state_rates, rules)
        .sort("document_id", "after")
    )
    unit = pl.col("percent") / 100 * pl.col("days") / pl.col("year")
    earns = pl.col("undisputed") > 0
    return rows.group_by("document_id").agg(
        interest=(pl.col("undisputed") * unit).sum(),
        held_back=((pl.col("open") - pl.col("undisputed")) * unit).sum(),
        interest_from=pl.col("after").filter(earns).min().dt.offset_by("1d"),
        interest_until=pl.col("until").filter(earns).max(),
        debt=pl.col("undisputed").filter(earns).first(),
        rate_low=pl.col("percent").filter(earns).min(),
        rate_high=pl.col("percent").filter(earns).max(),
        no_rate_on=pl.col("half").filter(earns & pl.col("percent").is_null()).min(),
        ceiling=pl.col("ceiling").max(),
        unverified_on=pl.col("half").filter(earns & pl.col("unverified_rate").fill_null(False)).min(),
    )


def _rates(number: int, law: LatePaymentLaw) -> pl.DataFrame:
    """Return ``number, half, percent, unverified_rate``: one row a half-year of the law's reference."""
    rows = []
    for rate in law.reference.rates:
        percent = round(rate.percent + law.points, 6)
        if law.round_up_to:
            steps = -((-percent + 1e-9) // law.round_up_to)
            percent = steps * law.round_up_to
        start = rate.start
        while start <= rate.end:
            rows.append((number, start, percent, rate.unverified))
            start = date(start.year, 7, 1) if start.month == 1 else date(start.year + 1, 1, 1)
    schema = {"number": pl.Int64, "half": pl.Date, "percent": pl.Float64, "unverified_rate": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _half(day: pl.Expr) -> pl.Expr:
    """Return the first day of the half-year of a day."""
    return pl.date(day.dt.year(), pl.when(day.dt.month() <= 6).then(1).otherwise(7), 1)


def _with_state_rates(rows: pl.DataFrame, rules: LateFeeRules) -> pl.DataFrame:
    """Give the documents under the law of a US state their agreed rate, and mark one above what the state allows.

    Such a rate is not cut down to the ceiling: usury may cost all of the interest, or more.
    """
    cap = pl.lit(None, pl.Float64)
    debt = pl.col("undisputed").max().over("document_id") / CENTS
    in_dollars = pl.when(pl.col("currency") == "USD").then(debt).otherwise(0.0)
    for row in rules.caps:
        fits = (pl.col("law") == row.state) & ((in_dollars > row.above) | (row.above == 0))
        cap = pl.when(fits).then(pl.lit(row.percent)).otherwise(cap)
    agreed = pl.col("law").str.starts_with(UNITED_STATES).fill_null(False)
    rate = pl.when(cap.is_not_null()).then((100 * pl.col("agreed_rate")).round(9))
    return rows.with_columns(
        percent=pl.when(agreed).then(rate).otherwise("percent"),
        ceiling=pl.when(agreed & (rate > cap)).then(cap),
    )
