"""Whom to contact today, by whom, and who is left in peace; the promises and the disputes."""

from __future__ import annotations

import polars as pl

from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_section import Section, box_of
from credrisk.reports.book_views import Listed, added_up, listed
from credrisk.reports.column import Column, money_column
from credrisk.reports.page import drawn
from credrisk.reports.worklist import past_due_today

__all__ = ["cases_section", "queue_section"]


def queue_section(book: Book, question: Question) -> Section:
    """Return the contacts of the day."""
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    return Section(
        question,
        plates=drawn(
            (
                "gain",
                "Value of contacting",
                lambda: charts.gain_chart(book.queue, currency=book.currency, capacity=book.capacity, size=PAGE),
            )
        ),
        first=_by_collector(book),
        boxes=box_of(book, "queue", "The list"),
    )


def _by_collector(book: Book) -> list[Listed]:
    """Return what today holds for each collector, and what is done about all that is past due."""
    if not {"collector", "contact_today", "slot", "gain"} <= set(book.queue.columns):
        return []
    today = book.queue.filter(pl.col("contact_today").fill_null(False) & (pl.col("slot").fill_null("") != "automatic"))
    people = (
        today.group_by("collector")
        .agg(contacts=pl.len(), past_due=pl.col("past_due").sort().sum(), gain=pl.col("gain").sort().sum())
        .sort("gain", "collector", descending=[True, False])
    )
    done = past_due_today(book.queue, book.capacity)
    late = money_column("past_due", "Past due", "Open debit items after their due date.")
    return [
        listed(
            "By collector, today",
            people,
            (
                Column("collector", "Collector", "text", 14, "Who looks after the customers."),
                Column("contacts", "Contacts", "count", 9, "Contacts by hand."),
                late,
                money_column("gain", "Gain", "Money expected to be gained by contacting now rather than not."),
            ),
            none="Nobody is contacted by hand.",
        ),
        added_up(
            listed(
                "What is past due, and what is done about it today",
                done,
                (
                    Column("today", "Today", "text", 34, "What is done today, or why nobody contacts them."),
                    Column("customers", "Customers", "count", 9, "Customers with something past due."),
                    late,
                ),
                rows=done.height,
                none="Nothing is past due.",
            ),
            done,
        ),
    ]


def cases_section(book: Book, question: Question) -> Section:
    """Return the promises and the disputes."""
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    funnel = (
        "funnel",
        "What became of promises",
        lambda: charts.promise_funnel_chart(book.promises, currency=book.currency, size=PAGE),
    )
    return Section(
        question,
        plates=drawn(funnel) if book.promises.width else [],
        first=[*_held_by(book, "cause", "Cause"), *_held_by(book, "owner", "Owner")],
        boxes=[
            *box_of(book, "promises", "Promises"),
            *box_of(book, "disputes", "Disputes"),
        ],
    )


def _held_by(book: Book, name: str, heading: str) -> list[Listed]:
    """Return what open disputes hold, by cause or by owner."""
    if "ended_on" not in book.disputes.columns:
        return []
    held = (
        book.disputes.filter(pl.col("ended_on").is_null())
        .group_by(name)
        .agg(disputes=pl.len(), disputed=pl.col("disputed").sort().sum(), oldest=pl.col("age_days").max())
        .sort("disputed", name, descending=[True, False])
    )
    columns = (
        Column(name, heading, "state", 18, f"{heading} of the dispute."),
        Column("disputes", "Disputes", "count", 9, "Open disputes."),
        money_column("disputed", "In dispute", "What of the items is open and in dispute."),
        Column("oldest", "Oldest, days", "days", 9, "Since the oldest was opened."),
    )
    return [listed(f"In dispute, by {heading.lower()}", held, columns, rows=8)]
