"""A stored ledger worked out in partitions gives the panel of the ledger in memory, to the last bit."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from random_ledgers import random_ledger

from credrisk.errors import DataError, ParameterError
from credrisk.features.panel import build_panel
from credrisk.ledger.store import open_stored, store_ledger
from credrisk.pipeline import partitions
from credrisk.pipeline.partitions import memory_bytes, panel_parts


@pytest.mark.parametrize(("seed", "rows", "workers"), [(1, 5, 1), (2, 40, 1), (3, 10_000, 1), (4, 20, 2)])
def test_partitions_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, rows: int, workers: int
) -> None:
    monkeypatch.setattr(partitions, "LEAST_ROWS_A_PART", 1)
    monkeypatch.setattr(partitions, "MOST_ROWS_A_PART", rows)
    ledger = random_ledger(seed)
    store_ledger(ledger, tmp_path / "ledger")
    out = panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=workers)
    found = pl.concat([pl.read_parquet(file) for file in sorted(out.glob("*.parquet"))])
    assert found.sort("customer_id", "as_of").equals(build_panel(ledger, output="polars"))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_stored_ledger_comes_back_as_it_was(tmp_path: Path) -> None:
    ledger = random_ledger(5)
    store_ledger(ledger, tmp_path / "ledger")
    again = open_stored(tmp_path / "ledger").ledger()
    assert again.settings == ledger.settings
    assert build_panel(again, output="polars").equals(build_panel(ledger, output="polars"))


def test_what_is_no_stored_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ledger\.json"):
        open_stored(tmp_path)


@pytest.mark.parametrize("text", ["2", "GB", "-1GB", "1MB"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        memory_bytes(text)


def test_a_size_in_words() -> None:
    assert memory_bytes("2GB") == 2**31
