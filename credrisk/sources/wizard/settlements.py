"""How documents were settled: in full, in part, less a discount; a balance of today only checks what is left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from credrisk.sources.wizard.discounts import less_discount
from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood

__all__ = ["is_balance_of_documents", "lists_open_items", "settled_tables", "stated_balance", "undated_payments"]

_MOSTLY = 0.95
"""A column means what is claimed of it when this share of its rows bears it out: the rest may be typing errors."""
_CENT = 0.005
_OPEN_IN_FULL = (
    "Without its date a part payment cannot be placed in time: these documents stay open in full. Export the payments "
    "as a file of their own."
)


def settled_tables(
    understood: Understood,
    made: TableProposal,
    rows: pl.Series,
    kinds: Mapping[str, str],
    notes: Notes,
    *,
    asked: bool = False,
    apart: str = "",
    paid_elsewhere: bool = False,
) -> list[TableProposal]:
    """Return how the documents of a file are made and settled, from the proposal of the documents alone.

    Amounts paid without a date are told, and not used. Where the discounts taken are stated, what was paid and what was
    deducted close the document each by its own kind.

    Parameters
    ----------
    rows
        Which rows are documents.
    kinds
        Meaning of each document type.
    asked
        Whether the user said which column the discount is.
    apart
        Why discounts cannot close documents beside the payments of other files; empty where they can.
    paid_elsewhere
        Whether another file has the payments.
    """
    settled, paid = understood.column("settled_on"), understood.content("paid_amount")
    columns = made.columns
    dated = {"settled_on": understood.date("settled_on")}
    if paid is None or paid.kind == "empty":
        notes.unsure.append(f"{understood.key}: what has a {settled} is taken to be paid in full")
        return [replace(made, columns={**columns, **dated})]
    if not paid_elsewhere:
        undated_payments(understood, rows, notes)
    if understood.has("discount_amount"):
        discounted = less_discount(understood, made, rows, kinds, notes, asked=asked, apart=apart)
        if discounted:
            return discounted
    whole = {**columns, **dated, "settled_amount": paid.name}
    undated = rows & understood.contents[settled].texts.is_null() & (numbers_or_nil(paid, rows) != 0)
    if not undated.any():
        return [replace(made, columns=whole)]
    with_date, without = ((*made.where, {"column": settled, "empty": empty}) for empty in (False, True))
    return [replace(made, columns=whole, where=with_date), replace(made, where=without)]


def undated_payments(understood: Understood, rows: pl.Series, notes: Notes) -> None:
    """Say what a column of paid amounts has without a date of payment, where no other file has the payments."""
    paid = understood.content("paid_amount")
    if paid is None or paid.kind == "empty":
        return
    undated = rows & _unsettled(understood, rows) & (numbers_or_nil(paid, rows) != 0)
    if understood.has("settled_on"):  # what was paid of a document written off is told there
        undated = undated & ~understood.written_off
    if not undated.any():
        return
    date = understood.column("settled_on") if understood.has("settled_on") else "date of payment"
    notes.missing.append(
        f"{understood.key}: {int(undated.sum()):,} rows have a {paid.name} but no {date}, "
        f"{numbers_or_nil(paid, rows).filter(undated).sum():,.2f} in all. {_OPEN_IN_FULL}"
    )


def is_balance_of_documents(understood: Understood, rows: pl.Series) -> bool:
    """Tell whether the open amounts are what is left of the documents' own amounts, and no running balance."""
    amount, left = _amounts(understood, rows)
    apart = rows & ((left > amount + _CENT) | (left < -_CENT))
    return int(apart.sum()) <= (1 - _MOSTLY) * int(rows.sum())


def lists_open_items(understood: Understood, rows: pl.Series) -> bool:
    """Tell whether a file lists what is open alone: of each document something is left, and none has been settled."""
    if understood.about != "documents" or not understood.has("open_amount", "amount") or not rows.any():
        return False
    left = numbers_or_nil(understood.contents[understood.column("open_amount")], rows).filter(rows)
    return bool((left != 0).all() and _unsettled(understood, rows).filter(rows).all())


def stated_balance(
    understood: Understood, rows: pl.Series, notes: Notes, *, paid_elsewhere: bool = False
) -> dict[str, Any]:
    """Return the rule of the balance that the export states, which only checks, and say what was paid without a date.

    Empty where the column is no balance of the documents, or has cells that are no numbers: a check sets nothing aside.
    Where another file has the payments (``paid_elsewhere``) the check itself says what they leave unexplained.
    """
    content = understood.contents[understood.column("open_amount")]
    if not is_balance_of_documents(understood, rows):
        if (numbers_or_nil(content, rows).filter(rows) != 0).any():
            notes.unsure.append(
                f"{understood.key}: {content.name} is not used; it is not between 0 and the amount, so it is no open "
                "balance of the document"
            )
        return {}
    amount, left = _amounts(understood, rows)
    part = rows & _unsettled(understood, rows) & (amount - left > _CENT) & ~understood.written_off
    undated = part.any() and not understood.has("paid_amount") and understood.about == "documents"
    if undated and not paid_elsewhere:
        notes.missing.append(
            f"{understood.key}: {int(part.sum()):,} rows are paid, at least in part, according to {content.name} but "
            f"have no date of payment, {(amount - left).filter(part).sum():,.2f} in all. {_OPEN_IN_FULL}"
        )
    own = content.texts.filter(rows)
    if content.number is None or content.number.filter(rows).null_count() > own.null_count():
        return {}
    return {"open_amount": content.name}


def _unsettled(understood: Understood, rows: pl.Series) -> pl.Series:
    """Tell the rows without a date of payment."""
    settled = understood.content("settled_on")
    return pl.Series([True] * rows.len()) if settled is None else settled.texts.is_null()


def _amounts(understood: Understood, rows: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the amounts without their signs and what is open of each; below 0 where the signs contradict."""
    amount = signed_numbers(understood)
    left = numbers_or_nil(understood.contents[understood.column("open_amount")], rows)
    owed = pl.Series([0.0] * rows.len()) if amount is None else amount.fill_null(0.0)
    signed = pl.select(pl.when(owed < 0).then(left.abs()).otherwise(left)).to_series()
    return owed.abs(), signed
