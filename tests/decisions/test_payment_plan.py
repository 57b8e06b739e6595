"""Payment plans: what the cash bears, the dates, the cents, the chances and the value; by hand."""

from __future__ import annotations

import doctest
from datetime import date

import numpy as np
import pytest
from decisions.claim_cases import debt, scored, ways
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.decisions import payment_plan as module
from credrisk.decisions.kept_promises import PromiseRecord
from credrisk.decisions.payment_plan import equal_parts, payment_plan
from credrisk.decisions.plan_capacity import CashPattern, cash_pattern, pay_dates
from credrisk.errors import EvidenceError

AS_OF = date(2025, 3, 31)
OVERDUE = debt("2024-12-31", 1_000_000)


def monthly(amount: int, *, day: int = 15, months: int = 12) -> list[dict]:
    """A receipt on the same day of each of the last months, March 2025 the latest."""
    dates = [months_after(date(2025, 3, day), -month) for month in range(months)]
    return [
        {"receipt_id": f"r{n}", "customer_id": "c1", "date": each.isoformat(), "amount": amount}
        for n, each in enumerate(dates)
    ]


def bills(amount: int, *, months: int = 12, ahead: int = 0) -> tuple[list[dict], list[dict]]:
    """Invoices due on the 20th of each of these months, with what was paid of them by the receipts."""
    rows, applied = [], []
    for n in range(-ahead, months):
        due = months_after(date(2025, 3, 20), -n)
        rows.append(debt(due.isoformat(), amount, document_id=f"b{n}", document_date=months_after(due, -1).isoformat()))
        if n >= 0:
            applied.append(
                {"from_id": f"r{n}", "to_document_id": f"b{n}", "amount": amount, "applied_on": due.isoformat()}
            )
    return rows, applied


def book(*, received: int, billed: int, ahead: int = 0, owed: dict | None = None, **more):
    rows, applied = bills(billed, ahead=ahead)
    rest = received - billed
    older = debt("2023-06-30", 12 * rest, document_id="old", document_date="2023-06-01") if rest > 0 else None
    settled = [
        {"from_id": f"r{n}", "to_document_id": "old", "amount": rest, "applied_on": "2025-03-31"} for n in range(12)
    ]
    return ledger_of(
        covers_from="2023-01-01",
        documents=[owed or OVERDUE, *rows, *([older] if older else [])],
        receipts=monthly(received),
        applications=[*applied, *(settled if older else [])],
        **more,
    )


def plan(ledger, curves=None, **values):
    curves = curves or ways(**{"claims.promise_kept": 0.8})
    return payment_plan(
        ledger, customer_id="c1", as_of=AS_OF, scores=scored(ledger, **values), policy=curves.policy, ways=curves
    )


def test_deliveries_go_on_where_the_cash_bears_it():
    """3,000 a month beyond 2,000 that fall due: 10,000 in 4 parts of 2,500 on the 14th (the first of 14 to 16)."""
    found = plan(book(received=500_000, billed=200_000))
    assert (found.condition, found.bearable, found.debt) == ("credit_goes_on", 3_000.0, 10_000.0)
    assert found.instalments["amount"].to_list() == [2_500.0] * 4
    assert found.instalments["due_on"].to_list() == [
        date(2025, 4, 14),
        date(2025, 5, 14),
        date(2025, 6, 16),  # the 14th is a Saturday
        date(2025, 7, 14),
    ]
    assert found.instalments["left"].to_list() == [7_500.0, 5_000.0, 2_500.0, 0.0]
    assert found.role == "credit analyst"
    assert "deliveries on credit may go on" in found.reasons[0]


def test_else_only_against_payment_in_advance():
    """It pays what it is billed: 2,000 a month, and 2,000 fall due in April. 10,000 from May on."""
    found = plan(book(received=200_000, billed=200_000, ahead=1))
    assert (found.condition, found.bearable) == ("in_advance", 2_000.0)
    assert found.instalments["amount"].to_list() == [2_000.0] * 5
    assert found.instalments["due_on"][0] == date(2025, 5, 14)
    assert "only with new deliveries paid in advance" in found.reasons[0]


def test_no_plan_that_the_cash_does_not_bear():
    with pytest.raises(EvidenceError, match="bears 2,400 EUR at most"):
        plan(book(received=20_000, billed=20_000))


