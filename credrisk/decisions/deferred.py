"""What of a document is not to be asked for yet: a later due date was agreed, or it is blocked from dunning."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.ledger.ledger import Ledger

__all__ = ["agreed_due_dates", "dunning_blocks", "put_off"]


def put_off(ledger: Ledger, day: date) -> pl.DataFrame:
    """Return ``document_id, put_off_to``: by agreement not due before ``day`` (inclusive), or blocked (null)."""
    agreed = agreed_due_dates(ledger).filter(pl.col("agreed_on") >= day)
    blocked = dunning_blocks(ledger).filter("has_block").select("document_id")
    return agreed.join(blocked, on="document_id", how="full", coalesce=True).rename({"agreed_on": "put_off_to"})


def agreed_due_dates(ledger: Ledger) -> pl.DataFrame:
    """Return ``document_id, agreed_on``: the due date agreed last; a value that is no date agrees nothing."""
    moved = pl.col("value").str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    return _last_change(ledger, "due_date").select("document_id", agreed_on=moved)


def dunning_blocks(ledger: Ledger) -> pl.DataFrame:
    """Return ``document_id, has_block``: a dunning block holds until a change takes its value away."""
    is_set = pl.col("value").str.strip_chars().str.len_chars() > 0
    return _last_change(ledger, "dunning_block").select("document_id", has_block=is_set.fill_null(False))


def _last_change(ledger: Ledger, field: str) -> pl.DataFrame:
    return (
        ledger.table("document_changes")
        .filter(pl.col("field") == field)
        .sort("document_id", "changed_on", "recorded_at", "value", nulls_last=False)
        .unique("document_id", keep="last", maintain_order=True)
    )
