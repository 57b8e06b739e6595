"""A proposed mapping as data: tables and rules to be written, what is sure and unsure of it, and what must be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from credrisk.sources.mapping_rules import SourceFile

__all__ = [
    "PRINTED",
    "TOTALS",
    "AmountLine",
    "FileAmounts",
    "Notes",
    "Proposal",
    "Question",
    "TableProposal",
    "column_of",
]

TOTALS = "lines of totals"
"""What the lines of totals of a file are called among its rows."""
PRINTED = "headings, the header again, lines of the printed page"
"""What the rows are called that no row of the list is."""
_CENT = 0.005


@dataclass(frozen=True)
class Question:
    """Something that only the user can decide.

    Attributes
    ----------
    key
        By which it is answered, such as ``dates.invoices``.
    words
        The question.
    evidence
        What the export says about it.
    choices
        Answers with what each means; empty: any text that ``free`` describes.
    proposal
        What is taken when nobody answers; empty: the mapping cannot be written without an answer.
    thing, columns
        ``FILE.THING`` that may be answered instead, by the name of a column, and the columns that it may be with what
        stands in each, the likeliest first; empty where no column is an answer.
    """

    key: str
    words: str
    evidence: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    free: str = ""
    proposal: str = ""
    thing: str = ""
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def blocking(self) -> bool:
        """Whether nothing can be written before it is answered."""
        return not self.proposal


@dataclass
class Notes:
    """What is said about a proposal while it is made.

    Attributes
    ----------
    sure, unsure
        Decisions in words; of the unsure ones also why.
    missing
        What the export lacks, and what that costs.
    questions
        What to ask.
    """

    sure: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True)
class TableProposal:
    """How one file feeds one table.

    Attributes
    ----------
    columns
        Rules as the mapping file writes them: a source column, or a table of keys.
    where
        Conditions as the mapping file writes them.
    instalments
        Whether rows of one number with different due dates are instalments.
    lines
        Whether rows alike in all that is read are lines of one thing.
    remarks
        By target column, what stands as a comment beside it.
    """

    table: str
    file: str
    columns: Mapping[str, Any]
    where: tuple[Mapping[str, Any], ...] = ()
    one_row_per: str = ""
    instalments: bool = False
    lines: bool = False
    remarks: Mapping[str, str] = field(default_factory=dict)


def column_of(rule: Any) -> str:
    """Return the column that a rule of one column reads."""
    return str(rule["column"] if isinstance(rule, Mapping) else rule)


@dataclass(frozen=True)
class AmountLine:
    """Rows of a file that have the same fate, and the sums of its columns of amounts in the signs of the file."""

    what: str
    rows: int
    sums: tuple[float, ...]


@dataclass(frozen=True)
class FileAmounts:
    """The rows and amounts of a file, by what becomes of them.

    Attributes
    ----------
    columns
        The columns that the amounts are made of; debit and credit apart.
    lines
        The rows that are used, then the others by the reason; together they are every row of the file.
    unused
        Columns that hold amounts and that no table reads, with their sums but for lines of totals.
    stated
        By column, what the lines of totals state for the whole file: a total of totals is not counted twice.
    """

    file: str
    columns: tuple[str, ...]
    lines: tuple[AmountLine, ...]
    unused: tuple[tuple[str, float], ...] = ()
    stated: tuple[float, ...] = ()

    @property
    def totals_differ(self) -> tuple[tuple[str, float], ...]:
        """Columns whose lines of totals are not what is used, and by how much."""
        used, found = self.lines[0], next((one for one in self.lines if one.what == TOTALS), None)
        if found is None:
            return ()
        return tuple(
            (name, total - mine)
            for name, mine, total, every in zip(self.columns, used.sums, self.stated, found.sums, strict=True)
            if every
            and not any(abs(every - times * mine) < _CENT for times in (1, 2, 3))
            and abs(total - mine) >= _CENT
        )

    @property
    def whole(self) -> AmountLine:
        """All rows of the file; where lines of totals repeat its amounts, it says so."""
        sums = zip(*(one.sums for one in self.lines), strict=True)
        repeated = any(one.what == TOTALS and any(one.sums) for one in self.lines)
        what = "the whole file, its lines of totals included" if repeated else "the whole file"
        return AmountLine(what, sum(one.rows for one in self.lines), tuple(map(sum, sums)))


@dataclass(frozen=True)
class Proposal:
    """A whole mapping, proposed.

    Attributes
    ----------
    files
        The files that are read, and how.
    settings
        What the ledger states about itself.
    unread
        Files of the export that no table is made of, with the reason.
    amounts
        The rows and amounts of each file, by what becomes of them.
    sure, unsure, missing, questions
        As in :class:`Notes`.
    repeated
        How a file may be read else that repeats the documents of another, to say where these are set aside.
    """

    source: str
    files: tuple[SourceFile, ...]
    tables: tuple[TableProposal, ...]
    settings: Mapping[str, str]
    unread: Mapping[str, str]
    amounts: tuple[FileAmounts, ...]
    sure: tuple[str, ...]
    unsure: tuple[str, ...]
    missing: tuple[str, ...]
    questions: tuple[Question, ...]
    repeated: tuple[str, ...] = ()

    @property
    def blocking(self) -> tuple[Question, ...]:
        """The questions without which nothing can be written."""
        return tuple(one for one in self.questions if one.blocking)
