"""Text files of separated values: bounded, decoded, split; every cell text, every line accounted for."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.encodings import Encoding
from credrisk.ledger.findings import Finding
from credrisk.ledger.names import plain_name
from credrisk.ledger.quotation import LINE_END, swallowed_lines, swallowing_records
from credrisk.ledger.splitting import split_cells
from credrisk.ledger.text_files import TextFile, look_over

__all__ = [
    "RAGGED",
    "ROW",
    "SEPARATORS",
    "TextTable",
    "encoding_findings",
    "first_record",
    "read_delimited",
    "separator_line",
]

ROW = "_row"
"""Number of the data row in its source, counted from 1 below the header."""
RAGGED = "_ragged"
"""The whole line of a row that has more or fewer cells than the header, or is in another row's cell; else null."""

SEPARATORS = (",", ";", "\t", "|")
"""Marks that part cells, wherever a text is read; the first is taken where several fit alike."""
_LONGEST_HEADER = 1 << 20
_MOST_HEADER_LINES = 20
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_STATED = re.compile(r"\s*\"?sep=([,;\t|])\"?[,;\t|]*[ ]*(?:\r\n|\r|\n)", re.IGNORECASE)
_BEGINNING = 4096
_MOST_CONTROL = 0.05
"""Text holds next to no control characters; of random bytes they are a tenth."""


@dataclass(frozen=True)
class TextTable:
    """A text file as read: header, cells (all text, with :data:`ROW` and :data:`RAGGED`) and what was noticed."""

    header: list[str]
    frame: pl.DataFrame
    findings: list[Finding]


def read_delimited(
    path: Path, *, table: str, known: frozenset[str], max_line_bytes: int, packed: bool = False
) -> TextTable:
    """Read a CSV file, packed with gzip or not.

    Encodings: see :mod:`credrisk.ledger.text_files`. Separators: comma, semicolon, tab or bar, whichever splits the
    header into the most columns that the table knows (``known``, normalised names), then into the most columns. Lines
    without any cell are passed over; a line with more or fewer cells than the header is kept whole in :data:`RAGGED`,
    and so is every line that stray quotation marks put together with others into one cell.

    Parameters
    ----------
    packed
        Whether columns in which texts repeat may come as categories: a tenth of the memory in a large file.

    Raises
    ------
    DataError
        When the file is empty or not text, a line is longer than ``max_line_bytes`` (checked before anything is
        parsed), the packing is damaged, or a quotation mark is never closed or only after too many lines.
    """
    file = look_over(path, max_line_bytes)
    findings = encoding_findings(file.encoding, table, path.name)
    beginning = file.beginning
    stated = separator_line(beginning[:_BEGINNING].decode("utf-8", errors="ignore"))
    if stated:
        file = dataclasses.replace(file, skipped=1)
        beginning = file.beginning
    if not beginning.strip():
        raise DataError(
            f"the file {path.name} is empty.",
            table=table,
            remedy="export it again, with its header line; leave the file out if there is no such table.",
        )
    sample = beginning[:_BEGINNING]
    if len(_CONTROL.findall(sample)) > len(sample) * _MOST_CONTROL:
        raise DataError(
            f"the file {path.name} is not text.",
            table=table,
            remedy="export the table as CSV, or give a workbook its own suffix, such as .xlsx.",
        )
    separator, header = _split_header(beginning, known, stated)
    cells, ragged = split_cells(file, separator, len(header), table, packed)
    swallowed: dict[int, tuple[int, list[str]]] | None = {}
    if file.quoted:
        cells, records, swallowed = _without_swallowed(cells, [number for number, _ in ragged], file, separator)
    else:
        records = _records(cells, [number for number, _ in ragged])
    if swallowed is None:
        raise DataError(
            f"quotation marks in {path.name} put lines together into one cell; which lines could not be found.",
            table=table,
            remedy="close each quotation mark in its own line, or double it where it belongs to the text.",
        )
    if swallowed:
        findings.append(_swallowed_finding(swallowed, table, path.name))
    lines = [(number, LINE_END.split(line.rstrip("\r\n"))) for number, line in ragged]
    lines += [(number, held) for number, (_, held) in swallowed.items()]
    return TextTable(header, _numbered(cells, records, sorted(lines)), findings)


