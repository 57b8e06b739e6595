"""The master scale, and the grade of who has no measured PD."""

from __future__ import annotations

import math

import polars as pl
import pytest

from credrisk.decisions.grades import grade_of, policy_grade, with_used_pd
from credrisk.decisions.policy import Policy

POLICY = Policy.default()


def behaviour(**columns):
    row = {"status": "at_risk", "pd_12m": None, "p_late30_12m": None, "dbt_12m": None, "oldest_open_days": None}
    schema = {name: pl.String() if name == "status" else pl.Float64() for name in row}
    return pl.DataFrame([row | columns], schema=schema)


def test_lower_bounds_belong_to_the_grade():
    for worse, better in zip(POLICY.grades[1:], POLICY.grades, strict=False):
        pds = pl.DataFrame({"pd": [worse.pd_from, math.nextafter(worse.pd_from, 0)]})
        assert pds.select(grade_of("pd", POLICY)).to_series().to_list() == [worse.name, better.name]


def test_the_ends_of_the_scale_and_null():
    pds = pl.DataFrame({"pd": [0.0, 1.0, None]})
    assert pds.select(grade_of("pd", POLICY)).to_series().to_list() == ["A", "G", None]


@pytest.mark.parametrize(
    ("known", "grade"),
    [
        ({}, "E"),
        ({"p_late30_12m": 0.05}, "B"),
        ({"p_late30_12m": 0.10}, "C"),
        ({"dbt_12m": -12.0}, "B"),
        ({"dbt_12m": 40.0}, "E"),
        ({"oldest_open_days": 90.0}, "F"),
        ({"oldest_open_days": 0.0}, "E"),  # its first invoice is not due: nothing is known of how it pays
        ({"oldest_open_days": 20.0}, "E"),
        ({"p_late30_12m": 0.05, "dbt_12m": 25.0, "oldest_open_days": 0.0}, "D"),
        ({"status": "recovering", "dbt_12m": 0.0}, "F"),
        ({"status": None, "dbt_12m": 0.0}, "B"),
    ],
)
def test_policy_grade_is_the_worst_of_what_is_known(known, grade):
    assert behaviour(**known).select(policy_grade(POLICY)).item() == grade


@pytest.mark.parametrize(
    ("known", "used"),
    [
        ({"pd_12m": 0.061}, ("E", 0.061, "model")),
        ({"pd_12m": 0.0}, ("A", 0.0, "model")),
        ({"p_late30_12m": 0.9}, ("F", 0.19, "policy_grade")),
        ({"status": "in_default", "pd_12m": 0.201}, ("G", 0.201, "in_default")),
        ({"status": "in_default"}, ("G", 0.50, "policy_grade")),
        ({"status": "bad_debt", "pd_12m": 1.0}, ("G", 1.0, "bad_debt")),
        ({"status": "bad_debt"}, ("G", 1.0, "bad_debt")),
    ],
)
def test_the_pd_used_says_where_it_comes_from(known, used):
    row = with_used_pd(behaviour(**known), POLICY)
    assert row.select("grade_used", "pd_used", "pd_used_source").row(0) == used
