"""Orders under the seasonal and temporary limits that a run proposes: when they count, and what is said of them."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from decisions.order_cases import DAY, POLICY, codes, decided, facts
from small_ledgers import ledger_of

from credrisk.decisions.order_facts import LimitForATime
from credrisk.decisions.order_release import OrderDesk
from credrisk.errors import DataError

TEMPORARY = LimitForATime("temporary", 14_000.0, DAY, DAY + timedelta(days=60))
SEASONAL = LimitForATime("seasonal", 20_000.0, date(2025, 8, 1), date(2025, 8, 31))
CUSTOMER = facts(recommended_limit=10_000.0, open_items=9_000.0, limits_for_a_time=(TEMPORARY, SEASONAL))


def test_a_temporary_limit_carries_what_the_standing_one_does_not() -> None:
    found = decided(5_000.0, CUSTOMER)
    assert (found.answer, found.limit_used, found.limit_source) == ("release", 14_000.0, "temporary")
    assert (found.raise_approver, found.approver) == ("credit analyst", "credit analyst")
    assert found.available == pytest.approx(14_000 * 1.1 - 9_000)
    assert codes(found)[:2] == ["within", "raise_first"]
    assert (
        "Within the temporary limit of 14,000 EUR, proposed for deliveries from 2025-06-30 to 2025-08-29; on file are "
        "10,000 EUR: the temporary limit has to be approved first by credit analyst, without it the answer would be "
        "release of 2,000 EUR in part." in found.says
    )


def test_where_the_standing_limit_carries_the_order_no_other_is_asked_for() -> None:
    found = decided(1_500.0, CUSTOMER)
    assert (found.answer, found.limit_used, found.limit_source) == ("release", 10_000.0, "on_file")
    assert found.raise_approver is None


@pytest.mark.parametrize(
    ("delivery", "source", "answer"),
    [
        (date(2025, 7, 31), "temporary", "partial_release"),
        (date(2025, 8, 1), "seasonal", "release"),
        (date(2025, 8, 31), "seasonal", "release"),
        (date(2025, 9, 1), "on_file", "partial_release"),
    ],
)
def test_it_counts_for_deliveries_within_its_days_both_included(delivery: date, source: str, answer: str) -> None:
    found = decided(10_000.0, CUSTOMER, delivery=delivery)
    assert (found.limit_source, found.answer) == (source, answer)


def test_beside_a_recommended_raise_the_answer_without_is_that_of_the_limit_on_file() -> None:
    found = decided(5_000.0, facts(recommended_limit=12_000.0, open_items=9_000.0, limits_for_a_time=(TEMPORARY,)))
    assert found.limit_source == "temporary"
    assert "recommended for good are 12,000 EUR, on file are 10,000 EUR" in found.says
    assert "without it the answer would be release of 2,000 EUR in part" in found.says


def test_a_lowered_limit_may_be_bridged_for_a_time() -> None:
    found = decided(3_000.0, facts(recommended_limit=8_000.0, limit_on_file=20_000.0, open_items=9_000.0))
    assert (found.answer, found.limit_used) == ("prepay", 8_000.0)
    bridged = facts(
        recommended_limit=8_000.0, limit_on_file=20_000.0, open_items=9_000.0, limits_for_a_time=(TEMPORARY,)
    )
    found = decided(3_000.0, bridged)
    assert (found.answer, found.limit_used, found.answer_on_file) == ("release", 14_000.0, "release")
    assert "without it the answer would be payment in advance of 3,000 EUR" in found.says


def test_a_limit_for_a_time_that_nobody_may_set_does_not_count() -> None:
    huge = LimitForATime("temporary", 9_000_000.0, DAY, DAY)
    found = decided(5_000.0, facts(recommended_limit=10_000.0, open_items=9_000.0, limits_for_a_time=(huge,)))
    assert (found.answer, found.limit_used, found.raise_approver) == ("partial_release", 10_000.0, None)
    assert "by the policy nobody may set that limit for grade C" in found.says


def test_overdue_and_caps_hold_under_it_too() -> None:
    capped = POLICY.changed({"appetite.single_name": 11_000.0, "appetite.group": 11_000.0})
    assert decided(5_000.0, CUSTOMER, policy=capped).on_credit == 2_000.0
    in_default = facts(status="in_default", recommended_limit=0.0, limits_for_a_time=(TEMPORARY,))
    assert decided(5_000.0, in_default).answer == "hold"


def test_they_are_read_from_the_limits_of_a_run() -> None:
    ledger = ledger_of(customers=[{"customer_id": "A"}])
    day = ledger.settings.covers_to
    limits = pl.DataFrame(
        {
            "customer_id": ["A"],
            "recommended_limit": [1_000.0],
            "seasonal_limit": [9_000.0],
            "seasonal_from": [str(day + timedelta(days=10))],  # as CSV holds it
            "seasonal_to": [str(day + timedelta(days=20))],
            "temporary_limit": [5_000.0],
            "temporary_until": [str(day + timedelta(days=60))],
        }
    )
    scores = pl.DataFrame({"customer_id": ["A"], "status": ["at_risk"], "pd_12m": [0.01]})
    desk = OrderDesk.open(ledger, scores=scores, limits=limits)
    assert desk.decide("A", 4_000.0).limit_source == "temporary"
    assert desk.decide("A", 9_000.0, delivery=day + timedelta(days=10)).limit_source == "seasonal"
    with pytest.raises(DataError, match="seasonal_from"):
        OrderDesk.open(ledger, scores=scores, limits=limits.with_columns(seasonal_from=pl.lit("soon")))
    bare = OrderDesk.open(ledger, scores=scores, limits=limits.select("customer_id", "recommended_limit"))
    assert bare.decide("A", 4_000.0).limit_source == "recommended"
    assert bare.facts["A"].fingerprint != desk.facts["A"].fingerprint
