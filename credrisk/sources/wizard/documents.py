"""Documents from a file of invoices or a journal: number, dates, amount, kind, and how each was settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.sources.wizard.brought_forward import brought_forward, opening_table
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.document_amounts import owed_as_left, signed_amount
from credrisk.sources.wizard.document_dates import document_dates
from credrisk.sources.wizard.document_kinds import KINDS, kind_rule, signed_numbers
from credrisk.sources.wizard.ids import id_rule, identifying, shared_numbers
from credrisk.sources.wizard.proposal import Notes, Question, TableProposal
from credrisk.sources.wizard.settlements import (
    settled_tables,
    stated_balance,
    undated_payments,
)
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.written_off import with_write_offs
from credrisk.sources.wizard.written_off_in_full import written_off_in_full
from credrisk.wording import counted

__all__ = ["customer_rule", "document_rows", "document_tables", "numberless"]

_MERGED = 0.2
"""From so large a share of empty cells on, a column of customers is filled in the first row of a group alone."""


def document_rows(understood: Understood, kinds: Mapping[str, str]) -> pl.Series:
    """Tell which rows are documents: not totals, not of another type, and with a number where there is one."""
    rows = understood.own
    if (content := understood.content("kind")) is not None:
        others = [value for value, kind in kinds.items() if kind not in KINDS]
        rows = rows & ~content.texts.is_in(others).fill_null(False)
    rows = rows & _with_amount(understood)
    if (opening := brought_forward(understood, kinds)) is not None:
        rows = rows & ~opening.rows
    if (content := understood.content("document_id")) is not None and _numbered(understood, rows, content):
        rows = rows & content.texts.is_not_null()
    return rows


def document_tables(
    understood: Understood,
    kinds: Mapping[str, str],
    *,
    currency: str,
    pad: int,
    paid_never: bool,
    paid_elsewhere: bool,
    apart: str,
    answers: Mapping[str, str],
    notes: Notes,
) -> list[TableProposal]:
    """Return how the documents of a file are made, in two parts where some were paid in part without a date.

    Where the discounts taken are stated, with the payments and discounts that close them.

    Parameters
    ----------
    kinds
        Meaning of each document type.
    currency
        The currency where the file names none.
    pad
        Digits of customer ids whose zeros were lost, else 0.
    paid_never
        Whether nothing in the export says when anything was paid: then it is a list of what is open.
    paid_elsewhere
        Whether another file has payments.
    apart
        Why discounts cannot close documents beside the payments of other files; empty where they can.
    """
    rows = document_rows(understood, kinds)
    _say_merged(understood, rows, notes)
    key = identifying(understood, rows)
    remarks: dict[str, str] = {}
    columns: dict[str, Any] = {}
    columns["document_id"], instalments = _document_id(understood, key, rows, notes)
    columns["customer_id"] = customer_rule(understood, pad, notes)
    columns |= document_dates(understood, rows, answers, notes, remarks)
    left = paid_never and owed_as_left(understood, rows, notes, remarks)
    columns["amount"] = understood.column("open_amount") if left else signed_amount(understood, rows, notes, remarks)
    columns["currency"] = understood.column("currency") if understood.has("currency") else {"constant": currency}
    columns |= kind_rule(understood, kinds)
    for role in ("tax_amount", "order_id"):
        if (content := understood.content(role)) is not None and content.kind != "empty":
            columns[role] = content.name
    if understood.has("recorded_at"):
        columns["recorded_at"] = understood.date("recorded_at")
    if understood.about == "journal" and understood.has("matched_by"):
        columns["matched_by"] = understood.column("matched_by")
    if understood.has("open_amount") and not left and (understood.has("amount") or understood.two_sided):
        columns |= stated_balance(understood, rows, notes, paid_elsewhere=paid_elsewhere)
    where = _where(understood, kinds, rows)
    settled = understood.content("settled_on")
    if settled is not None and settled.kind == "empty":
        notes.missing.append(
            f"{understood.key}: {settled.name} is empty in every row, so no payment is known. Ageing and exposure "
            "work; who pays late and the probability of a bad debt cannot be learnt"
        )
    made = TableProposal("documents", understood.key, columns, where, instalments=instalments, remarks=remarks)
    _say_numberless(understood, kinds, rows, notes)
    opening = brought_forward(understood, kinds)
    openings = [opening_table(opening, made, _totals(understood), kinds, notes)] if opening is not None else []
    if understood.about == "journal" or settled is None or settled.kind == "empty":
        if understood.about == "documents" and not left and not paid_elsewhere:
            undated_payments(understood, rows, notes)
        if understood.about == "documents" and not left:
            made_with = with_write_offs(understood, [made], rows, notes, apart=apart, paid_elsewhere=paid_elsewhere)
        else:
            made_with = [made]
        lost = written_off_in_full(understood, made_with, rows, notes, paid_elsewhere=paid_elsewhere)
        return [*lost, *openings]
    asked = bool(answers.get(f"{understood.key}.discount_amount"))
    settled_ways = settled_tables(
        understood, made, rows, kinds, notes, asked=asked, apart=apart, paid_elsewhere=paid_elsewhere
    )
    closed = with_write_offs(understood, settled_ways, rows, notes, apart=apart, paid_elsewhere=paid_elsewhere)
    lost = written_off_in_full(understood, closed, rows, notes, paid_elsewhere=paid_elsewhere)
    return [*lost, *openings]


def _say_numberless(understood: Understood, kinds: Mapping[str, str], rows: pl.Series, notes: Notes) -> None:
    """Say by type which documents are left out as they have no number; a line of totals names no customer or date."""
    content, numbers = numberless(understood), signed_numbers(understood)
    dates = [one for role in ("document_date", "due_date") if (one := understood.content(role)) is not None]
    owner = understood.content("customer_id") or understood.content("name")
    if content is None or numbers is None or owner is None or not dates:
        return
    lost = understood.own & content.texts.is_null() & owner.texts.is_not_null() & (numbers != 0).fill_null(False)
    lost = lost & pl.select(pl.coalesce(one.texts for one in dates).is_not_null()).to_series() & ~rows
    if (opening := brought_forward(understood, kinds)) is not None:
        lost = lost & ~opening.rows
    kind = understood.content("kind")
    of_type = {
        f" of the type {value}": (kind.texts == value).fill_null(False)
        for value, meaning in kinds.items()
        if kind is not None and meaning in KINDS
    }
    for words, those in (of_type or {"": lost}).items():
        if (left := lost & those).any():
            notes.missing.append(
                f"{understood.key}: left out, as a document needs a number: {counted(int(left.sum()), 'row')}{words} "
                f"without {content.name}, {numbers.filter(left).sum():,.2f} in all. Give each one in the export"
            )


def _say_merged(understood: Understood, rows: pl.Series, notes: Notes) -> None:
    """Say where the customer stands only in the first row of several: merged cells, or a report that names it once."""
    content = understood.content("customer_id") or understood.content("name")
    if content is None:
        return
    cells = content.texts.filter(rows)
    empty = cells.null_count()
    if empty < max(2, _MERGED * cells.len()) or cells.is_empty() or cells[0] is None:
        return
    notes.missing.append(
        f"{understood.key}: {content.name} is empty in {empty:,} of {cells.len():,} rows, below a filled cell: merged "
        "cells, or a report that names the customer once. Whose these rows are is not guessed, and they will be set "
        "aside. Unmerge the cells and fill each value down (Excel: select the column, unmerge, Go To Special, Blanks, "
        "type = and the cell above, Ctrl+Enter), or export the list without grouping"
    )


def customer_rule(understood: Understood, pad: int, notes: Notes) -> Any:
    """Return the rule of the customer's id: its number, else its name."""
    if (content := understood.content("customer_id")) is not None:
        rule = id_rule(content, pad=pad)
        if pad:
            notes.unsure.append(
                f"{understood.key}: {content.name} is filled up to {pad} digits, because some ids have leading zeros "
                "and others lost them"
            )
        return rule
    if understood.has("name"):
        notes.unsure.append(
            f"{understood.key}: no customer number; the name {understood.column('name')} stands for it, and two "
            "spellings are two customers"
        )
        return understood.column("name")
    notes.questions.append(
        Question(
            f"{understood.key}.customer_id",
            f"Which column of {understood.key} says whose the row is?",
            understood.headings_doubt,
            tuple((one.name, one.examples) for one in understood.of_kind("text", "number")),
        )
    )
    return ""


