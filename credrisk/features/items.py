"""The state of each open item at each period end: what is left of it, and since when it is due."""

from __future__ import annotations

import numpy as np

from credrisk.features.grid import Grid, measure
from credrisk.features.windows import spread

__all__ = ["oldest_due", "residuals"]


@measure()
def oldest_due(grid: Grid) -> np.ndarray:
    """Return the earliest due day of the items but fee notes with something left above 0, NaN where there is none."""
    rows, (customers, periods) = grid.rows("open_stretches"), grid.shape
    row, place = spread(np.maximum(grid.column(rows["seen"]), 1), grid.column(rows["until"]))
    due = np.full(customers * (periods + 1), np.inf)
    np.minimum.at(due, rows["customer"][row] * (periods + 1) + place, rows["due"][row].astype(np.float64))
    due = due.reshape(customers, periods + 1)[:, 1:]
    return np.where(np.isfinite(due), due, np.nan)


def residuals(grid: Grid, documents: np.ndarray) -> np.ndarray:
    """Return what is left of each of ``documents`` at each period end, in its own minor units.

    They are rising numbers of items that a promise or a dispute names.
    """
    rows = grid.rows("named_debits")
    wanted = np.isin(rows["document"], documents)
    place = np.searchsorted(documents, rows["document"][wanted])
    return grid.balance(place, grid.column(rows["seen"][wanted]), rows["amount"][wanted], len(documents))
