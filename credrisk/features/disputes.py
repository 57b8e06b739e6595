"""What the customer disputes.

A dispute is open from the day it was opened (and its document could be seen) to the day before it was resolved, which
counts only from that day. It holds the part of its debit item in dispute, the whole item where no amount is given, but
never more than is left of the item. Disputes of credit notes do not count. An outcome is known from the day on which
the dispute was resolved; one without an outcome tells nothing about who was right.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.items import residuals
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_kind
from credrisk.features.volume import invoiced_12m
from credrisk.features.windows import spread

NOT_COVERED = "the ledger holds no disputes or does not cover the window"


@row_kind
def resolved_disputes(source: LedgerRows) -> Rows:
    """Disputes on the day they were resolved: ``days`` they took, ``told`` (has an outcome), ``valid`` (or partly)."""
    rows = source.kind("disputes")
    ended = rows["resolved"] < NEVER
    rows = {name: values[ended] for name, values in rows.items()}
    seen = np.maximum(rows["seen"], rows["resolved"])
    return {**rows, "seen": seen, "event": rows["resolved"], "days": rows["resolved"] - rows["event"]}


@row_kind
def repeat_disputes(source: LedgerRows) -> Rows:
    """Disputes of an item that was disputed before."""
    rows = source.kind("disputes")
    again = np.diff(rows["document"], prepend=-1) == 0
    return {name: values[again] for name, values in rows.items()}


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
    source="Dispute rate: disputed over invoiced",
)
@measure("disputes", months=12)
def dispute_rate_12m(grid: Grid) -> np.ndarray:
    """What was disputed in 12 months against what was invoiced."""
    return ratio(grid.trailing("disputes", 12, grid.rows("disputes")["amount"]), invoiced_12m(grid))


@measure()
def open_disputes(grid: Grid) -> np.ndarray:
    """Return the disputes open at each period end on items with something left, as (row, period) in two lines."""
    rows, items = grid.rows("disputes"), disputed_items(grid)
    row, column = spread(np.maximum(1, grid.column(rows["seen"])), grid.column(rows["resolved"]))
    is_left = left_of_disputed(grid)[np.searchsorted(items, rows["document"])[row], column - 1] > 0
    return np.stack([row[is_left], column[is_left] - 1])


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
    rows, (row, period) = grid.rows("disputes"), open_disputes(grid)
    opened = np.full(grid.shape, np.inf)
    np.minimum.at(opened, (rows["customer"][row], period), rows["event"][row].astype(np.float64))
    return np.where(np.isfinite(opened), grid.ends - opened, np.nan)


@feature(
    unit="days",
    window="today",
    null="no dispute is open, or those that are concern no money",
    worse="higher",
    says="the money in open disputes has been disputed for {value} on average",
    says_at_zero="the money in open disputes has been disputed since today",
    formula="sum(amount x (as_of - opened_on)) / sum(amount), amount = min(disputed, what is left of the item)",
)
@measure("disputes")
def open_dispute_days(grid: Grid) -> np.ndarray:
    """Mean age of the open disputes, weighted with their money."""
    rows, (row, period) = grid.rows("disputes"), open_disputes(grid)
    left = left_of_disputed(grid)[np.searchsorted(disputed_items(grid), rows["document"][row]), period]
    part = rows["part"][row]
    disputed = np.where(np.isnan(part), left, np.clip(np.nan_to_num(part), 0.0, left))
    weight = np.rint(disputed * grid.rates_at_ends(rows["currency"][row], period))
    customers, periods = grid.shape
    cells = rows["customer"][row] * periods + period
    age = grid.ends[period] - rows["event"][row]
    aged, total = (np.bincount(cells, each, customers * periods) for each in (weight * age, weight))
    return ratio(aged, total).reshape(grid.shape)


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="disputes opened over 12 months: {value}",
    says_at_zero="no dispute was opened over 12 months",
    formula="number of disputes of debit items opened in the window",
)
@measure("disputes", months=12)
def disputes_12m(grid: Grid) -> np.ndarray:
    """How many disputes the customer opened in 12 months."""
    return grid.trailing("disputes", 12)


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="disputes over 12 months of items that were disputed before: {value}",
    says_at_zero="no item was disputed again over 12 months",
    formula="number of disputes opened in the window on a debit item with an earlier dispute",
)
@measure("disputes", months=12)
def repeat_disputes_12m(grid: Grid) -> np.ndarray:
    """How many disputes of 12 months were about an item disputed before."""
    return grid.trailing("repeat_disputes", 12)


@feature(
    unit="share",
    window="12 months",
    null="no dispute with an outcome was resolved in the window, or the ledger does not cover it",
    worse="none",
    says="{value} of the disputes resolved over 12 months were found valid",
    says_at_zero="no dispute resolved over 12 months was found valid",
    formula="disputes of outcome valid or partly / disputes with an outcome, resolved in the window",
)
@measure("disputes", months=12)
def valid_dispute_share_12m(grid: Grid) -> np.ndarray:
    """The part of the disputes resolved in 12 months in which the customer was right, at least in part."""
    rows = grid.rows("resolved_disputes")
    valid, told = (grid.trailing("resolved_disputes", 12, rows[name]) for name in ("valid", "told"))
    return ratio(valid, told)


@feature(
    unit="days",
    window="12 months",
    null="no dispute was resolved in the window, or the ledger does not cover it",
    worse="none",
    says="disputes resolved over 12 months took {value} on average",
    says_at_zero="disputes resolved over 12 months were resolved on the day they were opened",
    formula="mean of resolved_on - opened_on over the disputes resolved in the window",
    source="Deduction (dispute) closing time, a common measure of collections teams",
)
@measure("disputes", months=12)
def dispute_resolution_days_12m(grid: Grid) -> np.ndarray:
    """How long the disputes resolved in 12 months were open on average."""
    days = grid.rows("resolved_disputes")["days"].astype(np.float64)
    return ratio(grid.trailing("resolved_disputes", 12, days), grid.trailing("resolved_disputes", 12))
