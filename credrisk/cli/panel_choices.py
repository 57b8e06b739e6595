"""Which features and which dates a panel has, as the options of the command say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from credrisk.errors import ParameterError

if TYPE_CHECKING:
    from credrisk.features.calendar import Calendar

__all__ = ["CalendarName", "check_calendar", "chosen_calendar", "chosen_features"]

CalendarName = Literal["months-back", "month-ends", "weeks", "dates"]


def chosen_features(text: str | None) -> list[str] | None:
    """Return the features of a list of names and groups, separated by commas; None for all of them.

    Raises
    ------
    ParameterError
        When a name is neither a feature nor a group; it names those that are written alike.
    """
    from credrisk.features.catalogue import catalogue

    if text is None:
        return None
    entries = catalogue()
    groups: dict[str, list[str]] = {}
    for name, entry in entries.items():
        groups.setdefault(entry.question, []).append(name)
    found: list[str] = []
    for word in filter(None, map(str.strip, text.split(","))):
        if word not in entries and word not in groups:
            near = get_close_matches(word, [*entries, *groups], cutoff=0.5)
            like = f" (do you mean {' or '.join(near)}?)" if near else ""
            rule = f"names of the catalogue, docs/features.md, or of its groups: {', '.join(sorted(groups))}{like}"
            raise ParameterError("--features", rule, word)
        found += groups.get(word, [word])
    if not found:
        raise ParameterError("--features", "at least one name", text)
    return found


def check_calendar(name: CalendarName, *, since: str | None, dates: str | None) -> None:
    """Check that the options of a calendar go together, before anything is read.

    Raises
    ------
    ParameterError
        When one does not go with the calendar, or its dates are missing.
    """
    if since is not None and name not in ("month-ends", "weeks"):
        raise ParameterError("--from", "left out unless --calendar is month-ends or weeks", since)
    if (dates is None) == (name == "dates"):
        raise ParameterError("--dates", "given with --calendar dates, and only with it", dates or "nothing")


def chosen_calendar(
    name: CalendarName, *, as_of: date, months: int, since: date | None, dates: str | None, first: date
) -> Calendar:
    """Return the period ends, none after ``as_of``.

    Parameters
    ----------
    months
        How far back from ``as_of`` the calendar reaches where ``since`` does not say it: (as_of - months, as_of].
    since
        First day of ``month-ends`` and first end of ``weeks``.
    dates
        The ends of ``dates``, separated by commas.
    first
        The first day that the ledger covers: the calendar must reach it, or there would be nothing but nulls.

    Raises
    ------
    ParameterError
        When there is no such period end.
    """
    from credrisk.features.calendar import Calendar

    if since is not None and since > as_of:
        raise ParameterError("--from", f"on or before {as_of}, the last day of the panel", since.isoformat())
    ways: dict[CalendarName, Callable[[], Calendar]] = {
        "months-back": lambda: Calendar.months_back(as_of, months),
        "month-ends": lambda: Calendar.month_ends(since or _day_after_months(as_of, months), as_of),
        "weeks": lambda: Calendar.weeks(since or _first_of_weeks(as_of, months), as_of),
        "dates": lambda: _dates(dates or "", as_of),
    }
    calendar = ways[name]()
    if calendar.ends[-1] < first:
        raise ParameterError("--calendar", f"one that reaches what the ledger covers, from {first}", calendar.ends[-1])
    return calendar


def _day_after_months(as_of: date, months: int) -> date:
    from credrisk.dates import days_after, months_after

    return days_after(months_after(as_of, -months), 1)


def _first_of_weeks(as_of: date, months: int) -> date:
    """Return the earliest day within the months that lies whole weeks before ``as_of``."""
    from credrisk.dates import days_after

    weeks = (as_of - _day_after_months(as_of, months)).days // 7
    return days_after(as_of, -7 * weeks)


def _dates(text: str, as_of: date) -> Calendar:
    from credrisk.dates import to_date
    from credrisk.features.calendar import Calendar

    ends = tuple(sorted({to_date(part, "--dates") for part in text.split(",") if part.strip()}))
    if not ends or ends[-1] > as_of:
        raise ParameterError("--dates", f"dates up to {as_of}, such as 2025-06-30,2025-12-31", text)
    return Calendar(ends)
