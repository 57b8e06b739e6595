"""What a write-off without an amount closes: all that is left open of its document on the day on which it is known.

An export often says that a document was written off, and not how much. The amount is worked out here, when everything
else that pays or closes documents is there: what names them, and what a code or the oldest debt places on them. What is
paid after that day changes nothing of what was known before: it takes the write-off back by as much, on its own day, so
it is a recovery and no credit of the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from credrisk.ledger.delimited import ROW
from credrisk.ledger.findings import Finding, by_currency
from credrisk.ledger.intake import count_read
from credrisk.ledger.ledger import empty_table
from credrisk.ledger.visibility import visible_from
from credrisk.ledger.working import GOOD, Working

__all__ = ["hold_missing_amounts", "with_left_open"]

_CLOSE = ("write_off", "discount", "deduction")
"""Kinds that come from nothing, so that what is left may be their amount."""
_WANTED = GOOD & pl.col("amount").is_null()
_Made = dict[str, pl.DataFrame]


def hold_missing_amounts(applications: Working) -> None:
    """Set aside applications without an amount, but for those that close what is left open."""
    closes = pl.col("left_open") & pl.col("kind").is_in(_CLOSE) & (pl.col("from_kind") == "none")
    missing = pl.col("amount").is_null() & ~closes.fill_null(False)
    applications.set_aside(pl.when(missing).then(pl.lit("missing_value")), "amount")


def with_left_open(
    tables: Mapping[str, Working], derive: Callable[[list[Finding]], _Made], findings: list[Finding]
) -> _Made:
    """Return the derived tables, having given the applications without an amount what is left open on their day.

    A row of a document of which nothing is left that day is set aside, so of two the earlier counts. A row is known no
    sooner than its document.

    Parameters
    ----------
    derive
        Makes the tables of the simple form and adds to the findings it is given. Cash that names no document goes
        where a write-off leaves something open, and what a write-off leaves open rests on such cash: so it is called
        until neither changes. Until then the rows close from the day after theirs, so each rests on earlier ones alone
        and every call settles at least one day more.
    """
    applications = tables.get("applications")
    if applications is None or not applications.frame.select(_WANTED.any()).item():
        return derive(findings)
    wanted = _in_order(applications, tables["documents"].good)
    amounts = wanted.select(ROW, amount=pl.lit(0, pl.Int64)).sort(ROW)
    _put(applications, amounts)
    _put(applications, wanted.select(ROW, recorded_at=pl.col("day").dt.offset_by("1d")))
    for _ in range(wanted["day"].n_unique() + 1 if "payments" in tables else 1):
        told: list[Finding] = []
        made = derive(told)
        before = amounts
        amounts, back = _left(wanted, applications, made)
        _put(applications, amounts)
        if amounts.equals(before):
            break
    findings += told
    _put(applications, wanted.select(ROW, recorded_at="known"))
    count_read(applications)
    rows = applications.frame.join(amounts.select(ROW), on=ROW)
    nothing = pl.col(ROW).is_in(rows.filter(amount=0)[ROW].implode())
    applications.set_aside(pl.when(nothing).then(pl.lit("nothing_left")), "left_open")
    findings += _noted(
        "left_open",
        "rows without an amount close what was left open of their document on the day on which they were known.",
        rows.filter(pl.col("amount") != 0),
    )
    findings += _noted("left_open_taken_back", "what was paid or credited later takes back what they closed.", back)
    if back.height:
        made["applications"] = pl.concat([made.get("applications", empty_table("applications")), back])
    return made


def _in_order(applications: Working, documents: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that want an amount, in the order in which they close.

    With ``known``, the day of entry or that on which their document is seen, ``day``, the first on which they are seen,
    and ``units``, the amount of the document.
    """
    seen = documents.select(to_document_id="document_id", units="amount", seen=visible_from("documents"))
    rows = (
        applications.frame.filter(_WANTED)
        .join(seen, on="to_document_id")
        .with_columns(
            known=pl.max_horizontal("recorded_at", "seen"), day=pl.max_horizontal(visible_from("applications"), "seen")
        )
    )
    ordered = rows.sort("day", "to_document_id", "applied_on", "kind", "known", ROW)
    return ordered.select(ROW, "to_document_id", "day", "known", "units", "kind", "currency")


def _left(wanted: pl.DataFrame, applications: Working, made: _Made) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ``ROW, amount`` of the rows that want one, and the applications that take back what they closed."""
    events = _events(wanted, applications, made)
    amounts: list[tuple[int, int]] = []
    back: list[tuple[str, date, int, str]] = []
    current, left, closed, kind = None, 0, 0, ""
    for number, day, units, row, whole, own in events.iter_rows():
        if number != current:
            current, left, closed = number, whole, 0
        if row is not None:
            amounts.append((row, max(left, 0) - closed))
            closed, kind = max(left, 0), own
            continue
        left -= units
        beyond = closed - max(left, 0)
        if beyond > 0:
            closed -= beyond
            back.append((number, day, -beyond, kind))
    shape = empty_table("applications")
    taken = pl.DataFrame(
        back,
        schema={name: shape.schema[name] for name in ("to_document_id", "applied_on", "amount", "kind")},
        orient="row",
    ).join(wanted.select("to_document_id", "currency").unique(), on="to_document_id", how="left")
    taken = taken.with_columns(recorded_at="applied_on", from_kind=pl.lit("none", shape.schema["from_kind"]))
    closing = pl.DataFrame(amounts, schema={ROW: wanted.schema[ROW], "amount": pl.Int64}, orient="row")
    return closing.sort(ROW), pl.concat([shape, taken.sort("to_document_id", "applied_on")], how="diagonal")


def _events(wanted: pl.DataFrame, applications: Working, made: _Made) -> pl.DataFrame:
    """Return by document and day what else closes it, then the rows that close what is left: a row of these has ROW."""
    others = [applications.good.join(wanted, on=ROW, how="anti")]
    others += [made["applications"]] if "applications" in made else []
    closing = pl.concat(
        [one.select("to_document_id", "amount", day=visible_from("applications")) for one in others]
    ).group_by("to_document_id", "day")
    whole = wanted.select("to_document_id", whole="units").unique()
    closed = closing.agg(pl.col("amount").sum()).with_columns(place=pl.lit(-1, pl.Int64))
    rows = wanted.select("to_document_id", "day", ROW, "kind", place=pl.int_range(pl.len()))
    events = pl.concat([closed, rows], how="diagonal_relaxed").join(whole, on="to_document_id")
    ordered = events.sort("to_document_id", "day", "place")
    return ordered.select("to_document_id", "day", "amount", ROW, "whole", "kind")


def _put(applications: Working, values: pl.DataFrame) -> None:
    """Set the column that stands beside ROW in the rows that are there."""
    column = values.columns[1]
    found = applications.frame.select(ROW).join(values, on=ROW, how="left", maintain_order="left")[column]
    applications.put(column, applications.frame.select(pl.coalesce(found, column)).to_series())


def _noted(code: str, message: str, rows: pl.DataFrame) -> list[Finding]:
    return by_currency(rows, "note", "applications", code, message, ids="to_document_id")
