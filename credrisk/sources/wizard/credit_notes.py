"""Which invoice a credit note of a journal credits: it is set off against that invoice, not left open beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.documents import signed_amount
from credrisk.sources.wizard.ids import SHARED_FROM, id_rule, id_texts, lost_zeros, overlap
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["credit_note_table", "say_credit_notes"]


def credit_note_table(
    understood: Understood, kinds: Mapping[str, str], invoice: Content | None, documents: Content | None
) -> TableProposal | None:
    """Return how the credit notes of a journal close invoices; None where their rows name no invoice of the export.

    Parameters
    ----------
    kinds
        Meaning of each document type.
    invoice
        The column in which payments name their invoice.
    documents
        The numbers of the documents, as their column has them.
    """
    if understood.about != "journal" or documents is None or not understood.has("document_id", "document_date"):
        return None
    number, types = understood.contents[understood.column("document_id")], understood.content("kind")
    values = [value for value, kind in kinds.items() if kind == "credit_note"]
    if types is None or not values or number.name != documents.name:
        return None
    rows = understood.own & types.texts.is_in(values).fill_null(False)
    found = _named_invoice(understood, rows, invoice, number, documents)
    if found is None:
        return None
    where: list[dict[str, Any]] = [{"column": types.name, "equals": values}]
    if (found.texts.is_null() & rows).any():
        where.append({"column": found.name, "empty": False})
    columns = {
        "from_id": id_rule(number),
        "to_document_id": id_rule(found, pad=lost_zeros([documents, found])),
        "applied_on": understood.date("document_date"),
        "amount": _amount(understood, rows),
        "kind": {"constant": "credit_note"},
    }
    return TableProposal("applications", understood.key, columns, tuple(where))


def say_credit_notes(understood: Understood, table: TableProposal | None, notes: Notes, *, why: str = "") -> None:
    """Say how many credit notes are set off against their invoice, and how many stay open; or ``why`` all do."""
    if table is None:
        return
    kind, rule = table.where[0], table.columns["to_document_id"]
    name = rule if isinstance(rule, str) else rule["column"]
    rows = understood.own & understood.contents[kind["column"]].texts.is_in(kind["equals"]).fill_null(False)
    named = int((understood.contents[name].texts.is_not_null() & rows).sum())
    if why:
        notes.missing.append(
            f"{understood.key}: {name} names the invoice of {counted(named, 'credit note')}, but {why}, so these "
            "credit notes stay open beside their invoices"
        )
        return
    notes.sure.append(
        f"{understood.key}: {name} names the invoice of {counted(named, 'credit note')}; they are set off against it "
        "on their own date"
    )
    if without := int(rows.sum()) - named:
        notes.unsure.append(
            f"{understood.key}: open beside the invoices, as {name} is empty: {counted(without, 'credit note')}"
        )


def _named_invoice(
    understood: Understood, rows: pl.Series, invoice: Content | None, number: Content, documents: Content
) -> Content | None:
    """Return the column in which most credit notes name another document; their own number is not that."""
    own = number.texts.filter(rows).drop_nulls().unique()
    others = id_texts(documents).filter(~documents.texts.is_in(own.to_list()).fill_null(False))
    for one in (invoice, understood.content("applies_to")):
        if one is None or one.name == number.name:
            continue
        if overlap(Content(one.name, one.kind, one.texts.filter(rows)), others) >= SHARED_FROM:
            return one
    return None


def _amount(understood: Understood, rows: pl.Series) -> Any:
    """Return the rule of what a credit note takes off an invoice: positive, whichever sign the export gives it."""
    if understood.has("debit", "credit") or understood.has("sign") or not understood.has("amount"):
        rule = signed_amount(understood, rows, Notes(), {}, received=True)
    else:
        rule = understood.column("amount")
    if not isinstance(rule, str) or not rule:
        return rule
    numbers = understood.contents[rule].number
    signs = pl.Series([0.0]) if numbers is None else numbers.filter(rows).drop_nulls()
    return {"column": rule, "turn_sign": True} if int((signs < 0).sum()) > int((signs > 0).sum()) else rule