def test_chances_and_values_by_hand():
    """Two parts of 5,000 after 14 and 44 days; PD 10 %, no promises: prior 0.8 counting as 4."""
    curves = ways(**{"claims.promise_kept": 0.8, "economics.cost_of_funds": 0.08, "claims.in_house_cost_share": 0.05})
    found = plan(book(received=700_000, billed=200_000), curves)
    days = np.array([14, 44])
    alive, kept = 0.9 ** (days / 365), np.array([0.8, 0.8 * 4.2 / 5])
    p_paid, discount = alive * kept, 1.08 ** (-days / 365)
    assert found.instalments["amount"].to_list() == [5_000.0, 5_000.0]
    assert found.instalments["p_paid"].to_list() == pytest.approx(p_paid.tolist())
    assert found.present_value == pytest.approx(5_000 * discount.sum())
    assert found.p_kept == pytest.approx(p_paid[1])
    assert found.p_default == pytest.approx(1 - p_paid[1])
    rest = curves.in_house.worth(90.0 + days, discount_rate=0.08)[0] * 0.95
    breaks = np.array([10_000 * (1 - p_paid[0]), 5_000 * (p_paid[0] - p_paid[1])])
    assert found.expected == pytest.approx((5_000 * p_paid * discount).sum() + (rest * breaks * discount).sum())
    going_on = 10_000 * curves.in_house.worth(np.array([90.0]), discount_rate=0.08)[0, 0] * 0.95
    assert found.in_house == pytest.approx(going_on)
    assert found.better is bool(found.expected > going_on)


def test_the_interval_is_that_of_the_curve():
    draws = [[0.5, 0.0], *[[0.3 + 0.01 * n, 0.0] for n in range(41)]]
    found = plan(book(received=700_000, billed=200_000), ways(hazard=draws))
    assert found.expected_low < found.expected < found.expected_high
    assert found.in_house_low < found.in_house < found.in_house_high
    assert plan(book(received=700_000, billed=200_000)).expected_low is None


@given(
    st.integers(1, 10_000_000), st.lists(st.integers(-5_000, 900_000), min_size=1, max_size=12), st.integers(0, 50_000)
)
def test_the_parts_add_up_to_the_cent_and_are_borne(owed, bearable, minimum):
    parts = equal_parts(owed, bearable, minimum=minimum)
    if not parts:
        months = [most for most in bearable if most >= max(min(minimum, owed), 1)]
        fits = [
            count
            for count in range(1, len(months) + 1)
            if owed // count >= min(minimum, owed) and -(-owed // count) <= min(months[:count])
        ]
        assert not fits
        return
    assert sum(amount for _, amount in parts) == owed
    amounts = [amount for _, amount in parts]
    assert max(amounts) - min(amounts) <= 1
    assert all(0 < amount <= bearable[month] for month, amount in parts)
    assert [month for month, _ in parts] == sorted({month for month, _ in parts})
    assert min(amounts) >= min(minimum, owed)


@settings(max_examples=12, deadline=None)
@given(st.integers(30_000, 3_000_000))
def test_the_plan_adds_up_to_the_debt(owed):
    found = plan(book(received=900_000, billed=200_000, owed=OVERDUE | {"amount": owed}))
    assert round(found.instalments["amount"].sum() * 100) == owed == round(found.debt * 100)


def test_disputes_and_cash_at_hand_are_not_in_the_plan():
    disputes = [{"dispute_id": "x1", "document_id": "d1", "opened_on": "2025-01-10", "amount": 400_000}]
    ledger = book(received=500_000, billed=200_000, disputes=disputes)
    assert plan(ledger).debt == 6_000.0


def test_promises_that_are_kept_make_the_next_likelier():
    record = PromiseRecord(3.0, 1.0, "by hand")
    assert record.mean == 0.75
    assert record.all_kept(0) == 1.0
    assert record.all_kept(2) == pytest.approx(3 / 4 * 4 / 5)
    assert record.all_kept(3) > record.mean**3


