"""Receipts that hold cash, once what went back is set off."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.decisions.cash_on_hand import cash_on_hand
from credrisk.ledger.movements import cash_movements

INVOICE = {"document_id": "d1", "customer_id": "a", "document_date": "2025-01-01", "due_date": "2025-02-01"}


def receipt(number: str, day: int, amount: int, customer: str = "a") -> dict:
    return {"receipt_id": number, "customer_id": customer, "date": f"2025-01-{day:02d}", "amount": amount}


def left_of(*receipts: dict) -> dict[str, int]:
    ledger = ledger_of(documents=[INVOICE | {"amount": 1_000}], receipts=list(receipts))
    return dict(cash_on_hand(ledger.cut(date(2025, 12, 31))).select("receipt_id", "amount").iter_rows())


def test_a_returned_debit_takes_the_receipt_of_its_amount_and_a_refund_the_oldest():
    assert left_of(receipt("r1", 5, 300), receipt("r2", 6, 200), receipt("r3", 9, -200)) == {"r1": 300}
    assert left_of(receipt("r1", 5, 300), receipt("r2", 6, 200), receipt("r3", 9, -350)) == {"r2": 150}
    assert left_of(receipt("r1", 5, 300), receipt("r3", 9, -350)) == {}
    assert left_of(receipt("r1", 5, 80), receipt("r2", 6, 80), receipt("r3", 9, -80)) == {"r2": 80}


@pytest.mark.parametrize("seed", range(6))
def test_the_sum_of_a_customer_is_its_unapplied_cash_where_that_is_above_zero(seed):
    ledger = random_ledger(seed).cut(date(2024, 6, 30))
    keys = ["customer_id", "currency"]
    whole = cash_movements(ledger).group_by(keys).agg(amount=pl.col("amount").sum()).filter(pl.col("amount") > 0)
    found = cash_on_hand(ledger).group_by(keys).agg(amount=pl.col("amount").sum())
    assert found.sort(keys).equals(whole.sort(keys))
    assert (cash_on_hand(ledger)["amount"] > 0).all()
