"""The short tables of the pack's page: those that stand in it as they are, and the first rows of the large ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import polars as pl

from credrisk.reports.book_tables import PageTable
from credrisk.reports.column import Column
from credrisk.reports.totals import has_values, sum_of_cents, total
from credrisk.reports.views import NUMERIC, as_text

__all__ = ["FIRST_ROWS", "Listed", "added_up", "first_rows", "listed"]

FIRST_ROWS = 15
"""Rows of a large table that stand in the page without a script."""


@dataclass(frozen=True)
class Listed:
    """A short table: headings, cells in words (None where not measured), what the first cell of a row leads to.

    ``sums`` are the cells under the table, "" where a column is not added up; ``none`` is said where it has no rows.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    links: tuple[str, ...] = ()
    note: str = ""
    sums: tuple[str | None, ...] = ()
    none: str = "None."

    def number(self, column: Column) -> bool:
        """Tell whether a column is set flush right."""
        return column.kind in NUMERIC


def listed(
    title: str,
    frame: pl.DataFrame,
    columns: Sequence[Column],
    *,
    rows: int = FIRST_ROWS,
    currency: str | None = None,
    lead: tuple[str, str] | None = None,
    note: str = "",
    none: str = "None.",
) -> Listed:
    """Return the first ``rows`` rows of a frame in words; columns that it lacks or that are all null are left out.

    Parameters
    ----------
    lead
        A section and a column of the page's table there: the first cell of a row leads to the rows that have its value.
        ``("customer", "customer_id")``: it leads to the card of the customer whose number the column holds.
    note
        What is to be said below; how many rows there are is said where not all are shown.
    none
        What is said where the frame has no rows.
    """
    shown = frame.head(rows)
    held = tuple(column for column in columns if has_values(shown, column.name))
    cells = tuple(
        tuple(as_text(row[column.name], column.kind, row.get("currency") or currency) for column in held)
        for row in shown.iter_rows(named=True)
    )
    links: tuple[str, ...] = ()
    if lead is not None and held:
        section, column = lead
        to_card = section == "customer"
        values = shown[column if to_card else held[0].name].cast(pl.String).fill_null("-").to_list()
        links = tuple(f"#{section}{'/' if to_card else f'?{column}='}{quote(value, safe='')}" for value in values)
    if frame.height > rows:
        note = f"{rows} of {frame.height:,}. {note}".strip()
    return Listed(title, held, cells, links, note, none=none)


def added_up(table: Listed, frame: pl.DataFrame) -> Listed:
    """Return a table of all rows of a frame with the sums of its money and counts below, where it has several rows."""
    sums = [
        as_text(total(frame, column.name), column.kind) if column.kind in ("money", "count") else ""
        for column in table.columns[1:]
    ]
    return replace(table, sums=("All", *sums)) if frame.height > 1 else table


def first_rows(table: PageTable, frame: pl.DataFrame, columns: Sequence[Column], *, currency: str) -> Listed:
    """Return the first rows of a large table of the page and the sums of all, for paper and without a script."""
    shown = frame.head(FIRST_ROWS)
    who = pl.col("customer_id")
    if "name" in frame.columns:
        who = pl.when(pl.col("name").is_null()).then(who).otherwise(pl.format("{} ({})", "name", "customer_id"))
    rows = tuple(
        tuple(as_text(row.get(column.name), column.kind) for column in columns)
        for row in shown.with_columns(customer=who).iter_rows(named=True)
    )
    notes = [f"The first {FIRST_ROWS} of {frame.height:,}." if frame.height > FIRST_ROWS else "", table.note]
    sums = tuple(
        _sum(table, frame, column, currency) if place else f"All {frame.height:,}"
        for place, column in enumerate(columns)
    )
    added_up = frame.height > 1 and any(sums[1:])
    return Listed(
        table.caption, tuple(columns), rows, note=" ".join(filter(None, notes)), sums=sums if added_up else ()
    )


def _sum(table: PageTable, frame: pl.DataFrame, column: Column, currency: str) -> str | None:
    if column.kind != "money" or not column.total:
        return ""
    if column.name in table.today and "contact_today" in frame.columns:
        frame = frame.filter(pl.col("contact_today").fill_null(False))
    return as_text(sum_of_cents(frame, column.name, currency), "money") if has_values(frame, column.name) else None
