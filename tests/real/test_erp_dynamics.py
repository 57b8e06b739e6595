"""The grid All customers as recorded, beside what the csv module reads."""

from __future__ import annotations

import csv

import pytest
from beside import SHARED

from credrisk.sources.erp.formats import import_export, recognise_export

GRID = SHARED / "samples" / "d365" / "all_customers_grid_export.csv"
pytestmark = pytest.mark.real


def test_the_grid_is_the_customers_and_nothing_else() -> None:
    with GRID.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [form.name for _, form in recognise_export(GRID)] == ["dynamics_finance"]
    _, imported = import_export(GRID)
    made = imported.tables["customers"]
    assert made["customer_id"].to_list() == [row["Account"] for row in rows]
    assert made["name"].to_list() == [row["Name"] for row in rows]
    assert made["currency"].to_list() == [row["Currency"] for row in rows] == ["USD"] * 26
    assert imported.summary.select("read", "used").row(0) == (26, 26)
    assert imported.tables["documents"].is_empty()
    assert imported.sums.is_empty()
