"""What closes invoices without cash in a file of payments: write-offs, discounts, deductions, offsets, credit notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.credit_notes import amount_credited
from credrisk.sources.wizard.document_kinds import CREDITED, signed_numbers
from credrisk.sources.wizard.ids import id_rule, id_texts, lost_zeros
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.several_invoices import named_in_text, named_together
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["closing_tables", "reference"]


def closing_tables(
    understood: Understood,
    closing: Mapping[str, list[str]],
    invoice: Content | None,
    documents: Content | None,
    *,
    date: Any,
    amount: Any,
    notes: Notes,
) -> list[TableProposal]:
    """Return how rows that close invoices without cash do so; those that name none are left out, and told.

    Parameters
    ----------
    closing
        By kind of clearing, the types that mean it.
    invoice
        The column in which payments name their invoice. Where there is none, a text that names one in each row counts.
    documents
        The numbers of the documents, as their column has them.
    date, amount
        The rules of the date and of the amount that is closed.
    """
    tables = []
    for kind, values in closing.items():
        named = invoice
        if named is None and documents is not None:
            types = understood.contents[understood.column("kind")].texts
            rows = understood.own & types.is_in(values).fill_null(False)
            named = named_in_text(understood.contents.values(), rows, id_texts(documents))
        if named is None:
            _say_left_out(understood, {kind: values}, notes)
            continue
        test = _closing_rows(understood, kind, values, named, notes)
        made = {
            "to_document_id": reference(named, documents),
            "applied_on": date,
            "amount": amount,
            "kind": {"constant": kind},
        }
        if kind == CREDITED:
            credited = understood.where(test)
            made |= {"kind": {"constant": "credit_note"}, "amount": amount_credited(understood, credited)}
        tables.append(TableProposal("applications", understood.key, made, test))
    return tables


def reference(invoice: Content, documents: Content | None) -> Any:
    """Return the rule of the document that a column names, be it beside others or beside words."""
    if documents is None:
        return id_rule(invoice)
    rule = id_rule(invoice, pad=lost_zeros([documents, invoice]))
    return named_together(invoice, id_texts(documents)).rule(rule)


def _closing_rows(
    understood: Understood, kind: str, values: list[str], invoice: Content, notes: Notes
) -> tuple[dict[str, Any], ...]:
    """Return the conditions that find what closes invoices without cash; rows that name none are told."""
    types = understood.contents[understood.column("kind")]
    nameless = int((understood.own & types.texts.is_in(values) & invoice.texts.is_null()).sum())
    if not nameless:
        return ({"column": types.name, "equals": values}, *understood.void_tests)
    notes.missing.append(
        f"{understood.key}: {counted(nameless, 'row')} of the type {', '.join(values)} ({kind.replace('_', ' ')}) "
        f"{'does' if nameless == 1 else 'do'} not say which invoice is closed, and are left out"
    )
    return ({"column": types.name, "equals": values}, {"column": invoice.name, "empty": False}, *understood.void_tests)


def _say_left_out(understood: Understood, others: Mapping[str, list[str]], notes: Notes) -> None:
    signed = signed_numbers(understood)
    for kind, values in others.items():
        rows = understood.own & understood.contents[understood.column("kind")].texts.is_in(values).fill_null(False)
        money = "" if signed is None else f", {abs(signed.filter(rows).sum()):,.2f} in all"
        notes.missing.append(
            f"{understood.key}: {counted(int(rows.sum()), 'row')} of the type {', '.join(values)} "
            f"({kind.replace('_', ' ')}){money}, do not say which invoice they close, so they are left out and these "
            "invoices stay open"
        )
