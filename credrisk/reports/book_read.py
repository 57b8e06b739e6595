"""The pack's workbook as it came back: what people decided in it, and what else was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from xlsxwriter.utility import xl_rowcol_to_cell

from credrisk.decisions.collection_entries_worklist import WorklistRow
from credrisk.decisions.pack_edits import HandEdit, LimitEdit, PackEdits
from credrisk.errors import DataError
from credrisk.reports.book_stamp import STAMP_SHEET, ReadStamp, mark_of, read_stamp
from credrisk.reports.cell_reader import CellReader, plain_text
from credrisk.reports.column import Column
from credrisk.reports.columns import TABLES
from credrisk.reports.edit_columns import HAND_COLUMNS, HAND_WORDS, LIMIT_DECISION
from credrisk.reports.sheet_cells import Cells, SheetCells, header_of, names_in, open_sheets
from credrisk.reports.worklist_columns import ENTRY_COLUMNS
from credrisk.reports.worklist_read import worklist_rows
from credrisk.wording import counted

__all__ = ["read_book_workbook"]

LIMITS, QUEUE, WORKLIST = "Limits", "Queue", "Worklist"
KEYS = {LIMITS: "pack_limits", QUEUE: "pack_queue", WORKLIST: "worklist"}
ENTRIES: dict[str, tuple[Column, ...]] = {LIMITS: LIMIT_DECISION, QUEUE: HAND_COLUMNS, WORKLIST: ENTRY_COLUMNS}
SHOWN = 5
MOST_FAULTS = 12


@dataclass(frozen=True)
class _Sheet:
    """A sheet that people fill in: its cells, and the columns by their place."""

    name: str
    cells: Cells
    header: int
    names: Mapping[int, str]

    def rows(self) -> list[tuple[int, dict[str, tuple[str, str]]]]:
        """Return the rows with a customer: place from 0, and by column the text and the address of the cell."""
        found = []
        for number, row in enumerate(self.cells[self.header + 1 :], start=self.header + 1):
            values = {name: (plain_text(row[at]), self.address(number, at)) for at, name in self.names.items()}
            if values["customer_id"][0]:
                found.append((number, values))
        return found

    def address(self, row: int, column: int) -> str:
        """Return where a cell stands, for messages."""
        return f"{self.name}!{xl_rowcol_to_cell(row, column)}"


def read_book_workbook(path: str | PathLike[str]) -> PackEdits:
    """Return what was filled in on the sheets Limits, Queue and Worklist of a pack's workbook.

    Rows are known by the customer number and columns by their headings, wherever they stand: the sheets may be sorted,
    filtered, and rows and columns taken out or put in. Rows that a filter hides count as well. What the stamp marks and
    was changed all the same is noted and counts for nothing.

    Raises
    ------
    DataError
        When it is no such workbook, its stamp is not as it was written, or cells cannot be read: every one with its
        address.
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
            notes += _changed(sheet, read)
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise DataError(
            f"cells of {book.path.name} cannot be read, and nothing was applied: "
            f"{'; '.join(faults[:MOST_FAULTS])}{more}.",
            remedy="correct the cells and apply the file again.",
        )
    return PackEdits(read.stamp, tuple(limits), tuple(hands), tuple(worklist), tuple(notes))


def _opened(book: SheetCells, name: str, read: ReadStamp, faults: list[str], notes: list[str]) -> _Sheet | None:
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
    sheet = _Sheet(name, cells, header, names_in(cells[header], headings))
    without = book.without_value(name)
    if without:
        wanted = set(needed)
        for number, _ in sheet.rows():
            for at, column in sheet.names.items():
                if column in wanted and xl_rowcol_to_cell(number, at) in without:
                    where = sheet.address(number, at)
                    faults.append(f"{where} holds a formula without a value, or an error: write the value itself")
    return sheet


def _limits(sheet: _Sheet | None, read: ReadStamp, faults: list[str]) -> list[LimitEdit]:
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


def _hands(sheet: _Sheet | None, faults: list[str]) -> list[HandEdit]:
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


def _worklist(sheet: _Sheet | None, read: ReadStamp, faults: list[str], notes: list[str]) -> list[WorklistRow]:
    """Return the rows of the worklist, with action and collector as they were written, whatever the cells say now."""
    if sheet is None:
        return []
    own: list[str] = []
    rows = worklist_rows(sheet.cells, sheet.header, f" of {WORKLIST}", own)
    faults += [f"{fault} (sheet {WORKLIST})" for fault in own]
    day = read.stamp.as_of
    kept = []
    for row in rows:
        if row.filled_in and not own and row.list_on != day:
            faults.append(f"{row.place}: the list is of {day}, not of {row.list_on}")
        known = read.worklist.get(row.customer_id)
        if known is not None:
            kept.append(replace(row, action=known.get("action"), collector=known.get("collector")))
            continue
        if row.filled_in:
            notes.append(f"{row.place}: {row.customer_id} was not on the list; it is entered all the same.")
        kept.append(row)
    return kept


def _changed(sheet: _Sheet, read: ReadStamp) -> list[str]:
    """Say which cells were changed that nobody is asked to change, and which rows are gone or came."""
    written = read.headings.get(sheet.name, ())
    marks = read.marks.get(sheet.name, {})
    places = _places(sheet, [heading for heading, _ in written])
    cells: list[str] = []
    strange: list[str] = []
    here = set()
    for number, values in sheet.rows():
        customer = values["customer_id"][0]
        here.add(customer)
        own = marks.get(customer)
        if own is None:
            strange.append(customer)
            continue
        row = sheet.cells[number]
        for (heading, kind), mark in zip(written, own, strict=False):
            at = places.get(heading)
            if at is not None and mark_of(plain_text(row[at]), kind) != mark:
                cells.append(f"{sheet.address(number, at)} ({heading} of {customer})")
    gone = [customer for customer in marks if customer not in here]
    lost = [heading for heading, _ in written if heading not in places]
    notes = []
    if cells:
        verb = "was" if len(cells) == 1 else "were"
        notes.append(
            f"{counted(len(cells), 'cell')} that nobody is asked to change {verb} changed, and "
            f"{'counts' if len(cells) == 1 else 'count'} for nothing: {_some(cells)}."
        )
    for rows, said in ((gone, "no longer there; nothing is decided on them"), (strange, "not of this pack")):
        if rows:
            verb = "is" if len(rows) == 1 else "are"
            notes.append(f"{counted(len(rows), 'row')} of {sheet.name} {verb} {said}: {_some(rows)}.")
    if lost:
        notes.append(f"Columns of {sheet.name} are no longer there: {_some(lost)}.")
    return notes


def _places(sheet: _Sheet, headings: Sequence[str]) -> dict[str, int]:
    """Return where each heading stands."""
    wanted = set(headings)
    found: dict[str, int] = {}
    for place, text in enumerate(sheet.cells[sheet.header]):
        if plain_text(text) in wanted:
            found.setdefault(plain_text(text), place)
    return found


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:SHOWN]) + (f" and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else "")