def test_the_pattern_by_hand():
    rows, applied = bills(200_000, ahead=2)
    back = {"receipt_id": "back", "customer_id": "c1", "date": "2025-03-16", "amount": -50_000}
    ledger = ledger_of(
        covers_from="2023-01-01",
        documents=[OVERDUE, *rows],
        receipts=[*monthly(300_000), back],
        applications=applied,
    )
    pattern = cash_pattern(ledger, customer_id="c1", currency="EUR", as_of=AS_OF, months_ahead=3)
    assert pattern.received.tolist() == [250_000, *[300_000] * 11]
    assert pattern.fell_due.tolist()[:4] == [200_000] * 4  # without the 10,000 that are open of December
    assert pattern.coming_due.tolist() == [200_000, 200_000, 0]
    assert (pattern.payment_day, pattern.on_that_day, pattern.receipts) == (14, 12, 12)
    assert pattern.gross(0.0) == (250_000 + 2 * 300_000) // 3


def test_a_poor_quarter_not_a_poor_month():
    """Paid every other month: the runs of three months hold one or two payments."""
    received = np.array([0, 600, 0, 600, 0, 600])
    pattern = CashPattern(received, np.full(6, 100), np.zeros(3, dtype=np.int64), 10, 3, 3)
    assert pattern.gross(0.25) == 200
    assert pattern.spare(0.25) == 100
    assert pattern.gross(1.0) == 400


@pytest.mark.parametrize(
    ("day", "first"),
    [(29, date(2025, 4, 30)), (3, date(2025, 5, 5)), (7, date(2025, 4, 7)), (12, date(2025, 4, 14))],
)
def test_pay_dates(day, first):
    """From 31 March: a week's notice, month ends, no weekends."""
    pattern = CashPattern(np.zeros(6), np.zeros(6), np.zeros(3), day, 1, 1)
    dates = pay_dates(pattern, as_of=AS_OF, months=12)
    assert dates[0] == first
    assert len(dates) == 12
    assert all(each.weekday() < 5 for each in dates)
    assert dates == sorted(set(dates))


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        (ledger_of(documents=[OVERDUE]), "the ledger has no receipts"),
        (ledger_of(documents=[OVERDUE], receipts=monthly(1_000, months=2)), "shows 2 receipts in 12 full months"),
        (
            ledger_of(
                covers_from="2024-12-01", documents=[OVERDUE | {"document_date": "2024-12-01"}], receipts=monthly(1)
            ),
            "4 full months; 4 in 6 are needed",
        ),
        (
            ledger_of(
                documents=[OVERDUE, debt("2024-12-31", 100, document_id="d2", currency="USD")],
                receipts=monthly(1_000),
                rates=[{"currency": "USD", "date": "2025-01-01", "rate": 0.9}],
            ),
            r"owes in several currencies \(EUR, USD\)",
        ),
        (
            ledger_of(
                documents=[OVERDUE], credit_events=[{"customer_id": "c1", "date": "2025-01-05", "kind": "insolvency"}]
            ),
            "is insolvent since 2025-01-05",
        ),
        (
            ledger_of(
                documents=[OVERDUE], credit_events=[{"customer_id": "c1", "date": "2025-01-05", "kind": "placement"}]
            ),
            "an agency or a court has the claim",
        ),
    ],
    ids=["receipts", "few", "short", "currencies", "insolvent", "placed"],
)
def test_where_no_plan_can_be_stated(ledger, said):
    with pytest.raises(EvidenceError, match=said):
        plan(ledger)


def test_what_is_paid_later_is_not_known_yet():
    ledger = book(received=500_000, billed=200_000)
    later = {"receipt_id": "late", "customer_id": "c1", "date": "2025-04-02", "amount": 999_999}
    other = ledger_of(documents=[], receipts=[later], customers=[{"customer_id": "c1"}]).table("receipts")
    more = ledger.replace(tables={**ledger.tables, "receipts": other.vstack(ledger.table("receipts"))})
    assert plan(more).reasons == plan(ledger).reasons


def test_examples():
    assert doctest.testmod(module).failed == 0


def test_payment_days_without_an_instalment_are_named():
    dates = [date(2025, 4, 10), date(2025, 5, 12), date(2025, 6, 10), date(2025, 7, 10)]
    assert module._passed_over(dates, [(0, 50), (1, 50)]) == []
    assert module._passed_over(dates, [(1, 50), (3, 50)]) == [
        "No instalment on 2025-04-10, 2025-06-10: what is open and falls due then takes what it can pay."
    ]
