"""The profile of payments against the published table of points and on ledgers small enough to work out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from features.test_formulas import invoice, ledger, paid, row
from small_ledgers import Rows

from credrisk.ledger.ledger import Ledger


def settled(*payments: tuple[int, int]) -> Ledger:
    """Return a ledger in which each (amount, days beyond terms) was paid on 20 June 2024."""
    documents: Rows = []
    receipts = []
    for number, (amount, late) in enumerate(payments):
        due = (date(2024, 6, 20) - timedelta(late)).isoformat()
        documents.append(invoice(number, "2023-09-01", due, amount))
        receipts.append(paid(number, "2024-06-20", amount))
    return ledger(documents, *receipts)


@pytest.mark.parametrize(
    ("days", "points"),
    [
        (-40, 100),
        (-30, 100),
        (-20, 90),
        (0, 80),
        (15, 70),
        (22, 60),
        (30, 50),
        (60, 40),
        (90, 30),
        (120, 20),
        (200, 20),
    ],
)
def test_the_published_points_of_paydex(days: int, points: float) -> None:
    assert row(settled(*[(10_000, days)] * 3))["paydex_style_12m"] == points


def test_points_between_are_linear_and_weighted_with_the_money() -> None:
    """5 days late are 80 - 5 x 10 / 15 points; three times as much came promptly."""
    assert row(settled(*[(10_000, 5)] * 3))["paydex_style_12m"] == pytest.approx(80 - 50 / 15)
    found = row(settled((10_000, 60), (20_000, 0), (10_000, 0)))
    assert found["paydex_style_12m"] == pytest.approx((40 + 3 * 80) / 4)


def test_fewer_than_three_payments_have_no_index() -> None:
    assert row(settled((10_000, 60), (20_000, 0)))["paydex_style_12m"] is None


def test_the_latest_payment_and_the_money_that_came_very_late() -> None:
    """Of 10, 40, 40 and 10 the last came 95 days late."""
    found = row(settled((1_000, -3), (4_000, 2), (4_000, 30), (1_000, 95)))
    assert (found["most_days_late_12m"], found["share_paid_late_90_12m"]) == (95.0, 0.1)


def test_discounts_deductions_and_part_payments() -> None:
    """90 paid in two parts, 6 discount after the due date, 4 deducted: the second payment leaves no rest."""
    receipts, applications = paid(1, "2024-05-10", 5_000)
    more, rest = paid(1, "2024-06-10", 4_000)
    others = [
        {"to_document_id": "d1", "kind": kind, "amount": amount, "applied_on": "2024-06-10"}
        for kind, amount in (("discount", 600), ("deduction", 400))
    ]
    books = ledger([invoice(1, "2024-04-10", "2024-05-10", 10_000)], (receipts + more, applications + rest + others))
    found = row(books)
    assert found["discount_share_12m"] == pytest.approx(600 / 9_600)
    assert found["unearned_discount_share_12m"] == 1.0
    assert found["deduction_share_12m"] == pytest.approx(400 / 9_400)
    assert found["part_payment_share_12m"] == pytest.approx(5 / 9)
    assert found["days_to_pay_12m"] == pytest.approx((5 * 30 + 4 * 61) / 9)
    assert row(books, "2024-05-31")["part_payment_share_12m"] == 1.0
