"""A line item list in text with semicolons or commas, as a spreadsheet saves it: cells may be quoted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from credrisk.ledger.delimited import first_record
from credrisk.sources.erp.cells import LINE, cells_of_text
from credrisk.sources.erp.sap_headings import are_headings
from credrisk.sources.erp.sap_list import LOOKED_AT

__all__ = ["first_lines", "separated_rows"]

_MARKS = (";", ",")
_LONGEST = 1 << 16
"""Characters in which the record of the headings must end."""


def first_lines(text: str) -> Iterator[tuple[str, ...]]:
    """Return the cells of each of the first lines, split at semicolons and then at commas."""
    for mark in _MARKS:
        yield from (_split(record, mark) for _, record in _records(text))


def separated_rows(text: str, name: str) -> list[tuple[str, ...]] | None:
    """Return the rows of a list, those above the headings too; None where no line has its headings.

    Raises
    ------
    DataError
        When a quotation mark is never closed, or stray ones make one cell of several lines.
    """
    found = next(
        (
            (mark, place, start)
            for mark in _MARKS
            for place, (start, record) in enumerate(_records(text))
            if are_headings(_split(record, mark))
        ),
        None,
    )
    if found is None:
        return None
    mark, place, start = found
    above = [_split(record, mark) for _, record in islice(_records(text), place)]
    headings = _split(first_record(text[start : start + _LONGEST]), mark)
    cells = cells_of_text(text[start:], mark, name)
    rows: list[tuple[str, ...]] = [()] * cells.read
    numbers = cells.frame[LINE].to_list()
    for number, row in zip(numbers, cells.frame.drop(LINE).iter_rows(), strict=True):
        rows[number - 1] = tuple(cell or "" for cell in row)
    for number, line in cells.ragged:
        rows[number - 1] = _split(line, mark)
    return [*above, headings, *rows]


def _records(text: str) -> Iterator[tuple[int, str]]:
    """Return where each of the first lines begins, and its record: a heading in quotation marks may have two lines."""
    start = 0
    for _ in range(LOOKED_AT):
        if start >= len(text):
            return
        yield start, first_record(text[start : start + _LONGEST])
        ends = [end for mark in "\r\n" if (end := text.find(mark, start)) >= 0]
        if not ends:
            return
        start = min(ends) + (2 if text.startswith("\r\n", min(ends)) else 1)


def _split(record: str, mark: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader(io.StringIO(record, newline=""), delimiter=mark), [])
    except csv.Error:
        return ()
    return tuple(" ".join(cell.split()) for cell in cells)
