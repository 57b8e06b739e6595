"""Text files of separated values: bounded, decoded, split; every cell text, every line accounted for."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Finding
from credrisk.ledger.names import plain_name
from credrisk.ledger.quotation import LINE_END, swallowed_lines, swallowing_records

__all__ = ["RAGGED", "ROW", "TextTable", "bounded_bytes", "read_delimited"]

ROW = "_row"
"""Number of the data row in its source, counted from 1 below the header."""
RAGGED = "_ragged"
"""The whole line of a row that has more or fewer cells than the header, or is in another row's cell; else null."""

SEPARATORS = (",", ";", "\t", "|")
_CHUNK = 1 << 20
_FIRST_LINE = re.compile(rb"[^\r\n]*[^\s][^\r\n]*")
_SMALLEST_BLOCK = 1 << 24
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_BEGINNING = 4096
_MOST_CONTROL = 0.05
"""Text holds next to no control characters; of random bytes they are a tenth."""


@dataclass(frozen=True)
class TextTable:
    """A text file as read: header, cells (all text, with :data:`ROW` and :data:`RAGGED`) and what was noticed."""

    header: list[str]
    frame: pl.DataFrame
    findings: list[Finding]


def read_delimited(path: Path, *, table: str, known: frozenset[str], max_line_bytes: int) -> TextTable:
    """Read a CSV file, packed with gzip or not.

    Encodings: UTF-8, UTF-16, else Windows-1252, else Latin-1. Separators: comma, semicolon, tab or bar, whichever
    splits the header into the most columns that the table knows (``known``, normalised names), then into the most
    columns. Lines without any cell are passed over; a line with more or fewer cells than the header is kept whole in
    :data:`RAGGED`, and so is every line that stray quotation marks put together with others into one cell.

    Raises
    ------
    DataError
        When the file is empty or not text, a line is longer than ``max_line_bytes`` (checked before anything is
        parsed), the packing is damaged, or a quotation mark is never closed or only after too many lines.
    """
    raw = bounded_bytes(path, max_line_bytes)
    text, findings = _as_utf8(raw, table, path.name)
    if not text.strip():
        raise DataError(
            f"the file {path.name} is empty.",
            table=table,
            remedy="export it again, with its header line; leave the file out if there is no such table.",
        )
    beginning = text[:_BEGINNING]
    if len(_CONTROL.findall(beginning)) > len(beginning) * _MOST_CONTROL:
        raise DataError(
            f"the file {path.name} is not text.",
            table=table,
            remedy="export the table as CSV, or give a workbook its own suffix, such as .xlsx.",
        )
    separator, header = _split_header(text, known)
    cells, ragged = _cells(text, separator, len(header), table, path.name)
    cells, records, swallowed = _without_swallowed(cells, [number for number, _ in ragged], text, separator)
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


