"""Figures as columns of text, so that the reasons of all customers are written at once."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from credrisk.wording import money, percent

__all__ = ["day_words", "days_words", "money_words", "percent_words", "sentences"]


def money_words(amount: pl.Expr, currency: str) -> pl.Expr:
    """Write amounts in major units (``12,345 EUR``); null stays null, so that a sentence built on it falls away."""
    return _each(amount, lambda value: money(value, currency))


def percent_words(share: pl.Expr, decimals: int = 1) -> pl.Expr:
    """Write shares as percentages (``6.1 %``); null stays null."""
    return _each(share, lambda value: percent(value, decimals))


def day_words(day: pl.Expr) -> pl.Expr:
    """Write dates (``12 March 2025``)."""
    return day.dt.strftime("%-d %B %Y")


def days_words(days: pl.Expr) -> pl.Expr:
    """Write whole days (``1 day``, ``64 days``)."""
    count = days.round(0).cast(pl.Int64)
    return pl.concat_str(
        [count, pl.when(count.abs() == 1).then(pl.lit("day")).otherwise(pl.lit("days"))], separator=" "
    )


def sentences(*parts: pl.Expr, separator: str = " ") -> pl.Expr:
    """Join the parts that are not null."""
    return pl.concat_str(list(parts), separator=separator, ignore_nulls=True)


def _each(column: pl.Expr, write: Callable[[float], str]) -> pl.Expr:
    def written(values: pl.Series) -> pl.Series:
        return pl.Series(values.name, [None if v is None else write(v) for v in values.to_list()], dtype=pl.String)

    return column.cast(pl.Float64).map_batches(written, return_dtype=pl.String, is_elementwise=True)
