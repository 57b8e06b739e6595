"""Days sales outstanding, several ways, and the part of it that is lateness.

The balance is ``open_balance - late_fees`` (credit notes deducted, unapplied cash not: it has its own feature), taken
as 0 when negative, against what was invoiced. Fee notes for late payment are no sales, so no sale is outstanding by
them.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import not_due, past_due, trade_balance
from credrisk.features.catalogue import feature
from credrisk.features.earlier import trade_balance_before
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.open_sales import age_weighted
from credrisk.features.volume import invoiced, invoiced_3m, invoiced_12m
from credrisk.features.windows import window_starts

COUNTED_BACK = 12
"""Countback and true DSO look at this many months of sales."""

NEXT_TO_NOTHING = 1e-290
"""So small that what is left, divided by it, is more than 1, and so large that this is finite."""

NOT_INVOICED = "nothing was invoiced in the window, or the ledger does not cover it"


@measure()
def balance(grid: Grid) -> np.ndarray:
    """Return the open balance without late fees, 0 when negative."""
    owed: np.ndarray = np.maximum(0.0, trade_balance(grid))
    return owed


@measure()
def window_days(grid: Grid, months: int) -> np.ndarray:
    """Return the days of the window to each period end."""
    days: np.ndarray = (grid.ends - window_starts(grid.calendar, months)).astype(np.float64)
    return days


def countback(balance: np.ndarray, sales: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Count a balance back through the months' sales, the latest month first.

    Parameters
    ----------
    balance
        What is open, of shape (...), not negative.
    sales, days
        Sales and days of each month, of shape (..., months), the latest first; NaN sales are not covered.

    Returns
    -------
    numpy.ndarray
        The days, of shape (...): all days of a month whose sales are exhausted, the last month pro rata, and all
        months together when the balance outlasts them. NaN where the balance reaches into a month not covered.

    Examples
    --------
    >>> days = countback(np.array(212.0), np.array([100.0, 80.0, 70.0]), np.array([30.0, 30.0, 30.0]))
    >>> round(float(days), 1)
    73.7
    """
    shape = np.broadcast_shapes(np.shape(balance), sales.shape[:-1])
    terms, unknown, through = list[np.ndarray](), np.zeros(shape, dtype=bool), np.zeros(shape)
    # Month by month: arrays of one month stay in the cache.
    for month in range(sales.shape[-1]):
        sold, left = sales[..., month], np.maximum(balance - through, 0.0)
        missing = np.isnan(sold)
        if missing.any():
            unknown |= missing & (left > 0)
            sold = np.where(missing, 0.0, sold)
        # Against nothing sold any rest is far more than the month.
        part = np.minimum(left / np.maximum(sold, NEXT_TO_NOTHING), 1.0)
        terms.append(part * days[..., month])
        through += sold
    return np.where(unknown, np.nan, _sum(terms))


def _sum(terms: list[np.ndarray]) -> np.ndarray:
    """Return the sum of arrays, to the last bit what NumPy makes of as many numbers (15 at most) along a row."""
    total, rest = terms[0], terms[1:]
    if len(terms) >= 8:
        pairs = [terms[place] + terms[place + 1] for place in range(0, 8, 2)]
        total, rest = (pairs[0] + pairs[1]) + (pairs[2] + pairs[3]), terms[8:]
    for term in rest:
        total = total + term
    return total


@feature(
    unit="days",
    window="up to 12 months",
    null="the months counted back reach before the ledger's coverage",
    worse="higher",
    says="the last {value} of sales are outstanding",
    says_at_zero="no sales are outstanding",
    formula=(
        "max(0, open_balance - late_fees) exhausted by the sales of (as_of - 1 month, as_of], (as_of - 2 months, as_of "
        "- 1 month], ...: the days of each month whose sales are exhausted, plus remainder / sales x days in the last; "
        "0 when nothing is open, the days of 12 months when these are not enough"
    ),
    source="Countback (exhaustion) DSO; balance 212, sales 100, 80, 70 in months of 30 days give 73.7 days",
)
@measure()
def dso_countback(grid: Grid) -> np.ndarray:
    """Days sales outstanding by counting the balance back through the months' sales."""
    sales, days = np.empty((COUNTED_BACK, *grid.shape)), np.empty((COUNTED_BACK, grid.shape[1]))
    total, through = np.zeros(grid.shape), np.zeros(grid.shape[1])
    for place in range(COUNTED_BACK):
        before, since = total, through
        total, through = invoiced(grid, place + 1), window_days(grid, place + 1)
        np.subtract(total, before, out=sales[place])
        sales[place][:, ~grid.covered(place + 1)] = np.nan
        days[place] = through - since
    return countback(balance(grid), np.moveaxis(sales, 0, -1), days.T)


@feature(
    unit="days",
    window="up to 12 months",
    null="an item is open of a month in which nothing was invoiced or that the ledger does not cover",
    worse="higher",
    says="what is open of 12 months' sales makes {value} of true DSO",
    says_at_zero="nothing of 12 months' sales is open, or it was sold today",
    formula=(
        "sum over the invoices and debit notes of (as_of - 12 months, as_of] with something left above 0 of (as_of - "
        "document_date) x what is left / invoiced in the month of sale; months are (as_of - 1 month, as_of], (as_of - "
        "2 months, as_of - 1 month], ...; items billed earlier are left out"
    ),
    source="True DSO: age x amount of each open invoice / credit sales of the month of sale, summed",
)
@measure()
def true_dso_12m(grid: Grid) -> np.ndarray:
    """Days sales outstanding item by item: each open item by its age and its part of the sales of its month."""
    total, unknown, later = np.zeros(grid.shape), np.zeros(grid.shape, dtype=bool), np.zeros(grid.shape)
    for month, weighted in enumerate(age_weighted(grid, COUNTED_BACK), 1):
        until = invoiced(grid, month)
        sold = until - later
        known = (sold > 0) & grid.covered(month)
        unknown |= (weighted > 0) & ~known
        total += np.where(known, weighted, 0.0) / np.where(known, sold, 1.0)
        later = until
    return np.where(unknown, np.nan, total)


