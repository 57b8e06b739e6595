"""Documents that the export calls closed, with nothing left of them, and that no payment or credit note names.

They were written off, or their payments are missing: nothing tells which, so it is asked, and they stay open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

import polars as pl

from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.documents import document_rows
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.proposal import Notes, Question, TableProposal
from credrisk.sources.wizard.statuses import KEEP, WRITE_OFF, status_columns
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["ask_closed_unpaid"]

_FEW = 0.2
"""Beyond so large a share of what is closed, the payments of many are missing, and no write-offs are to be found."""
_NAMING = {"payments": "document_id", "applications": "to_document_id"}


def ask_closed_unpaid(
    files: Sequence[Understood],
    kinds: Mapping[str, Mapping[str, str]],
    tables: Sequence[TableProposal],
    answers: Mapping[str, str],
    notes: Notes,
) -> None:
    """Ask of documents without a balance that nothing pays or closes, by their status; until then they stay open."""
    named = _named(files, tables)
    if named is None or named.is_empty():
        return
    for one in files:
        statuses, number = status_columns(one), one.content("document_id")
        balance, amount = one.content("open_amount"), signed_numbers(one)
        if one.about != "documents" or not statuses or number is None or balance is None or amount is None:
            continue
        rows = document_rows(one, kinds.get(one.key, {})) & (amount > 0).fill_null(False)
        closed = rows & balance.texts.is_not_null() & (numbers_or_nil(balance, rows) == 0)
        unpaid = closed & ~id_texts(number).str.strip_chars_start("0").is_in(named.to_list()).fill_null(False)
        unpaid = unpaid & ~one.written_off
        if not unpaid.any() or int(unpaid.sum()) > _FEW * int(closed.sum()):
            continue
        status = statuses[0]
        for value in status.texts.filter(unpaid).drop_nulls().unique().sort().to_list():
            key = f"status.{one.key}.{value}"
            if key in answers:
                continue
            question = _question(one, key, status.name, value, amount.filter(unpaid & (status.texts == value)))
            notes.questions.append(question)
            notes.missing.append(
                f"{one.key}: {question.evidence} They stay open. If they were written off: "
                f"--answer {quote(f'{key}={WRITE_OFF}')}"
            )


def _question(one: Understood, key: str, column: str, value: str, amounts: pl.Series) -> Question:
    return Question(
        key,
        f"Were documents of {one.key} with {column} {value!r} written off where no payment closes them?",
        f"{counted(amounts.len(), 'document')} of {column} {value!r}, {amounts.sum():,.2f} in all: "
        f"{one.column('open_amount')} says that nothing is left, and no payment or credit note names them.",
        (
            (KEEP, "no: their payments are missing, and they stay open"),
            (WRITE_OFF, "yes: what is not paid of them is closed as a write-off on the last day of the export"),
        ),
        proposal=KEEP,
    )


def _named(files: Sequence[Understood], tables: Sequence[TableProposal]) -> pl.Series | None:
    """Return the numbers that payments and clearings name, without zeros in front; None where a cell names several."""
    by_key = {one.key: one for one in files}
    found = [pl.Series([], dtype=pl.String)]
    for table in tables:
        rule: Any = table.columns.get(_NAMING.get(table.table, ""))
        column = rule.get("column") if isinstance(rule, Mapping) else rule
        if isinstance(rule, Mapping) and "split_at" in rule:
            return None
        own = by_key[table.file]
        if isinstance(column, str) and not (own.about == "documents" and table.table == "applications"):
            found.append(id_texts(own.contents[column]).filter(own.where(table.where)).rename(""))
    return pl.concat(found).drop_nulls().str.strip_chars_start("0").unique()
