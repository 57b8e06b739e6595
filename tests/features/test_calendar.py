"""Period ends and where windows begin."""

from __future__ import annotations

from datetime import date

import pytest

from credrisk.errors import ParameterError
from credrisk.features import Calendar


def test_month_ends_lie_within_the_span() -> None:
    ends = Calendar.month_ends(date(2024, 1, 31), date(2024, 4, 29)).ends
    assert ends == (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31))


def test_months_back_count_from_the_anchor_and_do_not_drift() -> None:
    ends = Calendar.months_back(date(2025, 3, 30), 3).ends
    assert ends == (date(2025, 1, 30), date(2025, 2, 28), date(2025, 3, 30))


def test_weeks_step_by_seven_days() -> None:
    calendar = Calendar.weeks(date(2024, 1, 7), date(2024, 1, 27))
    assert calendar.ends == (date(2024, 1, 7), date(2024, 1, 14), date(2024, 1, 21))
    assert calendar.start == date(2023, 12, 31)


def test_twelve_months_are_fifty_two_weeks() -> None:
    calendar = Calendar.weeks(date(2024, 12, 29), date(2024, 12, 29))
    assert calendar.starts(12) == (date(2023, 12, 31),)
    assert calendar.starts(3) == (date(2024, 9, 29),)


def test_a_window_begins_where_it_would_for_its_end_alone() -> None:
    calendar = Calendar.month_ends(date(2023, 1, 1), date(2024, 12, 31))
    for end, start in zip(calendar, calendar.starts(3), strict=True):
        assert calendar.at(end).starts(3) == (start,)
    assert calendar.starts(1)[2] == date(2023, 2, 28)


@pytest.mark.parametrize("months", range(1, 13))
def test_windows_never_begin_earlier_for_a_later_end(months: int) -> None:
    calendar = Calendar(tuple(date.fromordinal(day) for day in range(738_000, 739_600)))
    starts = calendar.starts(months)
    assert list(starts) == sorted(starts)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Calendar(()),
        lambda: Calendar((date(2024, 2, 1), date(2024, 1, 1))),
        lambda: Calendar((date(2024, 2, 1),), "day"),
        lambda: Calendar.month_ends(date(2024, 2, 1), date(2024, 2, 28)),
        lambda: Calendar.months_back(date(2024, 2, 1), 0),
        lambda: Calendar.weeks(date(2024, 2, 1), date(2024, 1, 1)),
    ],
)
def test_an_impossible_calendar_is_refused(make: object) -> None:
    with pytest.raises(ParameterError):
        make()
