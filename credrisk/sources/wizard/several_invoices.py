"""Whether payments name several invoices in one cell, or one beside words: ``FA1090 / FA1091``, ``Rg. FA1090``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

import polars as pl

from credrisk.sources.mapping_several import told_apart
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.proposal import Notes
from credrisk.wording import counted

__all__ = ["NamedTogether", "named_in_text", "named_together"]

_MARKS = ("/", ",", ";", "+", "&", "|", "\n")
_BLANK = " "


@dataclasses.dataclass(frozen=True)
class NamedTogether:
    """How a column names several documents in one cell.

    Attributes
    ----------
    marks
        What stands between two numbers; empty where each cell names one.
    cells
        ``row, text, number`` of the cells that name several, or one beside words, a row for each document.
    """

    marks: tuple[str, ...]
    cells: pl.DataFrame

    @property
    def texts(self) -> list[str]:
        """The different cells that name several documents, or one beside words, sorted."""
        return self.cells["text"].unique().sort().to_list()

    def rule(self, rule: object) -> object:
        """Return the rule of the document that a payment names, with what parts several of them."""
        if not self.marks:
            return rule
        keys = dict(rule) if isinstance(rule, Mapping) else {"column": rule}
        return {**keys, "split_at": list(self.marks) if len(self.marks) > 1 else self.marks[0]}

    def say(self, key: str, column: str, notes: Notes) -> None:
        """Say how many cells name several documents, or one beside words, and what becomes of such a payment."""
        parted = " or ".join(map(repr, self.marks))
        several = self.cells.filter(pl.len().over("row") > 1)
        if rows := several["row"].n_unique():
            notes.unsure.append(
                f"{key}: {counted(rows, 'cell')} of {column} {'names' if rows == 1 else 'name'} several documents, "
                f"parted by {parted} (for example {several['text'].min()!r}), and each number is there. The payment "
                "closes them in full where it is the sum of what is open of them; else it goes to the one that falls "
                "due first, then to the next, and what is left over is cash on account"
            )
        single = self.cells.filter(pl.len().over("row") == 1)
        if rows := single.height:
            names = "names" if rows == 1 else "name"
            notes.unsure.append(
                f"{key}: {counted(rows, 'cell')} of {column} {names} a document beside words "
                f"(for example {single['text'].min()!r}); words without a digit are passed over"
            )


def named_in_text(columns: Iterable[Content], rows: pl.Series, ids: pl.Series) -> Content | None:
    """Return the first column of text that names a document in each of the rows, be it beside words; None where none.

    For rows that have no column of their own for it: ``Written off: F2401117``.
    """
    for column in columns:
        own = column.of_rows(rows)
        if own.kind != "text" or own.texts.null_count() or not own.texts.len():
            continue
        found = named_together(own, ids)
        if int((own.texts.is_in(ids.drop_nulls().implode()) | own.texts.is_in(found.texts)).sum()) == own.texts.len():
            return column
    return None


def named_together(column: Content, ids: pl.Series) -> NamedTogether:
    """Tell which cells name several documents; a mark counts alone, or between blanks where numbers have it too."""
    texts = id_texts(column)
    numbers = ids.drop_nulls().unique()
    marks = [
        f" {mark} " if numbers.str.contains(mark, literal=True).any() else mark
        for mark in _MARKS
        if texts.str.contains(mark, literal=True).any()
    ]
    if not numbers.str.contains(_BLANK, literal=True).any():
        marks.append(_BLANK)
    cells = told_apart(texts, marks, ids)
    needed = [mark for mark in marks if mark != _BLANK and cells["text"].str.contains(mark, literal=True).any()]
    if told_apart(texts, needed, ids).height < cells.height:
        needed.append(_BLANK)
    return NamedTogether(tuple(needed), cells)
