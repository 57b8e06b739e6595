"""What is open and how old, by everything that tells accounts apart, and how much hangs on few."""

from __future__ import annotations

import polars as pl

from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_section import Section, box_of, drawn_of
from credrisk.reports.book_views import Listed, listed
from credrisk.reports.columns import TABLES
from credrisk.reports.key_columns import KEY_COLUMNS, KEY_HEADINGS

__all__ = ["ageing_section"]


_NOT_AGED = {"customer_id", "name", "country", "as_of", "currency", "oldest_open_days"}
AGED = [column for column in TABLES["ageing"] if column.name not in _NOT_AGED]
LEADS = ("country", "industry", "segment", "collector")
"""Keys that are columns of the table of all customers: a row of the short table leads to its customers."""


def ageing_section(book: Book, question: Question) -> Section:
    """Return the ageing: how it went, customer by customer, and by every key."""
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    groups = book.concentration.get("group", pl.DataFrame())
    return Section(
        question,
        plates=drawn_of(
            (
                book.history,
                "ribbon",
                "What was open, by age",
                lambda: charts.ageing_ribbon_chart(book.history, currency=book.currency, size=PAGE),
            ),
            (
                book.history,
                "past-due",
                "Past due, month by month",
                lambda: charts.past_due_history_chart(book.history, size=PAGE),
            ),
            (
                groups,
                "concentration",
                "Who owes it",
                lambda: charts.concentration_chart(groups, currency=book.currency, noun="group", size=PAGE),
            ),
        ),
        boxes=box_of(book, "ageing", "Customer by customer"),
        tables=[*_aged_by(book), *_concentration(book)],
    )


def _aged_by(book: Book) -> list[Listed]:
    tables = []
    for key, frame in book.ageing_by.items():
        ordered = frame.sort("past_due", key, descending=[True, False], nulls_last=True)
        if key == "group":
            ordered = ordered.with_columns(group=pl.coalesce("name", "group"))
        lead = ("customers", key) if key in LEADS else None
        note = "Each in its own currency." if key == "currency" else ""
        title = f"By {KEY_HEADINGS[key].lower()}"
        tables.append(listed(title, ordered, [KEY_COLUMNS[key], *AGED], lead=lead, note=note))
    return tables


def _concentration(book: Book) -> list[Listed]:
    """Return how much hangs on few, by each key, with the reason where it is not measured."""
    if not book.concentration_summary.width:
        return []
    frame = book.concentration_summary.with_columns(pl.col("by").replace_strict(KEY_HEADINGS, default=pl.col("by")))
    note = "Owed net of own credits and unapplied cash."
    return [listed("How much hangs on few", frame, TABLES["concentration_summary"], note=note)]
