"""What is stated about cash without an invoice and cannot be followed: it must not be passed over without a word."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.money import minor_factor
from credrisk.ledger.oldest_first import OLDEST_FIRST
from credrisk.ledger.working import GOOD, Working

__all__ = ["rules_unused"]

_CODE = "matched_by"


def rules_unused(tables: Mapping[str, Working], *, without_invoice: str) -> list[Finding]:
    """Return a finding for the setting ``without_invoice`` and the codes ``matched_by`` where they say nothing."""
    found = _codes_on_one_side(tables)
    if without_invoice != OLDEST_FIRST:
        return found
    if "payments" not in tables:
        return [*found, _no_payments(tables)]
    return [*found, *_in_other_currencies(tables["payments"].good, tables["documents"].good)]


def _no_payments(tables: Mapping[str, Working]) -> Finding:
    there = "the ledger has receipts" if "receipts" in tables else "the ledger has none"
    return Finding(
        "warning" if "receipts" in tables else "note",
        "settings",
        "setting_unused",
        f"without_invoice = {OLDEST_FIRST} was not used: it holds for the table payments of the simple form alone, and "
        f"{there}. Cash that is not applied stays on account.",
        remedy="give the cash as payments (docs/data-model.md), or leave out the setting.",
    )


def _in_other_currencies(payments: pl.DataFrame, documents: pl.DataFrame) -> list[Finding]:
    """Tell the cash of customers who have documents, and none in the currency of the cash."""
    debts = documents.filter(pl.col("amount") > 0)
    cash = payments.filter(pl.col("document_id").is_null(), pl.col("amount") > 0).join(
        debts, on=["customer_id", "currency"], how="anti"
    )
    theirs = debts.select("customer_id", other="currency").unique()
    rows = cash.join(theirs.group_by("customer_id").agg(pl.col("other").sort()), on="customer_id")
    return [
        Finding(
            "warning",
            "payments",
            "no_debt_in_currency",
            f"payments in {currency} that name no invoice settle nothing: the documents of their customers are in "
            f"{', '.join(part['other'].explode().unique().sort())}.",
            part.height,
            few(part["customer_id"]),
            int(part["amount"].sum()) / minor_factor(str(currency)),
            str(currency),
            "give payments the currency in which they were made; empty, it is the customer's, else the ledger's.",
        )
        for (currency,), part in sorted(rows.group_by("currency"), key=lambda group: str(group[0][0]))
    ]


def _codes_on_one_side(tables: Mapping[str, Working]) -> list[Finding]:
    coded = {
        name: tables[name].frame.filter(pl.col(_CODE).is_not_null() & GOOD)
        for name in ("documents", "payments")
        if name in tables and _CODE in tables[name].given
    }
    sides = [name for name, rows in coded.items() if rows.height]
    if len(sides) != 1:
        return []
    [side] = sides
    other = "payments" if side == "documents" else "documents"
    return [
        tables[side].finding(
            "codes_unused",
            f"{_CODE} was not used: {side} alone have such codes, and a code tells what settles what where {other} "
            "(of the simple form) have it too.",
            coded[side],
            severity="warning",
            remedy=f"give {other} their codes in a column {_CODE}.",
        )
    ]
