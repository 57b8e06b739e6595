"""A receivables account in each row is no customer, and a column without a header can be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEAD = ",Type,Date,Num,Due Date,Account,Amount"
LINES = (
    "Elm Inc.,,,,,,",
    ",Invoice,06/18/2023,11,08/17/2023,{account},100.00",
    ",Payment,08/22/2023,41,,{account},-100.00",
    ",Invoice,09/15/2023,13,10/15/2023,{account},50.00",
    "Total Elm Inc.,,,,,,50.00",
    "Fir Inc.,,,,,,",
    ",Invoice,06/28/2023,12,07/28/2023,{account},200.00",
    "Total Fir Inc.,,,,,,200.00",
)
CURRENCY = {"currency": "USD"}


def written(folder: Path, account: str) -> Path:
    (folder / "tl.csv").write_text("\n".join((HEAD, *LINES)).format(account=account) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("account", ["1200 - Accounts Receivable", "10000 Debitoren", "411 Clients", "1200", "A/R"])
def test_the_account_of_each_row_is_no_customer_where_headings_name_them(tmp_path: Path, account: str) -> None:
    proposal = propose_mapping(written(tmp_path, account), answers=CURRENCY)
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert sorted(ledger.tables["customers"]["customer_id"]) == ["Elm Inc.", "Fir Inc."]


def test_it_asks_for_the_customer_where_only_a_receivables_account_stands(tmp_path: Path) -> None:
    rows = (written(tmp_path, "1200 - Accounts Receivable") / "tl.csv").read_text(encoding="utf-8").split("\n")
    kept = [row for row in rows if row.startswith(",")]
    (tmp_path / "tl.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers=CURRENCY)
    assert [one.key for one in proposal.blocking] == ["tl.customer_id"]
    assert any("Account is no customer" in said for said in proposal.unsure)


def test_a_customer_of_whom_alone_the_export_is_stays_one(tmp_path: Path) -> None:
    rows = "Customer No,Invoice No,Invoice Date,Amount\nC1,1,2024-01-05,10.00\nC1,2,2024-01-25,20.00\n"
    (tmp_path / "i.csv").write_text(rows, encoding="utf-8")
    ledger = preview_mapping(propose_mapping(tmp_path, answers={**CURRENCY, "terms.i": "30"}), tmp_path).ledger
    assert ledger.tables["customers"]["customer_id"].to_list() == ["C1"]


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="column 1, Type, Date"):
        propose_mapping(written(tmp_path, "1200"), answers={**CURRENCY, "tl.headings": "A"})


def test_a_column_without_a_header_is_called_by_its_place(tmp_path: Path) -> None:
    answers = {**CURRENCY, "tl.headings": "column 1"}
    ledger = preview_mapping(propose_mapping(written(tmp_path, "1200"), answers=answers), tmp_path).ledger
    assert sorted(ledger.tables["customers"]["customer_id"]) == ["Elm Inc.", "Fir Inc."]


def test_an_account_that_is_the_same_beside_different_partners_is_no_customer(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(
        "Date,Journal Entry,Journal,Account,Partner,Due Date,Debit,Credit,Matching\n"
        "2025-01-10,INV/1,Customer Invoices,400000 Customers,Alto SA,2025-02-09,100.00,,A1\n"
        "2025-01-12,INV/2,Customer Invoices,400000 Customers,Bora SA,2025-02-11,80.00,,\n"
        "2025-01-13,INV/3,Customer Invoices,400000 Customers,Alto SA,2025-02-12,60.00,,\n"
        "2025-03-01,BNK/1,Bank,400000 Customers,Alto SA,,,100.00,A1\n"
        "2025-03-02,BNK/2,Bank,400000 Customers,Bora SA,,,30.00,\n",
        encoding="utf-8",
    )
    preview = preview_mapping(propose_mapping(tmp_path, answers={"currency": "EUR"}), tmp_path)
    assert sorted(preview.ledger.tables["customers"]["customer_id"]) == ["Alto SA", "Bora SA"]
    applied = preview.ledger.tables["applications"].select("to_document_id", "amount").sort("to_document_id")
    assert applied.rows() == [("INV/1", 10_000), ("INV/2", 3_000)]
