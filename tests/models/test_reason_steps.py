"""The steps from the average customer to one: all of the model's answer, by trade question, the strongest first."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.features.catalogue import known_features
from credrisk.models.reason_steps import reason_steps


class Told:
    """A model whose contributions are given."""

    currency_ = "EUR"

    def __init__(self, **parts: float):
        self.parts = parts

    def contributions(self, X, output="polars"):
        return pl.DataFrame({**{name: [part] for name, part in self.parts.items()}, "base": [-4.0]})


PARTS = {
    "dbt_12m": 0.7,
    "dbt_3m": -0.1,
    "share_past_due": -0.4,
    "oldest_open_days": 0.05,
    "tenure_months": 0.002,
    "invoices_12m": 0.2,
}
X = pl.DataFrame(
    {"customer_id": ["C1"], "dbt_12m": [41.0], "dbt_3m": [3.0], "share_past_due": [0.0], "invoices_12m": [7.0]}
)


def test_the_steps_sum_to_all_contributions_and_are_told_by_question():
    found = reason_steps(Told(**PARTS), X, top=2, output="polars")
    assert found["contribution"].sum() == pytest.approx(sum(PARTS.values()))
    assert found["times"].to_list() == pytest.approx([math.exp(each) for each in found["contribution"]])
    questions = known_features()
    by_question: dict[str, float] = {}
    for name, part in PARTS.items():
        by_question[questions[name].question] = by_question.get(questions[name].question, 0.0) + part
    ranked = sorted(by_question, key=lambda each: -abs(by_question[each]))
    assert found["question"].to_list() == [*ranked[:2], None]
    assert found["contribution"].to_list()[:2] == pytest.approx([by_question[each] for each in ranked[:2]])
    assert found["rank"].to_list() == [1, 2, 3]


def test_a_step_is_told_by_the_feature_that_pulls_its_way():
    found = reason_steps(Told(**PARTS), X, output="polars")
    told = dict(zip(found["question"], found["feature"], strict=True))
    assert told["payment"] == "dbt_12m"
    assert told["ageing"] == "share_past_due"
    said = dict(zip(found["question"], found["says"], strict=True))
    assert "41 days" in said["payment"]
    assert said[None] == "all else, 1 question"


def test_only_one_customer_and_at_least_one_step():
    with pytest.raises(DataError, match="one customer"):
        reason_steps(Told(**PARTS), pl.concat([X, X]))
    with pytest.raises(ParameterError):
        reason_steps(Told(**PARTS), X, top=0)


def test_pandas_comes_out_by_default_and_what_is_not_measured_is_null():
    found = reason_steps(Told(dbt_12m=0.5, oldest_open_days=-0.3), X.to_pandas())
    assert list(found.columns) == ["rank", "question", "feature", "value", "contribution", "times", "says"]
    assert found["value"].isna().tolist() == [False, True]
    assert np.isclose(found["contribution"].sum(), 0.2)
