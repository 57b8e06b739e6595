"""Today's list as a workbook: a sheet for each collector to fill in, and lists for owners of disputes and our staff."""

from __future__ import annotations

import re
from os import PathLike

import polars as pl

from credrisk.reports.columns import TABLES
from credrisk.reports.months import day_in_words
from credrisk.reports.pack import Pack
from credrisk.reports.queue_day import QueueDay
from credrisk.reports.sheets import Book, Table, new_workbook, write_table
from credrisk.reports.worklist_columns import ENTRY_COLUMNS
from credrisk.reports.worklist_sheet import with_entries, write_worklist

__all__ = ["write_queue_workbook"]

LONGEST_NAME = 31
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
OWN_SHEETS = ("First, in our own house", "Disputes", "Roll-over", "All accounts", "history")


def write_queue_workbook(path: str | PathLike[str], day: QueueDay) -> None:
    """Write the lists of a day as ``.xlsx``: the same bytes for the same lists; text is never a formula."""
    pack = Pack(as_of=day.as_of, currency=day.currency, title="Collection list", queue=day.queue)
    with new_workbook(path, title=f"Collection list of {day.as_of.isoformat()}", day=day.as_of) as file:
        book = Book(file, pack)
        for table in _tables(day):
            (write_worklist if table.key == "day_list" else write_table)(book, table)


def _tables(day: QueueDay) -> list[Table]:
    amounts = f"{day_in_words(day.as_of)}. Amounts in {day.currency}."
    taken = {name.lower() for name in OWN_SHEETS}
    tables = []
    for person in day.collectors():
        sheet = _sheet_name(person.name, taken)
        title = f"{person.name}: {person.says(day.currency)}"
        rows = with_entries(person.rows.with_columns(collector="collector_today"), day.as_of)
        tables.append(Table("day_list", sheet, title, amounts, _shown("day_list", rows)))
    beside = (
        ("internal_list", OWN_SHEETS[0], "What is put in order before a customer is asked", day.internal),
        ("dispute_list", OWN_SHEETS[1], "Disputes, for their owners", day.disputes),
        ("roll_over", OWN_SHEETS[2], "What passes 60 or 90 days within 30 days", day.roll_over),
    )
    tables += [Table(key, sheet, title, amounts, _shown(key, frame)) for key, sheet, title, frame in beside]
    return [*tables, Table("queue", OWN_SHEETS[3], "All accounts, today's first", amounts, day.queue)]


def _shown(key: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the declared columns, without those in which nothing stands and nothing is to be filled in."""
    to_fill_in = {column.name for column in ENTRY_COLUMNS}
    names = [column.name for column in TABLES[key] if column.name in frame.columns]
    return frame.select(
        name for name in names if name in to_fill_in or frame.is_empty() or not frame[name].is_null().all()
    )


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that a workbook allows and that no other sheet has."""
    clean = FORBIDDEN.sub(" ", name).strip().strip("'")[:LONGEST_NAME].strip() or "Collector"
    number, found = 1, clean
    while found.lower() in taken:
        number += 1
        found = f"{clean[: LONGEST_NAME - len(str(number)) - 1]} {number}"
    taken.add(found.lower())
    return found
