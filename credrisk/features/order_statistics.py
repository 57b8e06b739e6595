"""Exact order statistics of trailing windows: the greatest value.

A row counts in a window from the period in which it enters to that in which it leaves, as in
:meth:`~credrisk.features.grid.Grid.trailing`: late-known rows are exact.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.grid import Grid

__all__ = ["greatest"]


def greatest(grid: Grid, kind: str, months: int, values: np.ndarray) -> np.ndarray:
    """Return the greatest of ``values`` in the window to each period end; NaN without a row.

    The periods of a row are covered by two spans of a power of two; the spans are then halved down to single periods.
    """
    enter, leave = grid.window_cells(kind, months)
    counts = leave > enter
    enter, leave, values = enter[counts], leave[counts], values[counts].astype(np.float64)
    level = np.frexp((leave - enter).astype(np.float64))[1] - 1
    cells = grid.shape[0] * (grid.shape[1] + 2)
    best = np.full((int(level.max(initial=0)) + 1, cells), -np.inf)
    for start in (enter, leave - (1 << level)):
        np.maximum.at(best.reshape(-1), level * cells + start, values)
    for power in range(len(best) - 1, 0, -1):
        half = 1 << (power - 1)
        np.maximum(best[power - 1], best[power], out=best[power - 1])
        np.maximum(best[power - 1][half:], best[power][:-half], out=best[power - 1][half:])
    found = best[0].reshape(grid.shape[0], -1)[:, 1:-1]
    return np.where(np.isfinite(found), found, np.nan)
