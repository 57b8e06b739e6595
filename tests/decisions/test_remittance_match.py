"""Unapplied cash is compared with open items; what fits is suggested with its reason, and nothing is applied."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.decisions.remittance_match import ITEMS_SEARCHED, MOST_ITEMS, remittance_matches

DAY = date(2025, 3, 31)


def open_items(*amounts: int, currency: str = "EUR", late: int = 0) -> list[dict[str, Any]]:
    """Invoices of customer a, each due a day after the one before; the first ``late`` of them before the day."""
    return [
        {
            "document_id": f"d{number:02d}",
            "customer_id": "a",
            "document_date": "2025-01-01",
            "due_date": (DAY + timedelta(days=number - late)).isoformat(),
            "amount": amount,
            "currency": currency,
        }
        for number, amount in enumerate(amounts)
    ]


def matched(cash: int | list[int], items: list[dict[str, Any]], **options: Any) -> pl.DataFrame:
    received = [cash] if isinstance(cash, int) else cash
    receipts = [
        {"receipt_id": f"r{number}", "customer_id": "a", "date": "2025-03-20", "amount": amount, **options}
        for number, amount in enumerate(received)
    ]
    return remittance_matches(ledger_of(documents=items, receipts=receipts), as_of=DAY, output="polars")


def suggestion(cash: int, items: list[dict[str, Any]], **options: Any) -> tuple[Any, ...]:
    return matched(cash, items, **options).select("match", "document_ids", "difference", "others").row(0)


def test_the_kinds_of_match_in_their_order() -> None:
    items = open_items(100_00, 250_00, 70_00, 33_33, late=2)
    assert suggestion(250_00, items) == ("one item", "d01", 0.0, 0)
    assert suggestion(350_00, items) == ("all past due", "d00 d01", 0.0, 0)
    assert suggestion(453_33, items) == ("all open", "d00 d01 d02 d03", 0.0, 0)
    assert suggestion(133_33, items) == ("sum of items", "d00 d03", 0.0, 0)
    assert suggestion(245_00, items) == ("less discount", "d01", 5.0, 0)
    assert suggestion(32_33, items) == ("less discount", "d03", 1.0, 0)
    assert suggestion(12_34, items) == (None, None, None, None)
    assert matched(12_34, items)["why"][0] == "no item, sum of items or item less a usual discount fits"
    assert matched(12_34, [])["why"][0] == "nothing is open to match"


def test_where_several_fit_the_oldest_is_suggested_and_the_others_are_counted() -> None:
    found = matched(100_00, open_items(100_00, 100_00, 60_00, 40_00, late=1))
    assert found.select("document_ids", "others").row(0) == ("d00", 1)
    assert found["why"][0] == "equals what is open of d00; 1 other set fits as well"
    sums = suggestion(90_00, open_items(60_00, 30_00, 50_00, 40_00, 1_00))
    assert sums == ("sum of items", "d00 d01", 0.0, 1)


def test_an_item_is_suggested_for_one_receipt_only() -> None:
    found = matched([100_00, 100_00, 100_00], open_items(100_00, 100_00, 7_00))
    assert found["document_ids"].to_list() == ["d00", "d01", None]


def test_currencies_parts_and_what_is_applied_already() -> None:
    assert suggestion(100_00, open_items(100_00, currency="USD"))[0] is None
    ledger = ledger_of(
        documents=open_items(100_00, 80_00),
        receipts=[{"receipt_id": "r", "customer_id": "a", "date": "2025-03-20", "amount": 130_00}],
        applications=[
            {"from_id": "r", "to_document_id": "d00", "amount": 70_00, "applied_on": "2025-03-20"},
            {"from_id": "r", "to_document_id": "d01", "amount": 60_00, "applied_on": "2025-04-20"},
        ],
    )
    found = remittance_matches(ledger, as_of=DAY, output="polars").row(0, named=True)
    assert (found["unapplied"], found["match"], found["why"][:11]) == (60.0, None, "no item, su")
    assert remittance_matches(ledger, as_of="2025-03-19", output="polars").is_empty()
    yen = suggestion(98, open_items(100, currency="JPY"), currency="JPY")
    assert yen == ("less discount", "d00", 2.0, 0)


def oracle(cash: int, amounts: list[int]) -> int | None:
    """Return the fewest items whose sum is the cash, None where none of at most four is."""
    for size in range(1, MOST_ITEMS + 1):
        if any(sum(group) == cash for group in combinations(amounts[:ITEMS_SEARCHED], size)):
            return size
    return len(amounts) if len(amounts) > 1 and sum(amounts) == cash else None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=8), st.integers(1, 60))
def test_a_set_that_sums_to_the_cash_is_found_where_there_is_one(amounts: list[int], cash: int) -> None:
    items = open_items(*(amount * 1_000_00 for amount in amounts))
    found = matched(cash * 1_000_00, items).row(0, named=True)
    fewest = oracle(cash, amounts)
    if fewest is None:
        assert found["match"] is None
    else:
        assert found["matched"] == found["unapplied"]
        assert found["items"] in (fewest, len(amounts))
        by_id = {item["document_id"]: item["amount"] for item in items}
        assert sum(by_id[one] for one in found["document_ids"].split()) == cash * 1_000_00
