"""Counts, ratios and sizes of change read as plain words, for one and for many."""

from __future__ import annotations

import polars as pl
import pytest

from credrisk.decisions.margins import margins_of_nobody
from credrisk.decisions.policy import Policy
from credrisk.features.catalogue import known_features
from credrisk.models.reason_words import sentence
from credrisk.reports.charts import balance_and_limit_chart
from credrisk.reports.limit_changes import largest_change_first
from credrisk.reports.views import as_text
from credrisk.wording import counted, hosts_only, percent, times_or_percent


def test_a_count_takes_the_singular_for_one():
    assert [counted(n, "customer") for n in (0, 1, 1204)] == ["0 customers", "1 customer", "1,204 customers"]
    assert counted(2, "key differs", "keys differ") == "2 keys differ"


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.001, "as much as"),
        (1.12, "12 % more than"),
        (0.4, "60 % less than"),
        (3.04, "3.0 times as much as"),
        (15.28, "15 times as much as"),
    ],
)
def test_a_ratio_is_a_percentage_only_while_it_reads_as_one(ratio, words):
    assert times_or_percent(ratio) == words


def test_no_count_of_the_catalogue_needs_a_plural():
    for entry in known_features().values():
        if entry.unit == "count" and entry.name not in ("losses_in_two_years", "negative_equity_in_two_years"):
            assert sentence(entry, 1.0, "EUR").endswith(": 1"), entry.name


def test_a_credit_balance_is_not_owed():
    history = pl.DataFrame(
        {
            "as_of": pl.Series(["2025-11-30", "2025-12-31"]).str.to_date(),
            "net_balance": [100.0, -591.0],
            "credit_limit": [1_000.0, 1_000.0],
        }
    )
    chart = balance_and_limit_chart(history, currency="EUR")
    assert chart.finding.startswith("The account is 591 EUR in credit")


def test_a_ledger_without_limits_has_its_grants_by_size():
    limits = pl.DataFrame(
        {
            "customer_id": ["A", "B", "C", "D"],
            "current_limit": [None, None, 50.0, None],
            "recommended_limit": [10.0, 30.0, 70.0, None],
        }
    )
    assert largest_change_first(limits)["customer_id"].to_list() == ["B", "C", "A", "D"]


def test_margins_that_no_customer_has_name_the_nearest():
    attributes = pl.DataFrame(
        {"industry": ["food", "paper"], "segment": [None, None], "country": ["DE", "FR"]},
        schema_overrides={"segment": pl.String},
    )
    policy = Policy.default().changed(
        {
            "economics.margin_by_industry": {"food": 0.2, "Papers": 0.1},
            "economics.margin_by_segment": {"retail": 0.3},
            "economics.margin_by_country": {"DE": 0.2},
        }
    )
    segment, industry = margins_of_nobody(attributes, policy.economics)
    assert "margin_by_segment names 'retail'" in segment
    assert "no segment is on file of any customer" in segment
    assert "'Papers', which is the industry of no customer (the nearest there is 'paper')" in industry
    assert margins_of_nobody(attributes, Policy.default().economics) == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://api.example.org/a/17?x=1&y=2: answered status 404.", "api.example.org: answered status 404."),
        (
            "a page was not read: http://127.0.0.1:8765/a.json: status 500.",
            "a page was not read: 127.0.0.1:8765: status 500.",
        ),
        ("see https://example.org/a and http://example.com/b", "see example.org and example.com"),
        ("no LEI given", "no LEI given"),
        (None, None),
    ],
)
def test_addresses_are_told_by_their_host(said, shown):
    frame = pl.DataFrame({"said": [said]}, schema={"said": pl.String})
    assert frame.select(hosts_only(pl.col("said"))).item() == shown


def test_no_zero_has_a_minus() -> None:
    assert (percent(-0.0001, 1), percent(-0.004), percent(-0.006)) == ("0.0 %", "0 %", "-1 %")
    assert [as_text(-0.0001, kind) for kind in ("money", "cents", "percent", "days", "number")] == [
        "0", "0.00", "0.0 %", "0", "0.000",
    ]  # fmt: skip
