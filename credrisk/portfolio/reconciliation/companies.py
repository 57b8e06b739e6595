"""Which company (seller) each document and receipt belongs to: a control account is one of a company and a currency."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger

__all__ = ["documents_by_company", "receipts_by_company"]

NOT_TOLD = ""
"""The company where neither the document nor the customer names one."""


def documents_by_company(ledger: Ledger) -> pl.DataFrame:
    """Return the documents with ``company``: that of the document, else of its customer, else empty."""
    return (
        ledger.table("documents")
        .join(_of_customers(ledger), on="customer_id", how="left", maintain_order="left")
        .with_columns(company=pl.coalesce("seller_entity", "company", pl.lit(NOT_TOLD)))
    )


def receipts_by_company(ledger: Ledger) -> pl.DataFrame:
    """Return the receipts with ``company``: that of the customer, else the one of all its documents, else empty."""
    documents = documents_by_company(ledger).filter(pl.col("company") != NOT_TOLD)
    single = (
        documents.group_by("customer_id")
        .agg(pl.col("company").n_unique().alias("companies"), pl.col("company").first().alias("only"))
        .filter(pl.col("companies") == 1)
        .select("customer_id", "only")
    )
    return (
        ledger.table("receipts")
        .join(_of_customers(ledger), on="customer_id", how="left", maintain_order="left")
        .join(single, on="customer_id", how="left", maintain_order="left")
        .with_columns(company=pl.coalesce("company", "only", pl.lit(NOT_TOLD)))
        .drop("only")
    )


def _of_customers(ledger: Ledger) -> pl.DataFrame:
    return ledger.table("customers").select("customer_id", company="seller_entity")
