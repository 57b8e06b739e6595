"""A column of discounts in a file of payments: where it and what was paid make up the invoice, it closes the rest."""

from __future__ import annotations

from shlex import quote
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.discounts import filled
from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood

__all__ = ["amounts_owed", "discounts_beside_payments"]

_MOSTLY = 0.95
_CENT = 0.005


def amounts_owed(understood: Understood, rows: pl.Series, numbers: Content) -> pl.DataFrame:
    """Return ``number, owed`` of the documents of a file; no rows where no column is the amount."""
    amounts = signed_numbers(understood)
    if amounts is None:
        return pl.DataFrame(schema={"number": pl.String, "owed": pl.Float64})
    found = pl.DataFrame({"number": id_texts(numbers), "owed": amounts.filter(rows).cast(pl.Float64)})
    return found.drop_nulls().group_by("number").agg(pl.col("owed").sum())


def discounts_beside_payments(
    understood: Understood,
    rows: pl.Series,
    where: tuple[dict[str, Any], ...],
    closing: dict[str, Any],
    invoice: Content | None,
    owed: pl.DataFrame,
    notes: Notes,
) -> list[TableProposal]:
    """Return how the discounts beside payments close invoices; else nothing, and their money is named as missing.

    Parameters
    ----------
    rows, where
        Which rows are payments, and the conditions that find them.
    closing
        ``to_document_id`` and ``applied_on`` of what closes an invoice; empty where no invoice is named.
    invoice
        The column that names the invoice paid.
    owed
        ``number, owed`` of the documents.
    """
    content = understood.content("discount_amount")
    if content is None:
        return []
    deducted = numbers_or_nil(content, rows)
    taken = rows & (deducted != 0)
    if not taken.any():
        return []
    told = f"{understood.key}: {int(taken.sum()):,} payments have a discount in {content.name}"
    money = f"{deducted.filter(taken).sum():,.2f} in all"
    if invoice is None:
        notes.missing.append(
            f"{told}, {money}, which is not used, for no invoice is named; what it closed stays open. Name the column "
            f"of the invoice paid: --answer {quote(f'{understood.key}.applies_to=COLUMN')}"
        )
        return []
    paid = understood.content(understood.first_of("paid_amount", "amount"))
    fit, judged = _borne_out(invoice, taken, deducted, paid, owed)
    counts = f"in {fit:,} of {judged:,} whose invoice is found it and what was paid make up the invoice"
    if not understood.roles["discount_amount"].answered and not (fit and fit >= _MOSTLY * judged):
        notes.missing.append(
            f"{told}, {money}, which is not used: {counts}. What it closed stays open; if it is the discount taken: "
            f"--answer {quote(f'{understood.key}.discount_amount={content.name}')}"
        )
        return []
    notes.unsure.append(f"{told}, {money}, which closes the rest of the invoice: {counts}")
    columns = closing | {"amount": content.name, "kind": {"constant": "discount"}}
    named = {"column": invoice.name, "empty": False}
    return [TableProposal("applications", understood.key, columns, (*where, named, filled(content, deducted, rows)))]


def _borne_out(
    invoice: Content, taken: pl.Series, deducted: pl.Series, paid: Content | None, owed: pl.DataFrame
) -> tuple[int, int]:
    """Return in how many rows with a discount it and what was paid make up the invoice, and how many could tell."""
    if paid is None:
        return 0, 0
    cash = numbers_or_nil(paid, taken)
    made = pl.DataFrame({"number": id_texts(invoice), "made_up": cash.abs() + deducted.abs()}).filter(taken)
    told = made.join(owed, on="number")
    return int(((told["made_up"] - told["owed"]).abs() < _CENT).sum()), told.height
