"""Where every document is set aside, each command says for which reasons, and import makes no ledger."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import credrisk, refused
from ledger_files import GOOD, folder_of

COVERS = "key,value\ncurrency,EUR\ncovers_from,2024-01-01\ncovers_to,2024-12-31\n"
WHY = "every document was set aside (2 rows: a cell with an amount is no number (amount); for example"
MAPPING = """
[settings]
currency = "EUR"
[files.items]
path = "items.csv"
[tables.customers]
where = [{ column = "kind", equals = "bill" }]
one_row_per = "customer_id"
columns = { customer_id = "account" }
[tables.documents]
where = [{ column = "kind", equals = "bill" }]
[tables.documents.columns]
document_id = "number"
customer_id = "account"
document_date = "day"
due_date = "day"
amount = "remark"
[tables.payments]
where = [{ column = "kind", equals = "cash" }]
columns = { customer_id = "account", date = "day", amount = "amount" }
"""
ITEMS = """number,account,day,kind,amount,remark
B1,C1,2024-01-05,bill,100.00,first
B2,C2,2024-01-06,bill,200.00,second
P1,C1,2024-02-05,cash,100.00,third
"""


def of_no_documents(folder: Path) -> Path:
    lines = GOOD["documents"].splitlines()
    place = lines[0].split(",").index("amount")
    for number, line in enumerate(lines[1:3], start=1):
        cells = line.split(",")
        cells[place] = "later"
        lines[number] = ",".join(cells)
    folder_of(folder, **{**GOOD, "documents": "\n".join(lines[:3]) + "\n"}, settings=COVERS)
    return folder


@pytest.mark.parametrize("command", ["run", "validate", "scorecard"])
def test_a_command_on_a_ledger_whose_documents_are_all_set_aside_says_why(tmp_path: Path, command: str) -> None:
    assert WHY in refused(command, of_no_documents(tmp_path), "--out", tmp_path / "out")


def test_check_names_it_among_the_errors(tmp_path: Path) -> None:
    outcome = credrisk("check", of_no_documents(tmp_path))
    assert outcome.code == 2
    assert "all set aside" in outcome.out
    assert WHY in outcome.out


def test_import_makes_no_ledger_of_it_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    said = refused("import", tmp_path / "items.csv", "--map", tmp_path / "map.toml", "--out", tmp_path / "led")
    assert WHY in said
    assert "the columns that the mapping names" in said
    assert not (tmp_path / "led").exists()
