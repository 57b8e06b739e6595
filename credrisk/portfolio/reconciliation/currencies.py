"""Currency gaps: rates that are too old for the day, and documents in another currency than their account's."""

from __future__ import annotations

import polars as pl

from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed

__all__ = ["currency_findings"]

OLDEST_RATE_DAYS = 31
"""Month-end rates are at most a month old on any day."""


def currency_findings(day: Day) -> list[Noticed]:
    """Return open balances whose rate is older than a month, and accounts billed in another currency than theirs.

    That a currency has no rate at all is found by the check of the ledger.
    """
    seen = day.seen
    last = seen.table("rates").group_by("currency").agg(rated_on=pl.col("date").max())
    foreign = day.items.filter(pl.col("currency") != seen.settings.currency)
    stale = (
        foreign.join(last, on="currency")
        .filter((pl.lit(day.as_of) - pl.col("rated_on")).dt.total_days() > OLDEST_RATE_DAYS)
        .with_columns(
            id="document_id",
            date="due_date",
            note=pl.concat_str(pl.lit("last rate of "), pl.col("rated_on").dt.to_string("%Y-%m-%d")),
        )
    )
    accounts = seen.table("customers").select("customer_id", own="currency")
    other = (
        day.items.join(accounts, on="customer_id")
        .filter(pl.col("own").is_not_null() & (pl.col("own") != pl.col("currency")))
        .with_columns(id="document_id", date="due_date", note=pl.concat_str(pl.lit("account in "), "own"))
    )
    return [
        *noticed(
            stale.select(*ROWS),
            "warning",
            "rates",
            "stale_rate",
            f"open items are translated at a rate that is more than {OLDEST_RATE_DAYS} days old.",
            remedy="add the rate of the day to the table `rates`.",
        ),
        *noticed(
            other.select(*ROWS),
            "note",
            "documents",
            "other_currency_than_account",
            "open documents are in another currency than their account.",
            remedy="nothing where it is billed in several currencies; else correct the account or the document.",
        ),
    ]
