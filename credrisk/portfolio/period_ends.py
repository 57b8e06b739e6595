"""The dates at which a portfolio is measured: as given or from a calendar, in rising order, none beyond the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol, runtime_checkable

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger

__all__ = ["Dates", "Periods", "begins_before", "check_covered", "rising_dates"]


@runtime_checkable
class Periods(Protocol):
    """A calendar: what has period ends."""

    @property
    def ends(self) -> tuple[date, ...]:
        """The last day of each period."""


Dates = Sequence[date | str] | Periods


def rising_dates(dates: Dates) -> list[date]:
    """Return the dates, each once, the earliest first.

    Raises
    ------
    ParameterError
        When there is none.
    """
    given: Sequence[date | str] = dates.ends if isinstance(dates, Periods) else dates
    ends = sorted({to_date(value, "dates") for value in given})
    if not ends:
        raise ParameterError("dates", "at least one date", dates)
    return ends


def check_covered(ledger: Ledger, day: date, parameter: str) -> None:
    """Refuse a day after the last one that the ledger covers: nothing is known of it.

    Raises
    ------
    ParameterError
        When ``day`` lies after ``covers_to``.
    """
    last = ledger.settings.covers_to
    if day > last:
        raise ParameterError(parameter, f"on or before {last}, the last day that the ledger covers", day.isoformat())


def begins_before(ledger: Ledger, start: date) -> bool:
    """Tell whether what begins at the end of ``start`` begins before the ledger's coverage.

    At the end of the day before the first one covered everything is known, by the opening balance.
    """
    return start < ledger.settings.covers_from - timedelta(days=1)
