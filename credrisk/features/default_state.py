"""On which days a customer is overdue beyond the thresholds, to the day, not to the month-end.

On a day d the condition compares, over all items of the customer in the ledger's currency,

    overdue(d) = sum of the undisputed residual of items with d - original due date >= days,
    net(d) = overdue(d) - open credits(d) - unapplied cash(d),

with the thresholds: it holds where ``net > absolute`` and ``net > relative x open debit items``. All three sums are
step functions, so it is enough to look at the days on which one of them, or the rate of a foreign amount, changes.
Fee notes for late payment count only on request: what is charged for being late must not make anybody later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credrisk.features.open_items import Book
from credrisk.features.spans import FAR, Spans, distinct, pack, running_total, unpack, until_next
from credrisk.features.thresholds import Threshold

__all__ = ["Overdue", "overdue_spans", "past_due_spans"]

Array = npt.NDArray[Any]

OVERDUE, DEBIT, CREDIT, CASH = range(4)


@dataclass(frozen=True)
class Overdue:
    """The stretches on which the condition holds, and the net overdue minor units on the first day of each."""

    spans: Spans
    amount: Array


@dataclass(frozen=True)
class _Changes:
    """Changes of the four sums: which sum, which customer and currency, on which day, by how many minor units."""

    kind: Array
    customer: Array
    currency: Array
    day: Array
    amount: Array


def overdue_spans(book: Book, *, days: int, absolute: Threshold, relative: float, late_fees: bool) -> Overdue:
    """Return when each customer's condition holds.

    Parameters
    ----------
    days
        An item counts from this many days past its original due date, that day included.
    absolute, relative
        Thresholds as an amount and as a share of the open debit items; the net overdue amount must be above both.
    late_fees
        Whether fee notes for late payment are among the overdue and the open debit items.
    """
    changes = _changes(book, days, late_fees=late_fees)
    rows = distinct(pack(changes.customer, changes.day))
    place = np.searchsorted(rows, pack(changes.customer, changes.day))
    customer, day = unpack(rows)
    counts = np.where(changes.kind == OVERDUE, np.sign(changes.amount), 0)
    active = running_total(customer, place, counts) > 0
    source, day, until = _with_rate_days(book, active, customer, day, absolute)

    sums = np.zeros((4, len(source)))
    for number, code in enumerate(book.currencies):
        for kind in (OVERDUE, DEBIT, CREDIT, CASH):
            mine = (changes.kind == kind) & (changes.currency == number)
            if mine.any():
                level = running_total(customer, place[mine], changes.amount[mine])[source]
                level = np.maximum(level, 0) if kind == CASH else level
                sums[kind] += book.rates.translate(level, code, day)
    net = sums[OVERDUE] - sums[CREDIT] - sums[CASH]
    holds = (net > absolute.on(book.rates, day)) & (net > relative * sums[DEBIT])
    customer, day, until, net = customer[source][holds], day[holds], until[holds], net[holds]
    if not len(day):
        return Overdue(Spans.union(), net)
    first = np.r_[True, (customer[1:] != customer[:-1]) | (day[1:] != until[:-1])]
    last = np.r_[first[1:], True]
    return Overdue(Spans(customer[first], day[first], until[last]), net[first])


def past_due_spans(book: Book, customers: Array, *, late_fees: bool) -> Spans:
    """Return when the given customers have anything open past its original due date, disputed or not."""
    items = book.items
    mine = np.isin(items.customer, customers) & (items.residual > 0) & (late_fees | ~items.late_fee)
    return Spans.union((items.customer[mine], np.maximum(items.start, items.due + 1)[mine], items.end[mine]))


def _changes(book: Book, days: int, *, late_fees: bool) -> _Changes:
    """Return the changes of every customer that ever has an overdue item."""
    items, cash = book.items, book.cash
    counts = late_fees | ~items.late_fee
    late = (items.undisputed > 0) & (items.due + days < items.end) & counts
    members = np.zeros(len(book.customers), dtype=bool)
    members[items.customer[late]] = True
    theirs, paid = members[items.customer], members[cash.customer]
    debit, credit = theirs & (items.residual > 0) & counts, theirs & (items.residual < 0)
    enters = np.maximum(items.start, items.due + days)
    parts = [
        *_in_and_out(OVERDUE, book, late, enters, items.undisputed),
        *_in_and_out(DEBIT, book, debit, items.start, items.residual),
        *_in_and_out(CREDIT, book, credit, items.start, -items.residual),
        (np.full(paid.sum(), CASH), cash.customer[paid], cash.currency[paid], cash.day[paid], cash.amount[paid]),
    ]
    return _Changes(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _in_and_out(kind: int, book: Book, which: Array, start: Array, amount: Array) -> list[tuple[Array, ...]]:
    items = book.items
    ends = which & (items.end < FAR)
    return [
        (np.full(rows.sum(), kind), items.customer[rows], items.currency[rows], day[rows], sign * amount[rows])
        for rows, day, sign in ((which, start, 1), (ends, items.end, -1))
    ]


def _with_rate_days(
    book: Book, active: Array, customer: Array, day: Array, absolute: Threshold
) -> tuple[Array, Array, Array]:
    """Return the active rows (their place, first day, day after), split where a rate changes that they need."""
    home = book.rates.currency
    foreign = np.array([code != home for code in book.currencies], dtype=bool)
    abroad = np.full(len(book.customers), absolute.moves_with(book.rates))
    abroad[book.items.customer[foreign[book.items.currency]]] = True
    abroad[book.cash.customer[foreign[book.cash.currency]]] = True
    source = np.flatnonzero(active)
    start, end = day[source], until_next(customer, day)[source]
    needed = {*book.currencies, absolute.currency} if absolute.moves_with(book.rates) else book.currencies
    set_on = book.rates.days([code for code in sorted(needed) if code != home])
    low, high = np.searchsorted(set_on, start, side="right"), np.searchsorted(set_on, end, side="left")
    pieces = 1 + np.where(abroad[customer[source]], high - low, 0)
    row = np.repeat(np.arange(len(source)), pieces)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    split = np.r_[set_on, np.int64(FAR)][np.minimum(low[row] + nth - 1, len(set_on))]
    begins = np.where(nth == 0, start[row], split)
    ends = np.where(np.r_[row[1:] == row[:-1], False][: len(row)], np.r_[begins[1:], FAR][: len(row)], end[row])
    return source[row], begins, ends
