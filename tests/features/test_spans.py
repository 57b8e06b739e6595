"""Stretches of days per customer: joining, probation, and what comes next."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from credrisk.dates import months_after
from credrisk.features.spans import FAR, Spans, as_date, as_day, distinct, months_on, pack, unpack


def spans(*rows: tuple[int, int, int]) -> Spans:
    customer, start, end = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Spans.union((customer, start, end))


def rows(given: Spans) -> list[tuple[int, int, int]]:
    return list(zip(given.customer.tolist(), given.start.tolist(), given.end.tolist(), strict=True))


def test_overlapping_and_touching_stretches_join_within_a_customer() -> None:
    joined = spans((1, 10, 20), (0, 5, 9), (1, 20, 25), (1, 12, 14), (0, 10, 11), (1, 30, FAR), (2, 7, 7))
    assert rows(joined) == [(0, 5, 9), (0, 10, 11), (1, 10, 25), (1, 30, FAR)]
    assert rows(Spans.union(joined, spans((0, 9, 10)))) == [(0, 5, 11), (1, 10, 25), (1, 30, FAR)]
    assert rows(Spans.union()) == []


def test_a_day_lies_inside_from_the_start_to_the_day_before_the_end() -> None:
    given = spans((0, 10, 20), (2, 5, FAR))
    days = np.array([9, 10, 19, 20, 10, 4, 5])
    customers = np.array([0, 0, 0, 0, 1, 2, 2])
    assert given.holds(customers, days).tolist() == [False, True, True, False, False, False, True]
    assert given.end_of(customers, days).tolist() == [9, 20, 20, 20, 10, 4, FAR]


def test_the_next_start_is_strictly_later_and_of_the_same_customer() -> None:
    given = spans((0, 10, 20), (0, 30, 40), (1, 5, 6))
    found = given.next_start(np.array([0, 0, 0, 0, 1, 1, 2]), np.array([9, 10, 29, 30, 0, 5, 0]))
    assert found.tolist() == [10, 30, 30, FAR, 5, FAR, FAR]


@pytest.mark.parametrize("start", ["2025-01-31", "2024-02-29", "2025-05-15"])
def test_probation_is_counted_in_calendar_months(start: str) -> None:
    end = as_day(date.fromisoformat(start))
    clean = as_day(months_after(date.fromisoformat(start), 3))
    again = spans((0, end - 9, end), (0, clean - 1, clean + 4))
    assert rows(again.probation(3)) == [(0, end - 9, as_day(months_after(as_date(clean + 4), 3)))]
    anew = spans((0, end - 9, end), (0, clean, FAR))
    assert rows(anew.probation(3)) == [(0, end - 9, clean), (0, clean, FAR)]


def test_months_keys_and_days_go_there_and_back() -> None:
    days = np.array([as_day(date(2024, 1, 31)), FAR, as_day(date(1969, 12, 31)), as_day(date(2024, 1, 31))])
    moved = [as_day(date(2024, 2, 29)), FAR, as_day(date(1970, 1, 31)), as_day(date(2024, 2, 29))]
    assert months_on(days, 1).tolist() == moved
    customers, back = unpack(pack(np.array([0, 7, 123_456, 3]), days))
    assert customers.tolist() == [0, 7, 123_456, 3]
    assert back.tolist() == days.tolist()
    assert distinct(np.array([3, 1, 3, 2, 1])).tolist() == [1, 2, 3]
