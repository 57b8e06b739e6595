"""Whether the payments of a ledger are applied to its invoices: if hardly any are, no age of an invoice is true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.oldest_first import OLDEST_FIRST

__all__ = ["payments_not_applied"]

DAYS_PAST_DUE = 90
"""Older than this beyond their due date, nearly all invoices of a book are settled (a default in most definitions)."""
OPEN_SHARE = 0.8
"""Of the money of such documents; in a book whose payments are applied it is a few hundredths."""
CASH_SHARE = 0.5
"""Of the open money, that unapplied cash makes up. A list of open items alone, of which every old document is open by
its nature, has some unapplied cash, and customers who pay in advance have much; neither has it by the side of half of
all that is open, on the accounts of those who owe it."""
_BY_RULE = f" Where nothing names it, the setting without_invoice = {OLDEST_FIRST} settles the oldest debt first."
"""It holds for payments of the simple form."""
FEWEST_DOCUMENTS = 20
"""Fewer old documents tell nothing: a few of a new or small ledger may all be open."""


def payments_not_applied(ledger: Ledger, left: pl.DataFrame, unapplied: pl.DataFrame) -> list[Finding]:
    """Return an error for each currency in which the cash is there and the invoices that it paid are open.

    Three things must hold on the last day of the ledger: of the documents due more than 90 days ago, at least 20,
    four fifths of the money is open; the same customers have unapplied cash for at least half of that; and unapplied
    cash is at least half of all that is open.

    Parameters
    ----------
    left
        What is left of each document: ``document_id, customer_id, currency, left``, in minor units.
    unapplied
        What is left of each receipt: ``receipt_id, customer_id, currency, left``.
    """
    key = ["currency", "customer_id"]
    owed = ledger.table("documents").filter(pl.col("amount") > 0)
    items = owed.join(left.drop("customer_id"), on=["document_id", "currency"]).with_columns(pl.col("left").clip(0))
    old = items.filter(pl.col("due_date") < ledger.settings.covers_to - timedelta(days=DAYS_PAST_DUE))
    cash = unapplied.group_by(key).agg(cash=pl.col("left").sum()).filter(pl.col("cash") > 0)
    by_customer = old.group_by(key).agg(pl.col("left").sum()).join(cash, on=key)
    covered = by_customer.group_by("currency").agg(covered=pl.min_horizontal("left", "cash").sum())
    sums = (
        old.group_by("currency")
        .agg(documents=pl.len(), of_money=pl.col("amount").sum(), old=pl.col("left").sum())
        .join(items.group_by("currency").agg(whole=pl.col("left").sum()), on="currency")
        .join(cash.group_by("currency").agg(pl.col("cash").sum()), on="currency")
        .join(covered, on="currency")
        .filter(
            pl.col("documents") >= FEWEST_DOCUMENTS,
            pl.col("old") >= OPEN_SHARE * pl.col("of_money"),
            pl.col("covered") >= CASH_SHARE * pl.col("old"),
            pl.col("cash") >= CASH_SHARE * pl.col("whole"),
        )
    )
    of_payments = "table" in ledger.intake.columns and "payments" in ledger.intake["table"]
    rule = of_payments and not any(one.code == OLDEST_FIRST for one in ledger.findings)
    return [
        _finding(row, old.filter(pl.col("currency") == row["currency"], pl.col("left") > 0), rule=rule)
        for row in sums.sort("currency").iter_rows(named=True)
    ]


def _finding(row: dict[str, Any], still_open: pl.DataFrame, *, rule: bool) -> Finding:
    currency, old, of_money, cash = (row[name] for name in ("currency", "old", "of_money", "cash"))
    factor = minor_factor(currency)
    return Finding(
        "error",
        "applications",
        "payments_not_applied",
        f"payments are not applied to invoices: {100 * old / of_money:.0f} % of what was due more than "
        f"{DAYS_PAST_DUE} days ago is open, and beside it {cash / factor:,.2f} of cash is not applied. Ageing, days to "
        "pay, DSO and every probability made of them are worth nothing.",
        still_open.height,
        few(still_open["document_id"]),
        old / factor,
        currency,
        "map the column of the payments that names the invoice paid (applies_to), or, where both name a clearing "
        f"document, import the list with --as sap_fbl5n (docs/erp-sap.md).{_BY_RULE if rule else ''}",
        still_open,
    )
