"""What the customer disputes.

A dispute is open from the day it was opened (and its document could be seen) to the day before it was resolved, which
counts only from that day. It holds the part of its debit item in dispute, the whole item where no amount is given, but
never more than is left of the item. Disputes of credit notes do not count.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio, spread
from credrisk.features.items import residuals
from credrisk.features.volume import invoiced_12m


@measure()
def disputed_items(grid: Grid) -> np.ndarray:
    """Return the numbers of the items that were ever disputed, rising."""
    return np.unique(grid.rows("disputes")["document"])


@measure()
def left_of_disputed(grid: Grid) -> np.ndarray:
    """Return what is left of each disputed item, 0 when it is settled."""
    left: np.ndarray = np.maximum(0.0, residuals(grid, disputed_items(grid)))
    return left


@feature(
    unit="money",
    window="today",
    null="the ledger holds no disputes",
    worse="higher",
    says="{value} is in dispute",
    says_at_zero="nothing is in dispute",
    formula="sum over disputed items of min(what is left, sum of the amounts of its open disputes)",
)
@measure("disputes")
def disputed_open(grid: Grid) -> np.ndarray:
    """What is left of items in dispute, as far as it is disputed."""
    rows, items = grid.rows("disputes"), disputed_items(grid)
    item = np.searchsorted(items, rows["document"])
    is_part = ~np.isnan(rows["part"])
    opened, resolved = grid.column(rows["seen"]), grid.column(rows["resolved"])
    resolved = np.maximum(opened, resolved)
    parts = np.where(is_part, np.maximum(0.0, np.nan_to_num(rows["part"])), 0.0)
    wholes = np.where(is_part, 0.0, 1.0)
    part, whole = (
        grid.balance(item, opened, values, len(items)) - grid.balance(item, resolved, values, len(items))
        for values in (parts, wholes)
    )
    left = left_of_disputed(grid)
    disputed = np.where(whole > 0, left, np.minimum(left, part))
    line = np.zeros(len(items), dtype=np.int64)
    line[item] = rows["line"]
    lines = np.zeros((grid.line_count, grid.shape[1]))
    np.add.at(lines, line, disputed)
    return grid.translated(lines)


@feature(
    unit="share",
    window="12 months",
    null="the ledger holds no disputes or does not cover the window, or nothing was invoiced in it",
    worse="higher",
    says="disputes of 12 months come to {value} of what was invoiced",
    says_at_zero="nothing was disputed over 12 months",
    formula="sum of min(disputed amount, document) over disputes opened in the window / invoiced_12m; may exceed 1",
)
@measure("disputes", months=12)
def dispute_rate_12m(grid: Grid) -> np.ndarray:
    """What was disputed in 12 months against what was invoiced."""
    return ratio(grid.trailing("disputes", 12, grid.rows("disputes")["amount"]), invoiced_12m(grid))


@feature(
    unit="days",
    window="today",
    null="no dispute is open",
    worse="higher",
    says="the oldest open dispute was opened {value} ago",
    says_at_zero="the oldest open dispute was opened today",
    formula="as_of - earliest opened_on of the open disputes of items with something left",
)
@measure("disputes")
def oldest_dispute_days(grid: Grid) -> np.ndarray:
    """Age of the oldest dispute that is neither resolved nor settled."""
    rows, items = grid.rows("disputes"), disputed_items(grid)
    customers, periods = grid.shape
    row, column = spread(np.maximum(1, grid.column(rows["seen"])), grid.column(rows["resolved"]))
    is_left = left_of_disputed(grid)[np.searchsorted(items, rows["document"])[row], column - 1] > 0
    row, column = row[is_left], column[is_left]
    opened = np.full((customers, periods), np.inf)
    np.minimum.at(opened, (rows["customer"][row], column - 1), rows["event"][row].astype(np.float64))
    return np.where(np.isfinite(opened), grid.ends - opened, np.nan)
