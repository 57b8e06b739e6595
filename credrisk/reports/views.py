"""Tables as the page shows them: few columns, the first rows, every figure in words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from credrisk.ledger.money import EXPONENTS
from credrisk.reports.columns import Column, Kind, columns_of
from credrisk.wording import percent

__all__ = ["NUMERIC", "ROWS_SHOWN", "SMALLEST_P", "Cell", "View", "as_text", "view_of"]

ROWS_SHOWN = 25
SMALLEST_P = 0.001
"""A p-value below it is only said to be: its further digits rest on the tail of an assumption."""
REASONS = Column("reasons", "Reasons", "long", 60, "Why, in words.")
NUMERIC: frozenset[Kind] = frozenset({"money", "cents", "percent", "probability", "days", "count", "number", "p_value"})


@dataclass(frozen=True)
class Cell:
    """One cell: its text (None where not measured), its sort key, and how it is set."""

    text: str | None
    sort: str
    number: bool = False
    warn: bool = False
    below: str = ""


@dataclass(frozen=True)
class View:
    """A table on the page: the first rows of a frame, and how many it has."""

    key: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    file: str = ""

    def number(self, column: Column) -> bool:
        """Tell whether a column is set flush right."""
        return column.kind in NUMERIC


def as_text(value: Any, kind: Kind, currency: str | None = None) -> str | None:
    """Write a value as its column's kind says (``cents`` by the decimals of ``currency``); None when not measured."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, (list, pl.Series)):
        return "; ".join(str(part) for part in value if part is not None) or None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if kind == "percent":
        return percent(float(value), 1)
    if kind == "probability":
        return percent(float(value), 2 if abs(value) < 0.0995 else 1)
    if kind == "cents":
        decimals = EXPONENTS.get(currency or "", 2)
        return f"{round(float(value), decimals) + 0.0:,.{decimals}f}"
    if kind in {"money", "days", "count"}:
        return f"{round(float(value)):,}"
    if kind == "p_value" and float(value) < SMALLEST_P:
        return f"< {SMALLEST_P:g}"
    if kind in {"number", "p_value"}:
        return f"{round(float(value), 3) + 0.0:,.3f}"  # with its zeros: the points of a column stand under each other
    text = " ".join(str(value).split())
    return text.replace("_", " ") if kind == "state" else text


def _cell(value: Any, column: Column, currency: str | None) -> Cell:
    text = as_text(value, column.kind, currency)
    number = column.kind in NUMERIC
    sort = "" if text is None else repr(float(value)) if number else text.lower()
    negative = column.kind in {"money", "cents"} and text is not None and text.startswith("-")
    return Cell(text, sort, number, negative)


def view_of(
    table: str,
    frame: pl.DataFrame,
    names: Iterable[str],
    *,
    total: int | None = None,
    file: str = "",
    rows: int = ROWS_SHOWN,
) -> View:
    """Return the columns ``names`` of the first ``rows`` rows; a name stands over its customer number.

    ``reasons`` takes ``reason_1`` to ``reason_3`` together where there is no such column. Columns that the frame
    lacks are left out, and so are those that are null in every row of it, except the first three.
    """
    if "reasons" not in frame.columns and "reason_1" in frame.columns:
        parts = [name for name in ("reason_1", "reason_2", "reason_3") if name in frame.columns]
        frame = frame.with_columns(pl.concat_str(parts, separator="; ", ignore_nulls=True).alias("reasons"))
    declared = {column.name: column for column in columns_of(table, frame)}
    if "reasons" in declared:
        declared["reasons"] = REASONS
    wanted = list(names)
    present = [name for name in wanted if name in declared]
    measured = [name for name in present if name in wanted[:3] or frame[name].null_count() < frame.height]
    columns = tuple(declared[name] for name in measured if not (name == "customer_id" and "name" in measured))
    shown = []
    for row in frame.head(rows).iter_rows(named=True):
        cells = []
        for column in columns:
            cell = _cell(row[column.name], column, row.get("currency"))
            if column.name == "name":
                key = as_text(row.get("customer_id"), "id") or ""
                cell = Cell(cell.text or key, cell.sort or key.lower(), below=key if cell.text else "")
            cells.append(cell)
        shown.append(tuple(cells))
    return View(table, columns, tuple(shown), frame.height if total is None else total, file)
