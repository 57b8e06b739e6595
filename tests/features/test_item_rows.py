"""The movements as the grid takes them are those of the ledger, whatever their order."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import polars as pl
import pytest
from random_ledgers import random_ledger

from credrisk.features.item_rows import MOVEMENT_KINDS
from credrisk.features.rows import LedgerRows, codes_in
from credrisk.ledger.item_parts import debit_and_credit_parts
from credrisk.ledger.movements import cash_movements, item_movements

SEEDS = range(12)
EPOCH = date(1970, 1, 1)
IS_FEE = pl.col("document_kind") == "late_fee"


def named(frame: pl.DataFrame, rows: LedgerRows) -> pl.DataFrame:
    """Return the rows with the names of customers, currencies and documents."""
    documents = rows.ledger.table("documents")["document_id"]
    columns = {"customer_id": rows.customers.gather(frame["customer"])}
    if "currency" in frame.columns:
        columns["currency"] = pl.Series(rows.currencies).gather(frame["currency"])
    if "document" in frame.columns:
        columns["document_id"] = documents.gather(frame["document"])
    return frame.with_columns(**columns, seen=pl.col("seen").cast(pl.Date))


def counted(frame: pl.DataFrame, *columns: str) -> Counter[tuple[object, ...]]:
    return Counter(frame.select(columns).rows())


@pytest.mark.parametrize("seed", SEEDS)
def test_items_move_as_the_ledger_says(seed: int) -> None:
    ledger = random_ledger(seed)
    rows = LedgerRows(ledger)
    columns = ("customer", "currency", "document", "seen", "event", "due", "amount", "kind")
    moves = pl.DataFrame(rows.movements(np.ones(len(rows.moves["document"]), dtype=bool), *columns))
    kinds = pl.Series(MOVEMENT_KINDS).gather(moves["kind"])
    found = named(moves, rows).with_columns(pl.col("event", "due").cast(pl.Date), kind=kinds)
    expected = item_movements(ledger).rename({"date": "seen", "event_date": "event", "due_date": "due"})
    columns = ("customer_id", "currency", "document_id", "seen", "event", "due", "amount", "kind")
    assert counted(found, *columns) == counted(expected, *columns)
    assert found["customer"].is_sorted()


@pytest.mark.parametrize("seed", SEEDS)
def test_unapplied_cash_moves_as_the_ledger_says(seed: int) -> None:
    ledger = random_ledger(seed)
    rows = LedgerRows(ledger)
    found = named(pl.DataFrame(rows.cash), rows).with_columns(pl.col("event").cast(pl.Date))
    expected = cash_movements(ledger).rename({"date": "seen", "event_date": "event"})
    expected = expected.with_columns(received=pl.col("kind") == "receipt")
    columns = ("customer_id", "currency", "seen", "event", "amount", "received")
    assert counted(found, *columns) == counted(expected, *columns)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("kind", "part", "wanted"),
    [("owed", "debit", ~IS_FEE), ("fees", "debit", IS_FEE), ("credits", "credit", pl.lit(True))],
)
def test_parts_are_those_of_the_items_in_the_order_of_time(seed: int, kind: str, part: str, wanted: pl.Expr) -> None:
    ledger = random_ledger(seed)
    rows = LedgerRows(ledger)
    found = named(pl.DataFrame(rows.kind(kind)), rows).group_by("document_id", "currency", "seen")
    in_order = debit_and_credit_parts(item_movements(ledger), item="document_id", day="date").rename({"date": "seen"})
    in_order = in_order.filter(wanted)
    expected = in_order.select("document_id", "currency", "seen", amount=part).filter(pl.col("amount") != 0)
    summed = found.agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    columns = ("document_id", "seen", "amount")
    assert counted(summed, *columns) == counted(expected, *columns)


@pytest.mark.parametrize("seed", SEEDS)
def test_items_are_open_from_day_to_day(seed: int) -> None:
    ledger = random_ledger(seed)
    rows = LedgerRows(ledger)
    parts = debit_and_credit_parts(item_movements(ledger), item="document_id", day="date").filter(~IS_FEE)
    open_items = named(pl.DataFrame(rows.kind("open_stretches")), rows)
    for day in parts["date"].unique().sample(20, seed=seed, with_replacement=True):
        left = parts.filter(pl.col("date") <= day).group_by("document_id", "customer_id", "due_date")
        expected = left.agg(pl.col("debit").sum()).filter(pl.col("debit") > 0)
        then = open_items.filter(pl.col("seen") <= day, pl.col("until") > (day - EPOCH).days)
        found = then.with_columns(due_date=pl.col("due").cast(pl.Date))
        assert counted(found, "customer_id", "due_date") == counted(expected, "customer_id", "due_date")


def test_what_is_taken_from_the_movements_cannot_be_written_to() -> None:
    rows = LedgerRows(random_ledger(SEEDS[0]))
    every = rows.movements(np.ones(len(rows.moves["document"]), dtype=bool), "amount", "seen")
    assert [values.flags.writeable for values in every.values()] == [False, False]


@pytest.mark.parametrize("codes", [["EUR", None, "USD", "EUR"], [None], []])
def test_codes_are_found_whatever_the_column_is_made_of(codes: list[str | None]) -> None:
    for kind in (pl.String, pl.Enum(["CHF", "EUR", "USD"])):
        found = codes_in(pl.Series(codes, dtype=kind))
        assert sorted(found.to_list()) == sorted({code for code in codes if code})
