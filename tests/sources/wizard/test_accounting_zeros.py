"""Zeros as Excel's accounting format writes them: a dash, alone or beside a currency sign."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.ledger.parse_amounts import accounting_zeros
from credrisk.portfolio.ageing import ageing
from credrisk.sources.mapping import import_with_map
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice No,Customer No,Invoice Date,Due Date,Gross Amount,Paid Amount,Paid Date,Discount Taken"
ROWS = (
    'R1,C1,01/13/2025,02/12/2025,"$1,000.00",$980.00,01/20/2025,$20.00',
    "R2,C1,01/15/2025,02/14/2025,$101.00,$101.00,02/11/2025,{}",
    "R3,C2,01/17/2025,02/16/2025,$103.00,{},,{}",
    "R4,C2,01/18/2025,02/17/2025,$50.00,{},,{}",
)


def proposed(folder: Path, zero: str, **answers: str) -> Proposal:
    rows = (row.replace("{}", zero) for row in ROWS)
    (folder / "a.csv").write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    said = {"currency": "USD"} | {name.replace("__", "."): value for name, value in answers.items()}
    return propose_mapping(folder / "a.csv", answers=said)


def owed(ledger: Ledger) -> float:
    aged = ageing(ledger, as_of=last_day(ledger), by="portfolio", translate=False, output="polars")
    return round(aged["open_balance"].sum(), 2)


@pytest.mark.parametrize("zero", ["$ -", "$-", " - ", "- $", "$ \u2013   ", "USD -"])
def test_a_column_of_dashes_is_a_column_of_amounts(tmp_path: Path, zero: str) -> None:
    proposal = proposed(tmp_path, zero, a__discount_amount="Discount Taken")
    ledger = preview_mapping(proposal, tmp_path / "a.csv").ledger
    applied = ledger.tables["applications"].select("to_document_id", pl.col("kind").cast(pl.String), "amount")
    assert sorted(applied.rows()) == [
        ("R1", "discount", 2_000),
        ("R1", "payment", 98_000),
        ("R2", "payment", 10_100),
    ]
    assert owed(ledger) == 153.0
    assert ledger.quarantine.is_empty()


def test_cells_that_are_no_amounts_are_named(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, "see note")
    said = "a: 2 of 4 filled cells of Paid Amount are no amounts (for example 'see note')"
    assert any(one.startswith(said) for one in proposal.unsure)


def test_the_refusal_of_a_discount_says_which_cells_are_no_amounts(tmp_path: Path) -> None:
    rows = [row.replace("$20.00", "none yet").replace("{}", "see note") for row in ROWS]
    rows = [row.replace(",see note,,", ",,,") for row in rows]
    (tmp_path / "a.csv").write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    answers = {"currency": "USD", "a.discount_amount": "Discount Taken"}
    with pytest.raises(ParameterError, match="4 of its 4 filled cells are no amounts"):
        propose_mapping(tmp_path / "a.csv", answers=answers)


def test_a_ledger_and_a_mapping_read_a_dash_as_zero_and_nothing_else(tmp_path: Path) -> None:
    cells = ["\u20ac -", " -   ", "-", "- EUR", "--", "-x", "\u20ac", "n-a"]
    read = pl.DataFrame({"cell": cells}).select(accounting_zeros(pl.col("cell"))).to_series().to_list()
    assert read == ["0", "0", "0", "0", "--", "-x", "\u20ac", "n-a"]
    head = "document_id,customer_id,customer_name,document_date,due_date,amount,currency,settled_on,settled_amount"
    lines = (
        "D1,C,Alder,2025-01-01,2025-01-31,10.00,EUR,2025-02-01,\u20ac -\n"
        "D2,C,Alder,2025-01-02,2025-02-01,5.00,EUR,2025-02-03,\n"
    )
    (tmp_path / "documents.csv").write_text(f"{head}\n{lines}", encoding="utf-8")
    ledger = Ledger.read(tmp_path)
    assert ledger.quarantine.is_empty()
    assert owed(ledger) == 10.0
    columns = "\n".join(f'{name} = "{name}"' for name in head.split(","))
    files = '[files.d]\npath = "documents.csv"\ndecimal = "."\n'
    (tmp_path / "m.toml").write_text(f"{files}[tables.documents]\n[tables.documents.columns]\n{columns}\n")
    imported = Ledger.read(import_with_map(tmp_path / "m.toml", tmp_path / "documents.csv").tables)
    assert imported.quarantine.is_empty()
    assert owed(imported) == 10.0
