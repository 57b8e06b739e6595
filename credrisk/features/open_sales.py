"""What is still open of each month's sales, and how old it is: the measures of true DSO.

Months are counted back from each period end, as those of the countback are. An item stays in the month in which it was
billed; a change of what is left of it counts from the day it could be seen, so late-known rows are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from credrisk.features.calendar import Calendar
from credrisk.features.grid import LIMB, Grid
from credrisk.features.item_rows import NEVER
from credrisk.features.rows import LedgerRows, Rows, row_kind
from credrisk.features.windows import day_numbers, spread, start_steps, window_starts
from credrisk.ledger.money import LARGEST_EXACT

__all__ = ["age_weighted"]


@row_kind
def billed_open(source: LedgerRows) -> Rows:
    """Changes of what is left above 0 on invoices and debit notes.

    ``event`` is the document date; from ``until`` on nothing is left of the item, whatever changed before.
    """
    rows = source.kind("owed")
    document, count = rows["document"], len(source.seen_documents["billed"])
    last = np.zeros(count, dtype=np.int32)
    np.maximum.at(last, document, rows["seen"])
    until = np.where(np.bincount(document, rows["amount"], count) == 0, last, np.int32(NEVER))[document]
    columns = {name: rows[name] for name in ("customer", "line", "seen", "amount")}
    columns |= {"event": rows["due"] - rows["terms"], "until": until}
    # The change that settles an item is seen on the day from which nothing is left.
    which = source.seen_documents["billed"][document] & (columns["seen"] < until)
    return {name: values[which] for name, values in columns.items()}


@lru_cache(maxsize=64)
def _months_ago(calendar: Calendar, months: int) -> np.ndarray:
    """Return by period and days before its end how many whole months back that is, ``months`` for all before."""
    ends = day_numbers(calendar.ends)
    lengths = np.stack([ends - window_starts(calendar, month) for month in range(1, months + 1)], axis=1)
    days = np.arange(lengths.max())
    return np.stack([np.searchsorted(own, days, side="right") for own in lengths])


def age_weighted(grid: Grid, months: int) -> Iterator[np.ndarray]:
    """Yield for each of the last ``months`` months, the latest first, sum(age x open amount) of the items billed in it.

    Ages are days from the document date to the period end. Each has the shape (customers, periods), in minor units of
    the ledger's currency at the period-end rate x days.
    """
    rows, (_, periods) = grid.rows("billed_open"), grid.shape
    gone = 1 + start_steps(grid.calendar, months).before(rows["event"])
    stop = np.minimum(np.minimum(grid.column(rows["until"]), gone), periods + 1)
    row, column = spread(np.maximum(grid.column(rows["seen"]), 1), stop)
    period = column - 1
    age = grid.ends[period] - rows["event"][row]
    month = _months_ago(grid.calendar, months)[period, age]
    cell = (month * grid.line_count + rows["line"][row]) * periods + period
    shape = (months, grid.line_count, periods)
    weighted = np.zeros(shape)
    for part in _exact_products(rows["amount"][row].astype(np.float64), age):
        weighted = weighted * LIMB + np.bincount(cell, part, months * grid.line_count * periods).reshape(shape)
    for lines in weighted:
        yield grid.translated(lines)


def _exact_products(amounts: np.ndarray, days: np.ndarray) -> list[np.ndarray]:
    """Return amounts x days, in parts at a base where their sums could not be exact: the highest part first."""
    product = amounts * days
    if np.abs(product).sum() < LARGEST_EXACT:
        return [product]
    size, sign, parts = np.abs(amounts), np.sign(amounts) * days, []
    for power in (2, 1, 0):
        limb = np.floor(size / LIMB**power)
        size = size - limb * LIMB**power
        parts.append(limb * sign)
    return parts
