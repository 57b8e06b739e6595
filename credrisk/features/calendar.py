"""The calendar of a panel: its period ends, and where each trailing window begins.

A period is (previous end, end]: the end belongs to it, the previous end does not. A window of m months that ends at t
is (t minus m months, t], counted from t itself and never chained, so that a row of a panel does not depend on the
other dates beside it. On a calendar of weeks 12 months are 52 weeks (3 months 13, 1 month 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from credrisk.dates import days_after, month_end, months_after
from credrisk.errors import ParameterError

__all__ = ["Calendar"]

WEEKS_A_YEAR = 52


@dataclass(frozen=True)
class Calendar:
    """Period ends in rising order, and the step by which windows are counted back from them.

    Attributes
    ----------
    ends
        The period ends, rising, each the last day (inclusive) of its period.
    step
        ``month``: windows are whole months back from each end. ``week``: they are whole weeks, 52 to 12 months.

    Examples
    --------
    >>> from datetime import date
    >>> [end.isoformat() for end in Calendar.months_back(date(2025, 3, 31), 3).ends]
    ['2025-01-31', '2025-02-28', '2025-03-31']
    """

    ends: tuple[date, ...]
    step: Literal["month", "week"] = "month"

    def __post_init__(self) -> None:
        if not self.ends:
            raise ParameterError("calendar", "at least one period end", self.ends)
        if any(later <= earlier for earlier, later in pairwise(self.ends)):
            raise ParameterError("calendar", "period ends in rising order, each once", self.ends)
        if self.step not in ("month", "week"):
            raise ParameterError("step", "'month' or 'week'", self.step)

    @classmethod
    def month_ends(cls, first: date, last: date) -> Calendar:
        """Return every month-end from ``first`` to ``last``, both inclusive.

        Raises
        ------
        ParameterError
            When no month ends between them.
        """
        anchor = month_end(first)
        months = (last.year - first.year) * 12 + last.month - first.month
        ends = (months_after(anchor, month) for month in range(months + 1))
        within = tuple(end for end in ends if end <= last)
        if not within:
            raise ParameterError("calendar", f"a span with a month-end in it from {first}", last)
        return cls(within)

    @classmethod
    def months_back(cls, as_of: date, count: int) -> Calendar:
        """Return ``count`` ends a month apart, the last of them ``as_of``, each counted from ``as_of``."""
        if count < 1:
            raise ParameterError("count", "at least 1", count)
        return cls(tuple(months_after(as_of, -month) for month in range(count - 1, -1, -1)))

    @classmethod
    def weeks(cls, first: date, last: date) -> Calendar:
        """Return ``first`` and every seventh day after it up to ``last``, both inclusive."""
        if last < first:
            raise ParameterError("last", f"on or after {first}", last)
        return cls(tuple(days_after(first, 7 * week) for week in range((last - first).days // 7 + 1)), "week")

    @property
    def start(self) -> date:
        """The end of the period before the first one: what lies on or before it precedes the calendar."""
        return days_after(self.ends[0], -7) if self.step == "week" else months_after(self.ends[0], -1)

    def starts(self, months: int) -> tuple[date, ...]:
        """Return for each end the last day BEFORE its trailing window of ``months`` months."""
        if self.step == "week":
            weeks = round(WEEKS_A_YEAR * months / 12)
            return tuple(days_after(end, -7 * weeks) for end in self.ends)
        return tuple(months_after(end, -months) for end in self.ends)

    def at(self, end: date) -> Calendar:
        """Return the calendar with only this end and the same step."""
        return Calendar((end,), self.step)

    def __iter__(self) -> Iterator[date]:
        return iter(self.ends)

    def __len__(self) -> int:
        return len(self.ends)
