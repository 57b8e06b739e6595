"""Disputes from a flag without a date: settled ones ended with the settlement, open ones are known on the last day."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.sources.mapping_last_day import LAST_DAY
from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import marks, plain
from credrisk.wording import counted

__all__ = ["dispute_tables"]

_OPEN = "the flag has no date; what is open is known to be disputed on the day of the export"
_SETTLED = "the flag has no date; it was known at the latest when the document was settled"


def dispute_tables(understood: Understood, made: TableProposal, rows: pl.Series, notes: Notes) -> list[TableProposal]:
    """Return how a flag "disputed" becomes disputes; none where no single column numbers the documents.

    A document that has a date of payment and still owes, by its stated balance, is open.

    Parameters
    ----------
    made
        How the documents of the file are made.
    rows
        Which rows are documents.
    """
    flag, number = understood.content("disputed"), made.columns["document_id"]
    yes = [value for value, _ in flag.counts if (plain(value) or value) in marks("yes")] if flag is not None else []
    if flag is None or not yes or not isinstance(number, str):
        return []
    settled = understood.column("settled_on") if understood.has("settled_on") else ""
    base = (*(one for one in made.where if one["column"] != settled), {"column": flag.name, "equals": yes})
    named = {"dispute_id": {"template": f"D-{{{number}}}"}, "document_id": number}
    unsettled, ended = _open_and_settled(understood, made, rows, settled)
    tables = [
        TableProposal(
            "disputes",
            understood.key,
            named | {"opened_on": {"constant": LAST_DAY}},
            (*base, *tests),
            remarks={"opened_on": _OPEN},
        )
        for tests in unsettled
    ]
    if settled:
        day = understood.date("settled_on")
        columns = named | {"opened_on": day, "resolved_on": day}
        tables += [
            TableProposal("disputes", understood.key, columns, (*base, *tests), remarks={"opened_on": _SETTLED})
            for tests in ended
        ]
    left = _balance(understood, made)
    balance = understood.contents[left].number if left else None
    owed = signed_numbers(understood)
    for parts, numbers, state, known in (
        (unsettled, owed if balance is None else balance, "open", "from the last day that the export covers"),
        (ended, owed, "settled", "and resolved at the settlement"),
    ):
        found = pl.Series([False] * rows.len())
        for tests in parts:
            found = found | (rows & understood.where((*base, *tests)))
        if numbers is not None and found.any():
            held = f"{counted(int(found.sum()), f'{state} document')}, {numbers.filter(found).sum():,.2f} in all"
            notes.unsure.append(
                f"{understood.key}: {flag.name} has no date; disputes of {held}, are taken to be known {known}"
            )
    return tables


_Tests = list[dict[str, Any]]


def _open_and_settled(
    understood: Understood, made: TableProposal, rows: pl.Series, settled: str
) -> tuple[list[_Tests], list[_Tests]]:
    """Return the conditions of the documents still open, then of the settled ones; any one of a list may hold."""
    undated: _Tests = [{"column": settled, "empty": True}]
    dated: _Tests = [{"column": settled, "empty": False}]
    balance = _balance(understood, made)
    zeros: list[str] = []
    if balance:
        content = understood.contents[balance]
        nil = content.texts.is_not_null() & (numbers_or_nil(content, rows) == 0)
        zeros = content.texts.filter(nil).unique().sort().to_list()
    if not zeros:
        return ([undated], [dated]) if settled else ([[]], [])
    owing = {"column": balance, "empty": False, "not_equals": zeros}
    if not settled:
        return [[owing]], []
    ended: list[_Tests] = [[*dated, {"column": balance, "equals": zeros}]]
    if understood.contents[balance].texts.filter(rows).null_count():
        ended.append([*dated, {"column": balance, "empty": True}])
    return [undated, [*dated, owing]], ended


def _balance(understood: Understood, made: TableProposal) -> str:
    """Return the column of what is open of each document, where the mapping takes it for that; else nothing."""
    column = understood.column("open_amount") if understood.has("open_amount") else ""
    taken = [made.columns.get("open_amount")]
    if not understood.has("settled_on"):  # beside dates of payment, an only amount is that of the whole document
        taken.append(made.columns["amount"])
    return column if column in taken else ""
