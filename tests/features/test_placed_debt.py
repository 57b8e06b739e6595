"""How far a placed debt is paid, and since when, by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_ledgers import ledger_of

from credrisk.features.placed_debt import placed_debts
from credrisk.ledger.ledger import Ledger

PLACED = date(2024, 3, 1)
INVOICE = {
    "document_id": "I1",
    "customer_id": "A",
    "document_date": "2024-01-01",
    "due_date": "2024-01-31",
    "amount": 100_000,
}


def told(*paid: tuple[str, int]) -> dict[str, Any]:
    ledger = ledger_of(
        documents=[INVOICE],
        credit_events=[{"customer_id": "A", "date": PLACED.isoformat(), "kind": "placement", "amount": 100_000}],
        receipts=[
            {"receipt_id": f"R{place}", "customer_id": "A", "date": day, "amount": amount}
            for place, (day, amount) in enumerate(paid)
        ],
        applications=[
            {"from_id": f"R{place}", "to_document_id": "I1", "amount": amount, "applied_on": day}
            for place, (day, amount) in enumerate(paid)
        ],
    )
    return placed_debts(ledger, customers=["A"]).row(0, named=True)


@pytest.mark.parametrize(
    ("paid", "share", "paid_on"),
    [
        ((), 0.0, None),
        ((("2024-03-10", 60_000),), 0.6, None),
        ((("2024-03-10", 60_000), ("2024-04-02", 35_000)), 0.95, date(2024, 4, 2)),
        ((("2024-03-10", 95_000), ("2024-04-02", 5_000)), 1.0, date(2024, 4, 2)),
        ((("2024-02-20", 50_000), ("2024-04-02", 50_000)), 0.5, None),
    ],
)
def test_a_placed_debt_is_paid_since_the_day_that_made_it_whole(
    paid: tuple[tuple[str, int], ...], share: float, paid_on: date | None
) -> None:
    debt = told(*paid)
    assert debt == {
        "customer_id": "A",
        "date": PLACED,
        "paid_share": pytest.approx(share),
        "paid_on": paid_on,
        "verdict_on": PLACED + timedelta(days=180),
    }


def test_others_than_those_asked_for_are_not_looked_at() -> None:
    ledger = ledger_of(
        documents=[INVOICE],
        credit_events=[{"customer_id": "A", "date": PLACED.isoformat(), "kind": "placement", "amount": 100_000}],
    )
    assert placed_debts(ledger, customers=[]).is_empty()


def test_a_recovery_on_what_was_written_off_counts_once(tmp_path: Path) -> None:
    texts = {
        "customers": "customer_id\nA\n",
        "documents": "document_id,customer_id,document_date,due_date,amount\nI1,A,2024-01-01,2024-01-31,40000.00\n",
        "receipts": "receipt_id,customer_id,date,amount\nR1,A,2024-05-15,12000.00\n",
        "credit_events": "customer_id,date,kind,amount\nA,2024-03-01,placement,40000.00\n",
        "applications": "from_id,to_document_id,applied_on,kind,amount\n,I1,2024-04-01,write_off,40000.00\n"
        "R1,I1,2024-05-15,recovery,12000.00\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    ledger = Ledger.read(tmp_path, currency="EUR", covers_from="2024-01-01", covers_to="2024-12-31")
    debt = placed_debts(ledger, customers=["A"]).row(0, named=True)
    assert (debt["paid_share"], debt["paid_on"]) == (pytest.approx(0.3), None)
