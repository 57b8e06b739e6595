"""Which documents of an export are credit notes: their numbers, by which a list of receipts may say what it allots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from credrisk.sources.wizard.document_kinds import signed_numbers
from credrisk.sources.wizard.documents import document_rows
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.understood import Understood

__all__ = ["credited_numbers"]


def credited_numbers(files: Sequence[Understood], kinds: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
    """Return the numbers of the documents that are credit notes by type or sign, without zeros in front.

    Parameters
    ----------
    kinds
        By file, the meaning of each document type.
    """
    found: set[str] = set()
    for one in files:
        number, types, signed = one.content("document_id"), one.content("kind"), signed_numbers(one)
        if number is None or one.about not in ("documents", "journal", "credit_notes"):
            continue
        meant = kinds.get(one.key, {})
        credited = pl.Series([one.about == "credit_notes"] * one.own.len())
        if types is not None:
            credited |= types.texts.is_in([value for value, kind in meant.items() if kind == "credit_note"])
        if signed is not None:
            credited |= signed < 0
        rows = document_rows(one, meant) & credited.fill_null(False)
        found.update(id_texts(number).filter(rows).drop_nulls().str.strip_chars_start("0").to_list())
    return frozenset(found)
