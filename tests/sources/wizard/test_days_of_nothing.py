"""Days that systems write for an empty date, such as 1900-01-01 of Dynamics GP: no date, and told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Customer No,Document No,Type,Document Date,Due Date,Amount,Paid On,Void Date"
ROWS = (
    "C1,I1,Invoice,2024-01-05,2024-02-04,100.00,2024-02-10,{none}",
    "C1,I2,Invoice,2024-01-06,2024-02-05,50.00,{none},{none}",
    "C2,I3,Invoice,2024-01-07,2024-02-06,70.00,{none},2024-01-20",
    "C2,I4,Invoice,2024-01-08,2024-02-07,80.00,{none},{none}",
    "C2,K1,Credit Memo,2024-01-09,{none},-30.00,{none},{none}",
)


def propose(folder: Path, none: str, suffix: str = "csv", **answers: str) -> Proposal:
    text = "\n".join((HEAD, *ROWS)).format(none=none) + "\n"
    (folder / "inv.csv").write_text(text, encoding="utf-8")
    if suffix == "parquet":
        days = ["Document Date", "Due Date", "Paid On", "Void Date"]
        frame = pl.read_csv(folder / "inv.csv").with_columns(pl.col(days).str.to_datetime("%Y-%m-%d"))
        frame.write_parquet(folder / "inv.parquet")
        (folder / "inv.csv").unlink()
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return propose_mapping(folder, answers={"currency": "EUR", **given})


@pytest.mark.parametrize(
    ("none", "suffix"),
    [
        ("1900-01-01", "csv"),
        ("1900-01-01", "parquet"),
        ("1753-01-01", "csv"),
        ("0001-01-01T00:00:00", "csv"),
        ("01/01/1900", "csv"),
        ("9999-12-31", "csv"),
        ("00.00.0000", "csv"),
    ],
)
def test_nothing_is_due_paid_or_void_on_such_a_day(none: str, suffix: str, tmp_path: Path) -> None:
    proposal = propose(tmp_path, none, suffix)
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.quarantine.is_empty()
    due = ledger.tables["documents"].select("document_id", "due_date").sort("document_id").rows()
    assert due == [
        ("I1", date(2024, 2, 4)),
        ("I2", date(2024, 2, 5)),
        ("I4", date(2024, 2, 7)),
        ("K1", date(2024, 1, 9)),
    ]
    paid = ledger.tables["applications"].filter(kind="payment")
    assert paid.select("to_document_id", "applied_on").rows() == [("I1", date(2024, 2, 10))]
    assert any("in Due Date stands for no date, as systems write it: 1 cell" in one for one in proposal.sure)
    assert not any("fall due (Due Date) before their date" in one for one in proposal.unsure)
    assert any("were read as empty" in one.message for one in ledger.check().findings)


def test_a_due_date_made_from_such_a_document_date_is_none(tmp_path: Path) -> None:
    head = "Customer No,Document No,Document Date,Terms Days,Amount"
    rows = ("C1,I1,2024-01-05,30,10.00", "C1,I2,2024-01-06,30,9.00", "C1,I3,1900-01-01,30,8.00")
    (tmp_path / "inv.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.tables["documents"]["due_date"].to_list() == [date(2024, 2, 4), date(2024, 2, 5)]
    assert set(ledger.quarantine["reason"]) == {"missing_value"}
