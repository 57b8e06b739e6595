"""Reasons that a credit manager would accept."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credrisk.features.catalogue import catalogue
from credrisk.models.explain import NOTHING_RAISES, reasons, sentence

NAN = float("nan")
FEATURES = ("share_past_due", "oldest_open_days", "dbt_6m", "dbt_12m", "broken_promises_12m", "tenure_months")


def said(parts: list[float], values: list[float], top: int = 3) -> pl.DataFrame:
    return reasons(np.array([parts]), np.array([values]), FEATURES, top=top, currency="EUR")


def test_each_trade_question_is_told_by_its_strongest_feature() -> None:
    found = said([0.4, 0.5, 0.3, 0.2, 0.6, 0.1], [0.5, 40.0, 9.0, 12.0, 2.0, 5.0])
    assert found["feature"].to_list() == ["oldest_open_days", "broken_promises_12m", "dbt_6m"]
    assert found["rank"].to_list() == [1, 2, 3]
    assert found["contribution"].to_list() == [0.5, 0.6, 0.3]
    assert found["says"][0] == "the oldest open item is 40 days past due"


def test_a_second_feature_of_a_question_comes_only_where_questions_run_out() -> None:
    found = said([0.4, 0.5, 0.0, 0.0, 0.6, 0.0], [0.5, 40.0, 9.0, 12.0, 2.0, 5.0])
    assert found["feature"].to_list() == ["oldest_open_days", "broken_promises_12m", "share_past_due"]


def test_a_question_that_lowers_the_rate_on_the_whole_is_no_reason() -> None:
    found = said([0.2, -0.5, 0.0, 0.0, 0.1, 0.0], [0.5, 3.0, 9.0, 12.0, 2.0, 5.0])
    assert found["feature"].to_list() == ["broken_promises_12m"]


def test_what_is_not_measured_is_a_reason_only_where_nothing_measured_is() -> None:
    parts = [0.4, 0.5, 0.0, 0.3, 0.1, 0.0]
    beside = said(parts, [NAN, NAN, 9.0, NAN, 2.0, 5.0])
    assert beside["feature"].to_list() == ["broken_promises_12m"]
    alone = said([*parts[:4], -0.1, 0.0], [NAN, NAN, 9.0, NAN, 0.0, 5.0])
    assert alone["feature"].to_list() == ["oldest_open_days", "dbt_12m", "share_past_due"]
    assert alone["value"].null_count() == 3
    assert alone["says"][0] == "oldest open days not measured: no item is open above 0, late fees aside"


@pytest.mark.parametrize("value", [0.0, -7.0, 0.3])
def test_a_feature_at_its_harmless_end_is_no_reason(value: float) -> None:
    found = said([0.0, 0.0, 0.0, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, value, 0.0, 5.0])
    assert found["says"].to_list() == [NOTHING_RAISES]


def test_where_nothing_raises_the_rate_one_line_says_so() -> None:
    found = said([-0.4, -0.5, 0.0, -0.3, 0.005, 0.0], [0.0, 0.0, 0.0, -3.0, 1.0, 90.0])
    assert found.rows() == [(0, 1, None, None, None, NOTHING_RAISES)]


def test_rows_keep_their_own_reasons() -> None:
    parts = np.array([[0.0, 0.5, 0.0, 0.0, 0.0, 0.0], [-1.0] * 6, [0.0, 0.0, 0.0, 0.2, 0.0, 0.3]])
    values = np.full((3, 6), 11.0)
    found = reasons(parts, values, FEATURES, top=3, currency="EUR")
    assert found["row"].to_list() == [0, 1, 2, 2]
    assert found["feature"].to_list() == ["oldest_open_days", None, "tenure_months", "dbt_12m"]
    assert reasons(parts[:0], values[:0], FEATURES, top=3, currency="EUR").is_empty()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("dbt_12m", 58.2, "pays 58 days beyond terms on average over 12 months"),
        ("dbt_12m", -1.2, "pays 1 day before terms on average over 12 months"),
        ("dbt_12m", -0.4, "pays on the due date on average over 12 months"),
        ("dbt_trend", -6.0, "has paid 6 days sooner over 3 months than over 12"),
        ("share_past_due", 1.0, "100 % of what is open is past due"),
        ("share_past_due", 0.001, "less than 1 % of what is open is past due"),
        ("share_past_due", 0.0, "nothing of what is open is past due"),
        ("oldest_open_days", 0.0, "no open item is past due"),
        ("broken_promises_12m", 1.0, "promises to pay broken over 12 months: 1"),
        ("net_balance", -1200.0, "the account is 1,200 EUR in credit"),
        ("headroom", -1200.0, "the net balance is 1,200 EUR above the credit limit"),
    ],
)
def test_sentences_read_well_on_both_sides_of_zero(name: str, value: float, words: str) -> None:
    assert sentence(catalogue()[name], value, "EUR") == words


def test_no_sentence_of_the_catalogue_shows_a_bare_minus() -> None:
    for name, entry in catalogue().items():
        if entry.says_below:
            assert "-" not in sentence(entry, -3.0, "EUR"), name
            assert "{" not in sentence(entry, -3.0, "EUR"), name
        if entry.says_at_zero:
            assert sentence(entry, 0.0, "EUR") == entry.says_at_zero, name
