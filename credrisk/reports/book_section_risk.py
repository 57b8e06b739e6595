"""Who may become a bad debt and how good that answer has been; which limits should change and what sets them."""

from __future__ import annotations

import polars as pl

from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_section import Section, box_of, lacking
from credrisk.reports.book_views import Listed, added_up, listed
from credrisk.reports.column import Column, money_column
from credrisk.reports.html import measures_table
from credrisk.reports.page import drawn
from credrisk.reports.totals import has_values

__all__ = ["limits_section", "risk_section"]


def risk_section(book: Book, question: Question) -> Section:
    """Return who may become a bad debt, with the back-test."""
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    return Section(
        question,
        plates=drawn(
            ("grades", "Grades", lambda: charts.grade_chart(book.scores, currency=book.currency, size=PAGE)),
            (
                "losses",
                "Largest expected losses",
                lambda: charts.expected_loss_chart(book.scores, currency=book.currency, size=PAGE),
            ),
            ("capture", "Ranking", lambda: charts.capture_chart(book.metrics, event=book.judged, size=PAGE)),
        ),
        boxes=box_of(book, "risk", "Customer by customer"),
        tables=_measures(book),
        missing=lacking(book, "metrics"),
    )


def _measures(book: Book) -> list[Listed]:
    """Return the back-test: a row a model or rule, a column a measure with its interval."""
    found = measures_table(book.metrics)
    if found is None:
        return []
    columns = (
        Column("model", "Model or rule", "text", 26, "The model, or the rule judged on the same rows."),
        *(Column(f"m{place}", one.words, "number", 12, one.words) for place, one in enumerate(found["measures"])),
    )
    rows = tuple(
        (name, *(f"{value} ({_unbroken(span)})" if value and span else value for value, span in values))
        for name, _, values in found["rows"]
    )
    events = f" with {found['events']:,} {book.judged}s" if found["events"] is not None else ""
    judged = f"on {found['judged']:,} customer-dates{events}" if found["judged"] else ""
    note = f"Judged out of time {judged}; rules are judged on the same rows; in brackets 95 % intervals."
    return [Listed("How good the probabilities were", columns, rows, note=note)]


def _unbroken(span: str) -> str:
    """Return an interval that stays on one line: the measure may stand above it, where columns are many."""
    return span.replace(" ", "\u00a0")


def limits_section(book: Book, question: Question) -> Section:
    """Return the limits: what is recommended and what sets them."""
    count = Column("customers", "Customers", "count", 10, "Customers.")
    before = money_column("before", "Limits in force", "Sum of the limits in force; none counts as nothing.")
    after = money_column("after", "Recommended", "Sum of the recommended limits.")
    owed = money_column("owed", "Net balance", "Sum of the net balances, those in credit deducted.")
    tables = []
    for title, name, heading, says in (
        ("What is recommended", "limit_action", "Limit", "Grant, raise, keep, lower or stop."),
        ("What sets the limit", "binding", "Binding constraint", "Which of the candidates sets it."),
    ):
        groups = _counted_limits(book, name)
        columns = (Column(name, heading, "state", 24, says), count, before, after, owed)
        tables.append(added_up(listed(title, groups, columns, rows=groups.height), groups))
    return Section(question, boxes=box_of(book, "limits", "Customer by customer"), first=tables)


def _counted_limits(book: Book, name: str) -> pl.DataFrame:
    frame = book.customers
    if not has_values(frame, name):
        return pl.DataFrame()
    return (
        frame.group_by(name)
        .agg(
            customers=pl.len(),
            before=pl.col("current_limit").fill_null(0.0).sort().sum(),
            after=pl.col("recommended_limit").fill_null(0.0).sort().sum(),
            owed=pl.col("net_balance").sort().sum(),
        )
        .sort("customers", name, descending=[True, False])
    )
