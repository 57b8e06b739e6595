"""When a limit on file is not raised, what a raise says of the past, and what cover that ends does to the review."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from decisions.cases import features_of, scores_of
from small_ledgers import ledger_of

from credrisk.decisions.cover_layer import CONTRACT
from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.limit_history import limit_history
from credrisk.decisions.policy import Policy

AS_OF = date(2025, 3, 31)
BUYS = {"invoiced_3m": 30_000.0, "invoiced_12m": 120_000.0}


def limit(feature: dict, *, idle: float | None = None, status: str = "at_risk", **evidence) -> dict:
    features = features_of(BUYS | feature).with_columns(days_since_last_invoice=pl.lit(idle, pl.Float64))
    found = recommend_limits(
        scores_of({"status": status}), features=features, as_of=AS_OF, currency="EUR", output="polars", **evidence
    )
    return found.row(0, named=True)


def past(highest: float | None, zero_on: date | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_id": ["c1"], "highest_limit": [highest], "set_to_nothing_on": [zero_on]},
        schema_overrides={"highest_limit": pl.Float64, "set_to_nothing_on": pl.Date},
    )


@pytest.mark.parametrize(("idle", "binding"), [(None, "need"), (180.0, "need"), (181.0, "idle")])
def test_who_buys_nothing_for_long_is_not_raised(idle, binding):
    row = limit({"credit_limit": 5_000.0}, idle=idle)
    assert row["binding"] == binding
    assert row["recommended_limit"] == (5_000 if binding == "idle" else 9_500)
    if binding == "idle":
        assert "The last invoice was 181 days ago" in row["reasons"]
        assert "else the policy gives 9,500 EUR" in row["reasons"]
        assert row["action"] == "keep"


def test_the_policy_says_for_how_long():
    patient = Policy.default().changed({"limit.no_raise_idle_days": 365})
    assert limit({"credit_limit": 5_000.0}, idle=300.0, policy=patient)["action"] == "raise"


def test_who_needs_nothing_and_earns_nothing_has_no_credit_since_it_loses_money():
    """The need is 0 as well, but who needs nothing and earns something keeps its limit."""
    idle = {"invoiced_12m": 0.0, "invoiced_3m": 0.0, "not_due": 0.0, "net_balance": 0.0, "credit_limit": 5_000.0}
    keeps = limit(idle, idle=400.0)
    assert (keeps["recommended_limit"] > 0, keeps["binding"]) != (True, "expected_profit")
    dear = Policy.default().changed({"economics.margin": 0.0})
    row = limit(idle, idle=400.0, policy=dear)
    assert (row["recommended_limit"], row["binding"]) == (0.0, "expected_profit")
    assert "a sale on credit loses money" in row["reasons"]


def test_an_idle_customer_may_be_lowered_and_gets_no_limit_for_a_time():
    assert limit({"credit_limit": 80_000.0}, idle=300.0)["action"] == "lower"
    features = features_of(BUYS | {"credit_limit": 10_000.0, "net_balance": 8_000.0}).with_columns(
        open_orders=pl.lit(9_000.0), days_since_last_invoice=pl.Series([200.0])
    )
    asked = {"features": features, "as_of": AS_OF, "currency": "EUR", "output": "polars"}
    assert recommend_limits(scores_of({}), **asked)["temporary_limit"].to_list() == [None]


@pytest.mark.parametrize(("days", "binding"), [(0, "withdrawn"), (300, "withdrawn"), (365, "need"), (None, "need")])
def test_a_limit_set_to_0_within_a_year_is_left_to_a_decision_by_hand(days, binding):
    when = None if days is None else AS_OF - timedelta(days=days)
    row = limit({"credit_limit": 0.0}, history=past(40_000.0, when), idle=20.0)
    assert row["binding"] == binding
    if binding == "withdrawn":
        assert (row["recommended_limit"], row["action"]) == (0, "keep")
        assert f"set to 0 on {when.day} {when:%B %Y}" in row["reasons"]
        assert "by hand" in row["reasons"]
    else:
        assert row["action"] == "raise"


def test_in_default_it_is_the_default_that_stops():
    row = limit({"credit_limit": 0.0}, history=past(40_000.0, AS_OF), status="in_default")
    assert (row["action"], row["binding"]) == ("stop", "in_default")


@pytest.mark.parametrize(("highest", "said"), [(6_300.0, "1.5 times"), (6_400.0, None), (0.0, "No limit above 0")])
def test_a_raise_far_above_anything_on_file_says_so(highest, said):
    row = limit({"credit_limit": min(highest, 5_000.0)}, history=past(highest))
    assert (row["action"], row["recommended_limit"]) == ("raise", 9_500)
    assert ("ever on file" in row["reasons"]) == (said is not None)
    assert said is None or said in row["reasons"]


def test_the_history_counts_what_could_be_seen():
    changes = [
        ("2023-01-01", "40000"),
        ("2024-02-01", "60000"),
        ("2025-01-20", "0"),
        ("2025-05-01", "90000"),
    ]
    rows = [
        {"customer_id": "c1", "attribute": "credit_limit", "valid_from": day, "value": value, "recorded_at": day}
        for day, value in changes
    ] + [{"customer_id": "c2", "attribute": "credit_limit", "valid_from": "2024-01-01", "value": "700"}]
    ledger = ledger_of(customers=[{"customer_id": "c1"}, {"customer_id": "c2"}], customer_history=rows)
    found = {row["customer_id"]: row for row in limit_history(ledger, as_of=AS_OF).iter_rows(named=True)}
    assert found["c1"] == {"customer_id": "c1", "highest_limit": 60_000.0, "set_to_nothing_on": date(2025, 1, 20)}
    assert found["c2"] == {"customer_id": "c2", "highest_limit": 700.0, "set_to_nothing_on": None}


def insured(ends: date | None) -> pl.DataFrame:
    row = {"customer_id": "c1", "kind": "insurance", "limit": 8_000.0, "insured_share": 0.9}
    contracts = pl.DataFrame([row], schema={"customer_id": pl.String, **CONTRACT})
    return contracts.with_columns(cover_id=pl.lit("V577"), valid_to=pl.lit(ends, pl.Date))


def test_the_review_is_no_later_than_the_day_after_the_cover():
    soon = limit({}, contracts=insured(AS_OF))
    assert soon["review_on"] == date(2025, 4, 1)
    assert soon["expires_on"] == date(2025, 5, 31)  # 60 days later
    assert "insurance V577 ends on 31 March 2025: 7,200 EUR is insured no longer" in soon["reasons"]
    usual = limit({}, contracts=insured(None))
    for ends in (usual["review_on"], date(2031, 1, 1)):
        row = limit({}, contracts=insured(ends))
        assert row["review_on"] == usual["review_on"]
        assert "ends on" not in row["reasons"]


def test_past_and_forecast_are_told_apart():
    ends = [date(2024, 4, 30), date(2024, 5, 31), date(2024, 6, 30), date(2024, 7, 31)]
    peaks = pl.DataFrame(
        {"customer_id": "c1", "month_end": ends, "peak": [5_000.0, 9_000.0, 30_000.0, 7_000.0], "limit": 50_000.0}
    )
    row = limit({}, peaks=peaks)
    assert row["need_arithmetic"].find("Of the months 95 % are expected to stay below") > 0
    assert "Forecast for the coming 12 months" in row["expected_profit_arithmetic"]


WARNING = "winding up petition of 2025-03-10 (gazette)"


def told(**columns) -> pl.DataFrame:
    kinds = {"insolvent_on": pl.Date, "insolvent_as": pl.String, "warned_of": pl.String}
    return pl.DataFrame(
        {"customer_id": ["c1"], **{name: [columns.get(name)] for name in kinds}}, schema_overrides=kinds
    )


def test_no_raise_before_somebody_has_read_what_a_register_says():
    row = limit({"credit_limit": 5_000.0}, registers=told(warned_of=WARNING))
    assert (row["action"], row["recommended_limit"], row["binding"]) == ("keep", 5_000, "warned")
    assert "no raise before somebody has read what a register says; else the policy gives 9,500 EUR" in row["reasons"]
    assert f"Read first: {WARNING}." in row["reasons"]
    assert limit({"credit_limit": 5_000.0}, registers=told())["action"] == "raise"


def test_a_warning_is_told_beside_every_limit_but_of_who_is_stopped():
    lowered = limit({"credit_limit": 80_000.0}, registers=told(warned_of=WARNING))
    assert (lowered["action"], lowered["binding"]) == ("lower", "need")
    assert f"Read first: {WARNING}." in lowered["reasons"]
    granted = limit({"credit_limit": None}, registers=told(warned_of=WARNING))
    assert granted["action"] == "grant"
    assert f"Read first: {WARNING}." in granted["reasons"]
    stopped = limit({"credit_limit": 5_000.0}, status="in_default", registers=told(warned_of=WARNING))
    assert "Read first" not in stopped["reasons"]
