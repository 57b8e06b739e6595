"""What a customer's cash can bear: how much it paid a month, beyond what fell due, and on which day it pays."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.features.item_rows import BILLED
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["FEWEST_MONTHS", "CashPattern", "cash_pattern", "pay_dates"]

HISTORY_MONTHS = 12
FEWEST_MONTHS = 6
QUARTER = 3
FEWEST_RECEIPTS = 4
AROUND = 1
"""Days before and after a day of the month that count as that day."""

MONTH_END = 29
"""From this day on a payment day is the end of the month."""

NOTICE_DAYS = 7
"""The first instalment is no sooner than this."""


@dataclass(frozen=True)
class CashPattern:
    """Monthly cash of one customer in one currency, minor units, the latest month first.

    Attributes
    ----------
    received
        Cash in, less cash paid back.
    fell_due
        Invoices and debit notes whose due date lies in the month, without what is open of them: that is the debt.
    coming_due
        What is open and falls due in each of the months to come, the next one first.
    payment_day
        Day of the month on which it pays most often (``MONTH_END`` or more: the last one).
    on_that_day, receipts
        How many of its receipts came on that day, give or take one; of how many.
    """

    received: np.ndarray
    fell_due: np.ndarray
    coming_due: np.ndarray
    payment_day: int
    on_that_day: int
    receipts: int

    def spare(self, quantile: float) -> int:
        """Return what a poor quarter left a month of its receipts beyond what fell due in it (negative: it fell short).

        The ``quantile`` of all runs of three months, the lower value between two: many customers pay every other month,
        so that single months would say nothing.
        """
        return _poor_quarter(self.received - self.fell_due, quantile)

    def gross(self, quantile: float) -> int:
        """Return what it paid a month in a poor quarter."""
        return _poor_quarter(self.received, quantile)


def cash_pattern(ledger: Ledger, *, customer_id: str, currency: str, as_of: date, months_ahead: int) -> CashPattern:
    """Return the pattern of the last 12 months, or as many as the ledger covers.

    Parameters
    ----------
    ledger
        Cut at ``as_of``.

    Raises
    ------
    EvidenceError
        When the ledger has no receipts, covers less than ``FEWEST_MONTHS`` months since the customer's first invoice,
        or holds fewer than ``FEWEST_RECEIPTS`` receipts of it in them.
    """
    if not ledger.has("receipts"):
        raise EvidenceError("the ledger has no receipts, so what the customer can bear is not known.")
    mine = (pl.col("customer_id") == customer_id) & (pl.col("currency") == currency)
    documents = ledger.table("documents").filter(mine, pl.col("kind").is_in(BILLED))
    first: date = documents["document_date"].min() if documents.height else as_of  # type: ignore[assignment]
    known = max(ledger.settings.covers_from, first)
    marks = [months_after(as_of, -month) for month in range(HISTORY_MONTHS + 1)]
    months = sum(mark + timedelta(days=1) >= known for mark in marks[1:])
    cash = ledger.table("receipts").filter(mine, pl.col("date") > marks[months], pl.col("date") <= as_of)
    came_in = cash.filter(pl.col("amount") > 0)
    if months < FEWEST_MONTHS or came_in.height < FEWEST_RECEIPTS:
        raise EvidenceError(
            f"{customer_id} shows {came_in.height} receipts in {months} full months; {FEWEST_RECEIPTS} in "
            f"{FEWEST_MONTHS} are needed to say what it can bear."
        )
    day, count = _payment_day(came_in)
    still_open = (
        item_movements(ledger)
        .filter(mine, pl.col("document_kind") != "credit_note")
        .group_by("document_id", "due_date")
        .agg(amount=pl.col("amount").sum().clip(lower_bound=0))
    )
    left = still_open.select("document_id", left="amount")
    settled = documents.join(left, on="document_id", how="left").with_columns(amount=pl.col("amount") - pl.col("left"))
    ahead = [as_of - timedelta(days=1), *(months_after(as_of, month + 1) for month in range(months_ahead))]
    return CashPattern(
        _by_month(cash, "date", marks[: months + 1]),
        _by_month(settled, "due_date", marks[: months + 1]),
        np.array([_between(still_open, "due_date", *pair) for pair in pairwise(ahead)]),
        day,
        count,
        came_in.height,
    )


def pay_dates(pattern: CashPattern, *, as_of: date, months: int) -> list[date]:
    """Return a date a month on the customer's payment day, the first at least a week ahead; no Saturday or Sunday."""
    dates: list[date] = []
    month = as_of.replace(day=1)
    while len(dates) < months:
        last = calendar.monthrange(month.year, month.month)[1]
        day = month.replace(day=last if pattern.payment_day >= MONTH_END else min(pattern.payment_day, last))
        day += timedelta(days=max(7 - day.weekday(), 0) if day.weekday() > 4 else 0)
        if day >= as_of + timedelta(days=NOTICE_DAYS):
            dates.append(day)
        month = months_after(month, 1)
    return dates


def _poor_quarter(monthly: np.ndarray, quantile: float) -> int:
    runs = np.convolve(monthly, np.ones(QUARTER, dtype=np.int64), mode="valid")
    return int(np.quantile(runs, quantile, method="lower") // QUARTER)


def _payment_day(receipts: pl.DataFrame) -> tuple[int, int]:
    """Return the day of the month with the most receipts around it (the earliest of equal ones), and how many."""
    days = receipts["date"].dt.day().to_numpy()
    counts = [int((np.abs(days - day) <= AROUND).sum()) for day in range(1, 32)]
    best = int(np.argmax(counts))
    return best + 1, counts[best]


def _by_month(rows: pl.DataFrame, day: str, marks: list[date]) -> np.ndarray:
    return np.array([_between(rows, day, start, end) for end, start in pairwise(marks)])


def _between(rows: pl.DataFrame, day: str, after: date, until: date) -> int:
    return int(rows.filter((pl.col(day) > after) & (pl.col(day) <= until))["amount"].sum())
