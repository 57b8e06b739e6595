"""A customer's number and name in one column become an id and a name; other texts with a dash stay whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice No,Customer,Invoice Date,Due Date,Amount,Currency"


def exported(folder: Path, *customers: str, head: str = HEAD) -> Path:
    rows = [f"F{n},{one},2024-01-0{n + 1},2024-02-0{n + 1},{100 + n}.50,EUR" for n, one in enumerate(customers)]
    (folder / "bills.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("head", [HEAD, HEAD.replace("Customer", "Customer Name")])
def test_number_and_name_are_told_apart(tmp_path: Path, head: str) -> None:
    source = exported(tmp_path, "701 - Alder & Co", "702 - Birch - Hill Ltd", "701 - Alder & Co", head=head)
    paid = "Receipt No,Customer No,Receipt Date,Applied To,Amount\nR1,702,2024-03-01,F1,101.50\n"
    (tmp_path / "receipts.csv").write_text(paid, encoding="utf-8")
    proposal = propose_mapping(source)
    assert any("holds a number and a name, parted by ' - '" in one for one in proposal.unsure)
    ledger = preview_mapping(proposal, source).ledger
    customers = ledger.tables["customers"].sort("customer_id").select("customer_id", "name").rows()
    assert customers == [("701", "Alder & Co"), ("702", "Birch - Hill Ltd")]
    assert ledger.tables["documents"]["customer_id"].to_list() == ["701", "702", "701"]
    assert ledger.quarantine.is_empty()


@pytest.mark.parametrize(
    "customers",
    [
        ("Alder - North", "Birch - South", "Cedar - East"),
        ("10 - Alder Ltd", "10 - Birch Ltd", "10 - Cedar Ltd"),
        ("701-Alder", "702-Birch", "703-Cedar"),
        ("701 - 4", "702 - 5", "703 - 6"),
    ],
)
def test_other_texts_stay_whole(tmp_path: Path, customers: tuple[str, ...]) -> None:
    source = exported(tmp_path, *customers)
    ledger = preview_mapping(propose_mapping(source), source).ledger
    assert sorted(ledger.tables["customers"]["customer_id"].to_list()) == sorted(customers)


def test_a_part_needs_a_separator() -> None:
    text = (
        '[files.a]\npath = "a.csv"\n[tables.customers.columns]\n'
        'customer_id = { column = "Customer", part_before = "", part_after = "-" }\n'
    )
    with pytest.raises(ParameterError, match="a separator in part_before or in part_after"):
        map_of_text(text, "map.toml")
