"""`credrisk promises` and `credrisk disputes`: what they write adds up, and invoices alone are enough."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.simulate.simulator import simulate_ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("promises") / "ledger"
    simulate_ledger(customers=80, months=18, seed=4).write(folder)
    return folder


def test_the_promises_files_add_up(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "promises"
    said = succeeded("promises", ledger, "--as-of", "2024-04-30", "--days", "30", "--out", out).out
    every, customers = pl.read_csv(out / "promises.csv"), pl.read_csv(out / "customers.csv")
    assert every.height == customers["promises"].sum() > 20
    states = ("kept", "partly_kept", "broken", "open", "closed")
    assert sum(customers[name].sum() for name in states) == every.height
    assert f"{customers['kept'].sum():,} of {customers['judged'].sum():,} promises kept" in said
    broken = pl.read_csv(out / "broken.csv")
    assert set(broken["promise_id"]) <= set(every.filter(pl.col("still_unpaid"))["promise_id"])
    assert "Who keeps its word" in (out / "promises.html").read_text(encoding="utf-8")
    assert "overwrite" in refused("promises", ledger, "--out", out)


def test_the_disputes_files_add_up(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "disputes"
    said = succeeded("disputes", ledger, "--as-of", "2024-04-30", "--window", "90", "--out", out).out
    every, owners, causes = (pl.read_csv(out / f"{name}.csv") for name in ("disputes", "owners", "causes"))
    assert every["disputed"].sum() == pytest.approx(owners["disputed"].sum(), abs=0.01)
    assert causes["share_of_days"].sum() == pytest.approx(1.0, abs=1e-3)
    deductions = pl.read_csv(out / "deductions.csv")
    claims = deductions.filter(pl.col("kind").is_in(["charge_back", "dispute"]))
    assert claims["amount"].sum() == pytest.approx(every["disputed"].sum(), abs=0.01)
    assert "Whose turn it is" in said
    assert "pursue or write off" in (out / "disputes.html").read_text(encoding="utf-8")


def test_invoices_alone_are_enough(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id\na\n", encoding="utf-8")
    (folder / "documents.csv").write_text(
        "document_id,customer_id,kind,document_date,due_date,amount,currency\nd,a,invoice,2025-01-01,2025-01-31,100,EUR\n",
        encoding="utf-8",
    )
    assert "no table of promises" in succeeded("promises", folder, "--out", tmp_path / "p").out
    assert "no table of disputes" in succeeded("disputes", folder, "--out", tmp_path / "d").out
