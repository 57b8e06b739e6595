"""Cash that paid documents the ledger does not hold is not unapplied, and hides no arrears."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_files import CUSTOMERS, documents, folder_of, reasons

from credrisk.features import build_panel
from credrisk.features.labels import build_labels
from credrisk.ledger import Ledger
from credrisk.portfolio.ageing import ageing

HEAD = "from_id,to_document_id,amount,applied_on,kind,currency,from_amount\n"


def ledger_with(folder: Path, applications: str, receipts: str = "R1,C1,2024-02-01,5000,EUR\n") -> Ledger:
    return Ledger.read(
        folder_of(
            folder,
            customers=CUSTOMERS,
            documents=documents(amount=["1000.00", "-200.00", "x"], document_date=["2024-01-25"] * 3),
            receipts="receipt_id,customer_id,date,amount,currency\n" + receipts,
            applications=HEAD + applications,
        ),
        currency="EUR",
        covers_from="2024-01-01",
        covers_to="2024-12-31",
    )


@pytest.mark.parametrize("gone", ["OLD7", "D3"])
def test_a_receipt_for_an_unseen_document_is_not_unapplied(tmp_path: Path, gone: str) -> None:
    ledger = ledger_with(tmp_path, f"R1,{gone},5000.00,2024-02-02,,,\n")
    assert [r[0] for r in reasons(ledger)] == ["documents"]
    (finding,) = [f for f in ledger.findings if f.code == "unseen_document"]
    assert (finding.severity, finding.rows, finding.ids, finding.money) == ("warning", 1, (gone,), 5000.0)
    aged = ageing(ledger, as_of="2024-12-31", by="portfolio", output="polars").row(0, named=True)
    assert (aged["open_balance"], aged["unapplied_cash"], aged["net_balance"]) == (800.0, 0.0, 800.0)
    features = build_panel(ledger, as_of="2024-12-31", output="polars").row(0, named=True)
    assert (features["open_balance"], features["unapplied_cash"], features["net_balance"]) == (800.0, 0.0, 800.0)
    labels = build_labels(ledger, dates=["2024-02-28"], output="polars").filter(customer_id="C1")
    assert labels["default_on"][0] is not None, "the arrears of the seen invoice are a default"
    check = ledger.check()
    assert check.balances["difference"].to_list() == [0.0]
    assert "open_items_do_not_tie_out" not in {f.code for f in check.findings}


def test_a_credit_note_set_off_against_an_unseen_document_is_used_up(tmp_path: Path) -> None:
    ledger = ledger_with(tmp_path, "D2,OLD7,200.00,2024-02-02,credit_note,,\n")
    aged = ageing(ledger, as_of="2024-12-31", by="portfolio", output="polars").row(0, named=True)
    assert (aged["open_balance"], aged["open_credits"]) == (1000.0, 0.0)
    assert ledger.check().balances["difference"].to_list() == [0.0]


def test_without_a_source_that_is_there_it_has_no_effect(tmp_path: Path) -> None:
    ledger = ledger_with(tmp_path, "R9,OLD7,1.00,2024-02-02,,,\n,OLD7,1.00,2024-02-02,write_off,,\n")
    assert [(r[0], r[2]) for r in reasons(ledger) if r[0] == "applications"] == [
        ("applications", "unknown_document"),
        ("applications", "unknown_receipt"),
    ]
    assert ledger.table("applications").is_empty()


def test_its_currency_is_the_receipts(tmp_path: Path) -> None:
    ledger = ledger_with(tmp_path, "R1,OLD7,5000,2024-02-02,,,\n", "R1,C1,2024-02-01,5000,JPY\n")
    assert ledger.table("applications").select("amount", "currency").rows() == [(5000, "JPY")]
