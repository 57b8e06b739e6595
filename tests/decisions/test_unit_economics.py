"""What a unit of limit earns and loses against a day-by-day calculation, and what must hold of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions.policy import Policy
from credrisk.decisions.unit_economics import earned_turns, next_year_pd, survived_share, unit_economics

ECONOMICS = Policy.default().economics
NONE = np.array([np.nan])
shares = st.floats(0, 0.99)


def slow_survival(pd: float, pd_3m: float, pd_6m: float) -> float:
    """Return the mean of the survival over the days of a year whose hazard is level between the points."""
    days = (np.arange(36_500) + 0.5) / 36_500
    hazard = np.interp(days, [0.0, 0.25, 0.5, 1.0], -np.log1p(-np.array([0.0, pd_3m, pd_6m, pd])))
    return float(np.exp(-hazard).mean())


@given(shares, shares, shares)
@settings(max_examples=60, deadline=None)
def test_the_survived_share_is_the_mean_survival(a, b, c):
    pd_3m, pd_6m, pd = sorted([a, b, c])
    found = survived_share(*(np.array([each]) for each in (pd, pd_3m, pd_6m)))[0]
    assert found == pytest.approx(slow_survival(pd, pd_3m, pd_6m), abs=1e-6)


def test_with_one_pd_alone_the_hazard_is_level():
    pd = np.array([0.2, 0.0, 1e-10])
    found = survived_share(pd, *(np.full(3, np.nan),) * 2)
    assert found == pytest.approx([0.2 / -np.log(0.8), 1.0, 1.0])
    assert survived_share(np.array([1.0]), NONE, NONE)[0] < 0.05


@given(shares, shares, shares)
@settings(max_examples=60, deadline=None)
def test_the_year_after_goes_on_as_the_second_half_year(a, b, c):
    pd_6m, pd = sorted([a, b])
    found = next_year_pd(np.array([pd]), np.array([pd_6m]))[0]
    half = (pd - pd_6m) / (1 - pd_6m)  # of who lived through the first half
    assert found == pytest.approx(1 - (1 - half) ** 2, abs=1e-9)
    assert next_year_pd(np.array([c]), NONE)[0] == pytest.approx(c)


def test_early_defaults_pay_fewer_turns():
    pd, early, late = (np.array([x]) for x in (0.2, 0.19, 0.01))
    lived = [survived_share(pd, points, points)[0] for points in (early, late)]
    turns = np.array([8.0])
    for basis in ("invoice", "cost"):
        fewer, more = (earned_turns(pd, np.array([each]), turns, basis=basis)[0] for each in lived)
        assert 0.8 * 8 <= fewer < more < 8


def test_the_unit_by_hand():
    # 73 days unpaid: 5 turns a year. PD 10 %, half of the year lived through by who fails: survived 0.95.
    figures = {
        "pd": 0.10,
        "survived": 0.95,
        "margin": 0.30,
        "turns": 5.0,
        "days_unpaid": 73.0,
        "lgd": 0.80,
        "cover_lgd": 0.10,
    }
    arrays = {name: np.array([value]) for name, value in figures.items()}
    by = {}
    for basis in ("cost", "invoice"):
        economics = Policy.default().changed({"economics.loss_basis": basis, "economics.tax_relief": 0.1}).economics
        by[basis] = unit_economics(economics, **arrays)
    carry = 0.08 * 73 / 365
    # invoice: 5 x 0.95 turns earn; the whole invoice is at stake
    assert by["invoice"].gain[0] == pytest.approx(4.75 * (0.30 - carry))
    assert by["invoice"].loss[0] == pytest.approx(0.10 * 0.80 * 0.9)
    # cost: who fails has not paid its last turn, 4.75 - 0.10; the cost of the goods is at stake
    assert by["cost"].gain[0] == pytest.approx(4.65 * (0.30 - carry))
    assert by["cost"].loss[0] == pytest.approx(0.10 * 0.80 * 0.7 * 0.9)
    assert by["cost"].insured[0] == pytest.approx(0.10 * 0.7 * 0.9)
    assert by["cost"].funding[0] == pytest.approx(0.10 * carry)


@given(shares, shares, st.floats(0, 0.9), st.floats(1, 200), st.sampled_from(["cost", "invoice"]))
@settings(max_examples=80, deadline=None)
def test_a_higher_pd_earns_less_and_loses_more(a, b, margin, days, basis):
    pd = np.sort([a, b])
    economics = Policy.default().changed({"economics.loss_basis": basis}).economics
    same = {"margin": margin, "turns": 365 / days, "days_unpaid": days, "lgd": 0.77, "cover_lgd": 0.1}
    unit = unit_economics(
        economics,
        pd=pd,
        survived=survived_share(pd, *(np.full(2, np.nan),) * 2),
        **{name: np.full(2, value) for name, value in same.items()},
    )
    assert unit.gain[1] <= unit.gain[0] + 1e-9 or unit.gain[0] < 0
    assert unit.loss[1] >= unit.loss[0]
    assert unit.funding[1] >= unit.funding[0]
