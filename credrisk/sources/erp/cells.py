"""A file of an export as a table of text cells, every line accounted for."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.delimited import SEPARATORS, first_record, separator_line
from credrisk.ledger.quotation import LINE_END, refuse_swallowed_lines

__all__ = ["LINE", "Cells", "cells_of_objects", "cells_of_text", "guess_separator", "header_of_text"]

LINE = "_line"
"""Number of the row in its file, counted from 1 below the header."""
_SMALLEST_BLOCK = 1 << 24
_BEGINNING = 4096
_LONGEST_HEADER = 1 << 17
_FIRST_LINE = re.compile(r"[^\r\n]*\S[^\r\n]*")


@dataclass(frozen=True)
class Cells:
    """A table as found.

    Attributes
    ----------
    header
        Column names without blanks around them; a name that is there again has its number behind it, one that is
        empty is ``column`` and its place.
    frame
        The columns under these names, all text, empty cells null, and :data:`LINE`. Rows without any value are not
        in it.
    blank
        Number of rows without any value.
    ragged
        Rows with more or fewer cells than the header: their number and their cells as they are. They are not in
        the frame.
    """

    header: tuple[str, ...]
    frame: pl.DataFrame
    blank: int = 0
    ragged: tuple[tuple[int, str], ...] = ()

    @property
    def read(self) -> int:
        """Rows below the header."""
        return self.frame.height + self.blank + len(self.ragged)

    @classmethod
    def of_lines(cls, lines: pl.DataFrame) -> Cells:
        """Return the table of a sheet: the first filled row is the header."""
        text = lines.select(_filled(pl.col(name)) for name in lines.columns)
        if text.is_empty():
            return cls((), pl.DataFrame(schema={LINE: pl.Int64}))
        full = text.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
        start = full.arg_max() if full.any() else None
        if start is None:
            return cls((), pl.DataFrame(schema={LINE: pl.Int64}), blank=text.height)
        kept = [name for name in text.columns if text[name][start:].null_count() < text.height - start]
        header = _names(text.select(kept).row(start))
        body = text.select(kept)[start + 1 :].rename(dict(zip(kept, header, strict=True)))
        return cls(header, *_without_blank(body))


def guess_separator(text: str) -> str:
    """Return the mark that the first line states (``sep=;``), else the one that splits it into the most cells."""
    stated = separator_line(text[:_BEGINNING])
    if stated:
        return stated
    start = _header_start(text)
    first = "" if start is None else first_record(text[start : start + _LONGEST_HEADER])
    return max(SEPARATORS, key=lambda mark: (len(_split(first, mark)), mark == ","))


def header_of_text(text: str, separator: str) -> tuple[str, ...]:
    """Return the names in the first filled line of a text, and in those into which a name in quotation marks runs on.

    A line that states the separator is none.
    """
    start = _header_start(text)
    return () if start is None else _names(_split(first_record(text[start : start + _LONGEST_HEADER]), separator))


def _header_start(text: str) -> int | None:
    first = _FIRST_LINE.search(text)
    if first and separator_line(text[:_BEGINNING]):
        first = _FIRST_LINE.search(text, first.end())
    return first.start() if first else None


def _split(record: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=separator), [])
    except csv.Error as refusal:
        raise DataError(f"the first line cannot be split into cells ({refusal}): {record[:40]!r} ...") from None


def cells_of_text(text: str, separator: str, name: str) -> Cells:
    """Split text into cells, its first filled line being the header.

    Raises
    ------
    DataError
        When a quotation mark is never closed, or stray ones make one cell of several lines.
    """
    start = _header_start(text)
    header = header_of_text(text, separator)
    if start is None:
        return Cells((), pl.DataFrame(schema={LINE: pl.Int64}))
    body = text[start:]
    _refuse_open_quote(body, separator, name)
    places = [str(place) for place in range(len(header))]
    parsed, odd = _parsed(body, separator, places, name)
    refuse_swallowed_lines(parsed, body, separator, name)
    _refuse_swallowing(odd, separator, name)
    off = np.array([number - 1 for number, _ in odd], dtype=np.int64)
    numbers = np.delete(np.arange(parsed.height + len(odd), dtype=np.int64), off)
    frame = parsed.with_columns(_filled(pl.all())).with_columns(pl.Series(LINE, numbers)).filter(pl.col(LINE) > 0)
    filled = frame.filter(pl.any_horizontal(pl.exclude(LINE).is_not_null()))
    ragged = tuple((number - 1, line) for number, line in odd if line.strip(f"{separator} \t\r\n"))
    blank = frame.height - filled.height + len(odd) - len(ragged)
    return Cells(header, filled.rename(dict(zip(places, header, strict=True))), blank, ragged)


def _parsed(text: str, separator: str, places: list[str], name: str) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Split into text cells; records that have not the header's number of cells come back as (record, line)."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    odd: list[tuple[int, str]] = []

    def keep_line(row: arrow_csv.InvalidRow) -> str:
        odd.append((row.number, row.text))
        return "skip"

    raw = text.encode("utf-8", errors="replace")
    block = max(_SMALLEST_BLOCK, len(raw) if '"' in text else 0)
    try:
        parsed = arrow_csv.read_csv(
            io.BytesIO(raw),
            read_options=arrow_csv.ReadOptions(use_threads=False, column_names=places, block_size=min(block, 2**30)),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep_line
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.large_string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as refusal:
        raise DataError(f"{name} cannot be split into cells ({str(refusal).splitlines()[0]}).") from None
    return pl.DataFrame(pl.from_arrow(parsed), schema=dict.fromkeys(places, pl.String)), odd


def _refuse_open_quote(text: str, separator: str, name: str) -> None:
    """A quotation mark that is never closed would make one cell of the rest of the file."""
    if text.count('"') % 2 == 0:
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error as refusal:
        raise DataError(
            f"line {reader.line_num} of {name} cannot be split into cells ({refusal}).",
            remedy="close each quotation mark in its own line, or double it where it belongs to the text.",
        ) from None


def _refuse_swallowing(odd: list[tuple[int, str]], separator: str, name: str) -> None:
    """A record of several lines with too many or too few cells is lines that a quotation mark puts together."""
    for number, line in odd:
        lines = line.rstrip("\r\n").splitlines()
        if len(lines) > 1:
            raise DataError(
                f"row {number - 1} of {name} would be {len(lines):,} lines in one, with another number of cells than "
                f"the header: {lines[0][:60]!r} ...",
                remedy="close each quotation mark in its own line, or double it where it belongs to the text.",
            )


def cells_of_objects(objects: Iterable[Mapping[str, Any]]) -> Cells:
    """Return JSON objects as a table: numbers and truth values as JSON writes them, nested values as JSON text."""
    rows = list(objects)
    header = tuple(dict.fromkeys(key for one in rows for key in one))
    frame = pl.DataFrame(
        [pl.Series(key, [_as_text(one.get(key)) for one in rows], dtype=pl.String) for key in header]
    ).with_columns(_filled(pl.all()))
    return Cells(header, *_without_blank(frame))


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _filled(column: pl.Expr) -> pl.Expr:
    text = column.cast(pl.String).str.replace_all("\u00a0", " ", literal=True).str.strip_chars()
    return pl.when(text != "").then(text)


def _names(cells: Iterable[str | None]) -> tuple[str, ...]:
    names: list[str] = []
    seen: dict[str, int] = {}
    for place, cell in enumerate(cells, start=1):
        name = LINE_END.sub(" ", (cell or "").replace("\u00a0", " ").strip()) or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return tuple(names)


def _without_blank(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    numbered = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE))
    if not frame.width:
        return numbered, 0
    kept = numbered.filter(pl.any_horizontal(pl.exclude(LINE).is_not_null()))
    return kept, numbered.height - kept.height
