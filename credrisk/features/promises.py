"""Promises to pay: made, kept, broken.

A promise falls due at the end of its due day and is judged from the day after. Only money keeps it: the cash applied
to its document (on account: the receipts in its currency) that arrived from the day of the promise to its due day,
both included, reaches the promised amount, or all that was left to pay. What was credited, deducted or allowed in these
days need not be paid any more; what was written off is not paid. A promise without an amount, or with one in another
currency than the document's, means all that was left; on account, anything that came in. A document that was cleared by
the due day without that money (credited in full, written off) closes its promise: neither kept nor broken, it says
nothing of the customer's word. Cash that is seen later mends the judgement from that day on.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.item_rows import MOVEMENT_KINDS
from credrisk.features.rows import LedgerRows, Rows, row_kind
from credrisk.features.windows import spread, window_starts

NOT_COVERED = "the ledger holds no promises or does not cover the window"
ON_ACCOUNT = -1
WRITE_OFF = MOVEMENT_KINDS.index("write_off")
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


@row_kind
def promised_items(source: LedgerRows) -> Rows:
    """The movements of the items that were ever promised: ``place`` is the item.

    ``cash`` is the cash that paid it, ``written_off`` what was given up of it, ``fee`` tells a fee note.
    """
    debits, document = source.kind("named_debits"), source.kind("promises")["document"]
    promised = np.zeros(1 + max(debits["document"].max(initial=0), document.max(initial=0)), dtype=bool)
    promised[document[document >= 0]] = True
    found = np.flatnonzero(promised[debits["document"]])
    rows = {name: values[found] for name, values in debits.items()}
    days = {name: rows[name].astype(np.int64) for name in ("event", "seen", "due")}
    amount = rows["amount"].astype(np.float64)
    sums = {
        "amount": amount,
        "fee": rows["fee"],
        "opening": rows["opening"].astype(np.float64),
        "cash": -amount * rows["cash"],
        "written_off": -amount * (rows["kind"] == WRITE_OFF),
    }
    place = {"customer": rows["customer"], "currency": rows["currency"], "place": rows["document"].astype(np.int64)}
    return source.with_line({**place, **days, **sums})


@row_kind
def account_receipts(source: LedgerRows) -> Rows:
    """The receipts of customers who ever promised on account, ``amount`` in their own currency."""
    receipts, promises = source.kind("receipts"), source.kind("promises")
    promising = np.zeros(len(source.customers), dtype=bool)
    promising[promises["customer"][promises["document"] == ON_ACCOUNT]] = True
    found = np.flatnonzero(promising[receipts["customer"]])
    rows = {name: values[found] for name, values in receipts.items()}
    days = {name: rows[name].astype(np.int64) for name in ("event", "seen")}
    return {"customer": rows["customer"], "currency": rows["currency"], **days, "amount": rows["raw"]}


def receipts_by_currency(grid: Grid) -> Rows:
    """Return the receipts that promises on account need, ``place`` being that of customer and currency."""
    receipts = grid.rows("account_receipts")
    return {**receipts, "place": receipts["customer"] * len(grid.source.currencies) + receipts["currency"]}


def account_of(grid: Grid) -> np.ndarray:
    """Return for each promise the place of its customer and currency."""
    rows = grid.rows("promises")
    account: np.ndarray = rows["customer"] * len(grid.source.currencies) + rows["currency"]
    return account


def needed(grid: Grid) -> np.ndarray:
    """Return what keeps each promise: on account without an amount anything, NaN where no sum of cash does."""
    rows = grid.rows("promises")
    anything = np.where(rows["document"] == ON_ACCOUNT, 1.0, np.nan)
    return np.where(np.isnan(rows["amount"]), anything, np.maximum(1.0, rows["amount"]))


@measure("promises")
def paid(grid: Grid) -> np.ndarray:
    """Return for each promise the cash that counts for it, from the day it was made to its due day, as seen."""
    rows, items = grid.rows("promises"), grid.rows("promised_items")
    document = rows["document"].astype(np.int64)
    since, due = rows["seen"].astype(np.int64), rows["due"].astype(np.int64)
    on_item = _sums(grid, document, since, due, {**items, "amount": items["cash"]})
    on_account = _sums(grid, account_of(grid), since, due, receipts_by_currency(grid))
    return np.where((document == ON_ACCOUNT)[:, None], on_account, on_item)


def cleared_by_cash(left: np.ndarray, written_off: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Tell whether cash took what was left of items: nothing is left but what was written off, and not without it."""
    unpaid = left + written_off
    paid_off: np.ndarray = (unpaid <= 0) & (unpaid + came > 0)
    return paid_off


