"""Invoices that were billed again: the old and the new one both open, or the new one missing."""

from __future__ import annotations

import polars as pl

from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed

__all__ = ["rebilled"]


def rebilled(day: Day) -> list[Noticed]:
    """Return documents that are open beside the one that replaced them, and those replaced by one that is not there."""
    items, documents = day.items, day.seen.table("documents")
    replaced = (
        day.seen.table("document_changes")
        .filter(pl.col("field") == "rebilled_as")
        .sort("changed_on", "recorded_at", "value")
        .group_by("document_id")
        .agg(again=pl.col("value").str.strip_chars().last(), date=pl.col("changed_on").last())
        .filter(pl.col("again").is_not_null() & (pl.col("again") != ""))
    )
    owed = items.filter(pl.col("amount") > 0).select("document_id", "customer_id", "currency", "amount")
    there = pl.col("again").is_in(documents["document_id"].implode())
    still = replaced.join(owed, on="document_id").with_columns(
        id="document_id", note=pl.concat_str(pl.lit("billed again as "), "again")
    )
    twice = still.filter(pl.col("again").is_in(owed["document_id"].implode()))
    lost = (
        replaced.filter(~there)
        .join(documents.drop("document_date"), on="document_id")
        .with_columns(
            id="document_id", note=pl.concat_str(pl.lit("billed again as "), "again", pl.lit(", which is not there"))
        )
    )
    return [
        *noticed(
            twice.select(*ROWS),
            "error",
            "documents",
            "rebilled_open_twice",
            "documents were billed again and are open themselves as well as their successors: the debt counts twice.",
            remedy="cancel the first document in the ERP by a credit note that is applied to it.",
        ),
        *noticed(
            lost.select(*ROWS),
            "warning",
            "document_changes",
            "rebilled_as_unknown",
            "documents were billed again under a number that the ledger does not hold.",
            remedy="add the new document to the export, or correct its number.",
        ),
    ]
