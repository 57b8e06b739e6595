"""The whole list under other weights, and from a basis that is looked up once."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from decisions.cases import scores_of
from decisions.test_queue import AS_OF, BY_HAND, POLICY, built, invoice, portfolios, queue, three
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.decisions.queue import queue_from
from credrisk.decisions.queue_basis import queue_basis
from credrisk.decisions.queue_rerank import rerank
from credrisk.decisions.queue_talking_points import RECENT_DAYS
from credrisk.decisions.queue_weights import QueueWeights
from credrisk.errors import ParameterError

NO_FLOOR = POLICY.changed({"collection.coverage_floor_share": 0.0, "collection.coverage_target_share": 0.0})
ONE_ACTION = POLICY.changed(
    {
        "collection.actions": [
            action | {"from_days": -7, "to_days": 9999}
            for action in POLICY.content()["collection"]["actions"]
            if action["name"] == "call"
        ]
    }
)
PLACES = ["customer_id", "rank", "slot", "contact_today"]
some_weights = st.builds(
    QueueWeights,
    expected_loss_avoided=st.floats(0, 3),
    time_value=st.floats(0, 3),
    cost=st.floats(0, 3),
    goodwill=st.floats(0, 3),
    age=st.floats(0, 20),
    small_account=st.floats(0, 500),
)


@given(portfolios, st.integers(0, 6))
@settings(max_examples=25, deadline=None)
def test_the_models_own_weights_change_nothing_but_what_it_is_ranked_by(cases, capacity):
    made = queue(*built(cases), capacity=capacity)
    found = queue(*built(cases), capacity=capacity, weights=QueueWeights())
    assert_frame_equal(found.drop("weighted_gain", "ranked_by"), made.drop("ranked_by"))
    assert found["weighted_gain"].equals(made["gain_beyond_mail"])
    assert found.filter(pl.col("hold").is_null())["ranked_by"].eq("weighted_gain").all()


@given(portfolios, st.integers(0, 6))
@settings(max_examples=25, deadline=None)
def test_only_the_proportions_of_the_weights_matter(cases, capacity):
    made = queue(*built(cases), policy=NO_FLOOR, capacity=capacity)
    twice = queue(*built(cases), policy=NO_FLOOR, capacity=capacity, weights=QueueWeights(2, 2, 2, 2))
    assert_frame_equal(twice.select(PLACES), made.select(PLACES))
    assert_frame_equal(twice.select("gain", "action"), made.select("gain", "action"))


@given(portfolios, st.integers(0, 6), some_weights)
@settings(max_examples=25, deadline=None)
def test_where_there_is_one_action_the_list_is_that_of_ranking_the_old_one_again(cases, capacity, weights):
    made = queue(*built(cases), policy=ONE_ACTION, capacity=3)
    again = rerank(made, as_of=AS_OF, policy=ONE_ACTION, capacity=capacity, weights=weights, output="polars")
    found = queue(*built(cases), policy=ONE_ACTION, capacity=capacity, weights=weights)
    assert_frame_equal(found.select(PLACES), again.select(PLACES))
    assert found["weighted_gain"].fill_null(0.0).to_list() == pytest.approx(
        again["weighted_gain"].fill_null(0.0).to_list()
    )


@given(portfolios, st.integers(0, 6), some_weights)
@settings(max_examples=25, deadline=None)
def test_the_rules_hold_under_any_weights_and_the_gain_stays_the_models(cases, capacity, weights):
    ledger, scores = built(cases)
    made = queue(ledger, scores, capacity=capacity)
    found = queue(ledger, scores, capacity=capacity, weights=weights)
    today = found.filter("contact_today")
    assert today.filter(pl.col("action").is_in(BY_HAND)).height <= capacity
    assert_frame_equal(
        found.select("customer_id", "hold").sort("customer_id"), made.select("customer_id", "hold").sort("customer_id")
    )
    parts = pl.col("expected_loss_avoided") + pl.col("time_value") - pl.col("cost") - pl.col("goodwill")
    assert (found.with_columns(parts=parts).select((pl.col("parts") - pl.col("gain")).abs() < 1e-6)).to_series().all()
    assert (today["weighted_gain"] >= 0).all()


def test_one_basis_serves_every_list_of_its_day():
    ledger, scores = three()
    basis = queue_basis(ledger, as_of=AS_OF, scores=scores, policy=POLICY)
    hand = pl.DataFrame(
        {
            "customer_id": ["tiny", "big"],
            "what": ["pin", "exclude"],
            "factor": [None, None],
            "reason": ["visit", "talks"],
            "author": ["Lead", "Lead"],
            "made_on": [AS_OF, AS_OF],
            "expires_on": [AS_OF + timedelta(days=7)] * 2,
        },
        schema_overrides={"factor": pl.Float64},
    )
    for options in ({"capacity": 1}, {"capacity": 2, "hand": hand}, {"weights": QueueWeights(age=9.0)}):
        assert_frame_equal(queue_from(basis, output="polars", **options), queue(ledger, scores, **options))
    assert queue_from(basis, hand=hand, output="polars").filter("contact_today")["customer_id"][0] == "tiny"


def test_a_mailed_account_comes_to_the_phone_where_its_age_counts():
    ledger = ledger_of(documents=[invoice("mailed", 25, 3_000_000), invoice("other", 64, 2_600_000)])
    scores = scores_of(*({"customer_id": name, "pd_12m": 0.02} for name in ("mailed", "other")))
    plain = queue(ledger, scores, capacity=1)
    assert dict(plain.select("customer_id", "slot").iter_rows()) == {"mailed": "automatic", "other": "gain"}
    only_time = QueueWeights(expected_loss_avoided=0.0, time_value=1.0, cost=0.0, goodwill=0.0)
    found = queue(ledger, scores, capacity=2, weights=only_time)
    assert found.filter("contact_today").height == 2


def test_weights_are_given_by_name():
    assert QueueWeights.of({"age": 1.5}) == QueueWeights(age=1.5)
    assert QueueWeights.of({"age": 1.5}).changes() == {"age": 1.5}
    assert QueueWeights().changes() == {}
    with pytest.raises(ParameterError, match="expected_loss_avoided, time_value"):
        QueueWeights.of({"ages": 1.5})


def points(broken_days_ago, paid=False):
    """Return the talking points of an account that broke a promise so long ago, the promised item paid or not."""
    ago = lambda days: (AS_OF - timedelta(days=days)).isoformat()  # noqa: E731
    promised = invoice("a", broken_days_ago + 30, 500_000)
    paid_on = ago(max(broken_days_ago - 20, 0))
    made = ledger_of(
        documents=[promised, invoice("a", 40, 900_000) | {"document_id": "d2"}],
        contacts=[{"contact_id": "k", "customer_id": "a", "date": ago(60), "channel": "email", "outcome": "sent"}],
        promises=[
            {
                "promise_id": "p",
                "customer_id": "a",
                "document_id": "d-a",
                "made_on": ago(broken_days_ago + 20),
                "due_on": ago(broken_days_ago),
                "amount": 500_000,
            }
        ],
        receipts=[{"receipt_id": "r", "customer_id": "a", "date": paid_on, "amount": 500_000}] if paid else [],
        applications=[
            {
                "from_id": "r",
                "to_document_id": "d-a",
                "amount": 500_000,
                "applied_on": paid_on,
                "kind": "payment",
            }
        ]
        if paid
        else [],
    )
    (row,) = queue(made, scores_of({"customer_id": "a", "pd_12m": 0.06})).iter_rows(named=True)
    return row["talking_points"]


def test_a_broken_promise_is_told_only_while_it_matters():
    grace = POLICY.collection.promise_grace_days
    assert "was not kept" in points(RECENT_DAYS + grace, paid=True)
    assert "was not kept" not in points(RECENT_DAYS + grace + 1, paid=True)
    assert "The last contact was on" in points(200, paid=True)
    assert "was not kept" in points(200, paid=False)
