"""What a mapping says, as data: source files, conditions, and one rule for every column of a ledger table."""

from __future__ import annotations

import difflib
import string
from collections.abc import Iterable
from dataclasses import dataclass

from credrisk.sources.terms_in_words import Terms

__all__ = [
    "ColumnRule",
    "Condition",
    "Headings",
    "ImportMap",
    "SourceFile",
    "TableRule",
    "TypeInWords",
    "fields_of",
    "near_misses",
]


@dataclass(frozen=True)
class Headings:
    """Rows that say something of the lines below them, such as whose they are.

    Attributes
    ----------
    column
        Where they stand: alone in their row, or with the label ``after`` at their beginning.
    into
        The column that the lines below get.
    excepted
        What stands alone in a row too and is no heading: the titles of pages.
    until
        Labels behind which a heading says nothing of whose the lines are: ``Tel:``.
    """

    column: str
    into: str
    after: str = ""
    excepted: tuple[str, ...] = ()
    until: tuple[str, ...] = ()


@dataclass(frozen=True)
class TypeInWords:
    """Rows of a type that are something else by the words of a text beside it.

    Attributes
    ----------
    column, value
        The column of types, and the type; empty for the rows that have none.
    by, words
        The column of the text, and the words of which one is in it, compared without case, accents and marks.
    into
        The type that such rows get.
    """

    column: str
    value: str
    by: str
    words: tuple[str, ...]
    into: str


@dataclass(frozen=True)
class SourceFile:
    """One export, or several with the same columns under one pattern."""

    key: str
    path: str
    separator: str = ","
    encoding: str = "utf-8-sig"
    sheet: str | None = None
    skip_rows: int = 0
    dates: tuple[str, ...] = ()
    decimal: str = ""
    thousands: str = ""
    empty: tuple[str, ...] = ()
    headings: Headings | None = None
    types_in_words: tuple[TypeInWords, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A test on one source column; all that are given must hold.

    With ``others``, whether one of several columns is filled (``empty`` is false), or none is. With ``less_than``,
    whether the amount is less than that in another column of the row, or than a number.
    """

    column: str
    equals: tuple[str, ...] | None = None
    not_equals: tuple[str, ...] | None = None
    empty: bool | None = None
    others: tuple[str, ...] = ()
    less_than: str | float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The column, and the others."""
        return (self.column, *self.others, *([self.less_than] if isinstance(self.less_than, str) else []))

    @property
    def words(self) -> str:
        """The test as a sentence part, for the summary."""
        parts = []
        if self.equals is not None:
            parts.append("equals " + " or ".join(map(repr, self.equals)))
        if self.not_equals is not None:
            parts.append("does not equal " + " or ".join(map(repr, self.not_equals)))
        if self.empty is not None:
            parts.append("is empty" if self.empty else "is not empty")
        if self.less_than is not None:
            parts.append(f"is less than {self.less_than}")
        return f"{' or '.join((self.column, *self.others))} {' and '.join(parts)}"


@dataclass(frozen=True)
class ColumnRule:
    """How one column of a ledger table is made. Exactly one of ``columns``, ``constant`` and ``template`` is set.

    Attributes
    ----------
    columns
        Source columns; the first that is filled in a row counts.
    part_before, part_after
        A separator: what stands before it (all, where there is none) or behind it (nothing, where there is none).
    date_after
        Words in a text behind which the date stands (``w/o 20/01/2025``); texts without one are empty.
    split_at
        What stands between two numbers of documents where a cell names several.
    values, otherwise, keep_others
        Translation of values; what is not listed becomes ``otherwise``, stays (``keep_others``), or is an error.
    default
        For rows where the source is empty.
    days, default_days, days_of
        Days to add to a date: a signed number, or a source column with its sign, which may hold terms in words;
        ``default_days`` where it is empty, ``days_of`` for words that say nothing by themselves.
    not_before, not_after
        Source date columns that bound the date.
    negative_where
        Rows whose amount is given without sign and counts as negative (credit postings).
    turn_sign
        Whether every amount takes the other sign (payments that the export has as negative).
    turn_where
        Rows whose amount takes the other sign (credit postings, of which some take back others).
    """

    target: str
    key: str
    columns: tuple[str, ...] = ()
    constant: str | None = None
    template: str | None = None
    default: str | None = None
    part_before: str = ""
    part_after: str = ""
    date_after: tuple[str, ...] = ()
    split_at: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] | None = None
    otherwise: str | None = None
    keep_others: bool = False
    dates: tuple[str, ...] = ()
    days: int | str | None = None
    days_sign: int = 1
    default_days: int | None = None
    days_of: tuple[tuple[str, Terms], ...] = ()
    not_before: str | None = None
    not_after: str | None = None
    whole_number: bool = False
    pad_zeros: int = 0
    negative_where: Condition | None = None
    turn_sign: bool = False
    turn_where: Condition | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source column that the rule reads, once, in the order of the rule."""
        placeholders = fields_of(self.template) if self.template is not None else ()
        named = [
            self.days if isinstance(self.days, str) else None,
            self.not_before,
            self.not_after,
            self.negative_where.column if self.negative_where else None,
            self.turn_where.column if self.turn_where else None,
        ]
        return tuple(dict.fromkeys([*self.columns, *placeholders, *(name for name in named if name is not None)]))


@dataclass(frozen=True)
class TableRule:
    """How one source file feeds one table of the ledger.

    ``instalments``, of documents: rows of one number with different due dates are instalments, a document each.
    ``lines``: rows alike in every column made here are lines of one thing, and count once.
    """

    table: str
    key: str
    file: str
    columns: tuple[ColumnRule, ...]
    where: tuple[Condition, ...] = ()
    one_row_per: tuple[str, ...] = ()
    instalments: bool = False
    lines: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source column that the table reads."""
        rules = [name for rule in self.columns for name in rule.sources]
        return tuple(dict.fromkeys([*rules, *(name for condition in self.where for name in condition.columns)]))


@dataclass(frozen=True)
class ImportMap:
    """A mapping file, read and checked; ``about`` and ``verified`` are of mappings that come with credrisk."""

    name: str
    files: tuple[SourceFile, ...]
    tables: tuple[TableRule, ...]
    settings: tuple[tuple[str, str], ...] = ()
    rates: tuple[tuple[str, str, float], ...] = ()
    about: str = ""
    verified: str = ""


def fields_of(template: str) -> tuple[str, ...]:
    """Return the source columns named in a template such as ``{cust_number}-{sequence}``."""
    return tuple(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(template) if name is not None))


def near_misses(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` when a known name is close, letter case and marks aside; else nothing."""
    folded = {"".join(filter(str.isalnum, one)).casefold(): one for one in known}
    close = difflib.get_close_matches("".join(filter(str.isalnum, name)).casefold(), folded, n=2, cutoff=0.7)
    return f" (did you mean {' or '.join(repr(folded[one]) for one in close)}?)" if close else ""
