"""The sheet Worklist, or the sheets of a day's collectors, read back as filled in; whatever a cell holds stays text."""

from __future__ import annotations

import re
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_rowcol_to_cell

from credrisk.decisions.collection_entries import OUTCOMES
from credrisk.decisions.collection_entries_worklist import WorklistRow
from credrisk.errors import DataError
from credrisk.ledger.credit_tables import REASON_CODES
from credrisk.reports.worklist_columns import WORKLIST
from credrisk.reports.worklist_sheet import WORKLIST_SHEET

__all__ = ["read_worklist"]

HEADINGS = {column.heading.casefold(): column.name for column in WORKLIST}
NEEDED = ("customer_id", "list_on", "done")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T]00:00:00(?:\.0+)?)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_HEADING_ROWS = 20
YES, NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0")
Faults = list[str]
Cells = list[tuple[str | None, ...]]


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
    rows, faults = [], Faults()
    for sheet, cells, header in _sheets(Path(path)):
        own = Faults()
        names = {place: HEADINGS.get(_plain(text).casefold(), "") for place, text in enumerate(cells[header])}
        of = "" if sheet == WORKLIST_SHEET else f" of {sheet}"
        for number, row in enumerate(cells[header + 1 :], start=header + 1):
            values = {
                name: (_plain(row[place]), xl_rowcol_to_cell(number, place)) for place, name in names.items() if name
            }
            if values["customer_id"][0]:
                rows.append(_row(values, f"row {number + 1}{of}", own))
        faults += [f"{fault} (sheet {sheet})" if of else fault for fault in own]
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        raise DataError(
            f"cells of the worklist cannot be read, and nothing was entered: {shown}.",
            remedy="correct the cells and import the file again.",
        )
    return rows


def _sheets(path: Path) -> list[tuple[str, Cells, int]]:
    """Return the sheets to read: name, cells, and the place of the headings."""
    import fastexcel

    if not path.is_file():
        raise DataError(f"there is no file {path}.", remedy="give the workbook with the filled-in worklist.")
    try:
        book = fastexcel.read_excel(path)
        only = [WORKLIST_SHEET] if WORKLIST_SHEET in book.sheet_names else book.sheet_names
        read: dict[str, Cells] = {}
        for name in only:
            frame: pl.DataFrame = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
            read[name] = frame.rows()
    except (fastexcel.FastExcelError, OSError, ValueError) as refusal:
        raise DataError(
            f"the workbook {path.name} cannot be read ({str(refusal).splitlines()[0]}).",
            remedy="open it in a spreadsheet program, save it as .xlsx without a password, and try again.",
        ) from None
    found = []
    for name, cells in read.items():
        header = next((place for place, row in enumerate(cells[:_HEADING_ROWS]) if _is_header(row)), None)
        if header is not None:
            found.append((name, cells, header))
    if found:
        return found
    if only == [WORKLIST_SHEET]:
        raise DataError(
            f"the sheet {WORKLIST_SHEET} of {path.name} has no row of headings with Customer no., Action done "
            "and List of.",
            remedy="give the workbook that credrisk run wrote, with the headings as they were.",
        )
    raise DataError(
        f"{path.name} has no sheet {WORKLIST_SHEET}. The sheets there: {', '.join(only)}.",
        remedy="give the workbook that credrisk run wrote, or one of credrisk queue with a collector's sheet.",
    )


def _is_header(row: tuple[str | None, ...]) -> bool:
    named = {HEADINGS.get(_plain(text).casefold()) for text in row}
    return set(NEEDED) <= named


def _plain(text: str | None) -> str:
    return "" if text is None else text.strip()


def _row(values: dict[str, tuple[str, str]], place: str, faults: Faults) -> WorklistRow:
    def text(name: str) -> str | None:
        return values.get(name, ("", ""))[0] or None

    def code(name: str, codes: tuple[str, ...]) -> str | None:
        given, cell = values.get(name, ("", ""))
        word = _code(given)
        if word and word not in codes:
            faults.append(f"{cell} must be one of {', '.join(codes).replace('_', ' ')}; got {_short(given)}")
            return None
        return word or None

    def day(name: str) -> date | None:
        given, cell = values.get(name, ("", ""))
        found = _DATE.fullmatch(given)
        if given and found:
            try:
                return date.fromisoformat(found.group(1))
            except ValueError:
                pass
        if given:
            faults.append(f"{cell} must be a date such as 2026-03-31; got {_short(given)}")
        return None

    given, cell = values["done"]
    done = True if given.casefold() in YES else False if given.casefold() in NO else None
    if given and done is None:
        faults.append(f"{cell} must be yes or no; got {_short(given)}")
    amount, at = values.get("promise_amount", ("", ""))
    if amount and not _NUMBER.fullmatch(amount):
        faults.append(f"{at} must be a number above 0; got {_short(amount)}")
        amount = ""
    list_on = day("list_on")
    if list_on is None and not values["list_on"][0]:
        faults.append(f"{values['list_on'][1]} must be the day of the list; it is empty")
    answers: dict[str, Any] = {"outcome": code("outcome", OUTCOMES), "reason": code("reason", REASON_CODES)}
    action = text("action")
    return WorklistRow(
        place,
        values["customer_id"][0],
        list_on or date.min,
        action=_code(action) if action else None,
        collector=text("collector"),
        done=done,
        promise_on=day("promise_on"),
        promise_amount=float(amount) if amount else None,
        note=text("note"),
        next_on=day("next_on"),
        **answers,
    )


def _code(text: str) -> str:
    return re.sub(r"[\s\-]+", "_", text.strip().lower())


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
