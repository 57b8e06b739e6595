"""Journals in which what closes an invoice carries the invoice's own number: the document is the row of the invoice.

A list of open and cleared items often has one column of numbers: the invoice, its payments and its credit notes all
have that of the invoice. Payments then name their invoice by it, and so do credit notes: these close the invoice and
are no documents beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from shlex import quote

import polars as pl

from credrisk.sources.wizard.content import MOSTLY, Content
from credrisk.sources.wizard.document_kinds import CREDITED, KINDS, OTHER_CLEARINGS, signed_numbers
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["with_shared_numbers"]

_CLOSING = ("payment", *OTHER_CLEARINGS)
_FEWEST = 2


def with_shared_numbers(
    understood: Understood, kinds: Mapping[str, str], notes: Notes
) -> tuple[Understood, dict[str, str]]:
    """Return the file with the shared column as the number of its documents, and what its types mean.

    Types of credit notes most of which carry the number of an invoice mean ``CREDITED``.

    Parameters
    ----------
    kinds
        Meaning of each document type.
    """
    types, meant = understood.content("kind"), dict(kinds)
    if understood.about != "journal" or types is None:
        return understood, meant
    invoices = _of(understood, types, [one for one, kind in kinds.items() if kind in KINDS and kind != "credit_note"])
    closing = _of(understood, types, [one for one, kind in kinds.items() if kind in _CLOSING])
    found = _shared(understood, invoices, closing)
    if found is None:
        return understood, meant
    if not understood.has("document_id") or understood.column("document_id") != found.name:
        if not (understood.has("applies_to") and understood.column("applies_to") == found.name):
            notes.unsure.append(
                f"{understood.key}: {found.name} is taken for the number of the document, as invoices and what closes "
                "them have it in common. If another column is: "
                f"--answer {quote(f'{understood.key}.document_id=COLUMN')}"
            )
        understood = replace(understood, roles={**understood.roles, "document_id": Role(found.name, 100.0)})
    there = _bare(found).filter(invoices).unique().to_list()
    for value in [one for one, kind in kinds.items() if kind == "credit_note"]:
        rows = _of(understood, types, [value]) & found.texts.is_not_null()
        shared = rows & _bare(found).is_in(there).fill_null(False)
        if rows.any() and int(shared.sum()) >= SHARED_FROM * int(rows.sum()):
            meant[value] = CREDITED
            _say(understood, found, value, shared, rows & ~shared, notes)
    return understood, meant


def _shared(understood: Understood, invoices: pl.Series, closing: pl.Series) -> Content | None:
    """Return the column that tells the invoices apart and whose numbers stand on what closes them too; else None.

    Named by the user, else the number of the document, else any other where that number is in no other row.
    """
    if int(invoices.sum()) < _FEWEST or not closing.any():
        return None
    said = [role for role in ("document_id", "applies_to") if role in understood.roles]
    said.sort(key=lambda role: not understood.roles[role].answered)
    named = [understood.contents[understood.column(role)] for role in said]
    for one in named:
        if _is_shared(one, invoices, closing):
            return one
    if any(understood.roles[role].answered for role in said) or _named_otherwise(understood, invoices, closing):
        return None
    free = understood.of_kind("text", "number")
    return next((one for one in free if one.filled and _is_shared(one, invoices, closing)), None)


def _is_shared(content: Content, invoices: pl.Series, closing: pl.Series) -> bool:
    numbers, others = _bare(content).filter(invoices), _bare(content).filter(closing).drop_nulls()
    if numbers.null_count() or numbers.n_unique() < MOSTLY * numbers.len() or 2 * others.len() < int(closing.sum()):
        return False
    return int(others.is_in(numbers.unique().to_list()).sum()) >= SHARED_FROM * others.len()


def _named_otherwise(understood: Understood, invoices: pl.Series, closing: pl.Series) -> bool:
    """Tell whether another column names the documents by the number that they have."""
    number = understood.content("document_id")
    if number is None:
        return False
    numbers = _bare(number).filter(invoices).drop_nulls().unique().to_list()
    for one in understood.contents.values():
        values = _bare(one).filter(closing).drop_nulls().unique()
        if values.len() and int(values.is_in(numbers).sum()) >= SHARED_FROM * values.len():
            return True
    return False


def _of(understood: Understood, types: Content, values: list[str]) -> pl.Series:
    return understood.own & types.texts.is_in(values).fill_null(False)


def _bare(content: Content) -> pl.Series:
    return id_texts(content).str.strip_chars_start("0")


def _say(
    understood: Understood, number: Content, value: str, shared: pl.Series, strange: pl.Series, notes: Notes
) -> None:
    """Say how many credit notes close the invoice whose number they carry, and what becomes of the others."""
    signed = signed_numbers(understood)

    def held(rows: pl.Series) -> str:
        return "" if signed is None else f", {abs(signed.filter(rows).sum()):,.2f} in all"

    notes.unsure.append(
        f"{understood.key}: {counted(int(shared.sum()), 'row')} of the type {value} carry the number of an invoice "
        f"({number.name}){held(shared)}: they are set off against that invoice on their own date. If they are "
        f"something else: --answer {quote(f'kind.{understood.key}.{value}=MEANING')}"
    )
    if strange.any():
        notes.unsure.append(
            f"{understood.key}: {counted(int(strange.sum()), 'row')} of the type {value} of others{held(strange)}, "
            f"will be set aside, for no invoice of the file has their {number.name}: export those too"
        )
