"""Ledgers with more fee notes for late payment than they had, and nothing else changed."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger


def with_fee_notes(ledger: Ledger) -> Ledger:
    """Return the ledger with an unpaid fee note beside every invoice: a tenth of it, of the same days and currency."""
    documents = ledger.table("documents")
    notes = documents.filter(kind="invoice").with_columns(
        document_id=pl.format("fee of {}", "document_id"),
        kind=pl.lit("late_fee").cast(documents.schema["kind"]),
        amount=pl.col("amount") // 10 + 1,
    )
    return ledger.replace(tables={**ledger.tables, "documents": pl.concat([documents, notes])})
