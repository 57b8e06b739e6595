"""The value of each action, worked by hand in plain Python."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions.contact_value import action_values, best_action, collected_share
from credrisk.decisions.policy import Policy

POLICY = Policy.default()
ACCOUNT = {
    "customer_id": "a",
    "chased": 78_400.0,
    "past_due": 78_400.0,
    "age_days": 64.0,
    "broken_promises_open": 0,
    "pd_used": 0.061,
    "lgd": None,
}


def accounts(*rows):
    filled = [ACCOUNT | {"customer_id": f"a{n}"} | row for n, row in enumerate(rows)]
    return pl.DataFrame(filled, schema_overrides={"lgd": pl.Float64})


def slow_values(account: dict, policy: Policy) -> dict[str, tuple]:
    found = {}
    points = policy.collection.collectability
    ages, shares = points.ages_days, points.shares
    age = account["age_days"]
    if age <= ages[0]:
        collected = shares[0]
    elif age >= ages[-1]:
        collected = shares[-1]
    else:
        right = next(n for n, point in enumerate(ages) if point >= age)
        along = (age - ages[right - 1]) / (ages[right] - ages[right - 1])
        collected = shares[right - 1] + along * (shares[right] - shares[right - 1])
    lgd = policy.economics.lgd_uninsured if account["lgd"] is None else account["lgd"]
    for action in policy.collection.actions:
        counted = age
        if action.broken_promises_count and account["past_due"] > 0:
            counted += account["broken_promises_open"] * policy.collection.broken_promise_ages_days
        if not action.from_days <= counted <= action.to_days:
            continue
        scale = 1.0 if account["past_due"] > 0 else policy.collection.due_soon_effect_share
        reached = scale * action.reach * account["chased"]
        avoided = reached * action.loss_avoided_share * account["pd_used"] * lgd * collected / shares[0]
        time = reached * policy.economics.cost_of_funds / 365 * action.days_accelerated
        cost = action.cost + action.fee_share * collected * account["chased"]
        found[action.name] = (avoided, time, cost, action.goodwill, avoided + time - cost - action.goodwill)
    return found


an_account = st.fixed_dictionaries(
    {
        "chased": st.floats(0, 1e6),
        "past_due": st.sampled_from([0.0, 1e6]),
        "age_days": st.integers(-10, 500).map(float),
        "broken_promises_open": st.integers(0, 3),
        "pd_used": st.floats(0, 1),
        "lgd": st.none() | st.floats(0, 1),
    }
)


@given(st.lists(an_account, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_agrees_with_the_slow_calculation(rows):
    values = action_values(accounts(*rows), POLICY)
    best = dict(best_action(values).select("customer_id", "gain").iter_rows())
    for place, row in enumerate(rows):
        expected = slow_values(ACCOUNT | row, POLICY)
        found = values.filter(pl.col("customer_id") == f"a{place}")
        assert found["action"].to_list() == list(expected)
        for name, *figures in found.select(
            "action", "expected_loss_avoided", "time_value", "cost", "goodwill", "gain"
        ).iter_rows():
            assert tuple(figures) == pytest.approx(expected[name], rel=1e-9, abs=1e-6)
        if expected:
            assert best[f"a{place}"] == pytest.approx(max(e[-1] for e in expected.values()), rel=1e-9, abs=1e-6)
        else:
            assert f"a{place}" not in best


def test_a_call_by_hand():
    call = action_values(accounts({}), POLICY).filter(pl.col("action") == "call").row(0, named=True)
    # reach 0.5 x 78,400 = 39,200; x 8 % avoided x 6.1 % PD x 77 % lost; 10 days at 8 % a year; a call costs 12
    assert call["expected_loss_avoided"] == pytest.approx(39_200 * 0.08 * 0.061 * 0.77)
    assert call["time_value"] == pytest.approx(39_200 * 0.08 * 10 / 365)
    assert call["gain"] == pytest.approx(147.29 + 85.92 - 12, abs=0.01)


def test_an_old_balance_lets_an_action_do_less_of_the_same_loss():
    def avoided(age):
        values = action_values(accounts({"age_days": age, "lgd": 0.5}), POLICY)
        return values.filter(pl.col("action") == "call")["expected_loss_avoided"].item()

    loss = 0.061 * 0.5 * 78_400
    assert avoided(90.0) == pytest.approx(0.5 * 0.08 * loss)
    assert avoided(180.0) == pytest.approx(0.5 * 0.08 * loss * 0.521 / 0.696)


def allowed(**account):
    return action_values(accounts(account), POLICY)["action"].to_list()


def test_a_broken_promise_brings_the_milder_actions_forward():
    assert allowed(age_days=3.0) == ["reminder_email"]
    assert allowed(age_days=3.0, broken_promises_open=1) == ["reminder_email", "letter", "call"]
    assert allowed(age_days=3.0, broken_promises_open=2) == ["letter", "call"]


@pytest.mark.parametrize("broken", [0, 1, 3])
@pytest.mark.parametrize(
    ("age", "strong"),
    [
        (3.0, []),
        (18.0, []),
        (44.0, []),
        (45.0, ["stop_supply_notice"]),
        (60.0, ["stop_supply_notice", "escalation"]),
        (120.0, ["stop_supply_notice", "escalation", "agency"]),
    ],
)
def test_no_broken_promise_brings_a_strong_action_before_its_age(age, broken, strong):
    found = allowed(age_days=age, broken_promises_open=broken)
    assert [name for name in found if name not in ("reminder_email", "letter", "call")] == strong


def test_before_the_due_date_a_broken_promise_brings_nothing_forward():
    assert allowed(age_days=-3.0, past_due=0.0, broken_promises_open=3) == ["reminder_email"]


def test_of_equal_gains_the_mildest_action():
    actions = POLICY.content()["collection"]["actions"]
    twins = [actions[2] | {"name": "second"}, actions[2] | {"name": "first"}]
    policy = POLICY.changed({"collection.actions": twins})
    assert best_action(action_values(accounts({}), policy))["action"].to_list() == ["second"]


def test_collectability_at_the_surveyed_ages_and_beyond():
    curve = POLICY.collection.collectability
    found = collected_share(np.array([0.0, 90.0, 135.0, 365.0, 900.0]), curve)
    assert found.tolist() == pytest.approx([0.696, 0.696, (0.696 + 0.521) / 2, 0.228, 0.228])
