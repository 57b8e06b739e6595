"""The rows of the pack's page as compact JSON, column by column, safe inside a page whatever the names hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.dates import months_after
from credrisk.features.spans import as_day
from credrisk.ledger.money import EXPONENTS
from credrisk.reports.book import Book
from credrisk.reports.book_cards import WORDS
from credrisk.reports.book_tables import PAGE_TABLES, columns_of_page
from credrisk.reports.column import Column
from credrisk.reports.totals import has_values

__all__ = ["MOST_CASES", "in_page", "page_data", "page_rows", "recent_disputes", "recent_promises", "table_columns"]

MOST_CASES = 20_000
"""Promises, and disputes, that the page holds at most; more stand in the files of their own commands."""
CODED = frozenset({"code", "state"})
DECIMALS = {"probability": 6, "percent": 6, "days": 4, "number": 4}


def page_data(book: Book) -> dict[str, Any]:
    """Return everything that the tables of the page need, as plain JSON values.

    Money is in minor units of the reporting currency (integers, so that sums in the browser are exact), dates are days
    since 1970-01-01, a column of few texts is coded by its list of them.
    """
    frames = {name: page_rows(book, name) for name in ("customers", "promises", "disputes")}
    frames["customers"] = customers = frames["customers"].drop(WORDS, strict=False)
    place = customers.select("customer_id", customer=pl.int_range(pl.len(), dtype=pl.Int64))
    for name in ("promises", "disputes"):
        if frames[name].width:
            frames[name] = frames[name].join(place, on="customer_id", how="left", maintain_order="left")
    tables, wanted = {}, {name: dict[str, Column]() for name in frames}
    for key, table in PAGE_TABLES.items():
        frame = frames[table.rows]
        columns = table_columns(key, frame)
        tables[key] = {
            "rows": table.rows,
            "columns": [_described(column) for column in columns],
            "sort": table.sort,
            "only": list(table.only),
            "caption": table.caption,
            "today": list(table.today),
            "note": table.note,
        }
        wanted[table.rows] |= {column.name: column for column in columns}
    return {
        "currency": book.currency,
        "decimals": EXPONENTS[book.currency],
        "as_of": as_day(book.as_of),
        "sets": {name: _coded_set(frame, wanted[name], book.currency) for name, frame in frames.items()},
        "tables": tables,
    }


def page_rows(book: Book, name: str) -> pl.DataFrame:
    """Return the rows of the page's tables of ``customers``, ``promises`` or ``disputes``, in their first order."""
    rows = {"customers": _customers, "promises": recent_promises, "disputes": recent_disputes}
    return rows[name](book)


def table_columns(key: str, frame: pl.DataFrame) -> list[Column]:
    """Return the columns of a table of the page: those that have a value in any row, and the long texts."""
    present = [name for name in frame.columns if has_values(frame, name)]
    return columns_of_page(key, [*present, *WORDS])


def in_page(value: Any) -> str:
    """Return a value as JSON that ends no element and starts none: markup, and all but ASCII, is written as escapes."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def recent_promises(book: Book) -> pl.DataFrame:
    """Return the promises that are open, and those not kept that fell due within a year, the latest first."""
    frame = book.promises
    if not frame.width:
        return frame
    late = pl.col("state").is_in(["broken", "partly_kept"]) & (pl.col("due_on") > months_after(book.as_of, -12))
    rows = frame.filter((pl.col("state") == "open") | late)
    return rows.sort("due_on", "promise_id", descending=[True, False]).head(MOST_CASES)


def recent_disputes(book: Book) -> pl.DataFrame:
    """Return the disputes that are open, and those that ended within a year, the largest first."""
    frame = book.disputes
    if not frame.width:
        return frame
    rows = frame.filter(pl.col("ended_on").is_null() | (pl.col("ended_on") > months_after(book.as_of, -12)))
    return rows.sort("disputed", "claimed", "dispute_id", descending=[True, True, False]).head(MOST_CASES)


def _customers(book: Book) -> pl.DataFrame:
    frame = book.customers if book.customers.width else pl.DataFrame(schema={"customer_id": pl.String})
    if {"recommended_limit", "current_limit"} <= set(frame.columns):
        change = pl.col("recommended_limit") - pl.col("current_limit").fill_null(0.0)
        frame = frame.with_columns(change=change, change_size=change.abs())
    if {"group", "group_name"} <= set(frame.columns):  # an account that stands alone is no group
        alone = pl.len().over("group") == 1
        frame = frame.with_columns(
            group_name=pl.when(~(alone & (pl.col("group") == pl.col("customer_id")))).then("group_name")
        )
    return frame


def _described(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "heading": column.heading,
        "kind": column.kind,
        "says": column.definition,
        "total": column.kind == "money" and column.total,
    }


def _coded_set(frame: pl.DataFrame, wanted: Mapping[str, Column], currency: str) -> dict[str, Any]:
    named = ("customer_id", "name", "customer", "change_size", "group")
    names = [name for name in frame.columns if name in wanted or name in named]
    columns = {name: _coded(frame[name], wanted[name].kind if name in wanted else "text", currency) for name in names}
    return {"rows": frame.height, "columns": columns}


def _coded(values: pl.Series, kind: str, currency: str) -> dict[str, Any]:
    """Return one column: ``{"values": [...]}``, or ``{"words": [...], "places": [...]}`` where texts repeat."""
    if kind == "money" or values.name == "change_size":
        scaled = (values.fill_nan(None) * 10.0 ** EXPONENTS[currency]).round()
        return {"values": [None if cell is None else int(cell) for cell in scaled.to_list()]}
    if values.dtype == pl.Date:
        return {"values": values.to_physical().to_list()}
    if values.dtype == pl.Boolean:
        return {"values": [None if cell is None else int(cell) for cell in values.to_list()]}
    if values.dtype.is_float():
        rounded = values.fill_nan(None).round(DECIMALS.get(kind, 4)).to_list()
        whole = [None if cell is None else int(cell) if cell == int(cell) else cell for cell in rounded]
        return {"values": whole}
    if values.dtype.is_integer():
        return {"values": values.to_list()}
    texts = values.cast(pl.String)
    words = texts.drop_nulls().unique().sort()
    if kind in CODED or 4 * len(words) < len(texts):
        place = {word: index for index, word in enumerate(words)}
        return {"words": words.to_list(), "places": [None if cell is None else place[cell] for cell in texts]}
    return {"values": texts.to_list()}
