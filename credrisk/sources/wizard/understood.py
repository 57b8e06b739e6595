"""One file of the export as far as it is understood: its columns' meaning, and the rows that are no documents."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.ledger.parse_dates import read_dates
from credrisk.sources.mapping_headings import heading_texts
from credrisk.sources.mapping_rules import SourceFile
from credrisk.sources.wizard.amounts_by_arithmetic import by_parts_applied, by_running_balance
from credrisk.sources.wizard.content import Content, contents_of, no_amounts
from credrisk.sources.wizard.customer_headings import customer_blocks, say_blocks, with_blocks
from credrisk.sources.wizard.customer_numbers import numbered
from credrisk.sources.wizard.ledger_accounts import telling_customers, without_ledger_accounts
from credrisk.sources.wizard.number_and_name import parted
from credrisk.sources.wizard.printed_lines import left_out_by, printed_lines, say_printed
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import DATES, MONEY, About, Role, about, assign
from credrisk.sources.wizard.source_table import SourceTable
from credrisk.sources.wizard.type_columns import typed, types_of_receipts
from credrisk.sources.wizard.types_in_words import say_types_in_words, types_in_words, with_own_types
from credrisk.sources.wizard.words import (
    SURE_FROM,
    marks,
    meaning_of_type,
    plain,
    resemblance,
    role_scores,
    says_brought_forward,
)
from credrisk.sources.wizard.writing import Writing, writing_of

__all__ = ["ABOUT", "Understood", "kinds_of", "understand"]

ABOUT = ("documents", "payments", "journal", "credit_notes", "customers", "nothing")
"""What a file may be about."""
_UNUSED = {
    "documents": ("applies_to", "payment_id", "method"),
    "payments": ("due_date", "terms_days", "tax_amount", "net_amount", "order_id", "name", "country", "disputed"),
    "customers": ("document_id", "applies_to", "payment_id", "method", *MONEY, "terms_days", "disputed", "kind"),
}
"""What is not read from a file of this kind, so nothing need be said about it."""

_AMOUNTS = ("amount", "paid_amount", "debit", "credit", "net_amount")
_RESEMBLES = 65.0
"""Of 100; so alike a header is worth naming to somebody who looks for the thing, never worth taking unasked."""


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
        if best[0] < _RESEMBLES:
            return ""
        return f"If {best[1]!r} is it: --answer {shlex.quote(f'{self.key}.{thing}={best[1]}')}."

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
        """Which rows are neither empty nor lines of totals."""
        kept = pl.Series([False] * self.table.frame.height)
        for one in self.contents.values():
            kept = kept | one.texts.is_not_null()
        for name, values in self.totals.items():
            kept = kept & ~self.contents[name].texts.is_in(list(values)).fill_null(False)
        return kept

    @property
    def outside(self) -> list[dict[str, Any]]:
        """Return the conditions of a mapping that leave out headings, and lines of the printed page."""
        tests: list[dict[str, Any]] = []
        if self.table.file.headings is not None:
            tests.append({"column": self.table.file.headings.into, "empty": False})
        if self.telling:
            tests.append({"column": list(self.telling) if len(self.telling) > 1 else self.telling[0], "empty": False})
        return tests

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

    def dated(self, column: str, **keys: Any) -> Any:
        """Return the rule of a date made from a column, with its formats where they are not the file's."""
        own = self.writing.dates.get(column, ())
        if own and not self.shared_dates:
            keys["dates"] = list(own) if len(own) > 1 else own[0]
        return {"column": column, **keys} if keys else column


