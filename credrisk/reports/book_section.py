"""One section of the pack's page, and what sections are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from credrisk.reports.book import PARTS, Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_data import page_rows, table_columns
from credrisk.reports.book_tables import PAGE_TABLES
from credrisk.reports.book_views import Listed, first_rows
from credrisk.reports.column import Column
from credrisk.reports.columns import TABLES
from credrisk.reports.page import Plate, drawn

if TYPE_CHECKING:
    from credrisk.reports.charts import Chart

__all__ = ["Box", "Section", "box_of", "declared", "drawn_of", "lacking", "latest"]


@dataclass(frozen=True)
class Box:
    """A large table: its key, heading, and first rows."""

    key: str
    title: str
    rows: Listed


@dataclass(frozen=True)
class Section:
    """One section of the page, in the order in which its parts are shown."""

    asked: Question
    plates: list[Plate] = field(default_factory=list)
    first: list[Listed] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    tables: list[Listed] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def beside(self) -> bool:
        """Whether its one chart and its two short tables stand in one row."""
        return len([plate for plate in self.plates if plate.svg]) == len(self.plates) == 1 and len(self.first) == 2


def lacking(book: Book, *names: str) -> list[tuple[str, str]]:
    """Return the parts of ``names`` that were not measured, with the reason of each."""
    return [(PARTS[name], book.missing[name]) for name in names if name in book.missing]


def drawn_of(*drawings: tuple[pl.DataFrame, str, str, Callable[[], Chart]]) -> list[Plate]:
    """Draw the charts of what was measured: each with its frame, name, subject and how it is drawn."""
    return drawn(*((name, subject, draw) for frame, name, subject, draw in drawings if frame.height))


def box_of(book: Book, key: str, title: str) -> list[Box]:
    """Return a large table with its first rows as the page's script shows it at first; nothing without any column."""
    table = PAGE_TABLES[key]
    frame = page_rows(book, table.rows)
    if frame.width < 2:
        return []
    columns, name = table_columns(key, frame), table.sort.removeprefix("-")
    needed = [pl.col(each).fill_null(0) != 0 for each in table.only if each in frame.columns]
    ordered = frame = frame.filter(pl.any_horizontal(needed)) if needed else frame
    if name in frame.columns:
        ordered = frame.sort(name, descending=name != table.sort, nulls_last=True, maintain_order=True)
    if "name" not in frame.columns and "name" in book.customers.columns:
        names = book.customers.select("customer_id", "name")
        ordered = ordered.join(names, on="customer_id", how="left", maintain_order="left")
    return [Box(key, title, first_rows(table, ordered, columns, currency=book.currency))]


def declared(table: str, *names: str) -> list[Column]:
    """Return columns of a declared table, in the order of ``names``."""
    declared = {column.name: column for column in TABLES[table]}
    return [declared[name] for name in names]


def latest(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a table of month-ends, the latest first."""
    return frame.sort("as_of", descending=True) if frame.width else frame
