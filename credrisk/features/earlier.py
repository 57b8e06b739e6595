"""What was open when a window began: the balances at the end of the last day before it.

They are the balances as the ledger showed them on that day, so what was recorded later does not change them, and a row
of the panel a window earlier has the same ones. Other currencies are translated at the rate of the as-of date, not of
that day: a change from then to now is one of what is owed, never of a rate.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.grid import Grid, measure
from credrisk.features.windows import Steps, window_starts

__all__ = ["billed_since", "debit_before", "past_due_before", "trade_balance_before"]


def _column(grid: Grid, months: int, days: np.ndarray) -> np.ndarray:
    """Return the column of the first period end whose window begins on or after each day."""
    column: np.ndarray = 1 + Steps(window_starts(grid.calendar, months)).before(days)
    return column


@measure()
def debit_before(grid: Grid, months: int) -> np.ndarray:
    """Return what was left above 0 on items but fee notes before the window of ``months`` months began."""
    return grid.translated(grid.line_balance("owed", _column(grid, months, grid.rows("owed")["seen"])))


@measure()
def billed_since(grid: Grid, months: int) -> np.ndarray:
    """Return the invoices and debit notes above 0 that came in since the window of ``months`` months began.

    What came in is what could be seen, so that with :func:`debit_before` every item counts once, late-known or not.
    """
    rows = grid.rows("billed")
    amounts = np.maximum(0.0, rows["raw"])

    def until(column: np.ndarray) -> np.ndarray:
        return grid.balance(rows["line"], column, amounts, grid.line_count)

    return grid.translated(until(grid.column(rows["seen"])) - until(_column(grid, months, rows["seen"])))


@measure()
def past_due_before(grid: Grid, months: int) -> np.ndarray:
    """Return the part of :func:`debit_before` that was at least one day past due."""
    rows = grid.rows("owed")
    past = np.maximum(rows["seen"], rows["due"] + 1)
    return grid.translated(grid.line_balance("owed", _column(grid, months, past)))


@measure()
def trade_balance_before(grid: Grid, months: int) -> np.ndarray:
    """Return what was open but for fee notes, credits deducted, before the window of ``months`` months began."""
    overpaid = grid.line_balance("credits", _column(grid, months, grid.rows("credits")["seen"]))
    balance: np.ndarray = debit_before(grid, months) + grid.translated(overpaid)
    return balance
