"""Expected days to pay out of a ledger: point in time, in one currency, and not without evidence."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.pipeline.payment_days import payment_days
from credrisk.simulate import simulate_ledger

AS_OF = date(2025, 3, 31)


def ago(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


def invoice(number: str, customer: str, days_late: int, amount: int, **changes: object) -> dict[str, object]:
    made = {"document_id": number, "customer_id": customer, "document_date": ago(days_late + 30)}
    return made | {"due_date": ago(days_late), "amount": amount} | changes


def test_without_a_payment_nothing_is_said_but_why() -> None:
    found = payment_days(ledger_of(documents=[invoice("d1", "a", 40, 100_000)]), as_of=AS_OF)
    assert found.timing is None
    assert found.days.schema == {"customer_id": pl.String, "expected_days_to_pay": pl.Float64}
    assert found.days.is_empty()
    assert "not measured" in found.note
    assert "No invoice was paid" in found.note


def test_what_was_posted_later_changes_nothing() -> None:
    ledger = simulate_ledger(customers=60, months=14, seed=3).ledger()
    day = ledger.settings.covers_to - timedelta(days=90)
    early = payment_days(ledger.cut(day), as_of=day)
    whole = payment_days(ledger, as_of=day)
    assert early.timing is not None
    assert early.note == ""
    assert early.days.equals(whole.days)


def test_items_weigh_by_their_value_in_the_ledger_s_currency() -> None:
    def days(currency: str, rate: float) -> float:
        paid = [invoice(f"p{n}", "a", 100 + n, 10_000) for n in range(12)]
        owed = [invoice("old", "a", 60, 10_000), invoice("new", "a", 3, 10_000, currency=currency)]
        applied = [{"to_document_id": f"p{n}", "amount": 10_000, "applied_on": ago(95 + n)} for n in range(12)]
        rates = [{"currency": "USD", "date": ago(200), "rate": rate}]
        made = payment_days(ledger_of(documents=[*paid, *owed], applications=applied, rates=rates), as_of=AS_OF)
        return float(made.days["expected_days_to_pay"].item())

    same = days("EUR", 1.0)
    assert days("USD", 1.0) == pytest.approx(same)
    light, heavy = days("USD", 1e-6), days("USD", 1e6)
    assert light != pytest.approx(heavy)
    assert (light + heavy) / 2 == pytest.approx(same, abs=1e-3)
