"""A scenario changes what it says, from its month on, and nothing before."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from credrisk.errors import ParameterError
from credrisk.simulate import SCENARIOS, Simulation, simulate_ledger
from credrisk.simulate.card import data_card

SIZE = {"customers": 400, "months": 24, "seed": 8}
BEGINS = date(2024, 5, 1)
"""Two thirds of 24 months from January 2023."""


@pytest.fixture(scope="module")
def made() -> dict[str, Simulation]:
    return {name: simulate_ledger(**SIZE, scenario=name) for name in SCENARIOS}


def test_none_is_the_plain_simulation_to_the_last_value(made):
    plain = simulate_ledger(**SIZE)
    for name, table in plain.tables.items():
        assert_frame_equal(made["none"].tables[name], table)
    for name, table in plain.truth.items():
        assert_frame_equal(made["none"].truth[name], table)
    assert "changes" not in plain.truth
    assert "scenario" not in plain.parameters


def test_a_recession_pulls_the_market_down_from_its_month_and_leaves_the_past(made):
    plain, slump = (
        made[name].truth["health"].group_by("month_end").agg(pl.col("factor").first()).sort("month_end")
        for name in ("none", "recession")
    )
    gap = plain.with_columns(gap=slump["factor"] - plain["factor"])
    assert gap.filter(pl.col("month_end") < BEGINS)["gap"].abs().max() == 0
    assert gap["gap"][-1] == pytest.approx(-3.0, abs=1e-3)
    told = made["recession"].truth["changes"]
    assert told.rows() == [(BEGINS, "market_factor", None, 0.0, -3.0)]


def test_more_customers_are_expected_to_fail_in_a_recession(made):
    def late(name: str) -> float:
        return float(made[name].truth["health"].filter(pl.col("month_end") > date(2024, 8, 1))["intensity"].mean())

    # exp(1.7 x 0.2 x 3) = 2.8 for the mean loading.
    assert 2.0 < late("recession") / late("none") < 4.0


def test_a_change_of_policy_shortens_terms_and_limits_from_its_month(made):
    told = made["policy_change"].truth["changes"]
    terms = told.filter(pl.col("what") == "terms_days")
    assert set(told["starts_on"]) == {BEGINS}
    assert terms.height > 50
    assert set(terms["after"]) == {30.0}
    history = made["policy_change"].tables["customer_history"].filter(pl.col("attribute") == "terms_days")
    last = history.group_by("customer_id", maintain_order=True).last()
    joined = terms.join(last, on="customer_id")
    opened = made["policy_change"].tables["customers"].select("customer_id", "opened_on")
    joined = joined.join(opened, on="customer_id")
    assert (joined["value"] == "30").all()
    assert (joined.filter(pl.col("opened_on") < BEGINS)["valid_from"] == BEGINS).all()
    reviewed = (pl.col("attribute") == "credit_limit") & (pl.col("valid_from") > BEGINS)
    limits = {
        name: made[name].tables["customer_history"].filter(reviewed)["value"].cast(pl.Float64)
        for name in ("none", "policy_change")
    }
    assert limits["policy_change"].median() < limits["none"].median()


def test_the_new_segment_is_weaker_and_comes_after_its_month(made):
    simulation = made["new_segment"]
    told = simulation.truth["changes"]
    customers = simulation.tables["customers"].join(told, on="customer_id")
    assert told.height > 25
    assert customers["opened_on"].min() >= BEGINS
    health = simulation.truth["customers"].join(told, on="customer_id", how="left")
    new, old = (health.filter(pl.col("what").is_not_null() == side)["mean_health"].mean() for side in (True, False))
    assert new < old - 0.4
    segments = simulation.tables["customer_history"].filter(
        (pl.col("attribute") == "segment") & (pl.col("value") == "D")
    )
    assert set(segments["customer_id"]) == set(told["customer_id"])


def test_the_card_names_the_command_of_a_scenario(made):
    assert "--scenario recession --change-month 17" in data_card(made["recession"])
    assert "--scenario" not in data_card(made["none"])


def test_the_month_of_the_change_can_be_given():
    slump = simulate_ledger(customers=60, months=12, seed=5, scenario="recession", change_month=4)
    assert slump.truth["changes"]["starts_on"].to_list() == [date(2023, 4, 1)]


@pytest.mark.parametrize(("wrong", "word"), [({"scenario": "war"}, "scenario"), ({"change_month": 13}, "change_month")])
def test_a_scenario_that_is_none_is_refused(wrong, word):
    with pytest.raises(ParameterError, match=word):
        simulate_ledger(customers=60, months=12, **wrong)
