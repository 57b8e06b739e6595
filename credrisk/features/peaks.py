"""How high the balance went within the year, and how long it was above the credit limit.

The balance of a day is the net balance as the ledger showed it at the end of that day, each currency translated at the
rate of the day and rounded once; the limit is the one in force as it was known on that day. What was recorded later
does not rewrite a day. So the path does not depend on the as-of date, only the window over it does.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import net_balance
from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio, window_starts

NOT_COVERED = "the ledger does not cover the window"
MONTHS = 12


@measure()
def days_of_path(grid: Grid) -> np.ndarray:
    """Return the days from the first covered window's first day to the last period end; none where none is covered."""
    covered = grid.covered(MONTHS)
    if not covered.any():
        return np.empty(0, dtype=np.int64)
    return np.arange(window_starts(grid.calendar, MONTHS)[covered][0] + 1, grid.ends[-1] + 1)


def _standing(place: np.ndarray, seen: np.ndarray, amounts: np.ndarray, days: np.ndarray, height: int) -> np.ndarray:
    """Return the running sum of each place on each day; what was seen before stands on the first."""
    width = len(days) + 1
    column = np.clip(seen - days[0], 0, len(days))
    return np.bincount(place * width + column, amounts, height * width).reshape(height, width)[:, :-1].cumsum(axis=1)


@measure()
def daily_balance(grid: Grid) -> np.ndarray:
    """Return the net balance of each customer on each day of the path."""
    days = days_of_path(grid)
    lines = np.zeros((grid.line_count, len(days)))
    for kind, sign in (("owed", 1.0), ("credits", 1.0), ("cash", -1.0)):
        rows = grid.rows(kind)
        lines += _standing(rows["line"], rows["seen"], sign * rows["amount"], days, grid.line_count)
    source, own = grid.source, np.zeros((grid.shape[0], len(days)))
    for place in np.unique(grid.line_currency):
        held, code = grid.line_currency == place, source.currencies[place]
        rate = source.rates.on(code, days)
        lacking = (lines[held] != 0).any(axis=0) & np.isnan(rate)
        if lacking.any():
            raise source.rates.missing(code, days[lacking])
        own[grid.line_customer[held]] += np.rint(lines[held] * np.nan_to_num(rate))
    return own


@measure()
def daily_limit(grid: Grid) -> np.ndarray:
    """Return the credit limit in force of each customer on each day of the path, NaN where there is none."""
    days, rows = days_of_path(grid), grid.rows("limit_steps")
    last = np.full((grid.shape[0], len(days) + 1), -1)
    np.maximum.at(last, (rows["customer"], np.clip(rows["seen"] - days[0], 0, len(days))), np.arange(len(rows["seen"])))
    in_force = np.maximum.accumulate(last[:, :-1], axis=1)
    return grid.minor(np.append(rows["value"], np.nan)[in_force])


def highest(grid: Grid, path: np.ndarray) -> np.ndarray:
    """Return the greatest value of a path in the window to each period end, null where it is not covered."""
    first, found = days_of_path(grid), grid.null()
    starts = window_starts(grid.calendar, MONTHS)
    edges = np.unique(np.concatenate([starts + 1, grid.ends + 1])) - (first[0] if len(first) else 0)
    edges = edges[(edges >= 0) & (edges < len(first))]
    if not len(edges):
        return found
    tops = np.maximum.reduceat(path, edges, axis=1)
    for period in np.flatnonzero(grid.covered(MONTHS)):
        low, high = np.searchsorted(edges, [starts[period] + 1 - first[0], grid.ends[period] + 1 - first[0]])
        found[:, period] = tops[:, low:high].max(axis=1)
    return found


def summed(grid: Grid, path: np.ndarray) -> np.ndarray:
    """Return the sum of a path over the days of the window to each period end, null where it is not covered."""
    found, days, covered = grid.null(), days_of_path(grid), grid.covered(MONTHS)
    if len(days):
        total = np.concatenate([np.zeros((len(path), 1)), path.cumsum(axis=1)], axis=1)
        low = window_starts(grid.calendar, MONTHS)[covered] + 1 - days[0]
        found[:, covered] = total[:, grid.ends[covered] + 1 - days[0]] - total[:, low]
    return found


@feature(
    unit="money",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="the highest net balance of 12 months was {value}",
    says_below="the account was never less than {value} in credit over 12 months",
    says_at_zero="nothing was owed over 12 months",
    formula="greatest net balance at the end of any day of the window, as the ledger showed it on that day",
    source="High credit of trade references",
)
@measure(months=MONTHS)
def peak_balance_12m(grid: Grid) -> np.ndarray:
    """The highest net balance of 12 months, day by day."""
    return highest(grid, daily_balance(grid)) if len(days_of_path(grid)) else grid.null()


@feature(
    unit="share",
    window="12 months",
    null="the highest net balance of the window is not above 0, or the ledger does not cover it",
    worse="none",
    says="the net balance is {value} of its high of 12 months",
    says_below="the account is in credit by {value} of the high of 12 months",
    says_at_zero="nothing is owed, after a balance within 12 months",
    formula="net_balance / peak_balance_12m",
)
@measure(months=MONTHS)
def balance_to_peak_12m(grid: Grid) -> np.ndarray:
    """How near the balance is to the highest of 12 months."""
    return ratio(net_balance(grid), peak_balance_12m(grid))


@feature(
    unit="share",
    window="12 months",
    null="no credit limit above 0 was in force on any day of the window, or the ledger does not cover it",
    worse="none",
    says="{value} of the credit limit was used at the most over 12 months",
    says_at_zero="nothing of the credit limit was used over 12 months",
    formula="greatest max(0, net balance) / credit limit of any day of the window, both as known on that day",
)
@measure("customer_history", months=MONTHS)
def peak_utilisation_12m(grid: Grid) -> np.ndarray:
    """The greatest part of the credit limit used on any day of 12 months."""
    if not len(days_of_path(grid)):
        return grid.null()
    used = ratio(np.maximum(0.0, daily_balance(grid)), daily_limit(grid))
    top = highest(grid, np.where(np.isnan(used), -1.0, used))
    return np.where(top < 0, np.nan, top)


@feature(
    unit="days",
    window="12 months",
    null="no credit limit was in force on any day of the window, or the ledger does not cover it",
    worse="higher",
    says="the credit limit was exceeded on {value} of 12 months",
    says_at_zero="the credit limit was kept over 12 months",
    formula="number of days of the window on which net balance > credit limit in force, both as known on that day",
)
@measure("customer_history", months=MONTHS)
def over_limit_days_12m(grid: Grid) -> np.ndarray:
    """On how many days of 12 months the credit limit was exceeded."""
    if not len(days_of_path(grid)):
        return grid.null()
    limit = daily_limit(grid)
    over = summed(grid, (daily_balance(grid) > limit).astype(np.float64))
    return np.where(summed(grid, (~np.isnan(limit)).astype(np.float64)) > 0, over, np.nan)
