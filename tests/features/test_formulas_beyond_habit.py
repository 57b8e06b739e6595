"""Lateness beyond the customer's own habit, on ledgers small enough to work out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from features.test_formulas import invoice, ledger, paid, row

from credrisk.ledger.ledger import Ledger


def payer(*items: tuple[str, int | None], **tables: Any) -> Ledger:
    """Return a customer with invoices of 100 by (due date, days late), None for one that is open."""
    documents, found = [], []
    for number, (due, late) in enumerate(items):
        day = date.fromisoformat(due)
        documents.append(invoice(number, (day - timedelta(30)).isoformat(), due, 10_000))
        if late is not None:
            found.append(paid(number, (day + timedelta(late)).isoformat(), 10_000))
    return ledger(documents, *found, customers=[{"customer_id": "a"}], **tables)


def test_a_slow_payer_that_pays_as_ever_is_not_beyond_its_habit() -> None:
    """Eight invoices 20 days late (18 in steps of 3) outweigh the three on time that are added: 8 of 11 are 60 %."""
    found = row(
        payer(*((f"2023-{month:02d}-10", 20) for month in range(7, 13)), ("2024-02-10", 20), ("2024-04-10", 20))
    )
    assert found["usual_days_late_24m"] == 18.0
    # Two of 5 days are added: 10 / 10 over 24 months; within 3 months there is one: 10 / 3.
    assert found["days_beyond_habit_24m"] == pytest.approx(1.0)
    assert found["days_beyond_habit_3m"] == pytest.approx(10 / 3)


def test_what_is_late_counts_up_to_thirty_days_and_what_is_open_so_far() -> None:
    """The habit is the due date: with three added on time, 3 of the 9 invoices that are late are no 60 %."""
    items: list[tuple[str, int | None]] = [(f"2024-0{month}-05", 0) for month in (1, 2, 3)]
    items += [("2023-12-05", 100), ("2024-05-05", 7), ("2024-06-20", None)]
    found = row(payer(*items))
    assert found["usual_days_late_24m"] == 0.0
    # 30 of 100, 6 of 7, and 9 of the 10 days since 20 June, which end on 30 June.
    assert found["days_beyond_habit_12m"] == pytest.approx((30 + 6 + 9 + 10) / (6 + 2))
    assert found["days_beyond_habit_3m"] == pytest.approx((6 + 9 + 10) / (2 + 2))
    # Counts: December 2 (6 months began on 1 January: 1), so 1 x 2 windows; May and June 7, January to March 4.
    size = 2 + 3 * 4 + 2 * 7
    assert found["days_beyond_habit_faded"] == pytest.approx((2 * 30 + 7 * 6 + 7 * 9 + 40) / (size + 8))


def test_a_disputed_invoice_does_not_count_once_it_is_disputed_but_one_disputed_after_payment_does() -> None:
    opened = {"document_id": "d1", "opened_on": date(2024, 3, 20), "amount": None, "reason": "price"}
    disputes = [{**opened, "dispute_id": "d"}]
    late = payer(("2024-02-05", 0), ("2024-03-05", 25), disputes=disputes)
    assert row(late)["days_beyond_habit_12m"] == pytest.approx(10 / 3)
    early = payer(("2024-02-05", 0), ("2024-03-05", 10), disputes=disputes)
    assert row(early)["days_beyond_habit_12m"] == pytest.approx((9 + 10) / 4)


def test_nothing_that_fell_due_is_null() -> None:
    found = row(payer(("2024-07-20", None)))
    assert found["usual_days_late_24m"] is None
    assert found["days_beyond_habit_faded"] is None
