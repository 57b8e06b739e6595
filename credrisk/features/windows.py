"""Trailing windows: where they begin and end, and what happened within them, as differences of one running sum.

A row that is seen in the period in which it happens counts in a window if it happened within it: of one running sum
over all steps at which windows begin or end, a window is the difference of two. Only rows seen later need work of their
own: until then they are taken off again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from credrisk.features.calendar import Calendar

__all__ = [
    "Steps",
    "WindowSums",
    "Windows",
    "day_numbers",
    "period_edges",
    "spread",
    "start_steps",
    "window_starts",
    "windows_of",
]

Columns = slice | np.ndarray
Rows = dict[str, np.ndarray]


class Steps:
    """How many of some rising days lie before a day, by table: far quicker than a search for each row."""

    def __init__(self, days: np.ndarray) -> None:
        self._first, last = int(days[0]), int(days[-1]) + 1
        self._before = np.searchsorted(days, np.arange(self._first, last + 1), side="left")

    @property
    def width(self) -> int:
        """How many results :meth:`before` may have."""
        return int(self._before[-1]) + 1

    def before(self, days: np.ndarray) -> np.ndarray:
        """Return for each day how many of the steps are earlier."""
        return self._before.take(days - self._first, mode="clip")


@dataclass(frozen=True)
class Windows:
    """The windows of some months to the period ends of a calendar.

    Attributes
    ----------
    key
        The days of the steps as bytes: windows with the same key share their running sums.
    steps
        Every day on which a window ends, or after which one begins. What happened up to a step stands in its column.
    first, last
        The columns of the last day before each window, and of its last day.
    """

    key: bytes
    steps: Steps
    first: Columns
    last: Columns


class WindowSums:
    """The sums over windows for a block of customers.

    Parameters
    ----------
    calendar
        The period ends.
    height
        How many customers there are.
    """

    def __init__(self, calendar: Calendar, height: int) -> None:
        self._calendar, self._height, self._width = calendar, height, len(calendar) + 2
        self._column = period_edges(calendar).before
        self._happened: dict[tuple[str, bytes], np.ndarray] = {}
        self._running: dict[tuple[str, bytes, int], np.ndarray] = {}
        self._late: dict[str, np.ndarray] = {}
        self._late_cells: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}
        self._products: dict[tuple[str, int, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def trailing(self, kind: str, rows: Rows, months: int, values: np.ndarray | None) -> np.ndarray:
        """Return the sum of ``values`` (how many rows, without) in each window, of shape (customers, periods).

        ``rows`` are the block's rows of the kind, the same arrays at every call.
        """
        windows = windows_of(self._calendar, months)
        running = self._sums(kind, rows, windows, values)
        moved: np.ndarray = running[:, windows.last] - running[:, windows.first]
        late = self._late_rows(kind, rows)
        if len(late):
            happened, counted = self._late_moves(kind, rows, months)
            weights, size = None if values is None else values[late], self._height * self._width
            unseen = np.bincount(happened, weights, size)
            unseen -= np.bincount(counted, weights, size)
            moved -= unseen.reshape(-1, self._width).cumsum(axis=1)[:, 1:-1]
        return moved

    def product(self, kind: str, amounts: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Return ``amounts`` x ``days`` of the rows of a kind, taken once, and so its running sums."""
        key = (kind, id(amounts), id(days))
        if key not in self._products:
            # The factors are kept so that no other array can take their place in memory, and so their key.
            self._products[key] = amounts, days, amounts * days
        return self._products[key][2]

    def _sums(self, kind: str, rows: Rows, windows: Windows, values: np.ndarray | None) -> np.ndarray:
        """Return what happened up to each step, seen or not, of shape (customers, steps + 1)."""
        key = (kind, windows.key, 0 if values is None else id(values))
        if key in self._running:
            return self._running[key]
        steps = windows.steps
        cells = self._happened.get(key[:2])
        if cells is None:
            cells = rows["customer"] * steps.width + steps.before(rows["event"])
            self._happened[key[:2]] = cells
        shape = self._height, steps.width
        running = np.bincount(cells, values, shape[0] * shape[1]).reshape(shape).cumsum(axis=1)
        if values is None or self._lasts(kind, rows, values):
            self._running[key] = running
        return running

    def _lasts(self, kind: str, rows: Rows, values: np.ndarray) -> bool:
        """Tell whether the array is kept for as long as these sums, so that its id stays its own."""
        products = (product for (of, *_), (*_, product) in self._products.items() if of == kind)
        return any(values is own for own in (*rows.values(), *products))

    def _late_rows(self, kind: str, rows: Rows) -> np.ndarray:
        """Return the rows that are seen in a later period than that in which they happened."""
        if kind not in self._late:
            self._late[kind] = np.flatnonzero(self._column(rows["seen"]) > self._column(rows["event"]))
        return self._late[kind]

    def _late_moves(self, kind: str, rows: Rows, months: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells in which late rows happened, and in which they are seen or leave the window unseen."""
        key = kind, months
        if key not in self._late_cells:
            late = self._late_rows(kind, rows)
            event, base = rows["event"][late], rows["customer"][late] * self._width
            gone = 1 + start_steps(self._calendar, months).before(event)
            seen = self._column(rows["seen"][late])
            self._late_cells[key] = base + self._column(event), base + np.minimum(seen, gone)
        return self._late_cells[key]


@lru_cache(maxsize=64)
def window_starts(calendar: Calendar, months: int) -> np.ndarray:
    """Return for each period end the last day before its window, in days since 1970-01-01."""
    starts = day_numbers(calendar.starts(months))
    starts.flags.writeable = False
    return starts


@lru_cache(maxsize=64)
def start_steps(calendar: Calendar, months: int) -> Steps:
    """Return the steps between the beginnings of the windows of ``months`` months."""
    return Steps(window_starts(calendar, months))


@lru_cache(maxsize=64)
def period_edges(calendar: Calendar) -> Steps:
    """Return the steps between the periods: the last day before the calendar and every period end."""
    return Steps(day_numbers((calendar.start, *calendar.ends)))


@lru_cache(maxsize=64)
def windows_of(calendar: Calendar, months: int) -> Windows:
    """Return the windows of ``months`` months.

    Where windows of up to two years begin at each other's ends, as they do by month-ends, they share their steps, and
    so the sums.
    """
    ends, starts = day_numbers(calendar.ends), window_starts(calendar, months)
    days, shared = np.union1d(ends, starts), np.union1d(ends, window_starts(calendar, 24))
    if np.isin(starts, shared).all():
        days = shared
    key = days.tobytes()
    return Windows(key, _steps_at(key), _columns_at(days, starts), _columns_at(days, ends))


@lru_cache(maxsize=64)
def _steps_at(days: bytes) -> Steps:
    return Steps(np.frombuffer(days, dtype=np.int64))


def _columns_at(days: np.ndarray, wanted: np.ndarray) -> Columns:
    """Return the places of the wanted days, as a slice where they follow each other."""
    places = np.searchsorted(days, wanted)
    return slice(places[0], places[-1] + 1) if (np.diff(places) == 1).all() else places


def spread(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (row, place) for every place from ``start`` to ``stop`` (exclusive) of each row."""
    counts = np.maximum(stop - start, 0)
    row = np.repeat(np.arange(len(counts)), counts)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    return row, offset + start[row]


def day_numbers(dates: tuple[object, ...]) -> np.ndarray:
    """Return dates as days since 1970-01-01, int64."""
    return np.array(dates, dtype="datetime64[D]").astype(np.int64)
