"""What a table of payments becomes: receipts, and what they and the write-offs among them close."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.ledger.findings import Finding, by_currency
from credrisk.ledger.oldest_first import CLOSES_OLDEST, OLDEST_FIRST, applied_by_code, applied_oldest_first
from credrisk.ledger.simple import PAID, receipts_from_payments
from credrisk.ledger.working import GOOD, Working

__all__ = ["derived_from", "derived_rows", "of_payments", "turn_closings"]

_CLOSES = (pl.col("kind") != PAID).fill_null(False)
_OWN = ["customer_id", "currency", "kind"]


def turn_closings(payments: Working, findings: list[Finding]) -> None:
    """Turn the amounts of write-offs, discounts, deductions and offsets where every one is negative."""
    rows = payments.frame.filter(GOOD & _CLOSES & (pl.col("amount") != 0))
    if rows.is_empty() or not (rows["amount"] < 0).all():
        return
    findings.append(
        payments.finding(
            "closings_turned",
            "all write-offs, discounts, deductions and offsets among the payments were negative and were turned.",
            rows,
            severity="warning",
            remedy="export what closes a debt positive, and what takes that back negative.",
        )
    )
    turned = pl.when(_CLOSES).then(-pl.col("amount")).otherwise("amount")
    payments.frame = payments.frame.with_columns(turned.alias("amount"))


def of_payments(
    tables: Mapping[str, Working], without_invoice: str, findings: list[Finding]
) -> dict[str, pl.DataFrame]:
    """Return receipts and applications of the payments; those without an invoice by their code, then by the setting.

    A write-off, discount, deduction or offset that names nothing closes the oldest debt whatever the setting, for it
    cannot wait on account.
    """
    documents, payments = tables["documents"], tables["payments"]
    receipts, applied, unnamed = receipts_from_payments(payments.good)
    stated = [tables["applications"].good] if "applications" in tables else []
    owed, named = documents.good, applied
    if "matched_by" in payments.given and "matched_by" in documents.given:
        coded = applied_by_code(owed, unnamed, [applied, *stated])
        applied = pl.concat([applied, coded], how="diagonal_relaxed")
    else:
        owed, unnamed = (frame.drop("matched_by", strict=False) for frame in (owed, unnamed))
    if without_invoice != OLDEST_FIRST:
        owed, unnamed = owed.filter(pl.col("amount") > 0), unnamed.filter(_CLOSES)
    if without_invoice == OLDEST_FIRST or unnamed.height:
        settled = applied_oldest_first(owed, unnamed, [applied, *stated])
        applied = pl.concat([applied, settled], how="diagonal_relaxed")
        findings += _settled_by_rule(settled)
    findings += _closings_that_found_nothing(unnamed, applied[named.height :], documents.good)
    return derived_from((receipts, applied), "payments", findings)


def _settled_by_rule(settled: pl.DataFrame) -> list[Finding]:
    """Say how much cash settled the oldest debts, and what closed them without cash, in each currency."""
    owners = "to_document_id"
    closed = by_currency(
        settled.filter(from_kind="none").group_by(owners, "currency").agg(pl.col("amount").sum()),
        "warning",
        "applications",
        CLOSES_OLDEST,
        "write-offs, discounts, deductions and offsets that name no invoice close the oldest debt of their customer; "
        "where none is open, what cash without an invoice had settled last.",
        ids=owners,
        remedy="where the source knows which invoice was closed, export it.",
    )
    return closed + by_currency(
        settled.filter(kind="payment").group_by("from_id", "currency").agg(pl.col("amount").sum()),
        "warning",
        "applications",
        OLDEST_FIRST,
        "payments and credit notes that name no invoice settle the oldest debt of their customer, as the setting "
        "without_invoice says; what was paid late, and how late, rests on it.",
        ids="from_id",
        remedy="where the source knows which invoice was paid, export it.",
    )


def _closings_that_found_nothing(unnamed: pl.DataFrame, placed: pl.DataFrame, documents: pl.DataFrame) -> list[Finding]:
    """Say how much was written off, by customer, where no debt was open that day."""
    asked = unnamed.filter(_CLOSES).group_by(_OWN).agg(pl.col("amount").sum())
    owners = documents.select("customer_id", to_document_id="document_id")
    found = placed.join(owners, on="to_document_id").group_by(_OWN).agg(closed=pl.col("amount").sum())
    rest = asked.join(found, on=_OWN, how="left").with_columns(amount=pl.col("amount") - pl.col("closed").fill_null(0))
    return by_currency(
        rest.filter(pl.col("amount") != 0),
        "warning",
        "payments",
        "closes_nothing",
        "write-offs, discounts or deductions that name no invoice, or take one back, found less than their amount when "
        "they came; the rest closes nothing. The money is the rest, the ids are customers.",
        ids="customer_id",
        remedy="export the invoice that each closes, or look whether invoices are missing.",
    )


def derived_from(
    made: tuple[pl.DataFrame, pl.DataFrame], origin: str, findings: list[Finding]
) -> dict[str, pl.DataFrame]:
    """Return receipts and applications as tables, and note what they were made from."""
    tables = dict(zip(("receipts", "applications"), made, strict=True))
    findings += [derived_rows(name, origin, frame.height) for name, frame in tables.items()]
    return tables


def derived_rows(name: str, origin: str, rows: int) -> Finding:
    """Return the note that a table was made from something else."""
    return Finding("note", name, "derived_rows", f"{name} were made from {origin}.", rows)
