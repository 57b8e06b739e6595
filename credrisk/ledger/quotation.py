"""Two stray quotation marks make one cell of all lines between them: such lines are found, none is lost."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

import polars as pl

from credrisk.errors import DataError

__all__ = ["LINE_END", "refuse_swallowed_lines", "swallowed_lines", "swallowing_records"]

LINE_END = re.compile(r"\r\n|\r|\n")
_WIDE = 5
"""In a narrower table a line of an address may have as many separators as a row; there, one before a blank is prose."""


def swallowing_records(cells: pl.DataFrame, separator: str) -> list[int]:
    """Return the places of the records with a cell whose text, cut at its line ends, is lines of the file itself.

    Of such a cell in column p of w, the first line has the w - 1 - p separators behind that column and the last line
    the p separators before it, or a line between them has w - 1 (in a wide table one more or less).
    """
    several = pl.repeat(False, cells.height, eager=True)
    for name in cells.columns:
        texts = cells[name].cast(pl.String).str
        several |= (texts.contains("\n", literal=True) | texts.contains("\r", literal=True)).fill_null(False)
    suspects = cells.with_row_index("_place").filter(several)
    return [int(row[0]) for row in suspects.iter_rows() if _swallows(row[1:], separator)]


def swallowed_lines(text: str, separator: str, width: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the swallowing records of a text: the number of the first line, from 1, and the lines as they stand."""
    lines = io.StringIO(text, newline="").readlines()
    rows = csv.reader(lines, delimiter=separator)
    first = 0
    for row in rows:
        if rows.line_num - first > 1 and len(row) == width and _swallows(row, separator):
            yield first + 1, [line.rstrip("\r\n") for line in lines[first : rows.line_num]]
        first = rows.line_num


def refuse_swallowed_lines(cells: pl.DataFrame, text: str, separator: str, name: str) -> None:
    """Refuse a file in which quotation marks swallow lines.

    Raises
    ------
    DataError
        Naming the lines.
    """
    if not swallowing_records(cells, separator):
        return
    try:
        found = [(first, first + len(lines) - 1) for first, lines in swallowed_lines(text, separator, cells.width)]
    except csv.Error:
        found = []
    places = ", ".join(f"{first} to {last}" for first, last in found) or "of some rows"
    raise DataError(
        f"the lines {places} of {name} are one cell each time: a quotation mark is opened in the first and closed only "
        "in the last.",
        remedy="close the quotation mark in its own line, or double it where it belongs to the text.",
    )


def _swallows(cells: Sequence[str | None], separator: str) -> bool:
    width = len(cells)
    return any(
        _are_rows(LINE_END.split(cell), separator, place, width)
        for place, cell in enumerate(cells)
        if cell is not None and ("\n" in cell or "\r" in cell)
    )


def _are_rows(lines: list[str], separator: str, place: int, width: int) -> bool:
    if width < _WIDE:
        lines = [line.replace(f"{separator} ", "") for line in lines]
    counts = [line.count(separator) for line in lines]
    slack = 1 if width >= _WIDE else 0
    between = any(abs(count - (width - 1)) <= slack for count in counts[1:-1])
    return between or (counts[0] == width - 1 - place and counts[-1] == place)
