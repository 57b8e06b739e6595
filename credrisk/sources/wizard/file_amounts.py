"""What becomes of the rows of a file and of their amounts: used, or left out and why, so that all tie to the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from credrisk.sources.mapping_headings import cells_of
from credrisk.sources.wizard.brought_forward import brought_forward
from credrisk.sources.wizard.document_kinds import LEAVE_OUT
from credrisk.sources.wizard.documents import document_rows
from credrisk.sources.wizard.general_ledger import OTHER_ACCOUNTS, amounts_of_all, other_rows
from credrisk.sources.wizard.proposal import PRINTED, TOTALS, AmountLine, FileAmounts, TableProposal
from credrisk.sources.wizard.roles import MONEY
from credrisk.sources.wizard.stated_totals import stated_total
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import marks, plain

__all__ = ["amounts_of", "closes"]

_OTHERWISE_USED = ("running", "receipt_total")
"""What repeats other amounts row by row: its sum over the rows means nothing."""


def amounts_of(understood: Understood, tables: Sequence[TableProposal], kinds: Mapping[str, str]) -> FileAmounts:
    """Return the rows of a file and the sums of its amounts by what becomes of them.

    Of a list of customers every row is used, and no amount.

    Parameters
    ----------
    tables
        All proposed tables, of which those of the file count.
    kinds
        Meaning of each document type of the file.
    """
    own = [one for one in tables if one.file == understood.key]
    columns = _amount_columns(own)
    used = pl.Series([False] * understood.table.frame.height)
    if understood.about == "customers":
        used = understood.own
    if understood.about in ("documents", "journal"):
        used = used | document_rows(understood, kinds)
        if (opening := brought_forward(understood, kinds)) is not None:
            used = used | opening.rows
    for one in own:
        if one.table in ("payments", "receipts", "applications") or _credits(understood, one):
            used = used | _rows_of(understood, one)
    numbers = [amounts_of_all(understood, name) for name in columns]
    lines = [AmountLine("used", int(used.sum()), tuple(_sum(one, used) for one in numbers))]
    places = pl.int_range(used.len(), eager=True).filter(~used)
    reasons = _reasons(understood, kinds, places)
    for why in reasons.unique().sort().to_list():
        rows = places.filter(reasons == why)
        lines.append(AmountLine(why, rows.len(), tuple(_sum_of(one, rows) for one in numbers)))
    lines[1:] = sorted(lines[1:], key=lambda line: (-line.rows, line.what))
    of_totals = places.filter(reasons == TOTALS)
    labels = _labels(understood, of_totals)
    stated = tuple(stated_total(_filled(labels, one, of_totals)) for one in numbers)
    return FileAmounts(understood.key, columns, tuple(lines), _unused(understood, own, used), stated)


def _labels(understood: Understood, places: pl.Series) -> list[str]:
    """Return the first text of each row, which says what it is the total of."""
    texts = [one.texts.gather(places) for one in understood.contents.values() if one.texts.dtype == pl.String]
    named = pl.DataFrame(texts).select(pl.coalesce(pl.all())).to_series() if texts else pl.Series([""] * places.len())
    return named.fill_null("").to_list()


def _filled(labels: Sequence[str], numbers: pl.Series | None, places: pl.Series) -> list[tuple[str, float]]:
    amounts = [] if numbers is None else numbers.gather(places).to_list()
    return [(label, amount) for label, amount in zip(labels, amounts, strict=False) if amount is not None]


def _rows_of(understood: Understood, table: TableProposal) -> pl.Series:
    """Return the rows that the mapping makes a table of: those that keep its conditions and have what it needs."""
    rows = understood.where(table.where)
    needed = ("to_document_id",) if table.table == "applications" else ("document_id", "customer_id")
    named = [name for part in needed for name in _named(table.columns.get(part, ""))]
    filled = pl.Series([table.table == "receipts" or not named] * rows.len())
    for name in named:
        filled = filled | understood.contents[name].texts.is_not_null()
    return rows & filled


def _credits(understood: Understood, table: TableProposal) -> bool:
    """Tell whether a table makes documents of a file that is none of documents: its rows are credit notes."""
    return table.table == "documents" and understood.about not in ("documents", "journal")


def closes(table: TableProposal, kind: str) -> bool:
    """Tell whether a table closes documents by a kind such as a write-off."""
    return table.table in ("applications", "payments") and table.columns.get("kind") == {"constant": kind}


def _amount_columns(tables: Sequence[TableProposal]) -> tuple[str, ...]:
    """Return the columns of the amounts, but for those of what is closed beside the payments and repeated totals."""
    rules = [
        one.columns["amount"]
        for one in tables
        if "amount" in one.columns and one.table != "receipts" and not closes(one, "discount")
    ]
    return tuple(dict.fromkeys(name for rule in rules for name in _named(rule)))


def _named(rule: Any) -> list[str]:
    """Return the source columns of a rule as the mapping writes it."""
    column = rule.get("column", "") if isinstance(rule, Mapping) else rule
    return [name for name in ([column] if isinstance(column, str) else column) if name]


def _reasons(understood: Understood, kinds: Mapping[str, str], places: pl.Series) -> pl.Series:
    """Say of each row that is not used why not."""
    nothing = pl.Series([False] * places.len(), dtype=pl.Boolean)
    texts = {name: one.texts.gather(places) for name, one in understood.contents.items()}
    filled = total = nothing
    raw = cells_of(understood.table.frame).select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    for name, one in texts.items():
        stated = understood.totals.get(name, ())
        found = [value for value in one.drop_nulls().unique().to_list() if value in stated or _begins_total(value)]
        total = total | one.is_in(found).fill_null(False)
        filled = filled | one.is_not_null()
    unnumbered = texts[understood.column("document_id")].is_null() if understood.has("document_id") else nothing
    kind = (
        texts[understood.column("kind")]
        if understood.has("kind")
        else pl.Series([None] * places.len(), dtype=pl.String)
    )
    further = nothing if understood.further is None else understood.further.gather(places)
    left = {
        value: "left out" if said == LEAVE_OUT else f"{said.replace('_', ' ')}, left out"
        for value, said in kinds.items()
    }
    void = pl.Series([None] * places.len(), dtype=pl.String)
    for name, values in understood.void.items():
        said_void = {value: f"{name} {value!r}: left out" for value in values}
        void = void.fill_null(texts[name].replace_strict(said_void, default=None, return_dtype=pl.String))
    for name in understood.void_on:
        void = void.set(void.is_null() & texts[name].is_not_null(), f"{name} filled: left out")
    typed = kind.replace_strict(
        {value: f"type {value!r}: {said}" for value, said in left.items()}, default=None, return_dtype=pl.String
    )
    return pl.select(
        pl.when(other_rows(understood.table, understood.accounts).gather(places))
        .then(pl.lit(OTHER_ACCOUNTS))
        .when(~filled & raw.gather(places))
        .then(pl.lit(PRINTED))
        .when(~filled)
        .then(pl.lit("blank"))
        .when(void.is_not_null())
        .then(void)
        .when(typed.is_not_null())
        .then(typed)
        .when(total)
        .then(pl.lit(TOTALS))
        .when(further)
        .then(pl.lit("further line of a document"))
        .when(unnumbered)
        .then(pl.lit("no number"))
        .otherwise(pl.lit("no amount or date"))
        .alias("why")
    ).to_series()


def _begins_total(text: str) -> bool:
    bare = plain(text)
    return any(bare == word or bare.startswith(f"{word} ") for word in marks("total") | marks("grand_total"))


def _unused(understood: Understood, tables: Sequence[TableProposal], used: pl.Series) -> tuple[tuple[str, float], ...]:
    read = {name for one in tables for rule in one.columns.values() for name in _named(rule)}
    read |= {understood.column(role) for role in _OTHERWISE_USED if understood.has(role)}
    money = {understood.column(role) for role in MONEY if understood.has(role)}
    return tuple(
        (name, _sum(one.number, used))
        for name, one in understood.contents.items()
        if name not in read and one.kind == "number" and (name in money or one.has_decimals) and _sum(one.number, used)
    )


def _sum(numbers: pl.Series | None, rows: pl.Series) -> float:
    return 0.0 if numbers is None else float(numbers.filter(rows).sum())


def _sum_of(numbers: pl.Series | None, places: pl.Series) -> float:
    return 0.0 if numbers is None else float(numbers.gather(places).sum())
