"""A type of a list of receipts that no word tells: credit notes by their own numbers, else payments or a question."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = """Invoice No,Customer No,Inv Date,Due,Ccy,Gross,Type
SI1,C100,2024-01-15,2024-02-14,GBP,100.00,INV
SI3,C102,2024-01-25,2024-02-24,GBP,300.00,INV
SI4,C102,2024-03-25,2024-04-24,GBP,400.00,INV
SC5,C102,2024-03-26,,GBP,-40.00,CRN
"""
CASH = """Receipt,Date,Customer No,Ccy,Receipt Total,Applied To,Applied Amt,Method
R1,2024-02-14,C100,GBP,100.00,SI1,60.00,BACS
R1,2024-02-14,C100,GBP,100.00,SI1,40.00,BACS
R2,2024-02-24,C102,GBP,300.00,SI3,300.00,BACS
WO1,2024-03-26,C102,GBP,20.00,SI4,20.00,WRITE OFF
"""


def propose(folder: Path, *rows: str, **answers: str) -> Proposal:
    (folder / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    (folder / "cash.csv").write_text(CASH + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return propose_mapping(folder, answers={name.replace("__", "."): value for name, value in answers.items()})


def test_a_type_whose_own_numbers_are_credit_notes_sets_them_off_and_is_no_cash(tmp_path: Path) -> None:
    proposal = propose(tmp_path, "SC5,2024-03-26,C102,GBP,0,SI4,40.00,CN ALLOC")
    assert not [one for one in proposal.questions if one.blocking]
    assert any(
        "'CN ALLOC' is taken for credit note (1 row, 40.00 in all), as Receipt" in one for one in proposal.unsure
    )
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert sorted(ledger.tables["receipts"]["receipt_id"].to_list()) == ["R1", "R2"]
    kinds = ledger.tables["applications"].filter(pl.col("kind") == "credit_note")
    assert kinds.select("from_id", "to_document_id").rows() == [("SC5", "SI4")]
    aged = ageing(ledger, as_of=last_day(ledger), by="portfolio", translate=False, output="polars")
    assert aged["open_balance"].sum() == 400 - 40 - 20


def test_money_paid_back_that_names_a_credit_note_is_no_credit_note(tmp_path: Path) -> None:
    paid = [f"R{row},2024-03-2{row},C102,GBP,10.00,SI4,10.00,XFER" for row in range(4, 7)]
    proposal = propose(tmp_path, *paid, "R9,2024-03-26,C102,GBP,40.00,SC5,40.00,XFER")
    assert any("'XFER' is taken for payment (4 rows" in one for one in proposal.unsure)


def test_a_type_of_which_some_are_credit_notes_is_asked(tmp_path: Path) -> None:
    rows = ("SC5,2024-03-26,C102,GBP,40.00,SI4,40.00,XFER", "R8,2024-03-26,C102,GBP,10.00,SI4,10.00,XFER")
    asked = {one.key: one for one in propose(tmp_path, *rows).questions if one.blocking}
    assert list(asked) == ["kind.cash.XFER"]
    assert "Receipt of 1 row is the number of a credit note" in asked["kind.cash.XFER"].evidence
    assert not [one for one in propose(tmp_path, *rows, kind__cash__XFER="payment").questions if one.blocking]


def test_a_type_without_a_receipt_is_asked(tmp_path: Path) -> None:
    asked = [one for one in propose(tmp_path, "X7,2024-03-26,C102,GBP,0,SI4,10.00,XFER").questions if one.blocking]
    assert [one.key for one in asked] == ["kind.cash.XFER"]
    assert "Receipt Total is 0" in asked[0].evidence