def left_on_item(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return what was left of each promise's document at its due day, as seen, and whether the document was."""
    rows, items = grid.rows("promises"), grid.rows("promised_items")
    document, due = rows["document"].astype(np.int64), rows["due"].astype(np.int64)
    ever = np.zeros(len(document), dtype=np.int64)
    left = _sums(grid, document, ever, due, items)
    opened = _sums(grid, document, ever, due, {**items, "amount": items["opening"]})
    return left, (document != ON_ACCOUNT)[:, None] & (opened > 0)


@measure("promises")
def kept(grid: Grid) -> np.ndarray:
    """Tell for each promise of the block whether it counts as kept at each period end."""
    rows, items = grid.rows("promises"), grid.rows("promised_items")
    left, there = left_on_item(grid)
    document, since, due = (rows[name].astype(np.int64) for name in ("document", "seen", "due"))
    written_off = _sums(grid, document, since, due, {**items, "amount": items["written_off"]})
    came = paid(grid)
    reached: np.ndarray = (there & cleared_by_cash(left, written_off, came)) | (came >= needed(grid)[:, None])
    return reached


@measure("promises")
def closed(grid: Grid) -> np.ndarray:
    """Tell for each promise whether its document was cleared by its due day, but not by the money promised."""
    left, there = left_on_item(grid)
    without_cash: np.ndarray = there & (left <= 0) & ~kept(grid)
    return without_cash


@measure("promises")
def fell_due(grid: Grid) -> np.ndarray:
    """Tell for each promise whether it fell due before each period end, however long ago, and was not closed."""
    rows = grid.rows("promises")
    judged: np.ndarray = (np.maximum(rows["event"], rows["seen"])[:, None] <= grid.ends) & ~closed(grid)
    return judged


@measure("promises")
def broken(grid: Grid) -> np.ndarray:
    """Tell for each promise whether it fell due before each period end, however long ago, and was not kept."""
    failed: np.ndarray = fell_due(grid) & ~kept(grid)
    return failed


def of_year(grid: Grid, judged: np.ndarray) -> np.ndarray:
    """Return which of the promises that are marked fell due in the 12 months to each period end."""
    recent: np.ndarray = judged & (grid.rows("promises")["event"][:, None] > window_starts(grid.calendar, 12))
    return recent


@measure("promises")
def due_of_year(grid: Grid) -> np.ndarray:
    """Tell for each promise whether it fell due in the 12 months to each period end and was kept or broken."""
    return of_year(grid, fell_due(grid))


@measure("promises")
def broken_of_year(grid: Grid) -> np.ndarray:
    """Tell for each promise whether it fell due in the 12 months to each period end and was not kept."""
    return of_year(grid, broken(grid))


@measure("promises")
def still_open(grid: Grid) -> np.ndarray:
    """Tell for each promise whether it was made, is not past its due day, not yet kept and not closed."""
    rows = grid.rows("promises")
    waiting: np.ndarray = (rows["seen"][:, None] <= grid.ends) & (rows["due"][:, None] >= grid.ends)
    open_now: np.ndarray = waiting & ~kept(grid) & ~closed(grid)
    return open_now


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="promises to pay that fell due over 12 months: {value}",
    says_at_zero="no promise to pay fell due over 12 months",
    formula="number of promises with as_of - 12 months <= due_on < as_of that were kept or broken",
)
@measure("promises", months=12)
def promises_12m(grid: Grid) -> np.ndarray:
    """How many promises fell due and could be judged in 12 months."""
    return count(grid, due_of_year(grid))


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="higher",
    says="promises to pay broken over 12 months: {value}",
    says_at_zero="no promise to pay was broken over 12 months",
    formula="number of promises_12m that were not kept",
)
@measure("promises", months=12)
def broken_promises_12m(grid: Grid) -> np.ndarray:
    """How many promises of 12 months were not kept."""
    return count(grid, broken_of_year(grid))


@feature(
    unit="share",
    window="12 months",
    null="no promise fell due in the window, or the ledger does not cover it",
    worse="higher",
    says="{value} of the promises of 12 months were broken",
    says_at_zero="no promise of 12 months was broken",
    formula="broken_promises_12m / promises_12m",
    source="Broken promise rate: promises to pay not kept over promises due",
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
    formula="number of promises made, with due_on >= as_of, not yet kept and not closed",
)
@measure("promises")
def open_promises(grid: Grid) -> np.ndarray:
    """How many promises are still to be kept and not yet due."""
    return count(grid, still_open(grid))


def count(grid: Grid, marked: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
    """Return how many of each customer's promises are marked at each period end, or the sum of their ``values``."""
    customers, periods = grid.shape
    promise, period = np.nonzero(marked)
    cells = grid.rows("promises")["customer"][promise] * periods + period
    weights = None if values is None else values[promise, period]
    return np.bincount(cells, weights, customers * periods).reshape(grid.shape).astype(np.float64)
