"""The profile of payments over 12 months: an index in points, the latest payment, and what was kept back.

Money and days are those of the payment features: cash applied to debit items, by the day it arrived, from the original
due date. Discounts and deductions belong to the window by the day they were applied; a reversal that comes from no
receipt does not say what it takes back, so it is not counted against them.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.deductions import given_up
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.item_rows import taken
from credrisk.features.order_statistics import greatest
from credrisk.features.payment import NOTHING_PAID, paid_off, share_paid
from credrisk.features.rows import LedgerRows, Rows, row_kind

POINTS = {-30: 100, -20: 90, 0: 80, 15: 70, 22: 60, 30: 50, 60: 40, 90: 30, 120: 20}
"""Points by days beyond terms, as Dun & Bradstreet publishes them for PAYDEX."""

LEAST_PAYMENTS = 3
"""An index of fewer payments says little."""

WHOLE = 84
"""The points of any whole day are whole 84ths."""


def _left_in_the_evening(document: np.ndarray, seen: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Return for each movement what was left of its item at the end of the day; rows stand by document and day."""
    if not len(document):
        return amount
    running = np.cumsum(amount)
    new = np.diff(document, prepend=-1) != 0
    day_ends = np.flatnonzero(np.append(new[1:] | (seen[1:] != seen[:-1]), True))
    evening = day_ends[np.searchsorted(day_ends, np.arange(len(document)))]
    before = (running - amount)[new][np.cumsum(new) - 1]
    left: np.ndarray = running[evening] - before
    return left


@row_kind
def part_payments(source: LedgerRows) -> Rows:
    """Cash above 0 that left a rest above 0 on its debit item at the end of the day on which it could be seen."""
    columns = ("customer", "currency", "seen", "event", "amount", "document", "cash")
    items = source.movements(source.moves["debit"], *columns)
    document, amount, seen = items.pop("document"), items["amount"], items["seen"]
    moves, left = np.bincount(document), np.bincount(document, amount)
    # Where an item moved once after it came in, what that left is what is left in all.
    short = (left > 0)[document]
    several = np.flatnonzero((moves > 2)[document])
    several = several[np.lexsort((seen[several], document[several]))]
    short[several] = _left_in_the_evening(document[several], seen[several], amount[several]) > 0
    found = taken(items, np.flatnonzero(items.pop("cash") & short & (amount < 0)))
    return source.translated({**found, "amount": -found["amount"]})


@feature(
    unit="index",
    window="12 months",
    null=f"fewer than {LEAST_PAYMENTS} payments, or {NOTHING_PAID}",
    worse="lower",
    says="the payment index over 12 months is {value} points of 100 (80: prompt)",
    formula=(
        "sum(amount x points(days)) / sum(amount), within 20 and 100; points: 100 at 30 days early or more, 90 at 20 "
        "early, 80 prompt, 70 at 15 days late, 60 at 22, 50 at 30, 40 at 60, 30 at 90, 20 at 120 or more; linear "
        "between"
    ),
    source="In the style of D&B's PAYDEX, whose printed table it meets; of one seller's ledger, so not a PAYDEX",
)
@measure("applications", months=12)
def paydex_style_12m(grid: Grid) -> np.ndarray:
    """Money-weighted points for promptness; 80 is on the due date, higher earlier."""
    rows = grid.rows("payments")
    points = np.rint(np.interp(rows["days"], list(POINTS), list(POINTS.values())) * WHOLE)
    total = grid.trailing_product("payments", 12, rows["amount"], points)
    index = np.clip(ratio(total, WHOLE * paid_off(grid, 12)), 20.0, 100.0)
    payments = grid.trailing("payments", 12, (rows["raw"] > 0).astype(np.float64))
    return np.where(payments >= LEAST_PAYMENTS, index, np.nan)


@feature(
    unit="days",
    window="12 months",
    null="no cash was applied in the window, or the ledger does not cover it",
    worse="higher",
    says="the latest payment of 12 months came {value} beyond terms",
    says_below="every payment of 12 months came at least {value} before terms",
    says_at_zero="no payment of 12 months came late",
    formula="greatest paid_on - due_date of payments above 0, taken back later or not",
)
@measure("applications", months=12)
def most_days_late_12m(grid: Grid) -> np.ndarray:
    """Days beyond terms of the latest payment of 12 months."""
    rows = grid.rows("payments")
    return greatest(grid, "payments", 12, np.where(rows["raw"] > 0, rows["days"], -np.inf))


