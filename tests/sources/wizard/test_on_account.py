"""Words in the cell of the invoice: beside a number they are passed over, alone they are cash on account."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = """Invoice No,Customer No,Inv Date,Due,Ccy,Gross
{0}1,C100,2024-01-15,2024-02-14,GBP,100.00
{0}2,C100,2024-01-16,2024-02-15,GBP,200.00
{0}3,C102,2024-01-25,2024-02-24,GBP,300.00
{0}4,C102,2024-03-25,2024-04-24,GBP,400.00
"""
CASH = """Receipt,Date,Customer No,Ccy,Applied To,Amount
R1,2024-02-14,C100,GBP,SI1,100.00
R2,2024-02-15,C100,GBP,Inv. SI2,200.00
R3,2024-02-24,C102,GBP,SI3,300.00
R4,2024-03-24,C102,GBP,ON ACCOUNT,50.00
R5,2024-03-26,C102,GBP,Advance as agreed,25.00
"""
PARTS = """Receipt,Date,Customer No,Ccy,Receipt Total,Applied To,Applied Amt
R1,2024-02-14,C100,GBP,300.00,SI1,100.00
R1,2024-02-14,C100,GBP,300.00,SI2,200.00
R2,2024-02-24,C102,GBP,350.00,SI3,300.00
R2,2024-02-24,C102,GBP,350.00,ON ACCOUNT,50.00
R3,2024-03-24,C102,GBP,90.00,SI4,80.00
"""


def propose(folder: Path, cash: str = CASH, prefix: str = "SI") -> Proposal:
    (folder / "invoices.csv").write_text(INVOICES.format(prefix), encoding="utf-8")
    (folder / "cash.csv").write_text(cash, encoding="utf-8")
    return propose_mapping(folder)


def test_words_alone_are_cash_on_account_and_beside_a_number_nothing(tmp_path: Path) -> None:
    proposal = propose(tmp_path)
    said = "Applied To holds words and no number (for example 'Advance as agreed'), in 2 payments, 75.00 in all"
    assert any(said in one for one in proposal.unsure)
    assert any(
        "1 cell of Applied To names a document beside words (for example 'Inv. SI2')" in one for one in proposal.unsure
    )
    assert any("100% of its numbers are among the documents" in one for one in proposal.sure)
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.quarantine.is_empty()
    assert ledger.tables["receipts"].height == 5
    applied = ledger.tables["applications"].sort("to_document_id")
    assert applied["to_document_id"].to_list() == ["SI1", "SI2", "SI3"]
    owners = ledger.tables["receipts"].filter(pl.col("receipt_id").is_in(["R4", "R5"]))["customer_id"]
    assert owners.to_list() == ["C102", "C102"]


def test_a_number_that_is_not_there_is_set_aside_with_its_words(tmp_path: Path) -> None:
    proposal = propose(tmp_path, CASH.replace("Inv. SI2", "Inv. SI9"))
    assert any("1 payment of others, 200.00 in all, will be set aside" in one for one in proposal.unsure)
    assert preview_mapping(proposal, tmp_path).ledger.quarantine.height == 1


def test_without_a_customer_words_are_no_cash_on_account(tmp_path: Path) -> None:
    rows = [row.split(",") for row in CASH.splitlines()]
    proposal = propose(tmp_path, "\n".join(",".join([*row[:2], *row[3:]]) for row in rows) + "\n")
    assert any("2 payments of others, 75.00 in all, will be set aside" in one for one in proposal.unsure)


def test_where_receipts_have_totals_words_apply_nothing(tmp_path: Path) -> None:
    proposal = propose(tmp_path, PARTS)
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.quarantine.is_empty()
    assert ledger.tables["receipts"].sort("receipt_id")["amount"].to_list() == [30000, 35000, 9000]
    assert ledger.tables["applications"].height == 4


def test_where_the_documents_numbers_have_no_digits_words_may_be_one(tmp_path: Path) -> None:
    letters = ("A", "B", "C", "D")
    (tmp_path / "invoices.csv").write_text(
        "\n".join(
            line.replace(f"SI{place},", f"INV{letters[place - 1]},") if place else line
            for place, line in enumerate(INVOICES.format("SI").splitlines())
        ),
        encoding="utf-8",
    )
    cash = CASH
    for place, letter in enumerate(letters, 1):
        cash = cash.replace(f"SI{place}", f"INV{letter}")
    (tmp_path / "cash.csv").write_text(cash, encoding="utf-8")
    proposal = propose_mapping(tmp_path)
    assert not any("holds words and no number" in one for one in proposal.unsure)


def test_cash_on_account_that_is_taken_back_is_told_with_it(tmp_path: Path) -> None:
    head, *rows = CASH.splitlines()
    typed = [f"{head},Type", *(f"{row},Receipt" for row in rows), "R6,2024-03-28,C102,GBP,ON ACCOUNT,-50.00,Bounced"]
    proposal = propose(tmp_path, "\n".join(typed) + "\n")
    said = [one for one in proposal.unsure if "holds words and no number" in one]
    assert len(said) == 1
    assert said[0].endswith("in 3 payments, 25.00 in all")
    assert preview_mapping(proposal, tmp_path).ledger.quarantine.is_empty()
