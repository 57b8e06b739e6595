"""A grade that does not match its PD is told with where it comes from."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.pipeline.scores import grades_by_policy


def test_grades_that_are_not_of_a_pd_are_explained():
    scores = pl.DataFrame(
        {
            "status": ["at_risk", "in_default", "bad_debt", "not_yet_customer"],
            "pd_for_limit_source": ["model", "in_default", "bad_debt", "policy_grade"],
        }
    )
    stopped, others = grades_by_policy(scores, Policy.default())
    assert stopped.startswith("2 customers in default or bad debt have no grade by PD")
    assert "the policy's worst, G, whatever the PD" in stopped
    assert others.startswith("1 customer without a measured PD has a grade by the policy's rules")
    assert grades_by_policy(scores.head(1), Policy.default()) == []
