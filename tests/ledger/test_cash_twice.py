"""Cash that is in the ledger twice is an error; customers who pay the same amount often, or in advance, are none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from small_ledgers import ledger_of

from credrisk.ledger.findings import Finding

FIRST = date(2024, 1, 10)


def found(
    *, paid: int = 30, twice: int = 30, halves: int = 0, days: int = 0, same: bool = False, rent: int = 0
) -> list[Finding]:
    """Return what is found where ``paid`` invoices were paid and ``twice`` of these payments are there once more."""
    documents: list[dict[str, Any]] = []
    receipts: list[dict[str, Any]] = []
    applications: list[dict[str, Any]] = []
    for place in range(paid):
        day, amount = FIRST + timedelta(days=7 * place), 100_00 + (0 if same else 7 * place)
        documents.append(
            {
                "document_id": f"D{place:03}",
                "customer_id": f"C{place % 4}",
                "document_date": str(day),
                "due_date": str(day + timedelta(days=30)),
                "amount": amount,
            }
        )
        double = 2 if place < halves else 1
        receipt = {"receipt_id": f"R{place:03}", "customer_id": f"C{place % 4}", "amount": double * amount}
        receipts.append(receipt | {"date": str(day + timedelta(days=30))})
        applied = {"from_id": f"R{place:03}", "to_document_id": f"D{place:03}", "amount": amount}
        applications.append(applied | {"applied_on": str(day + timedelta(days=30))})
        if halves <= place < twice:
            again = receipt | {"receipt_id": f"S{place:03}", "date": str(day + timedelta(days=30 + days))}
            receipts.append(again)
    for month in range(rent):
        day = FIRST + timedelta(days=30 * month + 12)
        receipts.append({"receipt_id": f"A{month:03}", "customer_id": "C0", "date": str(day), "amount": 990_00})
    end = FIRST + timedelta(days=7 * paid + 60)
    ledger = ledger_of(documents=documents, receipts=receipts, applications=applications, covers_to=str(end))
    return [one for one in ledger.check().findings if one.code == "cash_twice"]


@pytest.mark.parametrize("settings", [{}, {"days": 5}, {"halves": 30}, {"halves": 15}, {"twice": 20}, {"same": True}])
def test_what_is_applied_and_there_once_more_is_an_error(settings: dict[str, Any]) -> None:
    (one,) = found(**settings)
    count = settings.get("twice", 30)
    assert (one.severity, one.rows) == ("error", count)
    money = sum(100 + (0 if settings.get("same") else 0.07 * place) for place in range(count))
    assert one.money == pytest.approx(money)
    assert f"{money:,.2f}" in one.message


@pytest.mark.parametrize("settings", [{"twice": 0}, {"twice": 19}, {"days": 6}, {"twice": 0, "rent": 24}, {"rent": 12}])
def test_few_late_or_in_advance_is_no_error(settings: dict[str, Any]) -> None:
    assert found(**settings) == []


def debits(*, doubled: bool, last: int = 10) -> list[Finding]:
    """Return what is found of 30 customers with equal daily direct debits over ten days, the last not yet applied."""
    documents, receipts, applications = [], [], []
    for customer in range(30):
        for place in range(10):
            number, day = f"{customer:02}{place}", str(FIRST + timedelta(days=place))
            who = {"customer_id": f"C{customer}", "amount": 64_50}
            documents.append({"document_id": f"D{number}", "document_date": day, "due_date": day, **who})
            receipts.append({"receipt_id": f"R{number}", "date": day, **who})
            if place < 9 or doubled:
                applied = {"from_id": f"R{number}", "to_document_id": f"D{number}", "amount": 64_50}
                applications.append({**applied, "applied_on": day})
            if doubled:
                receipts.append({"receipt_id": f"BANK{number}", "date": day, **who})
    end = str(FIRST + timedelta(days=last))
    ledger = ledger_of(documents=documents, receipts=receipts, applications=applications, covers_to=end)
    return [one for one in ledger.check().findings if one.code == "cash_twice"]


def test_equal_debits_of_every_day_are_twins_only_where_each_is_there_twice() -> None:
    assert debits(doubled=False) == []
    (one,) = debits(doubled=True, last=40)
    assert (one.rows, one.money) == (300, 300 * 64.50)