def encoding_findings(encoding: Encoding, table: str, name: str) -> list[Finding]:
    """Say where a file was not plain UTF-8, and what told so."""
    if encoding.plain:
        return []
    if encoding.name == "UTF-8":
        return [
            Finding(
                "warning",
                table,
                "stray_bytes",
                f"{name} is UTF-8 but for a few bytes, which were read as Windows-1252 ({encoding.evidence}).",
                encoding.stray,
                remedy="export it again in one encoding; until then look at the names with such letters.",
            )
        ]
    read = f"{name} is not UTF-8; it was read as {encoding.name}"
    return [Finding("note", table, "encoding", f"{read} ({encoding.evidence}).")]


def separator_line(text: str) -> str:
    """Return the separator that a text states in its first line, as Excel writes it (``sep=;``); empty without one."""
    found = _STATED.match(text)
    return found.group(1) if found else ""


def _split_header(text: bytes, known: frozenset[str], stated: str) -> tuple[str, list[str]]:
    first = first_record(text[:_LONGEST_HEADER].decode("utf-8", errors="ignore"))

    def columns(separator: str) -> list[str]:
        return next(csv.reader(io.StringIO(first, newline=""), delimiter=separator))

    def fit(separator: str) -> tuple[int, int, int]:
        names = columns(separator)
        return (sum(plain_name(name) in known for name in names), len(names), -SEPARATORS.index(separator))

    best = stated or max(SEPARATORS, key=fit)
    return best, columns(best)


def first_record(text: str) -> str:
    """Return the first line, and those after it into which a name in quotation marks runs on."""
    lines = LINE_END.split(text[:_LONGEST_HEADER], maxsplit=_MOST_HEADER_LINES)
    for count in range(1, min(len(lines), _MOST_HEADER_LINES) + 1):
        record = "\n".join(lines[:count])
        if record.count('"') % 2 == 0:
            return record
    return lines[0]


def _without_swallowed(
    cells: pl.DataFrame, ragged: list[int], file: TextFile, separator: str
) -> tuple[pl.DataFrame, np.ndarray, dict[int, tuple[int, list[str]]] | None]:
    """Take out the records that hold other lines of the file.

    Returns
    -------
    tuple
        The other cells, their record numbers, and by record number the first line and the lines of those taken out;
        None instead where the lines could not be found.
    """
    records = _records(cells, ragged)
    places = [place for place in swallowing_records(cells, separator) if records[place] > 0]
    if not places:
        return cells, records, {}
    try:
        found = list(swallowed_lines(file.text.decode("utf-8"), separator, cells.width))
    except csv.Error:
        found = []
    if len(found) != len(places):
        return cells, records, None
    swallowed = {int(records[place]) + 1: lines for place, lines in zip(places, found, strict=True)}
    kept = np.setdiff1d(np.arange(cells.height), places)
    return cells[kept], records[kept], swallowed


def _records(cells: pl.DataFrame, ragged: list[int]) -> np.ndarray:
    """Return the number of each row's record in the file, from 0; the ragged ones (from 1) are not among them."""
    off = np.array([number - 1 for number in ragged], dtype=np.int64)
    return np.delete(np.arange(cells.height + len(ragged), dtype=np.int64), off)


def _swallowed_finding(swallowed: dict[int, tuple[int, list[str]]], table: str, name: str) -> Finding:
    places = [f"{first} to {first + len(lines) - 1}" for first, lines in swallowed.values()]
    return Finding(
        "error",
        table,
        "swallowed_lines",
        f"in {name} a quotation mark puts lines together into one cell (lines {', '.join(places[:5])}"
        f"{', ...' if len(places) > 5 else ''}); each of them was set aside.",
        sum(len(lines) for _, lines in swallowed.values()),
        remedy="close the quotation mark in its own line, or double it where it belongs to the text.",
    )


def _numbered(cells: pl.DataFrame, records: np.ndarray, ragged: list[tuple[int, list[str]]]) -> pl.DataFrame:
    """Number the rows from 1 below the header, every line of the ragged records among them."""
    heights = np.ones(cells.height + len(ragged), dtype=np.int64)
    for number, lines in ragged:
        heights[number - 1] = len(lines)
    starts = np.cumsum(heights) - heights
    frame = cells.with_columns(pl.Series(ROW, starts[records]), pl.lit(None, pl.String).alias(RAGGED)).filter(
        pl.col(ROW) > 0
    )
    if ragged:
        lost = pl.DataFrame(
            [(int(starts[number - 1]) + place, line) for number, lines in ragged for place, line in enumerate(lines)],
            schema={ROW: pl.Int64, RAGGED: pl.String},
            orient="row",
        )
        frame = pl.concat([frame, lost.filter(pl.col(ROW) > 0)], how="diagonal").sort(ROW)
    return frame
