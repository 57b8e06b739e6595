"""Collection effectiveness, as published and of cash alone, against plain loops and by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import polars as pl
import pytest
from fee_notes import with_fee_notes
from hypothesis import HealthCheck, given, settings
from polars.testing import assert_frame_equal
from portfolio.slow_book import rate_on, slow_items
from random_ledgers import covering_two_years, ledgers, random_ledger
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.effectiveness import collection_effectiveness_table
from credrisk.portfolio.history import portfolio_history

ENDS = [date(2024, 3, 31), date(2024, 9, 15)]
FLOWS = ("cash", "credit_notes", "write_offs", "other")
MONEY = ("opening", "invoiced", "closing", "closing_not_due", "collected", *FLOWS)


def slow_by_customer(ledger: Ledger, start: date, end: date) -> dict[tuple[str, str], dict[str, float]]:
    """Return minor units by customer and currency, item by item."""
    lines: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))
    flows = {"paid": "cash", "credited": "credit_notes", "written_off": "write_offs"}
    for item in slow_items(ledger):
        document = item.document
        line = lines[document["customer_id"], document["currency"]]
        line["opening"] += max(item.left(start), 0)
        line[item.bucket(end)] += max(item.left(end), 0)
        sold = document["kind"] in ("invoice", "debit_note")
        if sold and start < item.seen <= end:
            line["invoiced"] += round(document["amount"] * rate_on(ledger, document["currency"], end))
        for day, _, outcome, change in item.changes():
            if start < day <= end and outcome in flows and (outcome != "paid" or sold or item.seen <= start):
                line[flows[outcome]] -= change
    return lines


def rounded(ledger: Ledger, lines: dict[tuple[str, str], dict[str, float]], end: date) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for (_, currency), line in lines.items():
        for name, minor in line.items():
            total[name] += round(minor if name == "invoiced" else minor * rate_on(ledger, currency, end))
    total["closing_not_due"] = total["not_due"]
    total["closing"] = sum(amount for name, amount in total.items() if name == "not_due" or "past_due" in name)
    total["collected"] = total["opening"] + total["invoiced"] - total["closing"]
    total["other"] = total["collected"] - total["cash"] - total["credit_notes"] - total["write_offs"]
    return total


@pytest.mark.parametrize(
    ("reversed_on", "cash", "write_offs"),
    [("2024-03-04", 40.0, -40.0), ("2024-03-05", 0.0, 0.0), (None, 0.0, 0.0)],
)
def test_a_recovery_collects_what_a_reversal_opened_on_an_earlier_day(
    reversed_on: str | None, cash: float, write_offs: float
) -> None:
    """100 written off in January, 40 recovered on 5 March: before, on and without the day of the reversal."""
    rows = [("2024-01-20", "write_off", 100_00), ("2024-03-05", "recovery", 40_00)]
    if reversed_on:
        rows.append((reversed_on, "reversal", -40_00))
    ledger = ledger_of(
        covers_from="2023-01-01",
        covers_to="2024-03-31",
        documents=[
            {"document_id": "I1", "customer_id": "A", "document_date": "2023-10-01", "due_date": "2023-10-31"}
            | {"amount": 100_00}
        ],
        receipts=[{"receipt_id": "R1", "customer_id": "A", "date": "2024-03-05", "amount": 40_00}],
        applications=[
            {"to_document_id": "I1", "amount": amount, "applied_on": day, "kind": kind}
            | ({"from_id": "R1"} if kind == "recovery" else {})
            for day, kind, amount in rows
        ],
    )
    row = collection_effectiveness_table(ledger, dates=["2024-03-31"], output="polars").row(0, named=True)
    assert (row["cash"], row["write_offs"]) == (cash, write_offs)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("months", [1, 3])
def test_agrees_with_plain_loops(seed: int, months: int) -> None:
    ledger = covering_two_years(random_ledger(seed, customers=6, rows=8))
    table = collection_effectiveness_table(ledger, dates=ENDS, months=months, output="polars")
    for row in table.to_dicts():
        end = row["as_of"]
        expected = rounded(ledger, slow_by_customer(ledger, months_after(end, -months), end), end)
        assert {name: round(100 * row[name]) for name in MONEY} == {name: expected[name] for name in MONEY}
        collectable = expected["opening"] + expected["invoiced"] - expected["closing_not_due"]
        if collectable > 0:
            assert row["cei"] == pytest.approx(expected["collected"] / collectable)
            assert row["cei_cash"] == pytest.approx(expected["cash"] / collectable)
            assert row["reason"] is None


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers())
def test_the_bridge_adds_up_splits_add_up_and_the_history_agrees(ledger: Ledger) -> None:
    whole = collection_effectiveness_table(ledger, dates=ENDS, output="polars")
    history = portfolio_history(ledger, dates=ENDS, output="polars")
    for row, then in zip(whole.to_dicts(), history.to_dicts(), strict=True):
        cents = {name: round(100 * row[name]) for name in MONEY}
        assert cents["opening"] + cents["invoiced"] - cents["closing"] == cents["collected"]
        assert sum(cents[name] for name in FLOWS) == cents["collected"]
        assert cents["closing"] == round(100 * (then["not_due"] + then["past_due"]))
        assert row["cei"] == then["collection_effectiveness"] or row["reason"] == "nothing could be collected"
    for by in ("customer", "group", "segment"):
        parts = collection_effectiveness_table(ledger, dates=ENDS, by=by, output="polars")  # type: ignore[call-overload]
        sums = parts.group_by("as_of").agg(pl.sum(*MONEY)).sort("as_of")
        for row, part in zip(whole.to_dicts(), sums.to_dicts(), strict=False):
            if row["as_of"] == part["as_of"]:
                assert {n: round(100 * row[n]) for n in MONEY} == {n: round(100 * part[n]) for n in MONEY}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", ["portfolio", "customer", "group", "currency", "seller_entity"])
def test_a_cut_ledger_gives_the_same(seed: int, by: Any) -> None:
    ledger = covering_two_years(random_ledger(seed, customers=8, rows=8))
    together = collection_effectiveness_table(ledger, dates=ENDS, by=by, output="polars")
    parts = [collection_effectiveness_table(ledger.cut(e), dates=[e], by=by, output="polars") for e in ENDS]
    assert_frame_equal(together, pl.concat(parts))


def month(*applications: dict[str, Any], paid_late: int = 0, **tables: Any) -> dict[str, Any]:
    """Return December 2025 of a book: 100 open when it begins, 1,000 sold in it, 100 of it due in January."""
    common = {"customer_id": "A", "due_date": "2025-12-20"}
    documents = [
        common | {"document_id": "O", "document_date": "2025-11-01", "amount": 10_000},
        common | {"document_id": "S", "document_date": "2025-12-01", "amount": 90_000},
        common | {"document_id": "N", "document_date": "2025-12-01", "amount": 10_000, "due_date": "2026-01-31"},
        *tables.get("documents", []),
    ]
    ledger = ledger_of(documents=documents, applications=list(applications))
    return collection_effectiveness_table(ledger, dates=["2025-12-31"], output="polars").row(0, named=True)


def applied(to: str, amount: int, kind: str = "payment", source: str | None = None) -> dict[str, Any]:
    return {"from_id": source, "to_document_id": to, "amount": amount, "applied_on": "2025-12-28", "kind": kind}


def test_as_published() -> None:
    """100 + 1,000 - 120 over 100 + 1,000 - 100 is 98.0 %."""
    row = month(applied("O", 8_000), applied("S", 90_000))
    assert (row["opening"], row["invoiced"], row["closing"], row["closing_not_due"]) == (100.0, 1000.0, 120.0, 100.0)
    assert row["cei"] == row["cei_cash"] == pytest.approx(0.98)


def test_a_write_off_and_a_credit_note_lift_the_published_index_and_not_the_cash_one() -> None:
    note = {"document_id": "K", "customer_id": "A", "document_date": "2025-12-05", "amount": -1_000}
    before = month(applied("O", 8_000), applied("S", 90_000), documents=[note])
    written = month(applied("O", 8_000), applied("S", 90_000), applied("O", 2_000, "write_off"), documents=[note])
    credited = month(
        applied("O", 8_000), applied("S", 90_000), applied("O", 1_000, "credit_note", "K"), documents=[note]
    )
    offset = month(applied("O", 8_000), applied("S", 90_000), applied("O", 1_000, "offset"), documents=[note])
    assert before["cei"] == pytest.approx(0.98)
    assert written["cei"] == pytest.approx(1.0)
    assert credited["cei"] == offset["cei"] == pytest.approx(0.99)
    assert [row["cei_cash"] for row in (before, written, credited, offset)] == pytest.approx([0.98] * 4)
    assert (written["write_offs"], credited["credit_notes"], offset["other"]) == (20.0, 10.0, 10.0)


def test_cash_on_what_was_not_collectable_is_not_counted() -> None:
    """A down payment asked for and paid in the month, and 50 paid too much."""
    asked = {"document_id": "D", "customer_id": "A", "document_date": "2025-12-01", "kind": "down_payment"}
    extra = month(applied("O", 8_000), applied("S", 95_000), applied("D", 3_000), documents=[asked | {"amount": 3_000}])
    assert extra["cash"] == 980.0
    assert extra["other"] == 0.0
    assert extra["cei_cash"] == extra["cei"] == pytest.approx(0.98)


def test_an_entry_of_the_month_before_counts_when_it_is_seen() -> None:
    """An invoice of November entered in December is no loss of effectiveness in December."""
    late = {"document_id": "L", "customer_id": "A", "document_date": "2025-11-20", "recorded_at": "2025-12-10"}
    row = month(applied("O", 10_000), applied("S", 90_000), applied("L", 500), documents=[late | {"amount": 500}])
    assert (row["invoiced"], row["cei"], row["cei_cash"]) == (1005.0, 1.0, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_fee_notes_change_nothing(seed: int) -> None:
    ledger = random_ledger(seed, customers=8, rows=8)
    before, after = (
        collection_effectiveness_table(each, dates=ENDS, by="customer", output="polars")
        for each in (ledger, with_fee_notes(ledger))
    )
    assert_frame_equal(before, after)


def test_what_is_not_measured_is_null_with_the_reason() -> None:
    invoice = {"document_id": "I", "customer_id": "A", "document_date": "2025-11-20", "amount": 500}
    ledger = ledger_of(documents=[invoice], covers_from="2025-11-15", applications=[])
    early, late = collection_effectiveness_table(ledger, dates=["2025-11-30", "2025-12-31"], output="polars").to_dicts()
    assert early["cei"] is early["opening"] is early["cash"] is None
    assert early["closing"] == 5.0
    assert early["reason"] == "the months begin before the ledger's coverage (2025-11-15)"
    assert (late["opening"], late["cei"], late["cei_cash"], late["reason"]) == (5.0, 0.0, 0.0, None)
    none = ledger_of(documents=[invoice], covers_from="2025-11-15")
    row = collection_effectiveness_table(none, dates=["2025-12-31"], output="polars").row(0, named=True)
    assert row["cei"] is row["cash"] is row["closing"] is None
    assert "no applications" in row["reason"]
    (empty,) = collection_effectiveness_table(ledger_of(applications=[]), dates=["2025-12-31"]).to_dict("records")
    assert empty["reason"] == "nothing could be collected"
    assert empty["opening"] == 0.0
    for wrong in ({"by": "region"}, {"months": 0}, {"dates": ["2026-01-01"]}, {"output": "arrow"}):
        with pytest.raises(ParameterError, match=next(iter(wrong))):
            collection_effectiveness_table(ledger, **{"dates": ["2025-12-31"], **wrong})  # type: ignore[arg-type]
