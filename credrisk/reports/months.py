"""Days and months in words, and the month to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from credrisk.dates import months_after

__all__ = ["day_in_words", "month_in_words", "year_before"]

# Not strftime: it would follow the machine's locale.
_FIRST_HALF = ("January", "February", "March", "April", "May", "June")
_MONTHS = (*_FIRST_HALF, "July", "August", "September", "October", "November", "December")


def day_in_words(day: date) -> str:
    """Write ``31 March 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_in_words(day: date) -> str:
    """Write ``Mar 2026``."""
    return f"{_MONTHS[day.month - 1][:3]} {day.year}"


def year_before(days: Sequence[date]) -> int:
    """Return the place of the day a year before the last of ``days`` (in rising order), or of the first after it."""
    anchor = months_after(days[-1], -12)
    return next(place for place, day in enumerate(days) if day >= anchor)
