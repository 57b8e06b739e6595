"""What may be in the ledger twice: documents and receipts alike, numbers used again, one order billed twice."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.reconciliation.noticed import Noticed, noticed, rows_of_table

__all__ = ["duplicates"]


def duplicates(seen: Ledger) -> list[Noticed]:
    """Return documents and receipts that look like copies, and numbers that differ only in how they are written.

    The money is what is beyond one of each: what would be owed or received too much if they are copies.
    """
    documents, receipts = seen.table("documents"), seen.table("receipts")
    return [
        *_alike(
            documents,
            "documents",
            ("customer_id", "kind", "currency", "amount", "document_date", "due_date", "order_id"),
            "duplicate_documents",
            "documents agree in customer, kind, amount, dates and order with another one and differ in their number; "
            "the money is that of the further ones.",
            "open both in the ERP: if one is a copy, reverse it there (not with a payment or a write-off).",
        ),
        *_alike(
            receipts.filter(pl.col("amount") != 0),
            "receipts",
            ("customer_id", "currency", "amount", "date", "method"),
            "duplicate_receipts",
            "receipts agree in customer, amount, date and method with another one; the money is that of the further "
            "ones.",
            "compare them with the bank statement: a statement that was posted twice is reversed in the ERP.",
        ),
        *_written_otherwise(documents, "documents", "document_id"),
        *_written_otherwise(receipts, "receipts", "receipt_id"),
        *_billed_twice(documents),
    ]


def _alike(
    frame: pl.DataFrame, table: str, content: tuple[str, ...], code: str, message: str, remedy: str
) -> list[Noticed]:
    key = frame.columns[0]
    groups = frame.filter(pl.struct(content).is_duplicated()).sort(key)
    groups = groups.with_columns(first=pl.col(key).first().over(content))
    further = pl.col(key) != pl.col("first")
    note = pl.when(further).then(pl.concat_str(pl.lit("like "), "first")).otherwise(pl.lit("the first of its kind"))
    rows = rows_of_table(table, groups, note).with_columns(
        stake=groups.select(pl.when(further).then("amount").otherwise(0)).to_series()
    )
    return noticed(rows, "warning", table, code, message, remedy=remedy, stake="stake")


def _written_otherwise(frame: pl.DataFrame, table: str, key: str) -> list[Noticed]:
    bare = pl.col(key).str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "").str.strip_chars_start("0")
    same = frame.with_columns(bare=bare).filter(pl.col("bare") != "")
    groups = same.filter(pl.struct("bare", "customer_id").is_duplicated()).sort(key)
    first = pl.col(key).first().over("bare", "customer_id")
    groups = groups.with_columns(first=first)
    further = pl.col(key) != pl.col("first")
    note = pl.when(further).then(pl.concat_str(pl.lit("written as "), "first", pl.lit(" too"))).otherwise(pl.lit(""))
    rows = rows_of_table(table, groups, note).with_columns(
        stake=groups.select(pl.when(further).then("amount").otherwise(0)).to_series()
    )
    return noticed(
        rows,
        "warning",
        table,
        "number_used_again",
        f"{table} of one customer have numbers that differ only in zeros, signs or capitals; the money is that of the "
        "further ones.",
        remedy="look whether one was entered by hand beside the other, or the number range was started again.",
        stake="stake",
    )


def _billed_twice(documents: pl.DataFrame) -> list[Noticed]:
    """One order, one amount, another date: an instalment has another amount or stands on the same document date."""
    content = ("customer_id", "currency", "amount", "order_id")
    billed = documents.filter(pl.col("order_id").is_not_null(), pl.col("kind").cast(pl.String) == "invoice")
    groups = billed.filter(
        pl.struct(content).is_duplicated(), pl.col("document_date").n_unique().over(content) == pl.len().over(content)
    ).sort("document_id")
    groups = groups.with_columns(first=pl.col("document_id").first().over(content))
    further = pl.col("document_id") != pl.col("first")
    note = pl.concat_str(pl.lit("order "), "order_id")
    rows = rows_of_table("documents", groups, note).with_columns(
        stake=groups.select(pl.when(further).then("amount").otherwise(0)).to_series()
    )
    return noticed(
        rows,
        "note",
        "documents",
        "order_billed_again",
        "invoices of one order have the same amount and different dates: instalments, or the order was billed again.",
        remedy="nothing for instalments; else cancel the further invoice in the ERP.",
        stake="stake",
    )
