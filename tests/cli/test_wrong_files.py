"""Files that are no export, and projects that are there or lack a mapping: each told what it is, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import refused, succeeded

MAPPING = """
[settings]
currency = "EUR"
[files.bills]
path = "bills.csv"
[tables.customers]
one_row_per = "customer_id"
columns = { customer_id = "Customer No", name = "Name" }
[tables.documents.columns]
document_id = "Invoice No"
customer_id = "Customer No"
document_date = "Invoice Date"
due_date = "Due Date"
amount = "Amount"
"""
HEAD = "Invoice No,Customer No,Name,Invoice Date,Due Date,Amount\n"
ROWS = "".join(f"F{n},C{n % 3},Alder,2024-0{n + 1}-05,2024-0{n + 2}-05,{100 + n}.50\n" for n in range(7))


@pytest.fixture
def bills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "bills.csv").write_text(HEAD + ROWS, encoding="utf-8")
    return tmp_path / "bills.csv"


WRONG = {
    "a PDF": (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n1 0 obj\n", "is a PDF, which is print and no table"),
    "a workbook": (b"PK\x03\x04" + bytes(60), "is a workbook or a zip, whatever its name says"),
    "a header alone": (HEAD.encode(), "there are no rows under the header of bills.csv"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_table_is_called_what_it_is(bills: Path, what: str) -> None:
    content, words = WRONG[what]
    bills.write_bytes(content)
    succeeded("init", "project", "--map", "map.toml")
    assert words in refused("import", "wizard", "bills.csv", "--yes")
    assert words in refused("import", "bills.csv", "--map", "map.toml", "--out", "ledger")
    assert words in refused("update", "project", "bills.csv")


def test_a_workbook_that_cannot_be_opened_may_have_a_password(bills: Path) -> None:
    bills.with_suffix(".xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    assert "without a password" in refused("import", "wizard", "bills.xlsx", "--yes")


def test_a_column_that_holds_no_currency_is_refused_for_that(bills: Path) -> None:
    said = refused("import", "wizard", "bills.csv", "--yes", "--answer", "bills.currency=Name")
    assert "a column of codes of ISO 4217 such as EUR; Name holds Alder" in said


def test_a_project_that_is_there_is_not_to_be_overwritten(bills: Path) -> None:
    succeeded("init", "project")
    said = refused("init", "project")
    assert "credrisk update" in said
    assert "--overwrite" not in said


def test_an_update_without_a_mapping_points_at_the_wizard(bills: Path) -> None:
    succeeded("init", "project")
    said = refused("update", "project", "bills.csv")
    assert said.count("What to do") == 1
    assert "credrisk import wizard bills.csv --out project/mapping.toml proposes the mapping" in said


def test_changes_of_undated_rows_name_no_first_day(bills: Path) -> None:
    succeeded("init", "project", "--map", "map.toml")
    succeeded("update", "project", "bills.csv")
    later = ROWS.replace("Alder", "Birch") + "F8,C1,Birch,2024-08-05,2024-09-05,9.50\n"
    bills.write_text(HEAD + later, encoding="utf-8")
    assert "as-of dates up to 2024-08-04 would have been others" in succeeded("update", "project", "bills.csv").out


def test_the_kind_of_source_that_credrisk_writes_itself_is_no_empty_word(bills: Path) -> None:
    text = MAPPING + '[tables.applications]\ncolumns = { to_document_id = "Invoice No", applied_on = "Due Date", '
    text += 'amount = "Amount", kind = { constant = "write_off" } }\n'
    Path("map.toml").write_text(text, encoding="utf-8")
    succeeded("import", "bills.csv", "--map", "map.toml", "--out", "ledger")
    assert "none" in Path("ledger/applications.csv").read_text(encoding="utf-8")
    assert "NULL" not in succeeded("check", "ledger").out