def _with_amount(understood: Understood) -> pl.Series:
    """Tell which rows have an amount: on one of two sides, else in the column of amounts; an empty column is none."""
    roles = ("debit", "credit") if understood.two_sided else ("amount", "open_amount", "net_amount", "paid_amount")
    found = [content for role in roles if (content := understood.content(role)) is not None and content.filled]
    if not found:
        return understood.own
    counting = found if understood.two_sided else found[:1]
    return pl.DataFrame([one.texts.is_not_null() for one in counting]).select(pl.any_horizontal(pl.all())).to_series()


def _numbered(understood: Understood, rows: pl.Series, content: Content) -> bool:
    """Tell whether rows without a number are strays: a number that most rows lack does not identify anything."""
    return bool(content.texts.filter(rows).null_count() < rows.sum() / 2)


def numberless(understood: Understood) -> Content | None:
    """Return the column of the document's number, where most rows have one and the few that lack it are strays."""
    content = understood.content("document_id")
    if content is None or not _numbered(understood, understood.own, content):
        return None
    return content if content.texts.filter(understood.own).null_count() else None


def _owed(understood: Understood) -> pl.Series:
    """Tell which rows are above 0 by the rule of the amount."""
    numbers = signed_numbers(understood)
    nothing = pl.Series([False] * understood.table.frame.height)
    return nothing if numbers is None else (numbers > 0).fill_null(False)


