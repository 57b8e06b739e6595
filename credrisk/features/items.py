"""The state of each open item at each period end: what is left of it, and since when it is due."""

from __future__ import annotations

import numpy as np

from credrisk.features.grid import Grid, measure, spread

__all__ = ["oldest_due", "residuals"]


@measure()
def oldest_due(grid: Grid) -> np.ndarray:
    """Return the earliest due day of the items with something left above 0, NaN where there is none.

    An item's residual changes only in the columns of its movements, so it is worked out there and holds until the
    next; reopened items and several movements on one day need no special case.
    """
    rows, (customers, periods) = grid.rows("owed"), grid.shape
    item, column = rows["document"], grid.column(rows["seen"])
    last = np.ones(len(item), dtype=bool)
    last[:-1] = (item[1:] != item[:-1]) | (column[1:] != column[:-1])
    states = np.flatnonzero(last)
    first_row = np.flatnonzero(np.diff(item, prepend=-1))
    running = np.concatenate([[0], np.cumsum(rows["amount"])])
    of_item = np.searchsorted(first_row, states, side="right") - 1
    left = running[states + 1] - running[first_row[of_item]]
    until = np.full(len(states), periods + 1)
    same = of_item[1:] == of_item[:-1]
    until[:-1][same] = column[states[1:]][same]
    is_open = left > 0
    states, until = states[is_open], until[is_open]
    row, place = spread(np.maximum(column[states], 1), until)
    due = np.full(customers * (periods + 1), np.inf)
    np.minimum.at(due, rows["customer"][states][row] * (periods + 1) + place, rows["due"][states][row])
    due = due.reshape(customers, periods + 1)[:, 1:]
    return np.where(np.isfinite(due), due, np.nan)


def residuals(grid: Grid, documents: np.ndarray) -> np.ndarray:
    """Return what is left of each of ``documents`` (rising numbers) at each period end, in its own minor units."""
    rows = grid.rows("debits")
    wanted = np.isin(rows["document"], documents)
    place = np.searchsorted(documents, rows["document"][wanted])
    return grid.balance(place, grid.column(rows["seen"][wanted]), rows["amount"][wanted], len(documents))
