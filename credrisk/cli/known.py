"""The ledger as it was known on the day that a command stands on."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger

__all__ = ["read_known"]


def read_known(ledger: str | PathLike[str], *, currency: str | None = None, as_of: str | None = None) -> Ledger:
    """Read a ledger; a project folder gives the rows as they were known on ``as_of``, any other all that it has."""
    from credrisk.dates import to_date
    from credrisk.ledger.ledger import Ledger
    from credrisk.ledger.project import is_project

    day = to_date(as_of, "--as-of") if as_of and is_project(ledger) else None
    return Ledger.read(ledger, currency=currency, known_at=day)
