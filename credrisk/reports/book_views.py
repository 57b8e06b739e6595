"""The short tables of the pack's page: those that stand in it as they are, and the first rows of the large ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import polars as pl

from credrisk.reports.book_tables import columns_of_page
from credrisk.reports.column import Column
from credrisk.reports.totals import has_values
from credrisk.reports.views import NUMERIC, as_text

__all__ = ["FIRST_ROWS", "Listed", "first_rows", "listed"]

FIRST_ROWS = 15
"""Rows of a large table that stand in the page without a script."""


@dataclass(frozen=True)
class Listed:
    """A short table: headings, cells in words (None where not measured), what the first cell of a row leads to."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    links: tuple[str, ...] = ()
    note: str = ""

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
) -> Listed:
    """Return the first ``rows`` rows of a frame in words; columns that it lacks or that are all null are left out.

    Parameters
    ----------
    lead
        A section and a column of the page's table there: the first cell of a row leads to the rows that have its value.
        ``("customer", "customer_id")``: it leads to the card of the customer whose number the column holds.
    note
        What is to be said below; how many rows there are is said where not all are shown.
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
    return Listed(title, held, cells, links, note)


def first_rows(key: str, caption: str, frame: pl.DataFrame, *, total: int) -> Listed:
    """Return the first rows of a large table of the page, for who reads it without a script or on paper."""
    columns = columns_of_page(key, frame.columns)
    if "name" in frame.columns:
        named = (
            pl.when(pl.col("name").is_null()).then("customer_id").otherwise(pl.format("{} ({})", "name", "customer_id"))
        )
    else:
        named = pl.col("customer_id")
    note = f"The first {min(FIRST_ROWS, total)} of {total:,}." if total > FIRST_ROWS else ""
    rows = listed(caption, frame.with_columns(customer=named).head(FIRST_ROWS), columns)
    return Listed(caption, rows.columns, rows.rows, note=note)
