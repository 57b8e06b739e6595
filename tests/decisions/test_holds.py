"""Each reason for leaving an account alone, at its boundary, through the queue itself."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from decisions.cases import scores_of
from fee_notes import with_fee_notes
from small_ledgers import ledger_of

from credrisk.decisions.holds import HOLDS
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.portfolio.ageing import ageing
from credrisk.simulate.simulator import simulate_ledger

AS_OF = "2025-03-31"
POLICY = Policy.default()


def invoice(number="d", due="2025-02-28", amount=500_000) -> dict:
    return {
        "document_id": number,
        "customer_id": "a",
        "document_date": "2025-01-01",
        "due_date": due,
        "amount": amount,
    }


def account(
    policy=POLICY, due="2025-02-28", amount=500_000, as_of=AS_OF, status="at_risk", documents=(), **tables
) -> dict:
    ledger = ledger_of(documents=[invoice("d", due, amount), *documents], **tables)
    scores = scores_of({"customer_id": "a", "status": status, "pd_12m": 0.05})
    return collection_queue(ledger, as_of=as_of, scores=scores, policy=policy, output="polars").row(0, named=True)


def promise(**changes):
    given = {"promise_id": "p", "customer_id": "a", "made_on": "2025-03-20", "due_on": "2025-03-28", "amount": 500_000}
    return given | changes


def contact(day, channel="call", outcome="reached", number="k"):
    return {"contact_id": number, "customer_id": "a", "date": day, "channel": channel, "outcome": outcome}


def event(kind, day="2025-03-10"):
    return {"customer_id": "a", "date": day, "kind": kind}


def given_up(how, *, kind="write_off", new=True) -> dict:
    """Return an account whose first invoice was placed and is gone since, and a new one that is past due."""
    gone = {"to_document_id": "d", "amount": 500_000, "applied_on": "2025-03-15", "kind": kind}
    later = [invoice("e", "2025-03-20")] if new else []
    return {"credit_events": [event(how)], "applications": [gone], "documents": later}


def test_a_settled_claim_of_an_agency_is_told_where_the_rest_is_asked_for() -> None:
    reasons = account(**given_up("placement", kind="payment"))["reasons"]
    told = "the claim placed with an agency on 10 March 2025 is settled, what fell due since is asked for here"
    assert told in reasons
    assert "taken to court on" in account(**given_up("legal_action", kind="payment"))["reasons"]
    assert "is settled" not in account(**given_up("placement"))["reasons"]
    assert "is settled" not in account()["reasons"]
    other = invoice("e", "2025-02-20", 100_000)
    partly = given_up("placement", kind="payment") | {"documents": [other]}
    assert account(**partly)["hold"] == "third_party"


def receipt(amount):
    return {"receipt_id": "r", "customer_id": "a", "date": "2025-03-15", "amount": amount}


def change(value, field="due_date", day="2025-03-05"):
    return {"document_id": "d", "field": field, "value": value, "changed_on": day}


def dispute(amount):
    return {"dispute_id": "x", "document_id": "d", "opened_on": "2025-03-01", "amount": amount}


CASES = {
    "free": ({}, None),
    "insolvent": ({"credit_events": [event("insolvency")]}, "insolvency"),
    "placed": ({"credit_events": [event("placement")]}, "third_party"),
    "in court": ({"credit_events": [event("legal_action")]}, "third_party"),
    "placed long ago, for older items": ({"credit_events": [event("placement", "2025-02-27")]}, None),
    "placed and written off, a new invoice due": (given_up("placement"), "third_party"),
    "in court and written off, a new invoice due": (given_up("legal_action"), "third_party"),
    "placed and paid, a new invoice due": (given_up("placement", kind="payment"), None),
    "placed and credited, a new invoice due": (given_up("placement", kind="credit_note"), None),
    "placed, nothing new": (given_up("placement", new=False), "third_party"),
    "only recovered": ({"credit_events": [event("recovery")]}, None),
    "nothing due": ({"due": "2025-04-06"}, "nothing_due"),
    "due soon": ({"due": "2025-04-05"}, None),
    "all disputed": ({"disputes": [dispute(None)]}, "dispute"),
    "95 % disputed": ({"disputes": [dispute(475_000)]}, "dispute"),
    "94 % disputed": ({"disputes": [dispute(470_000)]}, None),
    "a later due date": ({"document_changes": [change("2025-04-20")]}, "deferred"),
    "due today by the later date": ({"document_changes": [change("2025-03-31")]}, "deferred"),
    "past due by the later date too": ({"document_changes": [change("2025-03-30")]}, None),
    "a later due date taken back": (
        {"document_changes": [change("2025-04-20"), change("2025-02-28", day="2025-03-20")]},
        None,
    ),
    "blocked from dunning": ({"document_changes": [change("X", "dunning_block")]}, "deferred"),
    "a block lifted": (
        {"document_changes": [change("X", "dunning_block"), change(None, "dunning_block", "2025-03-20")]},
        None,
    ),
    "deferred but for another item": (
        {"document_changes": [change("2025-04-20")], "documents": [invoice("e", "2025-03-01", 50_000)]},
        None,
    ),
    "due soon, and blocked": (
        {"due": "2025-04-03", "document_changes": [change("X", "dunning_block")]},
        "nothing_due",
    ),
    "cash covers": ({"receipts": [receipt(500_000)]}, "unapplied_cash"),
    "cash covers the undisputed": ({"receipts": [receipt(300_000)], "disputes": [dispute(200_000)]}, "unapplied_cash"),
    "cash covers part": ({"receipts": [receipt(400_000)]}, None),
    "promised": ({"promises": [promise()]}, "promise"),
    "promised without an amount": ({"promises": [promise(amount=None)]}, "promise"),
    "promised, grace over": ({"promises": [promise(due_on="2025-03-27")]}, None),
    "promised in part": ({"promises": [promise(amount=100_000)]}, None),
    "cash and a promise for the rest": (
        {"receipts": [receipt(300_000)], "promises": [promise(amount=200_000)]},
        "promise",
    ),
    "settled": ({"promises": [promise(amount=300_000, plan_id="settlement-a-2025-03-20")]}, "promise"),
    "settled, its grace over": (
        {"promises": [promise(amount=300_000, plan_id="settlement-a-2025-03-20", due_on="2025-03-27")]},
        None,
    ),
    "settled and paid, the rest not booked yet": (
        {
            "promises": [promise(amount=300_000, plan_id="settlement-a-2025-03-20")],
            "receipts": [receipt(300_000) | {"date": "2025-03-25"}],
        },
        "promise",
    ),
    "a plan for a part": ({"promises": [promise(amount=300_000, plan_id="plan-a-2025-03-20")]}, None),
    "too little": ({"amount": 4_999}, "minimum_balance"),
    "just enough": ({"amount": 5_000}, None),
    "called 4 days ago": ({"contacts": [contact("2025-03-27")]}, "quiet_days"),
    "called 5 days ago": ({"contacts": [contact("2025-03-26")]}, None),
    "wrote 6 days ago": ({"contacts": [contact("2025-03-25", "email")]}, "quiet_days"),
    "a letter then a call": (
        {"contacts": [contact("2025-03-18", "letter"), contact("2025-03-19", number="l")]},
        "quiet_days",
    ),
    "an unknown channel": ({"contacts": [contact("2025-03-25", "telex")]}, "quiet_days"),
    "nobody answered yesterday": ({"contacts": [contact("2025-03-30", outcome="no_answer")]}, None),
    "nobody answered today": ({"contacts": [contact("2025-03-31", outcome="no_answer")]}, "quiet_days"),
    "called on six of the last 30 days": (
        {"contacts": [contact(f"2025-03-{day:02}", number=f"n{day}") for day in (2, 7, 12, 16, 20, 24)]},
        "frequency",
    ),
    "called on the same days, once at the edge": (
        {"contacts": [contact(f"2025-03-{day:02}", number=f"n{day}") for day in (1, 7, 12, 16, 20, 24)]},
        None,
    ),
    "mailed on six of the last 30 days": (
        {"contacts": [contact(f"2025-03-{day:02}", "email", number=f"n{day}") for day in (2, 7, 12, 16, 20, 24)]},
        None,
    ),
    "called twice on each of three days": (
        {"contacts": [contact(f"2025-03-{day:02}", number=f"{n}{day}") for day in (7, 12, 20) for n in "ab"]},
        None,
    ),
    "a promise broken since the call": (
        {"contacts": [contact("2025-03-27")], "promises": [promise(due_on="2025-03-27")]},
        None,
    ),
    "called again after the promise broke": (
        {"contacts": [contact("2025-03-31")], "promises": [promise(due_on="2025-03-27")]},
        "quiet_days",
    ),
    "resolved later than today": ({"disputes": [dispute(None) | {"resolved_on": "2025-04-01"}]}, "dispute"),
    "resolved today": ({"disputes": [dispute(None) | {"resolved_on": "2025-03-31"}]}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_holds(case):
    tables, hold = CASES[case]
    row = account(**tables)
    assert row["hold"] == hold
    assert (row["rank"] is None) == (hold is not None)
    assert (row["held"] is None) == (hold is None)
    if hold is not None:
        assert row["action"] is None
        assert row["gain"] is None
        assert row["reasons"].endswith(f"held: {row['held']}")


def test_what_is_deferred_is_told_and_not_asked_for():
    later = account(document_changes=[change("2025-04-20")])
    assert later["held"] == "a later due date was agreed: 5,000 EUR to 20 April 2025"
    assert later["held_until"] == date(2025, 4, 21)
    assert (later["past_due"], later["chased"]) == (5_000.0, 0.0)
    blocked = account(document_changes=[change("X", "dunning_block")])
    assert blocked["held"] == "blocked from dunning: 5,000 EUR"
    assert blocked["held_until"] is None
    both = account(document_changes=[change("2025-04-20")], documents=[invoice("e", "2025-03-01", 50_000)])
    assert both["chased"] == 500.0
    assert "5,000 EUR deferred by agreement or blocked from dunning" in both["reasons"]
    half = account(document_changes=[change("2025-04-20")], disputes=[dispute(200_000)])
    assert (half["hold"], half["chased"]) == ("deferred", 0.0)
    assert "a later due date was agreed: 3,000 EUR" in half["held"]


def test_every_hold_is_tried():
    tried = {hold for _, hold in CASES.values()} - {None}
    assert tried | {"no_action", "excluded"} == set(HOLDS)


def test_no_action_fits():
    late_only = [POLICY.content()["collection"]["actions"][-1]]
    row = account(policy=POLICY.changed({"collection.actions": late_only}))
    assert (row["hold"], row["rank"]) == ("no_action", None)


@pytest.mark.parametrize(
    ("tables", "until"),
    [
        ({"promises": [promise()]}, date(2025, 4, 1)),
        ({"contacts": [contact("2025-03-27")]}, date(2025, 4, 1)),
        ({"disputes": [dispute(None)]}, None),
    ],
)
def test_the_day_a_hold_ends(tables, until):
    assert account(**tables)["held_until"] == until
    if until is not None:
        assert account(as_of=until.isoformat(), **tables)["hold"] is None


def test_what_is_not_asked_for_is_left_out_of_the_gain():
    whole = account()
    part = account(receipts=[receipt(100_000)], disputes=[dispute(100_000)], promises=[promise(amount=100_000)])
    # the receipt pays the promise of 1,000 made after it? No: it came before, so the promise is still open
    assert part["chased"] == whole["chased"] - 3_000
    assert part["gain"] < whole["gain"]
    for words in ("1,000 EUR in dispute", "1,000 EUR of cash and credits to apply", "1,000 EUR promised"):
        assert words in part["reasons"]


def judged(kept: int, broken: int) -> dict:
    """Return promises on account of another customer that were kept or broken before, and the cash that kept them."""
    given, cash = [], []
    for number in range(kept + broken):
        day = f"2024-{1 + number % 9:02d}-{1 + number // 9:02d}"
        given.append(promise(promise_id=f"q{number}", made_on=day, due_on=day, amount=100 + number, customer_id="a"))
        if number < kept:
            cash.append({"receipt_id": f"c{number}", "customer_id": "a", "date": day, "amount": 100 + number})
    return {"promises": [*given, promise(due_on="2025-04-02")], "receipts": cash}


@pytest.mark.parametrize(("kept", "broken", "doubtful"), [(2, 18, True), (18, 2, False), (1, 3, False)])
def test_a_doubtful_promise_is_held_and_told(kept, broken, doubtful):
    """The last ledger has four judged promises: too few for odds."""
    tables = judged(kept, broken)
    used = [
        {"from_id": row["receipt_id"], "to_document_id": "old", "amount": row["amount"], "applied_on": row["date"]}
        for row in tables["receipts"]
    ]
    old = invoice("old", "2024-12-31", sum(row["amount"] for row in tables["receipts"])) | {
        "document_date": "2024-01-01"
    }
    row = account(documents=[old], applications=used, **tables)
    assert row["hold"] == "promise"
    assert ("the promise is doubtful" in row["reasons"]) == doubtful
    if doubtful:
        assert row["reasons"].endswith("% likely to be kept, by the record")


def fee_note(due="2025-03-20", amount=28_679) -> dict:
    return invoice("fee", due, amount) | {"kind": "late_fee"}


def test_a_fee_note_is_asked_for_beside_what_is_past_due_and_is_not_past_due_itself() -> None:
    row = account(documents=[fee_note(due="2025-01-10")])
    assert (row["past_due"], row["chased"], row["oldest_open_days"]) == (5_000.0, 5_286.79, 31.0)
    assert row["hold"] is None
    assert "5,000 EUR past due, oldest 31 days; 287 EUR of late-fee notes beside it" in row["reasons"]
    assert account()["chased"] == 5_000.0


@pytest.mark.parametrize("fee_due", ["2025-03-29", "2025-04-02"])
def test_a_fee_note_alone_is_no_reason_to_ask(fee_due: str) -> None:
    paid = {"to_document_id": "d", "amount": 500_000, "applied_on": "2025-03-15", "kind": "write_off"}
    row = account(documents=[fee_note(due=fee_due)], applications=[paid])
    assert (row["hold"], row["past_due"], row["chased"], row["rank"]) == ("nothing_due", 0.0, 0.0, None)
    assert "EUR past due" not in row["reasons"]
    told = "held: nothing past due but 287 EUR of late-fee notes"
    assert (told in row["reasons"]) == (fee_due < AS_OF)


def test_scores_and_queue_mean_the_same_by_past_due() -> None:
    """Whatever is billed for paying late, the queue's past due is that of the ageing, customer by customer."""
    ledger = with_fee_notes(simulate_ledger(customers=60, months=18, seed=5).ledger())
    day = ledger.settings.covers_to
    aged = ageing(ledger, as_of=day, by="customer", output="polars").filter(pl.col("late_fees") > 0)
    scores = scores_of(
        *({"customer_id": one, "status": "at_risk", "pd_12m": 0.05} for one in aged["customer_id"].to_list())
    )
    queue = collection_queue(ledger, as_of=day, scores=scores, policy=POLICY, output="polars")
    both = aged.select("customer_id", aged="past_due").join(queue, on="customer_id")
    assert both.height > 10
    assert both["past_due"].to_list() == pytest.approx(both["aged"].to_list())
