"""The sheets of a workbook that came back, as texts: which there are, where their headings stand, what is no value."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.ledger.packing import hold_workbook
from credrisk.reports.cell_reader import plain_text

__all__ = ["Cells", "SheetCells", "header_of", "names_in", "open_sheets"]

Cells = list[tuple[str | None, ...]]
_HEADING_ROWS = 20
DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, SyntaxError, OSError, ValueError, NotImplementedError)
"""What the readers of zip files and of XML say where a file is damaged."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class SheetCells:
    """An open workbook; sheets are read when they are asked for."""

    def __init__(self, path: Path, book: Any) -> None:
        self.path, self._book = path, book
        self.names: tuple[str, ...] = tuple(book.sheet_names)
        self._noted: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def read(self, name: str) -> Cells:
        """Return the rows of a sheet as texts; the value of a formula, a day as ``2026-03-31``."""
        import fastexcel

        try:
            with panics_as_errors(self.path.name):
                frame: pl.DataFrame = self._book.load_sheet(name, header_row=None, dtypes="string").to_polars()
        except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as refusal:
            raise _unreadable(self.path, refusal) from None
        return frame.rows()

    def without_value(self, name: str) -> frozenset[str]:
        """Return the addresses of cells that hold an error, or a formula that was never worked out.

        They would read as empty cells.
        """
        return self._note(name)[1]

    def formulas(self, name: str) -> frozenset[str]:
        """Return the addresses of cells that hold a formula."""
        return self._note(name)[0]

    def _note(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        if name not in self._noted:
            try:
                with zipfile.ZipFile(self.path) as folder:
                    self._noted[name] = _formulas_and_without_value(folder, name)
            except DAMAGED as refusal:
                raise _unreadable(self.path, refusal) from None
        return self._noted[name]


def open_sheets(path: Path, *, what: str) -> SheetCells:
    """Open a workbook.

    Parameters
    ----------
    what
        What is wanted, for the message where there is no such file.

    Raises
    ------
    DataError
        When there is no such file, or it is no workbook that can be read.
    """
    import fastexcel

    if not path.is_file():
        raise DataError(f"there is no file {path}.", remedy=f"give {what}.")
    hold_workbook(path, path.name)
    try:
        with panics_as_errors(path.name):
            return SheetCells(path, fastexcel.read_excel(path))
    except (fastexcel.FastExcelError, OSError, ValueError) as refusal:
        raise _unreadable(path, refusal) from None


def header_of(cells: Cells, headings: Mapping[str, str], needed: Collection[str]) -> int | None:
    """Return the place of the first row among the first twenty in which all needed columns are named."""
    for place, row in enumerate(cells[:_HEADING_ROWS]):
        if set(needed) <= set(names_in(row, headings).values()):
            return place
    return None


def names_in(row: Sequence[str | None], headings: Mapping[str, str]) -> dict[int, str]:
    """Return the names of the columns by their place, of a row of headings."""
    named = {place: headings.get(plain_text(text).casefold(), "") for place, text in enumerate(row)}
    return {place: name for place, name in named.items() if name}


def _formulas_and_without_value(folder: zipfile.ZipFile, sheet: str) -> tuple[frozenset[str], frozenset[str]]:
    from defusedxml import ElementTree

    part = _part_of(folder, sheet)
    if part is None:
        return frozenset(), frozenset()
    formulas: set[str] = set()
    without: set[str] = set()
    with folder.open(part) as stream:
        for _, cell in ElementTree.iterparse(stream):
            if cell.tag == f"{_MAIN}row":
                cell.clear()
            if cell.tag != f"{_MAIN}c":
                continue
            value = cell.find(f"{_MAIN}v")
            formula = cell.find(f"{_MAIN}f") is not None
            if formula:
                formulas.add(str(cell.get("r")))
            if cell.get("t") == "e" or (formula and (value is None or value.text is None)):
                without.add(str(cell.get("r")))
    return frozenset(formulas), frozenset(without)


def _part_of(folder: zipfile.ZipFile, sheet: str) -> str | None:
    from defusedxml import ElementTree

    root = ElementTree.fromstring(folder.read("xl/workbook.xml"))
    links = ElementTree.fromstring(folder.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): str(link.get("Target")) for link in links}
    for entry in root.iter(f"{_MAIN}sheet"):
        if entry.get("name") == sheet and entry.get(_LINK) in targets:
            target = PurePosixPath(targets[entry.get(_LINK)])
            return str(target).lstrip("/") if target.is_absolute() else str(PurePosixPath("xl") / target)
    return None


def _unreadable(path: Path, refusal: Exception) -> DataError:
    return DataError(
        f"the workbook {path.name} cannot be read ({(str(refusal) or type(refusal).__name__).splitlines()[0]}).",
        remedy="open it in a spreadsheet program, save it as .xlsx without a password, and try again.",
    )
