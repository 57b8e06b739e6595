"""Balances brought forward have no number in the export: they get one, and receipts that name them find them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from credrisk import Ledger
from credrisk.cli.app import app
from credrisk.sources.wizard.preview import preview_mapping, tie_out_preview
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping
from credrisk.sources.wizard.words import says_brought_forward

HEAD = "Account,Document No,Date,Type,Due Date,Debit,Credit,Allocated To,Currency"
ROWS = (
    "A1,,2024-01-01,{},,500.00,,,GBP",
    "A2,,2024-01-01,{},,,60.00,,GBP",
    "A1,101,2024-01-05,Sales invoice,2024-02-04,100.00,,,GBP",
    "A2,102,2024-01-06,Sales invoice,2024-02-05,200.00,,,GBP",
    "A3,103,2024-01-07,Sales invoice,2024-02-06,300.00,,,GBP",
    "A1,104,2024-01-20,Receipt,,,450.00,{},GBP",
    "A3,105,2024-01-21,Receipt,,,40.00,{},GBP",
    "A2,106,2024-02-06,Receipt,,,200.00,102,GBP",
    "A1,107,2024-02-07,Receipt,,,100.00,101,GBP",
    ",,,,,900.00,850.00,,",
)


def written(folder: Path, words: str = "Balance b/fwd", rows: tuple[str, ...] = ROWS) -> Path:
    text = "\n".join((HEAD, *rows)).replace("{}", words)
    (folder / "j.csv").write_text(text + "\n", encoding="utf-8")
    return folder / "j.csv"


def read(source: Path, **answers: str) -> tuple[Proposal, Ledger, float]:
    proposal = propose_mapping(source, answers={name.replace("__", "."): value for name, value in answers.items()})
    preview = preview_mapping(proposal, source)
    return proposal, preview.ledger, tie_out_preview(preview)["open_balance"].sum()


def openings(ledger: Ledger) -> list[tuple[object, ...]]:
    documents = ledger.tables["documents"].filter(pl.col("document_id").str.starts_with("BF-"))
    same_day = pl.col("document_date") == pl.col("due_date")
    kind = pl.col("kind").cast(pl.String)
    return documents.sort("document_id").select("document_id", kind, "amount", same_day).rows()


@pytest.mark.parametrize("words", ["Balance b/fwd", "B/F", "Saldovortrag", "Saldo inicial", "Opening balance 2024"])
def test_a_balance_brought_forward_is_a_document_that_receipts_find(tmp_path: Path, words: str) -> None:
    proposal, ledger, owed = read(written(tmp_path, words))
    assert openings(ledger) == [("BF-A1", "invoice", 50_000, True), ("BF-A2", "credit_note", -6_000, True)]
    assert owed == 50.0 - 60.0 + 300.0
    assert ledger.quarantine.is_empty()
    said = "j: 2 balances brought forward, 440.00 in all: opening documents numbered BF-{Account}, due on their "
    assert said + "own date; 1 below 0 are credit notes" in proposal.unsure
    told = f"j: with {words} the balance brought forward of the customer is closed: 1 payment, 450.00 in all"
    assert told in proposal.sure


def test_a_receipt_for_a_balance_that_is_not_there_is_cash_on_account(tmp_path: Path) -> None:
    proposal, ledger, _ = read(written(tmp_path))
    assert any(
        one.endswith("the customer has no balance brought forward: 1 payment, 40.00 in all; cash on account")
        for one in proposal.unsure
    )
    applied = ledger.tables["applications"]["to_document_id"].sort().to_list()
    assert applied == ["101", "102", "BF-A1"]
    assert ledger.tables["receipts"].filter(pl.col("customer_id") == "A3")["amount"].to_list() == [4_000]


def test_balances_in_two_currencies_have_two_numbers(tmp_path: Path) -> None:
    rows = (*ROWS[:-1], "A1,,2024-01-01,{},,70.00,,,EUR", "A1,108,2024-03-01,Receipt,,,70.00,{},EUR", ROWS[-1])
    _, ledger, _ = read(written(tmp_path, rows=rows))
    assert [row[0] for row in openings(ledger)] == ["BF-A1-EUR", "BF-A1-GBP", "BF-A2-GBP"]
    assert {"BF-A1-EUR", "BF-A1-GBP"} < set(ledger.tables["applications"]["to_document_id"])
    assert ledger.quarantine.is_empty()


def test_the_words_may_stand_in_the_place_of_the_number(tmp_path: Path) -> None:
    rows = tuple(row.replace(",,2024-01-01,{}", ",Saldo inicial,2024-01-01,Sales invoice") for row in ROWS)
    _, ledger, owed = read(written(tmp_path, "Saldo inicial", rows))
    assert [row[0] for row in openings(ledger)] == ["BF-A1", "BF-A2"]
    assert owed == 50.0 - 60.0 + 300.0


def test_a_balance_answered_as_no_document_stays_out(tmp_path: Path) -> None:
    _, ledger, _ = read(written(tmp_path), **{"kind__j__Balance b/fwd": "leave_out"})
    assert openings(ledger) == []


def test_documents_without_a_number_are_told_with_their_money(tmp_path: Path) -> None:
    row = "A3,,2024-01-09,Sales invoice,2024-02-08,75.50,,,GBP"
    source = written(tmp_path, rows=(*ROWS, row))
    proposal, ledger, _ = read(source)
    said = "j: left out, as a document needs a number: 1 row of the type Sales invoice without Document No, 75.50 in"
    assert any(one.startswith(said) for one in proposal.missing)
    assert ledger.tables["documents"].height == 5
    runner, mapping = CliRunner(), str(tmp_path / "m.toml")
    assert runner.invoke(app, ["import", "wizard", str(source), "--yes", "--out", mapping]).exit_code == 0
    done = runner.invoke(app, ["import", str(source), "--map", mapping, "--out", str(tmp_path / "ledger")])
    assert "j.csv: 1 document without a number left out, 75.50 GBP" in done.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Balance b/fwd", True),
        ("Report \u00e0 nouveau", True),
        ("BF", True),
        ("Anfangssaldo 01.01.2024", True),
        ("Saldo", False),
        ("Invoice BF 12", False),
        ("Total", False),
    ],
)
def test_words_of_a_balance_brought_forward(text: str, told: bool) -> None:
    assert says_brought_forward(text) is told
