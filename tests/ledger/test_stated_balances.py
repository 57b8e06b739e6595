"""Balances that the export states are compared by document and currency; nothing of them enters the history."""

from __future__ import annotations

from pathlib import Path

from ledger_files import CUSTOMERS, documents, folder_of

from credrisk.ledger import Ledger
from credrisk.ledger.findings import Finding


def found(ledger: Ledger) -> list[Finding]:
    return [one for one in ledger.findings if one.code == "balance_differs"]


def read(folder: Path, said: list[str], **more: list[str]) -> Ledger:
    text = documents(
        document_id=["D1", "D2", "D3", "D4"],
        kind=["invoice", "invoice", "invoice", "credit_note"],
        amount=["100", "50", "70", "-20"],
        settled_on=["2024-03-01", "", "", ""],
        open_amount=said,
        **more,
    )
    return Ledger.read(folder_of(folder, customers=CUSTOMERS, documents=text), currency="EUR")


def test_balances_that_agree_are_silent_whatever_the_sign_of_a_credit_note(tmp_path: Path) -> None:
    assert found(read(tmp_path, ["0", "50", "70", "20"])) == []


def test_an_empty_balance_is_not_compared(tmp_path: Path) -> None:
    assert found(read(tmp_path, ["", "50", "", ""])) == []


def test_what_differs_is_told_with_its_money(tmp_path: Path) -> None:
    ledger = read(tmp_path, ["10", "30", "70", "-20"])
    (one,) = found(ledger)
    assert (one.rows, one.ids, one.money, one.currency) == (2, ("D1", "D2"), 10.0, "EUR")
    assert "leaves 100.00 EUR open" in one.message
    assert "says 90.00: 2 of 4 documents differ" in one.message
    assert "1 of them are paid" in one.message
    assert "open_amount" not in ledger.table("documents").columns
    assert ledger.table("applications")["amount"].to_list() == [10_000]


def test_each_currency_has_its_own(tmp_path: Path) -> None:
    ledger = read(tmp_path, ["0", "40", "60", "-20"], currency=["EUR", "EUR", "USD", "EUR"])
    assert [(one.currency, one.money) for one in found(ledger)] == [("EUR", 10.0), ("USD", 10.0)]
