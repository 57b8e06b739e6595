"""The sheet Worklist of the workbook: today's contacts by hand, with cells for what came of each."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from credrisk.decisions.collection_entries import OUTCOMES
from credrisk.ledger.credit_tables import REASON_CODES
from credrisk.reports.column import Column
from credrisk.reports.pack import Pack
from credrisk.reports.sheets import FIRST_ROW, Book, Table, write_table
from credrisk.reports.worklist import to_contact
from credrisk.reports.worklist_columns import ENTRY_COLUMNS, WORKLIST

__all__ = ["WORKLIST_SHEET", "with_entries", "worklist_table", "write_worklist"]

WORKLIST_SHEET = "Worklist"
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
ANSWERS = ("yes", "no")
LISTS = {"done": ANSWERS, "outcome": OUTCOMES, "reason": REASON_CODES}


def worklist_table(pack: Pack, subtitle: str) -> Table:
    """Return the contacts of today by hand, in their order, with empty columns to fill in."""
    rows = pack.queue if "rank" not in pack.queue.columns else to_contact(pack.queue, pack.capacity)
    names = {column.name for column in WORKLIST} - {column.name for column in ENTRY_COLUMNS}
    shown = rows.select(name for name in rows.columns if name in names)
    if "customer_id" in shown.columns:
        shown = with_entries(shown, pack.as_of)
    return Table("worklist", WORKLIST_SHEET, "What to do today, and what came of it", subtitle, shown)


def with_entries(rows: pl.DataFrame, list_on: date) -> pl.DataFrame:
    """Add the empty columns to fill in, and the day of the list."""
    kinds = {"promise_on": pl.Date, "next_on": pl.Date, "promise_amount": pl.Float64}
    empty = [pl.lit(None, kinds.get(column.name, pl.String)).alias(column.name) for column in ENTRY_COLUMNS]
    return rows.with_columns(*empty, pl.lit(list_on).alias("list_on"))


def write_worklist(book: Book, table: Table) -> Table:
    """Write the sheet and put choices and checks into the cells to be filled in."""
    written = write_table(book, table)
    height = table.frame.height
    if not written.columns or not height:
        return written
    sheet = book.file.get_worksheet_by_name(table.sheet)
    for place, column in enumerate(written.columns):
        if column.name not in {entry.name for entry in ENTRY_COLUMNS}:
            continue
        rule = _rule(column.name)
        sheet.data_validation(FIRST_ROW, place, FIRST_ROW + height - 1, place, rule | _words(column))
        sheet.set_column(place, place, column.width + 2)
        for row in range(FIRST_ROW, FIRST_ROW + height):
            sheet.write_blank(row, place, None, book.format(f"entry_{column.kind}"))
    return written


def _rule(name: str) -> dict[str, Any]:
    if name in LISTS:
        return {"validate": "list", "source": [code.replace("_", " ") for code in LISTS[name]]}
    if name == "promise_amount":
        return {"validate": "decimal", "criteria": ">", "value": 0}
    if name in ("promise_on", "next_on"):
        return {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}
    return {"validate": "length", "criteria": "<=", "value": 4_000}


def _words(column: Column) -> dict[str, str]:
    return {
        "input_title": column.heading,
        "input_message": column.definition,
        "error_title": column.heading,
        "error_message": "Choose one of the list, or write a date or an amount where one is asked for.",
    }
