"""`credrisk log contact` and its kin: entries of a clerk, and the mistakes a clerk can make."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.cli.log import _in_brief
from credrisk.decisions.decision_log import DecisionLog
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.simulate.simulator import simulate_ledger

AT = "2024-06-30"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("entries") / "ledger"
    simulate_ledger(customers=50, months=18, seed=4).write(folder)
    return folder


@pytest.fixture(scope="module")
def item(ledger: Path) -> tuple[str, str, float]:
    """Document, customer and amount of an open invoice that is not in dispute, in the ledger's currency."""
    read = Ledger.read(ledger).cut(AT)
    left = item_movements(read).group_by("document_id", "customer_id", "currency").agg(pl.col("amount").sum())
    free = left.join(read.table("disputes"), on="document_id", how="anti")
    own = free.filter((pl.col("amount") > 1_000_00) & (pl.col("currency") == "EUR")).sort("document_id")
    row = own.row(0, named=True)
    return row["document_id"], row["customer_id"], row["amount"] / 100


def test_a_day_of_a_collector(ledger: Path, item: tuple[str, str, float], tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    document, customer, amount = item
    made = ("--author", "Kim", "--at", AT)
    of = ("--customer", customer)
    told = succeeded("log", "contact", log, ledger, *of, "--channel", "call", "--outcome", "promise", *made).out
    assert "Entry 1" in told
    assert "contact by Kim" in told
    succeeded("log", "promise", log, ledger, *of, "--document", document, "--due", "2024-07-10", *made)
    dispute = ("--document", document, "--amount", "100", "--owner", "sales", "--cause", "price")
    succeeded("log", "dispute", log, ledger, *dispute, *made)
    entries = DecisionLog(log).read()
    succeeded("log", "resolve", log, ledger, "--dispute", f"log-3-{entries[2].hash[:8]}", "--outcome", "valid", *made)
    succeeded("log", "note", log, ledger, "--text", "=2+3", *of, *made)
    owner = ("--role", "finance director")
    plan = ("--instalment", "2024-07-31=100", "--instalment", "2024-08-31=200.50")
    succeeded("log", "plan", log, ledger, *of, *plan, *owner, *made)
    succeeded("log", "write-off", log, ledger, "--document", document, "--amount", "5", *owner, "--reason", "x", *made)
    credit = ("--document", document, "--amount", "5", "--reason", "price")
    succeeded("log", "credit-note", log, ledger, *credit, *owner, *made)
    settled = ("--pays", "20", "--by", "2024-07-31", "--reason", "insolvent")
    succeeded("log", "settlement", log, ledger, *of, *settled, *owner, *made)
    kinds = [entry.kind for entry in DecisionLog(log).read()]
    assert kinds[:6] == ["contact", "promise", "dispute", "dispute_resolved", "note", "plan"]
    assert kinds[6:] == ["promise", "promise", "write_off", "credit_note", "settlement", "promise"]
    assert DecisionLog(log).verify().sound
    shown = succeeded("log", "show", log, "--customer", customer).out
    assert "12 entries" in shown
    assert amount > 1_000


def test_what_was_recorded_counts_in_the_lists(ledger: Path, item: tuple[str, str, float], tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    document, customer, _ = item
    made, day = ("--author", "Kim", "--at", AT), ("--as-of", AT[:10])
    succeeded(
        "log", "promise", log, ledger, "--customer", customer, "--document", document, "--due", "2024-07-10", *made
    )
    dispute = ("--document", document, "--amount", "100", "--owner", "sales", "--cause", "price")
    succeeded("log", "dispute", log, ledger, *dispute, *made)
    for name, key in (("promises", "promise_id"), ("disputes", "dispute_id")):
        for given, folder in (((), "as-exported"), (("--log", log), "recorded")):
            succeeded(name, ledger, *day, *given, "-o", tmp_path / folder / name)
        plain, told = (
            set(pl.read_csv(tmp_path / folder / name / f"{name}.csv", infer_schema=False)[key])
            for folder in ("as-exported", "recorded")
        )
        assert plain < told
        assert len(told - plain) == 1
    assert "existing decision log" in refused("promises", ledger, "--log", tmp_path / "no.db", "-o", tmp_path / "x")


def test_who_may_not_is_told_who_may_and_nothing_is_entered(
    ledger: Path, item: tuple[str, str, float], tmp_path: Path
) -> None:
    log = tmp_path / "log.db"
    document, _, _ = item
    write_off = ("log", "write-off", log, ledger, "--document", document, "--amount", "900", "--reason", "gone")
    told = refused(*write_off, "--role", "credit analyst", "--at", AT)
    assert "--role must be one that may write off 900 EUR: credit manager, or higher" in told
    assert "nothing was entered" in told
    assert not log.exists()


def test_the_mistakes_of_a_clerk(ledger: Path, item: tuple[str, str, float], tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    _, customer, _ = item
    promise = ("log", "promise", log, ledger, "--customer", customer, "--at", AT)
    assert "--due must be from 2024-06-30" in refused(*promise, "--due", "2024-06-29")
    assert "--due must be a date such as" in refused(*promise, "--due", "tomorrow")
    assert "--amount must be at most" in refused(*promise, "--due", "2024-07-10", "--amount", "99999999")
    assert "--at must be not in the future" in refused(*promise[:-1], "2999-01-01", "--due", "2999-01-02")
    plan = ("log", "plan", log, ledger, "--customer", customer, "--role", "credit manager", "--at", AT)
    assert "a day and an amount" in refused(*plan, "--instalment", "5 in May")
    contact = ("log", "contact", log, ledger, "--customer", "X", "--channel", "call", "--outcome", "reached")
    assert "--customer must be a customer of the ledger" in refused(*contact)
    other = tmp_path / "other.db"
    other.write_bytes(b"no log at all")
    assert "no decision log" in refused("log", "note", other, ledger, "--text", "x")


def test_the_log_tells_what_a_hand_is_and_when_a_promise_is_due() -> None:
    told = _in_brief({"expires_on": "2026-01-15", "factor": 4.793, "place": 2, "reason": "big name", "what": "boost"})
    assert told == "boost, factor 4.793, expires on 2026-01-15, reason big name"
    promise = {"amount": 20_000.0, "currency": "EUR", "due_on": "2026-01-09", "made_on": "2025-12-31"}
    assert _in_brief(promise) == "amount 20,000 EUR, due on 2026-01-09"
    assert _in_brief({"place": 3}) == "place 3"
