"""The movement of the allowance adds up to the cent, its lines are those of a hand count, and the journal balances."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import LAST, ledgers
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.journal import provision_journal
from credrisk.portfolio.provision.movement import GROSS_LINES, LINES, Movement, provision_movement
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.settings import ProvisionSettings

SHORT = ProvisionSettings(observation_months=3, history_months=4)


def ends_of(ledger: Ledger, first: Any, last: Any, **changes: Any) -> tuple[Provision, Provision]:
    chosen = SHORT.changed(**changes)
    one, two = (provision(ledger, as_of=day, settings=chosen, output="polars") for day in (first, last))
    return one, two


def cents(frame: pl.DataFrame, column: str, factor: int = 100) -> dict[str, int]:
    return {line: round(value * factor) for line, value in frame.select("line", column).iter_rows()}


@settings(max_examples=10, deadline=None)
@given(ledgers(), st.integers(0, 6), st.integers(1, 8), st.sampled_from(["ifrs9", "cecl"]))
def test_a_movement_adds_up_to_the_cent(ledger: Ledger, back: int, length: int, standard: str) -> None:
    last = months_after(LAST, -back)
    opening, closing = ends_of(ledger, months_after(last, -length), last, standard=standard)
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    for column in ("pool", "specific", "total"):
        lines = cents(found.table, column)
        assert list(lines) == list(LINES)
        assert sum(lines[line] for line in LINES[:-1]) == lines["closing"], column
    total = cents(found.table, "total")
    assert total["opening"] == round(opening.total * 100)
    assert total["closing"] == round(closing.total * 100)
    assert total["transfer"] == 0
    gross = cents(found.gross, "amount")
    assert sum(gross[line] for line in GROSS_LINES[:-1]) == gross["closing"] == round(closing.gross * 100)
    assert gross["opening"] == round(opening.gross * 100)
    specific = closing.specific["allowance"].sum() if closing.specific.height else 0
    assert cents(found.table, "specific")["closing"] == round(specific * 100)
    _balances(found)


def _balances(found: Movement) -> None:
    journal = provision_journal(found, output="polars")
    by_entry = journal.group_by("entry").agg(pl.sum("debit", "credit"))
    assert all(abs(debit - credit) < 1e-6 for _, debit, credit in by_entry.iter_rows())
    own = journal.filter(pl.col("role") == "allowance")
    change = dict(found.table.select("line", "total").iter_rows())
    moved = float(own["credit"].sum()) - float(own["debit"].sum())
    assert moved == pytest.approx(change["closing"] - change["opening"], abs=1e-6)
    assert (journal["debit"] >= 0).all()
    assert (journal["credit"] >= 0).all()


def book(**more: Any) -> Ledger:
    """Four invoices of 1,000.00 due in May 2025, each with its own fate in July."""

    def invoice(number: str, **own: Any) -> dict[str, Any]:
        row = {"document_id": number, "customer_id": number, "document_date": "2025-04-01", "due_date": "2025-05-10"}
        return {**row, "amount": 1000_00, **own}

    applications = [
        {"to_document_id": "PAID", "amount": 1000_00, "applied_on": "2025-07-10", "kind": "payment"},
        {"to_document_id": "HALF", "amount": 500_00, "applied_on": "2025-07-10", "kind": "payment"},
        {"to_document_id": "LOST", "amount": 1000_00, "applied_on": "2025-07-10", "kind": "write_off"},
        {"to_document_id": "LOST", "amount": -300_00, "applied_on": "2025-07-20", "kind": "reversal"},
        {"to_document_id": "LOST", "amount": 300_00, "applied_on": "2025-07-20", "kind": "recovery"},
    ]
    documents = [
        *(invoice(name) for name in ("PAID", "HALF", "LOST", "SOLD")),
        invoice("NEW", document_date="2025-07-05", due_date="2025-08-05"),
    ]
    events = [{"customer_id": "SOLD", "date": "2025-07-15", "kind": "placement"}]
    return ledger_of(documents=documents, applications=applications, credit_events=events, **more)


@pytest.mark.parametrize(("standard", "recovered"), [("ifrs9", 0), ("cecl", 300_00)])
def test_the_lines_by_hand(standard: str, recovered: int) -> None:
    """The opening rate of 31-60 days is r: 4 items of 1,000 hold 4,000 r. One r is released, one half of one, too."""
    ledger = book()
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31", standard=standard)
    rate = opening.matrix.row(0, named=True)
    assert rate["state"] == "past_due_31_60"
    own = round(rate["rate"] * 1000_00)
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    total, pool, specific = (cents(found.table, column) for column in ("total", "pool", "specific"))
    assert total["opening"] == pytest.approx(4 * own, abs=4)
    assert total["settled"] == pytest.approx(-1.5 * own, abs=3)
    assert total["write_offs"] == -1000_00
    assert total["recoveries"] == recovered
    assert total["losses_beyond"] == pytest.approx(1000_00 - own - recovered, abs=2)
    assert total["currency"] == 0
    items = {row["document_id"]: row for row in found.items.iter_rows(named=True)}
    assert round(100 * items["NEW"]["new"]) == total["new"] == round(100 * items["NEW"]["closing"])
    assert specific["transfer"] == -pool["transfer"] == pytest.approx(own, abs=2)
    assert items["SOLD"]["opening_stage"] == "pool"
    assert items["SOLD"]["closing_stage"] == "specific"
    assert items["PAID"]["closing_stage"] is None
    assert found.recovered == 300.0
    charge = total["closing"] - total["opening"] + 1000_00 - recovered
    assert round(100 * found.charge) == charge
    journal = provision_journal(found, output="polars")
    taken = {(row["entry"], row["role"]): row["debit"] - row["credit"] for row in journal.iter_rows(named=True)}
    assert taken["recoveries", "allowance" if standard == "cecl" else "recoveries"] == -300.0
    assert taken["write_offs", "receivables"] == -1000.0
    _balances(found)


def test_currency_is_the_opening_allowance_at_the_new_rate() -> None:
    """1,000.00 USD at 0.5 and then 0.75: the allowance grows by a half before anything else moves it."""
    invoice = {"document_id": "U1", "customer_id": "U", "document_date": "2025-06-01", "due_date": "2025-06-25"}
    rates = [
        {"currency": "USD", "date": "2025-06-01", "rate": 0.5},
        {"currency": "USD", "date": "2025-07-31", "rate": 0.75},
    ]
    ledger = ledger_of(documents=[{**invoice, "amount": 1000_00, "currency": "USD"}], rates=rates)
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    total = cents(found.table, "total")
    assert total["opening"] == round(opening.total * 100)
    assert total["currency"] == pytest.approx(total["opening"] / 2, abs=1)
    assert total["settled"] == total["new"] == 0
    assert cents(found.gross, "amount")["currency"] == 250_00


def test_rates_and_buckets_are_told_apart() -> None:
    """An item that stays in its bucket moves by the change of the rates alone; one that ages at old rates first."""
    ledger = book()
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    row = found.items.filter(pl.col("document_id") == "HALF").row(0, named=True)
    then = {
        row["state"]: row["rate"] for row in opening.rates.filter(pl.col("method") == "cohort").iter_rows(named=True)
    }
    now = {
        row["state"]: row["rate"] for row in closing.rates.filter(pl.col("method") == "cohort").iter_rows(named=True)
    }
    assert row["new_rates"] == pytest.approx(500 * (now["past_due_61_90"] - then["past_due_61_90"]), abs=0.011)
    aged = 500 * (then["past_due_61_90"] - then["past_due_31_60"])
    assert row["moved_bucket"] == pytest.approx(aged, abs=0.021)


def test_what_cannot_be_compared_is_refused() -> None:
    ledger = book()
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    with pytest.raises(ParameterError, match="before"):
        provision_movement(ledger, opening=closing, closing=opening)
    other = provision(ledger, as_of="2025-06-30", settings=SHORT.changed(standard="cecl"))
    with pytest.raises(ParameterError, match="standard"):
        provision_movement(ledger, opening=other, closing=closing)


def test_pandas_in_and_out() -> None:
    ledger = book()
    opening, closing = (provision(ledger, as_of=day, settings=SHORT) for day in ("2025-06-30", "2025-07-31"))
    found = provision_movement(ledger, opening=opening, closing=closing)
    assert found.table["total"].iloc[-1] == pytest.approx(closing.total)
    assert provision_journal(found)["debit"].sum() == pytest.approx(provision_journal(found)["credit"].sum())