def bounded_bytes(path: Path, bound: int) -> bytes:
    """Read a file, unpacking gzip, piece by piece: it stops at the first line beyond the bound and holds nothing huge.

    Raises
    ------
    DataError
        When a line is longer than ``bound``, the packing is damaged or the file cannot be read.
    """
    chunks: list[bytes] = []
    open_length = 0
    lines_before = 0
    packed = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                codes = np.frombuffer(chunk, dtype=np.uint8)
                ends = np.flatnonzero((codes == 10) | (codes == 13))
                lengths = np.diff(np.concatenate(([-1 - open_length], ends, [codes.size]))) - 1
                too_long = np.flatnonzero(lengths > bound)
                if too_long.size:
                    line = lines_before + int(np.count_nonzero(codes[: _start(ends, too_long[0])] == 10)) + 1
                    raise DataError(
                        f"line {line} of {path.name} is longer than {bound:,} bytes; nothing was parsed.",
                        remedy="check that the file has line ends and closed quotation marks, or raise max_line_bytes.",
                    )
                lines_before += int(np.count_nonzero(codes == 10))
                open_length = int(lengths[-1])
                chunks.append(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as damage:
        raise DataError(f"the file {path.name} is no whole gzip file ({damage}).", remedy="copy it again.") from None
    except OSError as refusal:
        raise DataError(f"the file {path.name} cannot be read ({refusal.strerror or refusal}).") from None
    return b"".join(chunks)


def _start(ends: np.ndarray, line: np.int64) -> int:
    return int(ends[line - 1]) + 1 if line else 0


def _as_utf8(raw: bytes, table: str, name: str) -> tuple[bytes, list[Finding]]:
    """Decode by the declared order and say so where it was not plain UTF-8."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, text = "UTF-16", raw.decode("utf-16", errors="replace")
    elif b"\0" in raw[:4096] and raw[:4096].count(b"\0") >= len(raw[:4096]) // 3:
        little = raw[1:2] == b"\0"
        encoding, text = "UTF-16", raw.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    else:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            try:
                encoding, text = "Windows-1252", raw.decode("cp1252")
            except UnicodeDecodeError:
                encoding, text = "Latin-1", raw.decode("latin-1")
        else:
            return raw.removeprefix(b"\xef\xbb\xbf"), []
    note = Finding("note", table, "encoding", f"{name} is not UTF-8; it was read as {encoding}.")
    return text.encode("utf-8"), [note]


def _split_header(text: bytes, known: frozenset[str]) -> tuple[str, list[str]]:
    found = _FIRST_LINE.search(text)
    first = found.group().decode("utf-8") if found else ""

    def columns(separator: str) -> list[str]:
        return next(csv.reader([first], delimiter=separator))

    def fit(separator: str) -> tuple[int, int, int]:
        names = columns(separator)
        return (sum(plain_name(name) in known for name in names), len(names), -SEPARATORS.index(separator))

    best = max(SEPARATORS, key=fit)
    return best, columns(best)


def _cells(
    text: bytes, separator: str, width: int, table: str, name: str
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Split into text cells; what does not have the header's number of cells comes back as (record, line)."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    ragged: list[tuple[int, str]] = []

    def keep_line(row: arrow_csv.InvalidRow) -> str:
        ragged.append((row.number, row.text))
        return "skip"

    names = [str(position) for position in range(width)]
    longest = max(_SMALLEST_BLOCK, len(text) if text.count(b'"') else 0)
    try:
        parsed = arrow_csv.read_csv(
            io.BytesIO(text),
            read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=min(longest, 2**30)),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=keep_line
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as refusal:
        raise DataError(f"the file {name} cannot be split into cells ({refusal}).", table=table) from None
    cells = pl.DataFrame(pl.from_arrow(parsed), schema=dict.fromkeys(names, pl.String))
    _refuse_open_quote(text, cells, ragged, table, name)
    return cells, ragged


def _refuse_open_quote(text: bytes, cells: pl.DataFrame, ragged: list[tuple[int, str]], table: str, name: str) -> None:
    """An unclosed quotation mark would swallow the rest of the file into one cell: refuse rather than lose rows."""
    if text.count(b'"') % 2 == 0:
        return
    swallowed = [line for _, line in ragged[-1:] if line.count('"') % 2 and "\n" in line.rstrip("\r\n")]
    swallowed += [cell for cell in cells.row(-1) if "\n" in cell or "\r" in cell] if cells.height else []
    if swallowed:
        raise DataError(
            f"a quotation mark in {name} is opened and never closed; the rest of the file would be one cell.",
            table=table,
            ids=(swallowed[0][:40].replace("\n", " "),),
            remedy="close the quotation mark, or double it where it belongs to the text.",
        )


def _without_swallowed(
    cells: pl.DataFrame, ragged: list[int], text: bytes, separator: str
) -> tuple[pl.DataFrame, np.ndarray, dict[int, tuple[int, list[str]]] | None]:
    """Take out the records that hold other lines of the file.

    Returns
    -------
    tuple
        The other cells, their record numbers, and by record number the first line and the lines of those taken out;
        None instead where the lines could not be found.
    """
    off = np.array([number - 1 for number in ragged], dtype=np.int64)
    records = np.delete(np.arange(cells.height + len(ragged), dtype=np.int64), off)
    places = [place for place in swallowing_records(cells, separator) if records[place] > 0]
    if not places:
        return cells, records, {}
    try:
        found = list(swallowed_lines(text.decode("utf-8"), separator, cells.width))
    except csv.Error:
        found = []
    if len(found) != len(places):
        return cells, records, None
    swallowed = {int(records[place]) + 1: lines for place, lines in zip(places, found, strict=True)}
    kept = np.setdiff1d(np.arange(cells.height), places)
    return cells[kept], records[kept], swallowed


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
