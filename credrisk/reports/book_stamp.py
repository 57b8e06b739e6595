"""The hidden sheet that says what a workbook was made from and what its rows were, so that edits can be taken back."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from credrisk.decisions.decision_chain import fingerprint_of
from credrisk.decisions.limit_record import SHOWN, inputs_of
from credrisk.decisions.pack_edits import PackStamp
from credrisk.errors import DataError
from credrisk.reports.book import Book as PackBook
from credrisk.reports.cell_reader import plain_text
from credrisk.reports.column import Column, Kind
from credrisk.reports.edit_columns import LIMIT_DECISION, LOGGED
from credrisk.reports.sheet_cells import Cells
from credrisk.reports.sheets import Book, Table
from credrisk.reports.views import NUMERIC, as_text

__all__ = ["FORMULA", "STAMP_SHEET", "Marked", "ReadStamp", "mark_of", "read_stamp", "write_stamp"]

STAMP_SHEET = "Stamp"
FORMAT = "2"
NOT_FOR_PEOPLE = "Made by credrisk and read by credrisk apply. Not to be changed."
WIDTH_OF_MARK = 4
"""Digits of a mark: it tells a changed cell from one that was not, and guards against nobody."""
DECIMALS_READ = 9
"""Decimals with which the reader of workbooks gives a number back."""
FORMULA = "="
"""What is marked of a cell that holds a formula: its value follows other cells, and the filter."""
ROW_FACTS = ("current_limit", "recommended_limit", *SHOWN)
DECIDED = tuple(column.name for column in (LOGGED, *LIMIT_DECISION))
_TABLE = ("sheet", "customer_id", "facts", "marks")
_ANOTHER = "make the pack again with credrisk report, and enter the edits there."


@dataclass(frozen=True)
class Marked:
    """A column whose cells are marked; ``formulas`` where any of them is one."""

    heading: str
    kind: Kind
    formulas: bool


@dataclass(frozen=True)
class ReadStamp:
    """The stamp of a workbook that came back.

    Attributes
    ----------
    stamp
        What it was made from, and what its rows rest on.
    columns
        By sheet the columns that nobody is asked to change.
    marks
        By sheet and customer the mark of each of these cells, in their order; by number of the row on sheets in which
        nothing is filled in.
    worklist
        By customer the action and the collector of the list.
    """

    stamp: PackStamp
    columns: Mapping[str, tuple[Marked, ...]]
    marks: Mapping[str, Mapping[str, tuple[str, ...]]]
    worklist: Mapping[str, Mapping[str, Any]]


def write_stamp(
    book: Book, pack: PackBook, tables: Sequence[Table], entries: Iterable[str], others: Sequence[Table]
) -> None:
    """Write the sheet: what the pack was made from, and of each row of ``tables`` its facts and the marks of its cells.

    Parameters
    ----------
    tables
        Limits, Queue and Worklist as they were written.
    entries
        Names of the columns that people fill in; they have no marks.
    others
        The other sheets as they were written, of which the marks alone are kept.
    """
    sheet = book.file.add_worksheet(STAMP_SHEET)
    filled_in = frozenset(entries)
    lines: list[tuple[str, ...]] = [("credrisk pack", NOT_FOR_PEOPLE), ("format", FORMAT)]
    lines += [("as_of", pack.as_of.isoformat()), ("currency", pack.currency)]
    lines += [(f"made from {name}", value) for name, value in sorted(pack.stamp.items())]
    kept = {table.sheet: [one for one in table.columns if one.name not in filled_in] for table in (*tables, *others)}
    lines += [
        (
            f"columns {table.sheet}",
            json.dumps([(c.heading, c.kind, c.name in table.formulas) for c in kept[table.sheet]]),
        )
        for table in (*tables, *others)
    ]
    lines.append(_TABLE)
    for table in tables:
        if "customer_id" in table.frame.columns:
            facts = [(row["customer_id"], _facts(table.key, row)) for row in table.frame.iter_rows(named=True)]
            lines += _rows(table, kept[table.sheet], facts)
    for table in others:
        lines += _rows(table, kept[table.sheet], [(str(place), {}) for place in range(table.frame.height)])
    for row, line in enumerate([*lines, ("seal", _seal(lines))]):
        for place, text in enumerate(line):
            sheet.write_string(row, place, text)
    sheet.hide()


def read_stamp(cells: Cells, name: str) -> ReadStamp:
    """Return what the hidden sheet of the workbook ``name`` says.

    Raises
    ------
    DataError
        When it is not as it was written.
    """
    lines = [tuple(text for text in map(plain_text, row)) for row in cells]
    lines = [_without_end(line) for line in lines if any(line)]
    try:
        if lines[-1] != ("seal", _seal(lines[:-1])):
            raise ValueError
        start = lines.index(_TABLE)
        pairs = dict(line for line in lines[:start] if len(line) == 2)
        rows = [(*line, "", "", "")[:4] for line in lines[start + 1 : -1]]
        if pairs["format"] != FORMAT:
            problem = f"{name} was written by another version of credrisk."
            raise DataError(problem, remedy=_ANOTHER)
        return _stamp_of(pairs, rows)
    except (IndexError, KeyError, ValueError) as wrong:
        if isinstance(wrong, DataError):
            raise
        raise DataError(
            f"the hidden sheet {STAMP_SHEET} of {name} is not as it was written.", remedy=_ANOTHER
        ) from None


def mark_of(text: str, kind: Kind) -> str:
    """Return the mark of a cell as it is read back: the same for the same value however a program stores it."""
    return f"{zlib.crc32(_canonical(text, kind).encode('utf-8')) & 0xFFFF:04x}"


def _rows(
    table: Table, columns: Sequence[Column], facts: Sequence[tuple[str, Mapping[str, Any]]]
) -> Iterable[tuple[str, ...]]:
    """Return a line for each row: its sheet, whose it is, what an entry needs of it, and the marks of its cells."""
    for place, ((whose, told), row) in enumerate(zip(facts, table.frame.iter_rows(named=True), strict=True)):
        live = frozenset() if place in table.as_values else table.formulas.keys()
        marks = [
            mark_of(FORMULA, "text")
            if column.name in live and row[column.name] is not None
            else mark_of(_shown(row[column.name], column.kind), column.kind)
            for column in columns
        ]
        yield table.sheet, whose, json.dumps(told), "".join(marks)


def _facts(key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry of the log needs of the row."""
    if key == "pack_limits":
        held = {name: row.get(name) for name in ROW_FACTS}
        own = {name: _or_none(value) for name, value in row.items() if name not in DECIDED}
        return {**{name: _or_none(value) for name, value in held.items()}, "inputs": inputs_of(own)}
    if key == "pack_queue":
        worth = row.get("gain_beyond_mail", row.get("gain"))
        return {"rank": row.get("rank"), "slot": row.get("slot"), "worth": worth, "hold": row.get("hold")}
    return {"action": row.get("action"), "collector": row.get("collector")}


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shown(value: Any, kind: Kind) -> str:
    """Return what a cell shows of a value."""
    if _or_none(value) is None:
        return ""
    if kind in NUMERIC and not isinstance(value, (str, bool)):
        return repr(float(value))
    if isinstance(value, str):
        return value.replace("_", " ") if kind == "state" else value
    return as_text(value, "state" if kind == "state" else "long") or ""


