"""Cash and credits of one account applied to documents of another that is not linked to it."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.keys import parents_on
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed

__all__ = ["applied_to_others"]


def applied_to_others(seen: Ledger) -> list[Noticed]:
    """Return what was applied to a document of another account, neither in its group nor paid for by one payer."""
    documents = seen.table("documents")
    heads = (
        seen.table("customers")
        .select("customer_id", "payer_id")
        .join(parents_on(seen), on="customer_id", how="left")
        .select("customer_id", head=pl.coalesce("parent", "payer_id", "customer_id"))
    )
    owners = pl.concat(
        [
            seen.table("receipts").select(from_id="receipt_id", from_kind=pl.lit("receipt"), payer="customer_id"),
            documents.select(from_id="document_id", from_kind=pl.lit("document"), payer="customer_id"),
        ]
    )
    rows = (
        seen.table("applications")
        .with_columns(pl.col("from_kind").cast(pl.String))
        .join(documents.select("document_id", "customer_id"), left_on="to_document_id", right_on="document_id")
        .join(owners, on=["from_id", "from_kind"])
        .filter(pl.col("payer") != pl.col("customer_id"))
        .join(heads, on="customer_id", how="left")
        .join(heads.rename({"customer_id": "payer", "head": "payer_head"}), on="payer", how="left")
        .filter(pl.col("head") != pl.col("payer_head"))
        .select(
            pl.col("to_document_id").alias("id"),
            "customer_id",
            pl.col("applied_on").alias("date"),
            "amount",
            "currency",
            pl.concat_str(pl.lit("from "), "from_id", pl.lit(" of account "), "payer").alias("note"),
        )
    )
    return noticed(
        rows.select(*ROWS),
        "warning",
        "applications",
        "applied_to_other_account",
        "cash or credits of one account were applied to documents of another that is not linked to it.",
        remedy="correct the application in the ERP, or enter who pays for whom (payer or parent) in the master data.",
    )
