"""Which invoice a credit note credits: it is set off against that invoice, not left open beside it.

A journal has the credit note itself; a list of receipts has the line by which one was allotted to an invoice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.credited_in_text import NamedBy, named_anywhere
from credrisk.sources.wizard.document_amounts import signed_amount
from credrisk.sources.wizard.document_kinds import signed_numbers
from credrisk.sources.wizard.ids import SHARED_FROM, id_rule, id_texts, lost_zeros, overlap
from credrisk.sources.wizard.proposal import Notes, TableProposal, column_of
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

_GOOD_PART = 0.9
"""Of the rows of credit notes that have a part applied."""

__all__ = ["amount_credited", "credit_note_table", "negative_documents_set_off", "say_credit_notes"]


def credit_note_table(
    understood: Understood,
    kinds: Mapping[str, str],
    invoice: Content | None,
    documents: Content | None,
    *,
    own: Content | None,
    date: Any,
) -> TableProposal | None:
    """Return how the credit notes of a file close invoices; None where their rows name no invoice of the export.

    Parameters
    ----------
    kinds
        Meaning of each document type.
    invoice
        The column in which payments name their invoice.
    documents
        The numbers of the documents, as their column has them.
    own, date
        Of a file of payments: the number of the payment, here of the credit note that is set off, and its date.
    """
    values, types = _types(kinds), understood.content("kind")
    if types is None or not values or documents is None:
        return None
    rows = understood.own & types.texts.is_in(values).fill_null(False)
    number = own
    if understood.about == "journal":
        number = understood.content("document_id")
        if number is None or number.name != documents.name or not understood.has("document_date"):
            return None
        date = understood.date("document_date")
    if understood.about == "payments" and (number is None or number.of_rows(rows).filled == 0):
        number = _number_of_credits(understood, rows, invoice, documents)
    if number is None or overlap(number.of_rows(rows), id_texts(documents)) < SHARED_FROM:
        return None
    said = _named_invoice(understood, rows, invoice, number, documents)
    said = named_anywhere(understood, rows, number, documents) if said is None else said
    if said is None:
        return None
    where = [{"column": types.name, "equals": values}, *understood.void_tests, *said.tests]
    if (understood.contents[said.column].texts.is_null() & rows).any():
        where.append({"column": said.column, "empty": False})
    pad = lost_zeros([documents, understood.contents[said.column]])
    columns = {
        "from_id": id_rule(number) if understood.about == "journal" else id_rule(number, pad=pad),
        "to_document_id": said.rule,
        "applied_on": date,
        "amount": amount_credited(understood, rows),
        "kind": {"constant": "credit_note"},
    }
    return TableProposal("applications", understood.key, columns, tuple(where))


def _number_of_credits(
    understood: Understood, rows: pl.Series, invoice: Content | None, documents: Content
) -> Content | None:
    """Return the column in which a list of payments has the numbers of its credit notes, where its own has none."""
    for one in understood.contents.values():
        if invoice is not None and one.name == invoice.name:
            continue
        mine = one.of_rows(rows)
        if mine.filled == rows.sum() and overlap(mine, id_texts(documents)) >= _GOOD_PART and mine.tells_apart:
            return one
    return None


def negative_documents_set_off(understood: Understood, made: TableProposal, notes: Notes) -> list[TableProposal]:
    """Return how the negative documents of a list without types close the invoices that they name; else tell them.

    Parameters
    ----------
    made
        How the documents of the file are made.
    """
    numbers, number = signed_numbers(understood), understood.content("document_id")
    amount = made.columns.get("amount")
    if understood.about != "documents" or understood.has("kind") or numbers is None or not isinstance(amount, str):
        return []
    where = _unsettled(understood, made)
    rows = understood.where(where) & (numbers < 0).fill_null(False)
    money = abs(float(numbers.filter(rows).sum()))
    if not rows.any() or number is None or not understood.has("document_date"):
        return []
    said = named_anywhere(understood, rows, number, number)
    if said is not None:
        where = (*where, *said.tests, {"column": said.column, "empty": False})
        if (understood.where(where) & ~rows).any():  # invoices have words there too
            where = (*where, {"column": amount, "less_than": 0})
        named = understood.where(where)
        if not (named & ~rows).any():
            taken = abs(float(numbers.filter(named).sum()))
            notes.sure.append(
                f"{understood.key}: {said.column} names the invoice of {counted(int(named.sum()), 'credit note')} of "
                f"{int(rows.sum()):,}, {taken:,.2f} in all; they are set off against it on their own date"
            )
            columns = {
                "from_id": made.columns["document_id"],
                "to_document_id": _as_numbered(made, number, said),
                "applied_on": understood.date("document_date"),
                "amount": {"column": amount, "turn_sign": True},
                "kind": {"constant": "credit_note"},
            }
            return [TableProposal("applications", understood.key, columns, where)]
    notes.unsure.append(
        f"{understood.key}: {counted(int(rows.sum()), 'credit note')} (negative), {money:,.2f} in all: no column says "
        "which invoice is credited; unless the setting without_invoice places them, they stay open beside the "
        "invoices, and what they credit stays past due"
    )
    return []


def _unsettled(understood: Understood, made: TableProposal) -> tuple[dict[str, Any], ...]:
    """Return the conditions of the documents without a date of settlement; a credit note that has one was paid out."""
    settled = understood.content("settled_on")
    if settled is None or "settled_on" not in {*made.columns}:
        return tuple(dict(one) for one in made.where)
    others = (dict(one) for one in made.where if one["column"] != settled.name)
    return (*others, {"column": settled.name, "empty": True})


def _as_numbered(made: TableProposal, number: Content, said: NamedBy) -> Any:
    """Return the rule of the invoice that is named, with what makes its number one where the column alone does not."""
    rule = made.columns["document_id"]
    template = rule.get("template") if isinstance(rule, Mapping) else None
    if template is None:
        return said.rule
    after = {"part_after": said.rule["part_after"]} if "part_after" in said.rule else {}
    return {"template": template.replace(f"{{{number.name}}}", f"{{{said.column}}}"), **after}


def say_credit_notes(
    understood: Understood,
    kinds: Mapping[str, str],
    documents: Content | None,
    table: TableProposal | None,
    notes: Notes,
    *,
    credited_there: bool,
) -> None:
    """Say how many credit notes are set off against their invoice, and how many are not."""
    types = understood.content("kind")
    if types is None or not _types(kinds):
        return
    rows = understood.own & types.texts.is_in(_types(kinds)).fill_null(False)
    if table is None and understood.about == "journal" and rows.any():
        numbers = signed_numbers(understood)
        money = "" if numbers is None else f", {abs(numbers.filter(rows).sum()):,.2f} in all"
        notes.unsure.append(
            f"{understood.key}: {counted(int(rows.sum()), 'credit note')}{money}: no column says which invoice is "
            "credited; unless a code or the setting without_invoice places them, they stay open beside the invoices"
        )
        return
    if table is None:
        if understood.about == "payments" and rows.any():
            why = (
                "they are not among the credit notes of the documents"
                if credited_there
                else "a credit note needs a number of its own and a customer"
            )
            numbers = signed_numbers(understood)
            money = "" if numbers is None else f", {abs(numbers.filter(rows).sum()):,.2f} in all"
            notes.missing.append(
                f"{understood.key}: left out, as {why}, are "
                f"{counted(int(rows.sum()), 'row')} of the type {', '.join(_types(kinds))} (credit note){money}; what "
                "they set off stays open"
            )
        return
    name, number = (column_of(table.columns[part]) for part in ("to_document_id", "from_id"))
    if documents is not None and understood.about == "payments":
        there = understood.contents[number].texts.is_in(documents.texts.drop_nulls().unique().to_list())
        if absent := int((rows & ~there.fill_null(False)).sum()):
            notes.unsure.append(
                f"{understood.key}: {counted(absent, 'credit note')} that {number} names, of {int(rows.sum()):,}, are "
                "not among the documents; what they set off stays open. Export them too, from before the first day on"
            )
    named = int((understood.where(table.where) & understood.contents[name].texts.is_not_null()).sum())
    notes.sure.append(
        f"{understood.key}: {name} names the invoice of {counted(named, 'credit note')}; they are set off against it "
        "on their own date"
    )
    if without := int(rows.sum()) - named:
        notes.unsure.append(
            f"{understood.key}: open beside the invoices, as {name} names none: {counted(without, 'credit note')}"
        )


def _types(kinds: Mapping[str, str]) -> list[str]:
    return [value for value, kind in kinds.items() if kind == "credit_note"]


def _named_invoice(
    understood: Understood, rows: pl.Series, invoice: Content | None, number: Content, documents: Content
) -> NamedBy | None:
    """Return the column in which most credit notes name another document; their own number is not that."""
    own = number.texts.filter(rows).drop_nulls().unique()
    others = id_texts(documents).filter(~documents.texts.is_in(own.to_list()).fill_null(False))
    for one in (invoice, understood.content("applies_to")):
        if one is None or one.name == number.name:
            continue
        if overlap(one.of_rows(rows), others) >= SHARED_FROM and one.of_rows(rows).tells_apart:
            return NamedBy(one.name, id_rule(one, pad=lost_zeros([documents, one])))
    return None


def amount_credited(understood: Understood, rows: pl.Series) -> Any:
    """Return the rule of what a credit note takes off an invoice: positive, whichever sign the export gives it.

    Where a list of payments has the part applied beside the total, that part.
    """
    part = understood.content("paid_amount") if understood.has("receipt_total") else None
    if part is not None and understood.about == "payments" and part.number is not None:
        applied = part.number.filter(rows)
        if applied.len() and int((applied.fill_null(0.0) != 0).sum()) >= _GOOD_PART * applied.len():
            return {"column": part.name, "turn_sign": True} if part.mostly_negative(rows) else part.name
    if understood.two_sided or understood.has("sign") or not understood.has("amount"):
        rule = signed_amount(understood, rows, Notes(), {}, received=True)
    else:
        rule = understood.column("amount")
    if not isinstance(rule, str) or not rule:
        return rule
    return {"column": rule, "turn_sign": True} if understood.contents[rule].mostly_negative(rows) else rule
