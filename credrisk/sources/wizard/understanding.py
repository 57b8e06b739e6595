"""How a file is understood: what its columns are, how it is written, and which of its rows say nothing of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from credrisk.sources.mapping_headings import heading_texts
from credrisk.sources.wizard.amounts_by_arithmetic import by_parts_applied, by_running_balance
from credrisk.sources.wizard.content import Content, contents_of, no_amounts
from credrisk.sources.wizard.customer_headings import customer_blocks, say_blocks, with_blocks
from credrisk.sources.wizard.customer_numbers import numbered
from credrisk.sources.wizard.general_ledger import other_rows, receivables_accounts
from credrisk.sources.wizard.ledger_accounts import telling_customers, without_ledger_accounts
from credrisk.sources.wizard.number_and_name import parted
from credrisk.sources.wizard.printed_lines import left_out_by, printed_lines, say_printed
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import DATES, MONEY, About, Role, about, assign
from credrisk.sources.wizard.source_table import SourceTable
from credrisk.sources.wizard.statuses import status_as_kind, with_statuses
from credrisk.sources.wizard.type_columns import refuse_texts_as_types, typed, types_of_receipts
from credrisk.sources.wizard.types_in_words import (
    say_credited_losses,
    say_types_in_words,
    types_in_words,
    with_own_types,
)
from credrisk.sources.wizard.understood import ABOUT, RESEMBLES, Understood
from credrisk.sources.wizard.words import marks, plain, resemblance, says_brought_forward, things
from credrisk.sources.wizard.writing import Writing, writing_of
from credrisk.wording import counted

__all__ = ["understand"]

_UNUSED = {
    "documents": ("applies_to", "payment_id", "method"),
    "payments": ("due_date", "terms_days", "tax_amount", "net_amount", "order_id", "name", "country", "disputed"),
    "customers": ("document_id", "applies_to", "payment_id", "method", *MONEY, "terms_days", "disputed", "kind"),
}
"""What is not read from a file of this kind, so nothing need be said about it."""
_AMOUNTS = ("amount", "paid_amount", "debit", "credit", "net_amount")


def understand(table: SourceTable, answers: Mapping[str, str], notes: Notes) -> Understood:
    """Tell what a file is about, what its columns are and how it is written."""
    repeated, printed = _repeated_headers(table.frame), printed_lines(table.frame)
    left_out = repeated | printed
    contents = contents_of(table.frame, left_out, table.above)
    accounts = receivables_accounts(table, contents, assign(contents, answers, table.key), answers, notes)
    if accounts:
        left_out = left_out | other_rows(table, accounts)
        contents = contents_of(table.frame, left_out, table.above)
    roles = without_ledger_accounts(contents, assign(contents, answers, table.key), table.key, notes)
    blocks = customer_blocks(table, telling_customers(contents, roles), repeated, answers)
    if blocks.rule is not None:
        table, said_above = with_blocks(table, blocks.rule), heading_texts(table.frame, blocks.rule).is_not_null()
        printed = printed & ~said_above
        left_out = repeated | printed | said_above | other_rows(table, accounts)
        contents = contents_of(table.frame, left_out, table.above)
        roles = _with_heading(assign(contents, answers, table.key), contents[blocks.rule.into])
        say_blocks(table, blocks.rule, notes)
    roles = by_running_balance(table.key, contents, roles, notes)
    roles = numbered(contents, roles, table.key, notes)
    roles = status_as_kind(contents, roles, table.key, notes)
    refuse_texts_as_types(contents, roles, table.key)
    if f"{table.key}.kind" not in answers:
        roles = typed(contents, roles, table.key, notes)
    own_types = types_in_words(table, contents, roles, answers)
    if own_types:
        before = contents[roles["kind"].column]
        table = with_own_types(table, own_types)
        contents = contents_of(table.frame, left_out, table.above)
        say_types_in_words(table, before, own_types, notes)
    say_credited_losses(table.key, contents, roles, answers, notes)
    into = blocks.rule.into if blocks.rule else ""
    contents, roles = parted(contents, roles, table.key, notes, heading=into, label=blocks.name)
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
        empty = {name for name, one in contents.items() if one.kind == "empty"}
        _say_roles(table, {thing: role for thing, role in roles.items() if role.column not in empty}, what, notes)
        _say_no_days(table.key, dates, notes)
    zeros = _zeros_of_two_sides(roles, contents)
    writing = Writing(writing.dates, writing.decimal, writing.thousands, (*writing.empty, *zeros))
    totals = _totals(table.frame.filter(repeated), contents, roles)
    telling: tuple[str, ...] = ()
    if what not in ("nothing", "customers"):
        read = [roles[role].column for role in (*DATES, *_AMOUNTS) if role in roles]
        telling, texts = left_out_by(table.frame, printed, read)
        totals = {**totals, **{name: (*totals.get(name, ()), *said) for name, said in texts.items()}}
        say_printed(table.key, table.frame, printed, notes)
    declined = frozenset(thing for thing in things() if answers.get(f"{table.key}.{thing}") == "")
    made = with_statuses(
        Understood(table, contents, roles, what, writing, totals, telling, blocks.doubt, accounts, declined=declined),
        answers,
        notes,
    )
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
    return any(resemblance(content.name, role) >= RESEMBLES for role in MONEY)


def _say_no_days(key: str, dates: Sequence[Content], notes: Notes) -> None:
    """Say which days stand for no date in the columns of dates that are read."""
    for one in dates:
        count, example = one.no_days
        if count:
            notes.sure.append(
                f"{key}: {example} in {one.name} stands for no date, as systems write it: {counted(count, 'cell')}"
            )


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
