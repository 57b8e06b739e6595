"""The sheet Worklist, or the sheets of a day's collectors, read back as filled in; whatever a cell holds stays text."""

from __future__ import annotations

from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from credrisk.decisions.collection_entries import OUTCOMES
from credrisk.decisions.collection_entries_worklist import WorklistRow
from credrisk.errors import DataError
from credrisk.ledger.credit_tables import REASON_CODES
from credrisk.reports.cell_reader import CellReader, code_of, plain_text
from credrisk.reports.sheet_cells import Cells, SheetCells, header_of, names_in, open_sheets
from credrisk.reports.worklist_columns import WORKLIST
from credrisk.reports.worklist_sheet import WORKLIST_SHEET

__all__ = ["HEADINGS", "NEEDED", "read_worklist", "worklist_rows"]

HEADINGS = {column.heading.casefold(): column.name for column in WORKLIST}
NEEDED = ("customer_id", "list_on", "done")


def read_worklist(path: str | PathLike[str]) -> list[WorklistRow]:
    """Return the rows of the sheet Worklist of a workbook that credrisk wrote, or of its collectors' sheets.

    Where there is no sheet of that name, every sheet with a row of headings to be filled in is read (`credrisk queue`
    writes one for each collector). The columns are known by their headings, wherever they stand; rows without a
    customer are passed over.

    Raises
    ------
    DataError
        When there is no such sheet, a heading is missing, or a cell cannot be read: every one with its address.
    """
    rows: list[WorklistRow] = []
    faults: list[str] = []
    for sheet, cells, header in _sheets(open_sheets(Path(path), what="the workbook with the filled-in worklist")):
        of = "" if sheet == WORKLIST_SHEET else f" of {sheet}"
        rows += worklist_rows(cells, header, sheet, of, faults)
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        raise DataError(
            f"cells of the worklist cannot be read, and nothing was entered: {shown}.",
            remedy="correct the cells and import the file again.",
        )
    return rows


def worklist_rows(cells: Cells, header: int, sheet: str, of: str, faults: list[str]) -> list[WorklistRow]:
    """Return the rows below the headings that can be read; cells that cannot are added to ``faults``.

    ``of`` says in the place of a row of which sheet it is, where that is to be said.
    """
    names = names_in(cells[header], HEADINGS)
    rows = []
    for number, row in enumerate(cells[header + 1 :], start=header + 1):
        values = {
            name: (plain_text(row[place]), f"{sheet}!{xl_rowcol_to_cell(number, place)}")
            for place, name in names.items()
        }
        if values["customer_id"][0]:
            before = len(faults)
            read = _row(values, f"row {number + 1}{of}", faults)
            rows += [read] if len(faults) == before else []
    return rows


def _sheets(book: SheetCells) -> list[tuple[str, Cells, int]]:
    """Return the sheets to read: name, cells, and the place of the headings."""
    only = (WORKLIST_SHEET,) if WORKLIST_SHEET in book.names else book.names
    found = []
    for name in only:
        cells = book.read(name)
        header = header_of(cells, HEADINGS, NEEDED)
        if header is not None:
            found.append((name, cells, header))
    if found:
        return found
    if only == (WORKLIST_SHEET,):
        raise DataError(
            f"the sheet {WORKLIST_SHEET} of {book.path.name} has no row of headings with Customer no., Action done "
            "and List of.",
            remedy="give the workbook that credrisk run wrote, with the headings as they were.",
        )
    raise DataError(
        f"{book.path.name} has no sheet {WORKLIST_SHEET}. The sheets there: {', '.join(only)}.",
        remedy="give the workbook that credrisk run wrote, or one of credrisk queue with a collector's sheet.",
    )


def _row(values: dict[str, tuple[str, str]], place: str, faults: list[str]) -> WorklistRow:
    cell = CellReader(values, faults)
    list_on = cell.day("list_on")
    if list_on is None and not values["list_on"][0]:
        faults.append(f"{values['list_on'][1]} must be the day of the list; it is empty")
    amounts: dict[str, Any] = {name: cell.amount(name) for name in ("promise_amount", "dispute_amount")}
    for name, amount in amounts.items():
        if amount is not None and amount <= 0:
            faults.append(f"{values[name][1]} must be a number above 0; got {values[name][0]!r}")
            amounts[name] = None
    action = cell.text("action")
    answers: dict[str, Any] = {"outcome": cell.code("outcome", OUTCOMES), "reason": cell.code("reason", REASON_CODES)}
    return WorklistRow(
        place,
        values["customer_id"][0],
        list_on or date.min,
        action=code_of(action) if action else None,
        collector=cell.text("collector"),
        done=cell.flag("done"),
        promise_on=cell.day("promise_on"),
        note=cell.text("note"),
        next_on=cell.day("next_on"),
        dispute_document=cell.text("dispute_document"),
        **amounts,
        **answers,
    )
