"""Offers out of a ledger: who was past due, what was known the evening before, what came in the 90 days after."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import ledgers, random_ledger
from small_ledgers import ledger_of

from credrisk.decisions.offers import COVARIATES, ledger_offers
from credrisk.errors import EvidenceError
from credrisk.ledger.ledger import Ledger

LIST = "2025-03-03"


def book(**more: object) -> Ledger:
    """Two customers past due on 3 March, one of them called that day; C1 pays 600 of 1,000 on the 13th."""
    tables: dict[str, object] = {
        "documents": [
            {"document_id": name, "customer_id": customer, "document_date": made, "due_date": due, "amount": amount}
            for name, customer, made, due, amount in (
                ("A", "C1", "2025-01-01", "2025-02-01", 100_000),
                ("B", "C2", "2025-01-01", "2025-02-21", 50_000),
                ("C", "C3", "2025-02-01", "2025-04-01", 50_000),
            )
        ],
        "receipts": [
            {"receipt_id": "R1", "customer_id": "C1", "date": "2025-03-13", "amount": 60_000},
            {"receipt_id": "R2", "customer_id": "C2", "date": "2025-05-02", "amount": 50_000},
        ],
        "applications": [
            {"from_id": "R1", "to_document_id": "A", "applied_on": "2025-03-15", "amount": 60_000},
            {"from_id": "R2", "to_document_id": "B", "applied_on": "2025-05-02", "amount": 50_000},
        ],
        "contacts": [
            {"contact_id": "T0", "customer_id": "C1", "date": "2025-02-11", "channel": "email", "outcome": "reached"},
            {"contact_id": "T1", "customer_id": "C1", "date": LIST, "channel": "call", "outcome": "reached"},
        ],
    }
    return ledger_of(**{**tables, **more})


def on_list(offers: pl.DataFrame, day: str = LIST) -> dict[str, dict[str, object]]:
    return {
        row["customer_id"]: row
        for row in offers.filter(pl.col("date") == date.fromisoformat(day)).iter_rows(named=True)
    }


def test_contacts_of_the_day_are_the_offers_and_the_others_were_left_alone() -> None:
    found = on_list(ledger_offers(book(), as_of="2025-12-31", output="polars"))
    assert set(found) == {"C1", "C2"}
    assert (found["C1"]["action"], found["C2"]["action"]) == ("call", "none")
    assert found["C1"]["probability"] is None
    assert (found["C1"]["amount"], found["C1"]["age_days"], found["C1"]["due_items"]) == (1000.0, 30.0, 1.0)
    assert (found["C1"]["contacts_90"], found["C1"]["days_since_contact"]) == (1.0, 20.0)
    assert found["C2"]["days_since_contact"] is None


def test_outcomes_are_shares_of_the_money_and_its_days() -> None:
    found = on_list(ledger_offers(book(), as_of="2025-12-31", output="polars"))
    one, two = found["C1"], found["C2"]
    # 600 of 1,000 came after 10 days, the rest not within 90; the other paid all after 60 days.
    assert [one[f"paid_{days}"] for days in (30, 60, 90)] == pytest.approx([0.6, 0.6, 0.6])
    assert one["open_days_90"] == pytest.approx(0.6 * 10 + 0.4 * 90)
    assert [two[f"paid_{days}"] for days in (30, 60, 90)] == pytest.approx([0.0, 1.0, 1.0])
    assert two["open_days_90"] == pytest.approx(60)


def test_write_offs_credits_and_payments_taken_back_are_no_payment() -> None:
    settled = book(
        applications=[
            {"from_id": "R1", "to_document_id": "A", "applied_on": "2025-03-13", "amount": 60_000},
            {"from_id": "R1", "to_document_id": "A", "applied_on": "2025-03-23", "amount": -60_000, "kind": "reversal"},
            {"from_id": None, "to_document_id": "B", "applied_on": "2025-03-10", "amount": 50_000, "kind": "write_off"},
        ]
    )
    found = on_list(ledger_offers(settled, as_of="2025-12-31", output="polars"))
    assert found["C2"]["open_days_90"] == 90
    assert found["C1"]["paid_90"] == 0
    # A reversal counts on the day of the receipt it takes back, as everywhere in the ledger's movements.
    assert found["C1"]["open_days_90"] == pytest.approx(90)


def test_a_list_needs_its_ninety_days() -> None:
    early = ledger_offers(book(), as_of="2025-06-01", output="polars")
    assert on_list(early)
    with pytest.raises(EvidenceError, match="no list and no contact"):
        ledger_offers(book(contacts=[]), as_of="2025-12-31")
    late = ledger_offers(book(), as_of="2025-05-31", output="polars")
    assert not on_list(late)


def test_logged_lists_are_taken_with_their_chances() -> None:
    log = [
        {
            "customer_id": "C1",
            "date": LIST,
            "action": "letter",
            "probability": 0.3,
            "done": True,
            "done_on": "2025-03-04",
        },
        {"customer_id": "C2", "date": LIST, "action": "none", "probability": 0.7},
    ]
    found = on_list(ledger_offers(book(queue_log=log), as_of="2025-12-31", output="polars"))
    assert [found[name]["action"] for name in ("C1", "C2")] == ["letter", "none"]
    assert [found[name]["probability"] for name in ("C1", "C2")] == [0.3, 0.7]
    assert found["C1"]["done"] is True
    # A log that only has what was offered: the others were left alone, by an unknown chance.
    found = on_list(ledger_offers(book(queue_log=log[:1]), as_of="2025-12-31", output="polars"))
    assert [found[name]["action"] for name in ("C1", "C2")] == ["letter", "none"]
    assert found["C2"]["probability"] is None


def test_a_contact_by_a_channel_of_no_action_leaves_its_row_out() -> None:
    visit = {"contact_id": "T1", "customer_id": "C1", "date": LIST, "channel": "visit", "outcome": "reached"}
    assert set(on_list(ledger_offers(book(contacts=[visit]), as_of="2025-12-31", output="polars"))) == {"C2"}
    named = visit | {"action": "escalation"}
    found = on_list(ledger_offers(book(contacts=[named]), as_of="2025-12-31", output="polars"))
    assert found["C1"]["action"] == "escalation"


def test_of_every_week_the_day_with_most_contacts_is_taken() -> None:
    contacts = [
        {"contact_id": f"T{place}", "customer_id": name, "date": day, "channel": "call", "outcome": "reached"}
        for place, (name, day) in enumerate([("C1", "2025-03-04"), ("C1", "2025-03-06"), ("C2", "2025-03-06")])
    ]
    found = ledger_offers(book(contacts=contacts), as_of="2025-12-31", output="polars")
    assert found["date"].unique().to_list() == [date(2025, 3, 6)]


@settings(max_examples=8, deadline=None)
@given(ledger=ledgers(), back=st.integers(0, 300))
def test_offers_of_a_day_are_those_of_the_ledger_cut_then(ledger: Ledger, back: int) -> None:
    as_of = ledger.settings.covers_to - timedelta(days=back)
    try:
        found = ledger_offers(ledger, as_of=as_of, output="polars")
    except EvidenceError:
        return
    assert found.equals(ledger_offers(ledger.cut(as_of), as_of=as_of, output="polars"))
    assert found.select("customer_id", "date").is_unique().all()
    assert (found["date"] <= as_of - timedelta(days=90)).all()
    assert found["open_days_90"].is_between(0, 90).all()
    assert (found["paid_30"] <= found["paid_60"] + 1e-9).all()
    assert (found["paid_60"] <= found["paid_90"] + 1e-9).all()
    assert set(COVARIATES) <= set(found.columns)


def test_what_was_known_does_not_change_with_what_came_later() -> None:
    """The covariates of a list are those of the ledger as it stood the evening before, whatever was posted since."""
    ledger = random_ledger(3)
    as_of = ledger.settings.covers_to
    found = ledger_offers(ledger, as_of=as_of, output="polars")
    earlier = ledger_offers(ledger, as_of=as_of - timedelta(days=60), output="polars")
    known = ["customer_id", "date", "action", "reason", *COVARIATES]
    both = earlier.select(known).join(found.select("customer_id", "date"), on=["customer_id", "date"], how="semi")
    again = found.select(known).join(earlier.select("customer_id", "date"), on=["customer_id", "date"], how="semi")
    days = set(earlier["date"]) & set(found["date"])
    assert days
    # A list on which the same contacts were known by both days has the same rows.
    assert (
        both.filter(pl.col("date").is_in(list(days)))
        .drop("action")
        .equals(again.filter(pl.col("date").is_in(list(days))).drop("action"))
    )
