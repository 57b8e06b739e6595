"""The debit and the credit part of items against a slow sum of each day."""

from __future__ import annotations

import polars as pl
import pytest
from features.ledgers_for_labels import random_ledger

from credrisk.ledger.item_parts import debit_and_credit_parts
from credrisk.ledger.movements import item_movements


@pytest.mark.parametrize("seed", range(6))
def test_parts_add_up_to_what_is_left_above_and_below_zero(seed: int) -> None:
    moves = item_movements(random_ledger(seed, customers=6))
    parts = debit_and_credit_parts(moves, item="document_id", day="date")
    days = moves["date"].unique().sort()
    assert not parts.select(pl.struct("document_id", "date").is_duplicated().any()).item()
    for day in days.gather_every(5):
        left = moves.filter(pl.col("date") <= day).group_by("document_id").agg(pl.sum("amount")).sort("document_id")
        then = parts.filter(pl.col("date") <= day).group_by("document_id").agg(pl.sum("debit", "credit"))
        assert then.sort("document_id").rows() == [
            (name, max(amount, 0), min(amount, 0)) for name, amount in left.rows()
        ]


def test_nothing_moved() -> None:
    moves = item_movements(random_ledger(0)).clear()
    assert debit_and_credit_parts(moves, item="document_id", day="date").is_empty()
