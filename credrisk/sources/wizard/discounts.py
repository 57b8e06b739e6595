"""Whether a column of discounts beside the amount paid is what was deducted: then it closes what the payment leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.wizard.content import Content, no_amounts
from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood

__all__ = ["filled", "hold_discounts", "less_discount", "not_by_columns"]

_MOSTLY = 0.95
"""Of the rows paid in full, so many must make up the amount by what was paid and the discount; the rest are told."""
_CENT = 0.005


def less_discount(
    understood: Understood,
    made: TableProposal,
    rows: pl.Series,
    kinds: Mapping[str, str],
    notes: Notes,
    *,
    asked: bool,
    apart: str,
) -> list[TableProposal]:
    """Return documents, payments and discounts where what was paid and the discount make up the amount; else nothing.

    Rows that were paid in part neither bear it out nor speak against it, and are told; the discount counts there too.

    Parameters
    ----------
    made
        The documents alone.
    rows
        Which rows are documents.
    kinds
        Meaning of each document type.
    asked
        Whether the user said that the column is the discount taken: then the amounts need not bear it out.
    apart
        Why discounts cannot close documents beside the payments of other files; empty where they can.

    Raises
    ------
    ParameterError
        When the user said so, and it cannot be.
    """
    discount, paid = understood.contents[understood.column("discount_amount")], understood.column("paid_amount")
    deducted, cash = numbers_or_nil(discount, rows), numbers_or_nil(understood.contents[paid], rows)
    dated = rows & understood.contents[understood.column("settled_on")].texts.is_not_null()
    taken = dated & (deducted != 0)
    amount = signed_numbers(understood)
    owed = pl.Series([0.0] * rows.len()) if amount is None else amount.fill_null(0.0)
    left = owed - cash - deducted
    part = taken & (owed > 0) & (left > _CENT)
    fitting, judged = taken & (left.abs() < _CENT), taken & ~part
    reason = apart or _reason(understood, made, taken)
    parts = _payments(understood, made, dated, kinds) if not reason else []
    if not reason and not parts:
        reason = "amounts paid of credit notes have no sign by which they could be told from those of invoices"
    fit, among = int(fitting.sum()), int(taken.sum())
    borne_out = fit > 0 and fit >= _MOSTLY * int(judged.sum()) and 2 * fit >= among
    counts = f"{fit:,} of {among:,} rows with one were paid less just that"
    if reason or not (borne_out or asked):
        if asked:
            raise _refusal(understood.key, discount.name, reason)
        if taken.any():
            notes.unsure.append(
                f"{understood.key}: {discount.name} is not used as the discount taken: {reason or counts}"
                + (
                    ""
                    if reason
                    else f". If it is: --answer {quote(f'{understood.key}.discount_amount={discount.name}')}"
                )
            )
        return []
    told = f"{understood.key}: {discount.name} is the discount taken: {counts}"
    told += f", {deducted.filter(taken).sum():,.2f} in all"
    if part.any():
        told += f"; {int(part.sum()):,} were paid in part and keep {left.filter(part).sum():,.2f} open"
    if wrong := int((judged & ~fitting).sum()):
        told += f"; in {wrong:,} it is more than the payment leaves"
    notes.unsure.append(told)
    closing = {
        "to_document_id": made.columns["document_id"],
        "applied_on": understood.date("settled_on"),
        "amount": discount.name,
        "kind": {"constant": "discount"},
    }
    when = (*made.where, {"column": understood.column("settled_on"), "empty": False}, filled(discount, deducted, rows))
    return [made, *parts, TableProposal("applications", understood.key, closing, when)]


def hold_discounts(answers: Mapping[str, str], files: Sequence[Understood], tables: Sequence[TableProposal]) -> None:
    """Refuse an answer that names the discount of a file in which it could close nothing.

    Raises
    ------
    ParameterError
        With the reason.
    """
    for one in files:
        column = answers.get(f"{one.key}.discount_amount")
        closed = (table for table in tables if table.file == one.key and table.columns.get("amount") == column)
        if not column or any(table.columns.get("kind") == {"constant": "discount"} for table in closed):
            continue
        if one.about in ("payments", "journal"):
            hint = (
                f"no column names the invoice that a payment pays (name it with --answer {one.key}.applies_to=COLUMN)"
            )
            raise _refusal(one.key, column, f"{hint}, or no payment has both")
        lacking = [thing for thing in ("settled_on", "paid_amount") if one.about == "documents" and not one.has(thing)]
        hints = " and ".join(f"--answer {one.key}.{thing}=COLUMN" for thing in lacking)
        words = {"settled_on": "the date of payment", "paid_amount": "the amount paid"}
        reason = f"no column is {' or '.join(words[thing] for thing in lacking)} (name it with {hints})"
        raise _refusal(
            one.key, column, reason if lacking else f"only a file of documents has it, not one of {one.about}"
        )


def _refusal(key: str, column: str, reason: str) -> ParameterError:
    rule = f"left out, for {column} can close no document of {key}: {reason}"
    return ParameterError("answer", rule, f"{key}.discount_amount={column}")


def not_by_columns(made: TableProposal) -> str:
    """Say why what closes documents cannot be made of the columns beside them; nothing where it can."""
    if not isinstance(made.columns["document_id"], str):
        return "no single column is the number of the document as it stands"
    if not isinstance(made.columns["amount"], str):
        return "no single column is the amount of the document with its sign"
    return ""


def _reason(understood: Understood, made: TableProposal, taken: pl.Series) -> str:
    """Say why payments and discounts cannot be made beside the documents; nothing where they can."""
    unpaid = int((taken & understood.contents[understood.column("paid_amount")].texts.is_null()).sum())
    if reason := not_by_columns(made):
        return reason
    discount = understood.contents[understood.column("discount_amount")]
    if (strange := no_amounts(discount)).any() and not taken.any():
        shown = ", ".join(map(repr, discount.texts.filter(strange).unique().sort().head(3)))
        return f"{int(strange.sum()):,} of its {discount.filled:,} filled cells are no amounts (for example {shown})"
    if not taken.any():
        return "no row has both a discount and a date of payment"
    return f"{unpaid:,} rows have a discount and a date of payment but no amount paid" if unpaid else ""


def _payments(
    understood: Understood, made: TableProposal, dated: pl.Series, kinds: Mapping[str, str]
) -> list[TableProposal]:
    """Return how payments are made; two tables where those of credit notes are without their minus, none if unclear.

    A settled credit note is cash paid back: negative, as the document is in the ledger.
    """
    paid, amount = understood.contents[understood.column("paid_amount")], made.columns["amount"]
    cash = numbers_or_nil(paid, dated)
    whole = bool((dated & paid.texts.is_null()).any())  # a date without an amount: paid in full, and there no discount
    column: Any = [paid.name, amount] if whole else paid.name
    settled = {"column": understood.column("settled_on"), "empty": False}
    nothing = paid.texts.filter(dated & (cash == 0)).drop_nulls().unique().sort().to_list()
    when = (*made.where, settled, *([{"column": paid.name, "not_equals": nothing}] if nothing and not whole else []))
    columns = {
        "from_id": {"template": f"settled:{{{made.columns['document_id']}}}"},
        "to_document_id": made.columns["document_id"],
        "applied_on": understood.date("settled_on"),
    }

    def table(rule: Any, *tests: dict[str, Any]) -> TableProposal:
        paying = {**columns, "amount": rule, "kind": {"constant": "payment"}}
        return TableProposal("applications", understood.key, paying, (*when, *tests))

    rule = {"column": column} if whole else column
    credited, types = _credited(understood, kinds), [value for value, kind in kinds.items() if kind == "credit_note"]
    positive = dated & credited & (cash > 0)
    if not positive.any():
        return [table(rule)]
    kind = understood.content("kind")
    if kind is None or not types or (dated & credited & (cash < 0)).any() or whole:
        return []
    if (positive & ~kind.texts.is_in(types).fill_null(False)).any():
        return []
    return [
        table(rule, {"column": kind.name, "not_equals": types}),
        table({"column": column, "turn_sign": True}, {"column": kind.name, "equals": types}),
    ]


def _credited(understood: Understood, kinds: Mapping[str, str]) -> pl.Series:
    """Tell the rows that are credit notes, by their type or sign."""
    numbers, kind = signed_numbers(understood), understood.content("kind")
    nothing = pl.Series([False] * understood.table.frame.height)
    negative = nothing if numbers is None else (numbers < 0).fill_null(False)
    types = [value for value, said in kinds.items() if said == "credit_note"]
    return negative if kind is None else negative | kind.texts.is_in(types).fill_null(False)


def filled(content: Content, numbers: pl.Series, rows: pl.Series) -> dict[str, Any]:
    """Return the condition that a cell holds an amount other than zero."""
    zeros = content.texts.filter(rows & (numbers == 0)).drop_nulls().unique().sort().to_list()
    named: dict[str, Any] = {"column": content.name, "empty": False}
    return named | ({"not_equals": zeros} if zeros else {})
