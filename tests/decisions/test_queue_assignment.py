"""Contacts to collectors: within everybody's minutes and abilities, and near what the linear program could gain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from credrisk.decisions.queue_assignment import assign, most_room
from credrisk.decisions.queue_prices import Options, minute_prices


def problem(seed: int, *, units: int, people: int, classes: int) -> tuple[Options, np.ndarray]:
    dice = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), dice.integers(1, 4, units))
    value = np.round(dice.lognormal(4, 1.2, len(unit)) - 20, 2)
    minutes = dice.choice([6.0, 12.0, 20.0, 30.0], len(unit))
    able = dice.random((classes, people)) < 0.5
    kind = dice.integers(0, classes, units)[unit]
    budget = dice.choice([0.0, 30.0, 60.0, 120.0], people) * max(1, units // 60)
    return Options(unit, value, minutes, kind, able), budget


def linear_program(options: Options, budget: np.ndarray) -> float:
    """Return the best that can be gained when contacts may be split: a column for each pair, solved by HiGHS."""
    place, person = np.nonzero(options.able[options.kind] & (options.value > 0)[:, None])
    if not len(place):
        return 0.0
    units, pairs = int(options.unit[-1]) + 1, len(place)
    rows = np.r_[options.unit[place], units + person]
    entries = np.r_[np.ones(pairs), options.minutes[place]]
    limits = sparse.csr_array((entries, (rows, np.tile(np.arange(pairs), 2))), shape=(units + len(budget), pairs))
    found = linprog(-options.value[place], A_ub=limits, b_ub=np.r_[np.ones(units), budget], bounds=(0, None))
    return -found.fun


def holds(options: Options, budget: np.ndarray, found) -> None:
    """Check that nobody has too much, everybody is able, and no unit is served twice, or at a loss."""
    used = np.bincount(found.collector, weights=options.minutes[found.option], minlength=len(budget))
    assert (used <= budget + 1e-6).all()
    assert found.left == pytest.approx(budget - used)
    assert options.able[options.kind[found.option], found.collector].all()
    assert len(set(options.unit[found.option].tolist())) == len(found.option)
    assert (options.value[found.option] > 0).all()


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 5), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_whole_contacts_lose_at_most_one_for_each_collector(seed, units, people, classes):
    options, budget = problem(seed, units=units, people=people, classes=classes)
    found = assign(options, budget)
    holds(options, budget, found)
    best, gained = linear_program(options, budget), options.value[found.option].sum()
    assert gained <= best + 1e-6
    assert best <= found.bound + 1e-6
    assert gained >= best - people * options.value.max(initial=0.0) - 1e-6
    done = set(options.unit[found.option].tolist())
    room = most_room(options.able, found.left)
    unserved = [n for n, unit in enumerate(options.unit.tolist()) if unit not in done and options.value[n] > 0]
    assert all(options.minutes[n] > room[options.kind[n]] for n in unserved)


@pytest.mark.parametrize(("units", "people", "worst"), [(300, 3, 0.99), (1000, 8, 0.99)])
def test_the_gap_to_the_linear_program_closes_as_contacts_get_small_against_a_day(units, people, worst):
    for seed in range(2):
        options, budget = problem(seed, units=units, people=people, classes=6)
        found = assign(options, budget)
        holds(options, budget, found)
        best = linear_program(options, budget)
        assert options.value[found.option].sum() >= worst * best
        assert best <= found.bound <= 1.01 * best + 1e-6


def test_prices_by_hand():
    # Two contacts of 10 minutes, worth 50 and 20, and 10 minutes: a minute is worth what the second would gain, or
    # more, up to what the first does. Nobody asks for the second collector's minutes.
    options = Options(
        np.array([0, 1]), np.array([50.0, 20.0]), np.array([10.0, 10.0]), np.array([0, 0]), np.array([[True, False]])
    )
    found = minute_prices(options, np.array([10.0, 30.0]))
    assert 2.0 - 0.05 <= found.of_collector[0] <= 5.0
    assert found.of_collector[1] == pytest.approx(0.0, abs=1e-6)
    assert found.bound == pytest.approx(50.0, rel=0.01)


def test_who_speaks_two_languages_is_left_the_one_that_nobody_else_speaks():
    # a speaks English, b English and German. The English contact gains more, yet both are done.
    able = np.array([[True, True], [False, True]])
    options = Options(np.array([0, 1]), np.array([100.0, 60.0]), np.array([12.0, 12.0]), np.array([0, 1]), able)
    found = assign(options, np.array([12.0, 12.0]))
    assert dict(zip(found.option.tolist(), found.collector.tolist(), strict=True)) == {0: 0, 1: 1}


def test_a_short_contact_instead_of_none_when_the_long_one_does_not_fit():
    options = Options(
        np.array([0, 0]), np.array([90.0, 50.0]), np.array([30.0, 6.0]), np.array([0, 0]), np.array([[True]])
    )
    assert assign(options, np.array([20.0])).option.tolist() == [1]


@pytest.mark.parametrize("minutes", [np.zeros(2), np.empty(0)])
def test_nobody_is_there(minutes):
    options, _ = problem(1, units=5, people=len(minutes), classes=2)
    assert assign(options, minutes).option.tolist() == []


def test_equal_contacts_go_by_value_alone():
    options = Options(
        np.arange(4),
        np.array([5.0, 9.0, 7.0, 9.0]),
        np.ones(4),
        np.zeros(4, dtype=np.int64),
        np.ones((1, 1), dtype=bool),
    )
    assert assign(options, np.array([3.0])).option.tolist() == [1, 3, 2]
