"""Headings of a printed report are no customers, and neither are its lines of totals."""

from __future__ import annotations

from pathlib import Path

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Account,Date,Type,Doc No,Applies To,Due Date,Amount,Balance"
ROWS = (
    "Customer C1 Noord Bakery Ltd,,,,,,,",
    "C1,2024-01-10,INV,S1,,2024-02-09,100.00,100.00",
    "C1,2024-02-12,RCT,R1,S1,,-100.00,0.00",
    "Customer C2 Kessel Pumps Ltd,,,,,,,",
    "C2,2024-01-15,INV,S2,,2024-02-14,200.00,200.00",
    "C2,2024-01-17,INV,S3,,2024-02-16,20.00,220.00",
    "C2,2024-01-18,INV,S4,,2024-02-17,10.00,230.00",
    "C2,2024-01-19,INV,S5,,2024-02-18,30.00,260.00",
    "Customer C3 Tarn Foods Ltd,,,,,,,",
    "C3,2024-03-02,RCT,R2,,,-5.00,-5.00",
    "Grand total,,,,,,,255.00",
)


def customers(folder: Path, *rows: str) -> list[str]:
    (folder / "j.csv").write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    proposal = propose_mapping(folder, answers={"currency": "GBP"})
    ledger = preview_mapping(proposal, folder).ledger
    assert ledger.quarantine.is_empty()
    return sorted(ledger.tables["customers"]["customer_id"].to_list())


def test_a_line_without_a_number_names_no_customer(tmp_path: Path) -> None:
    assert customers(tmp_path, *ROWS) == ["C1", "C2", "C3"]


def test_where_payments_have_no_number_the_type_tells(tmp_path: Path) -> None:
    assert customers(tmp_path, *(row.replace(",R2,", ",,") for row in ROWS)) == ["C1", "C2", "C3"]


def test_beside_a_file_of_customers(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("Customer No,Name\nC1,Noord\nC2,Kessel\nC3,Tarn\n", encoding="utf-8")
    assert customers(tmp_path, *ROWS) == ["C1", "C2", "C3"]
