"""The ageing against a slow oracle, its tie-outs, and the boundary of each bucket."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import polars as pl
import pytest
from features.ledgers_for_labels import FIRST, random_ledger
from fee_notes import with_fee_notes
from hypothesis import HealthCheck, given, settings
from random_ledgers import ledgers
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.features import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.ageing import ageing, bucket_names
from credrisk.portfolio.history import portfolio_history

AS_OF = date(2025, 6, 30)
APART = ("late_fees", "open_credits", "open_balance", "unapplied_cash", "net_balance")


def oracle(ledger: Ledger, as_of: date, edges: tuple[int, ...]) -> dict[tuple[str, str], dict[str, int]]:
    """Return minor units by (customer, currency) and column, from the plain tables, document by document."""
    tables = {name: ledger.table(name).to_dicts() for name in ("documents", "applications", "receipts")}
    names = bucket_names(edges)
    lines: dict[tuple[str, str], dict[str, int]] = {}

    def add(row: dict[str, Any], column: str, amount: int) -> None:
        if amount:
            line = lines.setdefault(
                (row["customer_id"], row["currency"]), dict.fromkeys([*names, "late_fees", "open_credits"], 0)
            )
            line[column] = line.get(column, 0) + amount

    applied = [a for a in tables["applications"] if max(a["applied_on"], a["recorded_at"]) <= as_of]
    for row in tables["documents"]:
        if max(row["document_date"], row["recorded_at"]) > as_of:
            continue
        left = row["amount"]
        left -= sum(a["amount"] for a in applied if a["to_document_id"] == row["document_id"])
        left += sum(a["amount"] for a in applied if a["from_id"] == row["document_id"])
        days = (as_of - row["due_date"]).days
        place = 0 if days <= 0 else 1 + sum(days > edge for edge in edges)
        above = "late_fees" if row["kind"] == "late_fee" else names[place]
        add(row, "open_credits" if left < 0 else above, left)
    for row in tables["receipts"]:
        if max(row["date"], row["recorded_at"]) <= as_of:
            used = sum(a["amount"] for a in applied if a["from_id"] == row["receipt_id"])
            add(row, "unapplied_cash", row["amount"] - used)
    return lines


@pytest.mark.parametrize("edges", [(30, 60, 90), (7,), (15, 45, 120, 365)])
@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_the_oracle_and_adds_up(seed: int, edges: tuple[int, ...]) -> None:
    ledger = random_ledger(seed)
    as_of = FIRST + timedelta(days=211 + 30 * seed)
    table = ageing(ledger, as_of=as_of, edges=edges, translate=False, output="polars")
    expected = oracle(ledger, as_of, edges)
    found = {(row["customer_id"], row["currency"]): row for row in table.to_dicts()}
    assert found.keys() == expected.keys()
    for key, line in expected.items():
        assert {name: round(100 * found[key][name]) for name in line} == line
        assert round(100 * found[key]["open_balance"]) == sum(v for k, v in line.items() if k != "unapplied_cash")
        assert round(100 * found[key]["net_balance"]) == round(
            100 * (found[key]["open_balance"] - found[key]["unapplied_cash"])
        )


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers())
def test_every_line_adds_up_and_fee_notes_move_only_their_own_column(ledger: Ledger) -> None:
    buckets = bucket_names((30, 60, 90))
    for translate in (False, True):
        before, after = (
            {(row["customer_id"], row["currency"]): row for row in table.to_dicts()}
            for table in (
                ageing(each, as_of="2024-06-30", translate=translate, output="polars")
                for each in (ledger, with_fee_notes(ledger))
            )
        )
        assert before.keys() <= after.keys()
        for key, row in after.items():
            units = {name: round((row[name] or 0.0) * minor_factor(row["currency"])) for name in (*buckets, *APART)}
            assert sum(units[name] for name in (*buckets, "late_fees", "open_credits")) == units["open_balance"]
            assert units["open_balance"] - units["unapplied_cash"] == units["net_balance"]
            then = before.get(key, dict.fromkeys((*buckets, *APART, "past_due"), 0.0) | {"share_past_due": None})
            for name in (*buckets, "past_due", "share_past_due", "open_credits"):
                assert row[name] == then[name], name
            assert row["late_fees"] - then["late_fees"] == pytest.approx(row["open_balance"] - then["open_balance"])


def test_fee_notes_stand_beside_the_buckets_and_an_overpaid_one_is_a_credit() -> None:
    """500 sold and 400 of it past due; fees of 40 and 60 dollars at 0.5, 10 of the first paid; one of 5 paid twice."""
    common = {"customer_id": "A", "document_date": "2025-01-01", "due_date": "2025-01-31"}
    documents = [
        common | {"document_id": "I1", "amount": 40_000},
        common | {"document_id": "I2", "amount": 10_000, "due_date": "2025-06-30"},
        common | {"document_id": "F1", "kind": "late_fee", "amount": 4_000},
        common
        | {"document_id": "F2", "kind": "late_fee", "amount": 6_000, "currency": "USD", "due_date": "2025-12-31"},
        common | {"document_id": "F3", "kind": "late_fee", "amount": 500},
    ]
    applications = [
        {"from_id": None, "to_document_id": "F1", "amount": 1_000, "applied_on": "2025-03-01"},
        {"from_id": None, "to_document_id": "F3", "amount": 1_000, "applied_on": "2025-03-01"},
    ]
    rates = [{"currency": "USD", "date": "2025-01-01", "rate": 0.5}]
    ledger = ledger_of(documents=documents, applications=applications, rates=rates)
    (row,) = ageing(ledger, as_of=AS_OF, output="polars").to_dicts()
    shown = {name: row[name] for name in ("not_due", "past_due", "late_fees", "open_credits", "open_balance")}
    assert shown == {
        "not_due": 100.0,
        "past_due": 400.0,
        "late_fees": 60.0,
        "open_credits": -5.0,
        "open_balance": 555.0,
    }
    assert row["share_past_due"] == 0.8
    features = build_panel(ledger, as_of=AS_OF, features=list(shown), output="polars").row(0, named=True)
    assert {name: features[name] for name in shown} == shown


def test_the_boundaries_of_the_buckets() -> None:
    due = {0: "not_due", 1: "past_due_1_30", 30: "past_due_1_30", 31: "past_due_31_60", 60: "past_due_31_60"}
    due |= {61: "past_due_61_90", 90: "past_due_61_90", 91: "past_due_over_90", -5: "not_due"}
    for days, column in due.items():
        day = (AS_OF - timedelta(days=days)).isoformat()
        invoice = {"document_id": "I", "customer_id": "A", "document_date": "2025-01-01", "due_date": day}
        row = ageing(ledger_of(documents=[invoice | {"amount": 12_345}]), as_of=AS_OF).iloc[0]
        assert row[column] == row["open_balance"] == 123.45
        assert row[bucket_names((30, 60, 90))].sum() == 123.45


def small(**tables: Any) -> Ledger:
    documents = [
        {"document_id": "I1", "customer_id": "A", "document_date": "2025-01-01", "amount": 10_000},
        {"document_id": "I2", "customer_id": "B", "document_date": "2025-06-01", "due_date": "2025-07-01"}
        | {"amount": 20_000, "currency": "USD"},
        {"document_id": "K1", "customer_id": "B", "document_date": "2025-06-01", "amount": -4_000},
    ]
    receipts = [{"receipt_id": "R1", "customer_id": "A", "date": "2025-06-30", "amount": 2_500}]
    customers = [
        {"customer_id": "A", "name": "Alder Works", "country": "DE"},
        {"customer_id": "B", "name": "Birch Works"},
    ]
    rates = [
        {"currency": "USD", "date": "2025-01-01", "rate": 0.5},
        {"currency": "USD", "date": "2025-07-01", "rate": 9},
    ]
    given = {"documents": documents, "receipts": receipts, "customers": customers, "rates": rates}
    return ledger_of(**{**given, **tables})


def test_by_customer_translated_at_the_rate_of_the_day() -> None:
    table = ageing(small(), as_of=AS_OF)
    assert isinstance(table, pd.DataFrame)
    assert table["customer_id"].tolist() == ["A", "B"]
    assert table["name"].tolist() == ["Alder Works", "Birch Works"]
    assert table["currency"].unique().tolist() == ["EUR"]
    assert table["open_balance"].tolist() == [100.0, 60.0]
    assert table["not_due"].tolist() == [0.0, 100.0]
    assert table["open_credits"].tolist() == [0.0, -40.0]
    assert table["net_balance"].tolist() == [75.0, 60.0]
    assert table["share_past_due"].tolist() == [1.0, 0.0]


def test_by_country_and_for_the_portfolio() -> None:
    by_country = ageing(small(), as_of=AS_OF, by="country", output="polars")
    assert by_country.select("country", "open_balance").rows() == [("DE", 100.0), (None, 60.0)]
    assert ageing(small(), as_of=AS_OF, by="portfolio")["open_balance"].tolist() == [160.0]
    by_currency = ageing(small(), as_of=AS_OF, by="portfolio", translate=False, output="polars")
    assert by_currency.select("currency", "open_balance").rows() == [("EUR", 60.0), ("USD", 200.0)]


def test_a_posting_after_the_day_does_not_exist_yet() -> None:
    table = ageing(small(), as_of="2025-06-29", output="polars")
    assert table["unapplied_cash"].to_list() == [0.0, 0.0]
    assert ageing(small(), as_of="2024-12-31").empty


def test_without_a_table_of_receipts_unapplied_cash_is_null() -> None:
    ledger = small()
    without = ledger.replace(tables={name: table for name, table in ledger.tables.items() if name != "receipts"})
    table = ageing(without, as_of=AS_OF, output="polars")
    assert table["unapplied_cash"].to_list() == [None, None]
    assert table["net_balance"].to_list() == table["open_balance"].to_list()


def test_agreed_due_dates_on_request() -> None:
    moved = {"document_id": "I1", "field": "due_date", "value": "2025-06-20", "changed_on": "2025-02-01"}
    later = moved | {"value": "2025-12-31", "changed_on": "2025-07-01"}
    ledger = small(document_changes=[moved, later])
    assert ageing(ledger, as_of=AS_OF)["past_due_over_90"].tolist() == [100.0, 0.0]
    assert ageing(ledger, as_of=AS_OF, basis="agreed")["past_due_1_30"].tolist() == [100.0, 0.0]
    assert ageing(ledger, as_of="2025-07-01", basis="agreed")["not_due"].tolist()[0] == 100.0
    wrong = small(document_changes=[moved | {"value": "soon"}])
    with pytest.raises(DataError, match=r"document_changes: an agreed due date is no date.*I1"):
        ageing(wrong, as_of=AS_OF, basis="agreed")


@pytest.mark.parametrize(("table", "name"), [("documents", "I1"), ("receipts", "R1")])
def test_a_row_twice_does_not_tie_out(table: str, name: str) -> None:
    used = [{"from_id": "R1", "to_document_id": "I1", "amount": 1_000, "applied_on": "2025-06-30"}]
    ledger = small(applications=used)
    twice = pl.concat([ledger.table(table), ledger.table(table)])
    with pytest.raises(DataError, match=rf"{table}: what is open does not tie out.*{name}"):
        ageing(ledger.replace(tables={**ledger.tables, table: twice}), as_of=AS_OF)


def test_wrong_parameters_and_rates_are_refused() -> None:
    with pytest.raises(ParameterError, match="by must be"):
        ageing(small(), as_of=AS_OF, by="planet")  # type: ignore[call-overload]
    with pytest.raises(ParameterError, match="output"):
        ageing(small(), as_of=AS_OF, output="arrow")  # type: ignore[call-overload]
    with pytest.raises(ParameterError, match="basis must be"):
        ageing(small(), as_of=AS_OF, basis="hope")  # type: ignore[call-overload]
    for edges in ((), (60, 30), (0, 30), (30, 30)):
        with pytest.raises(ParameterError, match="edges must be"):
            ageing(small(), as_of=AS_OF, edges=edges)
    with pytest.raises(DataError, match="no rate of USD"):
        ageing(small(rates=[]), as_of=AS_OF)


def test_an_overpaid_invoice_hides_no_arrears() -> None:
    invoice = {"customer_id": "A", "document_date": "2024-01-05", "due_date": "2024-02-01", "amount": 100_000}
    receipt = {"receipt_id": "R", "customer_id": "A", "date": "2024-02-05", "amount": 350_000}
    used = {"from_id": "R", "to_document_id": "D1", "amount": 350_000, "applied_on": "2024-02-05"}
    ledger = ledger_of(
        documents=[invoice | {"document_id": name} for name in ("D1", "D2")], receipts=[receipt], applications=[used]
    )
    table = ageing(ledger, as_of="2024-12-31", output="polars")
    history = portfolio_history(ledger, dates=["2024-12-31"], output="polars")
    panel = build_panel(ledger, as_of="2024-12-31", output="polars")
    for frame in (table, history, panel):
        amounts = frame.select("past_due_over_90", "past_due", "open_credits", "open_balance", "share_past_due").row(0)
        assert amounts == (1000.0, 1000.0, -2500.0, -1500.0, 1.0)
    assert panel["oldest_open_days"].item() == 334
