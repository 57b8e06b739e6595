"""The same facts from programs of five countries give the same ledger, without a word from the user."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from exports import CUSTOMERS, EXPORTS, items, payments

from credrisk import Ledger
from credrisk.sources.mapping import import_with_map
from credrisk.sources.wizard.preview import preview_mapping, tie_out_preview
from credrisk.sources.wizard.propose import propose_mapping


def documents(ledger: Ledger) -> set[tuple[object, ...]]:
    columns = ("document_id", "customer_id", "document_date", "due_date", "amount")
    return set(ledger.tables["documents"].select(columns).rows())


@pytest.mark.parametrize("language", EXPORTS)
def test_the_ledger_is_what_was_exported(language: str, tmp_path: Path) -> None:
    EXPORTS[language](tmp_path)
    proposal = propose_mapping(tmp_path)
    assert proposal.questions == ()
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert documents(ledger) == {(i.number, i.customer, i.day, i.due, i.cents) for i in items()}
    credited = ledger.tables["documents"].filter(kind="credit_note")["document_id"].to_list()
    assert sorted(credited) == sorted(i.number for i in items() if i.cents < 0)
    receipts = ledger.tables["receipts"].select("receipt_id", "customer_id", "date", "amount").rows()
    assert set(receipts) == {(p.number, p.customer, p.day, p.cents) for p in payments()}
    applied = ledger.tables["applications"].select("from_id", "to_document_id", "applied_on", "amount", "kind").rows()
    assert set(applied) == {(p.number, p.invoice, p.day, p.cents, "payment") for p in payments() if p.invoice}
    assert dict(ledger.tables["customers"].select("customer_id", "name").rows()) == CUSTOMERS
    assert ledger.quarantine.is_empty()
    assert ledger.settings.currency == ("USD" if language == "english" else "EUR")


@pytest.mark.parametrize("language", EXPORTS)
def test_what_is_written_is_what_import_reads(language: str, tmp_path: Path) -> None:
    EXPORTS[language](tmp_path)
    preview = preview_mapping(propose_mapping(tmp_path), tmp_path)
    file = tmp_path / "mapping.toml"
    file.write_text(preview.text, encoding="utf-8")
    again = import_with_map(file, tmp_path)
    counted = again.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "used")).to_series()
    assert counted.to_list() == again.summary["read"].to_list()
    assert documents(Ledger.read(again.tables)) == documents(preview.ledger)


@pytest.mark.parametrize("language", EXPORTS)
def test_the_open_balance_ties_to_what_was_exported(language: str, tmp_path: Path) -> None:
    EXPORTS[language](tmp_path)
    tied = tie_out_preview(preview_mapping(propose_mapping(tmp_path), tmp_path)).row(0, named=True)
    billed = sum(i.cents for i in items())
    paid = sum(p.cents for p in payments() if p.invoice)
    assert tied["documents"] == len(items())
    assert round(100 * (tied["invoiced"] + tied["credited"])) == billed
    assert round(100 * tied["open_balance"]) == billed - paid


def test_a_line_of_totals_is_left_out_and_its_money_told(tmp_path: Path) -> None:
    EXPORTS["german"](tmp_path)
    amounts = propose_mapping(tmp_path).amounts[0]
    net = sum(i.cents for i in items()) - sum(p.cents for p in payments())
    used, totals = amounts.lines
    assert (used.what, used.rows) == ("used", len(items()) + len(payments()))
    assert (totals.what, totals.rows) == ("lines of totals", 1)
    assert [round(100 * sum(one.sums)) for one in (used, totals, amounts.whole)] == [net, net, 2 * net]
