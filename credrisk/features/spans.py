"""Stretches of days per customer: when a state held, how stretches join, what comes next.

Days are whole days since 1970-01-01; a stretch runs from its start to the day before its end. Customers are numbered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from credrisk.dates import months_after

__all__ = [
    "FAR",
    "Spans",
    "as_date",
    "as_day",
    "distinct",
    "months_on",
    "pack",
    "running_total",
    "sum_on",
    "unpack",
    "until_next",
]

Array = npt.NDArray[Any]

_DAY_BITS = 23
_SHIFT = 1 << (_DAY_BITS - 1)
FAR = _SHIFT - 1
"""A day later than any date (year 13453): the stretch has not ended, or the event has not come."""

_EPOCH = date(1970, 1, 1).toordinal()


def as_day(value: date) -> int:
    """Return the day number of a date."""
    return value.toordinal() - _EPOCH


def as_date(day: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(_EPOCH + day)


def pack(customer: Array, day: Array) -> Array:
    """Return one sortable key of customer and day."""
    return (np.asarray(customer, dtype=np.int64) << _DAY_BITS) | (np.asarray(day, dtype=np.int64) + _SHIFT)


def unpack(key: Array) -> tuple[Array, Array]:
    """Return customer and day of packed keys."""
    return key >> _DAY_BITS, (key & ((1 << _DAY_BITS) - 1)) - _SHIFT


def months_on(days: Array, months: int) -> Array:
    """Return each day ``months`` calendar months later (:func:`credrisk.dates.months_after`); FAR stays FAR."""
    later: Array = np.full(len(days), FAR, dtype=np.int64)
    dated = np.flatnonzero(days != FAR)
    if len(dated):
        lowest = days[dated].min()
        moved = np.zeros(days[dated].max() - lowest + 1, dtype=np.int64)
        moved[days[dated] - lowest] = 1
        for offset in np.flatnonzero(moved):
            moved[offset] = as_day(months_after(as_date(int(lowest + offset)), months))
        later[dated] = moved[days[dated] - lowest]
    return later


def distinct(key: Array) -> Array:
    """Return the distinct keys, sorted (by sorting: far quicker here than numpy's hash table)."""
    ordered = np.sort(key)
    kept: Array = ordered[np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)]]
    return kept


def until_next(owner: Array, day: Array) -> Array:
    """Return, for rows sorted by owner and day, the day of the owner's next row; FAR after its last."""
    if not len(owner):
        return day
    return np.where(np.r_[owner[1:] != owner[:-1], True], FAR, np.r_[day[1:], FAR])


def running_total(owner: Array, place: Array, change: Array) -> Array:
    """Return the running total within each owner at its rows (sorted), from changes at the rows ``place``."""
    steps = np.zeros(len(owner), dtype=np.int64)
    np.add.at(steps, place, change)
    total = np.cumsum(steps)
    if not len(owner):
        return total
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    before = np.r_[np.int64(0), total[:-1]][first]
    within: Array = total - np.repeat(before, np.diff(np.r_[first, len(owner)]))
    return within


def sum_on(owner: Array, start: Array, end: Array, amount: Array, *, at: tuple[Array, Array]) -> Array:
    """Return for each owner and day in ``at`` the sum of the owner's amounts whose days ``[start, end)`` hold it."""
    real = start < end
    key = np.r_[pack(owner[real], start[real]), pack(owner[real], end[real])]
    order = np.argsort(key, kind="stable")
    total = np.r_[0.0, np.cumsum(np.r_[amount[real], -amount[real]][order])]
    key = key[order]
    until, before = pack(*at), pack(at[0], np.full(len(at[0]), -_SHIFT))
    summed: Array = total[np.searchsorted(key, until, side="right")] - total[np.searchsorted(key, before)]
    return summed


@dataclass(frozen=True)
class Spans:
    """Disjoint stretches ``[start, end)`` sorted by customer and start.

    Attributes
    ----------
    customer, start, end
        Int64 arrays of one length; ``end`` is FAR where the stretch has not ended.
    """

    customer: Array
    start: Array
    end: Array

    @classmethod
    def single_days(cls, customer: Array, day: Array) -> Spans:
        """Return one stretch for each distinct customer and day; neighbouring days stay apart."""
        customer, day = unpack(distinct(pack(customer, day)))
        return cls(customer, day, day + 1)

    @classmethod
    def union(cls, *parts: tuple[Array, Array, Array] | Spans) -> Spans:
        """Return the days covered by any of the parts (customer, start, end); overlapping and touching ones join."""
        pieces = [(p.customer, p.start, p.end) if isinstance(p, Spans) else p for p in parts]
        nothing = np.empty(0, dtype=np.int64)
        columns = zip(*pieces, strict=True) if pieces else [[nothing]] * 3
        customer, start, end = (np.concatenate([np.asarray(a, dtype=np.int64) for a in c]) for c in columns)
        real = start < end
        customer, start, end = customer[real], start[real], end[real]
        order = np.argsort(pack(customer, start))
        customer, start, end = customer[order], start[order], end[order]
        if not len(customer):
            return cls(customer, start, end)
        reach = np.maximum.accumulate(pack(customer, end))
        first = np.r_[True, pack(customer, start)[1:] > reach[:-1]]
        last = np.r_[first[1:], True]
        return cls(customer[first], start[first], unpack(reach[last])[1])

    def probation(self, months: int) -> Spans:
        """Return the stretches prolonged until ``months`` calendar months have passed clear of them.

        A stretch that starts before that joins the one before; one that starts on that very day is a new one.
        """
        if not len(self.start):
            return self
        over = months_on(self.end, months)
        same = self.customer[1:] == self.customer[:-1]
        first = np.r_[True, ~same | (self.start[1:] >= over[:-1])]
        last = np.r_[first[1:], True]
        return Spans(self.customer[first], self.start[first], over[last])

    def holds(self, customer: Array, day: Array) -> Array:
        """Tell for each customer and day whether a stretch covers it."""
        inside: Array = self.end_of(customer, day) != day
        return inside

    def end_of(self, customer: Array, day: Array) -> Array:
        """Return the end of the stretch that covers the day, or the day itself where none does."""
        if not len(self.start):
            return np.asarray(day, dtype=np.int64)
        place = np.searchsorted(pack(self.customer, self.start), pack(customer, day), side="right") - 1
        at = np.maximum(place, 0)
        inside = (place >= 0) & (self.customer[at] == customer) & (day < self.end[at])
        return np.where(inside, self.end[at], day)

    def next_start(self, customer: Array, day: Array) -> Array:
        """Return the first start strictly after the day, FAR where none is known."""
        if not len(self.start):
            return np.full(len(day), FAR, dtype=np.int64)
        place = np.searchsorted(pack(self.customer, self.start), pack(customer, day), side="right")
        at = np.minimum(place, len(self.start) - 1)
        found = (place < len(self.start)) & (self.customer[at] == customer)
        return np.where(found, self.start[at], FAR)
