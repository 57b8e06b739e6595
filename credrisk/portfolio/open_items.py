"""What is open on each item and unapplied of each receipt, each checked against its amount less its applications."""

from __future__ import annotations

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import cash_movements, item_movements

__all__ = ["open_cash", "open_items", "with_agreed_due_dates"]


def open_items(seen: Ledger) -> pl.DataFrame:
    """Return what is open on each item of a cut ledger.

    Columns ``document_id, customer_id, currency, due_date, document_kind, amount``: ``amount`` is Int64 minor units,
    negative for a credit; items on which nothing is open are left out.

    Raises
    ------
    DataError
        When an item's movements are not its amount less its applications.
    """
    moved = (
        item_movements(seen)
        .group_by("document_id")
        .agg(pl.first("customer_id", "currency", "due_date", "document_kind"), pl.sum("amount"))
    )
    documents, applications = seen.table("documents"), seen.table("applications")
    legs = [
        applications.select(document_id="to_document_id", less="amount"),
        applications.filter(pl.col("from_kind") == "document").select(
            document_id="from_id", less=-pl.coalesce("from_amount", "amount")
        ),
    ]
    applied = pl.concat(legs).group_by("document_id").agg(pl.sum("less"))
    expected = (
        documents.group_by("document_id")
        .agg(pl.sum("amount"))
        .join(applied, on="document_id", how="left")
        .select("document_id", stated=pl.col("amount") - pl.col("less").fill_null(0))
    )
    _tie_out(moved.select("document_id", "amount"), expected, "documents", "document_id")
    return moved.filter(pl.col("amount") != 0)


def open_cash(seen: Ledger) -> pl.DataFrame:
    """Return what is unapplied of each receipt of a cut ledger: ``receipt_id, customer_id, currency, amount``.

    Raises
    ------
    DataError
        When a receipt's movements are not its amount less what was applied from it.
    """
    moved = cash_movements(seen).group_by("receipt_id").agg(pl.first("customer_id", "currency"), pl.sum("amount"))
    applied = (
        seen.table("applications")
        .filter(pl.col("from_kind") == "receipt")
        .group_by(receipt_id="from_id")
        .agg(less=pl.coalesce("from_amount", "amount").sum())
    )
    expected = (
        seen.table("receipts")
        .group_by("receipt_id")
        .agg(pl.sum("amount"))
        .join(applied, on="receipt_id", how="left")
        .select("receipt_id", stated=pl.col("amount") - pl.col("less").fill_null(0))
    )
    _tie_out(moved.select("receipt_id", "amount"), expected, "receipts", "receipt_id")
    return moved.filter(pl.col("amount") != 0)


def _tie_out(moved: pl.DataFrame, expected: pl.DataFrame, table: str, key: str) -> None:
    joined = expected.join(moved, on=key, how="full", coalesce=True)
    wrong = joined.filter(pl.col("stated").ne_missing(pl.col("amount"))).sort(key)
    if wrong.height:
        raise DataError(
            "what is open does not tie out to the amount less its applications.",
            table=table,
            columns=(key, "amount"),
            rows=wrong.height,
            ids=wrong[key].to_list(),
            remedy="look for these ids more than once in the table, and run the ledger's check",
        )


def with_agreed_due_dates(items: pl.DataFrame, seen: Ledger) -> pl.DataFrame:
    """Return the items with the latest due date of ``document_changes`` in place of the original one.

    Raises
    ------
    DataError
        When an agreed due date is no date.
    """
    changes = (
        seen.table("document_changes")
        .filter(pl.col("field") == "due_date")
        .with_columns(agreed=pl.col("value").str.to_date("%Y-%m-%d", strict=False))
        .sort("document_id", "changed_on", "recorded_at", "value")
    )
    wrong = changes.filter(pl.col("agreed").is_null())
    if wrong.height:
        raise DataError(
            "an agreed due date is no date.",
            table="document_changes",
            columns=("value",),
            rows=wrong.height,
            ids=wrong["document_id"].to_list(),
            remedy="write it as 2026-03-31",
        )
    latest = changes.group_by("document_id").agg(pl.last("agreed"))
    return items.join(latest, on="document_id", how="left").with_columns(due_date=pl.coalesce("agreed", "due_date"))
