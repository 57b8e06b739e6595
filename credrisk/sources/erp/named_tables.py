"""Tables of an export told by their columns, however their names are written: ``Due Date``, ``due_date``, ``DUEDATE``.

A table is text, a workbook, or JSON: an array, or an answer that holds one (``value``, ``data``, ``items``, ...).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from credrisk.errors import DataError
from credrisk.sources.erp.account import FileAccount
from credrisk.sources.erp.bodies import Record
from credrisk.sources.erp.cells import LINE
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.postings import Postings

__all__ = [
    "Table",
    "fitting_table",
    "folded",
    "header_of",
    "is_true",
    "last_sync",
    "newest_versions",
    "not_needed",
    "read_tables",
    "unused_columns",
]

DELETED = "fivetrandeleted"
ACTIVE = "fivetranactive"
SYNCED = "fivetransynced"


@dataclass(frozen=True)
class Table:
    """A table of a system.

    Attributes
    ----------
    kind
        What its rows are.
    marks
        Columns that together only this table has, folded; alternatives are separated by a bar.
    names
        Our names of the columns, each with the names it goes by, folded, the best first.
    """

    kind: str
    marks: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]


def folded(name: str) -> str:
    """Return a column name in small letters, without blanks, hyphens, underscores and points."""
    return re.sub(r"[^0-9a-zà-ÿ$/]+", "", name.lower())


def is_true(written: str | None) -> bool:
    """Tell whether a flag is set, however the system writes it."""
    return (written or "").lower() in ("t", "true", "1", "yes", "y")


def header_of(file: ExportFile) -> frozenset[str]:
    """Return the folded column names of a file; none where it is no table, or damaged (whoever reads it says so)."""
    try:
        names = file.header if file.kind in ("csv", "xlsx") else file.held_cells.header if file.kind != "xml" else ()
    except DataError:
        return frozenset()
    return frozenset(folded(name) for name in names)


def fitting_table(file: ExportFile, tables: Sequence[Table]) -> Table | None:
    """Return which table a file is: the one with the most marks, all of them there; None where none fits."""
    header = header_of(file)
    fitting = [one for one in tables if all(header & set(mark.split("|")) for mark in one.marks)]
    return max(fitting, key=lambda one: len(one.marks), default=None)


def read_tables(files: Iterable[ExportFile], tables: Sequence[Table], postings: Postings) -> dict[str, list[Record]]:
    """Return the records of every file by kind; the files of no kind are counted as not needed.

    Rows deleted at the source are left out, ragged ones set aside, empty ones counted.
    """
    made: dict[str, list[Record]] = {one.kind: [] for one in tables}
    for file in files:
        table = fitting_table(file, tables)
        if table is None:
            continue
        for record in _records(file, table, postings):
            if is_true(record.body.get(DELETED)):
                postings.leave_out(record, "deleted at the source")
            else:
                made[table.kind].append(record)
    return made


def not_needed(files: Iterable[ExportFile], tables: Sequence[Table]) -> list[FileAccount]:
    """Return the accounts of the files of which no row is read."""
    accounts = []
    for file in files:
        if fitting_table(file, tables) is None and file.kind != "xml":
            cells = file.held_cells
            left_out = {"a table that is not needed": cells.read - cells.blank}
            accounts.append(FileAccount("none", file.name, cells.read, 0, cells.blank, left_out=left_out))
    return accounts


def newest_versions(records: Iterable[Record], postings: Postings, *keys: str) -> dict[tuple[str, ...], Record]:
    """Return the newest version of each record by its keys; the others are merged into it, those without a key too."""
    best: dict[tuple[str, ...], Record] = {}
    for record in records:
        key = tuple(record.body.get(name) or "" for name in keys)
        if key not in best:
            best[key] = record
            continue
        older, newer = sorted((best[key], record), key=_age)
        postings.merge(older)
        best[key] = newer
    return best


def unused_columns(files: Iterable[ExportFile], tables: Sequence[Table]) -> dict[str, list[str]]:
    """Return the columns of each file that nothing is read from."""
    left = {}
    for file in files:
        if table := fitting_table(file, tables):
            used = {alias for aliases in table.names.values() for alias in aliases} | {DELETED, ACTIVE, SYNCED}
            left[file.name] = [name for name in file.held_cells.header if folded(name) not in used]
    return left


def last_sync(records: Iterable[Record]) -> str | None:
    """Return the last day on which a connector brought any record up to date; None where it says nothing."""
    return max((record.body[SYNCED][:10] for record in records if record.body.get(SYNCED)), default=None)


def _age(record: Record) -> tuple[bool, str]:
    return is_true(record.body.get(ACTIVE, "true")), record.body.get(SYNCED) or record.body.get("changed") or ""


def _records(file: ExportFile, table: Table, postings: Postings) -> list[Record]:
    cells = file.held_cells
    postings.count_blank(file.name, cells.blank)
    for place, line in cells.ragged:
        ragged = Record(table.kind, {"line": line}, file.name, place)
        postings.set_aside(ragged, "ragged_line", "", table="documents", key=None)
    columns = {folded(name): name for name in reversed(cells.header)}
    wanted = {name: [columns[one] for one in aliases if one in columns] for name, aliases in table.names.items()}
    wanted |= {name: [columns[name]] for name in (DELETED, ACTIVE, SYNCED) if name in columns}
    made = []
    for row in cells.frame.iter_rows(named=True):
        body = {name: next((row[one] for one in there if row[one] is not None), None) for name, there in wanted.items()}
        filled = {name: value for name, value in body.items() if value is not None}
        made.append(Record(table.kind, filled, file.name, row[LINE]))
    return made