def _canonical(text: str, kind: Kind) -> str:
    if kind in NUMERIC:
        try:
            return f"{float(f'{float(text):.{DECIMALS_READ}f}') + 0.0:.9g}" if text else ""
        except ValueError:
            return text
    if not text.isprintable():
        text = "".join(one if one.isprintable() else " " for one in text)
    flat = " ".join(text.split())
    return flat.removesuffix(" 00:00:00") if kind == "date" else flat


def _stamp_of(pairs: Mapping[str, str], rows: Sequence[tuple[str, ...]]) -> ReadStamp:
    facts: dict[str, dict[str, dict[str, Any]]] = {}
    marks: dict[str, dict[str, tuple[str, ...]]] = {}
    for sheet, customer, told, cells in rows:
        facts.setdefault(sheet, {})[customer] = {**json.loads(told), "customer_id": customer}
        starts = range(0, len(cells), WIDTH_OF_MARK)
        marks.setdefault(sheet, {})[customer] = tuple(cells[start : start + WIDTH_OF_MARK] for start in starts)
    columns = {
        key.removeprefix("columns "): tuple(Marked(*one) for one in json.loads(value))
        for key, value in pairs.items()
        if key.startswith("columns ")
    }
    made_from = {key.removeprefix("made from "): value for key, value in pairs.items() if key.startswith("made from ")}
    stamp = PackStamp(
        date.fromisoformat(pairs["as_of"]),
        pairs["currency"],
        made_from,
        limits=facts.get("Limits", {}),
        queue=facts.get("Queue", {}),
    )
    return ReadStamp(stamp, columns, marks, facts.get("Worklist", {}))


def _seal(lines: Sequence[tuple[str, ...]]) -> str:
    return fingerprint_of([_without_end(tuple(map(plain_text, line))) for line in lines])


def _without_end(line: tuple[str, ...]) -> tuple[str, ...]:
    """Return a line without the empty cells behind it."""
    end = len(line)
    while end and not line[end - 1]:
        end -= 1
    return line[:end]
