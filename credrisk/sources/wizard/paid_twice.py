"""What stands in two files: payments in a list of receipts and in one of what each paid, credit notes alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.ids import id_rule, id_texts, lost_zeros
from credrisk.sources.wizard.proposal import Notes, TableProposal, column_of
from credrisk.sources.wizard.understood import Understood

__all__ = ["once_credited", "once_paid"]

_SHARED = 0.9
"""Of the numbers in the list of what was paid that the list of receipts has, each over no less money."""
_CENT = 0.005
_DAYS = 7
"""Between a payment in the list of receipts and in that of what was paid, where the latter names no customer."""


class _Listed(NamedTuple):
    """The payments of one file: the tables made of them, the column of their numbers, and the rows that are these."""

    understood: Understood
    tables: tuple[TableProposal, ...]
    number: Content
    rows: pl.Series


def once_paid(tables: Sequence[TableProposal], files: Sequence[Understood], notes: Notes) -> list[TableProposal]:
    """Return the tables so that a payment which stands in two files counts once.

    The one file becomes the receipts, the other what they applied. Where a third file has payments too, or rows among
    them close invoices without cash, a ledger has no place for receipts: then the list of what was paid alone is read,
    and what it does not apply of the receipts is told.
    """
    paying = [one for one in tables if one.table == "payments"]
    keys = list(dict.fromkeys(one.file for one in paying))
    known = {one.key: one for one in files}
    for first, second in permutations(keys, 2):
        parts = _parts(known[second], paying)
        whole = None if parts is None else _whole(known[first], paying, parts)
        if parts is None or whole is None:
            continue
        said = f"{first} and {second} have the same payments, told by {whole.number.name} and {parts.number.name}"
        twice = {id(one) for one in (*whole.tables, *_of(known[second], paying))}
        rest = [one for one in tables if id(one) not in twice]
        untold = f"{first}: no column holds the numbers of the documents"
        notes.missing[:] = [one for one in notes.missing if not one.startswith(untold)]
        simple = not any(one.table == "payments" for one in rest)
        if simple and all("customer_id" in one.columns for one in whole.tables):
            notes.sure.append(f"{said}: the first are the receipts, the second what each of them paid")
            pad = lost_zeros([whole.number, parts.number])
            return [*rest, *_receipts(whole, pad), *_applications(parts, pad)]
        beyond = float(_amounts(whole)["amount"].sum()) - float(_amounts(parts)["amount"].sum())
        notes.missing.append(
            f"{said}: those of {second} are read alone, for other payments are not in both; {beyond:,.2f} of "
            f"{first} that {second} does not apply is left out"
        )
        dropped = {id(one) for one in whole.tables}
        return [one for one in tables if id(one) not in dropped]
    return list(tables)


def once_credited(tables: Sequence[TableProposal], files: Sequence[Understood], notes: Notes) -> list[TableProposal]:
    """Return the tables without what a journal or list says of its credit notes where a list of payments says it too.

    That one has the amount that was set off; the other has the whole credit note and a text or a column that names an
    invoice.
    """
    known = {one.key: one for one in files}
    crediting = [
        one
        for one in tables
        if one.table == "applications"
        and one.columns.get("kind") == {"constant": "credit_note"}
        and "from_id" in one.columns
    ]
    listed = [one for one in crediting if one.file in known and known[one.file].about == "payments"]
    dropped = set[int]()
    for one in crediting:
        if one.file not in known or known[one.file].about not in ("journal", "documents"):
            continue
        own = _credited(known[one.file], one)
        for other in listed:
            theirs = _credited(known[other.file], other)
            if own.len() and int(own.is_in(theirs.implode()).sum()) >= _SHARED * own.len():
                dropped.add(id(one))
                notes.sure.append(
                    f"{one.file}: what its credit notes credit is read from {other.file}, which has the amounts set off"
                )
    return [one for one in tables if id(one) not in dropped]


def _credited(understood: Understood, table: TableProposal) -> pl.Series:
    rule = table.columns["from_id"]
    several = isinstance(rule, Mapping) and "column" not in rule  # made of the number and another column
    number = id_texts(understood.contents[understood.column("document_id") if several else column_of(rule)])
    return number.filter(understood.where(table.where)).drop_nulls().unique().str.strip_chars_start("0")


def _of(understood: Understood, paying: Sequence[TableProposal]) -> tuple[TableProposal, ...]:
    """Return the payments of a file that are cash."""
    return tuple(one for one in paying if one.file == understood.key and "kind" not in one.columns)


def _parts(understood: Understood, paying: Sequence[TableProposal]) -> _Listed | None:
    """Return the payments of a file that name their invoice and have a number; None where none do."""
    tables = tuple(one for one in _of(understood, paying) if {"payment_id", "document_id"} <= one.columns.keys())
    if not tables:
        return None
    return _Listed(
        understood, tables, understood.contents[column_of(tables[0].columns["payment_id"])], _rows(understood, tables)
    )


def _whole(understood: Understood, paying: Sequence[TableProposal], parts: _Listed) -> _Listed | None:
    """Return the payments of a file whose numbers are those of the parts, each once and over no less money.

    They name no invoice themselves, and customer or, where the parts have none, day are those of the parts.
    """
    tables = _of(understood, paying)
    if not tables or any("document_id" in one.columns for one in tables):
        return None
    rows, wanted = _rows(understood, tables), _numbers(parts).unique()
    named = [column_of(one.columns["payment_id"]) for one in tables[:1] if "payment_id" in one.columns]
    named += [understood.column(role) for role in ("payment_id", "document_id") if understood.has(role)]
    for name in dict.fromkeys(named):
        found = _Listed(understood, tables, understood.contents[name], rows)
        own = _numbers(found)
        if own.n_unique() < _SHARED * own.len() or not wanted.len():
            continue
        both = _told(parts).join(_told(found), on="number", suffix="_whole")
        less = pl.col("amount") <= pl.col("amount_whole") + _CENT
        same = pl.col("owner") == pl.col("owner_whole")
        near = (pl.col("day") - pl.col("day_whole")).dt.total_days().abs() <= _DAYS
        told = same if both["owner"].count() and both["owner_whole"].count() else near
        if both.filter(less & told).height >= _SHARED * wanted.len():
            return found
    return None


def _told(listed: _Listed) -> pl.DataFrame:
    """Return by number ``amount, owner, day``: what is paid, by whom and when; null where the file does not say."""
    understood, table = listed.understood, listed.tables[0]
    owner = table.columns.get("customer_id")
    role = understood.first_of("settled_on", "document_date")
    day = understood.days(role) if role else pl.Series([None] * listed.rows.len(), dtype=pl.Date)
    frame = pl.DataFrame(
        {
            "number": id_texts(listed.number).str.strip_chars_start("0"),
            "owner": pl.Series([None] * listed.rows.len(), dtype=pl.String)
            if owner is None
            else id_texts(understood.contents[column_of(owner)]).str.strip_chars_start("0"),
            "day": day,
        }
    )
    known = frame.filter(listed.rows).drop_nulls("number").group_by("number").agg(pl.col("owner", "day").min())
    return _amounts(listed).join(known, on="number", how="left")


def _rows(understood: Understood, tables: Sequence[TableProposal]) -> pl.Series:
    several = [understood.where(one.where) for one in tables]
    return (
        pl.DataFrame([rows.alias(str(place)) for place, rows in enumerate(several)])
        .select(pl.any_horizontal(pl.all()))
        .to_series()
    )


def _numbers(listed: _Listed) -> pl.Series:
    return id_texts(listed.number).filter(listed.rows).drop_nulls().str.strip_chars_start("0")


def _amounts(listed: _Listed) -> pl.DataFrame:
    """Return ``number, amount``: what is paid by each number, whichever sign the file gives it."""
    amount = listed.understood.contents[column_of(listed.tables[0].columns["amount"])].number
    texts = id_texts(listed.number).str.strip_chars_start("0")
    frame = pl.DataFrame({"number": texts, "amount": pl.Series([0.0] * texts.len()) if amount is None else amount})
    return frame.filter(listed.rows & texts.is_not_null()).group_by("number").agg(pl.col("amount").sum().abs())


def _receipts(whole: _Listed, pad: int) -> list[TableProposal]:
    kept = ("customer_id", "date", "currency", "method", "recorded_at", "amount")
    return [
        TableProposal(
            "receipts",
            one.file,
            {"receipt_id": id_rule(whole.number, pad=pad)}
            | {name: one.columns[name] for name in kept if name in one.columns}
            | {"amount": _of_receipt(whole, one)},
            one.where,
            remarks=one.remarks,
        )
        for one in whole.tables
    ]


def _of_receipt(whole: _Listed, table: TableProposal) -> Any:
    """Return the rule of what came in: the amount of the row where it has one, and the part applied leaves some out."""
    rule, contents = table.columns["amount"], whole.understood.contents
    if not whole.understood.has("amount"):
        return rule
    amount, part = (contents[name] for name in (whole.understood.column("amount"), column_of(rule)))
    rows = whole.understood.where(table.where)
    if not part.texts.filter(rows).null_count() or amount.texts.filter(rows).null_count():
        return rule
    return {"column": amount.name, "turn_sign": True} if amount.mostly_negative(rows) else amount.name


def _applications(parts: _Listed, pad: int) -> list[TableProposal]:
    made = []
    for one in parts.tables:
        columns = {
            "from_id": id_rule(parts.number, pad=pad),
            "to_document_id": one.columns["document_id"],
            "applied_on": one.columns["date"],
            "amount": one.columns["amount"],
            "kind": {"constant": "payment"},
        }
        if "recorded_at" in one.columns:
            columns["recorded_at"] = one.columns["recorded_at"]
        named = {"column": column_of(one.columns["document_id"]), "empty": False}
        where = one.where if named in one.where else (*one.where, named)
        made.append(TableProposal("applications", one.file, columns, where, remarks=one.remarks))
    return made
