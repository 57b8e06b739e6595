"""What promises to pay were worth: how much of the money came, how late the rest, and what is promised now.

When a promise is kept, broken, open and closed is defined in :mod:`credrisk.features.promises`. A broken promise is
made good on the first day after its due day at whose end what could be seen would keep it, had it been due then; where
its item was cleared without cash before, that ends the waiting and makes nothing good. It is a repeat when an earlier
promise for the same item (or, on account, of the same customer) had fallen due before it was made and is broken too. Of
the money promised a promise brings its amount when it is kept, else the cash that came for it by its due day, never
more than its amount (none where the amount is in another currency than the document's); promises without an amount have
no part in it. Money is translated at the rate of the promise's due day.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import past_due
from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.promises import (
    NOT_COVERED,
    ON_ACCOUNT,
    SPAN,
    account_of,
    broken,
    broken_of_year,
    broken_promises_12m,
    cleared_by_cash,
    count,
    due_of_year,
    needed,
    paid,
    promises_12m,
    receipts_by_currency,
    still_open,
)
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_kind
from credrisk.features.windows import spread

DAYS_AHEAD = 30


@row_kind
def promises_made(source: LedgerRows) -> Rows:
    """The promises on the day they were made."""
    rows = source.kind("promises")
    return {"customer": rows["customer"], "seen": rows["seen"], "event": rows["seen"]}


@row_kind
def promised_money(source: LedgerRows) -> Rows:
    """What was promised, in the order of the promises: ``amount`` at the ``rate`` of the due day, 0 without one."""
    rows = source.kind("promises")
    rate = np.ones(len(rows["due"]))
    for place in np.unique(rows["currency"]):
        own = rows["currency"] == place
        rate[own] = source.rates.on(source.currencies[place], rows["due"][own])
    raw = np.maximum(0.0, np.nan_to_num(rows["stated"]))
    amount = np.where(raw > 0, np.rint(raw * rate), 0.0)
    columns = {name: rows[name] for name in ("customer", "currency", "seen", "event")}
    return {**columns, "raw": raw, "amount": amount, "rate": rate}


def _states(
    wanted: np.ndarray, since: np.ndarray, due: np.ndarray, rows: Rows, *names: str, ever: tuple[str, ...] = ()
) -> tuple[np.ndarray, ...]:
    """Return (promise, day, running sums of ``names`` and of ``ever``) at the end of each day after due with a change.

    A promise counts the rows of its place (``wanted``): of ``names`` those dated from ``since`` on, of ``ever`` all;
    those seen by the day after its due day stand on that day.
    """
    keys = rows["place"] * SPAN + rows["event"]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = wanted * SPAN + (np.zeros_like(since) if ever else since)
    promise, place = spread(np.searchsorted(keys, first), np.searchsorted(keys, (wanted + 1) * SPAN))
    hit = order[place]
    day = np.maximum(rows["seen"][hit], due[promise] + 1)
    by_day = np.argsort(promise * SPAN + day, kind="stable")
    promise, day, hit = promise[by_day], day[by_day], hit[by_day]
    last = np.ones(len(promise), dtype=bool)
    last[:-1] = (promise[1:] != promise[:-1]) | (day[1:] != day[:-1])
    begin = np.searchsorted(promise, promise[last])
    sums, counted = [], rows["event"][hit] >= since[promise]
    for name in (*names, *ever):
        running = np.concatenate([[0.0], np.cumsum(np.where(counted | (name in ever), rows[name][hit], 0.0))])
        sums.append(running[1:][last] - running[begin])
    return promise[last], day[last], *sums


@measure("promises")
def made_good(grid: Grid) -> np.ndarray:
    """Return the first day after its due day on which each promise would have been kept, NEVER where none is known."""
    good: np.ndarray = _outcome_days(grid)[0]
    return good


@measure("promises")
def waited_until(grid: Grid) -> np.ndarray:
    """Return the day on which each promise was made good or its item cleared without cash, NEVER where neither is."""
    day: np.ndarray = _outcome_days(grid).min(axis=0)
    return day


@measure("promises")
def _outcome_days(grid: Grid) -> np.ndarray:
    """Return the first day after its due day on which each promise would be kept, and that on which its item is clear.

    Shape (2, n_promises); NEVER where there is none.
    """
    rows, items = grid.rows("promises"), grid.rows("promised_items")
    document, sum_needed = rows["document"].astype(np.int64), needed(grid)
    since, due = rows["seen"].astype(np.int64), rows["due"].astype(np.int64)
    good, cleared = np.full((2, len(document)), NEVER)
    own = np.flatnonzero(document != ON_ACCOUNT)
    promise, on, came, written_off, left, opened = _states(
        document[own], since[own], due[own], items, "cash", "written_off", ever=("amount", "opening")
    )
    there = opened > 0
    enough = (there & cleared_by_cash(left, written_off, came)) | (came >= sum_needed[own][promise])
    np.minimum.at(good, own[promise[enough]], on[enough])
    gone = there & (left <= 0)
    np.minimum.at(cleared, own[promise[gone]], on[gone])
    own = np.flatnonzero(document == ON_ACCOUNT)
    promise, on, came = _states(account_of(grid)[own], since[own], due[own], receipts_by_currency(grid), "amount")
    enough = came >= sum_needed[own][promise]
    np.minimum.at(good, own[promise[enough]], on[enough])
    return np.stack([good, cleared])


@measure("promises")
def broken_before(grid: Grid) -> np.ndarray:
    """Tell for each promise whether an earlier one for the same item fell due before it was made and is broken."""
    rows = grid.rows("promises")
    own = np.lexsort((rows["due"], rows["document"], rows["customer"]))
    customer, document = rows["customer"][own], rows["document"][own]
    first = np.ones(len(own), dtype=bool)
    first[1:] = (customer[1:] != customer[:-1]) | (document[1:] != document[:-1])
    item = np.cumsum(first) - 1
    earlier = np.searchsorted(item * SPAN + rows["due"][own], item * SPAN + rows["seen"][own])
    running = np.concatenate([np.zeros((1, grid.shape[1])), np.cumsum(broken(grid)[own], axis=0)])
    known = rows["item_seen"][own][:, None] <= grid.ends
    found = np.empty((len(own), grid.shape[1]), dtype=bool)
    found[own] = known & (running[earlier] > running[np.flatnonzero(first)[item]])
    return found


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="promises to pay made over 12 months: {value}",
    says_at_zero="no promise to pay was made over 12 months",
    formula="number of promises with made_on in the window",
)
@measure("promises", months=12)
def promises_made_12m(grid: Grid) -> np.ndarray:
    """How many promises were made in 12 months."""
    return grid.trailing("promises_made", 12)


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="promises to pay kept over 12 months: {value}",
    says_at_zero="no promise to pay was kept over 12 months",
    formula="promises_12m - broken_promises_12m",
)
@measure()
def kept_promises_12m(grid: Grid) -> np.ndarray:
    """How many promises that fell due in 12 months were kept."""
    number: np.ndarray = promises_12m(grid) - broken_promises_12m(grid)
    return number


@feature(
    unit="share",
    window="12 months",
    null=f"{NOT_COVERED}, or no promise with an amount fell due in it",
    worse="lower",
    says="{value} of the money promised over 12 months came by its day",
    says_at_zero="nothing of the money promised over 12 months came by its day",
    formula=(
        "sum of (amount if kept, else min(amount, cash that came by due_on)) / sum of amount, over promises with an "
        "amount among promises_12m"
    ),
    source="Promise-to-pay kept rate: money received by the due day over money promised",
)
@measure("promises", months=12)
def promised_money_kept_share_12m(grid: Grid) -> np.ndarray:
    """The part of the money promised for 12 months that came in time."""
    money, due = grid.rows("promised_money"), due_of_year(grid)
    promised = count(grid, due, np.broadcast_to(money["amount"][:, None], due.shape))
    raw, comparable = money["raw"][:, None], ~np.isnan(grid.rows("promises")["amount"])[:, None]
    came = np.where(comparable, np.clip(paid(grid), 0.0, raw), 0.0)
    lost = np.where(raw > 0, np.rint((raw - came) * money["rate"][:, None]), 0.0)
    return ratio(promised - count(grid, broken_of_year(grid), lost), promised)


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="promises to pay kept only later, over 12 months: {value}",
    says_at_zero="no broken promise of 12 months was made good",
    formula="number of broken_promises_12m that were made good by as_of",
)
@measure("promises", months=12)
def late_kept_promises_12m(grid: Grid) -> np.ndarray:
    """How many of the broken promises of 12 months were made good after their day."""
    return count(grid, broken_of_year(grid) & (made_good(grid)[:, None] <= grid.ends))


@feature(
    unit="days",
    window="12 months",
    null=f"{NOT_COVERED}, or no promise was broken in it",
    worse="higher",
    says="broken promises of 12 months are {value} late on average",
    formula=(
        "mean over broken_promises_12m of (the day it was made good or its item cleared without cash, as_of where "
        "neither) - due_on"
    ),
)
@measure("promises", months=12)
def broken_promise_days_12m(grid: Grid) -> np.ndarray:
    """How many days after their day broken promises were made good, or waited in vain."""
    late = np.minimum(waited_until(grid)[:, None], grid.ends) - grid.rows("promises")["due"][:, None]
    return ratio(count(grid, broken_of_year(grid), late), broken_promises_12m(grid))


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="higher",
    says="promises broken again over 12 months, after an earlier one for the same item: {value}",
    says_at_zero="no promise was broken again over 12 months",
    formula="number of broken_promises_12m made after an earlier broken promise for the same item had fallen due",
)
@measure("promises", months=12)
def repeat_broken_promises_12m(grid: Grid) -> np.ndarray:
    """How many promises of 12 months were broken that already stood for a broken one."""
    return count(grid, broken_of_year(grid) & broken_before(grid))


@feature(
    unit="count",
    window="30 days ahead",
    null="the ledger holds no promises",
    worse="none",
    says="open promises to pay due within 30 days: {value}",
    says_at_zero="no open promise to pay is due within 30 days",
    formula="number of open_promises with due_on <= as_of + 30 days",
)
@measure("promises")
def promises_due_30d(grid: Grid) -> np.ndarray:
    """How many open promises fall due in the next 30 days."""
    return count(grid, still_open(grid) & (grid.rows("promises")["due"][:, None] <= grid.ends + DAYS_AHEAD))


@feature(
    unit="share",
    window="today",
    null="the ledger holds no promises, or nothing is past due",
    worse="none",
    says="{value} of what is past due is promised",
    says_at_zero="nothing of what is past due is promised",
    formula=(
        "min(past_due, sum over past-due items but late fees of min(what is left, amounts of its open promises; all of "
        "it where one has no amount, nothing for one in another currency) + amounts of the open promises on account) "
        "/ past_due"
    ),
)
@measure("promises")
def promised_share_past_due(grid: Grid) -> np.ndarray:
    """The part of what is past due that stands under a promise not yet due."""
    rows, open_now, moves = grid.rows("promises"), still_open(grid), grid.rows("promised_items")
    items, first, item = np.unique(moves["place"], return_index=True, return_inverse=True)
    left = grid.balance(item, grid.column(moves["seen"]), moves["amount"], len(items))
    promise, period = np.nonzero(open_now & (rows["document"] >= 0)[:, None])
    amount = rows["amount"][promise]
    cell, of_cell = np.unique(
        np.searchsorted(items, rows["document"][promise]) * grid.shape[1] + period, return_inverse=True
    )
    part = np.bincount(of_cell, np.maximum(0.0, np.nan_to_num(amount)), len(cell))
    whole = np.bincount(of_cell, np.isnan(rows["stated"][promise]), len(cell)) > 0
    of_item, period = np.divmod(cell, grid.shape[1])
    late = (moves["due"][first][of_item] < grid.ends[period]) & ~moves["fee"][first][of_item]
    owed = np.where(late, np.maximum(0.0, left[of_item, period]), 0.0)
    lines = np.zeros((grid.line_count, grid.shape[1]))
    np.add.at(lines, (moves["line"][first][of_item], period), np.where(whole, owed, np.minimum(owed, part)))
    named = (rows["document"] == ON_ACCOUNT) & (rows["amount"] > 0)
    promise, period = np.nonzero(open_now & named[:, None])
    on_account = np.zeros(open_now.shape)
    rate = grid.rates_at_ends(rows["currency"][promise], period)
    on_account[promise, period] = np.rint(rows["amount"][promise] * rate)
    promised = grid.translated(lines) + count(grid, open_now & named[:, None], on_account)
    return ratio(np.minimum(past_due(grid), promised), past_due(grid))