@feature(
    unit="days",
    window="3 months",
    null=NOT_INVOICED,
    worse="higher",
    says="{value} of sales are outstanding, measured over 3 months",
    says_at_zero="no sales are outstanding, measured over 3 months",
    formula="max(0, open_balance - late_fees) / invoiced_3m x days of the window",
    source="Rolling DSO: ending receivables / credit sales x days",
)
@measure()
def dso_3m(grid: Grid) -> np.ndarray:
    """Days sales outstanding against 3 months' sales."""
    return ratio(balance(grid) * window_days(grid, 3), invoiced_3m(grid))


@feature(
    unit="days",
    window="6 months",
    null=NOT_INVOICED,
    worse="higher",
    says="{value} of sales are outstanding, measured over 6 months",
    says_at_zero="no sales are outstanding, measured over 6 months",
    formula="max(0, open_balance - late_fees) / (invoiced in 6 months) x days of the window",
    source="Rolling DSO: ending receivables / credit sales x days",
)
@measure(months=6)
def dso_6m(grid: Grid) -> np.ndarray:
    """Days sales outstanding against 6 months' sales."""
    return ratio(balance(grid) * window_days(grid, 6), invoiced(grid, 6))


@feature(
    unit="days",
    window="12 months",
    null=NOT_INVOICED,
    worse="higher",
    says="{value} of sales are outstanding, measured over 12 months",
    says_at_zero="no sales are outstanding, measured over 12 months",
    formula="max(0, open_balance - late_fees) / invoiced_12m x days of the window",
    source="Rolling DSO: ending receivables / credit sales x days",
)
@measure()
def dso_12m(grid: Grid) -> np.ndarray:
    """Days sales outstanding against 12 months' sales."""
    return ratio(balance(grid) * window_days(grid, 12), invoiced_12m(grid))


@feature(
    unit="days",
    window="3 months",
    null=NOT_INVOICED,
    worse="none",
    says="DSO would be {value} if nothing were past due",
    formula="not_due / invoiced_3m x days of the window",
    source="Best possible DSO: current receivables / credit sales x days, the same method as the DSO beside it",
)
@measure()
def best_possible_dso_3m(grid: Grid) -> np.ndarray:
    """Days sales outstanding if nothing were past due."""
    return ratio(not_due(grid) * window_days(grid, 3), invoiced_3m(grid))


@feature(
    unit="days",
    window="3 months",
    null=NOT_INVOICED,
    worse="higher",
    says="late payment ties up {value} of sales",
    says_at_zero="late payment ties up no sales",
    formula="past_due / invoiced_3m x days of the window",
    source="Average days delinquent: DSO less best possible DSO, where no credits are open",
)
@measure()
def average_days_delinquent_3m(grid: Grid) -> np.ndarray:
    """The part of DSO that is lateness; more than the difference of the two where credits are open."""
    return ratio(past_due(grid) * window_days(grid, 3), invoiced_3m(grid))


@feature(
    unit="days",
    window="12 months",
    null=NOT_INVOICED,
    worse="none",
    says="DSO of 12 months would be {value} if nothing were past due",
    formula="not_due / invoiced_12m x days of the window",
    source="Best possible DSO: current receivables / credit sales x days, the same method as the DSO beside it",
)
@measure()
def best_possible_dso_12m(grid: Grid) -> np.ndarray:
    """Days sales outstanding against 12 months' sales if nothing were past due."""
    return ratio(not_due(grid) * window_days(grid, 12), invoiced_12m(grid))


@feature(
    unit="days",
    window="12 months",
    null=NOT_INVOICED,
    worse="higher",
    says="late payment ties up {value} of the year's sales",
    says_at_zero="late payment ties up none of the year's sales",
    formula="past_due / invoiced_12m x days of the window",
    source="Average days delinquent: DSO less best possible DSO, where no credits are open",
)
@measure()
def average_days_delinquent_12m(grid: Grid) -> np.ndarray:
    """The part of DSO over 12 months that is lateness; more than the difference of the two where credits are open."""
    return ratio(past_due(grid) * window_days(grid, 12), invoiced_12m(grid))


@feature(
    unit="days",
    window="3 months, and the same 12 months before",
    null="nothing was invoiced in the window or in that of the year before, or the ledger does not cover both",
    worse="higher",
    says="DSO of 3 months is {value} longer than a year ago",
    says_below="DSO of 3 months is {value} shorter than a year ago",
    says_at_zero="DSO of 3 months is as long as a year ago",
    formula=(
        "dso_3m - B / S x days, B: max(0, open_balance - late_fees at the end of (as_of - 12 months) as the ledger "
        "then showed it, at today's rates), S: invoiced in (as_of - 15 months, as_of - 12 months], days: those of that "
        "window"
    ),
)
@measure(months=15)
def dso_change_12m(grid: Grid) -> np.ndarray:
    """How much longer sales are outstanding than a year ago; negative when shorter."""
    sales, days = invoiced(grid, 15) - invoiced(grid, 12), window_days(grid, 15) - window_days(grid, 12)
    change: np.ndarray = dso_3m(grid) - ratio(np.maximum(0.0, trade_balance_before(grid, 12)) * days, sales)
    return change
