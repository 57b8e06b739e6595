"""Rows about companies that name an account which the ledger does not know: nothing would come of them."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.ledger import Ledger

__all__ = ["ABOUT_COMPANIES", "about_nobody"]

ABOUT_COMPANIES = ("facts", "events", "ratings")


def about_nobody(ledger: Ledger) -> list[Finding]:
    """Return a warning for each table with rows whose ``customer_id`` is no account; ids are compared as they stand."""
    accounts = ledger.table("customers").select("customer_id")
    found = []
    for table in ABOUT_COMPANIES:
        rows = ledger.table(table).filter(pl.col("customer_id").is_not_null())
        lost = rows.join(accounts, on="customer_id", how="anti")
        if lost.height:
            found.append(
                Finding(
                    "warning",
                    table,
                    "unknown_account",
                    f"rows of {table} name an account that is not among the customers: they are about nobody, and what "
                    "they say counts nowhere.",
                    lost.height,
                    few(lost["customer_id"]),
                    remedy="write the ids as the customers have them, capitals and zeros included.",
                    evidence=lost,
                )
            )
    return found