def understand(table: SourceTable, answers: Mapping[str, str], notes: Notes) -> Understood:
    """Tell what a file is about, what its columns are and how it is written."""
    repeated, printed = _repeated_headers(table.frame), printed_lines(table.frame)
    left_out = repeated | printed
    contents = contents_of(table.frame, left_out, table.above)
    roles = without_ledger_accounts(contents, assign(contents, answers, table.key), table.key, notes)
    blocks = customer_blocks(table, telling_customers(contents, roles), repeated, answers)
    if blocks.rule is not None:
        table, said_above = with_blocks(table, blocks.rule), heading_texts(table.frame, blocks.rule).is_not_null()
        printed = printed & ~said_above
        left_out = repeated | printed | said_above
        contents = contents_of(table.frame, left_out, table.above)
        roles = _with_heading(assign(contents, answers, table.key), contents[blocks.rule.into])
        say_blocks(table, blocks.rule, notes)
    roles = by_running_balance(table.key, contents, roles, notes)
    roles = numbered(contents, roles, table.key, notes)
    if f"{table.key}.kind" not in answers:
        roles = typed(contents, roles, table.key, notes)
    own_types = types_in_words(table, contents, roles, answers)
    if own_types:
        before = contents[roles["kind"].column]
        table = with_own_types(table, own_types)
        contents = contents_of(table.frame, left_out, table.above)
        say_types_in_words(table, before, own_types, notes)
    contents, roles = parted(contents, roles, table.key, notes, heading=blocks.rule.into if blocks.rule else "")
    of_types = f"kind.{table.key}."
    meant = {name.removeprefix(of_types): value for name, value in answers.items() if name.startswith(of_types)}
    what: About = about(roles, contents, f"{table.key} {table.file.sheet or ''}", meant)
    said = answers.get(f"about.{table.key}")
    if said in ABOUT:
        what = said  # type: ignore[assignment] # one of the literals, checked in the line before
    if what == "payments":
        if f"{table.key}.kind" not in answers:
            roles = types_of_receipts(contents, roles, table.key, notes)
            if "kind" in roles and said not in ABOUT:
                what = "journal" if about(roles, contents, table.key, meant) == "journal" else what
        roles = by_parts_applied(table.key, contents, roles, notes)
    dates = [contents[roles[role].column] for role in DATES if role in roles and roles[role].column in contents]
    money = [contents[roles[role].column] for role in MONEY if role in roles]
    if what == "nothing":
        writing = Writing({}, "", "", ())
    else:
        writing = writing_of(table.key, dates, money if what != "customers" else [], answers, notes)
        _say_roles(table, roles, what, notes)
    zeros = _zeros_of_two_sides(roles, contents)
    writing = Writing(writing.dates, writing.decimal, writing.thousands, (*writing.empty, *zeros))
    totals = _totals(table.frame.filter(repeated), contents, roles)
    telling: tuple[str, ...] = ()
    if what not in ("nothing", "customers"):
        read = [roles[role].column for role in (*DATES, *_AMOUNTS) if role in roles]
        telling, texts = left_out_by(table.frame, printed, read)
        totals = {**totals, **{name: (*totals.get(name, ()), *said) for name, said in texts.items()}}
        say_printed(table.key, table.frame, printed, notes)
    made = Understood(table, contents, roles, what, writing, totals, telling, blocks.doubt)
    if what not in ("nothing", "customers"):
        _say_no_amounts(made, notes)
    return made


def _with_heading(roles: Mapping[str, Role], heading: Content) -> dict[str, Role]:
    """Return what the columns are where the customer stands in headings: its number where most have a digit."""
    kept = {
        name: role
        for name, role in roles.items()
        if name not in ("customer_id", "name") and role.column != heading.name
    }
    said = heading.texts.drop_nulls().unique()
    coded = 2 * int(said.str.contains(r"\d").sum()) > said.len()
    return {**kept, "customer_id" if coded else "name": Role(heading.name, 100.0)}


