"""Is a column that is called an amount due the balance of today, or what was due when the document was made?"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.understood import Understood

__all__ = ["without_original_amounts"]

_CENT = 0.005
_MOSTLY = 0.95
_FEWEST = 3
"""Fewer settled documents with an amount may be typing errors of the balance."""


def without_original_amounts(understood: Understood, rows: pl.Series, notes: Notes) -> Understood:
    """Return the file without its open balance where nearly all documents that are settled have it at their amount.

    A balance of today is 0 once a document is settled: by a date of settlement, or by an amount paid that is the whole.

    Parameters
    ----------
    rows
        Which rows are documents.
    """
    if understood.about != "documents" or not understood.has("amount", "open_amount"):
        return understood
    if understood.roles["open_amount"].answered:
        return understood
    signed = signed_numbers(understood)
    if signed is None:
        return understood
    amount = signed.fill_null(0.0).abs()
    left = numbers_or_nil(understood.contents[understood.column("open_amount")], rows).abs()
    settled = pl.Series([False] * rows.len())
    if (date := understood.content("settled_on")) is not None:
        settled = settled | date.texts.is_not_null()
    if (paid := understood.content("paid_amount")) is not None:
        whole = (numbers_or_nil(paid, rows).abs() - amount).abs() < _CENT
        settled = whole if date is None else settled & whole
    settled = settled & rows & (amount > _CENT)
    same = int((settled & ((left - amount).abs() < _CENT)).sum())
    count = int(settled.sum())
    if same < max(_FEWEST, _MOSTLY * count):
        return understood
    name, whole_name = understood.column("open_amount"), understood.column("amount")
    notes.sure.append(
        f"{understood.key}: {name} is no balance of today, and not used: in {same:,} of {count:,} settled documents it "
        f"is the {whole_name}"
    )
    return replace(
        understood, roles={thing: role for thing, role in understood.roles.items() if thing != "open_amount"}
    )
