"""One file of the export as far as it is understood: its columns' meaning, and the rows that are no documents."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from credrisk.ledger.parse_dates import read_dates
from credrisk.sources.mapping_rules import SourceFile
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.roles import About, Role
from credrisk.sources.wizard.source_table import SourceTable
from credrisk.sources.wizard.words import (
    SURE_FROM,
    meaning_of_type,
    plain,
    resemblance,
    role_scores,
)
from credrisk.sources.wizard.writing import Writing

__all__ = ["ABOUT", "RESEMBLES", "Understood", "kinds_of"]

ABOUT = ("documents", "payments", "journal", "credit_notes", "customers", "nothing")
"""What a file may be about."""
RESEMBLES = 65.0
"""Of 100; so alike a header is worth naming to somebody who looks for the thing, never worth taking unasked."""
_BESIDE: tuple[tuple[frozenset[str], dict[str, str]], ...] = (
    (frozenset({"si", "sr"}), {"sa": "payment", "sd": "discount", "sp": "payment_reversal"}),
    (frozenset({"in", "rc"}), {"ps": "payment_reversal"}),
)
"""Codes that mean something beside two others alone: those of Sage and SAP Business One. Elsewhere ``SA`` is a posting
of any kind."""


@dataclass(frozen=True)
class Understood:
    """A file with what is known of it."""

    table: SourceTable
    contents: Mapping[str, Content]
    roles: Mapping[str, Role]
    about: About
    writing: Writing
    totals: Mapping[str, tuple[str, ...]]
    """By column of text, the values that mark lines of totals, repeated headers and lines of the printed page."""
    telling: tuple[str, ...] = ()
    """The dates and amounts of which each row has one, where lines of the printed page have none."""
    headings_doubt: str = ""
    """Why it cannot be told whether customers stand in headings; empty where nothing is in doubt."""
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The column of general-ledger accounts and those of receivables, where rows of others are left out."""

    further: pl.Series | None = None
    """The rows that are further lines of a document whose first row stands before; None where there are none."""
    void: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column of status, the values whose rows are no receivable."""
    void_on: tuple[str, ...] = ()
    """Columns of the day on which a document became void: where one is filled, the row is no receivable."""
    declined: frozenset[str] = frozenset()
    """The things of which the user said that no column has them."""
    lost: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The column of status that says written off, where one does, with these values."""

    @property
    def key(self) -> str:
        """The file's name in the mapping."""
        return self.table.key

    def content(self, role: str) -> Content | None:
        """Return the column of a thing, where there is one."""
        return self.contents[self.roles[role].column] if role in self.roles else None

    def column(self, role: str) -> str:
        """Return the name of the column of a thing."""
        return self.roles[role].column

    def has(self, *roles: str) -> bool:
        """Tell whether the file has all these things."""
        return all(role in self.roles for role in roles)

    def first_of(self, *roles: str) -> str:
        """Return the first of these things that the file has, those that the user named before others; else nothing."""
        there = [role for role in roles if role in self.roles]
        return next((role for role in there if self.roles[role].answered), next(iter(there), ""))

    @property
    def two_sided(self) -> bool:
        """Whether amounts are in two columns, debit and credit, and the user named no single one."""
        return self.has("debit", "credit") and not (self.has("amount") and self.roles["amount"].answered)

    def of_kind(self, *kinds: str) -> list[Content]:
        """Return the columns in which text, numbers or dates stand, and which are not taken for anything yet."""
        taken = {role.column for role in self.roles.values()}
        return [one for one in self.contents.values() if one.kind in kinds and one.name not in taken]

    def resembling(self, thing: str, *kinds: str) -> str:
        """Return what to answer where a column that is not taken for anything resembles the thing; else nothing."""
        alike = [(resemblance(one.name, thing), one.name) for one in self.of_kind(*kinds)]
        best = max(alike, default=(0.0, ""))
        if best[0] < RESEMBLES:
            return ""
        return f"If {best[1]!r} is it: --answer {shlex.quote(f'{self.key}.{thing}={best[1]}')}."

    def dates_for(self, thing: str) -> list[Content]:
        """Return the columns of dates that may be the thing and are taken for nothing or for the day of entry alone.

        The best header comes first; of headers that say nothing of it, the first in the file.
        """
        entered = [self.contents[self.column("recorded_at")]] if self.has("recorded_at") else []
        free = [*self.of_kind("date"), *(one for one in entered if one.kind == "date")]

        def alike(one: Content) -> tuple[float, float]:
            known = max(role_scores(heading).get(thing, 0.0) for heading in one.headings)
            near = resemblance(one.name, thing)
            return -known, -near if near >= RESEMBLES else 0.0

        return sorted(free, key=alike)

    def unreadable(self, thing: str) -> str:
        """Say which cells are no dates in a column that is named like one and cannot be read as dates; else nothing."""
        for one in self.of_kind("text", "number"):
            if max(role_scores(heading).get(thing, 0.0) for heading in one.headings) < SURE_FROM:
                continue
            texts = one.texts.filter(self.own).drop_nulls()
            strange = texts.filter(read_dates(texts, month_first=False, workbook=False)["fault"] == "unreadable_date")
            if strange.is_empty():
                continue
            shown = ", ".join(map(repr, strange.unique(maintain_order=True).head(3)))
            return (
                f"{one.name!r} is named like it, but {strange.len():,} of its {texts.len():,} cells cannot be read as "
                f"dates (for example {shown}); write them as 2024-03-31 in the export, or name another column."
            )
        return ""

    @property
    def own(self) -> pl.Series:
        """Which rows are neither empty nor lines of totals, nor further lines of a document, and by no status void."""
        kept = pl.Series([False] * self.table.frame.height)
        for one in self.contents.values():
            kept = kept | one.texts.is_not_null()
        for name, values in (*self.totals.items(), *self.void.items()):
            kept = kept & ~self.contents[name].texts.is_in(list(values)).fill_null(False)
        for name in self.void_on:
            kept = kept & self.contents[name].texts.is_null()
        return kept if self.further is None else kept & ~self.further

    @property
    def outside(self) -> list[dict[str, Any]]:
        """Return the conditions of a mapping that leave out headings, lines of the printed page, and what is void."""
        tests = self.void_tests
        if self.table.file.headings is not None:
            tests.append({"column": self.table.file.headings.into, "empty": False})
        if self.telling:
            tests.append({"column": list(self.telling) if len(self.telling) > 1 else self.telling[0], "empty": False})
        return tests

    @property
    def void_tests(self) -> list[dict[str, Any]]:
        """Return the conditions of a mapping that leave out rows which are void by a status."""
        stated = [{"column": name, "not_equals": list(values)} for name, values in self.void.items()]
        return [*stated, *({"column": name, "empty": True} for name in self.void_on)]

    @property
    def written_off(self) -> pl.Series:
        """Which rows a status, or the date of a write-off without its amount, says to be written off."""
        rows = pl.Series([False] * self.table.frame.height)
        for name, values in self.lost.items():
            rows = rows | self.contents[name].texts.is_in(list(values)).fill_null(False)
        date = None if self.has("written_off_amount") else self.content("written_off_on")
        return rows | date.texts.is_not_null() if date is not None and date.kind == "date" else rows

    def where(self, tests: Sequence[Mapping[str, Any]]) -> pl.Series:
        """Tell which rows keep the conditions of a mapping."""
        rows = self.own
        for test in tests:
            if isinstance(test["column"], list):  # one of several is filled
                filled = [self.contents[name].texts.is_not_null() for name in test["column"]]
                rows = rows & pl.DataFrame(filled).select(pl.any_horizontal(pl.all())).to_series()
                continue
            texts = self.contents[test["column"]].texts
            if "empty" in test:
                rows = rows & (texts.is_null() if test["empty"] else texts.is_not_null())
            if "equals" in test:
                rows = rows & texts.is_in(test["equals"]).fill_null(False)
            if "not_equals" in test:
                rows = rows & ~texts.is_in(test["not_equals"]).fill_null(False)
            if "less_than" in test:
                than, number = test["less_than"], self.contents[test["column"]].number
                than = self.contents[than].number if isinstance(than, str) else than
                less = number < than if number is not None and than is not None else rows & False
                rows = rows & less.fill_null(False)
        return rows

    @property
    def source_file(self) -> SourceFile:
        """How the mapping reads the file: with the formats that all its date columns share."""
        shared = self.shared_dates
        file = self.table.file
        return SourceFile(
            file.key,
            file.path,
            file.separator,
            file.encoding,
            file.sheet,
            file.skip_rows,
            shared,
            self.writing.decimal,
            self.writing.thousands,
            self.writing.empty,
            file.headings,
            file.types_in_words,
        )

    @property
    def shared_dates(self) -> tuple[str, ...]:
        """The formats of all date columns together, where no column contradicts another."""
        every = tuple(dict.fromkeys(one for formats in self.writing.dates.values() for one in formats))
        return every if not _contradict(every) else ()

    def date(self, role: str, **keys: Any) -> Any:
        """Return the rule of a date column."""
        return self.dated(self.column(role), **keys)

    def days(self, role: str) -> pl.Series:
        """Return the days of a thing, null where none can be read."""
        return self.days_of(self.column(role))

    def days_of(self, column: str) -> pl.Series:
        """Return the days of a date column, null where none can be read."""
        month_first = any(form.startswith("%m") for form in self.writing.dates.get(column, self.shared_dates))
        return read_dates(self.contents[column].texts, month_first=month_first, workbook=False)["value"]

    def dated(self, column: str, **keys: Any) -> Any:
        """Return the rule of a date made from a column, with its formats where they are not the file's."""
        own = self.writing.dates.get(column, ())
        if own and not self.shared_dates:
            keys["dates"] = list(own) if len(own) > 1 else own[0]
        return {"column": column, **keys} if keys else column


def _contradict(formats: Iterable[str]) -> bool:
    """Tell whether two formats read one text in two ways: day first and month first."""
    ways = {form[:2] for form in formats if form[:2] in ("%d", "%m") and "%b" not in form}
    return len(ways) > 1


def kinds_of(understood: Understood, answers: Mapping[str, str]) -> dict[str, str]:
    """Return what each value of the column of types means, as known or as the user said; unknown ones are empty."""
    content = understood.content("kind")
    if content is None:
        return {}
    codes = {plain(value) for value, _ in content.counts}
    beside = next((codes_of for telling, codes_of in _BESIDE if telling <= codes), {})
    return {
        value: answers.get(f"kind.{understood.key}.{value}") or meaning_of_type(value) or beside.get(plain(value), "")
        for value, _ in content.counts
        if value not in understood.totals.get(content.name, ())
    }