def _document_id(understood: Understood, key: tuple[str, ...], rows: pl.Series, notes: Notes) -> tuple[Any, bool]:
    """Return the rule of the number, and whether rows that share one are told apart as instalments."""
    if len(key) == 1:
        return id_rule(understood.contents[key[0]]), False
    if key:
        notes.unsure.append(
            f"{understood.key}: no single column numbers the documents; {' and '.join(key)} together do"
        )
        return {"template": "-".join(f"{{{name}}}" for name in key)}, False
    if understood.has("document_id"):
        content = understood.contents[understood.column("document_id")]
        instalments, others = shared_numbers(understood, rows, _owed(understood))
        if instalments:
            first = instalments[0]
            notes.unsure.append(
                f"{understood.key}: {len(instalments):,} document numbers are in several rows with different due "
                f"dates: instalments. They become {first}/1, {first}/2 and so on by due date, and what is paid on "
                f"{first} goes to the one that falls due first"
            )
        if others:
            notes.unsure.append(
                f"{understood.key}: {len(others):,} {'other ' if instalments else ''}document numbers are in several "
                f"rows that differ (for example {', '.join(others[:3])}), and no other column that is filled in every "
                "row tells them apart; these rows and their payments will be set aside. If they are instalments, "
                "export a number for each, and with a payment the instalment that it pays"
            )
        return id_rule(content), bool(instalments)
    notes.questions.append(
        Question(
            f"{understood.key}.document_id",
            f"Which column of {understood.key} is the number of the document?",
            "No column, and no customer with a second column, is different in every row.",
            tuple((one.name, one.examples) for one in understood.of_kind("text", "number")),
        )
    )
    return "", False


def _where(understood: Understood, kinds: Mapping[str, str], rows: pl.Series) -> tuple[dict[str, Any], ...]:
    tests = _totals(understood)
    others = [value for value, kind in kinds.items() if kind not in KINDS]
    opening = brought_forward(understood, kinds)
    if opening is not None and not opening.mixed:
        if understood.has("kind") and opening.column == understood.column("kind"):
            others += opening.values
        else:
            tests.append({"column": opening.column, "not_equals": list(opening.values)})
    if others:
        tests.append({"column": understood.column("kind"), "not_equals": others})
    if (content := numberless(understood)) is not None:
        tests.append({"column": content.name, "empty": False})
    return tuple(tests)


def _totals(understood: Understood) -> list[dict[str, Any]]:
    said = [{"column": name, "not_equals": list(values)} for name, values in understood.totals.items()]
    return [*said, *understood.outside]
