"""The files of an unknown export as tables: encoding, separator and header row are told from their bytes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.delimited import SEPARATORS, separator_line
from credrisk.ledger.encodings import decode
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.ledger.no_table import refuse_no_table
from credrisk.ledger.packing import hold_workbook
from credrisk.ledger.quotation import LINE_END
from credrisk.ledger.text_files import bounded_bytes
from credrisk.sources.mapping_read import EXCEL, PARQUET, SAVE_AGAIN, TABLE_SUFFIXES, read_export, refuse_without_rows
from credrisk.sources.mapping_rules import SourceFile
from credrisk.sources.wizard.words import SURE_FROM, plain, role_scores

__all__ = ["SourceTable", "read_tables"]

MAX_LINE_BYTES = 1_000_000
LINES_LOOKED_AT = 40
LOOKED_AT = 1 << 20
_FEWEST_COLUMNS = 2


@dataclass(frozen=True)
class SourceTable:
    """One file of the export, read as the mapping will read it.

    Attributes
    ----------
    file
        How it is read: what the mapping says under ``[files]``.
    frame
        Its columns: text of a CSV, the types they have of a workbook or Parquet file.
    notes
        What was decided about the file, in words.
    above
        By column, what stands over its name where the header has two lines: ``Invoice`` over ``Number`` and ``Date``.
    lead
        The cells of the lines above the header.
    """

    file: SourceFile
    frame: pl.DataFrame
    notes: tuple[str, ...] = field(default=())
    above: Mapping[str, str] = field(default_factory=dict)
    lead: tuple[tuple[str, ...], ...] = ()

    @property
    def key(self) -> str:
        """Its name in the mapping."""
        return self.file.key

    @property
    def typed(self) -> bool:
        """Whether cells have types: it is a workbook or a Parquet file."""
        return any(dtype != pl.String for dtype in self.frame.dtypes)


def read_tables(source: Path) -> list[SourceTable]:
    """Return the tables of a file, or of the files of a folder, sorted by name; a workbook gives one for each sheet.

    Raises
    ------
    ParameterError
        When there is nothing that could be a table.
    DataError
        When a file cannot be read.
    """
    if not source.exists():
        raise ParameterError("source", "a file or folder that is there", str(source))
    places = sorted(path for path in source.iterdir() if path.is_file()) if source.is_dir() else [source]
    tables: list[SourceTable] = []
    without_rows: list[str] = []
    keys: set[str] = set()
    for path in places:
        if path.name.startswith((".", "~$")) or _suffix(path) not in TABLE_SUFFIXES:
            continue
        for sheet in _sheets(path):
            key = _key(path, sheet, keys)
            keys.add(key)
            table = _table(path, sheet, key)
            if table.frame.is_empty():
                without_rows.append(path.name if sheet is None else f"{path.name} ({sheet})")
            elif table.frame.width >= _FEWEST_COLUMNS:
                tables.append(table)
    if not tables and without_rows:
        refuse_without_rows(without_rows)
    if not tables:
        raise ParameterError(
            "source",
            "a table (.csv, .tsv, .txt, also .gz; .xlsx, .parquet) with a header and rows, or a folder or zip of some",
            str(source),
            remedy="unpack a .7z, .rar or .tar first; credrisk import reads JSON and XML of known systems without a "
            "mapping.",
        )
    return tables


def _suffix(path: Path) -> str:
    return Path(re.sub(r"\.gz$", "", path.name, flags=re.IGNORECASE)).suffix.lower()


def _sheets(path: Path) -> list[str | None]:
    if _suffix(path) not in EXCEL:
        return [None]
    import fastexcel

    hold_workbook(path, path.name)
    try:
        with panics_as_errors(path.name):
            names = fastexcel.read_excel(path).sheet_names
    except fastexcel.FastExcelError as error:
        first_line = str(error).partition("\n")[0]
        raise DataError(f"{path.name} cannot be read ({first_line}).", remedy=f"{SAVE_AGAIN}.") from None
    return [names[0] if len(names) == 1 else name for name in names] if len(names) > 1 else [None]


def _key(path: Path, sheet: str | None, taken: set[str]) -> str:
    name = plain(sheet or re.sub(r"(\.gz|\.[a-z]+)$", "", re.sub(r"\.gz$", "", path.name.lower()))).replace(" ", "_")
    key, number = name or "export", 1
    while key in taken:
        number += 1
        key = f"{name}_{number}"
    return key


def _table(path: Path, sheet: str | None, key: str) -> SourceTable:
    """Return the table, as far as it has rows."""
    notes: list[str] = []
    groups: list[str] = []
    lead: list[list[str]] = []
    if _suffix(path) in PARQUET:
        file = SourceFile(key, path.name)
    elif _suffix(path) in EXCEL:
        lines = _sheet_lines(path, sheet)
        header = _header_row(lines)
        groups, lead = _groups(lines, header), lines[:header]
        file = SourceFile(key, path.name, sheet=sheet, skip_rows=header)
    else:
        file, groups, lead = _text_file(path, key, notes)
    if file.skip_rows:
        notes.append(f"the header is in line {file.skip_rows + 1}; {file.skip_rows} lines above it are passed over")
    if groups:
        named = ", ".join(dict.fromkeys(group for group in groups if group))
        notes.append(f"the line above the header says what its columns are about: {named}")
    frame = read_export(file, path, max_line_bytes=MAX_LINE_BYTES)
    above = dict(zip(frame.columns, groups, strict=False))
    return SourceTable(file, frame, tuple(notes), above, tuple(map(tuple, lead)))


def _text_file(path: Path, key: str, notes: list[str]) -> tuple[SourceFile, list[str], list[list[str]]]:
    """Return how a text is read, what stands over each name of its header, and the lines above that."""
    raw = bounded_bytes(path, MAX_LINE_BYTES)
    refuse_no_table(raw, path.name)
    text, encoding = decode(raw)
    code = "utf-8-sig" if encoding.name == "UTF-8" else encoding.codec
    if not encoding.plain:
        notes.append(f"the encoding is {encoding.name} ({encoding.evidence})")
    lines = LINE_END.split(text[:LOOKED_AT])[:LINES_LOOKED_AT]
    stated = separator_line(text[:LOOKED_AT])
    separator = stated or max(SEPARATORS, key=lambda mark: (_even_width(lines, mark), mark == ","))
    if separator != ",":
        notes.append(f"cells are parted by {'tabs' if separator == chr(9) else separator!r}")
    starts, rows = _records(lines, separator)
    header = _header_row(rows)
    file = SourceFile(key, path.name, separator, code, skip_rows=starts[header] if rows else 0)
    return file, _groups(rows, header), rows[:header]


def _even_width(lines: Sequence[str], mark: str) -> int:
    """Return into how many cells most lines are split by a mark, weighted with the number of such lines."""
    widths = [len(_cells(line, mark)) for line in lines if line.strip()]
    usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
    return (usual - 1) * widths.count(usual)


def _records(lines: Sequence[str], mark: str) -> tuple[list[int], list[list[str]]]:
    """Return the rows that lines make, and in which line each begins: a name in a header may run over several."""
    starts, rows = [], []
    start = 0
    while start < len(lines):
        end = start + 1
        while end < len(lines) and "\n".join(lines[start:end]).count('"') % 2:
            end += 1
        if "\n".join(lines[start:end]).count('"') % 2:
            end = start + 1
        starts.append(start)
        rows.append(_cells("\n".join(lines[start:end]), mark))
        start = end
    return starts, rows


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=mark), [])
    except csv.Error:  # a cell beyond what the parser takes
        return [line]


def _sheet_lines(path: Path, sheet: str | None) -> list[list[str]]:
    import fastexcel

    with panics_as_errors(path.name):
        book = fastexcel.read_excel(path)
        loaded = book.load_sheet(sheet or book.sheet_names[0], header_row=None, n_rows=LINES_LOOKED_AT, dtypes="string")
        frame = pl.DataFrame(loaded)
    return [[cell or "" for cell in row] for row in frame.rows()]


def _header_row(rows: Sequence[Sequence[str]]) -> int:
    """Return the line of the header: the first with the most cells of known names, else the first full one."""
    known = [sum(max(role_scores(cell).values(), default=0) >= SURE_FROM for cell in row) for row in rows]
    if max(known, default=0) >= _FEWEST_COLUMNS:
        return known.index(max(known))
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    return filled.index(max(filled)) if filled else 0


def _groups(rows: Sequence[Sequence[str]], header: int) -> list[str]:
    """Return what stands over each name of the header: a line of a few words, each over the columns to its right.

    Empty where the line above is none: a title is one cell alone, and dates or numbers belong to no header.
    """
    if not header:
        return []
    cells = [cell.strip() for cell in rows[header - 1]]
    filled = [cell for cell in cells if cell]
    names = sum(bool(cell.strip()) for cell in rows[header])
    labelled = any(":" in cell for cell in filled[:1])  # Customer: and so on says whose the lines below are
    if (
        labelled
        or not _FEWEST_COLUMNS <= len(filled) < names
        or any(letter.isdigit() for cell in filled for letter in cell)
    ):
        return []
    groups, current = [], ""
    for cell in cells:
        current = cell or current
        groups.append(current)
    return groups
