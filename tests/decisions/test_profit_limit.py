"""The limit of the highest expected profit against a walk over a fine grid of limits, and what must hold of it."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from decisions.test_limit_curves import INPUT, inputs_of, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from credrisk.decisions.policy import Policy
from credrisk.decisions.profit_limit import SENSITIVITIES, ProfitLimits

POLICY = Policy.default()


def profits_of(*given: dict, policy=POLICY) -> ProfitLimits:
    return ProfitLimits.of(inputs_of(*given), policy=policy)


def slow_profit(row: dict, limits: np.ndarray) -> np.ndarray:
    """Add up the profit of unit after unit of limit over a fine grid (trapezoids), by the shipped policy."""
    money = POLICY.economics
    carry, turns = money.cost_of_funds * row["days_unpaid"] / 365, row.get("turns") or 365 / row["days_unpaid"]
    paid = max((1 - row["pd"]) * turns, turns * row["survived"] - row["pd"])
    inside = (limits >= row["cover_from"]) & (limits < row["cover_to"])
    insured = np.where(inside, row["cover_share"], 0.0)
    lgd = row["lgd"] * (1 - insured) + min(row["cover_lgd"], row["lgd"]) * insured
    with np.errstate(divide="ignore"):
        wanted, drawn = (
            norm.sf((np.log(limits) - row[f"{name}_log_mean"]) / row[f"{name}_log_sd"]) for name in ("demand", "ead")
        )
    wanted = wanted * row["demand_share"]
    unit = paid * (row["margin"] - carry) * wanted - row["pd"] * (lgd * (1 - row["margin"]) + carry) * drawn
    return np.concatenate([[0.0], np.cumsum((unit[1:] + unit[:-1]) / 2 * np.diff(limits))])


@given(rows)
@settings(max_examples=40, deadline=None)
def test_no_limit_earns_more(row):
    row = INPUT | row
    best = profits_of(row).best()[0]
    limits = np.concatenate([[0.0], np.geomspace(10, 3e6, 20_000)])
    profit = slow_profit(row, limits)
    at_best = np.interp(min(best, limits[-1]), limits, profit)
    assert at_best >= profit.max() - 2e-3 * max(abs(profit).max(), 1.0)


@given(rows, st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_higher_pd_never_raises_it_and_a_better_figure_never_lowers_it(row, worse):
    low, high = sorted([row["pd"], worse])
    pair = [INPUT | row | {"pd": pd, "survived": 1 - pd / 2, "pd_next": pd} for pd in (low, high)]
    profits = profits_of(*pair)
    best = profits.best()
    assert best[1] <= best[0]
    for lower, higher in (("pd_doubled", "pd_halved"), ("margin_down", "margin_up"), ("lgd_up", "lgd_down")):
        assert (profits.best(SENSITIVITIES[lower]) <= profits.best(SENSITIVITIES[higher])).all()


def test_only_the_caps_bind_where_the_failing_draw_no_more_than_the_good():
    row = {"pd": 0.001, "ead_log_mean": INPUT["demand_log_mean"], "ead_log_sd": INPUT["demand_log_sd"]}
    assert math.isinf(profits_of(row).best()[0])
    assert profits_of(row | {"margin": 0.0}).best()[0] == 0
    assert profits_of(row | {"stopped": True}).best()[0] == 0


def test_the_newsvendor_by_hand():
    # who fails draws the whole limit: F(L) = 1 - (l + f) / g
    row = INPUT | {"pd": 0.30, "survived": 0.80, "margin": 0.10, "ead_log_mean": 40.0}
    turns, carry = 365 / 45, 0.08 * 45 / 365
    g = max(0.7 * turns, 0.8 * turns - 0.3) * (0.10 - carry)
    lost = 0.30 * (0.77 * 0.9 + carry)
    closed = math.exp(INPUT["demand_log_mean"] + 0.5 * norm.ppf(1 - lost / g))
    assert profits_of(row).best()[0] == pytest.approx(closed, rel=0.01)


def test_cover_is_used_up_to_its_end_and_no_further():
    # nothing is earned uninsured; insured units from 1,000 to 5,000 lose a tenth of the insured nine tenths
    row = {"pd": 0.40, "survived": 0.75, "margin": 0.04, "cover_from": 0.0, "cover_to": 5_000.0, "cover_share": 1.0}
    assert profits_of(row | {"cover_share": 0.0}).best()[0] == 0
    assert profits_of(row).best()[0] == pytest.approx(5_000, rel=0.01)


def test_profit_and_loss_at_a_limit_are_exact():
    limits = np.array([12_345.0, 0.0])
    profits = profits_of({}, {"pd": 0.2})
    profit, loss, draw = profits.at(limits)
    fine = np.linspace(0, limits[0], 200_001)
    assert profit[0] == pytest.approx(slow_profit(INPUT, fine)[-1], rel=1e-6)
    assert loss[0] == pytest.approx(0.04 * 0.77 * 0.75 * draw[0])
    assert (profit[1], loss[1], draw[1]) == (0, 0, 0)


def test_a_doubled_pd_is_at_most_certain():
    known = profits_of({"pd": 0.6}, {"pd": 0.0, "survived": 1.0}).known
    twice = SENSITIVITIES["pd_doubled"](known)
    assert twice["pd"].tolist() == [1.0, 0.0]
    assert twice["survived"][0] < 0.98
    assert twice["survived"][1] == 1.0


def test_many_customers_at_once_are_as_each_alone():
    rng = np.random.default_rng(5)
    given = [{"pd": pd, "survived": 1 - pd / 2, "margin": margin} for pd, margin in rng.uniform(0, 0.3, (30, 2))]
    together = profits_of(*given).best()
    assert together == pytest.approx([profits_of(each).best()[0] for each in given])
    assert isinstance(inputs_of(*given), pl.DataFrame)
