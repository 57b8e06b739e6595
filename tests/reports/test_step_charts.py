"""Waterfalls add up, funnels count what the frames hold, and intervals stand where they are measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from reports.chart_cases import limit_changes, limits, steps

from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError
from credrisk.reports import charts

POLICY = Policy.default()
LIMIT = {
    "need": 100_000.0,
    "capacity_limit": 30_000.0,
    "cover_limit": 10_000.0,
    "expected_profit_limit": 80_000.0,
    "loss_appetite_limit": 90_000.0,
    "portfolio_limit": None,
    "current_limit": 50_000.0,
    "recommended_limit": 79_000.0,
    "binding": "expected_profit",
    "action": "raise",
}


def bars(chart) -> list[tuple[float, float]]:
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in chart.axes[0].patches]


def waterfall(*changes, policy=POLICY):
    rows = pl.DataFrame([LIMIT | change for change in changes or ({},)], infer_schema_length=None)
    return charts.limit_waterfall_chart(rows, policy=policy, currency="EUR")


def test_a_limit_falls_from_the_need_bound_by_bound():
    chart = waterfall()
    assert bars(chart) == [(0, 1e5), (8e4, 1e5), (79e3, 8e4), (0, 79e3), (0, 5e4)]
    assert chart.finding == "79 k EUR against a need of 100 k EUR; held back by expected profit (20 k)"
    assert "Whole steps -1 k" in chart.alt


def test_own_funds_and_cover_take_off_only_where_the_policy_lets_them():
    rules = replace(POLICY, limit=replace(POLICY.limit, capacity_binds=True))
    chart = waterfall({"recommended_limit": 40_000.0, "binding": "capacity"}, policy=rules)
    assert bars(chart)[1] == (4e4, 1e5)


@pytest.mark.parametrize(
    ("change", "heading", "amount"),
    [
        ({"binding": "in_default", "action": "stop", "recommended_limit": 0.0}, "Stopped", "-100 k"),
        ({"binding": "arrears", "action": "keep", "recommended_limit": 50_000.0}, "Holds on raises", "-30 k"),
        ({"binding": "minimum", "action": "lower", "need": 300.0, "recommended_limit": 1_000.0}, "minimum", "+700"),
        ({"binding": "need", "action": "keep", "recommended_limit": 82_000.0}, "Today's limit kept", "+2 k"),
    ],
)
def test_rules_stand_under_their_names(change, heading, amount):
    alt = waterfall(change).alt
    assert any(heading in part and part.endswith(amount) for part in alt.split(", ")), alt


def test_the_steps_of_many_customers_sum_to_what_is_recommended():
    rows = limits(40)
    chart = charts.limit_waterfall_chart(rows, policy=POLICY, currency="EUR")
    *steps_, recommended, _ = bars(chart)
    assert steps_[0] == pytest.approx((0, rows["need"].sum()))
    assert recommended[1] == pytest.approx(rows["recommended_limit"].sum())
    last = steps_[-1]
    assert min(abs(end - recommended[1]) for end in last) < 1e-6 * recommended[1]


def test_no_limit_is_no_waterfall():
    for frame in (pl.DataFrame(), limits(3).with_columns(need=pl.lit(None, pl.Float64))):
        with pytest.raises(EvidenceError, match="No limit was worked out"):
            charts.limit_waterfall_chart(frame, policy=POLICY, currency="EUR")
    with pytest.raises(EvidenceError, match="Nothing is needed"):
        waterfall({"need": 0.0, "recommended_limit": 0.0, "current_limit": None})


def test_limits_change_by_raises_and_cuts_that_add_up():
    rows = limit_changes(40)
    chart = charts.limit_change_chart(rows, currency="EUR")
    today, given = rows["current_limit"].fill_null(0).sum(), rows["portfolio_limit"].sum()
    drawn = bars(chart)
    assert (drawn[0][1], drawn[-1][1]) == pytest.approx((today, given))
    new, raised = (drawn[place][1] - drawn[place][0] for place in (1, 2))
    change = rows.with_columns(change=pl.col("portfolio_limit") - pl.col("current_limit").fill_null(0))
    assert new == pytest.approx(change.filter(pl.col("current_limit").is_null())["change"].sum())
    up = change.filter(pl.col("current_limit").is_not_null() & (pl.col("change") > 0))["change"].sum()
    assert raised == pytest.approx(up)
    cuts = sum(patch[0] - patch[1] for patch in drawn[3:-1])
    assert today + new + raised + cuts == pytest.approx(given)
    with pytest.raises(EvidenceError, match="No limit is on file"):
        charts.limit_change_chart(rows.head(0), currency="EUR")


def test_reasons_multiply_to_the_customers_rate():
    frame = steps(5)
    chart = charts.reason_waterfall_chart(frame, name="North", probability=0.0712)
    times = np.exp(frame["contribution"].sum())
    assert f"North: 7.1 % within 12 months, {times:.2f} times the average rate of bad debt" in chart.finding
    last = bars(chart)[-1]
    assert max(last, key=abs) == pytest.approx(np.log(times))
    assert chart.alt.endswith(f"together x {times:.2f}.")
    with pytest.raises(EvidenceError, match="Nothing tells this customer"):
        charts.reason_waterfall_chart(frame.head(0))


def test_promises_are_counted_step_by_step():
    rows = [
        ("kept", 100.0, date(2025, 1, 5), False),
        ("kept", None, date(2025, 1, 5), False),
        ("partly_kept", 50.0, None, True),
        ("broken", 70.0, date(2025, 3, 1), False),
        ("broken", 30.0, None, False),
        ("open", 900.0, None, False),
        ("closed", 10.0, None, False),
    ]
    frame = pl.DataFrame(rows, schema=["state", "promised", "paid_in_full_on", "still_unpaid"], orient="row")
    frame = frame.with_columns(outstanding=pl.when("still_unpaid").then(20.0).otherwise(0.0))
    chart = charts.promise_funnel_chart(frame.to_pandas(), currency="GBP")
    assert chart.finding == "40 % of 5 promises fallen due were kept in time; of the others 1 is still unpaid"
    assert [patch.get_width() for patch in chart.axes[0].patches] == [7, 5, 2, 1, 2, 1, 1, 1]
    assert "Broken 2, 40 % of those due · 100" in chart.alt
    # Of 50 promised 20 are still owed: the bar tells what is owed, as the sentence above the chart does.
    assert "Still unpaid 1, 33 % of those missed · 20 owed" in chart.alt
    assert "Replaced or settled 1, 33 % of those missed · 30" in chart.alt
    with pytest.raises(EvidenceError, match="No promise has fallen due"):
        charts.promise_funnel_chart(frame.filter(pl.col("state") == "open"), currency="GBP")


def test_an_interval_is_drawn_where_every_horizon_has_one():
    told = pl.DataFrame(
        {"pd_6m": [0.02], "pd_12m": [0.04], "pd_6m_low95": [0.01], "pd_6m_high95": [0.05]}
        | {"pd_12m_low95": [0.02], "pd_12m_high95": [0.09], "pd_12m_low80": [0.03], "pd_12m_refits": [40]}
    )
    chart = charts.term_structure_chart(told, names=["North"])
    assert chart.finding == "North: 4.0 % within 12 months (95 % interval 2.0 % to 9.0 %)"
    assert len(chart.axes[0].collections) == 1
    without = charts.term_structure_chart(told.with_columns(pd_6m_high95=pl.lit(None, pl.Float64)))
    assert len(without.axes[0].collections) == 0
    assert "interval" not in without.finding
