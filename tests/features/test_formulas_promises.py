"""Promises and contacts, on ledgers small enough to work out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from small_ledgers import Rows, ledger_of

from credrisk.features import build_panel
from credrisk.ledger.ledger import Ledger

AS_OF = "2024-06-30"


def row(ledger: Ledger, as_of: str = AS_OF) -> dict[str, Any]:
    return build_panel(ledger, as_of=as_of, output="polars").filter(customer_id="a").row(0, named=True)


def promise(number: int, made: str, due: str, amount: int | None = None, document: str | None = "d") -> dict[str, Any]:
    return {
        "promise_id": f"p{number}",
        "customer_id": "a",
        "document_id": document,
        "made_on": made,
        "due_on": due,
        "amount": amount,
    }


def owing(promises: Rows, *cash: tuple[str, int], **more: Any) -> Ledger:
    """Return an invoice of 100 due on 2024-02-10 and cash on days, applied to it the same day."""
    document = {"document_id": "d", "customer_id": "a", "document_date": "2024-01-10", "due_date": "2024-02-10"}
    receipts = [{"receipt_id": day, "customer_id": "a", "date": day, "amount": amount} for day, amount in cash]
    applied = [{"from_id": day, "to_document_id": "d", "amount": amount, "applied_on": day} for day, amount in cash]
    tables = {"documents": [document | {"amount": 10_000}], "receipts": receipts, "applications": applied}
    return ledger_of(promises=promises, **tables, **more)


def test_the_money_that_came_by_the_day_counts_though_the_promise_was_broken() -> None:
    """Of 80 promised 20 came in time and 60 nine days late; of 20 promised all came."""
    books = [promise(1, "2024-03-01", "2024-03-20", 8_000), promise(2, "2024-04-01", "2024-04-10", 2_000)]
    found = row(owing(books, ("2024-03-10", 2_000), ("2024-03-29", 6_000), ("2024-04-10", 2_000)))
    assert (found["promises_made_12m"], found["promises_12m"], found["kept_promises_12m"]) == (2, 2, 1)
    assert found["promised_money_kept_share_12m"] == pytest.approx(0.4)
    assert (found["late_kept_promises_12m"], found["broken_promise_days_12m"]) == (1, 9.0)


def test_a_broken_promise_waits_until_today_and_is_made_good_only_once_it_is_seen() -> None:
    books = owing([promise(1, "2024-03-01", "2024-03-20", 8_000)], ("2024-05-01", 8_000))
    waiting, good = row(books, "2024-04-30"), row(books, "2024-05-01")
    assert (waiting["late_kept_promises_12m"], waiting["broken_promise_days_12m"]) == (0, 41.0)
    assert (good["late_kept_promises_12m"], good["broken_promise_days_12m"]) == (1, 42.0)
    assert row(books)["broken_promise_days_12m"] == 42.0


def test_clearing_the_document_makes_any_promise_for_it_good() -> None:
    books = owing([promise(1, "2024-03-01", "2024-03-20", 50_000)], ("2024-03-01", 4_000), ("2024-04-19", 6_000))
    assert row(books)["broken_promise_days_12m"] == 30.0


def taken_off(kind: str, day: str, amount: int) -> tuple[Rows, Rows]:
    """Return the documents and the application by which ``amount`` of the item went without cash."""
    note = {"document_id": "n", "customer_id": "a", "document_date": day, "due_date": day, "kind": "credit_note"}
    applied = {"to_document_id": "d", "amount": amount, "applied_on": day, "kind": kind}
    if kind == "credit_note":
        return [note | {"amount": -amount}], [applied | {"from_id": "n"}]
    return [], [applied]


def gone(kind: str, day: str, amount: int, *cash: tuple[str, int], promised: int | None = 10_000) -> dict[str, Any]:
    documents, applied = taken_off(kind, day, amount)
    invoice = {"document_id": "d", "customer_id": "a", "document_date": "2024-01-10", "due_date": "2024-02-10"}
    receipts = [{"receipt_id": on, "customer_id": "a", "date": on, "amount": paid} for on, paid in cash]
    applied += [{"from_id": on, "to_document_id": "d", "amount": paid, "applied_on": on} for on, paid in cash]
    return row(
        ledger_of(
            documents=[invoice | {"amount": 10_000}, *documents],
            receipts=receipts,
            applications=applied,
            promises=[promise(1, "2024-03-01", "2024-03-20", promised)],
        )
    )


@pytest.mark.parametrize("kind", ["credit_note", "write_off"])
def test_a_document_cleared_without_money_is_neither_kept_nor_broken(kind: str) -> None:
    found = gone(kind, "2024-03-10", 10_000)
    assert (found["promises_made_12m"], found["promises_12m"], found["broken_promises_12m"]) == (1, 0, 0)
    assert (found["kept_promises_12m"], found["open_promises"]) == (0, 0)
    assert found["broken_promise_share_12m"] is None
    assert found["promised_money_kept_share_12m"] is None


def test_what_was_credited_need_not_be_paid_and_what_was_written_off_was_not() -> None:
    paid = ("2024-03-15", 6_000)
    assert gone("credit_note", "2024-03-10", 4_000, paid)["kept_promises_12m"] == 1
    assert gone("credit_note", "2024-03-10", 4_000, paid)["promised_money_kept_share_12m"] == 1.0
    assert gone("credit_note", "2024-03-10", 4_000, paid, promised=None)["kept_promises_12m"] == 1
    lost = gone("write_off", "2024-03-10", 4_000, paid)
    assert (lost["promises_12m"], lost["kept_promises_12m"], lost["broken_promises_12m"]) == (0, 0, 0)
    # Six thousand were promised and came: what became of the rest changes nothing.
    assert gone("write_off", "2024-03-10", 4_000, paid, promised=6_000)["kept_promises_12m"] == 1
    short = gone("credit_note", "2024-03-10", 3_000, paid)
    assert (short["promises_12m"], short["broken_promises_12m"]) == (1, 1)


@pytest.mark.parametrize("kind", ["credit_note", "write_off"])
def test_what_is_cleared_without_money_after_its_day_stays_broken_and_waits_no_longer(kind: str) -> None:
    found = gone(kind, "2024-04-19", 10_000)
    assert (found["promises_12m"], found["broken_promises_12m"], found["late_kept_promises_12m"]) == (1, 1, 0)
    assert found["broken_promise_days_12m"] == 30.0


def test_a_promise_on_account_is_made_good_by_receipts_of_its_currency() -> None:
    books = owing([promise(1, "2024-03-01", "2024-03-20", 5_000, None)], ("2024-02-20", 9_000), ("2024-03-25", 5_000))
    assert (row(books)["late_kept_promises_12m"], row(books)["broken_promise_days_12m"]) == (1, 5.0)


def test_a_repeat_needs_an_earlier_broken_promise_for_the_same_item_that_had_fallen_due() -> None:
    books = [
        promise(1, "2024-03-01", "2024-03-20"),
        promise(2, "2024-03-20", "2024-04-01"),
        promise(3, "2024-03-21", "2024-04-10"),
        promise(4, "2024-05-01", "2024-05-10", document=None),
    ]
    found = row(owing(books))
    assert (found["broken_promises_12m"], found["repeat_broken_promises_12m"]) == (4, 1)


def test_promises_ahead_and_the_part_of_what_is_past_due_that_they_hold() -> None:
    """100 is past due: 30 promised for the item, 20 on account; the promise for day 31 is not within 30 days."""
    books = [
        promise(1, "2024-06-20", "2024-06-30", 3_000),
        promise(2, "2024-06-20", "2024-07-30", 2_000, None),
        promise(3, "2024-06-20", "2024-06-29", 1_000),
    ]
    assert row(owing(books))["promised_share_past_due"] == pytest.approx(0.5)
    assert row(owing(books))["promises_due_30d"] == 2
    whole = [*books, promise(4, "2024-06-20", "2024-07-31")]
    assert row(owing(whole))["promised_share_past_due"] == 1.0
    assert row(owing(whole))["promises_due_30d"] == 2
    assert row(owing(books, ("2024-06-01", 10_000)))["promised_share_past_due"] is None


def contact(number: int, day: str, outcome: str | None) -> dict[str, Any]:
    return {"contact_id": f"k{number}", "customer_id": "a", "date": day, "channel": "call", "outcome": outcome}


def test_attempts_in_a_row_that_reached_nobody() -> None:
    days = ("2023-09-01", "2024-05-01", "2024-05-01", "2024-05-02", "2024-06-30")
    outcomes = ("promise", "reached", "no_answer", None, "no_answer")
    books = ledger_of(contacts=[contact(*one) for one in zip(range(5), days, outcomes, strict=True)], **ONE)
    found = row(books)
    assert found["attempts_since_reached"] == 2
    assert found["reached_share_3m"] == 0.25
    assert found["reached_share_trend"] == pytest.approx(0.25 - 0.4)
    assert found["contacts_trend"] == pytest.approx(3.2)
    assert found["promise_per_answer_12m"] == 0.5
    assert row(books, "2024-05-01")["attempts_since_reached"] == 0
    assert row(books, "2023-08-31")["attempts_since_reached"] is None


def test_attempts_count_from_the_first_where_nobody_was_ever_reached() -> None:
    books = ledger_of(contacts=[contact(1, "2023-09-01", None), contact(2, "2024-05-01", "no_answer")], **ONE)
    assert row(books)["attempts_since_reached"] == 2


ONE: dict[str, Any] = {"customers": [{"customer_id": "a"}]}
