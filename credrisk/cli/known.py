"""The ledger as it was known on the day that a command stands on, and that day."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from credrisk.ledger.ledger import Ledger, LedgerSettings

__all__ = ["covered_day", "read_known"]


def read_known(ledger: str | PathLike[str], *, currency: str | None = None, as_of: str | None = None) -> Ledger:
    """Read a ledger; a project folder gives the rows as they were known on ``as_of``, any other all that it has."""
    from credrisk.dates import to_date
    from credrisk.ledger.ledger import Ledger
    from credrisk.ledger.project import is_project

    day = to_date(as_of, "--as-of") if as_of and is_project(ledger) else None
    return Ledger.read(ledger, currency=currency, known_at=day)


def covered_day(settings: LedgerSettings, as_of: str | None) -> date:
    """Return the day to stand on, by default the last one covered.

    Raises
    ------
    ParameterError
        When the ledger does not cover the day: what was open on it is not known, and must not look like nothing.
    """
    from credrisk.dates import to_date
    from credrisk.errors import ParameterError

    first, last = settings.covers_from, settings.covers_to
    day = to_date(as_of, "--as-of") if as_of else last
    if not first <= day <= last:
        raise ParameterError("--as-of", f"within what the ledger covers ({first} to {last})", day.isoformat())
    return day
