"""What may be asked for, against plain loops over the rows of random ledgers."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.decisions.collectable import collectable
from credrisk.errors import DataError
from credrisk.ledger.movements import item_movements

AS_OF = date(2025, 3, 31)
SOON = 5
days = st.integers(-60, 20).map(lambda n: (AS_OF + timedelta(days=n)).isoformat())
cents = st.integers(1, 50_000)


@st.composite
def tables(draw):
    documents = [
        {
            "document_id": f"d{n}",
            "customer_id": draw(st.sampled_from(["a", "b"])),
            "document_date": "2025-01-01",
            "due_date": draw(days),
            "amount": draw(cents) * (-1 if draw(st.integers(0, 4)) == 0 else 1),
        }
        for n in range(draw(st.integers(1, 6)))
    ]
    receipts = [
        {
            "receipt_id": f"r{n}",
            "customer_id": draw(st.sampled_from(["a", "b"])),
            "date": draw(days),
            "amount": draw(cents),
        }
        for n in range(draw(st.integers(0, 3)))
    ]
    sources = [None, *(r["receipt_id"] for r in receipts), *(d["document_id"] for d in documents if d["amount"] < 0)]
    applications = [
        {
            "from_id": draw(st.sampled_from(sources)),
            "to_document_id": draw(st.sampled_from([d["document_id"] for d in documents])),
            "amount": draw(cents),
            "applied_on": draw(days),
        }
        for _ in range(draw(st.integers(0, 4)))
    ]
    for application in applications:
        application["kind"] = "write_off" if application["from_id"] is None else "payment"
    disputes = [
        {
            "dispute_id": f"x{n}",
            "document_id": draw(st.sampled_from([d["document_id"] for d in documents])),
            "opened_on": draw(days),
            "amount": draw(st.none() | cents),
            "resolved_on": draw(st.none() | days),
        }
        for n in range(draw(st.integers(0, 3)))
    ]
    return {"documents": documents, "receipts": receipts, "applications": applications, "disputes": disputes}


def owed(ledger) -> pl.DataFrame:
    seen = ledger.cut(AS_OF)
    return collectable(seen, AS_OF, movements=item_movements(seen), due_soon_days=SOON)


def slow_collectable(rows: dict, as_of: date) -> dict:
    today = as_of.isoformat()
    found = {}
    for customer in sorted({d["customer_id"] for d in rows["documents"]}):
        past_due = disputed = due_soon = open_credits = 0
        for document in (d for d in rows["documents"] if d["customer_id"] == customer):
            left = document["amount"]
            for application in rows["applications"]:
                seen = application["applied_on"] <= today
                receipt = next((r for r in rows["receipts"] if r["receipt_id"] == application["from_id"]), None)
                if seen and application["to_document_id"] == document["document_id"]:
                    left -= application["amount"]
                if seen and application["from_id"] == document["document_id"] and receipt is None:
                    left += application["amount"]
            of_it = [
                x
                for x in rows["disputes"]
                if x["document_id"] == document["document_id"]
                and x["opened_on"] <= today
                and (x["resolved_on"] is None or x["resolved_on"] > today)
            ]
            in_dispute = left if any(x["amount"] is None for x in of_it) else sum(x["amount"] for x in of_it)
            in_dispute = max(min(in_dispute, left), 0)
            if document["amount"] < 0:
                open_credits -= left
            elif document["due_date"] < today:
                past_due += left
                disputed += in_dispute
            elif document["due_date"] <= (as_of + timedelta(days=SOON)).isoformat() and left > 0:
                due_soon += left - in_dispute
        cash = sum(r["amount"] for r in rows["receipts"] if r["customer_id"] == customer and r["date"] <= today)
        for application in rows["applications"]:
            receipt = next((r for r in rows["receipts"] if r["receipt_id"] == application["from_id"]), None)
            seen = application["applied_on"] <= today and receipt is not None and receipt["date"] <= today
            if seen and receipt["customer_id"] == customer:
                cash -= application["amount"]
        amounts = (past_due, disputed, due_soon, open_credits, cash)
        found[customer] = tuple(max(amount, 0) / 100 for amount in amounts)
    return found


@given(tables())
@settings(max_examples=80, deadline=None)
def test_agrees_with_plain_loops(rows):
    ledger = ledger_of(**rows)
    found = {
        row[0]: row[1:]
        for row in owed(ledger)
        .select("customer_id", "past_due", "disputed", "due_soon", "open_credits", "unapplied_cash")
        .iter_rows()
    }
    for customer, expected in slow_collectable(rows, AS_OF).items():
        assert found.get(customer, (0, 0, 0, 0, 0)) == pytest.approx(expected)


@given(tables())
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_changes_nothing(rows):
    backwards = {name: table[::-1] for name, table in rows.items()}
    assert_frame_equal(
        owed(ledger_of(**rows)),
        owed(ledger_of(**backwards)),
    )


def in_two_currencies(**rates):
    return ledger_of(
        documents=[
            {"document_id": "1", "customer_id": "a", "document_date": "2025-01-01", "amount": 10_000},
            {"document_id": "2", "customer_id": "a", "document_date": "2025-01-01", "amount": 5_000, "currency": "JPY"},
        ],
        **rates,
    )


def test_other_currencies_are_translated_at_the_last_rate():
    days_of_rates = ["2025-01-31", "2025-03-30", "2025-04-30"]
    rates = [
        {"currency": "JPY", "date": d, "rate": r} for d, r in zip(days_of_rates, (0.005, 0.006, 0.007), strict=True)
    ]
    found = owed(in_two_currencies(rates=rates))
    assert found["past_due"].to_list() == [100.0 + 5_000 * 0.006]


def test_a_currency_without_a_rate_is_refused():
    with pytest.raises(DataError, match="JPY"):
        owed(in_two_currencies())


def test_due_on_the_day_itself_is_not_past_due():
    documents = [
        {
            "document_id": "1",
            "customer_id": "a",
            "document_date": "2025-01-01",
            "due_date": "2025-03-31",
            "amount": 100,
        },
        {
            "document_id": "2",
            "customer_id": "a",
            "document_date": "2025-01-01",
            "due_date": "2025-03-30",
            "amount": 200,
        },
    ]
    found = owed(ledger_of(documents=documents)).row(0, named=True)
    assert (found["past_due"], found["due_soon"]) == (2.0, 1.0)
    assert (found["oldest_due_on"], found["next_due_on"]) == (date(2025, 3, 30), AS_OF)


def test_a_ledger_without_documents():
    assert owed(ledger_of(documents=[])).select(pl.len()).item() == 0
