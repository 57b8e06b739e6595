"""What closes invoices without cash in a file of payments: write-offs, discounts, deductions, offsets, credit notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.credit_notes import amount_credited
from credrisk.sources.wizard.document_kinds import CREDITED, OTHER_CLEARINGS, signed_numbers
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
    unnamed: Mapping[str, Any] | None,
    notes: Notes,
) -> list[TableProposal]:
    """Return how rows that close invoices without cash do so.

    Those that name none close what payments do that name none; where these close nothing they are left out, and told.

    Parameters
    ----------
    closing
        By kind of clearing, the types that mean it.
    invoice
        The column in which payments name their invoice. Where there is none, or these rows have no number of a document
        in it, a text that names one in each row counts.
    documents
        The numbers of the documents, as their column has them.
    date, amount
        The rules of the date and of the amount that is closed.
    unnamed
        The rules of a payment without an invoice; None where it closes nothing.
    """
    tables = list[TableProposal]()
    if not closing:
        return tables
    types = understood.contents[understood.column("kind")]
    for kind, values in closing.items():
        rows = understood.own & types.texts.is_in(values).fill_null(False)
        named = invoice
        if documents is not None and (invoice is None or _names_none(invoice, rows, documents)):
            found = named_in_text(understood.contents.values(), rows, id_texts(documents))
            by_rule = unnamed is not None and kind in OTHER_CLEARINGS
            named = found if found is not None or invoice is None or by_rule else invoice
        nameless = rows if named is None else rows & named.texts.is_null()
        test: tuple[dict[str, Any], ...] = ({"column": types.name, "equals": values}, *understood.void_tests)
        if nameless.any():
            apart = () if named is None else ({"column": named.name, "empty": True},)
            tables += _nameless(understood, kind, values, nameless, (*test, *apart), amount, unnamed, notes)
            test = test if named is None else (*test, {"column": named.name, "empty": False})
        if named is None:
            continue
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


def _names_none(invoice: Content, rows: pl.Series, documents: Content) -> bool:
    """Tell whether no filled cell of some rows holds the number of a document, be it beside others or words."""
    texts = id_texts(invoice.of_rows(rows)).drop_nulls().str.strip_chars_start("0")
    numbers = id_texts(documents).drop_nulls().str.strip_chars_start("0").unique()
    if texts.is_empty() or texts.is_in(numbers.implode()).any():
        return False
    return not named_together(invoice.of_rows(rows), id_texts(documents)).texts


def _nameless(
    understood: Understood,
    kind: str,
    values: list[str],
    rows: pl.Series,
    test: tuple[dict[str, Any], ...],
    amount: Any,
    unnamed: Mapping[str, Any] | None,
    notes: Notes,
) -> list[TableProposal]:
    """Return how rows that name no invoice close what payments do that name none; else say that they are left out."""
    signed = signed_numbers(understood)
    money = "" if signed is None else f", {abs(signed.filter(rows).sum()):,.2f} in all"
    one = int(rows.sum()) == 1
    said = f"{understood.key}: {counted(int(rows.sum()), 'row')} of the type {', '.join(values)} "
    said += f"({kind.replace('_', ' ')}){money}, {'does' if one else 'do'} not say which invoice "
    if unnamed is None or kind not in OTHER_CLEARINGS:
        said += "it closes, so it is" if one else "they close, so they are"
        notes.missing.append(said + f" left out and {'this invoice stays' if one else 'these invoices stay'} open")
        return []
    coded = "what shares their code, where they have one, else " if "matched_by" in unnamed else ""
    how = f"{coded}the oldest debt of their customer on that day"
    notes.unsure.append(said + f"{'it closes' if one else 'they close'}: {how}")
    return [TableProposal("payments", understood.key, {**unnamed, "amount": amount, "kind": {"constant": kind}}, test)]


def reference(invoice: Content, documents: Content | None) -> Any:
    """Return the rule of the document that a column names, be it beside others or beside words."""
    if documents is None:
        return id_rule(invoice)
    rule = id_rule(invoice, pad=lost_zeros([documents, invoice]))
    return named_together(invoice, id_texts(documents)).rule(rule)
