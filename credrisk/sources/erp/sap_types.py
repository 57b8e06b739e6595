"""Document types that neither SAP's delivery nor the user gives a meaning: named, with rows, money and the remedy."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.sources.erp.sap_items import CREDIT_KEYS, CREDIT_TYPES, DEBIT_KEYS, PAYMENT_TYPES, ROLES, TRANSFER_TYPES
from credrisk.sources.erp.sap_ledger import MAJOR

__all__ = ["unknown_types"]

_KNOWN = (*PAYMENT_TYPES, *CREDIT_TYPES, *TRANSFER_TYPES)


def unknown_types(items: pl.DataFrame, *, types: dict[str, str]) -> list[Finding]:
    """Return a finding for each type in each currency that was taken for something by the sign of its items alone.

    An error where there are credits: they close invoices as if nobody had paid. A note where there are debits alone,
    which count as invoices.

    Parameters
    ----------
    items
        Items with ``role`` and ``posted``, the amount as exported in thousandths.
    types
        Document types that the user stated.
    """
    by_sign = pl.col("role") == pl.when(pl.col("posted") < 0).then(pl.lit("transfer")).otherwise(pl.lit("invoice"))
    told = pl.col("type").is_in([*_KNOWN, *types]) | pl.col("key").is_in([*DEBIT_KEYS, *CREDIT_KEYS])
    rows = items.filter(by_sign, ~told.fill_null(value=False), pl.col("posted") != 0)
    groups = rows.group_by(pl.col("type").fill_null(""), "currency").agg(
        ids="item",
        debits=pl.col("posted").filter(pl.col("posted") > 0).sum(),
        credits=-pl.col("posted").filter(pl.col("posted") < 0).sum(),
    )
    return [
        _finding(one["type"], one["currency"], pl.Series(one["ids"]), one["debits"], one["credits"])
        for one in groups.sort("type", "currency").iter_rows(named=True)
    ]


def _finding(kind: str, currency: str, ids: pl.Series, debits: int, credited: int) -> Finding:
    named = f"items are of the type {kind}, which is not known" if kind else "items have no document type"
    meant = (
        "the credits close invoices as if nobody had paid; the money is theirs"
        if credited
        else "they are debits, and taken for invoices"
    )
    remedy = f"say what the type is: --set types={kind}:ROLE, with a role of {', '.join(ROLES)}."
    return Finding(
        "error" if credited else "note",
        "documents",
        "unknown_type",
        f"{named}: {meant}.",
        ids.len(),
        few(ids),
        (credited or debits) / MAJOR,
        currency,
        remedy if kind else "add the column Document Type or Posting Key to the export.",
    )
