"""What would bring the grade up: believable figures, the least effort, and no word of causes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hazard_world import make_world
from linear_model import LinearModel

from credrisk.errors import ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.customer_actions import ACTIONS, acted
from credrisk.models.what_would_help import what_would_help

GRADES = {"A": 0.0, "B": 0.02, "C": 0.1, "D": 0.3}
BY_NAME = {action.name: action for action in ACTIONS}
NEVER = (
    "tenure_months",
    "credit_limit",
    "revenue",
    "altman_z",
    "net_worth",
    "industry_dbt_3m",
    "calls_12m",
    "group_size",
)


def account() -> pl.DataFrame:
    """Return an account of 10,000 open: 1,000 in each past-due bucket, 6,000 not due; the numbers hang together."""
    return pl.DataFrame(
        {
            "open_balance": [10_000.0],
            "net_balance": [10_000.0],
            "past_due": [4_000.0],
            "past_due_1_30": [1_000.0],
            "past_due_31_60": [1_000.0],
            "past_due_61_90": [1_000.0],
            "past_due_over_90": [1_000.0],
            "share_past_due": [0.4],
            "share_over_30": [0.3],
            "share_over_60": [0.2],
            "share_over_90": [0.1],
            "oldest_open_days": [120.0],
            "utilisation": [1.25],
            "over_limit": [2_000.0],
            "headroom": [-2_000.0],
            "dso_3m": [50.0],
            "dbt_3m": [40.0],
            "dbt_12m": [20.0],
            "dbt_trend": [20.0],
            "share_paid_late_12m": [0.8],
            "broken_promises_12m": [2.0],
            "promised_money_kept_share_12m": [0.5],
            "tenure_months": [12.0],
        }
    )


def test_paying_what_is_old_leaves_figures_of_one_piece() -> None:
    after = acted(account(), BY_NAME["pay_over_60"]).row(0, named=True)
    assert after["past_due_over_90"] == after["past_due_61_90"] == after["share_over_60"] == after["share_over_90"] == 0
    assert after["past_due"] == pytest.approx(2_000)
    assert after["open_balance"] == after["net_balance"] == pytest.approx(8_000)
    assert after["share_past_due"] == pytest.approx(2_000 / 8_000)
    assert after["share_over_30"] == pytest.approx(1_000 / 8_000)
    assert after["oldest_open_days"] == 60
    assert after["utilisation"] == pytest.approx(1.0)
    assert (after["over_limit"], after["headroom"]) == (0, 0)
    assert after["dso_3m"] == pytest.approx(40)
    assert (after["dbt_12m"], after["tenure_months"]) == (20, 12)


def test_who_owes_nothing_so_old_cannot_pay_it() -> None:
    young = account().with_columns(oldest_open_days=pl.lit(20.0), days_since_last_payment=pl.lit(50.0))
    young = young.with_columns(pl.col("past_due_31_60", "past_due_61_90", "past_due_over_90") * 0)
    young = young.with_columns(pl.col("share_over_30", "share_over_60", "share_over_90") * 0, past_due=pl.lit(1_000.0))
    young = young.with_columns(share_past_due=pl.lit(0.1))
    assert acted(young, BY_NAME["pay_over_60"]).equals(young)
    assert acted(young, BY_NAME["pay_past_due"])["days_since_last_payment"].to_list() == [0.0]


def test_paying_all_and_paying_on_terms() -> None:
    paid = acted(account(), BY_NAME["pay_past_due"]).row(0, named=True)
    assert paid["past_due"] == paid["share_past_due"] == paid["oldest_open_days"] == 0
    assert paid["open_balance"] == pytest.approx(6_000)
    quarter = acted(account(), BY_NAME["terms_3_months"]).row(0, named=True)
    assert (quarter["dbt_3m"], quarter["dbt_12m"]) == (0, pytest.approx(15))
    assert quarter["dbt_trend"] == pytest.approx(0 - 15)
    assert quarter["share_paid_late_12m"] == pytest.approx(0.6)
    year = acted(account(), BY_NAME["terms_12_months"]).row(0, named=True)
    assert (year["dbt_3m"], year["dbt_12m"], year["share_paid_late_12m"], year["dbt_trend"]) == (0, 0, 0, 0)


def test_what_is_not_measured_stays_so_and_what_cannot_be_acted_on_is_left_alone() -> None:
    everything = pl.DataFrame(
        {name: [7.0, None] for name in catalogue()}, schema=dict.fromkeys(catalogue(), pl.Float64)
    )
    for action in ACTIONS:
        after = acted(everything, action)
        assert after.columns == everything.columns
        assert all(after[name][1] is None for name in after.columns), action.name
        assert all(after[name][0] == 7.0 for name in NEVER), action.name
        assert after.select(pl.all().is_infinite().any()).row(0).count(True) == 0


MODEL = LinearModel(
    {
        "past_due": 0.0,
        "oldest_open_days": 0.02,
        "past_due_61_90": 0.0,
        "past_due_over_90": 0.0,
        "dbt_12m": 0.05,
        "broken_promises_12m": 0.3,
        "tenure_months": -0.02,
    },
    base=-6.5,
)


def customers() -> pl.DataFrame:
    lines = [
        ("good", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 60.0),
        ("old items", 3_000.0, 120.0, 1_000.0, 1_500.0, 5.0, 0.0, 30.0),
        ("late and broken", 0.0, 0.0, 0.0, 0.0, 40.0, 3.0, 30.0),
        ("young", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -40.0),
    ]
    return pl.DataFrame(lines, schema=["customer_id", *MODEL.slopes], orient="row")


def slow_plan(row: pl.DataFrame) -> list[str]:
    """Try every combination one by one, from the least effort."""
    from itertools import combinations

    def grade(probability: float) -> int:
        return sum(probability >= bound for bound in GRADES.values())

    start = grade(MODEL.predict_proba(row)[0, 1])
    fitting = []
    for size in range(1, 6):
        for plan in combinations(range(len(ACTIONS)), size):
            if len({ACTIONS[p].kind for p in plan}) < size:
                continue
            if any(acted(row, ACTIONS[p]).equals(row) for p in plan):
                continue
            after = row
            for p in plan:
                after = acted(after, ACTIONS[p])
            if grade(MODEL.predict_proba(after)[0, 1]) < start:
                fitting.append((sum(ACTIONS[p].effort for p in plan), size, plan))
    return [ACTIONS[p].name for p in min(fitting)[2]] if fitting else []


def test_the_plan_is_the_least_that_helps() -> None:
    found = what_would_help(MODEL, customers(), grades=GRADES, output="polars")
    summary = found.summary
    assert summary["customer_id"].to_list() == customers()["customer_id"].to_list()
    features = customers().drop("customer_id")
    expected = [slow_plan(features[row]) if summary["grade"][row] != "A" else [] for row in range(4)]
    assert summary["actions"].to_list() == expected
    assert summary["pd"].to_numpy() == pytest.approx(MODEL.predict_proba(features)[:, 1])
    good, old, late, young = summary["says"].to_list()
    assert good == "grade A already, the best"
    assert old.startswith("if it pays what is more than 60 days past due (2,500 EUR): PD ")
    assert "grade C to B" in old
    assert late.startswith("if it ")
    assert young == "nothing that the customer can act on is behind its grade"
    assert "no promise" in found.note


def test_the_changes_give_the_probability_that_was_told() -> None:
    found = what_would_help(MODEL, customers(), grades=GRADES, output="polars")
    features = customers().drop("customer_id").to_dicts()
    for line in found.changes.iter_rows(named=True):
        assert features[line["row"]][line["feature"]] == line["value"] != line["after"]
        features[line["row"]][line["feature"]] = line["after"]
    helped = found.summary.filter(pl.col("actions").list.len() > 0)["row"].to_list()
    told = found.summary["pd_after"].to_numpy()
    assert MODEL.predict_proba(pl.DataFrame(features))[helped, 1] == pytest.approx(told[helped])
    assert (told[helped] < found.summary["pd"].to_numpy()[helped]).all()


def test_where_nothing_is_enough_the_most_that_could_be_done_is_told() -> None:
    stubborn = LinearModel(dict(MODEL.slopes) | {"oldest_open_days": 0.001, "dbt_12m": 0.001}, base=-3.0)
    row = customers()[1:2]
    found = what_would_help(stubborn, row, grades={"A": 0.0, "B": 0.01}, output="polars").summary.row(0, named=True)
    assert found["actions"] == []
    assert found["says"].startswith("nothing considered brings the grade up; with all that it could do the PD would")
    after = row.drop("customer_id")
    for name in ("pay_past_due", "terms_12_months"):
        after = acted(after, BY_NAME[name])
    assert found["pd_after"] == pytest.approx(stubborn.predict_proba(after)[0, 1])


def test_grades_that_do_not_rise_are_refused() -> None:
    for grades in ({}, {"A": 0.1}, {"A": 0.0, "B": 0.0}):
        with pytest.raises(ParameterError, match="grades"):
            what_would_help(MODEL, customers(), grades=grades)


def test_on_a_fitted_model_no_plan_makes_the_grade_worse() -> None:
    data = make_world(customers=400, base=0.012, seed=4).rows()
    model = BadDebtModel(rung="expert_card").fit(data.X, data.y, as_of=data.as_of, groups=data.groups)
    found = what_would_help(
        model, data.X.head(400), grades={"A": 0.0, "B": 0.03, "C": 0.08, "D": 0.2}, output="polars"
    ).summary
    helped = found.filter(pl.col("actions").list.len() > 0)
    assert helped.height > 20
    assert (helped["pd_after"] < helped["pd"]).all()
    assert np.isfinite(found["pd_after"].to_numpy()).all()


def test_frames_go_out_as_pandas_unless_polars_is_asked_for() -> None:
    found = what_would_help(MODEL, customers().to_pandas(), grades=GRADES)
    same = what_would_help(MODEL, customers(), grades=GRADES, output="polars")
    assert isinstance(found.summary, pd.DataFrame)
    assert isinstance(found.changes, pd.DataFrame)
    assert found.summary["says"].tolist() == same.summary["says"].to_list()
    with pytest.raises(ParameterError, match="output"):
        what_would_help(MODEL, customers(), grades=GRADES, output="numpy")  # type: ignore[arg-type]
