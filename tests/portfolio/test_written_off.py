"""What is taken back of write-offs, and what lies below 0 on them, is that of a count by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.item_flows import owed_changes
from credrisk.portfolio.written_off import below_written_off, with_written_off

Posted = tuple[str, str, int]
"""Kind, day of July 2025 and amount in minor units; a kind that begins with ``cash`` comes from the receipt."""


def ledger_with(*posted: Posted, amount: int = 1000) -> Ledger:
    """One invoice A of 1,000 (minor units), with what was applied to it in July 2025."""
    rows: list[dict[str, Any]] = []
    for kind, day, applied in posted:
        row = {"to_document_id": "A", "applied_on": f"2025-07-{day}", "amount": applied}
        rows.append(
            {**row, "kind": kind.removeprefix("cash "), **({"from_id": "R"} if kind.startswith("cash") else {})}
        )
    invoice = {"document_id": "A", "customer_id": "A", "document_date": "2025-04-01", "amount": amount}
    receipt = {"receipt_id": "R", "customer_id": "A", "date": "2025-07-01", "amount": 5000}
    return ledger_of(documents=[invoice], applications=rows, receipts=[receipt])


OFF, BACK = ("write_off", "10", 1000), ("reversal", "20", -1000)


@pytest.mark.parametrize(
    ("posted", "taken_back", "below", "recovered"),
    [
        ([OFF, BACK], 1000, 0, 0),
        # Twice: the second takes nothing back.
        ([OFF, BACK, ("reversal", "21", -1000)], 1000, 0, 0),
        ([OFF, ("reversal", "20", -400)], 400, 0, 0),
        ([OFF, ("write_off", "20", -400)], 400, 0, 0),
        # A cheque that bounced before the write-off, with and without its receipt.
        ([("payment", "01", 1000), ("reversal", "05", -1000), OFF], 0, 0, 0),
        ([("cash payment", "01", 1000), ("cash reversal", "05", -1000), OFF], 0, 0, 0),
        # On one day the cash goes back first, then the write-off, so none of it is taken back or recovered.
        ([("cash payment", "01", 1000), ("cash reversal", "10", -1000), OFF], 0, 0, 0),
        # Written off by mistake and taken back on the same day.
        ([OFF, ("reversal", "10", -1000)], 1000, 0, 0),
        # A part is written off and the cheque for the rest bounces: with its receipt it takes nothing back.
        ([("write_off", "05", 600), ("cash payment", "10", 400), ("cash reversal", "20", -400)], 0, 0, 0),
        # Cash on what is written off, with and without opening it again.
        ([OFF, ("recovery", "20", 300)], 0, 300, 300),
        ([OFF, ("payment", "20", 300)], 0, 300, 300),
        ([OFF, ("cash payment", "20", 300), ("cash reversal", "25", -300)], 0, 0, 0),
        ([OFF, ("reversal", "20", -300), ("recovery", "20", 300)], 300, 0, 300),
        ([OFF, BACK, ("payment", "20", 1000)], 1000, 0, 0),
        # Of 400 paid beyond, 200 came in on what is written off.
        ([("write_off", "10", 200), ("payment", "20", 1200)], 0, 200, 200),
        # Nothing was written off: a payment too much is a credit.
        ([("payment", "20", 1300)], 0, 0, 0),
        # Of an invoice paid too much a credit of 5 is written off: nothing of it stands written off.
        ([("payment", "10", 1005), ("write_off", "20", -5)], 0, 0, 0),
    ],
)
def test_by_hand(posted: list[Posted], taken_back: int, below: int, recovered: int) -> None:
    moves = item_movements(ledger_with(*posted))
    found = with_written_off(moves)
    assert found.select(moves.columns).equals(moves)
    assert found.select(pl.sum("taken_back", "below", "recovered")).row(0) == (taken_back, below, recovered)
    assert dict(below_written_off(moves).iter_rows()) == ({"A": below} if below else {})


def test_what_was_added_to_a_movement_does_not_depend_on_later_ones() -> None:
    ledger = ledger_with(OFF, ("recovery", "15", 300), BACK, ("write_off", "25", 500))
    whole = with_written_off(item_movements(ledger))
    for day in range(1, 31):
        seen = ledger.cut(whole["date"].max().replace(day=day))
        earlier = with_written_off(item_movements(seen))
        assert earlier.equals(whole.filter(pl.col("date") <= seen.settings.covers_to))


def test_a_flow_takes_back_no_more_than_was_written_off() -> None:
    """600 paid and 400 written off; 700 opened again: 400 of it was written off, 300 a payment without receipt."""
    ledger = ledger_with(("payment", "05", 600), ("write_off", "10", 400), ("reversal", "20", -700))
    changes = owed_changes(ledger).filter(pl.col("outcome") != "opened").select("outcome", "change").rows()
    assert changes == [("paid", -600), ("written_off", -400), ("written_off", 400), ("other", 300)]
    again = ledger_with(("write_off", "10", 400), ("reversal", "20", -400), ("reversal", "21", -100))
    assert owed_changes(again)["outcome"].to_list() == ["opened", "written_off", "written_off", "other"]


def test_the_ageing_shows_the_balance_of_the_books() -> None:
    """300 came in on what is written off: the books have the item at -300, so has the ageing, which ties to them."""
    row = ageing(ledger_with(OFF, ("recovery", "20", 300)), as_of="2025-07-31", by="portfolio", output="polars")
    assert row.select("open_credits", "open_balance").row(0) == (-3.0, -3.0)
