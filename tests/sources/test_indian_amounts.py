"""Amounts grouped by lakh and crore are the same amounts; other groups are none."""

from __future__ import annotations

from pathlib import Path

from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.wizard.mapping_text import mapping_text
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice No,Customer,Invoice Date,Due Date,Amount\n"
ROWS = (
    '7001,Amber Works,2024-04-01,2024-05-01,"1,18,000.00"\n'
    '7002,Amber Works,2024-04-02,2024-05-02,"12,34,56,789.50"\n'
    '7003,Birch Stores,2024-04-03,2024-05-03,"98,000.00"\n'
    '7004,Birch Stores,2024-04-04,2024-05-04,"1,234,567.00"\n'
)


def test_lakh_and_crore_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    proposal = propose_mapping(path, answers={"currency": "INR"})
    assert map_of_text(mapping_text(proposal), "map").files[0].decimal == "."
    ledger = preview_mapping(proposal, path).ledger
    assert ledger.quarantine.is_empty()
    amounts = ledger.table("documents").sort("document_id")["amount"].to_list()
    assert amounts == [1_18_000_00, 12_34_56_789_50, 98_000_00, 1_234_567_00]


def test_groups_that_no_country_has_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    more = "".join(f'71{row},Birch Stores,2024-04-04,2024-05-04,"1,18,000.00"\n' for row in range(10, 40))
    path.write_text(HEAD + ROWS + more + '7005,Birch Stores,2024-04-04,2024-05-04,"1,18,00.00"\n', encoding="utf-8")
    ledger = preview_mapping(propose_mapping(path, answers={"currency": "INR"}), path).ledger
    assert ledger.quarantine["key"].to_list() == ["7005"]
