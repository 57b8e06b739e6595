"""The insured amount of a customer, by the rows of cover in force."""

from __future__ import annotations

import pytest
from decisions.cases import features_of, scores_of
from small_ledgers import ledger_of

from credrisk.decisions.cover import insured_amounts
from credrisk.decisions.limit import recommend_limits

COVER = {
    "cover_id": "k",
    "customer_id": "c1",
    "kind": "insurance",
    "limit": 10_000_00,
    "insured_share": 0.9,
    "valid_from": "2025-01-01",
}


def insured(*rows, as_of="2025-03-31"):
    ledger = ledger_of(customers=[{"customer_id": "c1"}, {"customer_id": "c2"}], cover=[COVER | row for row in rows])
    return insured_amounts(ledger, as_of=as_of)


@pytest.mark.parametrize(
    ("rows", "amount"),
    [
        ([{}], 9_000.0),
        ([{"insured_share": None}], None),
        ([{"insured_share": None, "kind": None}], None),
        ([{"insured_share": None, "kind": "guarantee"}], 10_000.0),
        ([{"deductible": 500_00}], 8_500.0),
        ([{"valid_to": "2025-03-31"}], 9_000.0),
        ([{"valid_to": "2025-03-30"}], None),
        ([{}, {"cover_id": "l", "limit": 1_000_00}], 9_900.0),
        ([{}, {"valid_from": "2025-03-01", "limit": 4_000_00}], 3_600.0),
        ([{}, {"valid_from": "2025-03-01", "limit": 0}], None),
        ([{}, {"valid_from": "2025-03-01", "limit": 0, "recorded_at": "2025-04-01"}], 9_000.0),
        ([{"valid_from": "2025-04-01"}], None),
    ],
)
def test_what_is_in_force_counts(rows, amount):
    expected = [] if amount is None else [("c1", amount)]
    assert insured(*rows).rows() == expected


def test_the_limit_takes_the_insured_amount_before_the_feature():
    scores, features = scores_of({"pd_12m": 0.5}, {"pd_12m": 0.5}), features_of({"covered": 100.0}, {"covered": 100.0})
    options = {"as_of": "2025-03-31", "currency": "EUR", "output": "polars"}
    found = recommend_limits(scores, features=features, cover=insured({}), **options)
    assert found["cover_limit"].to_list() == [9_000.0, 0.0]
    assert recommend_limits(scores, features=features, **options)["cover_limit"].to_list() == [100.0, 100.0]
