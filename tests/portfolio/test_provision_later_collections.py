"""Later collections by ASU 2025-05: cash known after the day, once, net of what came back, on current items."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.settings import ProvisionSettings

DAY, UNTIL = date(2025, 6, 30), date(2025, 7, 31)
ELECTED = ProvisionSettings(
    standard="cecl",
    history_months=2,
    public_business_entity=False,
    current_conditions_persist=True,
    later_collections_to=UNTIL,
)
OLD_CASH = [{"receipt_id": "OLD", "customer_id": "C", "date": "2025-06-20", "amount": 1000_00}]


def invoice(number: str, due: str, **more: Any) -> dict[str, Any]:
    row = {"document_id": number, "customer_id": "C", "document_date": "2025-04-01", "due_date": due}
    return {**row, "amount": 1000_00, **more}


def applied(document: str, kind: str, amount: int, day: str, **more: Any) -> dict[str, Any]:
    return {"to_document_id": document, "amount": amount, "applied_on": day, "kind": kind, **more}


def book(*applications: dict[str, Any], **more: Any) -> Ledger:
    """A is older than B; both are 1,000.00 and open on 30 June."""
    documents = [invoice("A", "2025-05-10"), invoice("B", "2025-06-10"), *more.pop("documents", [])]
    return ledger_of(documents=documents, applications=list(applications), **more)


def made(ledger: Ledger, **changes: Any) -> Provision:
    return provision(ledger, as_of=DAY, settings=ELECTED.changed(**changes), output="polars")


def later(ledger: Ledger, **changes: Any) -> dict[str, tuple[float, float]]:
    """Return what of each item was collected later, and what is exposed."""
    rows = made(ledger, **changes).items.select("document_id", "collected_later", "exposed")
    return {name: (came, left) for name, came, left in rows.iter_rows()}


def test_a_cheque_that_bounced_was_not_collected() -> None:
    """Of 1,000 paid on the 5th 700 come back on the 10th: 300 are collected."""
    part = [applied("A", "payment", 1000_00, "2025-07-05"), applied("A", "reversal", -700_00, "2025-07-10")]
    assert later(book(*part)) == {"A": (300.0, 700.0), "B": (0.0, 1000.0)}
    receipt = [{"receipt_id": "R", "customer_id": "C", "date": "2025-07-05", "amount": 1000_00}]
    given_back = [dict(row, from_id="R") for row in part]
    assert later(book(*given_back, receipts=receipt)) == {"A": (300.0, 700.0), "B": (0.0, 1000.0)}
    # What bounced had been paid before the day: no cash of before is collected later.
    before = [applied("A", "payment", 600_00, "2025-06-05"), applied("A", "reversal", -600_00, "2025-07-10")]
    assert later(book(*before)) == {"A": (0.0, 400.0), "B": (0.0, 1000.0)}


def test_a_write_off_taken_back_is_no_bounced_cash() -> None:
    """Written off on the 5th, taken back on the 8th and paid in part: 400 are collected. So is a recovery of 300."""
    off = applied("A", "write_off", 1000_00, "2025-07-05")
    back, paid = applied("A", "reversal", -1000_00, "2025-07-08"), applied("A", "payment", 400_00, "2025-07-12")
    assert later(book(off, back, paid))["A"] == (400.0, 600.0)
    recovered = [applied("A", "reversal", -300_00, "2025-07-20"), applied("A", "recovery", 300_00, "2025-07-20")]
    assert later(book(off, *recovered))["A"] == (300.0, 700.0)
    # A payment that bounced before the write-off did so whatever was written off afterwards.
    first = [applied("A", "payment", 1000_00, "2025-07-02"), applied("A", "reversal", -1000_00, "2025-07-04")]
    assert later(book(*first, off))["A"] == (0.0, 1000.0)


def test_cash_that_was_on_account_counts_once() -> None:
    """The 1,000 of June settle A by set-off; applied to B in July they are no new cash: 1,000 of 2,000 are exposed."""
    used = applied("B", "payment", 1000_00, "2025-07-05", from_id="OLD")
    assert later(book(used, receipts=OLD_CASH)) == {"A": (0.0, 0.0), "B": (0.0, 1000.0)}
    # New cash on A, which set-off had settled: now both are paid, and B by the cash of June.
    new = applied("A", "payment", 1000_00, "2025-07-06")
    assert later(book(used, new, receipts=OLD_CASH)) == {"A": (0.0, 0.0), "B": (1000.0, 0.0)}
    assert later(book(used, new, receipts=OLD_CASH), credits="not_netted") == {"A": (1000.0, 0.0), "B": (0.0, 1000.0)}


@pytest.mark.parametrize("applied_on", ["2025-06-27", "2025-07-04"])
def test_cash_of_before_the_day_that_was_entered_after_it_is_collected_later(applied_on: str) -> None:
    """In the bank on the 27th of June, entered on the 4th of July: neither on account on the day nor lost after it."""
    receipt = {"receipt_id": "R", "customer_id": "C", "date": "2025-06-27", "amount": 600_00}
    paid = applied("A", "payment", 600_00, applied_on, from_id="R", recorded_at="2025-07-04")
    ledger = book(paid, receipts=[receipt | {"recorded_at": "2025-07-04"}])
    assert later(ledger) == {"A": (600.0, 400.0), "B": (0.0, 1000.0)}
    # Known on the day it was on account, and netted: it counts for nothing a second time.
    known = book(paid, receipts=[receipt | {"recorded_at": "2025-06-27"}])
    assert later(known) == {"A": (0.0, 400.0), "B": (0.0, 1000.0)}


def test_a_payment_without_a_receipt_that_was_entered_late_is_collected_later() -> None:
    paid = applied("A", "payment", 600_00, "2025-06-27", recorded_at="2025-07-04")
    assert later(book(paid))["A"] == (600.0, 400.0)
    after_the_last_day = book(paid | {"recorded_at": "2025-08-04"}, covers_to="2025-08-31")
    assert later(after_the_last_day)["A"] == (0.0, 1000.0)


@pytest.mark.parametrize("kind", ["offset", "credit_note", "payment"])
def test_a_credit_note_is_no_collection(kind: str) -> None:
    """It settles A by set-off while it is open; applied to B afterwards it brings no cash."""
    note = invoice("K", "2025-06-01", amount=-1000_00)
    ledger = book(applied("B", kind, 1000_00, "2025-07-05", from_id="K"), documents=[note])
    assert later(ledger) == {"A": (0.0, 0.0), "B": (0.0, 1000.0)}


def test_what_is_set_off_against_a_debt_of_ours_is_no_cash() -> None:
    assert later(book(applied("B", "offset", 1000_00, "2025-07-05")))["B"] == (0.0, 1000.0)


def test_only_current_receivables_are_lowered_and_the_rest_is_told() -> None:
    """L is due in eighteen months and paid in July all the same; due a year on it would be current."""
    paid = applied("L", "payment", 250_00, "2025-07-05")
    for due, left, said in (("2026-12-31", 1000.0, True), ("2026-06-30", 750.0, False)):
        found = made(book(paid, documents=[invoice("L", due)]))
        assert dict(found.items.select("document_id", "exposed").iter_rows())["L"] == left
        words = {choice.subject: choice.words for choice in found.contested}
        assert ("Left out: 250 EUR collected on 1 item due in more than 12 months" in words["Later collections"]) == (
            said
        )
        assert ("1 item due in more than 12 months needs a forecast" in words["Current conditions persist"]) == said


def test_what_is_collected_has_its_tax_in_it() -> None:
    """1,000 with 200 tax: 600 come in, of the 400 left 80 are tax that the authority gives back."""
    ledger = book(
        applied("T", "payment", 600_00, "2025-07-05"), documents=[invoice("T", "2025-06-20", tax_amount=200_00)]
    )
    assert later(ledger)["T"] == (600.0, 400.0)
    assert later(ledger, vat="relief")["T"] == (480.0, 320.0)


PAYMENTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 70_00), st.integers(-20, 31), *[st.integers(0, 20)] * 2), max_size=8
)


@settings(max_examples=25, deadline=None)
@given(PAYMENTS)
def test_what_is_exposed_is_what_is_owed_once_all_cash_is_applied(drawn: list[tuple[int, int, int, int, int]]) -> None:
    """Three items, cash before and after the day, entered and applied in any order: no more and no less is owed."""
    left, receipts, applications = [100_00] * 3, [], []
    for number, (item, amount, day, wait, late) in enumerate(drawn):
        amount = min(amount, left[item])
        if not amount:
            continue
        left[item] -= amount
        came = DAY + timedelta(days=day)
        name = f"R{number}"
        entered = min(came + timedelta(days=late), UNTIL)
        receipt = {"receipt_id": name, "customer_id": "C", "date": came, "amount": amount, "recorded_at": entered}
        receipts.append(receipt)
        on, known = (day.isoformat() for day in (min(came + timedelta(days=wait), UNTIL), entered))
        applications.append(applied(f"I{item}", "payment", amount, on, from_id=name, recorded_at=max(on, known)))
    documents = [invoice(f"I{number}", f"2025-0{4 + number}-20", amount=100_00) for number in range(3)]
    found = made(ledger_of(documents=documents, receipts=receipts, applications=applications))
    assert round(100 * found.items["exposed"].sum()) == sum(left)
