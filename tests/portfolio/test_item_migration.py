"""Where each euro of a bucket went, against plain loops, to the cent, and by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from polars.testing import assert_frame_equal
from portfolio.slow_book import slow_items
from random_ledgers import covering_two_years, ledgers, random_ledger
from small_ledgers import ledger_of

from credrisk.errors import EvidenceError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing, bucket_names
from credrisk.portfolio.migration import item_migration

START, END = date(2024, 5, 31), date(2024, 7, 15)
BUCKETS = bucket_names((30, 60, 90))


def in_euros(ledger: Ledger) -> Ledger:
    """Return the ledger with every amount in euros: then plain sums of cents are exact."""
    tables = {
        name: frame.with_columns(currency=pl.lit("EUR")) if "currency" in frame.columns and name != "rates" else frame
        for name, frame in ledger.tables.items()
    }
    return ledger.replace(tables=tables)


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_plain_loops(seed: int) -> None:
    ledger = in_euros(random_ledger(seed, customers=8, rows=8))
    expected: dict[tuple[str, str], int] = defaultdict(int)
    items: dict[tuple[str, str], int] = defaultdict(int)
    for item in slow_items(ledger):
        if item.left(START) <= 0:
            continue
        bucket, parts = item.bucket(START), defaultdict[str, int](int)
        parts[item.bucket(END)] += max(item.left(END), 0)
        for day, _, outcome, change in item.changes():
            if START < day <= END:
                parts[outcome] -= change
        for outcome, amount in parts.items():
            expected[bucket, outcome] += amount
            items[bucket, outcome] += amount != 0
    for row in item_migration(ledger, start=START, end=END, output="polars").to_dicts():
        key = row["from_bucket"], row["outcome"]
        assert round(100 * row["amount"]) == expected[key], key
        assert row["items"] == items[key]


@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers())
def test_every_bucket_adds_up_to_the_ageing_of_the_start_to_the_cent(ledger: Ledger) -> None:
    table = item_migration(ledger, start=START, end=END, output="polars")
    opening = ageing(ledger, as_of=START, by="portfolio", output="polars")
    sums = dict(table.group_by("from_bucket").agg((100 * pl.col("amount")).round().sum()).iter_rows())
    for bucket in BUCKETS:
        assert round(sums[bucket]) == round(100 * opening[bucket].sum())
    shares = table.group_by("from_bucket").agg(pl.sum("share")).filter(pl.col("share") != 0)["share"]
    assert shares.to_list() == pytest.approx([1.0] * len(shares))


def test_a_cut_ledger_gives_the_same() -> None:
    ledger = covering_two_years(random_ledger(2, customers=20, rows=12))
    whole = item_migration(ledger, start=START, end=END, output="polars")
    assert_frame_equal(whole, item_migration(ledger.cut(END), start=START, end=END, output="polars"))
    some = whole.filter(pl.col("low").is_not_null())
    assert some.height
    assert (some["low"] <= some["share"] + 1e-12).all()
    assert (some["high"] >= some["share"] - 1e-12).all()


def by_hand() -> Ledger:
    """Return one item for each thing that may become of it, all 10 days late at the start, and one not due."""
    kinds = ("payment", "write_off", "deduction", "discount", "offset", "fx_difference")
    documents: list[dict[str, Any]] = [
        {"document_id": kind, "customer_id": "A", "document_date": "2025-01-01", "due_date": "2025-05-21"}
        | {"amount": 10_000}
        for kind in (*kinds, "credited", "left", "bounced", "restored")
    ]
    documents += [
        {
            "document_id": "N",
            "customer_id": "A",
            "document_date": "2025-05-01",
            "due_date": "2025-06-30",
            "amount": 700,
        },
        {"document_id": "K", "customer_id": "A", "document_date": "2025-05-01", "amount": -3_000},
    ]
    june: dict[str, Any] = {"from_id": None, "applied_on": "2025-06-15"}
    applications = [june | {"to_document_id": kind, "amount": 2_500, "kind": kind} for kind in kinds]
    applications += [
        june | {"to_document_id": "credited", "amount": 3_000, "from_id": "K", "kind": "credit_note"},
        {"from_id": "R", "to_document_id": "bounced", "amount": 4_000, "applied_on": "2025-05-25"},
        june | {"from_id": "R", "to_document_id": "bounced", "amount": -4_000, "kind": "reversal"},
        {"from_id": None, "to_document_id": "restored", "amount": 1_000, "applied_on": "2025-05-25"}
        | {"kind": "write_off"},
        june | {"to_document_id": "restored", "amount": -1_000, "kind": "reversal"},
    ]
    receipts = [{"receipt_id": "R", "customer_id": "A", "date": "2025-05-25", "amount": 4_000}]
    return ledger_of(documents=documents, applications=applications, receipts=receipts)


def test_everything_that_may_become_of_an_item_by_hand() -> None:
    table = item_migration(by_hand(), start="2025-05-31", end="2025-06-30", output="polars")
    amounts = {(r["from_bucket"], r["outcome"]): r["amount"] for r in table.to_dicts() if r["amount"]}
    late = "past_due_1_30"
    assert amounts == {
        ("not_due", "not_due"): 7.0,
        (late, "past_due_31_60"): 6 * 75.0 + 70.0 + 3 * 100.0,
        (late, "paid"): 25.0 - 40.0,
        (late, "written_off"): 25.0 - 10.0,
        (late, "deducted"): 25.0,
        (late, "discounted"): 25.0,
        (late, "offset"): 25.0,
        (late, "other"): 25.0,
        (late, "credited"): 30.0,
    }
    assert set(table.filter(pl.col("from_bucket") == late)["reason"]) == {"no interval: fewer than 10 customers"}
    assert set(table.filter(pl.col("from_bucket") == "past_due_61_90")["reason"]) == {"nothing was in the bucket"}


def test_what_cannot_be_told_is_refused() -> None:
    ledger = by_hand()
    with pytest.raises(ParameterError, match="after start"):
        item_migration(ledger, start="2025-06-30", end="2025-06-30")
    with pytest.raises(ParameterError, match="last day that the ledger covers"):
        item_migration(ledger, start="2025-06-30", end="2026-06-30")
    with pytest.raises(ParameterError, match="the day before 2023-01-01"):
        item_migration(ledger, start="2022-12-30", end="2025-06-30")
    with pytest.raises(EvidenceError, match="no applications"):
        item_migration(ledger_of(), start="2025-05-31", end="2025-06-30")
    empty = item_migration(ledger_of(applications=[]), start="2025-05-31", end="2025-06-30")
    assert empty["amount"].sum() == 0
