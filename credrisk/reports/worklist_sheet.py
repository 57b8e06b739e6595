"""The sheet Worklist of the workbook: today's contacts by hand, with cells for what came of each."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.collection_entries import OUTCOMES
from credrisk.ledger.credit_tables import REASON_CODES
from credrisk.reports.entry_cells import ANY_DAY, TEXT, choice, with_empty, write_entry_table
from credrisk.reports.pack import Pack
from credrisk.reports.sheets import Book, Table
from credrisk.reports.worklist import to_contact
from credrisk.reports.worklist_columns import ENTRY_COLUMNS, WORKLIST

__all__ = ["RULES", "WORKLIST_SHEET", "with_entries", "worklist_table", "write_worklist"]

WORKLIST_SHEET = "Worklist"
ANSWERS = ("yes", "no")
RULES = {
    "done": choice(ANSWERS),
    "outcome": choice(OUTCOMES),
    "promise_on": ANY_DAY,
    "promise_amount": {"validate": "decimal", "criteria": ">", "value": 0},
    "reason": choice(REASON_CODES),
    "note": TEXT,
    "next_on": ANY_DAY,
    "dispute_document": TEXT,
    "dispute_amount": {"validate": "decimal", "criteria": ">", "value": 0},
}


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
    return with_empty(rows, ENTRY_COLUMNS).with_columns(pl.lit(list_on).alias("list_on"))


def write_worklist(book: Book, table: Table) -> Table:
    """Write the sheet and put choices and checks into the cells to be filled in."""
    return write_entry_table(book, table, RULES)
