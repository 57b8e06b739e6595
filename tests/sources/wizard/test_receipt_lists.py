"""Receipts by invoice: over several lines, cash on account, with credit memos and write-offs among them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = """\
Customer,Invoice No,Type,Invoice Date,Due Date,Amount
007,I1,Invoice,2024-01-10,2024-02-09,100.00
007,I2,Invoice,2024-01-20,2024-02-19,250.00
007,CM1,Credit Memo,2024-01-25,,-40.00
008,I3,Invoice,2024-02-01,2024-03-02,300.00
008,CM2,Credit Memo,2024-02-05,,-20.00
008,I4,Invoice,2024-02-10,2024-03-11,80.00
"""
LINES = (
    "007,R1,2024-02-12,Check,I1,100.00",
    "007,R1,2024-02-12,Check,I2,200.00",
    "007,CM1,2024-02-14,Credit Memo,I2,40.00",
    "008,R2,2024-03-05,Wire,I3,250.00",
    "008,R3,2024-03-06,ACH,,60.00",
    "008,W1,2024-03-04,Write-off,I4,80.00",
)
# By hand: 690 billed less 60 credited; cash 610, 60 of it on account; 40 of the credit notes set off, 20 open.
NET = {"007": 250 + 100 - 40 - 300, "008": 300 + 80 - 20 - 250 - 60 - 80}


def read(folder: Path, column: str, *lines: str, invoices: str = INVOICES) -> tuple[Proposal, Ledger]:
    (folder / "invoices.csv").write_text(invoices, encoding="utf-8")
    head = f"Customer,Receipt,Receipt Date,{column},Invoice No,Applied Amount"
    (folder / "receipts.csv").write_text("\n".join((head, *(lines or LINES))) + "\n", encoding="utf-8")
    proposal = propose_mapping(folder, answers={"currency": "USD"})
    assert not proposal.blocking
    return proposal, preview_mapping(proposal, folder).ledger


def net(ledger: Ledger) -> dict[str, float]:
    aged = ageing(ledger, as_of=last_day(ledger), by="customer", translate=False, output="polars")
    rows = aged.select("customer_id", pl.col("open_balance") - pl.col("unapplied_cash"))
    return dict(rows.rows())


@pytest.mark.parametrize("column", ["Method", "Type", "Payment Method"])
def test_every_line_closes_what_it_names_and_nothing_is_lost(column: str, tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, column)
    assert net(ledger) == pytest.approx(NET)
    receipts = ledger.tables["receipts"].select("receipt_id", "amount").sort("receipt_id")
    assert receipts.rows() == [("R1", 30_000), ("R2", 25_000), ("R3", 6_000)]
    others = ledger.tables["applications"].filter(pl.col("kind") != "payment").sort("kind")
    assert others.select("from_id", "to_document_id", "applied_on", "kind", "amount").rows() == [
        ("CM1", "I2", date(2024, 2, 14), "credit_note", 4_000),
        (None, "I4", date(2024, 3, 4), "write_off", 8_000),
    ]
    assert not any("write-offs" in one for one in proposal.missing)
    used = {one.file: one.lines[0] for one in proposal.amounts}
    assert (used["receipts"].rows, used["receipts"].sums) == (6, (730.0,))


def test_a_credit_memo_that_is_no_document_is_left_out_and_told(tmp_path: Path) -> None:
    lines = (*LINES[:2], LINES[2].replace("CM1", "X9"), *LINES[3:])
    proposal, ledger = read(tmp_path, "Type", *lines)
    assert not ledger.tables["applications"].filter(kind="credit_note").height
    assert sum(net(ledger).values()) == pytest.approx(sum(NET.values()))
    (said,) = [one for one in proposal.missing if "1 row of the type Credit Memo (credit note), 40.00 in all" in one]
    assert "left out, as they are not among the credit notes of the documents" in said


def test_a_write_off_that_names_no_invoice_closes_the_oldest_debt_and_is_told(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, "Type", *LINES, "008,W2,2024-03-04,Write-off,,5.00")
    assert net(ledger) == pytest.approx(NET | {"008": NET["008"] - 5})
    [said] = [one for one in proposal.unsure if "Write-off (write off), 5.00 in all" in one]
    assert said.endswith("does not say which invoice it closes: the oldest debt of their customer on that day")
    assert [one.code for one in ledger.findings if one.code == "closes_oldest"] == ["closes_oldest"]
    (receipts,) = (one for one in proposal.amounts if one.file == "receipts")
    assert sum(line.rows for line in receipts.lines) == 7


def test_a_column_without_a_known_header_that_says_write_off_is_the_type(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, "Zahlw", *(line.replace("ACH", "Virement") for line in LINES))
    assert net(ledger) == pytest.approx(NET)
    assert "receipts: Zahlw is taken for the kind; it says credit note, write off beside payments" in proposal.unsure


def test_words_such_as_bacs_are_no_numbers_of_payments(tmp_path: Path) -> None:
    invoices = "\n".join(line for line in INVOICES.splitlines() if "CM" not in line) + "\n"
    lines = [line.replace(line.split(",")[1], "BACS" if place % 2 else "CHQ") for place, line in enumerate(LINES)]
    _, ledger = read(tmp_path, "Type", *(line for line in lines if "Memo" not in line), invoices=invoices)
    assert ledger.tables["receipts"].height == 4


def test_payments_that_name_neither_invoice_nor_customer_are_told_as_set_aside(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    rows = "R1,2024-02-12,I1,100.00\nR1,2024-02-12,,5.00\nR9,2024-02-13,,6.00\n"
    (tmp_path / "payments.csv").write_text("Receipt No,Paid On,Invoice No,Amount\n" + rows, encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "USD"})
    assert any("2 payments name no invoice, and no column names the customer" in one for one in proposal.missing)
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.tables["receipts"].select("receipt_id", "customer_id", "amount").rows() == [("R1", "007", 10_500)]
    assert ledger.quarantine["amount"].to_list() == [6.0]


def test_payments_keep_their_own_currency(tmp_path: Path) -> None:
    invoices = "Customer,Invoice No,Invoice Date,Due Date,Amount,Currency\nA,I1,2024-01-10,2024-02-09,100.00,USD\n"
    (tmp_path / "invoices.csv").write_text(invoices, encoding="utf-8")
    rows = "A,R1,2024-02-12,I1,100.00,USD\nA,R2,2024-02-13,,6.00,CAD\n"
    head = "Customer,Receipt No,Paid On,Invoice No,Amount,Currency\n"
    (tmp_path / "payments.csv").write_text(head + rows, encoding="utf-8")
    ledger = preview_mapping(propose_mapping(tmp_path), tmp_path).ledger
    found = ledger.tables["receipts"].select("receipt_id", "amount", "currency").sort("receipt_id")
    assert found.rows() == [("R1", 10_000, "USD"), ("R2", 600, "CAD")]


def test_a_credit_memo_from_before_the_export_is_told_and_set_aside(tmp_path: Path) -> None:
    lines = (*LINES, "007,CM2,2024-02-15,Credit Memo,I1,5.00", "007,CM0,2024-02-16,Credit Memo,I2,10.00")
    proposal, ledger = read(tmp_path, "Type", *lines)
    assert any("1 credit note that Receipt names, of 3, are not among the documents" in one for one in proposal.unsure)
    assert ledger.quarantine.select("reason", "amount").rows() == [("unknown_receipt", 10.0)]
