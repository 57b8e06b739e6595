"""What of a promise is owed today, by hand: bounded by what it was made for, shared, gone with the debt."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.promise_ledger import broken_lately, promise_ledger
from credrisk.ledger.movements import item_movements

AS_OF = date(2025, 3, 31)


def invoice(number="d", amount=10_000, due="2025-02-01", **changes):
    usual = {"document_id": number, "customer_id": "a", "document_date": "2025-01-01", "due_date": due}
    return usual | {"amount": amount} | changes


def promise(number="p", **changes):
    usual = {"customer_id": "a", "made_on": "2025-03-05", "due_on": "2025-03-12", "amount": 5_000}
    return usual | {"promise_id": number} | changes


def cash(day, amount, number="r"):
    return {"receipt_id": number, "customer_id": "a", "date": day, "amount": amount}


def paid(day, amount, document="d", source="r", kind="payment"):
    return {"from_id": source, "to_document_id": document, "amount": amount, "applied_on": day, "kind": kind}


def owed(**tables):
    found = promise_ledger(ledger_of(**tables), as_of=AS_OF, grace_days=3, output="polars")
    return {
        row["promise_id"]: (row["outstanding"], row["still_unpaid"], row["days_late"])
        for row in found.iter_rows(named=True)
    }


def test_an_account_whose_items_were_all_paid_owes_nothing_of_its_promise():
    # 50 were promised on account; the 100 that came on 20 March kept the promise of the document instead.
    tables = {
        "documents": [invoice()],
        "promises": [promise(), promise("q", document_id="d", amount=10_000, due_on="2025-03-20")],
        "receipts": [cash("2025-03-20", 10_000)],
        "applications": [paid("2025-03-20", 10_000)],
    }
    # The verdict stays: no cash came for the account. Its debt ended on the 20th, eight days late.
    assert owed(**tables) == {"p": (0.0, False, 8), "q": (0.0, False, 0)}


def test_an_item_that_fell_due_after_the_day_promised_was_not_promised():
    tables = {
        "documents": [invoice(due="2025-02-01"), invoice("e", 7_000, due="2025-03-20")],
        "promises": [promise(), promise("q", document_id="d", amount=10_000, due_on="2025-03-20")],
        "receipts": [cash("2025-03-20", 10_000)],
        "applications": [paid("2025-03-20", 10_000)],
    }
    assert owed(**tables)["p"] == (0.0, False, 8)
    tables["documents"][1]["due_date"] = "2025-03-12"
    assert owed(**tables)["p"] == (50.0, True, 19)


def test_no_more_than_is_left_past_due():
    tables = {"documents": [invoice(amount=3_000)], "promises": [promise()]}
    assert owed(**tables)["p"] == (30.0, True, 19)


def test_promises_of_one_account_share_what_is_left():
    # 50 and 40 were promised on one day for two days of March; of 60 past due the first takes 50, the second 10.
    promises = [promise(), promise("q", due_on="2025-03-14", amount=4_000)]
    rows = owed(documents=[invoice(amount=6_000)], promises=promises)
    assert (rows["p"][0], rows["q"][0]) == (50.0, pytest.approx(10.0))


def test_a_promise_by_document_and_one_on_account_do_not_wait_for_one_item_twice():
    promises = [promise(), promise("q", document_id="d", amount=8_000)]
    rows = owed(documents=[invoice()], promises=promises)
    assert (rows["q"][0], rows["p"][0]) == (80.0, 20.0)


def test_what_was_credited_or_written_off_is_no_longer_outstanding():
    tables = {
        "documents": [invoice()],
        "promises": [promise(document_id="d", amount=10_000)],
        "applications": [{"to_document_id": "d", "amount": 9_000, "applied_on": "2025-03-25", "kind": "write_off"}],
    }
    assert owed(**tables)["p"] == (10.0, True, 19)
    tables["applications"][0]["amount"] = 10_000
    assert owed(**tables)["p"] == (0.0, False, 13)


def test_promises_that_ended_have_nothing_outstanding():
    promises = [
        promise("kept", document_id="d", amount=4_000),
        promise("old", document_id="e", amount=4_000),
        promise("new", document_id="e", amount=3_000, made_on="2025-03-20", due_on="2025-04-10"),
    ]
    rows = owed(
        documents=[invoice(), invoice("e")],
        promises=promises,
        receipts=[cash("2025-03-10", 4_000)],
        applications=[paid("2025-03-10", 4_000)],
    )
    assert rows == {"kept": (0.0, False, 0), "old": (0.0, False, 8), "new": (30.0, False, None)}


def test_a_promise_without_an_amount_is_unpaid_while_something_of_it_is_owed():
    tables = {"documents": [invoice()], "promises": [promise(amount=None)]}
    assert owed(**tables)["p"] == (None, True, 19)
    tables["applications"] = [
        {"to_document_id": "d", "amount": 10_000, "applied_on": "2025-03-18", "kind": "write_off"}
    ]
    assert owed(**tables)["p"] == (None, False, 6)


def test_a_promise_in_another_currency_is_bounded_in_the_ledgers():
    tables = {
        "documents": [invoice(amount=3_000, currency="USD")],
        "promises": [promise(document_id="d", currency="USD")],
        "rates": [{"date": "2025-03-01", "currency": "USD", "rate": 0.5}],
    }
    assert owed(**tables)["p"] == (15.0, True, 19)


@pytest.mark.parametrize("seed", range(6))
def test_promises_of_a_customer_never_exceed_its_open_items(seed):
    ledger = random_ledger(seed, customers=60, rows=8)
    day = ledger.settings.covers_to
    seen = ledger.cut(day)
    found = promise_ledger(ledger, as_of=day, grace_days=3, output="polars")
    over = found.filter(pl.col("state") != "open", pl.col("outstanding") > 0)
    of_another = over.join(seen.table("documents"), on="document_id").filter(
        pl.col("customer_id") != pl.col("customer_id_right")
    )
    assert over["still_unpaid"].all()
    assert broken_lately(found, as_of=day, days=10_000).height == found["still_unpaid"].sum()
    items = open_items(seen, item_movements(seen)).filter(
        pl.col("residual") > 0, pl.col("document_kind") != "credit_note", pl.col("due_date") < day
    )
    late = in_ledger_currency(items, ["residual"], seen, day).group_by("customer_id").agg(pl.col("residual").sum())
    own = over.join(of_another, on="promise_id", how="anti")
    assert own.height
    owing = own.group_by("customer_id").agg(pl.col("outstanding").sum()).join(late, on="customer_id", how="left")
    assert (owing["outstanding"] <= owing["residual"].fill_null(0.0) + 0.01).all()
