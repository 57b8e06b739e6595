"""The ledgers of the benchmarks keep the contract, and the hand-written peers give what credrisk gives."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from credrisk import Ledger, LedgerSettings, build_panel
from credrisk.ledger.tables import TABLES

ROOT = Path(__file__).parents[1]


def drawn(folder: Path, shape: str, ids: str = "running") -> Path:
    out = folder / "ledger"
    size = ("--invoices", "6000", "--customers", "300", "--months", "24", "--parts", "3", "--ids", ids)
    subprocess.run([sys.executable, ROOT / "benchmarks" / "big_ledger.py", out, *size, "--shape", shape], check=True)
    return out


def read(folder: Path) -> Ledger:
    stated = json.loads((folder / "ledger.json").read_text())["settings"]
    days = {name: date.fromisoformat(stated[name]) for name in ("covers_from", "covers_to", "extracted_on")}
    found = {name: folder / name for name in TABLES if (folder / name).exists()}
    tables = {n: pl.read_parquet(path / "*.parquet").sort(TABLES[n].key) for n, path in found.items()}
    return Ledger(tables, LedgerSettings(stated["currency"], static=tuple(stated["static"]), **days))


@pytest.mark.parametrize(("shape", "ids"), [("core", "random"), ("full", "running")])
def test_a_drawn_ledger_keeps_the_contract(tmp_path: Path, shape: str, ids: str) -> None:
    ledger = read(drawn(tmp_path, shape, ids))
    checked = ledger.check()
    assert {finding.severity for finding in checked.findings} <= {"note"}
    assert (checked.balances["difference"] == 0).all()
    for name, table in ledger.tables.items():
        assert table.unique(TABLES[name].key).height == table.height, name


@pytest.mark.parametrize("peer", ["polars_peer", "duckdb_peer", "pandas_peer"])
def test_a_peer_gives_the_same_panel(tmp_path: Path, peer: str) -> None:
    folder, out = drawn(tmp_path, "core"), tmp_path / "panel.parquet"
    subprocess.run([sys.executable, ROOT / "benchmarks" / "peers" / f"{peer}.py", folder, out], check=True)
    theirs = pl.read_parquet(out).sort("customer_id", "as_of")
    ours = build_panel(read(folder), features=theirs.columns[2:], output="polars").select(theirs.columns)
    assert len(theirs.columns) == 32
    assert theirs.select("customer_id", "as_of").equals(ours.select("customer_id", "as_of"))
    for name in theirs.columns[2:]:
        mine, other = ours[name].to_numpy(), theirs[name].to_numpy()
        np.testing.assert_allclose(other, mine, rtol=1e-9, atol=1e-7 if "sd" in name else 1e-9, err_msg=name)
