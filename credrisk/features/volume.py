"""How much the customer buys: what was invoiced, how often, and whether it grows or dries up.

Invoiced are invoices and debit notes, gross, by document date; credit notes, late fees and down payments are not
sales and do not count.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio

NOT_COVERED = "the ledger does not cover the window"


@measure()
def invoiced(grid: Grid, months: int) -> np.ndarray:
    """Return what was invoiced in the window, whether covered or not."""
    return grid.trailing("billed", months, grid.rows("billed")["amount"])


@feature(
    unit="money",
    window="3 months",
    null=NOT_COVERED,
    worse="none",
    says="{value} was invoiced over 3 months",
    says_at_zero="nothing was invoiced over 3 months",
    formula="sum of invoices and debit notes dated in the window",
)
@measure(months=3)
def invoiced_3m(grid: Grid) -> np.ndarray:
    """What was invoiced in 3 months."""
    return invoiced(grid, 3)


@feature(
    unit="money",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="{value} was invoiced over 12 months",
    says_at_zero="nothing was invoiced over 12 months",
    formula="sum of invoices and debit notes dated in the window",
)
@measure(months=12)
def invoiced_12m(grid: Grid) -> np.ndarray:
    """What was invoiced in 12 months."""
    return invoiced(grid, 12)


@feature(
    unit="ratio",
    window="3 and 12 months",
    null="nothing was invoiced in 12 months, or the ledger does not cover them",
    worse="none",
    says="the last 3 months' invoices are {value} times the mean quarter of the year",
    says_at_zero="nothing was invoiced over 3 months, after invoices in the year",
    formula="invoiced_3m / (invoiced_12m / 4)",
)
@measure()
def invoiced_trend(grid: Grid) -> np.ndarray:
    """The last quarter's invoices against the year's mean quarter; 1 when even."""
    return ratio(4.0 * invoiced_3m(grid), invoiced_12m(grid))


@feature(
    unit="ratio",
    window="3 months, and the same 12 months before",
    null="nothing was invoiced in the 3 months a year ago, or the ledger does not cover them",
    worse="none",
    says="the last 3 months' invoices are {value} times those of a year ago",
    says_at_zero="nothing was invoiced over 3 months, after invoices a year ago",
    formula="invoiced_3m / invoiced in (as_of - 15 months, as_of - 12 months]",
)
@measure(months=15)
def invoiced_against_last_year(grid: Grid) -> np.ndarray:
    """The last quarter's invoices against the same quarter of a year ago: growth without the season."""
    return ratio(invoiced(grid, 3), invoiced(grid, 15) - invoiced(grid, 12))


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="invoices over 12 months: {value}",
    says_at_zero="no invoice over 12 months",
    formula="number of invoices and debit notes dated in the window",
)
@measure(months=12)
def invoices_12m(grid: Grid) -> np.ndarray:
    """How many invoices and debit notes there were in 12 months."""
    return grid.trailing("billed", 12)


@feature(
    unit="days",
    window="today",
    null="nothing was ever invoiced",
    worse="none",
    says="the last invoice was {value} ago",
    says_at_zero="the last invoice is of today",
    formula="as_of - date of the last invoice or debit note",
)
@measure()
def days_since_last_invoice(grid: Grid) -> np.ndarray:
    """Days since the customer was last invoiced."""
    days: np.ndarray = grid.ends - grid.latest("billed")
    return days
