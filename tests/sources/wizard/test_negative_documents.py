"""A list of invoices whose credit notes are negative: set off against the invoice that they name, else told."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping


def read(folder: Path, column: str, text: str, *, bare: bool = False) -> tuple[Proposal, Ledger]:
    """Return 30 invoices, every sixth credited by 20, all but the credited parts of them paid."""
    sold = [f"Invoice number,Invoice date,Account,Company,Total,Due date,{column}"]
    paid = ["Date received,Account,For invoice,Received,How"]
    for n in range(30):
        day, number, who = f"2024-{1 + n // 3:02}-{3 + n % 3:02}", 2001 + n, f"C0{n % 4}"
        sold.append(f"{number},{day},{who},Comp {n % 4} Ltd,{161 + n}.00,2024-{1 + n // 3:02}-27,")
        credited = 20 if n % 6 == 1 else 0
        if credited:
            named = "" if bare and n == 1 else text.format(number)
            sold.append(f"CN{number},{day},{who},Comp {n % 4} Ltd,-20.00,,{named}")
        paid.append(f"2024-{1 + n // 3:02}-28,{who},{number},{161 + n - credited}.00,BACS")
    (folder / "invoices.csv").write_text("\n".join(sold) + "\n", encoding="utf-8")
    (folder / "payments.csv").write_text("\n".join(paid) + "\n", encoding="utf-8")
    proposal = propose_mapping(folder, answers={"currency": "GBP"})
    assert not proposal.blocking, proposal.blocking
    return proposal, preview_mapping(proposal, folder).ledger


@pytest.mark.parametrize(
    ("column", "text"), [("Remarks", "Credit re invoice {}"), ("Credits invoice", "{}"), ("Remarks", "re {}")]
)
def test_a_named_invoice_is_credited_and_nothing_stays_past_due(column: str, text: str, tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, column, text)
    credited = ledger.tables["applications"].filter(kind="credit_note")
    assert credited.select("from_id", "to_document_id").rows() == [
        (f"CN{2001 + n}", f"{2001 + n}") for n in range(1, 30, 6)
    ]
    assert set(credited["amount"]) == {20_00}
    assert any("of 5 credit notes of 5, 100.00 in all" in one for one in proposal.sure)
    assert (
        ledger.tables["applications"]["amount"].sum()
        == ledger.tables["documents"].filter(pl.col("amount") > 0)["amount"].sum()
    )


def test_one_that_names_none_stays_open(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, "Remarks", "Credit re invoice {}", bare=True)
    assert ledger.tables["applications"].filter(kind="credit_note").height == 4
    assert any("of 4 credit notes of 5, 80.00 in all" in one for one in proposal.sure)


def test_without_a_column_it_is_told(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, "Remarks", "goods came back")
    assert ledger.tables["applications"].filter(kind="credit_note").is_empty()
    assert any("5 credit notes (negative), 100.00 in all: no column says" in one for one in proposal.unsure)
