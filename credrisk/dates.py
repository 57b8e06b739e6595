"""Dates as credit people count them: an as-of date, whole months before and after it, month-ends."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta

from credrisk.errors import ParameterError

__all__ = ["days_after", "month_end", "months_after", "to_date"]


def to_date(value: date | datetime | str, parameter: str = "as_of") -> date:
    """Read an ISO date (``2026-03-31``), a date or a datetime as a date.

    Raises
    ------
    ParameterError
        When the text is no ISO date.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ParameterError(parameter, "a date such as 2026-03-31", value) from None


def month_end(day: date) -> date:
    """Return the last day of the month of ``day``."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_after(anchor: date, months: int) -> date:
    """Return the date ``months`` calendar months after ``anchor`` (before it when negative).

    A month-end stays a month-end (28 February + 1 month is 31 March); otherwise the day of the month is kept and
    clipped to the month's length. Always count from one anchor: chained steps would drift from 31 to 28.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    at_month_end = anchor.day == calendar.monthrange(anchor.year, anchor.month)[1]
    return date(year, month + 1, last if at_month_end else min(anchor.day, last))


def days_after(anchor: date, days: int) -> date:
    """Return the date ``days`` days after ``anchor``."""
    return anchor + timedelta(days=days)
