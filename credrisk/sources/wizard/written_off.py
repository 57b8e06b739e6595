"""What was written off, where it stands beside the invoice: a closing of its own kind, on the first day it is sure of.

Rows in which paid, written off and balance make up the amount prove the column, under whatever header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from shlex import quote
from typing import Any

import polars as pl

from credrisk.sources.wizard.amounts_by_arithmetic import PROVED, money_columns
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.discounts import filled, not_by_columns
from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["with_write_offs"]

_CENT = 0.005
_LAST_DAY = {"constant": "covers_to"}
_WHY = "no date of the write-off; it was known on the last day of the export"


def with_write_offs(
    understood: Understood,
    tables: list[TableProposal],
    rows: pl.Series,
    notes: Notes,
    *,
    apart: str,
    paid_elsewhere: bool,
) -> list[TableProposal]:
    """Return the documents of a file, as they are settled, with what was written off of them.

    Parameters
    ----------
    tables
        The documents, and what closes them already.
    rows
        Which rows are documents.
    apart
        Why the documents can be closed by the payments of other files alone; empty where they need not.
    paid_elsewhere
        Whether another file has the payments.
    """
    content = understood.content("written_off_amount")
    if content is None:
        _say_unknown_part(understood, rows, notes)
        return tables
    lost = numbers_or_nil(content, rows)
    taken = rows & (lost != 0)
    if not taken.any():
        return tables
    made = next(one for one in tables if one.table == "documents")
    reason = not_by_columns(made) or ("" if paid_elsewhere else apart)
    if reason:
        notes.missing.append(
            f"{understood.key}: {content.name} is not used, {lost.filter(taken).sum():,.2f} in all stay open: {reason}"
        )
        return tables
    _say(understood, rows, content, notes)
    documents = [part for one in tables for part in _without_settlement(understood, one, rows, content)]
    return [*documents, *_closings(understood, made, rows, content)]


def _without_settlement(
    understood: Understood, made: TableProposal, rows: pl.Series, content: Content
) -> list[TableProposal]:
    """Return the documents so that a date beside a write-off, and no amount paid, is not a payment of the whole."""
    settled, paid = understood.content("settled_on"), understood.content("paid_amount")
    if made.table != "documents" or "settled_on" not in made.columns or settled is None:
        return [made]
    numbers = numbers_or_nil(content, rows)
    unsaid = rows & (numbers != 0) & settled.texts.is_not_null()
    if paid is not None and not (unsaid & paid.texts.is_null()).any():
        return [made]
    bare = {name: rule for name, rule in made.columns.items() if not name.startswith("settled_")}
    parts: list[tuple[Mapping[str, Any], list[dict[str, Any]]]] = [
        (made.columns, [test]) for test in _nothing(content, rows)
    ]
    lost = filled(content, numbers, rows)
    if paid is None:
        parts.append((bare, [lost]))
    else:
        parts.append((made.columns, [lost, {"column": paid.name, "empty": False}]))
        parts.append((bare, [lost, {"column": paid.name, "empty": True}]))
    return [replace(made, columns=columns, where=(*made.where, *tests)) for columns, tests in parts]


def _nothing(content: Content, rows: pl.Series) -> list[dict[str, Any]]:
    """Return the conditions that a cell holds no amount: it is empty, or a zero."""
    numbers = numbers_or_nil(content, rows)
    zeros = content.texts.filter(rows & (numbers == 0)).drop_nulls().unique().sort().to_list()
    tests: list[dict[str, Any]] = [{"column": content.name, "empty": True}]
    return [*tests, {"column": content.name, "equals": zeros}] if zeros else tests


def _closings(understood: Understood, made: TableProposal, rows: pl.Series, content: Content) -> list[TableProposal]:
    """Return the write-offs: on their own date, on that of settlement where nothing was paid, else on the last day."""
    numbers = numbers_or_nil(content, rows)
    negative = int((rows & (numbers < 0)).sum()) > int((rows & (numbers > 0)).sum())
    lost = filled(content, numbers, rows)
    columns = {
        "to_document_id": made.columns["document_id"],
        "amount": {"column": content.name, "turn_sign": True} if negative else content.name,
        "kind": {"constant": "write_off"},
    }

    def closing(on: Any, *tests: dict[str, Any]) -> TableProposal:
        remarks = {"applied_on": _WHY} if on == _LAST_DAY else {}
        return TableProposal(
            "applications", made.file, {**columns, "applied_on": on}, (*made.where, lost, *tests), remarks=remarks
        )

    for thing in ("written_off_on", "settled_on"):
        if not understood.has(thing) or not understood.content(thing).filled:  # type: ignore[union-attr] # it has it
            continue
        date, (there, not_there) = understood.date(thing), _filled_or_not(understood.column(thing))
        if thing == "written_off_on":
            return [closing(date, there), closing(_LAST_DAY, not_there)]
        if not understood.has("paid_amount"):
            return [closing(date, there), closing(_LAST_DAY, not_there)]
        paid = understood.contents[understood.column("paid_amount")]
        in_part = filled(paid, numbers_or_nil(paid, rows), rows)
        unpaid = [closing(date, there, test) for test in _nothing(paid, rows)]
        return [closing(_LAST_DAY, not_there), closing(_LAST_DAY, there, in_part), *unpaid]
    return [closing(_LAST_DAY)]


def _filled_or_not(column: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"column": column, "empty": False}, {"column": column, "empty": True}


def _say(understood: Understood, rows: pl.Series, content: Content, notes: Notes) -> None:
    """Say how much was written off, how the amounts bear it out, and by which dates."""
    lost = numbers_or_nil(content, rows)
    taken = rows & (lost != 0)
    said = f"{understood.key}: {content.name} was written off: {counted(int(taken.sum()), 'row')}, "
    said += f"{lost.filter(taken).abs().sum():,.2f} in all"
    fit, among = _fit(understood, rows, lost)
    if among:
        said += f"; with what was paid and the balance it makes up the amount in {fit:,} of {among:,} rows"
    dates = [understood.contents[understood.column(one)] for one in ("written_off_on",) if understood.has(one)]
    if not understood.has("written_off_on") and understood.has("settled_on"):
        paid = (
            numbers_or_nil(understood.contents[understood.column("paid_amount")], rows)
            if understood.has("paid_amount")
            else pl.Series([0.0] * rows.len())
        )
        dated = understood.contents[understood.column("settled_on")].texts.is_not_null() & (paid == 0)
        where = understood.column("settled_on") + " where nothing was paid"
    else:
        dated = dates[0].texts.is_not_null() if dates else pl.Series([False] * rows.len())
        where = dates[0].name if dates else ""
    own, last = int((taken & dated).sum()), int((taken & ~dated).sum())
    parts = [f"{own:,} by {where}"] if own else []
    parts += [f"{last:,} on the last day that the export covers, for the file has no date of them"] if last else []
    notes.unsure.append(f"{said}. Dated: {'; '.join(parts)}")


def _fit(understood: Understood, rows: pl.Series, lost: pl.Series) -> tuple[int, int]:
    """Return in how many rows, of how many, paid, written off, discount and balance make up the amount."""
    amount = signed_numbers(understood)
    if amount is None or not understood.has("open_amount"):
        return 0, 0
    named = [one for one in ("paid_amount", "open_amount", "discount_amount") if understood.has(one)]
    made = lost.abs() * pl.select(pl.when(amount < 0).then(-1).otherwise(1)).to_series()
    for one in named:
        made = made + numbers_or_nil(understood.contents[understood.column(one)], rows)
    fitting = rows & ((made - amount.fill_null(0.0)).abs() < _CENT)
    return int(fitting.sum()), int(rows.sum())


def _say_unknown_part(understood: Understood, rows: pl.Series, notes: Notes) -> None:
    """Say which unknown column is what the amount, less paid and balance, leaves: nothing tells what closed it."""
    if not understood.has("amount", "paid_amount", "open_amount"):
        return
    taken = {role.column for role in understood.roles.values()}
    for content in money_columns(understood.contents, understood.roles):
        numbers = numbers_or_nil(content, rows)
        if content.name in taken or not (rows & (numbers != 0)).any():
            continue
        fit, among = _fit(understood, rows, numbers)
        without, _ = _fit(understood, rows, pl.Series([0.0] * rows.len()))
        if fit >= PROVED * among and fit > without:
            key = understood.key
            lost, less = (quote(f"{key}.{thing}={content.name}") for thing in ("written_off_amount", "discount_amount"))
            notes.missing.append(
                f"{key}: {content.name}, {numbers.filter(rows).sum():,.2f} in all, is what the amount leaves beside "
                f"the amount paid and the balance, in {fit:,} of {among:,} rows; what closed it is not said, and it "
                f"stays open. If it was written off: --answer {lost}; if it is the discount taken: "
                f"--answer {less}"
            )
