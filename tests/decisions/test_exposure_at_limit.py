"""What failing customers draw: the prior alone, past defaults alone, and the two together."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from credrisk.dates import months_after
from credrisk.decisions.exposure_at_limit import PRIOR_CV, draw_estimates
from credrisk.decisions.policy import Policy
from credrisk.models.exposure_at_default import ExposureAtDefault
from credrisk.models.workouts import Workouts

POLICY = Policy.default()
DAY = date(2025, 1, 31)


def rows_of(*rows: dict) -> pl.DataFrame:
    plain = {
        "customer_id": "c1",
        "demand_log_mean": np.log(10_000.0),
        "demand_log_sd": 0.5,
        "net_balance": 6_000.0,
        "peak_balance_12m": 10_000.0,
        "credit_limit": 20_000.0,
    }
    schema = dict.fromkeys(plain, pl.Float64) | {"customer_id": pl.String}
    return pl.DataFrame([plain | row for row in rows], schema=schema)


def fitted(defaults: int, factor: float) -> ExposureAtDefault:
    """Learn from customers that stood at 60 % of a peak of 1,000 and owed ``factor`` of it on the day of default."""
    ids = [f"d{place}" for place in range(defaults)]
    panel = pl.DataFrame(
        {
            "customer_id": ids,
            "as_of": [months_after(DAY, -3)] * defaults,
            "net_balance": [600.0] * defaults,
            "peak_balance_12m": [1_000.0] * defaults,
            "credit_limit": [2_000.0] * defaults,
        }
    )
    past = pl.DataFrame(
        {
            "number": range(defaults),
            "customer_id": ids,
            "default_on": [DAY] * defaults,
            "exposure": [factor * 1_000.0] * defaults,
            "age_days": [100] * defaults,
            "covered": [False] * defaults,
        }
    )
    flows = pl.DataFrame(schema={"number": pl.Int64, "age_days": pl.Int64, "share": pl.Float64})
    none = pl.DataFrame(schema={"customer_id": pl.String, "default_on": pl.Date})
    return ExposureAtDefault(samples=100).fit(panel, Workouts(past, flows, none))


def mean_of(frame: pl.DataFrame) -> float:
    return float(np.exp(frame["ead_log_mean"][0] + frame["ead_log_sd"][0] ** 2 / 2))


def test_the_prior_is_the_usual_balance_drawn_up():
    found = draw_estimates(rows_of({}), policy=POLICY)
    usual = 10_000 * np.exp(0.5**2 / 2)
    assert mean_of(found) == pytest.approx(1.3 * usual)
    assert found["ead_log_sd"][0] == pytest.approx(np.sqrt(0.25 + np.log(1 + PRIOR_CV**2)))
    assert found["ead_source"][0].startswith("0 past defaults")


def test_many_past_defaults_speak_for_themselves():
    measured = fitted(2_000, 0.7)
    found = draw_estimates(rows_of({}), policy=POLICY, measured=measured)
    assert mean_of(found) == pytest.approx(measured.predict(rows_of({}))["ead"][0], rel=0.02)
    assert mean_of(found) == pytest.approx(7_000, rel=0.03)


def test_few_past_defaults_are_shrunk_to_the_prior_by_their_number():
    measured = fitted(10, 0.7)
    own = draw_estimates(rows_of({}), policy=POLICY.changed({"demand.ead_prior_defaults": 0.0}), measured=measured)
    prior, both = (draw_estimates(rows_of({}), policy=POLICY, measured=each) for each in (None, measured))
    middle = (own["ead_log_mean"][0] + prior["ead_log_mean"][0]) / 2  # ten defaults against a prior of ten
    assert both["ead_log_mean"][0] == pytest.approx(middle)
    assert "10 past defaults" in both["ead_source"][0]


def test_the_policy_s_prior_is_the_only_one():
    """Ten defaults that owed 0.4 of the peak, beside a prior of ten: half way in logarithms."""
    found = draw_estimates(rows_of({}), policy=POLICY, measured=fitted(10, 0.4))
    prior = np.log(10_000 * POLICY.demand.ead_ratio_prior) - np.log1p(PRIOR_CV**2) / 2
    assert found["ead_log_mean"][0] == pytest.approx((np.log(4_000) + prior) / 2)


def test_where_nobody_that_failed_owed_anything_the_prior_says_how_much():
    found = draw_estimates(rows_of({}), policy=POLICY, measured=fitted(10, 0.0))
    prior = draw_estimates(rows_of({}), policy=POLICY)
    assert found["ead_share"][0] == pytest.approx(0.5)
    assert found["ead_log_mean"][0] == pytest.approx(prior["ead_log_mean"][0])


def test_without_a_peak_the_prior_holds_and_without_demand_nothing_is_drawn():
    nothing = {"net_balance": 0.0, "peak_balance_12m": 0.0, "credit_limit": None}
    found = draw_estimates(rows_of(nothing, {"demand_log_mean": None}), policy=POLICY, measured=fitted(50, 0.7))
    prior = draw_estimates(rows_of({}), policy=POLICY)
    assert found["ead_log_mean"][0] == pytest.approx(prior["ead_log_mean"][0])
    assert found["ead_log_mean"][1] is None


def test_who_failed_without_owing_anything_is_counted_apart():
    ids = [f"d{place}" for place in range(400)]
    panel = pl.DataFrame(
        {
            "customer_id": ids,
            "as_of": [months_after(DAY, -3)] * 400,
            "net_balance": [600.0] * 400,
            "peak_balance_12m": [1_000.0] * 400,
            "credit_limit": [2_000.0] * 400,
        }
    )
    past = pl.DataFrame(
        {
            "number": range(200),
            "customer_id": ids[:200],
            "default_on": [DAY] * 200,
            "exposure": [900.0] * 200,
            "age_days": [100] * 200,
            "covered": [False] * 200,
        }
    )
    flows = pl.DataFrame(schema={"number": pl.Int64, "age_days": pl.Int64, "share": pl.Float64})
    nothing = pl.DataFrame({"customer_id": ids[200:], "default_on": [DAY] * 200})
    measured = ExposureAtDefault(samples=100).fit(panel, Workouts(past, flows, nothing))
    own = draw_estimates(rows_of({}), policy=POLICY.changed({"demand.ead_prior_defaults": 0.0}), measured=measured)
    assert own["ead_share"][0] == pytest.approx(0.5, abs=0.02)
    assert mean_of(own) == pytest.approx(9_000, rel=0.03)


def test_the_draw_stands_as_far_above_demand_for_every_customer():
    measured = fitted(200, 0.7)
    peaks = [{"peak_balance_12m": peak} for peak in (8_000.0, 10_000.0, 40_000.0)]
    found = draw_estimates(rows_of(*peaks), policy=POLICY, measured=measured)
    assert found["ead_log_mean"].n_unique() == 1


def test_who_bought_nothing_owes_nothing_unless_it_comes_back():
    rows = rows_of({}, {}).with_columns(demand_months=pl.Series([0, 9]), demand_share=pl.Series([0.1, 0.8]))
    assert draw_estimates(rows, policy=POLICY)["ead_share"].to_list() == [0.1, 1.0]
