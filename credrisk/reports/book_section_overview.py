"""The overview of the pack's page: what needs a decision first."""

from __future__ import annotations

import polars as pl

from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_section import Section
from credrisk.reports.book_views import Listed, listed
from credrisk.reports.column import Column, money_column
from credrisk.reports.page import drawn
from credrisk.wording import counted

__all__ = ["overview_section"]


DECISIONS = 6
"""Customers in each list of what needs a decision."""


def _decisions(book: Book) -> list[Listed]:
    """Return whom to contact, whose limit falls below what they owe, who costs most: the first of each, with links."""
    frame = book.customers
    if not frame.width:
        return []
    who = pl.when(pl.col("name").is_null()).then("customer_id").otherwise("name")
    change = pl.col("recommended_limit") - pl.col("current_limit").fill_null(0.0)
    named = frame.with_columns(name=who, change=change)
    lowered = named.filter(pl.col("change") < 0)
    to_lower = counted(lowered.height, "limit")
    below = f"{to_lower} to lower or stop, none below what is owed." if lowered.height else "No limit is to be lowered."
    customer = Column("name", "Customer", "text", 30, "Name of the customer.")
    chosen = (
        (
            "Contact first",
            "Nobody is to be contacted by hand today.",
            named.filter(pl.col("contact_today").fill_null(False) & (pl.col("slot") != "automatic")).sort("rank"),
            (
                Column("action", "Action", "state", 12, "What to do."),
                money_column("gain", "Gain", "Money expected to be gained by contacting now rather than not."),
                money_column(
                    "gain_beyond_mail", "Beyond the mail", "What of it a mail would not bring: the list's order."
                ),
            ),
        ),
        (
            "Limits to lower below what is owed",
            below,
            lowered.filter(pl.col("net_balance") > pl.col("recommended_limit")).sort("change", "customer_id"),
            (
                money_column("net_balance", "Owes", "Net balance."),
                money_column("current_limit", "Limit", "Limit in force."),
                money_column("recommended_limit", "To", "Limit recommended."),
            ),
        ),
        (
            "Expected to cost most",
            "No loss is expected of anybody.",
            named.filter(pl.col("expected_loss") > 0).sort("expected_loss", "customer_id", descending=[True, False]),
            (
                Column("pd_12m", "PD", "probability", 8, "Probability of a bad debt within 12 months."),
                money_column("net_balance", "Owes", "Net balance."),
                money_column("expected_loss", "Loss", "Expected loss of 12 months."),
            ),
        ),
    )
    return [
        listed(title, rows.head(DECISIONS), (customer, *columns), lead=("customer", "customer_id"), none=none)
        for title, none, rows, columns in chosen
    ]


def overview_section(book: Book, question: Question) -> Section:
    """Return the overview: key charts and what needs a decision."""
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    return Section(
        question,
        first=_decisions(book),
        plates=drawn(
            ("o-ageing", "Ageing", lambda: charts.ageing_chart(book.ageing, currency=book.currency, size=PAGE)),
            ("o-dso", "Days of sales outstanding", lambda: charts.dso_chart(book.history, size=PAGE)),
            (
                "o-losses",
                "Largest expected losses",
                lambda: charts.expected_loss_chart(book.scores, currency=book.currency, size=PAGE),
            ),
        ),
    )
