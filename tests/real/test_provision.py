"""The provision on two public ledgers that hold no bad debt: it ties out and says what it leans on."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from beside import SHARED
from command import succeeded

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.provision.loss_rates import PRIOR_CASES
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings

MAPPINGS = Path(__file__).parents[2] / "examples" / "mappings"
pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", ["ibm-ar", "highradius-ar"])
def test_a_ledger_without_bad_debts_leans_on_published_rates_and_says_so(name: str, tmp_path: Path) -> None:
    succeeded("import", SHARED / "data" / name, "--map", MAPPINGS / f"{name}.toml", "--out", tmp_path / "ledger")
    ledger = Ledger.read(tmp_path / "ledger")
    day = ledger.settings.covers_to
    found = provision(
        ledger, as_of=day, settings=ProvisionSettings(observation_months=6, history_months=12), output="polars"
    )
    table = ageing(ledger, as_of=day, by="portfolio", output="polars").row(0, named=True)
    assert dict(found.base.iter_rows())["open_debit_items"] == pytest.approx(
        table["not_due"] + table["past_due"] + table["late_fees"], abs=0.005
    )
    assert found.items["allowance"].sum() == pytest.approx(found.total, abs=0.005)
    assert 0 < found.total < found.gross
    rates = found.rates.filter(pl.col("method") == "cohort")
    assert rates["loss_customers"].sum() == 0
    for row in rates.filter(pl.col("customers") > 0).iter_rows(named=True):
        # What was still open at the end of a window is lost as its bucket is: by a published rate, not an own one.
        expected = row["customers"] * row["prior_rate"]
        trust = expected / (expected + PRIOR_CASES)
        assert row["credibility"] == pytest.approx(trust)
        assert row["own_rate"] == 0
        assert row["rate"] >= (1 - trust) * row["prior_rate"] - 1e-12
        assert row["published_share"] == pytest.approx(1.0)
    assert found.own_alone == 0
    assert "published" in " ".join(found.notes)
