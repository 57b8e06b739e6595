"""What a contact can win is bounded by the days that the account takes anyway, and so is the loss it avoids."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credrisk.decisions.contact_value import action_values
from credrisk.decisions.delay_to_come import avoided_share_by_days, days_within_delay
from credrisk.decisions.policy import Policy

ACCOUNT = pl.DataFrame(
    {
        "customer_id": ["a"],
        "chased": [100_000.0],
        "past_due": [100_000.0],
        "age_days": [70.0],
        "broken_promises_open": [0],
        "pd_used": [0.0],
        "lgd": [0.7],
    }
)


def won(days: float, delay: float | None) -> float:
    frame = pl.DataFrame({"days": [days], "delay": [delay]}, schema={"days": pl.Float64, "delay": pl.Float64})
    return frame.select(days_within_delay(pl.col("days"), pl.col("delay"))).item()


def avoided(days: float, delay: float | None, pd: float, share: float = 0.5) -> float:
    frame = pl.DataFrame({"w": [days], "r": [delay], "p": [pd]}, schema=dict.fromkeys("wrp", pl.Float64))
    return frame.select(avoided_share_by_days(pl.col("w"), pl.col("r"), pl.col("p"), pl.lit(share))).item()


@given(st.floats(0.01, 60), st.floats(0.1, 365))
def test_never_more_than_the_delay_nor_than_the_days_of_a_long_one(days: float, delay: float) -> None:
    assert 0 <= won(days, delay) <= min(days, delay) * (1 + 1e-12)


def test_a_long_delay_gives_the_days_and_an_unknown_one_changes_nothing() -> None:
    assert won(10, 1e6) == pytest.approx(10, rel=1e-4)
    assert won(10, 10) == pytest.approx(10 * (1 - math.exp(-1)))
    assert won(10, None) == 10
    assert won(-3, 20) == -3
    assert won(10, 0.0) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("pd", [0.01, 0.2, 0.9])
def test_the_avoided_loss_is_the_chance_of_failing_between_both_days(pd: float) -> None:
    rng = np.random.default_rng(0)
    fails = rng.exponential(-365 / math.log(1 - pd), 2_000_000)
    between = ((fails > 70) & (fails <= 100)).mean()
    error = math.sqrt(between / 2_000_000)
    assert avoided(30, 100, pd) * pd == pytest.approx(between, abs=4 * error)


def test_the_share_stands_where_the_days_or_the_failure_say_nothing() -> None:
    assert avoided(30, None, 0.2) == 0.5
    assert avoided(30, 100, 1.0) == 0.5
    assert avoided(30, 100, 0.0) == 0.0


def test_who_pays_tomorrow_gains_next_to_nothing_and_the_gain_rises_with_the_delay() -> None:
    accounts = pl.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "chased": [50_000.0] * 3,
            "past_due": [50_000.0] * 3,
            "age_days": [20.0] * 3,
            "broken_promises_open": [0] * 3,
            "pd_used": [0.05] * 3,
            "lgd": [0.7] * 3,
            "expected_days_to_pay": [1.0, 20.0, 90.0],
        }
    )
    values = action_values(accounts, Policy.default()).filter(pl.col("action") == "call")
    benefit = (values["gain"] + values["cost"] + values["goodwill"]).to_list()
    assert benefit == sorted(benefit)
    time = 50_000 * Policy.default().economics.cost_of_funds / 365
    assert values["time_value"][0] <= time
    plain = action_values(accounts.drop("expected_days_to_pay"), Policy.default())
    unknown = accounts.with_columns(expected_days_to_pay=pl.lit(None, pl.Float64))
    assert action_values(unknown, Policy.default()).equals(plain)


def test_an_unmeasured_harder_action_is_credited_with_no_more_days_than_a_call() -> None:
    accounts = ACCOUNT.with_columns(expected_days_to_pay=pl.lit(1e9))
    policy = Policy.default()
    rules = {action.name: action for action in policy.collection.actions}
    values = {row["action"]: row for row in action_values(accounts, policy).iter_rows(named=True)}
    a_day = 100_000 * policy.economics.cost_of_funds / 365
    call = rules["call"].reach * rules["call"].days_accelerated
    for name in ("call", "stop_supply_notice", "escalation"):
        assert values[name]["time_value"] == pytest.approx(a_day * call)
    unbounded = action_values(ACCOUNT, policy)
    plain = {row["action"]: row for row in unbounded.iter_rows(named=True)}
    notice = rules["stop_supply_notice"].reach * rules["stop_supply_notice"].days_accelerated
    assert plain["stop_supply_notice"]["time_value"] == pytest.approx(a_day * notice)


def test_a_measured_harder_action_keeps_its_days() -> None:
    class Measured:
        def of(self, accounts: pl.DataFrame) -> pl.DataFrame:
            return pl.DataFrame(
                {
                    "customer_id": ["a"],
                    "action": ["stop_supply_notice"],
                    "days_accelerated": [30.0],
                    "loss_avoided_share": [0.2],
                    "effect_source": ["measured"],
                }
            )

    accounts = ACCOUNT.with_columns(expected_days_to_pay=pl.lit(1e9))
    found = action_values(accounts, Policy.default(), effects=Measured())
    values = {row["action"]: row for row in found.iter_rows(named=True)}
    a_day = 100_000 * Policy.default().economics.cost_of_funds / 365
    assert values["stop_supply_notice"]["time_value"] == pytest.approx(30 * a_day)


def test_a_measured_effect_is_a_mean_already_and_is_not_bounded_by_the_days_to_come() -> None:
    class Measured:
        def of(self, accounts: pl.DataFrame) -> pl.DataFrame:
            sources = {"call": "measured", "letter": "shrunk", "reminder_email": "policy_prior"}
            return pl.DataFrame(
                {
                    "customer_id": ["a"] * 3,
                    "action": list(sources),
                    "days_accelerated": [12.0] * 3,
                    "loss_avoided_share": [0.2] * 3,
                    "effect_source": list(sources.values()),
                }
            )

    accounts = ACCOUNT.with_columns(age_days=pl.lit(40.0), pd_used=pl.lit(0.1), expected_days_to_pay=pl.lit(5.0))
    policy = Policy.default()
    found = action_values(accounts, policy, effects=Measured())
    values = {row["action"]: row for row in found.iter_rows(named=True)}
    a_day = 100_000 * policy.economics.cost_of_funds / 365
    for name in ("call", "letter"):
        assert values[name]["time_value"] == pytest.approx(12 * a_day)
        assert values[name]["expected_loss_avoided"] == pytest.approx(0.2 * 0.1 * 0.7 * 100_000)
    assert values["reminder_email"]["time_value"] == pytest.approx(5 * (1 - math.exp(-12 / 5)) * a_day)
