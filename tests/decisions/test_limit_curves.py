"""The value of a limit against numerical integration, against the newsvendor's fractile and against simulation."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from credrisk.decisions.limit_curves import limit_curves
from credrisk.errors import DataError, ParameterError

INPUT = {
    "customer_id": "c1",
    "stopped": False,
    "pd": 0.04,
    "survived": 0.98,
    "pd_next": 0.03,
    "margin": 0.25,
    "days_unpaid": 45.0,
    "lgd": 0.77,
    "demand_log_mean": np.log(10_000.0),
    "demand_log_sd": 0.5,
    "demand_share": 1.0,
    "ead_log_mean": np.log(14_000.0),
    "ead_log_sd": 0.6,
    "cover_from": 0.0,
    "cover_to": 0.0,
    "cover_share": 0.0,
    "cover_lgd": 0.1,
}


def policy_of(**economics) -> SimpleNamespace:
    given = {"cost_of_funds": 0.08, "loss_basis": "invoice", "tax_relief": 0.0, "repeat_orders_years": 0.0}
    return SimpleNamespace(economics=SimpleNamespace(**given | economics))


def inputs_of(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame([INPUT | {"customer_id": f"c{place}"} | row for place, row in enumerate(rows, start=1)])


def above(limit, log_mean, log_sd):
    return norm.sf((np.log(limit) - log_mean) / log_sd) if limit > 0 else 1.0


def slow_marginal(x: float, row: dict, economics: SimpleNamespace) -> float:
    """Return the profit of the next unit, straight from the formula."""
    at_cost = economics.loss_basis == "cost"
    basis = 1 - row["margin"] if at_cost else 1.0
    carry = economics.cost_of_funds * row["days_unpaid"] / 365
    turns = row.get("turns") or 365 / row["days_unpaid"]
    earned = turns * row["survived"]
    if at_cost:
        earned = max((1 - row["pd"]) * turns, earned - row["pd"])
    kept = basis * (1 - economics.tax_relief)
    insured = row["cover_share"] if row["cover_from"] <= x < row["cover_to"] else 0.0
    lost = kept * (row["lgd"] * (1 - insured) + min(row["cover_lgd"], row["lgd"]) * insured)
    wanted = row["demand_share"] * above(x, row["demand_log_mean"], row["demand_log_sd"])
    drawn = above(x, row["ead_log_mean"], row["ead_log_sd"])
    return earned * (row["margin"] - carry) * wanted - row["pd"] * (lost + carry) * drawn


rows = st.fixed_dictionaries(
    {
        "pd": st.floats(0, 1),
        "survived": st.floats(0, 1),
        "margin": st.floats(0, 0.6),
        "days_unpaid": st.floats(5, 150),
        "turns": st.none() | st.floats(0.5, 70),
        "lgd": st.floats(0, 1),
        "demand_log_sd": st.floats(0.1, 1.2),
        "demand_share": st.floats(0, 1),
        "ead_log_sd": st.floats(0.1, 1.2),
        "cover_from": st.sampled_from([0.0, 900.0]),
        "cover_to": st.sampled_from([0.0, 8_000.0]),
        "cover_share": st.sampled_from([0.0, 0.9]),
    }
)


@given(rows, st.sampled_from(["invoice", "cost"]), st.sampled_from([0.0, 0.16]), st.integers(1, 64))
@settings(max_examples=60, deadline=None)
def test_the_profit_is_the_integral_of_the_marginal_profit(row, basis, relief, place):
    row = INPUT | row
    policy = policy_of(loss_basis=basis, tax_relief=relief)
    curves = limit_curves(inputs_of(row), policy=policy)
    limit = curves.limit[0, place]
    kinks = [x for x in (row["cover_from"], row["cover_to"]) if 0 < x < limit]
    found = quad(slow_marginal, 0, limit, args=(row, policy.economics), points=kinks or None, limit=400)[0]
    assert curves.profit[0, place] == pytest.approx(found, rel=1e-6, abs=1e-6 * limit)


@given(rows, st.floats(0, 3))
@settings(max_examples=60, deadline=None)
def test_expected_loss_is_pd_times_lgd_times_draw(row, years):
    row = INPUT | row
    policy = policy_of(repeat_orders_years=years)
    curves = limit_curves(inputs_of(row), policy=policy)
    assert (np.diff(curves.limit, axis=1) > 0).all()
    assert (np.diff(curves.draw_at_default, axis=1) >= -1e-9).all()
    assert (curves.limit[:, 0] == 0).all()
    assert (curves.profit[:, 0] == 0).all()
    assert curves.draw_at_default[0, 0] == 0
    free = limit_curves(inputs_of(row | {"margin": 0.0}), policy=policy_of(cost_of_funds=0.0))
    loss = free.pd[:, None] * free.lgd[:, None] * free.draw_at_default
    assert -free.profit == pytest.approx(loss, abs=1e-6)


@given(st.floats(0.001, 0.3), st.floats(0.05, 0.5), st.floats(10, 120), st.sampled_from(["invoice", "cost"]))
@settings(max_examples=60, deadline=None)
def test_the_fractile_where_a_defaulter_draws_the_whole_limit(pd, margin, days, basis):
    """F(L) = 1 - (l + f) / g, Littlewood's rule: g earned by a unit in demand, l + f lost on every unit granted."""
    row = {"pd": pd, "margin": margin, "days_unpaid": days, "survived": 1 - pd / 2, "ead_log_mean": 40.0}
    policy = policy_of(loss_basis=basis)
    curves = limit_curves(inputs_of(row), policy=policy, points=20_000)
    carry, turns = 0.08 * days / 365, 365 / days
    earned = turns * (1 - pd / 2) if basis == "invoice" else max((1 - pd) * turns, turns * (1 - pd / 2) - pd)
    g = earned * (margin - carry)
    loss = pd * 0.77 * (1 if basis == "invoice" else 1 - margin)
    fractile = 1 - (loss + pd * carry) / g if g > 0 else 0.0
    best = curves.limit[0, curves.profit[0].argmax()]
    if fractile < 0.0014:  # below the grid
        assert best <= curves.limit[0, 1]
    else:
        closed = np.exp(INPUT["demand_log_mean"] + 0.5 * norm.ppf(fractile))
        # the grid ends at four standard deviations, where next to nothing is wanted
        assert best == pytest.approx(min(closed, curves.limit[0, -1]), rel=0.005)


