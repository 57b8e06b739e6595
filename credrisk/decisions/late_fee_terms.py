"""Which law, contract date and agreed rate hold for each late document, and from which day it earns."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.dated_attributes import with_attribute
from credrisk.ledger.ledger import Ledger

__all__ = ["BY_COUNTRY", "late_documents"]

BY_COUNTRY = "by-country"

EARNING = ("invoice", "debit_note", "down_payment")
ATTRIBUTES = ("governing_law", "contract_date", "late_fee_rate", "consumer")
YES = ("1", "true", "yes")


def late_documents(ledger: Ledger, *, as_of: date, law: str, contract_rate: float | None) -> pl.DataFrame:
    """Return the debit documents whose due date is before ``as_of``, with the terms of their contract.

    Parameters
    ----------
    ledger
        Cut at ``as_of``.
    law
        Country of the governing law of the contracts of which the ledger says nothing, or ``by-country``: that of the
        customer.
    contract_rate
        Agreed rate a year (0.18 is 18 %) of the contracts of which the ledger says none.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, kind, document_date, due_date``; ``agreed_due`` (the later of the due date
        and the last one agreed in ``document_changes``); ``law`` (null where not known); ``contract_date`` and
        ``contract_assumed`` (whether it is only the document's date); ``agreed_rate`` (share a year, null where none is
        known) and ``rate_on_file`` (whether it stands in the ledger); ``consumer`` (whether the customer bought
        as one). Sorted by document.

    Notes
    -----
    The attributes ``governing_law`` (``DE``, ``US-FL``), ``contract_date`` (ISO), ``late_fee_rate`` (share a year) and
    ``consumer`` (``yes``) of ``customer_history`` are those in force on the date of the document. A value that cannot
    be read counts as none.
    """
    changed = (
        ledger.table("document_changes")
        .filter(pl.col("field") == "due_date")
        .with_columns(changed_due=pl.col("value").str.to_date("%Y-%m-%d", strict=False))
        .drop_nulls("changed_due")
        .sort("document_id", "changed_on", "recorded_at", "value")
        .group_by("document_id", maintain_order=True)
        .agg(pl.col("changed_due").last())
    )
    documents = (
        ledger.table("documents")
        .filter(pl.col("kind").is_in(EARNING), pl.col("amount") > 0, pl.col("due_date") < as_of)
        .select("document_id", "customer_id", "currency", "kind", "document_date", "due_date")
        .join(changed, on="document_id", how="left")
        .join(ledger.table("customers").select("customer_id", "country"), on="customer_id", how="left")
        .with_columns(agreed_due=pl.max_horizontal("due_date", "changed_due"))
    )
    for name in ATTRIBUTES:
        documents = with_attribute(documents, ledger, name)
    by_default = pl.col("country") if law == BY_COUNTRY else pl.lit(law)
    contracted = pl.col("contract_date").str.to_date("%Y-%m-%d", strict=False)
    rate = pl.col("late_fee_rate").cast(pl.Float64, strict=False)
    return documents.select(
        "document_id",
        "customer_id",
        "currency",
        "kind",
        "document_date",
        "due_date",
        "agreed_due",
        law=pl.coalesce("governing_law", by_default).str.strip_chars().str.to_uppercase(),
        contract_date=pl.coalesce(contracted, "document_date"),
        contract_assumed=contracted.is_null(),
        agreed_rate=pl.coalesce(rate, pl.lit(contract_rate, dtype=pl.Float64)),
        rate_on_file=rate.is_not_null(),
        consumer=pl.col("consumer").str.strip_chars().str.to_lowercase().is_in(YES).fill_null(False),
    ).sort("document_id")