def _say_no_amounts(understood: Understood, notes: Notes) -> None:
    """Name the columns of amounts in which cells are none, and those that such cells keep from being taken for one."""
    taken = {understood.column(role) for role in MONEY if understood.has(role)}
    texts = {one.name for one in understood.of_kind("text") if _named_like_money(one)}
    for name in [name for name in understood.contents if name in taken | texts]:
        content = understood.contents[name]
        filled = content.texts.is_not_null() & understood.own
        strange = no_amounts(content) & filled
        if content.typed or not strange.any() or 2 * int(strange.sum()) > int(filled.sum()):
            continue
        shown = ", ".join(map(repr, content.texts.filter(strange).unique().sort().head(3)))
        what = "rows that need one are set aside" if name in taken else "so the column is not taken for amounts"
        notes.unsure.append(
            f"{understood.key}: {int(strange.sum()):,} of {int(filled.sum()):,} filled cells of {name} are no amounts "
            f"(for example {shown}); {what}"
        )


def _named_like_money(content: Content) -> bool:
    return any(resemblance(content.name, role) >= _RESEMBLES for role in MONEY)


def _repeated_headers(frame: pl.DataFrame) -> pl.Series:
    """Tell the rows that are the header again, as at the top of each printed page: half of their cells are names."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    names = pl.sum_horizontal(pl.lit(0), *((pl.col(name).str.strip_chars() == name).fill_null(False) for name in texts))
    return frame.select(((names > 1) & (2 * names >= len(texts))).alias("repeated")).to_series()


def _say_roles(table: SourceTable, roles: Mapping[str, Role], what: About, notes: Notes) -> None:
    notes.sure += [f"{table.file.path}: {one}" for one in table.notes]
    for name, role in roles.items():
        if not role.sure and name not in _UNUSED.get(what, ()):
            notes.unsure.append(f"{table.key}: {role.column} is taken for the {name.replace('_', ' ')}; {role.why}")


def _totals(
    repeated: pl.DataFrame, contents: Mapping[str, Content], roles: Mapping[str, Role]
) -> dict[str, tuple[str, ...]]:
    """Find the values that begin a line of totals, or repeat the header, in the columns that identify rows."""
    found: dict[str, tuple[str, ...]] = {}
    for role in ("document_id", "payment_id", "document_date", "customer_id"):
        if role not in roles or (role == "customer_id" and "document_id" in roles):
            continue
        content = contents[roles[role].column]
        words = marks("total")
        values = repeated[content.name].drop_nulls().unique().to_list()
        values += [
            value
            for value, _ in content.counts
            if plain(value) in words
            or plain(value) == plain(content.name)
            or (
                role != "customer_id"
                and any(plain(value).startswith(f"{word} ") for word in words)
                and not says_brought_forward(value)
            )
        ]
        if values:
            found[content.name] = tuple(sorted(values))
    return found


def _zeros_of_two_sides(roles: Mapping[str, Role], contents: Mapping[str, Content]) -> tuple[str, ...]:
    """Return how zero is written in columns of debit and credit: there it stands for the empty side."""
    if not {"debit", "credit"} <= set(roles):
        return ()
    sides = [contents[roles[role].column] for role in ("debit", "credit")]
    zeros = {
        text
        for one in sides
        if one.number is not None
        for text, number in zip(one.texts.to_list(), one.number.to_list(), strict=True)
        if number == 0 and text
    }
    return tuple(sorted(zeros))


def _contradict(formats: Iterable[str]) -> bool:
    """Tell whether two formats read one text in two ways: day first and month first."""
    ways = {form[:2] for form in formats if form[:2] in ("%d", "%m") and "%b" not in form}
    return len(ways) > 1


def kinds_of(understood: Understood, answers: Mapping[str, str]) -> dict[str, str]:
    """Return what each value of the column of types means, as known or as the user said; unknown ones are empty."""
    content = understood.content("kind")
    if content is None:
        return {}
    return {
        value: answers.get(f"kind.{understood.key}.{value}") or meaning_of_type(value) or ""
        for value, _ in content.counts
        if value not in understood.totals.get(content.name, ())
    }
