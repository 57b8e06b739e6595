"""A page of cases to work through: a headline, what stands out in sentences, charts, and short tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, rendered
from credrisk.reports.style import cut_at_word, truncated, whole_figure
from credrisk.wording import exact_amount

__all__ = ["CaseTable", "case_page", "case_table"]

LONG_NAME = 32
LONG_TEXT = 320
"""Characters; longer than any reason that the library words itself."""


@dataclass(frozen=True)
class CaseTable:
    """A table in words: ``right`` numbers the columns that stand to the right, ``dates`` those whose cells keep to one
    line, ``note`` stands above it.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    note: str = ""
    dates: tuple[int, ...] = ()


def case_table(
    title: str, frame: pl.DataFrame, columns: Sequence[tuple[str, str, str]], *, note: str = ""
) -> CaseTable:
    """Lay out columns of a frame, each as name, heading and kind.

    Kinds: ``money`` (whole units), ``share``, ``probability`` (a share with one decimal), ``days``, ``count``,
    ``number`` (two decimals), ``exact`` (the decimals of the row's ``currency``), ``date``, ``name`` and ``text``. A
    null is written as a dash.
    """
    rows = tuple(
        tuple(_written(row[name], kind, row.get("currency")) for name, _, kind in columns)
        for row in frame.iter_rows(named=True)
    )
    right = tuple(place for place, (_, _, kind) in enumerate(columns) if kind not in ("text", "name", "date"))
    dates = tuple(place for place, (_, _, kind) in enumerate(columns) if kind == "date")
    return CaseTable(title, tuple(heading for _, heading, _ in columns), rows, right, note, dates)


def case_page(
    *,
    kind: str,
    as_of: date,
    when: str,
    currency: str,
    headline: str,
    sentences: Sequence[str],
    tables: Sequence[CaseTable],
    footer: str,
    plates: Sequence[Plate] = (),
) -> str:
    """Return the page as text: it needs nothing beside it."""
    return rendered(
        "cases.html",
        currency=currency,
        kind=kind,
        as_of=day_in_words(as_of),
        when=when,
        headline=headline,
        sentences=list(sentences),
        plates=list(plates),
        tables=list(tables),
        footer=footer,
    )


def _written(value: Any, kind: str, currency: Any) -> str:
    if value is None:
        return "–"
    writers: dict[str, Callable[[Any], str]] = {
        "money": lambda amount: whole_figure(float(amount)),
        "share": lambda share: f"{100 * share:.0f} %",
        "probability": lambda share: f"{100 * share:.1f} %",
        "days": lambda days: f"{days:,.0f}",
        "count": lambda number: f"{number:,}",
        "number": lambda number: f"{number:,.2f}",
        "exact": lambda amount: exact_amount(amount, currency),
        "date": lambda day: day.isoformat(),
        "name": lambda name: truncated(str(name), LONG_NAME),
        "text": lambda text: cut_at_word(str(text).replace("_", " "), LONG_TEXT),
    }
    return writers[kind](value)
