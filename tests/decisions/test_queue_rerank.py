"""Another order of the queue: the model's own weights give its own order, others do what they say."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest
from decisions.test_queue import AS_OF, BY_HAND, MAIL_BY_HAND, POLICY, built, portfolios, queue, three
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from credrisk.decisions.queue_rerank import QueueWeights, queue_diff, rerank
from credrisk.errors import DataError, ParameterError

STALE = ["minutes", "collector_today", "selection_probability"]


@given(portfolios, st.integers(0, 6))
@settings(max_examples=25, deadline=None)
def test_the_models_own_weights_give_the_models_own_queue(cases, capacity):
    made = queue(*built(cases), capacity=capacity)
    again = rerank(made, as_of=AS_OF, capacity=capacity, policy=POLICY, output="polars")
    assert_frame_equal(again.drop("weighted_gain", *STALE), made.drop(STALE))
    # Where nothing goes out by itself a place that is lost is just lost.
    made = queue(*built(cases), policy=MAIL_BY_HAND, capacity=capacity)
    other = queue(*built(cases), policy=MAIL_BY_HAND, capacity=4)
    found = rerank(other, as_of=AS_OF, capacity=capacity, policy=MAIL_BY_HAND, output="polars")
    ranked = ["rank", "customer_id", "slot", "contact_today"]
    assert_frame_equal(found.select(ranked), made.select(ranked))


@given(portfolios, st.integers(0, 6), st.floats(0, 3), st.floats(0, 50), st.floats(0, 500))
@settings(max_examples=25, deadline=None)
def test_the_rules_hold_under_any_weights(cases, capacity, goodwill, age, small):
    made = queue(*built(cases), capacity=4)
    weights = QueueWeights(goodwill=goodwill, age=age, small_account=small)
    found = rerank(made, as_of=AS_OF, weights=weights, capacity=capacity, policy=POLICY, output="polars")
    today = found.filter("contact_today")
    assert today.filter(pl.col("action").is_in(BY_HAND)).height <= capacity
    assert today["hold"].is_null().all()
    assert (today.filter(pl.col("slot") != "coverage")["weighted_gain"] > 0).all()
    kept = pl.exclude("rank", "slot", "contact_today", *STALE)
    assert_frame_equal(
        found.select(made.columns).select(kept).sort("customer_id"), made.select(kept).sort("customer_id")
    )
    by_gain = found.filter(pl.col("slot") == "gain")["weighted_gain"].to_list()
    assert by_gain == sorted(by_gain, reverse=True)


def test_a_payables_desk_takes_one_contact():
    made = queue(*three(), policy=MAIL_BY_HAND, capacity=2).with_columns(
        desk=pl.when(pl.col("customer_id") != "big").then(pl.lit("shared"))
    )
    found = rerank(made, as_of=AS_OF, capacity=2, policy=MAIL_BY_HAND, output="polars")
    assert found["contact_today"].all()
    alone = rerank(made, as_of=AS_OF, capacity=1, policy=MAIL_BY_HAND, output="polars")
    assert alone.filter("contact_today")["customer_id"].to_list() == ["big"]


def test_weights_move_accounts_and_the_difference_says_what_it_costs():
    made = queue(*three(), policy=MAIL_BY_HAND, capacity=1)
    assert made.filter("contact_today")["customer_id"].to_list() == ["big"]
    other = rerank(
        made,
        as_of=AS_OF,
        weights=QueueWeights(small_account=10_000.0),
        capacity=1,
        policy=MAIL_BY_HAND,
        output="polars",
    )
    (today,) = other.filter("contact_today")["customer_id"].to_list()
    assert today in ("small", "tiny")
    found = queue_diff(made, other)
    gains = dict(made.select("customer_id", "gain").iter_rows())
    assert (found.gain_before, found.gain_after) == (gains["big"], gains[today])
    changes = dict(found.table.select("customer_id", "change").iter_rows())
    assert (changes[today], changes["big"]) == ("in", "out")
    assert found.table.filter(pl.col("customer_id") == "big")["direction"].item() == "down"
    assert "gives up" in found.sentences[0]
    assert found.sentences[1] == "Today's list: 1 in, 1 out; 1 contacts before, 1 after."
    # the older item counts more: 64 days against 40
    aged = rerank(
        made, as_of=AS_OF, weights=QueueWeights(0, 0, 0, 0, age=1.0), capacity=1, policy=MAIL_BY_HAND, output="polars"
    )
    assert aged["weighted_gain"].to_list() == [64.0, 40.0, 40.0]


def test_no_change_is_said_and_more_capacity_wins():
    made = queue(*three(), policy=MAIL_BY_HAND, capacity=1)
    assert queue_diff(made, made).sentences == ("The order is the model's: nothing moved.",)
    more = queue_diff(made, rerank(made, as_of=AS_OF, capacity=3, policy=MAIL_BY_HAND))
    assert more.gain_after == pytest.approx(made["gain"].sum())
    assert "wins" in more.sentences[0]


def test_what_a_rule_put_first_stays_first_and_takes_its_place():
    made = queue(*three(), policy=MAIL_BY_HAND, capacity=1)
    pinned = made.with_columns(slot=pl.when(pl.col("customer_id") == "tiny").then(pl.lit("pin")))
    found = rerank(pinned, as_of=AS_OF, capacity=3, policy=MAIL_BY_HAND, output="polars")
    assert found.select("customer_id", "slot", "rank").rows() == [
        ("tiny", "pin", 1),
        ("big", "gain", 2),
        ("small", "coverage", 3),
    ]
    one = rerank(pinned, as_of=AS_OF, capacity=1, policy=MAIL_BY_HAND, output="polars")
    assert one.filter("contact_today")["customer_id"].to_list() == ["tiny"]


def test_pandas_in_pandas_out_and_refusals():
    made = queue(*three(), capacity=1)
    assert isinstance(rerank(made.to_pandas(), as_of=AS_OF, policy=POLICY), pd.DataFrame)
    with pytest.raises(DataError, match="Columns are missing"):
        rerank(made.drop("goodwill"), as_of=AS_OF)
    with pytest.raises(ParameterError, match="capacity"):
        rerank(made, as_of=AS_OF, capacity=-1)
    for wrong in (-1.0, float("nan"), True):
        with pytest.raises(ParameterError, match=r"weights\.cost"):
            QueueWeights(cost=wrong)
    with pytest.raises(DataError, match="different customers"):
        queue_diff(made, made.head(2))
