"""The labels against the day-by-day oracle, and what cutting, shuffling and other customers may not change."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from features.label_oracle import Oracle
from features.ledgers_for_labels import FIRST, LAST, random_ledger

from credrisk.features.labels import TARGETS, LabelSettings, build_labels, event_history, outcome

DATES = [FIRST + timedelta(days=23 * n) for n in range(32)]
STRICT = LabelSettings()
LOOSE = LabelSettings(
    default_days=45,
    absolute_threshold=300.0,
    relative_threshold=0.4,
    clean_months=2,
    inactive_days=40,
    at_risk_months=3,
    placement_recovery_days=60,
    placement_recovered_share=0.5,
    late_days=10,
    late_absolute_threshold=100.0,
    late_relative_threshold=0.2,
    write_off_months=2,
)


@pytest.mark.parametrize("settings", [STRICT, LOOSE], ids=["strict", "loose"])
@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_the_oracle(seed: int, settings: LabelSettings) -> None:
    ledger = random_ledger(seed)
    labels = build_labels(ledger, dates=DATES, settings=settings, output="polars")
    for customer in labels["customer_id"].unique().sort():
        oracle = Oracle(ledger, customer, settings)
        for row in labels.filter(pl.col("customer_id") == customer).to_dicts():
            expected = oracle.label(row["as_of"])
            assert {name: row[name] for name in expected} == expected, (customer, row["as_of"])


def test_the_random_ledgers_reach_every_status_and_event() -> None:
    labels = pl.concat([build_labels(random_ledger(seed), dates=DATES, output="polars") for seed in range(25)])
    assert set(labels["status"]) == {
        "at_risk",
        "bad_debt",
        "in_default",
        "recovering",
        "inactive",
        "not_yet_customer",
    }
    for name in [*(f"{target}_on" for target in TARGETS), "left_on"]:
        assert labels.filter("at_risk")[name].is_not_null().sum() > 10
    assert (labels["bad_debt_observed_to"] < LAST).sum() > 10


@pytest.mark.parametrize("settings", [STRICT, LOOSE], ids=["strict", "loose"])
@pytest.mark.parametrize("seed", range(40))
def test_a_cut_ledger_tells_the_same_up_to_the_cut(seed: int, settings: LabelSettings) -> None:
    ledger = random_ledger(seed)
    full = build_labels(ledger, dates=DATES, settings=settings, output="polars")
    for day in (FIRST + timedelta(days=200 + seed), FIRST + timedelta(days=500 + seed)):
        cut = build_labels(ledger.cut(day), dates=[d for d in DATES if d <= day], settings=settings, output="polars")
        same = full.join(cut, on=["customer_id", "as_of"], suffix="_cut")
        assert same.height == cut.height > 0
        for name in ("at_risk", "status", *(f"{target}_at_risk" for target in TARGETS)):
            assert same[name].equals(same[f"{name}_cut"]), name
        for target in TARGETS:
            seen = pl.when(pl.col(f"{target}_on") <= pl.col(f"{target}_observed_to_cut")).then(f"{target}_on")
            assert same.select(seen).to_series().equals(same[f"{target}_on_cut"]), target
            assert (same[f"{target}_on_cut"] <= same[f"{target}_observed_to_cut"]).all()
        assert set(same["default_observed_to_cut"]) == set(same["late30_observed_to_cut"]) == {day}
        assert same.select(pl.when(pl.col("left_on") <= day).then("left_on")).to_series().equals(same["left_on_cut"])


@pytest.mark.parametrize("seed", range(20))
def test_neither_row_order_nor_other_customers_change_a_label(seed: int) -> None:
    ledger = random_ledger(seed, customers=4)
    labels = build_labels(ledger, dates=DATES, output="polars")
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=seed) for name, table in ledger.tables.items()}
    assert build_labels(ledger.replace(tables=shuffled), dates=DATES[::-1], output="polars").equals(labels)
    alone = {
        name: table.filter(pl.col("customer_id") == "C2") if "customer_id" in table.columns else table
        for name, table in ledger.tables.items()
    }
    only = build_labels(ledger.replace(tables=alone), dates=DATES, output="polars")
    assert only.equals(labels.filter(pl.col("customer_id") == "C2"))


@pytest.mark.parametrize("seed", range(20))
def test_the_history_holds_the_events_of_the_labels(seed: int) -> None:
    ledger = random_ledger(seed)
    labels = build_labels(ledger, dates=DATES, output="polars")
    history = event_history(ledger, output="polars")
    assert history.equals(history.sort("customer_id", "date", "target"))
    for row in labels.to_dicts():
        for target in TARGETS:
            after = history.filter(
                (pl.col("customer_id") == row["customer_id"])
                & (pl.col("target") == target)
                & (pl.col("date") > row["as_of"])
            )
            assert after["date"].min() == row[f"{target}_on"]


@pytest.mark.parametrize("seed", range(10))
def test_a_longer_horizon_only_adds_events(seed: int) -> None:
    labels = build_labels(random_ledger(seed), dates=DATES, output="polars")
    for target in TARGETS:
        short, long = (outcome(labels, target=target, months=months) for months in (3, 6))
        assert (long.filter(short == 1) == 1).all()
        assert (short.filter(long == 0) == 0).all()


def test_the_random_ledgers_take_write_offs_back() -> None:
    undone = [
        build_labels(random_ledger(seed), dates=DATES, output="polars")
        .sort("customer_id", "as_of")
        .with_columns(before=pl.col("status").shift().over("customer_id"))
        .filter((pl.col("before") == "bad_debt") & (pl.col("status") == "recovering"))
        .height
        for seed in range(25)
    ]
    assert sum(undone) >= 3
