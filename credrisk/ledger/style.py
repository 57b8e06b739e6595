"""How a column writes what can be read two ways (day or month first, comma or point), decided over the whole column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import few

__all__ = ["Decision", "Evidence", "Question", "settle"]


@dataclass(frozen=True)
class Question:
    """A way of writing with two readings.

    Attributes
    ----------
    setting
        Key of the ``settings`` table that answers it.
    answers
        The two values of that setting.
    words
        The two readings in words.
    subject
        What is read, in words.
    """

    setting: str
    answers: tuple[str, str]
    words: tuple[str, str]
    subject: str


@dataclass(frozen=True)
class Evidence:
    """How many rows of a column prove the first reading, the second, and neither though they could be both."""

    first: int = 0
    second: int = 0
    undecided: int = 0

    def __add__(self, other: Evidence) -> Evidence:
        """Pool the evidence of two columns."""
        return Evidence(self.first + other.first, self.second + other.second, self.undecided + other.undecided)

    @property
    def answer(self) -> int | None:
        """The reading that more rows prove: 0, 1, or None when neither does."""
        return None if self.first == self.second else int(self.second > self.first)


@dataclass(frozen=True)
class Decision:
    """The reading taken (0 or 1) and on what ground."""

    answer: int
    ground: Literal["nothing to decide", "column", "one row", "majority", "setting", "table", "file"]


def settle(
    question: Question,
    *,
    table: str,
    column: str,
    own: Evidence,
    setting: int | None,
    in_table: Evidence,
    in_file: Evidence,
    texts: pl.Series,
) -> Decision:
    """Decide how a column is read.

    The ledger's setting goes first; then what the column itself proves (the majority, where it proves both); then what
    other columns of the table prove; then other tables of the same file. The rows that contradict are set aside. Where
    a single row decides for others that could be read both ways, or against the rest of the table, the ground is
    ``one row``.

    Raises
    ------
    DataError
        When nothing decides it, naming the setting that would.
    """
    if not (own.undecided or own.first or own.second):
        return Decision(0, "nothing to decide")
    if setting is not None:
        return Decision(setting, "setting")
    if own.answer is not None:
        if own.first and own.second:
            return Decision(own.answer, "majority")
        against_table = in_table.answer not in (None, own.answer)
        alone = own.first + own.second == 1 and (own.undecided or against_table)
        return Decision(own.answer, "one row" if alone else "column")
    if in_table.answer is not None:
        return Decision(in_table.answer, "table")
    if in_file.answer is not None:
        return Decision(in_file.answer, "file")
    first, second = question.words
    raise DataError(
        f"{question.subject} in {column} can be read in two ways ({first} or {second}); nothing in the data decides.",
        table=table,
        columns=[column],
        rows=own.undecided + own.first + own.second,
        ids=few(texts),
        remedy=f"add a table `settings` (columns key, value) with the row "
        f"{question.setting},{question.answers[0]} or {question.setting},{question.answers[1]}.",
    )
