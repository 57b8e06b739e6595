"""What stands in each section of the pack's page: its question and answer, charts, short tables, large tables."""

from __future__ import annotations

from collections.abc import Callable

from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_section import Section, box_of
from credrisk.reports.book_section_ageing import ageing_section
from credrisk.reports.book_section_collections import collections_section
from credrisk.reports.book_section_overview import overview_section
from credrisk.reports.book_section_provision import provision_section
from credrisk.reports.book_section_queue import cases_section, queue_section
from credrisk.reports.book_section_risk import limits_section, risk_section
from credrisk.reports.book_views import listed
from credrisk.reports.column import Column
from credrisk.reports.columns import TABLES
from credrisk.reports.quality import worst_first

__all__ = ["book_sections"]


NOT_SHOWN = ("code", "rows_derived", "money_derived", "money_unreadable_rows")
LONGEST = 200
"""Rows of findings that the page shows."""


def book_sections(book: Book, questions: tuple[Question, ...]) -> list[Section]:
    """Return the sections with what is in them; what was not measured is said where it would stand."""
    made: dict[str, Callable[[Book, Question], Section]] = {
        "overview": overview_section,
        "ageing": ageing_section,
        "collections": collections_section,
        "risk": risk_section,
        "limits": limits_section,
        "queue": queue_section,
        "cases": cases_section,
        "provision": provision_section,
        "customers": _customers,
        "quality": _quality,
    }
    return [made.get(question.key, _bare)(book, question) for question in questions]


def _bare(book: Book, question: Question) -> Section:
    return Section(question)


def _customers(book: Book, question: Question) -> Section:
    return Section(question, boxes=box_of(book, "customers", "Every customer"))


def _quality(book: Book, question: Question) -> Section:
    def of(table: str) -> list[Column]:
        return [column for column in TABLES[table] if column.name not in NOT_SHOWN]

    return Section(
        question,
        tables=[
            listed("Findings", worst_first(book.findings), of("findings"), rows=LONGEST),
            listed("Read, kept and set aside", book.intake, of("intake"), rows=LONGEST),
        ],
    )
