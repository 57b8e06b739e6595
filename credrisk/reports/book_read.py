"""The pack's workbook as it came back: what people decided in it, and what else was changed."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path

from xlsxwriter.utility import xl_rowcol_to_cell

from credrisk.decisions.collection_entries_worklist import WorklistRow
from credrisk.decisions.pack_edits import HandEdit, LimitEdit, PackEdits
from credrisk.errors import DataError
from credrisk.reports.book_changed import FilledSheet, changed_elsewhere, changed_rows
from credrisk.reports.book_stamp import STAMP_SHEET, ReadStamp, read_stamp
from credrisk.reports.cell_reader import CellReader
from credrisk.reports.column import Column
from credrisk.reports.columns import TABLES
from credrisk.reports.edit_columns import HAND_COLUMNS, HAND_WORDS, LIMIT_DECISION
from credrisk.reports.sheet_cells import SheetCells, header_of, names_in, open_sheets
from credrisk.reports.worklist_columns import ENTRY_COLUMNS
from credrisk.reports.worklist_read import worklist_rows

__all__ = ["read_book_workbook"]

LIMITS, QUEUE, WORKLIST = "Limits", "Queue", "Worklist"
KEYS = {LIMITS: "pack_limits", QUEUE: "pack_queue", WORKLIST: "worklist"}
ENTRIES: dict[str, tuple[Column, ...]] = {LIMITS: LIMIT_DECISION, QUEUE: HAND_COLUMNS, WORKLIST: ENTRY_COLUMNS}


def read_book_workbook(path: str | PathLike[str]) -> PackEdits:
    """Return what was filled in on the sheets Limits, Queue and Worklist of a pack's workbook.

    Rows are known by the customer number and columns by their headings, wherever they stand: the sheets may be sorted,
    filtered, and rows and columns taken out or put in. Rows that a filter hides count as well. What the stamp marks and
    was changed all the same, on whichever sheet, is noted and counts for nothing. Cells that cannot be read are faults,
    each with its address; nothing else is taken of their rows.

    Raises
    ------
    DataError
        When it is no such workbook, or its stamp is not as it was written.
    """
    book = open_sheets(Path(path), what="the workbook of credrisk report, filled in")
    if STAMP_SHEET not in book.names:
        raise DataError(
            f"{book.path.name} has no sheet {STAMP_SHEET}: it was not written by credrisk report.",
            remedy="give pack.xlsx; the credit-pack.xlsx of credrisk run goes to credrisk log worklist.",
        )
    read = read_stamp(book.read(STAMP_SHEET), book.path.name)
    faults: list[str] = []
    notes: list[str] = []
    sheets = {name: _opened(book, name, read, faults, notes) for name in KEYS}
    limits = _limits(sheets[LIMITS], read, faults)
    hands = _hands(sheets[QUEUE], faults)
    worklist = _worklist(sheets[WORKLIST], read, faults, notes)
    for sheet in sheets.values():
        if sheet is not None:
            notes += changed_rows(sheet, read, book.formulas(sheet.name))
    notes += changed_elsewhere(book, read, sheets)
    return PackEdits(read.stamp, tuple(limits), tuple(hands), tuple(worklist), tuple(notes), tuple(faults))


def _opened(book: SheetCells, name: str, read: ReadStamp, faults: list[str], notes: list[str]) -> FilledSheet | None:
    """Return the sheet, None where it is not there or had no rows; cells to be filled in without a value are faults."""
    if name not in book.names:
        notes.append(f"There is no sheet {name}: nothing is decided there.")
        return None
    headings = {column.heading.casefold(): column.name for column in TABLES[KEYS[name]]}
    cells = book.read(name)
    needed = ["customer_id", *(column.name for column in ENTRIES[name])]
    header = header_of(cells, headings, needed)
    if header is None:
        if name not in read.marks:
            return None
        words = [column.heading for column in TABLES[KEYS[name]] if column.name in needed]
        faults.append(f"the sheet {name} has no row with the headings {', '.join(words)}")
        return None
    sheet = FilledSheet(name, cells, header, names_in(cells[header], headings))
    without = book.without_value(name)
    if without:
        wanted = set(needed)
        for number, _ in sheet.rows():
            for at, column in sheet.names.items():
                if column in wanted and xl_rowcol_to_cell(number, at) in without:
                    where = sheet.address(number, at)
                    faults.append(f"{where} holds a formula without a value, or an error: write the value itself")
    return sheet


def _limits(sheet: FilledSheet | None, read: ReadStamp, faults: list[str]) -> list[LimitEdit]:
    edits = []
    for number, values in sheet.rows() if sheet is not None else []:
        if not any(values[column.name][0] for column in LIMIT_DECISION):
            continue
        cell = CellReader(values, faults)
        before = len(faults)
        limit = cell.amount("new_limit", read.stamp.currency)
        if len(faults) == before:
            place = f"{LIMITS} row {number + 1}"
            edits.append(LimitEdit(place, values["customer_id"][0], limit, cell.text("limit_reason")))
    return edits


def _hands(sheet: FilledSheet | None, faults: list[str]) -> list[HandEdit]:
    edits = []
    for number, values in sheet.rows() if sheet is not None else []:
        if not any(values[column.name][0] for column in HAND_COLUMNS):
            continue
        cell = CellReader(values, faults)
        before = len(faults)
        edit = HandEdit(
            f"{QUEUE} row {number + 1}",
            values["customer_id"][0],
            cell.code("hand_what", HAND_WORDS),
            cell.factor("hand_factor"),
            cell.whole("new_place"),
            cell.day("hand_until"),
            cell.text("hand_reason"),
        )
        if len(faults) == before:
            edits.append(edit)
    return edits


def _worklist(sheet: FilledSheet | None, read: ReadStamp, faults: list[str], notes: list[str]) -> list[WorklistRow]:
    """Return the rows of the worklist, with action and collector as they were written, whatever the cells say now."""
    if sheet is None:
        return []
    rows = worklist_rows(sheet.cells, sheet.header, WORKLIST, f" of {WORKLIST}", faults)
    day = read.stamp.as_of
    kept = []
    for row in rows:
        if row.filled_in and row.list_on != day:
            faults.append(f"{row.place}: the list is of {day}, not of {row.list_on}")
        known = read.worklist.get(row.customer_id)
        if known is not None:
            kept.append(replace(row, action=known.get("action"), collector=known.get("collector")))
            continue
        if row.filled_in:
            notes.append(f"{row.place}: {row.customer_id} was not on the list; it is entered all the same.")
        kept.append(row)
    return kept
