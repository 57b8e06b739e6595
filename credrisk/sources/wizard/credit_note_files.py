"""Credit notes that no list of documents has: a file of their own, or rows among payments; set off where one is named.

They become documents that lower what the customer owes, and close the invoice that they name on their own date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.documents import customer_rule
from credrisk.sources.wizard.ids import SHARED_FROM, id_rule, id_texts, lost_zeros, numbering, overlap
from credrisk.sources.wizard.proposal import Notes, Question, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["credit_note_file_tables", "credit_notes_among_payments"]

_PREFIX = "CN-"


def credit_note_file_tables(
    understood: Understood, documents: Content | None, *, currency: str, pad: int, notes: Notes
) -> list[TableProposal]:
    """Return how a file of credit notes becomes documents, and how they close the invoices that they name.

    Parameters
    ----------
    documents
        The numbers of the documents, as their column has them; None where several columns make a number.
    currency
        The currency where the file names none.
    pad
        Digits of customer ids whose zeros were lost, else 0.
    """
    number = understood.content("document_id") or understood.content("payment_id")
    date = understood.first_of("document_date", "settled_on", "due_date")
    money = understood.first_of("amount", "open_amount", "net_amount", "paid_amount", "credit", "debit")
    for thing, found, kinds in (
        ("document_id", number, ("text", "number")),
        ("document_date", understood.content(date), ("date",)),
        ("amount", understood.content(money), ("number",)),
    ):
        if found is None:
            choices = tuple((one.name, one.examples) for one in understood.of_kind(*kinds))
            words = f"Which column of {understood.key} is the {thing.replace('_', ' ')} of the credit notes?"
            notes.questions.append(Question(f"{understood.key}.{thing}", words, choices=choices))
    if number is None or not date or not money:
        return []
    where: list[dict[str, Any]] = [
        {"column": name, "not_equals": list(values)} for name, values in understood.totals.items()
    ]
    where += understood.void_tests
    rows = understood.own & number.texts.is_not_null()
    if (understood.own & number.texts.is_null()).any():
        where.append({"column": number.name, "empty": False})
    return _credit_notes(
        understood,
        rows,
        where,
        number=number,
        date=understood.date(date),
        amount=understood.contents[understood.column(money)],
        invoice=_invoice(understood, rows, number, documents),
        documents=documents,
        currency=currency,
        pad=pad,
        notes=notes,
    )


def credit_notes_among_payments(
    understood: Understood,
    kinds: Mapping[str, str],
    invoice: Content | None,
    documents: Content | None,
    *,
    own: Content | None,
    date: Any,
    currency: str,
    pad: int,
    notes: Notes,
) -> list[TableProposal]:
    """Return the rows of a file of payments that are credit notes with a number of their own; else nothing.

    Parameters
    ----------
    kinds
        Meaning of each type.
    invoice
        The column in which payments name their invoice.
    own, date
        The number of each row, where a header says it, and the rule of its date.
    """
    types = [value for value, kind in kinds.items() if kind == "credit_note"]
    kind, money = understood.content("kind"), understood.first_of("paid_amount", "amount")
    if understood.about != "payments" or kind is None or not types or not money:
        return []
    rows = understood.own & kind.texts.is_in(types).fill_null(False)
    own = own or numbering(understood, rows)
    owner = understood.content("customer_id") or understood.content("name")
    if owner is None or own is None or own.texts.filter(rows).null_count() or not rows.any():
        return []
    return _credit_notes(
        understood,
        rows,
        [{"column": kind.name, "equals": types}, *understood.void_tests],
        number=own,
        date=date,
        amount=understood.contents[understood.column(money)],
        invoice=invoice,
        documents=documents,
        currency=currency,
        pad=pad,
        notes=notes,
    )


def _credit_notes(
    understood: Understood,
    rows: pl.Series,
    where: Sequence[dict[str, Any]],
    *,
    number: Content,
    date: Any,
    amount: Content,
    invoice: Content | None,
    documents: Content | None,
    currency: str,
    pad: int,
    notes: Notes,
) -> list[TableProposal]:
    """Return credit notes as documents and as what closes the invoice that they name; the latter alone where they are
    documents of another file already.

    Parameters
    ----------
    rows, where
        Which rows are credit notes, and the conditions that find them.
    number, date, amount, invoice
        Their own number, the rule of their date, their amount in whichever sign, and the invoice that they name.
    """
    known = 0.0 if documents is None else overlap(number.of_rows(rows), id_texts(documents))
    own = id_rule(number)
    if 0 < known < SHARED_FROM:
        own = {"template": f"{_PREFIX}{{{number.name}}}"}
    negative = amount.mostly_negative(rows)
    total = 0.0 if amount.number is None else abs(amount.number.filter(rows).sum())
    currencies = understood.column("currency") if understood.has("currency") else {"constant": currency}
    made = []
    if known < SHARED_FROM:
        columns = {
            "document_id": own,
            "customer_id": customer_rule(understood, pad, Notes()),
            "document_date": date,
            "due_date": date,
            "amount": amount.name if negative else {"column": amount.name, "turn_sign": True},
            "currency": currencies,
            "kind": {"constant": "credit_note"},
        }
        made.append(TableProposal("documents", understood.key, columns, tuple(where)))
    said = f"{understood.key}: {counted(int(rows.sum()), 'credit note')}, {total:,.2f} in all"
    if invoice is None or documents is None:
        notes.unsure.append(f"{said}; no column names the invoices that they credit, so they stay open beside them")
        return made
    shift = lost_zeros([documents, invoice])
    applied = {
        "from_id": own,
        "to_document_id": id_rule(invoice, pad=shift),
        "applied_on": date,
        "amount": {"column": amount.name, "turn_sign": True} if negative else amount.name,
        "kind": {"constant": "credit_note"},
    }
    named = int((invoice.texts.is_not_null() & rows).sum())
    tests = [*where, {"column": invoice.name, "empty": False}]
    made.append(TableProposal("applications", understood.key, applied, tuple(tests)))
    notes.sure.append(f"{said}; {invoice.name} names the invoice of {named:,}, against which they are set off")
    if without := int(rows.sum()) - named:
        notes.unsure.append(
            f"{understood.key}: open beside the invoices, as {invoice.name} is empty: {counted(without, 'credit note')}"
        )
    return made


def _invoice(understood: Understood, rows: pl.Series, number: Content, documents: Content | None) -> Content | None:
    """Return the column that names the invoice: as the user or its header says, else by its values."""
    named = understood.content("applies_to")
    if named is not None and named.texts.filter(rows).count():
        return named
    if documents is None:
        return None
    free = [one for one in understood.of_kind("text", "number") if one.name != number.name]
    shares = [(overlap(one.of_rows(rows), id_texts(documents)), one) for one in free]
    best = max(shares, key=lambda share: share[0], default=None)
    return best[1] if best is not None and best[0] >= SHARED_FROM else None
