"""Days, months and random streams of a simulation.

A day is a whole number counted from 1 January 1970, so that a column of days casts to dates at no cost. A few months
before the start are simulated as well and then folded into the opening balance: the ledger starts in a steady state.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Self

import numpy as np
import numpy.typing as npt

from credrisk.dates import months_after

__all__ = ["NEVER", "Clock", "Flags", "Floats", "Ints", "Rows", "Streams", "posted", "workday"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NEVER = 10_000_000
"""The day number of what does not happen."""

WARM_UP_MONTHS = 8
"""Simulated before the start: longer than the longest terms plus the usual delay."""


@dataclass(frozen=True)
class Clock:
    """The months of a simulation.

    Attributes
    ----------
    start, end
        First and last covered day (inclusive).
    warm_up
        Months simulated before ``start``.
    month_starts
        First day of every simulated month and, last, the day after the end.
    """

    start: int
    end: int
    warm_up: int
    month_starts: Ints

    @classmethod
    def of(cls, start: date, months: int) -> Clock:
        """Return the clock of ``months`` covered months from ``start`` (the first day of a month)."""
        firsts = [(months_after(start, k) - date(1970, 1, 1)).days for k in range(-WARM_UP_MONTHS, months + 1)]
        return cls(firsts[WARM_UP_MONTHS], firsts[-1] - 1, WARM_UP_MONTHS, np.array(firsts, dtype=np.int64))

    @property
    def months(self) -> int:
        """Simulated months, those before the start included."""
        return len(self.month_starts) - 1

    @property
    def first(self) -> int:
        """First simulated day."""
        return int(self.month_starts[0])

    @property
    def month_ends(self) -> Ints:
        """Last day of every simulated month."""
        return self.month_starts[1:] - 1

    @property
    def calendar_months(self) -> Ints:
        """Month of the year (0 to 11) of every simulated month."""
        return self.month_starts[:-1].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12

    def month_of(self, days: Ints) -> Ints:
        """Return the index of the month of each day, clipped to the simulated months."""
        index = np.searchsorted(self.month_starts, days, side="right") - 1
        return np.clip(index, 0, self.months - 1).astype(np.int64)

    def day(self, day: int) -> date:
        """Return a day number as a date."""
        return date(1970, 1, 1) + timedelta(days=int(day))


@dataclass
class Rows:
    """Base of the simulator's tables: a dataclass whose every field is an array of the same length."""

    def take(self, which: Flags | Ints) -> Self:
        """Return the chosen rows."""
        return type(self)(*(getattr(self, field.name)[which] for field in fields(self)))

    def plus(self, *others: Self) -> Self:
        """Return these rows followed by those of ``others``."""
        parts = (self, *others)
        return type(self)(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(self)))

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))


class Streams:
    """One independent random stream per part, by name: a new part leaves the draws of the others as they were."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, part: str) -> np.random.Generator:
        """Return a fresh generator for ``part``."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=tuple(part.encode())))


def workday(days: Ints) -> Ints:
    """Move days that fall on a weekend to the Monday after."""
    weekday = (days + 3) % 7  # 1 January 1970 was a Thursday
    return np.where(weekday >= 5, days + 7 - weekday, days)


def posted(rng: np.random.Generator, day: Ints, *, late: float) -> Ints:
    """Draw the working day on which each event is entered: mostly the same, a ``late`` share weeks after."""
    u, weeks = rng.random(len(day)), rng.integers(4, 16, len(day))
    lag = np.where(u < late, weeks, np.where(u < late + 0.15, 1, np.where(u < late + 0.18, 2, 0)))
    return np.maximum(day, workday(day + lag))
