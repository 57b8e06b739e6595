"""The profile of payments over 12 months: an index in points, quantiles, and what was kept back.

Money and days are those of the payment features: cash applied to debit items, by the day it arrived, from the original
due date. Discounts and deductions belong to the window by the day they were applied; a reversal that comes from no
receipt does not say what it takes back, so it is not counted against them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.order_statistics import days_late_quantile, greatest
from credrisk.features.payment import NOTHING_PAID, paid_off, share_paid
from credrisk.features.rows import LedgerRows, Rows, row_arrays, row_kind

POINTS = {-30: 100, -20: 90, 0: 80, 15: 70, 22: 60, 30: 50, 60: 40, 90: 30, 120: 20}
"""Points by days beyond terms, as Dun & Bradstreet publishes them for PAYDEX."""

WHOLE = 84
"""The points of any whole day are whole 84ths."""

COLUMNS = ("customer", "currency", "seen", "event")


@row_kind
def discounts(source: LedgerRows) -> Rows:
    """Discounts taken on debit items: ``amount``, and whether they were applied ``late``, past the due date."""
    frame = source.items.filter("discounted", "debit")
    rows = row_arrays(frame.select(*COLUMNS, amount=-pl.col("amount")))
    return source.translated({**rows, "late": (frame["event"] > frame["due"]).to_numpy()})


@row_kind
def deductions(source: LedgerRows) -> Rows:
    """Deductions from debit items."""
    frame = source.items.filter("deducted", "debit")
    return source.translated(row_arrays(frame.select(*COLUMNS, amount=-pl.col("amount"))))


@row_kind
def part_payments(source: LedgerRows) -> Rows:
    """Cash above 0 that left a rest above 0 on its debit item at the end of the day on which it could be seen."""
    items = source.items.filter("debit")
    running = items.with_columns(left=pl.col("amount").cum_sum().over("document"))
    evening = running.with_columns(pl.col("left").last().over("document", "seen"))
    short = evening.filter("cash", pl.col("amount") < 0, pl.col("left") > 0)
    return source.translated(row_arrays(short.select(*COLUMNS, amount=-pl.col("amount"))))


def kept_back(grid: Grid, kind: str) -> np.ndarray:
    """Return the discounts or deductions of 12 months."""
    return grid.trailing(kind, 12, grid.rows(kind)["amount"])


@feature(
    unit="index",
    window="12 months",
    null=NOTHING_PAID,
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
    index: np.ndarray = np.clip(ratio(total, WHOLE * paid_off(grid, 12)), 20.0, 100.0)
    return index


@feature(
    unit="days",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="half of the money came {value} beyond terms or later over 12 months",
    says_below="half of the money came at least {value} before terms over 12 months",
    says_at_zero="half of the money came by the due date over 12 months",
    formula="the fewest days d with sum(amount where paid_on - due_date <= d) >= 0.5 x sum(amount)",
)
@measure("applications", months=12)
def median_days_late_12m(grid: Grid) -> np.ndarray:
    """Money-weighted median of days beyond terms; a single late giant does not move it as it moves the mean."""
    return days_late_quantile(grid, 5)


@feature(
    unit="days",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="a tenth of the money came {value} beyond terms or later over 12 months",
    says_below="nine tenths of the money came at least {value} before terms over 12 months",
    says_at_zero="nine tenths of the money came by the due date over 12 months",
    formula="the fewest days d with sum(amount where paid_on - due_date <= d) >= 0.9 x sum(amount)",
)
@measure("applications", months=12)
def p90_days_late_12m(grid: Grid) -> np.ndarray:
    """Money-weighted ninth decile of days beyond terms."""
    return days_late_quantile(grid, 9)


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
    taken = kept_back(grid, "discounts")
    share: np.ndarray = np.clip(ratio(taken, paid_off(grid, 12) + taken), 0.0, 1.0)
    return share


@feature(
    unit="share",
    window="12 months",
    null="no discount was taken in the window, or the ledger does not cover it",
    worse="none",
    says="{value} of the discounts over 12 months was taken after the due date",
    says_at_zero="no discount over 12 months was taken after the due date",
    formula="sum(discounts where applied_on - due_date >= 1) / sum(discounts), within 0 and 1",
)
@measure("applications", months=12)
def unearned_discount_share_12m(grid: Grid) -> np.ndarray:
    """The part of the discounts that no terms for prompt payment can have granted."""
    rows = grid.rows("discounts")
    late = grid.trailing("discounts", 12, np.where(rows["late"], rows["amount"], 0.0))
    share: np.ndarray = np.clip(ratio(late, kept_back(grid, "discounts")), 0.0, 1.0)
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
    taken = kept_back(grid, "deductions")
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
