"""What agencies brought in: by hand."""

from __future__ import annotations

from datetime import date

import pytest
from small_ledgers import ledger_of

from credrisk.models.placement_recovery import placement_recoveries

DOCUMENT = {
    "document_id": "d1",
    "customer_id": "a",
    "document_date": "2023-06-01",
    "due_date": "2023-07-01",
    "amount": 100_000,
}
LATER = {
    "document_id": "d2",
    "customer_id": "a",
    "document_date": "2024-01-01",
    "due_date": "2024-03-01",
    "amount": 50_000,
}
PLACED = {"customer_id": "a", "date": "2024-01-15", "kind": "placement"}


def paid(amount: int, on: str, kind: str = "payment") -> dict:
    return {"from_id": None, "to_document_id": "d1", "amount": amount, "applied_on": on, "kind": kind}


def found(*, applications=(), events=(), as_of: str = "2025-12-31"):
    ledger = ledger_of(documents=[DOCUMENT, LATER], applications=list(applications), credit_events=[PLACED, *events])
    return placement_recoveries(ledger, as_of=as_of).rows()


def test_what_came_within_a_year_of_what_was_past_due():
    rows = found(
        applications=[
            paid(20_000, "2023-12-01"),  # before: not part of the claim
            paid(30_000, "2024-03-01"),
            paid(10_000, "2025-01-14"),  # the last day of the year
            paid(5_000, "2025-01-15"),  # a day late
            paid(40_000, "2024-06-01", "write_off"),  # no money
        ]
    )
    assert rows == [("a", date(2024, 1, 15), 198, pytest.approx(40_000 / 80_000))]


def test_a_placement_younger_than_a_year_is_not_judged():
    assert found(applications=[paid(30_000, "2024-03-01")], as_of="2025-01-13") == []
    assert len(found(applications=[paid(30_000, "2024-03-01")], as_of="2025-01-14")) == 1


def test_recoveries_of_the_credit_file_count_where_nothing_was_booked():
    recovery = {"customer_id": "a", "date": "2024-05-01", "kind": "recovery", "amount": 25_000}
    assert found(events=[recovery])[0][3] == 0.25
    assert found(events=[recovery], applications=[paid(10_000, "2024-03-01")])[0][3] == 0.1


def test_the_named_claim_counts_and_a_second_placement_within_the_year_does_not():
    named = PLACED | {"amount": 50_000}
    ledger = ledger_of(
        documents=[DOCUMENT],
        applications=[paid(25_000, "2024-03-01")],
        credit_events=[named, PLACED | {"date": "2024-06-15"}],
    )
    assert [row[3] for row in placement_recoveries(ledger, as_of="2025-12-31").rows()] == [0.5]