def test_the_profit_of_a_limit_in_simulation():
    row = INPUT | {"pd": 0.3, "demand_share": 0.8, "survived": 0.85}
    curves = limit_curves(inputs_of(row), policy=policy_of())
    rng, draws, place = np.random.default_rng(7), 400_000, 40
    limit = curves.limit[0, place]
    demand = np.exp(rng.normal(row["demand_log_mean"], row["demand_log_sd"], draws)) * (rng.random(draws) < 0.8)
    ead = np.exp(rng.normal(row["ead_log_mean"], row["ead_log_sd"], draws))
    fails = rng.random(draws) < 0.3
    carry, turns = 0.08 * 45 / 365, 365 / 45
    # who survives is there all the year, who fails on average for half of it
    there = np.where(fails, 0.5, 1.0)
    profit = there * turns * (0.25 - carry) * np.minimum(demand, limit)
    profit -= fails * (0.77 + carry) * np.minimum(ead, limit)
    error = profit.std() / np.sqrt(draws)
    assert curves.profit[0, place] == pytest.approx(profit.mean(), abs=4 * error)


@given(rows, st.floats(0, 1), st.floats(0, 3))
@settings(max_examples=80, deadline=None)
def test_a_higher_pd_never_raises_the_best_limit(row, worse, years):
    row = INPUT | row
    policy = policy_of(repeat_orders_years=years)
    low, high = sorted([row["pd"], worse])
    both = [row | {"pd": pd, "survived": 1 - pd / 2, "pd_next": pd} for pd in (low, high)]
    curves = limit_curves(inputs_of(*both), policy=policy)
    best = curves.profit.argmax(axis=1)
    assert best[1] <= best[0] or curves.profit[1, best[1]] == pytest.approx(curves.profit[1, best[0]], abs=1e-6)


@pytest.mark.parametrize("nothing", [{"margin": 0.0}, {"stopped": True}, {"pd": 1.0, "survived": 0.0}])
def test_no_limit_where_nothing_is_earned(nothing):
    curves = limit_curves(inputs_of(nothing), policy=policy_of(repeat_orders_years=5.0))
    assert (curves.profit[:, 1:] < 0).all()


def test_without_any_demand_nothing_is_earned_and_nothing_drawn():
    curves = limit_curves(inputs_of({"demand_log_mean": None, "ead_log_mean": None}), policy=policy_of())
    assert (curves.profit == 0).all()
    assert (curves.draw_at_default == 0).all()


def test_the_demand_stands_in_for_an_unknown_draw():
    known = {"ead_log_mean": INPUT["demand_log_mean"]}
    curves = limit_curves(inputs_of({"ead_log_mean": None}, known), policy=policy_of())
    assert curves.draw_at_default[0] == pytest.approx(curves.draw_at_default[1])


def test_between_the_points_the_value_is_linear():
    curves = limit_curves(inputs_of({}, {}), policy=policy_of())
    middle = (curves.limit[:, 10] + curves.limit[:, 11]) / 2
    profit, draw = curves.at(middle)
    assert profit == pytest.approx((curves.profit[:, 10] + curves.profit[:, 11]) / 2)
    assert draw == pytest.approx((curves.draw_at_default[:, 10] + curves.draw_at_default[:, 11]) / 2)
    end = curves.at(np.array([0.0, 1e12]))
    assert end[0] == pytest.approx([0.0, curves.profit[1, -1]])
    with pytest.raises(ParameterError, match="one a customer"):
        curves.at(np.array([1.0]))


def test_bad_inputs_are_refused():
    with pytest.raises(DataError, match="lgd"):
        limit_curves(inputs_of({}).drop("lgd"), policy=policy_of())
    with pytest.raises(DataError, match="null"):
        limit_curves(inputs_of({"pd": None}), policy=policy_of())
    with pytest.raises(ParameterError, match="points"):
        limit_curves(inputs_of({}), policy=policy_of(), points=1)
    assert limit_curves(inputs_of({}).head(0), policy=policy_of()).profit.shape == (0, 65)
