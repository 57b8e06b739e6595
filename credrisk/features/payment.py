"""How the customer pays: days beyond terms, their spread and trend, and the cash that came in.

Days beyond terms are counted on cash applied to debit items (payments and recoveries; a reversal takes its payment
back), from the original due date to the day the cash arrived, and weighted with the money. A payment belongs to the
window by the day the cash arrived, and counts from the day its application could be seen. Paid on the due date is 0
days; early is negative. Cash received is counted by receipt, money paid back is taken off.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio

NOTHING_PAID = "nothing was paid in the window, or the ledger does not cover it"
SOURCE = "Money-weighted days beyond terms, the exact form of the credit bureaus' bucketed DBT"


@measure()
def paid_off(grid: Grid, months: int) -> np.ndarray:
    """Return the cash applied to debit items in the window."""
    return grid.trailing("payments", months, grid.rows("payments")["amount"])


@measure()
def paid_days(grid: Grid, months: int) -> np.ndarray:
    """Return the sum of amount x days beyond terms of the cash applied to debit items in the window."""
    rows = grid.rows("payments")
    return grid.trailing_product("payments", months, rows["amount"], rows["days"])


@measure()
def days_squared(grid: Grid) -> np.ndarray:
    """Return the squared days beyond terms of each payment."""
    days = grid.rows("payments")["days"].astype(np.float64)
    return days * days


@measure()
def paid_squares(grid: Grid, months: int) -> np.ndarray:
    """Return the sum of amount x squared days beyond terms of the cash applied to debit items in the window."""
    return grid.trailing_product("payments", months, grid.rows("payments")["amount"], days_squared(grid))


def days_beyond_terms(grid: Grid, months: int) -> np.ndarray:
    """Return the money-weighted mean of days beyond terms in the window."""
    return ratio(paid_days(grid, months), paid_off(grid, months))


def share_paid(grid: Grid, which: np.ndarray) -> np.ndarray:
    """Return the part of the cash of 12 months whose payments are marked in ``which``."""
    amounts = np.where(which, grid.rows("payments")["amount"], 0.0)
    share: np.ndarray = np.clip(ratio(grid.trailing("payments", 12, amounts), paid_off(grid, 12)), 0.0, 1.0)
    return share


@feature(
    unit="days",
    window="3 months",
    null=NOTHING_PAID,
    worse="higher",
    says="pays {value} beyond terms on average over 3 months",
    says_below="pays {value} before terms on average over 3 months",
    says_at_zero="pays on the due date on average over 3 months",
    formula="sum(amount x (paid_on - due_date)) / sum(amount)",
    source=SOURCE,
)
@measure("applications", months=3)
def dbt_3m(grid: Grid) -> np.ndarray:
    """Days beyond terms of what was paid in 3 months."""
    return days_beyond_terms(grid, 3)


@feature(
    unit="days",
    window="6 months",
    null=NOTHING_PAID,
    worse="higher",
    says="pays {value} beyond terms on average over 6 months",
    says_below="pays {value} before terms on average over 6 months",
    says_at_zero="pays on the due date on average over 6 months",
    formula="sum(amount x (paid_on - due_date)) / sum(amount)",
    source=SOURCE,
)
@measure("applications", months=6)
def dbt_6m(grid: Grid) -> np.ndarray:
    """Days beyond terms of what was paid in 6 months."""
    return days_beyond_terms(grid, 6)


@feature(
    unit="days",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="pays {value} beyond terms on average over 12 months",
    says_below="pays {value} before terms on average over 12 months",
    says_at_zero="pays on the due date on average over 12 months",
    formula="sum(amount x (paid_on - due_date)) / sum(amount)",
    source=SOURCE,
)
@measure("applications", months=12)
def dbt_12m(grid: Grid) -> np.ndarray:
    """Days beyond terms of what was paid in 12 months."""
    return days_beyond_terms(grid, 12)


@feature(
    unit="days",
    window="3 and 12 months",
    null="nothing was paid in 3 months, or the ledger does not cover 12",
    worse="higher",
    says="has paid {value} later over 3 months than over 12",
    says_below="has paid {value} sooner over 3 months than over 12",
    says_at_zero="has paid as late over 3 months as over 12",
    formula="dbt_3m - dbt_12m",
)
@measure()
def dbt_trend(grid: Grid) -> np.ndarray:
    """How much later the customer pays of late; negative when sooner."""
    trend: np.ndarray = dbt_3m(grid) - dbt_12m(grid)
    return trend


@feature(
    unit="days",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="days of payment scatter by {value} around their average",
    says_at_zero="pays with the same delay every time",
    formula="sqrt(sum(amount x days^2) / sum(amount) - dbt_12m^2)",
    source="Standard deviation, weighted with the money",
)
@measure("applications", months=12)
def days_late_sd_12m(grid: Grid) -> np.ndarray:
    """Money-weighted standard deviation of days beyond terms."""
    squares = ratio(paid_squares(grid, 12), paid_off(grid, 12))
    spread: np.ndarray = np.sqrt(np.maximum(0.0, squares - dbt_12m(grid) ** 2))
    return spread


@feature(
    unit="share",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="{value} of the money was paid late over 12 months",
    says_at_zero="nothing was paid late over 12 months",
    formula="sum(amount where paid_on - due_date >= 1) / sum(amount), within 0 and 1",
)
@measure("applications", months=12)
def share_paid_late_12m(grid: Grid) -> np.ndarray:
    """The part of the money that came at least one day late."""
    return share_paid(grid, grid.rows("payments")["days"] > 0)


@feature(
    unit="share",
    window="12 months",
    null=NOTHING_PAID,
    worse="higher",
    says="{value} of the money was paid more than 30 days late over 12 months",
    says_at_zero="nothing was paid more than 30 days late over 12 months",
    formula="sum(amount where paid_on - due_date > 30) / sum(amount), within 0 and 1",
)
@measure("applications", months=12)
def share_paid_late_30_12m(grid: Grid) -> np.ndarray:
    """The part of the money that came more than 30 days late."""
    return share_paid(grid, grid.rows("payments")["days"] > 30)


@feature(
    unit="share",
    window="12 months",
    null=NOTHING_PAID,
    worse="lower",
    says="only {value} of the money was paid before it was due over 12 months",
    says_at_zero="nothing was paid before it was due over 12 months",
    formula="sum(amount where paid_on - due_date <= -1) / sum(amount), within 0 and 1",
)
@measure("applications", months=12)
def share_early_12m(grid: Grid) -> np.ndarray:
    """The part of the money that came at least one day early."""
    return share_paid(grid, grid.rows("payments")["days"] < 0)


@feature(
    unit="money",
    window="3 months",
    null="the ledger holds no receipts or does not cover the window",
    worse="none",
    says="{value} was received over 3 months",
    says_below="{value} more was paid back than received over 3 months",
    says_at_zero="nothing was received over 3 months",
    formula="sum of receipts dated in the window, paid back negative",
)
@measure("receipts", months=3)
def paid_3m(grid: Grid) -> np.ndarray:
    """Cash received in 3 months."""
    return grid.trailing("receipts", 3, grid.rows("receipts")["amount"])


@feature(
    unit="money",
    window="12 months",
    null="the ledger holds no receipts or does not cover the window",
    worse="none",
    says="{value} was received over 12 months",
    says_below="{value} more was paid back than received over 12 months",
    says_at_zero="nothing was received over 12 months",
    formula="sum of receipts dated in the window, paid back negative",
)
@measure("receipts", months=12)
def paid_12m(grid: Grid) -> np.ndarray:
    """Cash received in 12 months."""
    return grid.trailing("receipts", 12, grid.rows("receipts")["amount"])


@feature(
    unit="days",
    window="today",
    null="no cash was ever received",
    worse="higher",
    says="the last payment came {value} ago",
    says_at_zero="the last payment came today",
    formula="as_of - date of the last receipt above 0",
)
@measure("receipts")
def days_since_last_payment(grid: Grid) -> np.ndarray:
    """Days since cash last came in."""
    days: np.ndarray = grid.ends - grid.latest("incoming")
    return days