@feature(
    unit="share",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="{value} of the money was paid more than 60 days late over 12 months",
    says_at_zero="nothing was paid more than 60 days late over 12 months",
    formula="sum(amount where paid_on - due_date > 60) / sum(amount), within 0 and 1",
)
@measure("applications", months=12)
def share_paid_late_60_12m(grid: Grid) -> np.ndarray:
    """The part of the money that came more than 60 days late."""
    return share_paid(grid, grid.rows("payments")["days"] > 60)


@feature(
    unit="share",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="{value} of the money was paid more than 90 days late over 12 months",
    says_at_zero="nothing was paid more than 90 days late over 12 months",
    formula="sum(amount where paid_on - due_date > 90) / sum(amount), within 0 and 1",
)
@measure("applications", months=12)
def share_paid_late_90_12m(grid: Grid) -> np.ndarray:
    """The part of the money that came more than 90 days late."""
    return share_paid(grid, grid.rows("payments")["days"] > 90)


@feature(
    unit="days",
    window="12 months",
    null=NOTHING_PAID,
    worse="none",
    says="pays {value} after the invoice on average over 12 months",
    says_below="pays {value} before the invoice on average over 12 months",
    says_at_zero="pays on the day of the invoice on average over 12 months",
    formula="sum(amount x (paid_on - document_date)) / sum(amount)",
    source="Average days to pay, weighted with the money",
)
@measure("applications", months=12)
def days_to_pay_12m(grid: Grid) -> np.ndarray:
    """Days from the document to the cash: the terms and the delay together."""
    rows = grid.rows("payments")
    total = grid.trailing_product("payments", 12, rows["amount"], rows["days"] + rows["terms"])
    return ratio(total, paid_off(grid, 12))


@feature(
    unit="share",
    window="12 months",
    null="nothing was paid or discounted in the window, or the ledger does not cover it",
    worse="none",
    says="{value} of what was settled over 12 months was discount",
    says_at_zero="no discount was taken over 12 months",
    formula="discounts / (cash applied + discounts), on debit items, within 0 and 1",
)
@measure("applications", months=12)
def discount_share_12m(grid: Grid) -> np.ndarray:
    """The part of what was settled that was taken as discount."""
    taken = given_up(grid, "discount")
    share: np.ndarray = np.clip(ratio(taken, paid_off(grid, 12) + taken), 0.0, 1.0)
    return share


@feature(
    unit="share",
    window="12 months",
    null="nothing was paid or deducted in the window, or the ledger does not cover it",
    worse="none",
    says="{value} of what was settled over 12 months was deducted",
    says_at_zero="nothing was deducted over 12 months",
    formula="deductions / (cash applied + deductions), on debit items, within 0 and 1",
)
@measure("applications", months=12)
def deduction_share_12m(grid: Grid) -> np.ndarray:
    """The part of what was settled that the customer deducted."""
    taken = given_up(grid, "deduction")
    share: np.ndarray = np.clip(ratio(taken, paid_off(grid, 12) + taken), 0.0, 1.0)
    return share


@feature(
    unit="share",
    window="12 months",
    null="no cash was applied in the window, or the ledger does not cover it",
    worse="none",
    says="{value} of the money of 12 months paid its invoice in part only",
    says_at_zero="every payment of 12 months paid its invoice in full",
    formula="sum(payments that left a rest on their item on the day they were seen) / sum(payments), both above 0",
)
@measure("applications", months=12)
def part_payment_share_12m(grid: Grid) -> np.ndarray:
    """The part of the money that paid an item short, be it on account, in instalments or less what was disputed."""
    whole = grid.trailing("payments", 12, np.maximum(grid.rows("payments")["amount"], 0.0))
    return ratio(grid.trailing("part_payments", 12, grid.rows("part_payments")["amount"]), whole)
