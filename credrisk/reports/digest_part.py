"""What a daily digest is made of: parts with a finding in words, a short table, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.style import truncated

__all__ = ["ROWS_SHOWN", "DigestPart", "Window", "named"]

ROWS_SHOWN = 12
NAME = 26


@dataclass(frozen=True)
class Window:
    """The days a digest speaks of: after ``since``, up to and with ``day``."""

    day: date
    days: int

    @property
    def since(self) -> date:
        """The last day before the window: its books are the ones that are compared with."""
        return self.day - timedelta(days=self.days)

    def holds(self, column: str) -> pl.Expr:
        """Return whether a date lies in the window."""
        return pl.col(column).is_between(self.since, self.day, closed="right").fill_null(False)


@dataclass(frozen=True)
class DigestPart:
    """One part of the page.

    Attributes
    ----------
    label, value
        The figure of the part for the head of the page.
    finding
        One sentence.
    table
        None where there is nothing to list.
    alarm
        Whether somebody has to look at it.
    """

    title: str
    label: str
    value: str
    finding: str
    table: ShortTable | None = None
    alarm: bool = False


def named(ledger: Ledger) -> dict[str, str]:
    """Return the name of each customer, cut to a length that fits a table; its id where it has none."""
    rows = ledger.table("customers").select("customer_id", "name").rows()
    return {customer: truncated(name or customer, NAME) for customer, name in rows}
