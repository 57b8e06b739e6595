"""The value of a customer's attribute that was in force on the date of each document."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger

__all__ = ["with_attribute"]


def with_attribute(documents: pl.DataFrame, ledger: Ledger, name: str) -> pl.DataFrame:
    """Add the attribute ``name`` of ``customer_history`` as text, null where none was in force.

    Parameters
    ----------
    documents
        With ``document_id, customer_id`` and ``document_date``.
    ledger
        Cut at the day; of two values from one day the one recorded last counts.
    """
    values = (
        ledger.table("customer_history")
        .filter(pl.col("attribute") == name)
        .sort("customer_id", "valid_from", "recorded_at")
        .unique(["customer_id", "valid_from"], keep="last", maintain_order=True)
        .sort("valid_from", "customer_id")
        .select("customer_id", "valid_from", pl.col("value").alias(name))
    )
    return (
        documents.sort("document_date", "document_id")
        .join_asof(
            values,
            left_on="document_date",
            right_on="valid_from",
            by="customer_id",
            strategy="backward",
            check_sortedness=False,
        )
        .drop("valid_from", strict=False)
        .sort("document_id")
    )
