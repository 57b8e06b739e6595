"""The grid: every measure is an array of shape (customers, periods), from few primitives.

A *flow* is what becomes visible in each period, one bincount over cells; what lies before the calendar falls into a
guard column. A *balance* is the running sum of a flow. A *trailing window* is a balance too: a row enters at the later
of its event and of the day it could be seen, leaves when the window has moved past its event, and never enters if that
comes first. So at each period end t the grid gives exactly what the ledger cut at t gives.

Amounts are integer-valued float64, exact below 2**53: sums do not depend on the order of the rows or on how customers
are divided into blocks. Division comes last, and a ratio whose denominator is not positive is null (NaN).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec

import numpy as np
import polars as pl

from credrisk.errors import CredriskError
from credrisk.features.calendar import Calendar
from credrisk.features.rows import LedgerRows, Rows
from credrisk.features.windows import WindowSums, day_numbers, period_edges, spread, start_steps, window_starts
from credrisk.ledger.money import LARGEST_EXACT, minor_factor

__all__ = ["Grid", "measure", "ratio"]

LIMB = 2.0**20
"""Amounts are split at this base where their product with days could pass 2**53."""

Arguments = ParamSpec("Arguments")


class Grid:
    """A block of customers over the periods of a calendar.

    Parameters
    ----------
    source
        The ledger's rows.
    calendar
        The period ends.
    first, last
        The customers of the block: places ``first`` to ``last`` (exclusive) in ``source.customers``.
    medians
        The medians of the industries (:func:`~credrisk.features.peers.peer_medians`), which features of the industry
        need.

    Attributes
    ----------
    first
        The place of the block's first customer.
    shape
        Customers and periods: the shape of every measure.
    ends
        The period ends in days since 1970-01-01.
    memo
        Measures already taken, by name and arguments.
    line_count, line_customer, line_currency
        The (customer, currency) pairs that hold balances: how many, and of each the customer and the currency.
    """

    def __init__(
        self, source: LedgerRows, calendar: Calendar, first: int, last: int, *, medians: pl.DataFrame | None = None
    ) -> None:
        self.source, self.calendar, self.medians = source, calendar, medians
        self.shape = (last - first, len(calendar))
        self.ends = day_numbers(calendar.ends)
        self.memo: dict[Hashable, np.ndarray] = {}
        self._edges = period_edges(calendar)
        self._width = len(calendar) + 2
        self._in_coverage = self.ends >= day_numbers((source.settings.covers_from,))[0]
        self.first, self._bounds = first, (first, last)
        self._blocks: dict[str, Rows] = {}
        self._cells: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}
        self._windows = WindowSums(calendar, last - first)
        begin, end = np.searchsorted(source.lines["customer"], self._bounds)
        self._first_line, self.line_count = begin, end - begin
        self.line_customer = source.lines["customer"][begin:end] - first
        self.line_currency = source.lines["currency"][begin:end]

    # What the ledger holds ------------------------------------------------------------------------------------------

    def has(self, table: str) -> bool:
        """Tell whether the ledger was given this table."""
        return self.source.ledger.has(table)

    def rows(self, kind: str) -> Rows:
        """Return the block's rows of a kind; ``customer`` and ``line`` are counted from the block's first.

        Raises
        ------
        CredriskError
            When a customer's amounts are too large to be summed exactly.
        """
        if kind not in self._blocks:
            whole = self.source.kind(kind)
            bounds = np.array(self._bounds, dtype=whole["customer"].dtype)
            begin, end = np.searchsorted(whole["customer"], bounds)
            block = {name: values[begin:end] for name, values in whole.items()}
            block["customer"] = block["customer"].astype(np.int64) - self._bounds[0]
            if "line" in block:
                alike = whole["line"] is whole["customer"]
                block["line"] = block["customer"] if alike else block["line"].astype(np.int64) - self._first_line
            for name in ("amount", "raw"):
                if name in block:
                    self._refuse_inexact(block["customer"], block[name])
            self._blocks[kind] = block
        return self._blocks[kind]

    def covered(self, months: int) -> np.ndarray:
        """Tell for each period end whether its window of ``months`` months lies within what the ledger covers."""
        covered: np.ndarray = (
            window_starts(self.calendar, months) + 1 >= day_numbers((self.source.settings.covers_from,))[0]
        )
        return covered

    def null(self) -> np.ndarray:
        """Return a measure that is null everywhere."""
        return np.full(self.shape, np.nan)

    def minor(self, major: np.ndarray) -> np.ndarray:
        """Return major units of the ledger's currency as whole minor units."""
        minor: np.ndarray = np.rint(major * minor_factor(self.source.settings.currency))
        return minor

    # Primitives -----------------------------------------------------------------------------------------------------

    def column(self, days: np.ndarray) -> np.ndarray:
        """Return the column in which each day falls: 0 before the calendar, 1 to periods, periods + 1 after it."""
        return self._edges.before(days)

    def flow(self, place: np.ndarray, column: np.ndarray, amounts: np.ndarray | None, height: int) -> np.ndarray:
        """Return what falls into each (place, column), of shape (height, periods + 2), or how many rows do."""
        cells = np.bincount(place * self._width + column, weights=amounts, minlength=height * self._width)
        return cells.reshape(height, self._width)

    def balance(self, place: np.ndarray, column: np.ndarray, amounts: np.ndarray | None, height: int) -> np.ndarray:
        """Return the running sum at each period end, of shape (height, periods)."""
        return self.flow(place, column, amounts, height).cumsum(axis=1)[:, 1:-1]

    def line_balance(self, kind: str, column: np.ndarray) -> np.ndarray:
        """Return a kind's balances by (customer, currency), each row entering at its column."""
        rows = self.rows(kind)
        return self.balance(rows["line"], column, rows["amount"], self.line_count)

    def trailing(self, kind: str, months: int, values: np.ndarray | None = None) -> np.ndarray:
        """Return the sum of ``values`` (how many rows, without) in the window of ``months`` months to each period end.

        Raises
        ------
        DataError
            When a row that counts has no rate on its day.
        """
        if values is not None and len(self.source.currencies) > 1 and np.isnan(values).any():
            values = self._without_idle_nulls(kind, months, values)
        return self._windows.trailing(kind, self.rows(kind), months, values)

    def trailing_product(self, kind: str, months: int, amounts: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Return the window's sum of ``amounts`` x ``days``, rounded at most when the exact sums are put together."""
        product = self._windows.product(kind, amounts, days)
        if np.nansum(np.abs(product)) < LARGEST_EXACT:
            return self.trailing(kind, months, product)
        size, sign = np.abs(amounts), np.sign(amounts) * days
        total = np.zeros(self.shape)
        for power in (2, 1, 0):
            limb = np.floor(size / LIMB**power)
            size = size - limb * LIMB**power
            self._refuse_inexact(self.rows(kind)["customer"], limb * sign)
            total = total * LIMB + self.trailing(kind, months, limb * sign)
        return total

    def latest(self, kind: str) -> np.ndarray:
        """Return the day of the last event seen by each period end; NaN where there is none."""
        rows = self.rows(kind)
        days = np.full(self.shape[0] * self._width, -np.inf)
        np.maximum.at(days, self._enter_cells(kind), rows["event"].astype(np.float64))
        latest = np.maximum.accumulate(days.reshape(-1, self._width), axis=1)[:, 1:-1]
        return np.where(np.isfinite(latest), latest, np.nan)

    def earliest(self, kind: str) -> np.ndarray:
        """Return the day of the first event seen by each period end; NaN where there is none."""
        rows = self.rows(kind)
        days = np.full(self.shape[0] * self._width, np.inf)
        np.minimum.at(days, self._enter_cells(kind), rows["event"].astype(np.float64))
        earliest = np.minimum.accumulate(days.reshape(-1, self._width), axis=1)[:, 1:-1]
        return np.where(np.isfinite(earliest), earliest, np.nan)

    def in_force(self, entity: np.ndarray, seen: np.ndarray, ended: np.ndarray, height: int) -> np.ndarray:
        """Return the last of the rows in force for each entity at each period end, -1 where there is none.

        A row is in force at t when seen <= t < ended; the rows of an entity stand in rising order of precedence.
        """
        row, column = spread(np.maximum(self.column(seen), 1), np.minimum(self.column(ended), self._width - 1))
        last = np.full(height * self._width, -1)
        np.maximum.at(last, entity[row] * self._width + column, row)
        return last.reshape(height, self._width)[:, 1:-1]

    def translated(self, lines: np.ndarray) -> np.ndarray:
        """Return balances by (customer, currency) as balances by customer in the ledger's currency.

        Raises
        ------
        DataError
            When a balance that is not zero has no rate at the period end.
        """
        if self.line_count == self.shape[0] and (self.line_currency == self._reporting).all():
            return lines
        result = np.zeros(self.shape)
        for place in np.unique(self.line_currency):
            own, currency = self.line_currency == place, self.source.currencies[place]
            rate = self.source.rates.on(currency, self.ends)
            needed = (lines[own] != 0).any(axis=0) & np.isnan(rate) & self._in_coverage
            if needed.any():
                raise self.source.rates.missing(currency, self.ends[needed])
            # A customer has one line a currency, so no place repeats here.
            result[self.line_customer[own]] += np.rint(lines[own] * np.nan_to_num(rate))
        self._refuse_inexact(np.arange(self.shape[0]), np.abs(result).max(axis=1, initial=0))
        return result

    def rates_at_ends(self, currency: np.ndarray, period: np.ndarray) -> np.ndarray:
        """Return the rate of each currency at the end of each period, NaN before the ledger's coverage.

        Raises
        ------
        DataError
            When one is not known.
        """
        rate = np.ones(len(currency))
        for place in np.unique(currency):
            own, code = currency == place, self.source.currencies[place]
            rate[own] = self.source.rates.on(code, self.ends[period[own]])
            lacking = own & np.isnan(rate) & self._in_coverage[period]
            if lacking.any():
                raise self.source.rates.missing(code, self.ends[period[lacking]])
        return rate

    # Inner workings -------------------------------------------------------------------------------------------------

    @property
    def _reporting(self) -> int:
        return self.source.currencies.index(self.source.settings.currency)

    def _enter_cells(self, kind: str) -> np.ndarray:
        rows = self.rows(kind)
        cells: np.ndarray = rows["customer"] * self._width + self.column(np.maximum(rows["event"], rows["seen"]))
        return cells

    def window_cells(self, kind: str, months: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells in which rows enter and leave; a row that leaves before it enters does both in one cell."""
        if (kind, months) not in self._cells:
            if (kind, 0) not in self._cells:
                self._cells[kind, 0] = (self._enter_cells(kind),) * 2
            enter, rows = self._cells[kind, 0][0], self.rows(kind)
            gone = 1 + start_steps(self.calendar, months).before(rows["event"])
            leave = rows["customer"] * self._width + gone
            self._cells[kind, months] = enter, np.maximum(leave, enter)
        return self._cells[kind, months]

    def _without_idle_nulls(self, kind: str, months: int, values: np.ndarray) -> np.ndarray:
        """Return values with zero for rows without a rate that count in no covered window; raise where one counts."""
        rows, (enter, leave) = self.rows(kind), self.window_cells(kind, months)
        uncovered = int((~self.covered(months)).sum())
        enters = np.maximum(enter % self._width, uncovered + 1)
        counts = np.isnan(values) & (enters < leave % self._width) & (enters < self._width - 1)
        if counts.any():
            first = rows["currency"][counts][0]
            days = rows["event"][counts & (rows["currency"] == first)]
            raise self.source.rates.missing(self.source.currencies[first], days)
        known: np.ndarray = np.nan_to_num(values)
        return known

    def _refuse_inexact(self, customer: np.ndarray, amounts: np.ndarray) -> None:
        """Raise when a customer's amounts may not sum exactly."""
        if np.nansum(np.abs(amounts), dtype=np.float64) < LARGEST_EXACT:
            return
        gross = np.bincount(customer, np.nan_to_num(np.abs(amounts)), self.shape[0])
        if (gross >= LARGEST_EXACT).any():
            name = self.source.customers[self._bounds[0] + int(np.argmax(gross))]
            raise CredriskError(
                f"The amounts of customer {name} add up to 2**53 minor units or more and cannot be summed exactly. "
                "What to do: check the amounts and their currency."
            )


def measure(
    *tables: str, months: int = 0
) -> Callable[[Callable[Concatenate[Grid, Arguments], np.ndarray]], Callable[Concatenate[Grid, Arguments], np.ndarray]]:
    """Take a measure once per grid; null where a table it needs was not given or its window is not covered.

    Parameters
    ----------
    *tables
        Tables without which the measure is null.
    months
        The length of the window; 0 when it needs no coverage.
    """

    def decorate(
        compute: Callable[Concatenate[Grid, Arguments], np.ndarray],
    ) -> Callable[Concatenate[Grid, Arguments], np.ndarray]:
        @wraps(compute)
        def once(grid: Grid, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> np.ndarray:
            key = (compute.__module__, compute.__name__, *args, *sorted(kwargs.items()))
            if key not in grid.memo:
                given = all(grid.has(table) for table in tables)
                values = compute(grid, *args, **kwargs) if given else grid.null()
                if months:
                    values = np.where(grid.covered(months), values, np.nan)
                values.flags.writeable = False
                grid.memo[key] = values
            return grid.memo[key]

        return once

    return decorate


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return ``part / whole``, null where ``whole`` is not positive or either is null."""
    shares: np.ndarray = part / np.where(whole > 0, whole, np.nan)
    return shares
