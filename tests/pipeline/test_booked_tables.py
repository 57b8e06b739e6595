"""What was booked is read back as it was, type by type, even where nothing was open; the next year starts from it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reports.provisions import HOSTILE, bare, full
from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.booked_tables import BOOKED_TABLES
from credrisk.pipeline.provision_files import FILES, read_booked, write_provision_files
from credrisk.pipeline.provision_job import provision_pack
from credrisk.portfolio.provision.movement import LINES
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.reports.provision_pack import ProvisionPack
from credrisk.reports.provision_page import provision_page
from credrisk.reports.provision_workbook import write_provision_workbook

OPENING, CLOSING = date(2025, 5, 31), date(2025, 12, 31)


@pytest.mark.parametrize("make", [full, bare], ids=["full", "bare"])
def test_every_table_is_read_back_as_it_was(tmp_path: Path, make: Any) -> None:
    """Also where a table has no row, and where ids and names begin as a formula does."""
    pack = make()
    write_provision_files(tmp_path, pack)
    again = read_booked(tmp_path)
    assert set(FILES) == set(BOOKED_TABLES)
    for name in FILES:
        wrote, read = getattr(pack.found, name), getattr(again, name)
        assert dict(read.schema) == dict(wrote.schema), name
        assert read.height == wrote.height, name
        texts = [column for column, kind in wrote.schema.items() if kind == pl.String]
        assert read.select(texts).equals(wrote.select(texts)), name
        for column in (column for column, kind in wrote.schema.items() if kind == pl.Float64):
            assert read[column].to_list() == pytest.approx(wrote[column].to_list(), abs=0.0051), (name, column)
    assert make is bare or HOSTILE in again.overlay["scenario"].to_list()


def invoice(number: str, amount: int, day: str) -> dict[str, Any]:
    return {"document_id": number, "customer_id": number, "document_date": day, "due_date": day, "amount": amount}


NOTHING_OPEN: dict[str, list[dict[str, Any]]] = {
    "no document yet": [],
    "credit notes alone": [invoice("K1", -1000_00, "2025-04-01"), invoice("K2", -50_00, "2025-04-01")],
}


@pytest.mark.parametrize("before", NOTHING_OPEN.values(), ids=NOTHING_OPEN)
def test_an_opening_booked_without_an_open_item_starts_the_next_year(
    tmp_path: Path, before: list[dict[str, Any]]
) -> None:
    """The one invoice of July is new: the movement is its allowance, on file, page and workbook."""
    ledger: Ledger = ledger_of(documents=[*before, invoice("A", 1000_00, "2025-07-01")])
    chosen = ProvisionSettings(observation_months=3, history_months=4)
    booked = tmp_path / "booked"
    booked.mkdir()
    found = provision(ledger, as_of=OPENING, settings=chosen, output="polars")
    assert found.items.is_empty()
    write_provision_files(booked, ProvisionPack(found))
    pack = provision_pack(ledger, as_of=CLOSING, settings=chosen, opening=booked)
    assert pack.movement is not None
    lines = dict(pack.movement.table.select("line", "total").iter_rows())
    assert lines["new"] == lines["closing"] == pack.found.total > 0
    assert all(lines[line] == 0 for line in LINES if line not in ("new", "closing"))
    write_provision_files(tmp_path, pack)
    assert "as it was booked on 2025-05-31" in " ".join(provision_page(pack).split()).replace("\u00a0", " ")
    write_provision_workbook(tmp_path / "provision.xlsx", pack)


def test_a_folder_of_an_earlier_release_lacks_the_amounts_of_the_documents(tmp_path: Path) -> None:
    write_provision_files(tmp_path, full())
    items = pl.read_csv(tmp_path / "items.csv", infer_schema=False)
    items.drop("billed_minor").write_csv(tmp_path / "items.csv")
    assert "billed_minor" not in read_booked(tmp_path).items.columns
