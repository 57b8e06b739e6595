"""Whether the customer's own habit of paying has changed: days beyond terms of late against those of before.

All means are weighted with the money, over the cash applied to debit items, by the day on which it arrived: those of
the payment features. A change is set against how much the customer's days scatter anyway; below a day of scatter counts
as one day, so that a customer who always pays on the same day is not alarming for being a day late.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.payment import paid_days, paid_off, paid_squares
from credrisk.features.volume import invoiced_against_last_year

LEAST_SCATTER_DAYS = 1.0
SPLITS = (3, 6, 9, 12)
"""Months before the as-of date at which the habit may have changed."""

QUARTERS = (12, 9, 6, 3)
"""The quarters of the year, the earliest first, by the months since each began."""

NOT_PAID = "nothing was paid in 3 months or in the 12 before them, or the ledger does not cover both"


def between(grid: Grid, far: int, near: int) -> tuple[np.ndarray, np.ndarray]:
    """Return paid money and the sum of money x days in (as_of - far months, as_of - near months]; near 0: as_of."""
    paid, days = paid_off(grid, far), paid_days(grid, far)
    return (paid - paid_off(grid, near), days - paid_days(grid, near)) if near else (paid, days)


def scatter(paid: np.ndarray, days: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return the money-weighted standard deviation of the days, at least a day, from sums of paid x days^0, 1, 2."""
    variance = ratio(squares, paid) - ratio(days, paid) ** 2
    deviation: np.ndarray = np.sqrt(np.maximum(LEAST_SCATTER_DAYS**2, variance))
    return deviation


@feature(
    unit="days",
    window="3 months, and the 12 before them",
    null=NOT_PAID,
    worse="higher",
    says="has paid {value} later over 3 months than over the 12 before them",
    says_below="has paid {value} sooner over 3 months than over the 12 before them",
    says_at_zero="has paid as late over 3 months as over the 12 before them",
    formula="dbt_3m - sum(amount x days) / sum(amount) of what was paid in (as_of - 15 months, as_of - 3 months]",
)
@measure("applications", months=15)
def dbt_change_3m(grid: Grid) -> np.ndarray:
    """How much later the customer pays than it used to: the last 3 months less the 12 before them."""
    paid, days = between(grid, 15, 3)
    change: np.ndarray = ratio(paid_days(grid, 3), paid_off(grid, 3)) - ratio(days, paid)
    return change


@feature(
    unit="index",
    window="3 months, and the 12 before them",
    null=NOT_PAID,
    worse="higher",
    says="payments of 3 months came later than usual by {value} times their usual scatter",
    says_below="payments of 3 months came sooner than usual by {value} times their usual scatter",
    says_at_zero="payments of 3 months came as late as usual",
    formula=(
        "dbt_change_3m / max(1 day, money-weighted standard deviation of days beyond terms of what was paid in "
        "(as_of - 15 months, as_of - 3 months])"
    ),
)
@measure("applications", months=15)
def dbt_change_in_sd_3m(grid: Grid) -> np.ndarray:
    """The change of days beyond terms against how much they scattered before."""
    paid, days = between(grid, 15, 3)
    change: np.ndarray = dbt_change_3m(grid) / scatter(paid, days, paid_squares(grid, 15) - paid_squares(grid, 3))
    return change


@feature(
    unit="index",
    window="24 months",
    null="nothing was paid on either side of any of the days, or the ledger does not cover the window",
    worse="higher",
    says="payments became later within 24 months, a change of strength {value} (of 1)",
    says_below="payments became earlier within 24 months, a change of strength {value} (of 1)",
    says_at_zero="payments came equally late throughout 24 months",
    formula=(
        "of the splits at 3, 6, 9 and 12 months before as_of the z greatest in size, the later payments' on a tie of a "
        "rise and a fall: z = sqrt(w (1 - w)) x (days beyond terms after - before) / max(1 day, their standard "
        "deviation over 24 months), w = part of the money paid after"
    ),
    source="Single change point by least squares: z^2 is the part of the variance that the split explains",
)
@measure("applications", months=24)
def change_point_24m(grid: Grid) -> np.ndarray:
    """The strongest lasting change of days beyond terms in two years, from -1 (sooner) to 1 (later)."""
    paid, days = paid_off(grid, 24), paid_days(grid, 24)
    mean, spread = ratio(days, paid), scatter(paid, days, paid_squares(grid, 24))
    rise, fall = np.full(grid.shape, -np.inf), np.full(grid.shape, np.inf)
    for split in SPLITS:
        after = paid_off(grid, split)
        before = paid - after
        both = np.where((after > 0) & (before > 0), after * before, np.nan)
        # z, put together so that it divides once: the means and w are these same sums.
        shift = (paid_days(grid, split) - mean * after) / (np.sqrt(both) * spread)
        rise, fall = np.fmax(rise, shift), np.fmin(fall, shift)
    # Equal shifts up and down differ by round-off: the rise is taken.
    strongest = np.where(rise >= -fall - 1e-9, rise, fall)
    return np.where(np.isfinite(strongest), strongest, np.nan)


@feature(
    unit="days",
    window="12 months",
    null="payments fell into fewer than two quarters of the window, or the ledger does not cover it",
    worse="higher",
    says="payments come {value} later with every quarter, over 12 months",
    says_below="payments come {value} sooner with every quarter, over 12 months",
    says_at_zero="payments come neither later nor sooner, over 12 months",
    formula=(
        "slope of days beyond terms on the quarter of the window, least squares weighted with the money; a quarter "
        "with more taken back than paid is left out"
    ),
)
@measure("applications", months=12)
def dbt_slope_12m(grid: Grid) -> np.ndarray:
    """By how many days a quarter payments come later over the year."""
    paid, days = np.stack([between(grid, months, months - 3) for months in QUARTERS], axis=1)
    paid = np.maximum(0.0, paid)
    late = days / np.where(paid > 0, paid, 1.0)
    quarter = np.arange(len(QUARTERS), dtype=np.float64)[:, None, None]
    total = paid.sum(axis=0)
    off = quarter - ratio((paid * quarter).sum(axis=0), total)
    weight = paid * off
    slope = ratio((weight * (late - ratio(days.sum(axis=0), total))).sum(axis=0), (weight * off).sum(axis=0))
    return np.where((paid > 0).sum(axis=0) >= 2, slope, np.nan)


@feature(
    unit="days",
    window="3, 12 and 15 months",
    null="nothing was paid in 3 months or in the 12 before, or invoiced a year ago, or the ledger does not cover both",
    worse="higher",
    says="pays later while it buys more: {value} (growth times days)",
    says_at_zero="does not both buy more and pay later",
    formula="max(0, invoiced_against_last_year - 1) x max(0, dbt_change_3m)",
)
@measure()
def growth_into_lateness(grid: Grid) -> np.ndarray:
    """Days later x growth of sales: who buys more than a year ago and pays later than it used to."""
    growth = np.maximum(0.0, invoiced_against_last_year(grid) - 1.0)
    grows: np.ndarray = growth * np.maximum(0.0, dbt_change_3m(grid))
    return grows
