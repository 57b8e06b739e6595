"""Which claims an agency should have now: by hand, and whose curve it was."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from decisions.claim_cases import AS_OF, debt, one, scored, ways
from small_ledgers import ledger_of

from credrisk.decisions.agency import agency_referrals
from credrisk.decisions.claim_ways import ClaimWays
from credrisk.decisions.placement_file import placement_file
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError
from credrisk.models.outcomes import DAYS_PER_MONTH

FREE = {"economics.cost_of_funds": 0.0, "claims.in_house_cost_share": 0.0}
OLD = "2024-10-02"
"""180 days before the day."""


def referrals(ledger, curves=None, **values) -> pl.DataFrame:
    curves = curves or ways(**FREE)
    return agency_referrals(
        ledger, as_of=AS_OF, scores=scored(ledger, **values), policy=curves.policy, ways=curves, output="polars"
    )


def test_an_old_claim_is_referred_by_hand():
    """180 days: in-house nothing more; agency 0.521 x 0.8 x 10,000 - 325 = 3,843; later 210 days: share 0.4735."""
    row = referrals(one(due=OLD)).row(0, named=True)
    later = 0.521 - 0.293 * 30 / 185
    assert row["in_house_30d"] == row["in_house"] == 0.0
    assert row["agency_now"] == pytest.approx(3_843)
    assert row["waiting"] == pytest.approx(later * 8_000 - 325)
    assert row["gain"] == pytest.approx(3_843 - (later * 8_000 - 325))
    assert row["refer"] is True
    assert row["reason"].startswith("an agency brings 3,843 EUR net of its fee")


def test_what_comes_in_house_first_is_waited_for_by_hand():
    """Of 10,000, 150 days old, half comes this month: 5,000 and an agency for the rest is more than an agency now."""
    curves = ways(hazard=[[0.5, 0.5, 0.5, 0.0]], **FREE)
    row = referrals(one(due="2024-11-01"), curves).row(0, named=True)
    part = 60 / DAYS_PER_MONTH - 1
    soon = 1 - (1 - 0.5 * (1 - part)) * (1 - 0.5 * (30 / DAYS_PER_MONTH - (1 - part)))
    now, later = (0.696 - 0.175 * days / 90 for days in (60, 90))
    assert row["in_house_30d"] == pytest.approx(10_000 * soon)
    assert row["agency_now"] == pytest.approx(now * 8_000 - 325)
    assert row["waiting"] == pytest.approx(10_000 * soon + later * 8_000 * (1 - soon) - 325)
    assert row["refer"] is False
    assert "30 more days in-house and then the agency" in row["reason"]


def test_a_good_own_curve_keeps_the_claim():
    row = referrals(one(due=OLD), ways(hazard=[[0.5] * 6], **FREE)).row(0, named=True)
    assert row["refer"] is False
    assert row["reason"].startswith("going on in-house brings")


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"due": "2025-02-01"}, "younger than 90 days past due"),
        (
            {"due": OLD, "credit_events": [{"customer_id": "c1", "date": "2025-01-01", "kind": "insolvency"}]},
            "insolvent since 1 January 2025: for the lawyer",
        ),
        (
            {"due": OLD, "credit_events": [{"customer_id": "c1", "date": "2025-01-01", "kind": "placement"}]},
            "with an agency or in court since 1 January 2025",
        ),
    ],
)
def test_what_is_not_valued_says_why(tables, said):
    row = referrals(one(**tables)).row(0, named=True)
    assert row["refer"] is None
    assert row["gain"] is None
    assert said in row["reason"]


def test_the_policys_age_holds():
    """An agency is used from 120 days on: at 100 days the answer is no, though it would be worth it."""
    row = referrals(one(due="2024-12-21"), ways(hazard=[[0.0]], **FREE)).row(0, named=True)
    assert (row["refer"], row["gain"] > 0) == (False, True)
    assert "the policy places claims from 120 days past due on" in row["reason"]


def test_the_largest_gain_stands_first_and_small_claims_are_not_worth_the_fee():
    documents = [
        debt(OLD, 5_000_000, customer_id="c2", document_id="d2"),
        debt(OLD, 30_000, customer_id="c3", document_id="d3"),
    ]
    found = referrals(one(due=OLD, documents=documents))
    assert found["customer_id"].to_list() == ["c2", "c1", "c3"]
    assert found["refer"].to_list() == [True, True, False]


def test_a_close_call_says_so():
    rng = np.random.default_rng(1)
    factor = [1.0, *rng.uniform(0.2, 1.8, 200)]
    row = referrals(one(due=OLD), ways(hazard=[[0.05] * 12], factor=factor, **FREE)).row(0, named=True)
    assert row["gain_low"] < 0 < row["gain_high"]
    assert "a close call" in row["reason"]


def test_too_little_history_takes_the_policys_curves_by_name():
    curves = ClaimWays.of(one(), as_of=one().settings.covers_to, policy=Policy.default())
    assert "the policy's curve of collectability, a prior (only" in curves.in_house.source
    assert "only 0 placements could be followed" in curves.agency_source
    assert curves.agency_factor.tolist() == [1.0]


def test_ones_own_placements_scale_the_curve():
    """12 placements at 100 days past due bring in all: (12 + 5 c) / (17 c), c the curve at that age."""
    documents = [
        debt("2023-06-01", 100_000, customer_id=f"p{n}", document_id=f"p{n}", document_date="2023-05-01")
        for n in range(12)
    ]
    events = [{"customer_id": f"p{n}", "date": "2023-09-09", "kind": "placement"} for n in range(12)]
    paid = [
        {"from_id": None, "to_document_id": f"p{n}", "amount": 100_000, "applied_on": "2023-12-01"} for n in range(12)
    ]
    ledger = ledger_of(documents=documents, credit_events=events, applications=paid)
    curves = ClaimWays.of(ledger, as_of=ledger.settings.covers_to, policy=Policy.default())
    curve = 0.696 - 0.175 * 10 / 90
    assert curves.agency_factor[0] == pytest.approx((12 + 5 * curve) / (17 * curve))
    assert "12 own placements followed for a year" in curves.agency_source


def test_a_policy_without_an_agency_is_refused():
    content = Policy.default().content()
    content["collection"]["actions"] = [each for each in content["collection"]["actions"] if each["name"] != "agency"]
    policy = Policy.of(content)
    ledger = one(due=OLD)
    with pytest.raises(ParameterError, match="a collection action named 'agency'"):
        agency_referrals(ledger, as_of=AS_OF, scores=scored(ledger), policy=policy)


def test_strangers_among_the_scores_are_refused():
    scores = scored(one(documents=[debt(OLD, 100, customer_id="c9", document_id="d9")]))
    with pytest.raises(DataError, match="customers are not in the ledger"):
        agency_referrals(one(), as_of=AS_OF, scores=scores)


def test_the_file_for_the_agency():
    ledger = one(
        due=OLD,
        customers=[{"customer_id": "c1", "name": "One Ltd", "country": "DE", "vat_id": "DE123"}],
        documents=[debt("2024-11-01", 50_000, document_id="d2", order_id="o2")],
        contacts=[{"contact_id": "k1", "customer_id": "c1", "date": "2025-01-05", "channel": "call"}],
        disputes=[{"dispute_id": "x1", "document_id": "d2", "opened_on": "2025-01-10", "amount": 10_000}],
        cover=[
            {
                "cover_id": "v1",
                "customer_id": "c1",
                "provider": "Insurer",
                "kind": "insurance",
                "limit": 1_000_000,
                "valid_from": "2024-01-01",
            }
        ],
    )
    found = placement_file(ledger, customer_id="c1", as_of=AS_OF, output="polars")
    here = dict(zip(zip(found["item"], found["document_id"], strict=True), found["here"], strict=True))
    assert here["name and country", None] is True
    assert here["numbers of the company", None] is True
    assert here["record of contacts and reminders", None] is True
    assert here["promises to pay", None] is False
    assert here["consent of the credit insurer", None] is False
    assert here["order", "d2"] is True
    assert here["order", "d1"] is False
    assert here["the dispute", "d2"] is True
    assert found["document_id"].drop_nulls().unique(maintain_order=True).to_list() == ["d1", "d2"]
    with pytest.raises(ParameterError, match="customer_id must be a customer of the ledger"):
        placement_file(ledger, customer_id="c9", as_of=AS_OF)
