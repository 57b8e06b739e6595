"""Promises to pay: made, kept, broken.

A promise falls due at the end of its due day and is judged from the day after. For a document it is kept when the cash
applied to it that arrived from the day of the promise to its due day (both included) reaches the promised amount, or
when by then the document was cleared in any way; without an amount, or with one in another currency than the
document's, only the latter counts. On account it is kept when the receipts of those days in its currency reach the
amount; without an amount, when anything came in. Cash that is seen later mends the judgement from that day on.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio, spread, window_starts

NOT_COVERED = "the ledger holds no promises or does not cover the window"
ON_ACCOUNT = -1
SPAN = 2**31
"""Wider than any day: (place, day) becomes one sortable number."""


def _sums(
    grid: Grid, wanted: np.ndarray, first: np.ndarray, last: np.ndarray, rows: dict[str, np.ndarray]
) -> np.ndarray:
    """Return for each promise the sum of ``rows`` of its place, dated first to last, that each period end could see.

    ``wanted`` is the place of each promise, ``rows`` has place, event, seen and amount.
    """
    order = np.argsort(rows["place"] * SPAN + rows["event"], kind="stable")
    keys = (rows["place"] * SPAN + rows["event"])[order]
    start = np.searchsorted(keys, wanted * SPAN + first, side="left")
    stop = np.searchsorted(keys, wanted * SPAN + last, side="right")
    promise, place = spread(start, stop)
    hit = order[place]
    return grid.balance(promise, grid.column(rows["seen"][hit]), rows["amount"][hit], len(wanted))


@measure("promises")
def kept(grid: Grid) -> np.ndarray:
    """Tell for each promise of the block whether it counts as kept at each period end."""
    promises, debits = grid.rows("promises"), grid.rows("named_debits")
    document, amount = promises["document"].astype(np.int64), promises["amount"]
    named = ~np.isnan(amount)
    since, due = promises["seen"].astype(np.int64), promises["due"].astype(np.int64)
    of_promise = np.isin(debits["document"], document)
    items = {name: debits[name][of_promise].astype(np.int64) for name in ("document", "event", "seen")}
    items |= {"place": items["document"], "amount": debits["amount"][of_promise].astype(np.float64)}
    opening = {**items, "amount": debits["opening"][of_promise].astype(np.float64)}
    cash = {**items, "amount": -items["amount"] * debits["cash"][of_promise]}
    ever = np.zeros(len(document), dtype=np.int64)
    cleared = (_sums(grid, document, ever, due, items) <= 0) & (_sums(grid, document, ever, due, opening) > 0)
    paid = _sums(grid, document, since, due, cash)
    receipts = grid.rows("receipts")
    width = len(grid.source.currencies)
    received = _sums(
        grid,
        promises["customer"] * width + promises["currency"],
        since,
        due,
        {
            "place": receipts["customer"] * width + receipts["currency"],
            "event": receipts["event"].astype(np.int64),
            "seen": receipts["seen"],
            "amount": receipts["raw"],
        },
    )
    needed = np.where(named, np.maximum(1.0, np.nan_to_num(amount)), 1.0)[:, None]
    on_account = (document == ON_ACCOUNT)[:, None]
    return np.where(on_account, received >= needed, cleared | (named[:, None] & (paid >= needed)))


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="promises to pay that fell due over 12 months: {value}",
    says_at_zero="no promise to pay fell due over 12 months",
    formula="number of promises with as_of - 12 months <= due_on < as_of",
)
@measure("promises", months=12)
def promises_12m(grid: Grid) -> np.ndarray:
    """How many promises fell due and could be judged in 12 months."""
    return grid.trailing("promises", 12)


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="higher",
    says="promises to pay broken over 12 months: {value}",
    says_at_zero="no promise to pay was broken over 12 months",
    formula="number of promises with as_of - 12 months <= due_on < as_of that were not kept",
)
@measure("promises", months=12)
def broken_promises_12m(grid: Grid) -> np.ndarray:
    """How many promises of 12 months were not kept."""
    rows = grid.rows("promises")
    judged = np.maximum(rows["event"], rows["seen"])[:, None] <= grid.ends
    broken = judged & (rows["event"][:, None] > window_starts(grid.calendar, 12)) & ~kept(grid)
    return _count(grid, broken)


@feature(
    unit="share",
    window="12 months",
    null="no promise fell due in the window, or the ledger does not cover it",
    worse="higher",
    says="{value} of the promises of 12 months were broken",
    says_at_zero="no promise of 12 months was broken",
    formula="broken_promises_12m / promises_12m",
)
@measure()
def broken_promise_share_12m(grid: Grid) -> np.ndarray:
    """The part of the promises of 12 months that was not kept."""
    return ratio(broken_promises_12m(grid), promises_12m(grid))


@feature(
    unit="count",
    window="today",
    null="the ledger holds no promises",
    worse="none",
    says="open promises to pay: {value}",
    says_at_zero="no promise to pay is open",
    formula="number of promises made, with due_on >= as_of, and not yet kept",
)
@measure("promises")
def open_promises(grid: Grid) -> np.ndarray:
    """How many promises are still to be kept and not yet due."""
    rows = grid.rows("promises")
    made = rows["seen"][:, None] <= grid.ends
    return _count(grid, made & (rows["due"][:, None] >= grid.ends) & ~kept(grid))


def _count(grid: Grid, marked: np.ndarray) -> np.ndarray:
    """Return how many of each customer's promises are marked at each period end."""
    customers, periods = grid.shape
    promise, period = np.nonzero(marked)
    cells = grid.rows("promises")["customer"][promise] * periods + period
    return np.bincount(cells, minlength=customers * periods).reshape(grid.shape).astype(np.float64)
