"""Discounts taken: earned, late, too much, unpaid; and what they cost a year."""

from __future__ import annotations

import doctest
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.decisions import discount_earned as module
from credrisk.decisions.discount_earned import annual_cost_of_discount, discounts_taken
from credrisk.errors import ParameterError


def test_two_ten_net_thirty():
    """0.02 / 0.98 x 365 / 20 = 37.2 %; (1 + 0.02 / 0.98) ** 18.25 - 1 = 44.6 %."""
    assert annual_cost_of_discount(0.02, days_earlier=20) == pytest.approx(0.37245, abs=1e-5)
    assert annual_cost_of_discount(0.02, days_earlier=20, compound=True) == pytest.approx(0.44585, abs=1e-5)


@given(st.floats(0.0, 0.5), st.floats(1, 300))
def test_compounding_only_adds_within_a_year(share, days):
    simple = annual_cost_of_discount(share, days_earlier=days)
    assert annual_cost_of_discount(share, days_earlier=days, compound=True) >= simple - 1e-9


def document(name: str, **more) -> dict:
    row = {"document_id": name, "customer_id": "c1", "document_date": "2025-01-01", "due_date": "2025-01-31"}
    return row | {"amount": 100_000} | more


def applied(to: str, amount: int, on: str, kind: str = "payment") -> dict:
    return {"from_id": None, "to_document_id": to, "amount": amount, "applied_on": on, "kind": kind}


def terms(rate: str = "0.02", days: str = "10") -> list[dict]:
    return [
        {"customer_id": "c1", "attribute": "discount_rate", "value": rate, "valid_from": "2024-01-01"},
        {"customer_id": "c1", "attribute": "discount_days", "value": days, "valid_from": "2024-01-01"},
    ]


def taken(*, cost_of_funds: float = 0.08, customer_history=None, applications, documents=None, as_of="2025-12-31"):
    history = terms() if customer_history is None else customer_history
    ledger = ledger_of(documents=documents or [document("d1")], applications=applications, customer_history=history)
    return discounts_taken(ledger, as_of=as_of, cost_of_funds=cost_of_funds, output="polars").row(0, named=True)


def test_paid_on_the_last_day_of_the_window_is_earned():
    row = taken(applications=[applied("d1", 98_000, "2025-01-11"), applied("d1", 2_000, "2025-01-11", "discount")])
    assert (row["state"], row["unearned"], row["discount"], row["allowed"]) == ("earned", 0.0, 20.0, 20.0)
    assert row["window_ends"] == date(2025, 1, 11)
    assert row["annual_cost"] == pytest.approx(0.37245, abs=1e-5)
    assert row["pays"] is False


@pytest.mark.parametrize(("on", "moved"), [("2025-01-13", True), ("2025-01-14", False)])
def test_a_window_that_closes_on_a_saturday_is_pointed_out(on, moved):
    """11 January 2025 was a Saturday: by BGB 193 the Monday would do; the verdict stays, the reason says so."""
    row = taken(applications=[applied("d1", 98_000, on), applied("d1", 2_000, on, "discount")])
    assert (row["state"], row["unearned"]) == ("late", 20.0)
    assert ("BGB 193" in row["reason"]) is moved


def test_it_pays_against_dearer_money():
    rows = [applied("d1", 98_000, "2025-01-11"), applied("d1", 2_000, "2025-01-11", "discount")]
    assert taken(applications=rows, cost_of_funds=0.4)["pays"] is True


def test_paid_a_day_late_none_of_it_is_earned():
    row = taken(applications=[applied("d1", 98_000, "2025-01-12"), applied("d1", 2_000, "2025-01-12", "discount")])
    assert (row["state"], row["unearned"]) == ("late", 20.0)
    assert row["reason"].startswith("paid 1 day after the window closed, by the Monday after")


def test_more_than_the_terms_allow():
    row = taken(applications=[applied("d1", 97_000, "2025-01-05"), applied("d1", 3_000, "2025-01-05", "discount")])
    assert (row["state"], row["unearned"]) == ("too_much", 10.0)


def test_the_discount_is_on_what_was_not_credited():
    rows = [
        applied("d1", 50_000, "2025-01-03", "deduction"),
        applied("d1", 49_000, "2025-01-05"),
        applied("d1", 1_000, "2025-01-05", "discount"),
    ]
    assert taken(applications=rows)["allowed"] == 10.0


def test_booked_without_money_and_the_money_that_comes_later_is_not_known_yet():
    rows = [applied("d1", 2_000, "2025-01-05", "discount"), applied("d1", 98_000, "2025-01-09")]
    assert taken(applications=rows, as_of="2025-01-08")["state"] == "unpaid"
    assert taken(applications=rows, as_of="2025-01-09")["state"] == "earned"


def test_without_terms_there_is_no_verdict():
    rows = [applied("d1", 98_000, "2025-01-11"), applied("d1", 2_000, "2025-01-11", "discount")]
    row = taken(applications=rows, customer_history=[])
    assert (row["state"], row["unearned"]) == (None, None)
    assert "not known" in row["reason"]


def test_terms_may_be_given_for_all():
    ledger = ledger_of(
        documents=[document("d1")],
        applications=[applied("d1", 97_000, "2025-01-11"), applied("d1", 3_000, "2025-01-11", "discount")],
    )
    found = discounts_taken(
        ledger, as_of="2025-12-31", cost_of_funds=0.08, discount_rate=0.03, discount_days=14, output="polars"
    )
    assert found["state"].to_list() == ["earned"]


@pytest.mark.parametrize(
    "wrong",
    [{"cost_of_funds": -0.1}, {"discount_rate": 2.0}, {"discount_days": -1}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_parameters_are_held_to_their_rules(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        discounts_taken(
            ledger_of(documents=[document("d1")]), **({"as_of": "2025-12-31", "cost_of_funds": 0.1} | wrong)
        )
    with pytest.raises(ParameterError, match="share"):
        annual_cost_of_discount(1.0, days_earlier=20)
    with pytest.raises(ParameterError, match="days_earlier"):
        annual_cost_of_discount(0.1, days_earlier=0)


def test_examples():
    assert doctest.testmod(module).failed == 0
