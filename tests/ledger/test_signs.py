"""Applications with the sign the other way round are turned back or named, never silently taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_files import CUSTOMERS, documents, folder_of
from small_ledgers import ledger_of

from credrisk.ledger import Ledger
from credrisk.ledger.findings import Finding
from credrisk.portfolio.ageing import ageing

HEAD = "from_id,to_document_id,amount,applied_on,kind\n"


def ledger_with(folder: Path, *applications: str) -> Ledger:
    return Ledger.read(
        folder_of(
            folder,
            customers=CUSTOMERS,
            documents=documents(amount=["100.00", "-20.00"]),
            receipts="receipt_id,customer_id,date,amount\nR1,C1,2024-02-01,100.00\nR2,C1,2024-02-01,-20.00\n",
            applications=HEAD + "\n".join(applications) + "\n",
        ),
        currency="EUR",
    )


def found(ledger: Ledger) -> dict[str, Finding]:
    return {f.code: f for f in ledger.check().findings if f.severity != "note"}


def test_all_applications_turned_are_turned_back(tmp_path: Path) -> None:
    ledger = ledger_with(tmp_path, "R1,D1,-100,2024-02-02,payment", "R1,D1,40,2024-02-03,reversal")
    finding = found(ledger)["application_signs_turned"]
    assert (finding.severity, finding.rows, finding.ids, finding.money) == ("warning", 2, ("D1",), -60.0)
    assert sorted(ledger.table("applications")["amount"].to_list()) == [-4000, 10000]
    aged = ageing(ledger, as_of="2024-03-01", by="portfolio", output="polars").row(0, named=True)
    assert (aged["open_balance"], aged["unapplied_cash"]) == (20.0, 20.0)


def test_a_positive_reversal_is_an_error(tmp_path: Path) -> None:
    ledger = ledger_with(tmp_path, "R1,D1,60,2024-02-02,payment", "R1,D1,40,2024-02-03,reversal")
    finding = found(ledger)["reversals_not_negative"]
    assert (finding.severity, finding.rows, finding.ids, finding.money) == ("error", 1, ("D1",), 40.0)


def test_negative_payments_beside_positive_ones_are_an_error_where_they_take_back_too_much(tmp_path: Path) -> None:
    ledger = ledger_with(tmp_path, "R1,D1,60,2024-02-02,payment", "R1,D1,-70,2024-02-03,payment")
    assert found(ledger)["payments_negative"].severity == "error"
    assert found(ledger)["open_beyond_amount"].money == 10.0
    (tmp_path / "sound").mkdir()
    ledger = ledger_with(tmp_path / "sound", "R1,D1,60,2024-02-02,payment", "R1,D1,-60,2024-02-03,payment")
    assert not {"payments_negative", "open_beyond_amount", "application_signs_turned"} & set(found(ledger))


@pytest.mark.parametrize(
    "application", ["R2,D2,-20,2024-02-02,payment", "R1,D2,-20,2024-02-02,payment", "D2,D1,20,2024-02-02,"]
)
def test_refunds_and_credit_notes_have_their_own_sign(tmp_path: Path, application: str) -> None:
    ledger = ledger_with(tmp_path, application, "R1,D1,50,2024-02-02,payment")
    assert not {"payments_negative", "application_signs_turned", "open_beyond_amount"} & set(found(ledger))
    (tmp_path / "alone").mkdir()
    assert "application_signs_turned" not in found(ledger_with(tmp_path / "alone", application))


@pytest.mark.parametrize(
    ("code", "ids", "money"), [("open_beyond_amount", ("D1",), 50.0), ("left_beyond_receipt", ("R1",), 50.0)]
)
def test_more_open_than_there_was_is_an_error(code: str, ids: tuple[str, ...], money: float) -> None:
    ledger = ledger_of(
        documents=[{"document_id": "D1", "customer_id": "C1", "document_date": "2024-01-10", "amount": 10000}],
        receipts=[{"receipt_id": "R1", "customer_id": "C1", "date": "2024-02-01", "amount": 10000}],
        applications=[{"from_id": "R1", "to_document_id": "D1", "amount": -5000, "applied_on": "2024-02-02"}],
    )
    finding = found(ledger)[code]
    assert (finding.severity, finding.rows, finding.ids, finding.money) == ("error", 1, ids, money)
