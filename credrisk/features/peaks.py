"""How high the balance went within the year, and how long it was above the credit limit.

The balance of a day is the net balance as the ledger showed it at the end of that day, each currency translated at the
rate of the day and rounded once; the limit is the one in force as it was known on that day. What was recorded later
does not rewrite a day. So the path does not depend on the as-of date, only the window over it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.features.ageing import net_balance
from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.windows import spread, window_starts

NOT_COVERED = "the ledger does not cover the window"
MONTHS = 12


@measure()
def days_of_path(grid: Grid) -> np.ndarray:
    """Return the days from the first covered window's first day to the last period end; none where none is covered."""
    covered = grid.covered(MONTHS)
    if not covered.any():
        return np.empty(0, dtype=np.int64)
    return np.arange(window_starts(grid.calendar, MONTHS)[covered][0] + 1, grid.ends[-1] + 1)


@measure()
def daily_balance(grid: Grid) -> np.ndarray:
    """Return the net balance of each customer on each day of the path; what was seen before stands on the first."""
    return balance_path(grid, days_of_path(grid))


def balance_path(grid: Grid, days: np.ndarray) -> np.ndarray:
    """Return the net balance of each customer on each of consecutive ``days``, as the ledger showed it then.

    Minor units of the ledger's currency, of shape (customers, days).
    """
    rows = {kind: grid.rows(kind) for kind in ("owed", "fees", "credits", "cash")}
    seen, line = (np.concatenate([each[name] for each in rows.values()]) for name in ("seen", "line"))
    amount = np.concatenate([-each["amount"] if kind == "cash" else each["amount"] for kind, each in rows.items()])
    # What is seen after the path goes to a column of its own.
    width = len(days) + 1
    place = line * width
    place += np.clip(seen, int(days[0]), int(days[-1]) + 1) - int(days[0])
    moved = np.bincount(place, amount, grid.line_count * width).reshape(-1, width)
    # Sums of whole numbers run several times as fast as those of floats, which hold the same.
    lines = moved[:, :-1].astype(np.int64)
    lines.cumsum(axis=1, out=lines)
    source = grid.source
    home = source.currencies.index(source.settings.currency)
    if grid.line_count == grid.shape[0] and (grid.line_currency == home).all():
        return lines
    own = np.zeros((grid.shape[0], len(days)))
    for place in np.unique(grid.line_currency):
        held, code = grid.line_currency == place, source.currencies[place]
        rate = source.rates.on(code, days)
        lacking = (lines[held] != 0).any(axis=0) & np.isnan(rate)
        if lacking.any():
            raise source.rates.missing(code, days[lacking])
        # A customer has one line a currency, so no place repeats here.
        own[grid.line_customer[held]] += np.rint(lines[held] * np.nan_to_num(rate))
    return own


@dataclass(frozen=True)
class Pieces:
    """The paths cut where a window begins or ends and where the customer's limit changes.

    Attributes
    ----------
    start, length
        Where each piece starts among the paths laid end to end, and its days.
    first
        The first piece of each stretch between two edges of windows, customer by customer.
    limit
        The credit limit in force in minor units, as known then; NaN where there is none.
    edges
        The edges of windows, in days from the first of the path.
    """

    start: np.ndarray
    length: np.ndarray
    first: np.ndarray
    limit: np.ndarray
    edges: np.ndarray


def pieces(grid: Grid) -> Pieces:
    """Return the pieces of the paths of a block."""
    days, rows = days_of_path(grid), grid.rows("limit_steps")
    width = len(days)
    edges = np.unique(np.concatenate([[days[0]], window_starts(grid.calendar, MONTHS) + 1, grid.ends + 1])) - days[0]
    edges = edges[(edges >= 0) & (edges < width)]
    steps = np.clip(rows["seen"] - days[0], 0, width)
    changes = (rows["customer"] * width + steps)[steps < width]
    every = (np.arange(grid.shape[0])[:, None] * width + edges).reshape(-1)
    at = np.searchsorted(every, changes)
    within = np.append(every, -1)[at] != changes
    start = np.insert(every, at[within], changes[within])
    first = np.flatnonzero(np.insert(np.ones(len(every), dtype=bool), at[within], False))
    customer = start // width
    # Steps before the path stand on its first day; of several the last, which the rising order of the rows puts last.
    reached = np.searchsorted(start, rows["customer"] * width + steps)
    known = np.bincount(reached, minlength=len(start) + 1).cumsum()[:-1] - 1
    owned = np.append(rows["customer"], -1)[known] == customer
    limit = np.where(owned, np.append(rows["value"], np.nan)[known], np.nan)
    length = np.diff(start, append=grid.shape[0] * width)
    return Pieces(start, length, first, grid.minor(limit), edges)


@measure()
def yearly(grid: Grid) -> np.ndarray:
    """Return what the year to each period end held: (4, customers, periods), null where it is not covered.

    The greatest net balance, the greatest part of the limit used (-1 without a limit above 0), the days above the
    limit, and the days with one.
    """
    days, covered = days_of_path(grid), np.flatnonzero(grid.covered(MONTHS))
    found = np.full((4, *grid.shape), np.nan)
    if not len(days):
        return found
    path, cut, starts = daily_balance(grid).reshape(-1), pieces(grid), window_starts(grid.calendar, MONTHS)
    top, bottom = (join.reduceat(path, cut.start) for join in (np.maximum, np.minimum))
    used = np.where(cut.limit > 0, np.maximum(0.0, top) / np.where(cut.limit > 0, cut.limit, 1.0), -1.0)
    over = np.where(bottom > cut.limit, cut.length, 0)
    # Only the pieces that cross their limit need a look at every day.
    crossing = np.flatnonzero((top > cut.limit) & (over == 0))
    piece, day = spread(cut.start[crossing], cut.start[crossing] + cut.length[crossing])
    over[crossing] = np.bincount(piece[path[day] > cut.limit[crossing][piece]], minlength=len(crossing))
    highest = np.stack([np.maximum.reduceat(values, cut.first) for values in (top, used)]).reshape(2, grid.shape[0], -1)
    counted = np.zeros((2, grid.shape[0], len(cut.edges) + 1), dtype=np.int64)
    for place, values in enumerate((over, cut.length * ~np.isnan(cut.limit))):
        np.cumsum(np.add.reduceat(values, cut.first).reshape(highest.shape[1:]), axis=1, out=counted[place, :, 1:])
    low, stop = (np.searchsorted(cut.edges, day[covered] + 1 - days[0]) for day in (starts, grid.ends))
    found[2:, :, covered] = counted[:, :, stop] - counted[:, :, low]
    # Stretch by stretch, so that a window is taken over all customers at once.
    highest = np.ascontiguousarray(highest.swapaxes(1, 2))
    for period, begin, end in zip(covered, low, stop, strict=True):
        found[:2, :, period] = highest[:, begin:end].max(axis=1)
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
    top: np.ndarray = yearly(grid)[0]
    return top


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
    used = yearly(grid)[1]
    return np.where(used < 0, np.nan, used)


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
    _, _, over, limited = yearly(grid)
    return np.where(limited > 0, over, np.nan)
