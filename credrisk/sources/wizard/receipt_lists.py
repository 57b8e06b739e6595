"""Is a file with payments and credit notes a journal of both, or a list of receipts by the invoice that each closed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from credrisk.sources.wizard.document_kinds import OTHER_CLEARINGS
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.understood import Understood, kinds_of

__all__ = ["list_of_receipts"]

_INVOICES = {"invoice", "debit_note", "late_fee", "down_payment"}


def list_of_receipts(
    understood: Understood, files: Sequence[Understood], answers: Mapping[str, str], notes: Notes
) -> Understood:
    """Return a journal as a file of payments where it has no invoices, and no dates of documents or their numbers.

    A file all of whose types close invoices without cash, as a list of write-offs, is one too.
    """
    meant = kinds_of(understood, answers)
    closes = bool(meant) and {*meant.values()} <= {*OTHER_CLEARINGS}
    if closes and understood.about in ("documents", "journal") and f"about.{understood.key}" not in answers:
        types = ", ".join(sorted(meant))
        notes.sure.append(f"{understood.key}: every row is of the type {types}; it is a list of what closes invoices")
        return replace(understood, about="payments")
    if understood.about != "journal" or f"about.{understood.key}" in answers or {*meant.values()} & _INVOICES:
        return understood
    if not understood.has("document_date"):
        return replace(understood, about="payments")  # dates of payment alone: no document can be made of a row
    credits_ = [value for value, kind in meant.items() if kind == "credit_note"]
    rows = understood.own & understood.contents[understood.column("kind")].texts.is_in(credits_).fill_null(False)
    others = [
        id_texts(number)
        for one in files
        if one.key != understood.key
        and _has_documents(one, answers)
        and (number := one.content("document_id")) is not None
    ]
    numbers = [one for role in ("payment_id", "document_id") if (one := understood.content(role)) is not None]
    for one in numbers:
        if others and overlap(one.of_rows(rows), pl.concat(others)) >= SHARED_FROM:
            notes.sure.append(
                f"{understood.key}: {one.name} of the credit notes names documents of another file; it is a list of "
                "what closes those, not a journal"
            )
            return replace(understood, about="payments")
    return understood


def _has_documents(one: Understood, answers: Mapping[str, str]) -> bool:
    """Tell whether a file holds documents: it is one of them, or a journal with invoices and their due dates."""
    return one.about == "documents" or (
        one.about == "journal" and one.has("due_date") and bool({*kinds_of(one, answers).values()} & _INVOICES)
    )
