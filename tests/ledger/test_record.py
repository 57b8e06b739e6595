"""What an import set aside and noticed stays with the ledger that it wrote."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest
from ledger_files import CUSTOMERS, GOOD, documents, folder_of, read

from credrisk.ledger import Ledger
from credrisk.ledger.findings import sorted_findings
from credrisk.ledger.write import write_ledger

TARGETS = ("folder", "tables.parquet", "book.xlsx", "base.duckdb")


def flawed(folder: Path) -> Ledger:
    text = documents(
        document_id=["D1", "D2", "D3", "=2+3"],
        amount=["1000.00", "x", "200.00", "y"],
    )
    return read(folder, documents=text)


@pytest.mark.parametrize("target", TARGETS)
def test_the_findings_of_an_import_are_brought_forward(tmp_path: Path, target: str) -> None:
    ledger = flawed(tmp_path)
    write_ledger(ledger, tmp_path / "out" / target, with_record=True)
    again = Ledger.read(tmp_path / "out" / target)
    assert again.quarantine.is_empty()
    for name in ledger.tables:
        assert again.table(name).equals(ledger.table(name)), name
    assert again.settings == ledger.settings
    carried = [f for f in again.findings if f.message.startswith("at import: ")]
    expected = [dataclasses.replace(f, message="at import: " + f.message) for f in ledger.findings]
    repeated = {f.code for f in expected} - {f.code for f in carried}
    assert repeated <= {f.code for f in again.findings}, "what is noticed again is not said twice"
    assert sorted_findings([f for f in expected if f.code not in repeated]) == sorted_findings(carried)
    assert [(f.severity, f.rows, f.ids) for f in carried if f.code == "unreadable_amount"] == [
        ("error", 2, ("=2+3", "D2"))
    ]
    assert again.check().worst == "error"
    assert "not_a_table" not in {f.code for f in again.findings}


def test_importing_again_says_it_once(tmp_path: Path) -> None:
    write_ledger(flawed(tmp_path), tmp_path / "out", with_record=True)
    once = Ledger.read(tmp_path / "out")
    write_ledger(once, tmp_path / "out", with_record=True, overwrite=True)
    assert Ledger.read(tmp_path / "out").findings == once.findings


def test_the_rows_set_aside_are_beside_the_tables(tmp_path: Path) -> None:
    ledger = flawed(tmp_path)
    write_ledger(ledger, tmp_path / "out", with_record=True)
    aside = pl.read_csv(tmp_path / "out" / "quarantine.csv", infer_schema=False)
    assert aside.filter(table="documents").select("key", "reason", "value").rows() == [
        ("'=2+3", "unreadable_amount", "y"),
        ("D2", "unreadable_amount", "x"),
    ]
    tied = pl.read_csv(tmp_path / "out" / "intake.csv").filter(table="documents")
    assert tied["rows_quarantined"].sum() == 2
    ledger.write(tmp_path / "plain")
    assert not (tmp_path / "plain" / "quarantine.csv").exists()


def test_findings_of_another_kind_are_no_record(tmp_path: Path) -> None:
    folder_of(tmp_path, **{**GOOD, "customers": CUSTOMERS}, findings="place,what\nhere,something\n")
    ledger = Ledger.read(tmp_path)
    assert not [f for f in ledger.findings if f.message.startswith("at import: ")]
