"""How the credit limit was changed.

A change counts on the day from which the new limit could be seen to be in force: a back-dated one when it was recorded,
one agreed ahead when it begins. What is replaced on the same day never counted. An ended limit was cut; the first one,
or one after a time without, was neither raised nor cut.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure
from credrisk.features.rows import LedgerRows, Rows, row_kind

NO_HISTORY = "the ledger holds no history of the customers or does not cover the window"
SPAN = 2**31
"""Wider than any day: (customer, day) becomes one sortable number."""


def last_of_day(rows: Rows, entity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each day on which rows of an entity were first seen, that day and the row in force at its end.

    ``entity`` numbers whose rows they are, rising; the rows of one stand in rising order of precedence.
    """
    order = np.lexsort((rows["seen"], entity))
    # Rows of a later entity have higher places, so what ran ahead of one does not reach into the next.
    in_force = np.maximum.accumulate(order)
    owner, seen = entity[order], rows["seen"][order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (owner[1:] != owner[:-1]) | (seen[1:] != seen[:-1])
    return seen[last], in_force[last]


def steps_in_force(rows: Rows, entity: np.ndarray) -> Rows:
    """Return the days on which the value in force changed, with ``value`` and ``before``; NaN where there is none."""
    seen, row = last_of_day(rows, entity)
    value, first = rows["value"][row], np.diff(entity[row], prepend=-1) != 0
    before = np.where(first, np.nan, np.concatenate([[np.nan], value[:-1]])[: len(value)])
    changed = (value != before) & ~(np.isnan(value) & np.isnan(before))
    steps = {"customer": rows["customer"][row], "seen": seen, "event": seen, "value": value, "before": before}
    return {name: values[changed] for name, values in steps.items()}


def value_on(grid: Grid, kind: str, days: np.ndarray) -> np.ndarray:
    """Return the value in force of each customer on each of ``days``, as known then; NaN where there is none."""
    rows = grid.rows(kind)
    start = np.arange(grid.shape[0])[:, None] * SPAN
    place = np.searchsorted(rows["customer"] * SPAN + rows["seen"], start + days, side="right")
    owned = np.append(-1, rows["customer"])[place] == np.arange(grid.shape[0])[:, None]
    return np.where(owned, np.append(np.nan, rows["value"])[place], np.nan)


@row_kind
def limit_steps(source: LedgerRows) -> Rows:
    """The days on which the credit limit in force changed, as known then."""
    rows = source.kind("credit_limits")
    return steps_in_force(rows, rows["customer"])


@feature(
    unit="count",
    window="12 months",
    null=NO_HISTORY,
    worse="none",
    says="raises of the credit limit over 12 months: {value}",
    says_at_zero="the credit limit was not raised over 12 months",
    formula="number of days in the window on which the credit limit in force rose",
)
@measure("customer_history", months=12)
def limit_raises_12m(grid: Grid) -> np.ndarray:
    """How often the credit limit was raised in 12 months."""
    rows = grid.rows("limit_steps")
    return grid.trailing("limit_steps", 12, (rows["value"] > rows["before"]).astype(np.float64))


@feature(
    unit="count",
    window="12 months",
    null=NO_HISTORY,
    worse="none",
    says="cuts of the credit limit over 12 months: {value}",
    says_at_zero="the credit limit was not cut over 12 months",
    formula="number of days in the window on which the credit limit in force fell or ended",
)
@measure("customer_history", months=12)
def limit_cuts_12m(grid: Grid) -> np.ndarray:
    """How often the credit limit was cut or ended in 12 months."""
    rows = grid.rows("limit_steps")
    ended = np.isnan(rows["value"])
    return grid.trailing("limit_steps", 12, ((rows["value"] < rows["before"]) | ended).astype(np.float64))


@feature(
    unit="days",
    window="today",
    null="no credit limit was ever granted",
    worse="none",
    says="the credit limit was last changed {value} ago",
    says_at_zero="the credit limit was changed today",
    formula="as_of - last day on which the credit limit in force changed, its first grant and its end included",
)
@measure("customer_history")
def days_since_limit_change(grid: Grid) -> np.ndarray:
    """Days since the credit limit was granted, raised, cut or ended."""
    days: np.ndarray = grid.ends - grid.latest("limit_steps")
    return days
