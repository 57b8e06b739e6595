"""Whom to contact today, by whom, and who is left in peace; the promises and the disputes."""

from __future__ import annotations

import polars as pl

from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_data import recent_disputes, recent_promises
from credrisk.reports.book_section import Section, box_of
from credrisk.reports.book_views import Listed, listed
from credrisk.reports.column import Column, money_column
from credrisk.reports.page import drawn

__all__ = ["cases_section", "queue_section"]


def queue_section(book: Book, question: Question) -> Section:
    """Return the contacts of the day."""
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    ranked = book.customers.filter(pl.col("rank").is_not_null()) if "rank" in book.customers.columns else book.customers
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
        boxes=box_of(book, "queue", "The list", ranked),
    )


def _by_collector(book: Book) -> list[Listed]:
    """Return what today holds for each collector, and why customers with something due are left in peace."""
    if not {"collector", "contact_today", "slot", "gain"} <= set(book.queue.columns):
        return []
    today = book.queue.filter(pl.col("contact_today").fill_null(False) & (pl.col("slot").fill_null("") != "automatic"))
    people = (
        today.group_by("collector")
        .agg(contacts=pl.len(), past_due=pl.col("past_due").sort().sum(), gain=pl.col("gain").sort().sum())
        .sort("gain", "collector", descending=[True, False])
    )
    held = (
        book.queue.filter(pl.col("hold").is_not_null() & (pl.col("past_due") > 0))
        .group_by("hold")
        .agg(customers=pl.len(), past_due=pl.col("past_due").sort().sum())
        .sort("past_due", "hold", descending=[True, False])
        if "hold" in book.queue.columns
        else pl.DataFrame()
    )
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
        ),
        listed(
            "Left in peace, with something past due",
            held,
            (
                Column("hold", "Because of", "state", 18, "Why nobody is to contact them."),
                Column("customers", "Customers", "count", 9, "Customers held back."),
                late,
            ),
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
            *box_of(book, "promises", "Promises", recent_promises(book)),
            *box_of(book, "disputes", "Disputes", recent_disputes(book)),
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
