"""Promises kept, open and broken, by hand and against plain loops."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.decisions.promise_state import promise_summary, promises_with_state
from credrisk.ledger.movements import item_movements

AS_OF = date(2025, 3, 31)
GRACE = 3


def states(as_of=AS_OF, **tables) -> dict[str, str]:
    tables.setdefault("documents", [invoice()])
    ledger = ledger_of(**tables).cut(as_of)
    found = promises_with_state(ledger, as_of, movements=item_movements(ledger), grace_days=GRACE)
    return dict(found.select("promise_id", "state").iter_rows())


def invoice(number="d", amount=10_000):
    return {"document_id": number, "customer_id": "a", "document_date": "2025-01-01", "amount": amount}


def promise(**changes):
    given_of = {"promise_id": "p", "customer_id": "a", "made_on": "2025-03-05", "due_on": "2025-03-12", "amount": 5_000}
    return given_of | changes


def cash(day, amount=5_000, number="r"):
    return {"receipt_id": number, "customer_id": "a", "date": day, "amount": amount}


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2025-03-04", "broken"),  # came before the promise was made
        ("2025-03-05", "kept"),
        ("2025-03-15", "kept"),  # the last day of grace
        ("2025-03-16", "broken"),
    ],
)
def test_the_day_the_cash_arrives_decides(day, state):
    assert states(promises=[promise()], receipts=[cash(day)]) == {"p": state}


@pytest.mark.parametrize(("as_of", "state"), [("2025-03-15", "open"), ("2025-03-16", "broken")])
def test_open_through_the_last_day_of_grace(as_of, state):
    assert states(date.fromisoformat(as_of), promises=[promise()]) == {"p": state}


def test_a_promise_made_later_is_not_known_yet():
    assert states(date(2025, 3, 4), promises=[promise()]) == {}


def test_part_payment_breaks_a_promise_and_a_cent_of_rounding_does_not():
    assert states(promises=[promise()], receipts=[cash("2025-03-12", 4_999)]) == {"p": "broken"}
    assert states(promises=[promise()], receipts=[cash("2025-03-12", 2_500), cash("2025-03-13", 2_500, "s")]) == {
        "p": "kept"
    }


def test_a_promise_of_a_document_counts_only_its_own_payments():
    documents = [invoice("d"), invoice("e")]
    paid = {"from_id": "r", "to_document_id": "e", "amount": 10_000, "applied_on": "2025-03-10"}
    tables = {"documents": documents, "receipts": [cash("2025-03-10", 10_000)], "applications": [paid]}
    assert states(promises=[promise(document_id="d")], **tables) == {"p": "broken"}
    assert states(promises=[promise(document_id="e")], **tables) == {"p": "kept"}


def test_without_an_amount_the_whole_document_or_any_payment_is_meant():
    part = {"from_id": "r", "to_document_id": "d", "amount": 4_000, "applied_on": "2025-03-10"}
    tables = {"receipts": [cash("2025-03-10", 4_000)], "applications": [part]}
    assert states(promises=[promise(document_id="d", amount=None)], **tables) == {"p": "broken"}
    assert states(promises=[promise(amount=None)], **tables) == {"p": "kept"}
    full = tables | {"receipts": [cash("2025-03-10", 10_000)], "applications": [part | {"amount": 10_000}]}
    assert states(promises=[promise(document_id="d", amount=None)], **full) == {"p": "kept"}


def without_cash(kind, day, amount=10_000):
    documents = [invoice("d"), invoice("n", -10_000) | {"kind": "credit_note"}]
    gone = {"to_document_id": "d", "amount": amount, "applied_on": day, "kind": kind}
    return documents, gone | ({"from_id": "n"} if kind == "credit_note" else {})


@pytest.mark.parametrize("kind", ["credit_note", "write_off"])
@pytest.mark.parametrize("amount", [10_000, None])
def test_a_document_cleared_without_money_closes_its_promise(kind, amount):
    of_it = promise(document_id="d", amount=amount)
    documents, gone = without_cash(kind, "2025-03-15")
    assert states(documents=documents, promises=[of_it], applications=[gone]) == {"p": "closed"}
    assert states(date(2025, 3, 15), documents=documents, promises=[of_it], applications=[gone]) == {"p": "closed"}
    documents, late = without_cash(kind, "2025-03-16")
    assert states(documents=documents, promises=[of_it], applications=[late]) == {"p": "broken"}


@pytest.mark.parametrize(
    ("kind", "paid", "amount", "state"),
    [
        ("credit_note", 6_000, 10_000, "kept"),  # what was credited need not be paid
        ("credit_note", 6_000, None, "kept"),
        ("credit_note", 5_000, 10_000, "broken"),
        ("write_off", 6_000, 10_000, "closed"),
        ("write_off", 6_000, None, "closed"),
        ("write_off", 6_000, 6_000, "kept"),
    ],
)
def test_money_beside_a_credit_note_and_beside_a_write_off(kind, paid, amount, state):
    documents, gone = without_cash(kind, "2025-03-10", 4_000)
    by_cash = {"from_id": "r", "to_document_id": "d", "amount": paid, "applied_on": "2025-03-12"}
    tables = {"documents": documents, "receipts": [cash("2025-03-12", paid)], "applications": [gone, by_cash]}
    assert states(promises=[promise(document_id="d", amount=amount)], **tables) == {"p": state}


def test_a_closed_promise_is_neither_open_nor_broken_in_the_summary():
    documents, gone = without_cash("credit_note", "2025-03-15")
    of_it = promise(document_id="d")
    row = summary(ledger_of(documents=documents, promises=[of_it], applications=[gone]).cut(AS_OF))
    assert (row["broken_promises_12m"], row["open_promise_due_on"], row["open_promised"]) == (0, None, 0)
    assert row["last_promise_state"] == "closed"


def test_a_payment_taken_back_breaks_the_promise():
    paid = {"from_id": "r", "to_document_id": "d", "amount": 5_000, "applied_on": "2025-03-10"}
    back = {"from_id": "r", "to_document_id": "d", "amount": -5_000, "applied_on": "2025-03-11", "kind": "reversal"}
    tables = {"promises": [promise(document_id="d")], "receipts": [cash("2025-03-10")]}
    assert states(applications=[paid], **tables) == {"p": "kept"}
    assert states(applications=[paid, back], **tables) == {"p": "broken"}


def test_the_summary_counts_twelve_months_and_names_the_last():
    promises = [
        promise(promise_id="1", made_on="2024-03-01", due_on="2024-03-20"),
        promise(promise_id="2"),
        promise(promise_id="3", made_on="2025-03-20", due_on="2025-03-21"),
        promise(promise_id="4", made_on="2025-03-29", due_on="2025-04-02", amount=3_000),
    ]
    ledger = ledger_of(documents=[invoice()], promises=promises, receipts=[cash("2025-03-30", 1_000)]).cut(AS_OF)
    row = summary(ledger)
    assert (row["broken_promises_12m"], row["broken_promises_open"]) == (2, 2)
    assert (row["broken_promise_due_on"], row["broken_promise_on"]) == (date(2025, 3, 21), date(2025, 3, 24))
    assert (row["open_promise_due_on"], row["open_promise_until"]) == (date(2025, 4, 2), date(2025, 4, 5))
    assert (row["open_promised"], row["open_promised_all"]) == (20.0, False)
    assert (row["last_promise_due_on"], row["last_promise_state"]) == (date(2025, 4, 2), "open")


def summary(ledger) -> dict:
    movements = item_movements(ledger)
    return promise_summary(ledger, AS_OF, movements=movements, grace_days=GRACE, account_days=60).row(0, named=True)


@pytest.mark.parametrize(
    ("made", "due", "document", "counted"),
    [
        ("2025-01-10", "2025-01-29", None, 1),  # broken on 1 February, within 60 days of 31 March
        ("2025-01-10", "2025-01-26", None, 0),
        ("2024-12-10", "2024-12-20", "d", 1),  # long ago, but its item is still open
        ("2024-12-10", "2024-12-20", "e", 0),  # paid since, though after the promised day
    ],
)
def test_only_a_promise_on_what_is_open_or_recent_still_matters(made, due, document, counted):
    documents = [invoice(n) | {"document_date": "2024-11-01"} for n in ("d", "e")]
    paid = {"from_id": "r", "to_document_id": "e", "amount": 10_000, "applied_on": "2025-03-10"}
    tables = {"documents": documents, "receipts": [cash("2025-03-10", 10_000)], "applications": [paid]}
    ledger = ledger_of(promises=[promise(made_on=made, due_on=due, document_id=document)], **tables).cut(AS_OF)
    row = summary(ledger)
    assert (row["broken_promises_12m"], row["broken_promises_open"]) == (1, counted)


def day_of(offset: int) -> str:
    return (AS_OF + timedelta(days=offset)).isoformat()


offsets = st.integers(-30, 0)
some_promises = st.lists(
    st.tuples(st.sampled_from("ab"), offsets, st.integers(0, 20), st.integers(1, 60) | st.none()), max_size=6
)
some_cash = st.lists(st.tuples(st.sampled_from("ab"), offsets, st.integers(-10, 60)), max_size=8)


@given(some_promises, some_cash)
@settings(max_examples=60, deadline=None)
def test_promises_on_account_agree_with_plain_loops(promised, received):
    promises = [
        promise(promise_id=f"p{n}", customer_id=c, made_on=day_of(made), due_on=day_of(made + wait), amount=amount)
        for n, (c, made, wait, amount) in enumerate(promised)
    ]
    receipts = [cash(day_of(on), amount, f"r{n}") | {"customer_id": c} for n, (c, on, amount) in enumerate(received)]
    found = states(documents=[invoice(), invoice("e") | {"customer_id": "b"}], promises=promises, receipts=receipts)
    for n, (customer, made, wait, amount) in enumerate(promised):
        deadline = made + wait + GRACE
        came = sum(paid for c, on, paid in received if c == customer and made <= on <= deadline)
        kept = came > 0 if amount is None else came >= amount
        assert found[f"p{n}"] == ("kept" if kept else "open" if deadline >= 0 else "broken")


@pytest.mark.parametrize("document", [None, "d"])
def test_one_payment_keeps_one_instalment_of_a_plan(document):
    instalments = [
        promise(promise_id=f"p{n}", made_on="2025-03-01", due_on=due, plan_id="n1", document_id=document)
        for n, due in enumerate(("2025-03-10", "2025-03-25", "2025-04-10", "2025-04-25"))
    ]
    paid = (
        []
        if document is None
        else [{"from_id": "r", "to_document_id": "d", "amount": 5_000, "applied_on": "2025-03-09"}]
    )
    tables = {"documents": [invoice(amount=20_000)], "receipts": [cash("2025-03-09")], "applications": paid}
    assert states(promises=instalments, **tables) == {"p0": "kept", "p1": "broken", "p2": "open", "p3": "open"}
    row = summary(ledger_of(promises=instalments, **tables).cut(AS_OF))
    assert (row["open_promised"], row["broken_promises_open"]) == (100.0, 1)
    # Without a plan, promises of several days are each judged by all the money that came.
    single = [one | {"plan_id": None, "made_on": f"2025-03-0{n + 1}"} for n, one in enumerate(instalments)]
    assert set(states(promises=single, **tables).values()) == {"kept"}


def test_what_comes_late_goes_to_the_instalment_that_fell_due_first():
    plan = [
        promise(promise_id=f"p{n}", made_on="2025-03-01", due_on=due, plan_id="n1")
        for n, due in enumerate(("2025-03-10", "2025-04-10"))
    ]
    found = states(promises=plan, receipts=[cash("2025-03-20")])
    assert found == {"p0": "broken", "p1": "open"}
    row = summary(ledger_of(documents=[invoice()], promises=plan, receipts=[cash("2025-03-20")]).cut(AS_OF))
    assert row["open_promised"] == 50.0
