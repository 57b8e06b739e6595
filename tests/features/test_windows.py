"""Windows share running sums where they may, and nothing else."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from credrisk.features import Calendar
from credrisk.features.windows import Steps, WindowSums, day_numbers, spread, window_starts, windows_of

MONTHS = Calendar.month_ends(date(2022, 1, 31), date(2024, 6, 30))
DAYS = Calendar((date(2024, 1, 15), date(2024, 3, 31), date(2024, 4, 2)))


def some_rows(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    event = rng.integers(*day_numbers((date(2019, 1, 1), date(2024, 12, 31))), 300)
    return {
        "customer": np.sort(rng.integers(0, 4, 300)),
        "event": event,
        "seen": event + rng.integers(0, 200, 300) * (rng.random(300) < 0.5),
        "amount": rng.integers(-9, 99, 300).astype(np.float64),
    }


@pytest.mark.parametrize("calendar", [MONTHS, DAYS], ids=["months", "days"])
@pytest.mark.parametrize("months", [1, 3, 12, 36])
def test_a_window_holds_what_happened_in_it_and_could_be_seen(calendar: Calendar, months: int) -> None:
    rows, sums = some_rows(months), WindowSums(calendar, 4)
    ends, starts = day_numbers(calendar.ends), window_starts(calendar, months)
    found, counted = sums.trailing("any", rows, months, rows["amount"]), sums.trailing("any", rows, months, None)
    for period, (start, end) in enumerate(zip(starts, ends, strict=True)):
        inside = (rows["event"] > start) & (rows["event"] <= end) & (rows["seen"] <= end)
        for customer in range(4):
            own = inside & (rows["customer"] == customer)
            assert found[customer, period] == rows["amount"][own].sum()
            assert counted[customer, period] == own.sum()


def test_sums_are_kept_by_the_days_of_the_windows_not_by_objects_that_may_be_gone() -> None:
    """Steps are made anew when more windows were asked for than are remembered; sums of others must not be met."""
    rows, sums = some_rows(1), WindowSums(DAYS, 4)
    expected = {months: WindowSums(DAYS, 4).trailing("any", rows, months, rows["amount"]) for months in range(1, 100)}
    for _ in range(2):
        for months, values in expected.items():
            windows_of.cache_clear()
            assert np.array_equal(sums.trailing("any", rows, months, rows["amount"]), values)


def test_windows_by_month_ends_share_their_sums() -> None:
    assert windows_of(MONTHS, 3).key == windows_of(MONTHS, 12).key
    assert windows_of(DAYS, 3).key != windows_of(DAYS, 12).key


def test_values_that_may_be_gone_are_not_kept() -> None:
    rows, sums = some_rows(2), WindowSums(MONTHS, 4)
    whole = sums.trailing("any", rows, 12, rows["amount"])
    for factor in range(1, 50):
        found = sums.trailing("any", rows, 12, rows["amount"] * factor)
        assert np.array_equal(found, whole * factor)


def test_a_product_is_taken_once() -> None:
    rows, sums = some_rows(3), WindowSums(MONTHS, 4)
    product = sums.product("any", rows["amount"], rows["event"])
    assert sums.product("any", rows["amount"], rows["event"]) is product
    assert np.array_equal(product, rows["amount"] * rows["event"])


def test_steps_and_spread() -> None:
    before = Steps(np.array([3, 5, 5, 8])).before(np.array([0, 3, 4, 5, 6, 8, 9, 99]))
    assert before.tolist() == [0, 0, 1, 1, 3, 3, 4, 4]
    row, place = spread(np.array([2, 7, 4]), np.array([4, 6, 5]))
    assert (row.tolist(), place.tolist()) == ([0, 0, 2], [2, 3, 4])
