"""A list of payments without a column of invoices: the oldest debt is settled first, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

LEDGER = """Type,Account,Name,Date,Due on,Ref,Details,Debit,Credit
SI,ALTO01,Alto Ltd,05/01/2024,04/02/2024,10001,Goods,100.00,
SI,ALTO01,Alto Ltd,15/01/2024,14/02/2024,10002,Goods,80.00,
SR,ALTO01,Alto Ltd,20/02/2024,,BACS,Payment,,150.00
SI,BORA01,Bora Ltd,25/01/2024,24/02/2024,10003,Goods,60.00,
SR,BORA01,Bora Ltd,26/02/2024,,BACS,Payment,,60.00
"""


def applied(folder: Path, **answers: str) -> tuple[list[tuple[object, ...]], str, str]:
    (folder / "ledger.csv").write_text(LEDGER, encoding="utf-8")
    proposal = propose_mapping(folder, answers={"currency": "GBP"} | answers)
    preview = preview_mapping(proposal, folder)
    rows = preview.ledger.tables["applications"].select("to_document_id", "amount").sort("to_document_id", "amount")
    return rows.rows(), " ".join(proposal.unsure), preview.text


def test_each_payment_settles_the_oldest_debt_and_it_is_said(tmp_path: Path) -> None:
    rows, said, text = applied(tmp_path)
    assert rows == [("10001", 10000), ("10002", 5000), ("10003", 6000)]
    assert "no column names the invoice that a payment pays, so each settles the oldest debt" in said
    assert 'without_invoice = "oldest_first"' in text


def test_the_user_may_leave_it_on_account(tmp_path: Path) -> None:
    rows, said, text = applied(tmp_path, without_invoice="on_account")
    assert rows == []
    assert "oldest debt" not in said
    assert 'without_invoice = "on_account"' in text
    with pytest.raises(ParameterError, match="on_account or oldest_first"):
        applied(tmp_path, without_invoice="newest")


def test_beside_a_list_of_open_items_cash_stays_on_account(tmp_path: Path) -> None:
    (tmp_path / "open.csv").write_text(
        "Invoice no,Customer,Invoice date,Due date,Amount,Open amount\n"
        "F1,Alto Ltd,2025-01-10,2025-02-09,100.00,70.00\nF2,Bora Ltd,2025-02-10,2025-03-12,80.00,80.00\n",
        encoding="utf-8",
    )
    (tmp_path / "receipts.csv").write_text(
        "Receipt no,Receipt date,Customer,Amount received\n"
        "R1,2025-02-20,Alto Ltd,30.00\nR2,2025-01-20,Bora Ltd,44.00\n",
        encoding="utf-8",
    )
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert "without_invoice" not in proposal.settings
