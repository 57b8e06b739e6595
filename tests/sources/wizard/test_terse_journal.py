"""A journal with terse headers: its number, its day and its currencies are told from what stands in the columns."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk.sources.wizard.preview import preview_mapping, tie_out_preview
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "line,booked,acct,type,settles,ccy,amount"
ROWS = [
    "J0001,03-Jan-2024,C7,BILL,,EUR,100.00",
    "J0002,05-Jan-2024,C7,BILL,,EUR,250.50",
    "J0003,09-Jan-2024,C9,BILL,,GBP,80.00",
    "J0004,11-Jan-2024,C7,CREDIT,J0001,EUR,-20.00",
    "J0005,02-Feb-2024,C7,CASH IN,J0001,EUR,-80.00",
    "J0006,05-Feb-2024,C9,CASH IN,J0003,GBP,-80.00",
    "J0007,20-Aug-2024,C7,WRITTEN OFF,J0002,EUR,-250.50",
    "J0008,21-Aug-2024,C9,BILL,,GBP,33.30",
]


def proposed(folder: Path, *, head: str = HEAD, rows: list[str] | None = None, **answers: str) -> tuple[Proposal, Path]:
    source = folder / "journal.csv"
    source.write_text("\n".join([head, *(rows or ROWS)]) + "\n", encoding="utf-8")
    given = {
        "terms.journal": "30",
        "journal.customer_id": "acct",
        **{k.replace("__", "."): v for k, v in answers.items()},
    }
    return propose_mapping(source, answers=given), source


def test_the_one_column_that_differs_in_every_row_numbers_the_documents(tmp_path: Path) -> None:
    proposal, source = proposed(tmp_path)
    assert proposal.questions == ()
    documents = next(one for one in proposal.tables if one.table == "documents")
    assert documents.columns["document_id"] == "line"
    assert any("line is taken for the number of the document" in one for one in proposal.unsure)
    tied = tie_out_preview(preview_mapping(proposal, source)).select("currency", "open_balance")
    assert tied.rows() == [("EUR", 0.0), ("GBP", 33.3)]


def test_payments_write_offs_and_credit_notes_find_their_invoices(tmp_path: Path) -> None:
    proposal, source = proposed(tmp_path)
    applied = preview_mapping(proposal, source).ledger.tables["applications"]
    found = applied.select("to_document_id", pl.col("kind").cast(pl.String)).sort("to_document_id", "kind").rows()
    assert found == [("J0001", "credit_note"), ("J0001", "payment"), ("J0002", "write_off"), ("J0003", "payment")]


def test_a_remark_that_happens_to_differ_is_no_number(tmp_path: Path) -> None:
    rows = [f"remark {number} by phone,{row}" for number, row in enumerate(ROWS)]
    proposal, _ = proposed(tmp_path, head="note," + HEAD, rows=rows)
    assert next(one for one in proposal.tables if one.table == "documents").columns["document_id"] == "line"


def test_a_number_that_its_header_names_stays_where_a_few_rows_share_it(tmp_path: Path) -> None:
    rows = [f"INV{number // 2 if number < 2 else number},{row}" for number, row in enumerate(ROWS * 3)]
    rows = [row.replace(",J0", f",K{number:02d}") for number, row in enumerate(rows)]
    proposal, _ = proposed(tmp_path, head="Invoice No," + HEAD, rows=rows)
    rule = next(one for one in proposal.tables if one.table == "documents").columns["document_id"]
    assert "Invoice No" in str(rule)


def test_the_only_date_of_a_list_with_types_is_the_date_of_the_document(tmp_path: Path) -> None:
    proposal, source = proposed(tmp_path)
    assert any("booked is taken for the document date" in one for one in proposal.unsure)
    assert preview_mapping(proposal, source).ledger.tables["documents"]["document_date"].min() == date(2024, 1, 3)


@pytest.mark.parametrize("name", ["ccy", "zz"])
def test_no_currency_is_asked_beside_a_column_of_codes(tmp_path: Path, name: str) -> None:
    head = HEAD.replace("ccy", name).replace("type", "sort")
    proposal, _ = proposed(tmp_path, head=head)
    assert "currency" not in [one.key for one in proposal.questions]


def test_two_columns_of_codes_are_named_where_neither_is_known(tmp_path: Path) -> None:
    rows = [f"{row},EUR" for row in ROWS]
    proposal, _ = proposed(tmp_path, head=HEAD.replace("ccy", "zz") + ",yy", rows=rows)
    question = next(one for one in proposal.questions if one.key == "currency")
    assert "journal.currency=zz or journal.currency=yy" in question.evidence
