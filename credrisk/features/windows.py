"""Trailing windows: where they begin and end, and what happened within them, as differences of one running sum.

A row that is seen in the period in which it happens counts in a window if it happened within it: of one running sum
over all steps at which windows begin or end, a window is the difference of two. Only rows seen later need work of their
own: until then they are taken off again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True)
class LateRows:
    """Rows that are seen in a later period than that in which they happened.

    Attributes
    ----------
    places, event
        Where they stand among the rows, and their days.
    base, happened, seen
        The customer's first cell, and the cells in which they happened and are seen.
    """

    places: np.ndarray
    event: np.ndarray
    base: np.ndarray
    happened: np.ndarray
    seen: np.ndarray


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
        self._running: dict[tuple[str, bytes, int], tuple[np.ndarray, np.ndarray]] = {}
        self._late: dict[str, LateRows] = {}
        self._early: dict[tuple[str, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._products: dict[tuple[str, int, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def trailing(self, kind: str, rows: Rows, months: int, values: np.ndarray | None) -> np.ndarray:
        """Return the sum of ``values`` (how many rows, without) in each window, of shape (customers, periods).

        ``rows`` are the block's rows of the kind, the same arrays at every call.
        """
        windows = windows_of(self._calendar, months)
        running, shown = self._sums(kind, rows, windows, values)
        moved: np.ndarray = shown - running[:, windows.first]
        early, gone, seen = self._early_leavers(kind, rows, months)
        if len(early):
            # Seen only after they left the window, these are not to be taken off any more in between.
            weights = None if values is None else values[early]
            moved += self._counted(gone, weights, less=seen)
        return moved

    def product(self, kind: str, amounts: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Return ``amounts`` x ``days`` of the rows of a kind, taken once, and so its running sums."""
        key = (kind, id(amounts), id(days))
        if key not in self._products:
            # The factors are kept so that no other array can take their place in memory, and so their key.
            self._products[key] = amounts, days, amounts * days
        return self._products[key][2]

    def _sums(
        self, kind: str, rows: Rows, windows: Windows, values: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what happened up to each step, and of that what had been seen by each period end.

        The first has the shape (customers, steps + 1), the second (customers, periods).
        """
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
        shown, late = running[:, windows.last], self._late_rows(kind, rows)
        if len(late.places):
            weights = None if values is None else values[late.places]
            shown = shown - self._counted(late.happened, weights, less=late.seen)
        if values is None or self._lasts(kind, rows, values):
            self._running[key] = running, shown
        return running, shown

    def _counted(self, cells: np.ndarray, weights: np.ndarray | None, less: np.ndarray | None = None) -> np.ndarray:
        """Return what lies in cells up to each period end, less what lies in others, of shape (customers, periods)."""
        size = self._height * self._width
        found = np.bincount(cells, weights, size)
        if less is not None:
            found -= np.bincount(less, weights, size)
        counted: np.ndarray = found.reshape(-1, self._width).cumsum(axis=1)[:, 1:-1]
        return counted

    def _lasts(self, kind: str, rows: Rows, values: np.ndarray) -> bool:
        """Tell whether the array is kept for as long as these sums, so that its id stays its own."""
        products = (product for (of, *_), (*_, product) in self._products.items() if of == kind)
        return any(values is own for own in (*rows.values(), *products))

    def _late_rows(self, kind: str, rows: Rows) -> LateRows:
        """Return the rows that are seen in a later period than that in which they happened."""
        if kind not in self._late:
            happened, seen = self._column(rows["event"]), self._column(rows["seen"])
            late = np.flatnonzero(seen > happened)
            base = rows["customer"][late] * self._width
            self._late[kind] = LateRows(late, rows["event"][late], base, base + happened[late], base + seen[late])
        return self._late[kind]

    def _early_leavers(self, kind: str, rows: Rows, months: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows that leave the window before they are seen, and the cells in which they do either."""
        if (kind, months) not in self._early:
            late = self._late_rows(kind, rows)
            gone = late.base + 1 + start_steps(self._calendar, months).before(late.event)
            early = np.flatnonzero(gone < late.seen)
            self._early[kind, months] = late.places[early], gone[early], late.seen[early]
        return self._early[kind, months]


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


def day_numbers(dates: Sequence[date]) -> np.ndarray:
    """Return dates as days since 1970-01-01, int64."""
    return np.array(dates, dtype="datetime64[D]").astype(np.int64)
