"""Exact order statistics of trailing windows: the greatest value, and money-weighted quantiles.

A row counts in a window from the period in which it enters to that in which it leaves, as in
:meth:`~credrisk.features.grid.Grid.trailing`: late-known rows are exact.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.grid import Grid, measure

__all__ = ["days_late_quantile", "greatest"]


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


TENTHS = (5, 9)
"""The quantiles taken: the median and the ninth decile."""


def days_late_quantile(grid: Grid, tenths: int) -> np.ndarray:
    """Return the money-weighted quantile of days beyond terms of what was paid in 12 months.

    The fewest days such that at least ``tenths`` (5 or 9) tenths of the money came within them; NaN where nothing was
    paid.
    """
    quantile: np.ndarray = _quantiles(grid)[TENTHS.index(tenths)]
    return quantile


@measure()
def _quantiles(grid: Grid) -> np.ndarray:
    """Return the quantiles of :data:`TENTHS`, of shape (quantiles, customers, periods)."""
    rows = grid.rows("payments")
    paid = grid.trailing("payments", 12, rows["amount"])
    found = np.full((len(TENTHS), *grid.shape), np.nan)
    if not len(rows["days"]):
        return found
    place, customer, days = _places(rows["customer"], rows["days"])
    through = _paid_within(grid, place, len(customer))
    first = np.flatnonzero(np.diff(customer, prepend=-1))
    owners, counts = customer[first], np.diff(np.append(first, len(customer)))
    # Whole numbers wrap around, so the difference is exact whatever other customers paid.
    before = through[first - 1]
    before[0] = 0
    through -= np.repeat(before, counts, axis=0)
    number, latest = np.arange(len(days), dtype=np.int32)[:, None], np.int32(len(days) - 1)
    for quantile, tenths in zip(found, TENTHS, strict=True):
        enough = (paid - np.floor(paid * (10 - tenths) / 10))[owners].astype(np.int64)
        reached = through >= np.repeat(enough, counts, axis=0)
        quantile[owners] = days[np.minimum.reduceat(np.where(reached, number, latest), first, axis=0)]
    return np.where(paid > 0, found, np.nan)


def _places(customer: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number the distinct (customer, days) in rising order: the number of each row, and their customers and days."""
    low = int(days.min())
    width = int(days.max()) - low + 1
    key = customer * width + (days - low)
    ordered = np.sort(key)
    distinct = ordered[np.diff(ordered, prepend=-1) != 0]
    return np.searchsorted(distinct, key), distinct // width, distinct % width + low


@measure()
def _window_columns(grid: Grid) -> np.ndarray:
    """Return the columns in which the payments of 12 months enter and leave, of shape (2, payments)."""
    return np.stack(grid.window_cells("payments", 12)) % (grid.shape[1] + 2)


def _paid_within(grid: Grid, place: np.ndarray, height: int) -> np.ndarray:
    """Return the running sum, over the (customer, days), of what was paid in the window to each period end."""
    amounts = np.nan_to_num(grid.rows("payments")["amount"])
    enter, leave = _window_columns(grid)
    moved = grid.flow(place, enter, amounts, height) - grid.flow(place, leave, amounts, height)
    summed: np.ndarray = moved.astype(np.int64)[:, :-1].cumsum(axis=1)[:, 1:].cumsum(axis=0)
    return summed
