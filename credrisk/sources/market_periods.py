"""How statistics are written: on which day a period ends, what a figure is, and what it is in the ledger's unit."""

from __future__ import annotations

import re
from datetime import date

from credrisk.dates import month_end
from credrisk.errors import SourceError

__all__ = ["day_of", "divided", "number_of", "period_end"]

LABELS = (
    (re.compile(r"(\d{4})"), 12),
    (re.compile(r"(\d{4})-?S([12])"), 6),
    (re.compile(r"(\d{4})-?Q([1-4])"), 3),
    (re.compile(r"(\d{4})-?M?(0[1-9]|1[0-2])"), 1),
)
"""A year, half-year, quarter or month as SDMX and Eurostat write them, and its months."""
WEEK = re.compile(r"(\d{4})-?W(0[1-9]|[1-4]\d|5[0-3])")


def period_end(label: str) -> date:
    """Return the last day of a period: ``2024``, ``2024-S1``, ``2024-Q2``, ``2024-06``, ``2024-W23`` or ``2024-06-12``.

    A week ends on its Sunday (ISO 8601); a day is its own end.

    Raises
    ------
    SourceError
        When it is none of these.
    """
    try:
        for pattern, months in LABELS:
            if found := pattern.fullmatch(label):
                year, number = int(found[1]), int(found[2]) if pattern.groups > 1 else 1
                return month_end(date(year, number * months, 1))
        if found := WEEK.fullmatch(label):
            return date.fromisocalendar(int(found[1]), int(found[2]), 7)
        return day_of(label)
    except (ValueError, OverflowError):
        raise SourceError(f"{label!r} is no period.") from None


def day_of(text: str) -> date:
    """Return the date of ``2024-06-12``, strictly.

    Raises
    ------
    SourceError
        When it is no such date.
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise SourceError(f"{text!r} is no date.")


def number_of(text: str) -> float | None:
    """Return a figure, None where there is none (empty, ``.``, ``NaN``, ``:``).

    Raises
    ------
    SourceError
        When it is anything else.
    """
    if text.strip() in ("", ".", "NaN", ":"):
        return None
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text.strip()):
        raise SourceError(f"{text!r} is no number.")
    return float(text)


def divided(figure: float | None, per: float) -> float | None:
    """Return a published figure divided by ``per``: 1.12 by 100 is 0.0112, without the dust of binary fractions."""
    return figure if figure is None or per == 1 else round(figure / per, 12)
