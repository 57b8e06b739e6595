"""Entries are checked against the ledger before they enter the log, and against the authority of who makes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from small_ledgers import ledger_of

from credrisk.decisions.collection_entries import (
    contact_entry,
    dispute_entry,
    note_entry,
    promise_entry,
    resolved_entry,
)
from credrisk.decisions.collection_entries_authority import (
    credit_note_entry,
    may_decide,
    plan_entries,
    settlement_entries,
    write_off_entry,
)
from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError

DAY = date(2025, 3, 31)
POLICY = Policy.default()


def invoice(number: str, amount: int, **more: Any) -> dict[str, Any]:
    return {"document_id": number, "customer_id": "C1", "document_date": "2025-01-05", "amount": amount, **more}


@pytest.fixture(scope="module")
def books() -> AccountBooks:
    ledger = ledger_of(
        documents=[
            invoice("D1", 1_000_00),
            invoice("D2", 500_00),
            invoice("D3", 300_00, currency="USD"),
            invoice("D4", 200_00, document_date="2025-04-02"),
            invoice("D5", 100_00, customer_id="C2"),
        ],
        receipts=[{"receipt_id": "R1", "customer_id": "C1", "date": "2025-03-01", "amount": 500_00}],
        applications=[{"from_id": "R1", "to_document_id": "D2", "amount": 500_00, "applied_on": "2025-03-01"}],
        disputes=[{"dispute_id": "Q1", "document_id": "D1", "opened_on": "2025-03-10", "amount": 400_00}],
        rates=[{"currency": "USD", "date": "2025-01-01", "rate": 0.5}],
    )
    return AccountBooks.open(ledger, None, day=DAY)


def test_what_is_owed_in_the_ledgers_currency_on_the_day(books: AccountBooks) -> None:
    assert books.owed("C1") == 1_000.0 + 300.0 * 0.5
    assert books.owed("C2") == 100.0
    item = books.document("D1")
    assert (item.open_amount, item.disputed, item.currency) == (1_000.0, 400.0, "EUR")
    assert books.document("D2").open_amount == 0.0


def test_payloads_are_flat_and_hold_what_was_said(books: AccountBooks) -> None:
    entry = contact_entry(
        books,
        customer_id="C1",
        channel="Call",
        outcome="No answer",
        made_on="2025-03-30",
        collector="Kim",
        note=" =cmd|' /C calc'!A0\n\t next\u202e line ",
    )
    assert entry.customer_id == "C1"
    assert entry.payload == {
        "date": "2025-03-30",
        "channel": "call",
        "outcome": "no_answer",
        "collector": "Kim",
        "note": "=cmd|' /C calc'!A0 next line",
    }
    promise = promise_entry(books, customer_id="C1", document_id="D3", due_on="2025-04-15", amount=299.99)
    assert promise.payload == {
        "document_id": "D3",
        "made_on": "2025-03-31",
        "due_on": "2025-04-15",
        "amount": 299.99,
        "currency": "USD",
    }
    dispute = dispute_entry(books, document_id="D1", owner="sales", cause="Short delivery")
    assert dispute.payload["amount"] == 600.0
    assert (dispute.customer_id, dispute.payload["cause"]) == ("C1", "short_delivery")
    resolved = resolved_entry(books, dispute_id="Q1", outcome="partly")
    assert resolved.payload == {"dispute_id": "Q1", "document_id": "D1", "outcome": "partly"}
    assert note_entry(books, text="call after ten", document_id="D1").customer_id == "C1"
    assert note_entry(books, text="general").customer_id is None


CONTACT = {"customer_id": "C1", "channel": "call", "outcome": "reached"}
PROMISE = {"customer_id": "C1", "document_id": "D1", "due_on": "2025-04-15"}
WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "an unknown customer": (contact_entry, CONTACT | {"customer_id": "c01"}, "did you mean C1"),
    "a channel": (contact_entry, CONTACT | {"channel": "pigeon"}, "one of call, email"),
    "an outcome": (contact_entry, CONTACT | {"outcome": "fine"}, "one of reached"),
    "a reason": (contact_entry, CONTACT | {"reason": "broke"}, "one of cannot_pay"),
    "a contact ahead": (contact_entry, CONTACT | {"made_on": "2025-04-01"}, "not after 2025-03-31"),
    "no date": (contact_entry, CONTACT | {"made_on": "yesterday"}, "a date such as"),
    "minutes": (contact_entry, CONTACT | {"minutes": -1.0}, "from 0"),
    "nobody spoke": (contact_entry, CONTACT | {"outcome": "no_answer", "reason": "dispute"}, "nobody answered"),
    "a long note": (contact_entry, CONTACT | {"note": "x" * 5_000}, "at most 4,000"),
    "a paid document": (promise_entry, PROMISE | {"document_id": "D2"}, "something is open"),
    "an unknown document": (promise_entry, PROMISE | {"document_id": "D9"}, "known on 2025-03-31"),
    "a later document": (promise_entry, PROMISE | {"document_id": "D4"}, "known on 2025-03-31"),
    "another's document": (promise_entry, PROMISE | {"document_id": "D5"}, "a document of customer C1"),
    "more than is open": (promise_entry, PROMISE | {"amount": 1_000.01}, "at most 1,000 EUR"),
    "nothing": (promise_entry, PROMISE | {"amount": 0.0}, "above 0"),
    "a part of a cent": (promise_entry, PROMISE | {"amount": 10.001}, "at most 2 decimals"),
    "a promise for the past": (promise_entry, PROMISE | {"due_on": "2025-03-30"}, "from 2025-03-31"),
    "a promise in years": (promise_entry, PROMISE | {"due_on": "2028-03-30"}, "366 days later"),
    "a dispute of more": (dispute_entry, {"document_id": "D1", "amount": 600.01}, "at most 600 EUR"),
    "a dispute of a paid one": (dispute_entry, {"document_id": "D2"}, "something is open"),
    "a dispute before": (dispute_entry, {"document_id": "D1", "opened_on": "2025-01-04"}, "not before the document"),
    "no such dispute": (resolved_entry, {"dispute_id": "Q9", "outcome": "valid"}, "a dispute known"),
    "an empty note": (note_entry, {"text": " \n"}, "words"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_breaks_a_rule_is_refused_with_the_rule(books: AccountBooks, case: str) -> None:
    build, given, said = WRONG[case]
    with pytest.raises(ParameterError, match=said):
        build(books, **given)


def test_nothing_known_after_the_day_is_used(books: AccountBooks) -> None:
    later = AccountBooks.open(books.ledger, None, day="2025-02-28")
    assert later.document("D2").open_amount == 500.0
    assert later.document("D1").disputed == 0.0


BY = {"policy": POLICY, "grade": "B", "reason": "agreed"}


def test_who_is_below_authority_is_refused_with_who_may(books: AccountBooks) -> None:
    limits = {e.role: e.up_to for e in POLICY.authority if e.action == "write_off"}
    assert limits["credit analyst"] == 250.0
    entry = write_off_entry(books, document_id="D1", amount=250.0, role="Credit Analyst", **BY)
    assert (entry.kind, entry.payload["approver"], entry.payload["role"]) == (
        "write_off",
        "credit analyst",
        "Credit Analyst",
    )
    with pytest.raises(ParameterError, match=r"may write off 250\.01 EUR for grade B: credit manager, or higher"):
        write_off_entry(books, document_id="D1", amount=250.01, role="credit analyst", **BY)
    higher = write_off_entry(books, document_id="D1", amount=250.0, role="finance director", **BY)
    assert higher.payload["approver"] == "credit analyst"
    with pytest.raises(ParameterError, match="credit analyst, or higher"):
        credit_note_entry(books, document_id="D1", amount=1.0, role="intern", **BY)


def test_two_halves_do_not_pass_where_the_whole_may_not(tmp_path: Path) -> None:
    """What was given up of a document before counts towards the authority, and cannot be given up again."""
    write_off = {"kind": "write_off", "to_document_id": "D1", "amount": 200_00, "applied_on": "2025-03-31"}
    posted = [{"application_id": "A1", **write_off}]
    log = DecisionLog(tmp_path / "log.db")

    def decided(role: str, amount: float | None, *, applications: list[dict[str, Any]]) -> Record:
        ledger = ledger_of(documents=[invoice("D1", 1_000_00)], applications=applications)
        now = AccountBooks.open(ledger, log, day=DAY)
        return write_off_entry(now, document_id="D1", amount=amount, role=role, **BY)

    first = decided("credit analyst", 200.0, applications=[])
    log.append_all([first], author="Kim", at=datetime(2025, 3, 30, 10, tzinfo=UTC))
    assert decided("credit analyst", 50.0, applications=[]).payload["amount"] == 50.0
    for books_follow in ([], posted):
        with pytest.raises(ParameterError, match=r"may write off 250.01 EUR for grade B: credit manager"):
            decided("credit analyst", 50.01, applications=books_follow)
        # what the books have not posted yet is open there, but given up; once they have, it is not taken off twice
        assert decided("finance director", None, applications=books_follow).payload["amount"] == 800.0
        with pytest.raises(ParameterError, match=r"at most 800 EUR, what is open of D1"):
            decided("finance director", 800.01, applications=books_follow)
    log.append_all(
        [decided("finance director", None, applications=[])], author="Kim", at=datetime(2025, 3, 31, tzinfo=UTC)
    )
    with pytest.raises(ParameterError, match=r"1,000 EUR of it was decided to be given up before"):
        decided("finance director", None, applications=[])


def test_authority_counts_in_the_ledgers_currency(books: AccountBooks) -> None:
    entry = write_off_entry(books, document_id="D3", role="credit analyst", **BY)
    assert (entry.payload["amount"], entry.payload["currency"]) == (300.0, "USD")


def test_a_plan_needs_the_grade_and_the_sum(books: AccountBooks) -> None:
    due = [("2025-04-30", 500.0), ("2025-05-31", 500.0)]
    plan, *promises = plan_entries(books, customer_id="C1", instalments=due, role="credit analyst", **BY)
    assert plan.payload["amount"] == 1_000.0
    assert [(p.kind, p.payload["due_on"], p.payload["plan_id"]) for p in promises] == [
        ("promise", day, plan.payload["plan_id"]) for day, _ in due
    ]
    for grade in ("F", None):
        with pytest.raises(ParameterError, match="credit manager, or higher"):
            plan_entries(books, customer_id="C1", instalments=due, role="credit analyst", **(BY | {"grade": grade}))
    wrong = {
        "at most 1,150 EUR": [("2025-04-30", 500.0), ("2025-05-31", 651.0)],
        "rising days": [("2025-05-31", 500.0), ("2025-04-30", 500.0)],
        "none before": [("2025-03-30", 500.0), ("2025-04-30", 500.0)],
        "from 2 to 60": [("2025-04-30", 500.0)],
        "above 0": [("2025-04-30", 500.0), ("2025-05-31", -1.0)],
    }
    for said, instalments in wrong.items():
        with pytest.raises(ParameterError, match=said):
            plan_entries(books, customer_id="C1", instalments=instalments, role="credit analyst", **BY)


def test_a_settlement_is_judged_by_what_is_given_up(books: AccountBooks) -> None:
    paid = {"customer_id": "C1", "pay_by": "2025-04-30", "role": "credit analyst", **BY}
    settled, promise = settlement_entries(books, pays=900.0, **paid)
    assert (settled.payload["owed"], settled.payload["amount"], promise.payload["amount"]) == (1_150.0, 250.0, 900.0)
    with pytest.raises(ParameterError, match=r"give up in a settlement 250\.01 EUR"):
        settlement_entries(books, pays=899.99, **paid)
    with pytest.raises(ParameterError, match="below 1,150 EUR"):
        settlement_entries(books, pays=1_150.0, **paid)
    with pytest.raises(ParameterError, match="reason must be stated"):
        settlement_entries(books, pays=900.0, **(paid | {"reason": " "}))


def test_where_the_matrix_lets_nobody_the_refusal_says_so(books: AccountBooks) -> None:
    nobody = POLICY.changed({"authority": [a for a in POLICY.content()["authority"] if a["action"] != "write_off"]})
    assert not may_decide(nobody, role="finance director", action="write_off", amount=1.0, grade="A")
    with pytest.raises(ParameterError, match="nobody, by the policy"):
        write_off_entry(books, document_id="D1", role="finance director", **(BY | {"policy": nobody}))
