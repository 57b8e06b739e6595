"""Cells that people fill in: shaded, with lists to choose from, and checks of what is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from credrisk.reports.column import Column
from credrisk.reports.sheets import FIRST_ROW, Book, Table, write_table

__all__ = ["ANY_DAY", "TEXT", "choice", "with_empty", "write_entry_table"]

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
Rule = Mapping[str, Any]
ANY_DAY: Rule = {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}
TEXT: Rule = {"validate": "length", "criteria": "<=", "value": 4_000}
TYPES: dict[str, Any] = {"date": pl.Date, "money": pl.Float64, "number": pl.Float64, "count": pl.Int64}


def choice(codes: tuple[str, ...]) -> Rule:
    """Return the rule that a cell holds one of the codes, written in words."""
    return {"validate": "list", "source": [code.replace("_", " ") for code in codes]}


def with_empty(rows: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Return the rows with the columns, in which nothing stands yet."""
    return rows.with_columns(pl.lit(None, TYPES.get(one.kind, pl.String)).alias(one.name) for one in columns)


def write_entry_table(book: Book, table: Table, rules: Mapping[str, Rule]) -> Table:
    """Write a table and put shades, choices and checks into the columns of ``rules``."""
    written = write_table(book, table)
    height = table.frame.height
    if not written.columns or not height:
        return written
    sheet = book.file.get_worksheet_by_name(table.sheet)
    last = FIRST_ROW + height - 1
    for place, column in enumerate(written.columns):
        if column.name not in rules:
            continue
        sheet.data_validation(FIRST_ROW, place, last, place, {**rules[column.name], **_words(column)})
        sheet.set_column(place, place, column.width + 2)
        look = book.format(f"entry_{column.kind}")
        for row in range(FIRST_ROW, last + 1):
            sheet.write_blank(row, place, None, look)
    return written


def _words(column: Column) -> dict[str, str]:
    return {
        "input_title": column.heading,
        "input_message": column.definition,
        "error_title": column.heading,
        "error_message": "Choose one of the list, or write a date or an amount where one is asked for.",
    }
