"""Rates of exchange from the postings themselves: what an item was worth in the company code's currency on its day."""

from __future__ import annotations

import polars as pl

__all__ = ["company_currency", "posted_rates"]

_SMALLEST = 100_000
"""Items below a hundred units of either currency say little: the amounts are rounded to the cent."""


def company_currency(items: pl.DataFrame) -> str:
    """Return the currency of the company codes, where there is one, else the currency of most items."""
    own = items["local_currency"].drop_nulls().unique()
    if own.len() == 1:
        return str(own.item())
    return str(items.group_by("currency").len().sort("len", "currency", descending=[True, False])["currency"][0])


def posted_rates(items: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Return ``currency, date, rate`` (units of the ledger's currency for one): the median of the items of each day.

    Only items that state their amount in the ledger's currency too count.
    """
    foreign = items.filter(
        pl.col("local_currency") == currency,
        pl.col("currency") != currency,
        pl.col("milli").abs() >= _SMALLEST,
        pl.col("local_milli").abs() >= _SMALLEST,
    )
    return (
        foreign.group_by("currency", date="posting_date")
        .agg(rate=(pl.col("local_milli") / pl.col("milli")).abs().median())
        .sort("currency", "date")
    )
