"""Exports on disk as frames: CSV (also gzipped), Excel and Parquet, with nothing guessed about the values.

A CSV is read as text throughout, so that ids keep their leading zeros; Excel and Parquet keep the types they have.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.encodings import decode
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.ledger.no_table import refuse_no_table
from credrisk.ledger.packing import hold_workbook
from credrisk.ledger.quotation import LINE_END, refuse_swallowed_lines
from credrisk.ledger.text_files import bounded_bytes
from credrisk.sources.mapping_headings import heading_above, with_headings
from credrisk.sources.mapping_rules import SourceFile, near_misses
from credrisk.sources.mapping_types_in_words import with_types_in_words

__all__ = ["find_files", "read_export", "refuse_without_rows"]

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".pq")
EXCEL = (".xlsx", ".xls", ".xlsb", ".ods")
PARQUET = (".parquet", ".pq")
SAVE_AGAIN = "open it in a spreadsheet program, save it as .xlsx without a password, and try again"
"""What to do with a workbook that is locked or damaged; the reader cannot tell the two apart."""
_NO_HEADER = re.compile(r"^\s*$|^_duplicated_\d+$|^__UNNAMED__\d+$")
"""What the readers call a column without a header."""
_QUOTES = "close each quotation mark in its own line, or double it where it belongs to the text"


def find_files(file: SourceFile, folder: Path, name: str) -> list[Path]:
    """Return the files that a source file of the mapping stands for, sorted by name.

    Raises
    ------
    ParameterError
        When there is none (the message lists the tables found in the folder), or the path leads out of the folder,
        also by a link.
    """
    if not folder.is_dir():
        raise ParameterError("source", "a file or folder that is there", str(folder), remedy="check the path.")
    place, inside = f"{name}: files.{file.key}.path", folder.resolve()
    try:
        found = sorted(path for path in folder.glob(file.path) if path.is_file())
    except (ValueError, NotImplementedError):  # an absolute path, or none
        raise ParameterError(place, f"a name inside the folder {inside.name}", file.path) from None
    outside = [path for path in found if not path.resolve().is_relative_to(inside)]
    if outside:
        linked = f"{outside[0].name} is a link that leads out of it; copy the file in."
        remedy = linked if outside[0].is_symlink() else ""
        raise ParameterError(place, f"a name inside the folder {inside.name}", file.path, remedy=remedy)
    if not found:
        there = sorted(path.name for path in folder.iterdir() if _suffix(path) in TABLE_SUFFIXES)
        rule = f"a file in {inside.name} ({', '.join(there) or 'which holds no table'})"
        raise ParameterError(place, rule + near_misses(file.path, there), file.path)
    return found


def refuse_without_rows(names: Sequence[str]) -> NoReturn:
    """Refuse an export of which no file has a row.

    Raises
    ------
    DataError
        With the names of the files.
    """
    raise DataError(
        f"there are no rows under the header of {', '.join(names)}.",
        remedy="export it again with its rows; a filter or an empty period may have left them out.",
    )


def read_export(file: SourceFile, path: Path, *, max_line_bytes: int) -> pl.DataFrame:
    """Read one export; wholly blank rows are still in it.

    Raises
    ------
    DataError
        When the file is empty, has a line beyond the bound, is not in the stated encoding, cannot be parsed, or
        quotation marks put several of its lines together into one cell.
    """
    try:
        with panics_as_errors(path.name):
            frame = _named(_read(file, path, max_line_bytes))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        first_line = str(error).partition("\n")[0]
        _fail(path, f"cannot be read ({first_line})", "look at the file, and at separator and skip_rows in the mapping")
    return _with_types(_with_headings(frame, file, path, max_line_bytes), file)


def _read(file: SourceFile, path: Path, max_line_bytes: int) -> pl.DataFrame:
    suffix = _suffix(path)
    if suffix in EXCEL:
        return _read_excel(file, path)
    if suffix in PARQUET:
        return pl.read_parquet(path, glob=False)
    return _read_csv(file, path, max_line_bytes)


def _with_headings(frame: pl.DataFrame, file: SourceFile, path: Path, max_line_bytes: int) -> pl.DataFrame:
    rule = file.headings
    if rule is None:
        return frame
    place = f"files.{file.key}.headings"
    if rule.column not in frame.columns:
        there = f"a column of the file, which has {', '.join(frame.columns)}{near_misses(rule.column, frame.columns)}"
        raise ParameterError(f"{place}.column", there, rule.column)
    if rule.into in frame.columns:
        raise ParameterError(f"{place}.into", "a name that no column of the file has", rule.into)
    lead = _lines_above(file, path, max_line_bytes) if rule.after and file.skip_rows else []
    return with_headings(frame, rule, above=heading_above(lead, frame.columns, rule))


def _lines_above(file: SourceFile, path: Path, max_line_bytes: int) -> list[list[str]]:
    """Return the cells of the lines above the header."""
    if _suffix(path) in EXCEL:
        import fastexcel

        book = fastexcel.read_excel(path)
        sheet = file.sheet if file.sheet is not None else book.sheet_names[0]
        loaded = book.load_sheet(sheet, header_row=None, n_rows=file.skip_rows, dtypes="string")
        return [[cell or "" for cell in row] for row in pl.DataFrame(loaded).rows()]
    text = bounded_bytes(path, max_line_bytes).decode(file.encoding)
    lines = LINE_END.split(text)[: file.skip_rows]
    return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=file.separator))


def _with_types(frame: pl.DataFrame, file: SourceFile) -> pl.DataFrame:
    for number, rule in enumerate(file.types_in_words):
        place = f"files.{file.key}.types_in_words[{number + 1}]"
        for name, column in (("column", rule.column), ("by", rule.by)):
            if column not in frame.columns:
                there = (
                    f"a column of the file, which has {', '.join(frame.columns)}{near_misses(column, frame.columns)}"
                )
                raise ParameterError(f"{place}.{name}", there, column)
        frame = with_types_in_words(frame, rule)
    return frame


def _read_csv(file: SourceFile, path: Path, max_line_bytes: int) -> pl.DataFrame:
    raw = bounded_bytes(path, max_line_bytes)
    refuse_no_table(raw, path.name)
    try:
        text = raw.decode(file.encoding)
    except UnicodeDecodeError as error:
        told = decode(raw)[1]
        remedy = f"state 'encoding' in the mapping, perhaps {told.codec!r}"
        if told.stray:
            remedy = "export it again in one encoding"
        _fail(path, f"is not in {file.encoding} (byte {error.start:,}; {told.evidence})", remedy)
    if "\n" not in text:
        text = text.replace("\r", "\n")  # line ends of old Macintosh programs
    if not text.strip():
        _fail(path, "is empty", "export it again")
    try:
        frame = pl.read_csv(
            text.encode("utf-8"), separator=file.separator, infer_schema=False, skip_lines=file.skip_rows, eol_char="\n"
        )
    except pl.exceptions.ComputeError:
        if text.count('"') % 2:
            _fail(path, "cannot be read: a quotation mark is opened and never closed", _QUOTES)
        line = _first_long_line(text, file)
        if line is None:
            raise
        _fail(path, f"has more fields in line {line:,} than its header", "mend that line, often a stray separator")
    refuse_swallowed_lines(frame, text, file.separator, path.name)
    return frame


def _first_long_line(text: str, file: SourceFile) -> int | None:
    rows = csv.reader(io.StringIO(text), delimiter=file.separator)
    with contextlib.suppress(csv.Error, StopIteration):
        for _ in range(file.skip_rows):
            next(rows)
        fields = len(next(rows))
        return next(rows.line_num for row in rows if len(row) > fields)
    return None


def _read_excel(file: SourceFile, path: Path) -> pl.DataFrame:
    import fastexcel

    hold_workbook(path, path.name)
    try:
        book = fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        first_line = str(error).partition("\n")[0]
        _fail(path, f"cannot be read ({first_line})", SAVE_AGAIN)
    sheet = file.sheet if file.sheet is not None else book.sheet_names[0]
    if sheet not in book.sheet_names:
        remedy = f"choose 'sheet' from {', '.join(book.sheet_names)}{near_misses(sheet, book.sheet_names)}"
        _fail(path, f"has no sheet {sheet!r}", remedy)
    loaded = book.load_sheet(sheet, header_row=file.skip_rows, schema_sample_rows=None)
    return pl.DataFrame(loaded)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns by their headers without blanks around; one without a header by its place, ``column 1``."""
    names = {name: name.strip() for name in frame.columns}
    for place, name in enumerate(frame.columns, start=1):
        if _NO_HEADER.match(name) and (named := f"column {place}") not in names.values():
            names[name] = named
    return frame.rename(names)


def _suffix(path: Path) -> str:
    return Path(re.sub(r"\.gz$", "", path.name, flags=re.IGNORECASE)).suffix.lower()


def _fail(path: Path, problem: str, remedy: str) -> NoReturn:
    raise DataError(f"{path.name} {problem}.", remedy=remedy)
