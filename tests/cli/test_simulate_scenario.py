"""`credrisk simulate --scenario`: the ledger of a change, with the change in the truth."""

from __future__ import annotations

import polars as pl
from command import refused, succeeded


def test_a_scenario_is_written_with_what_it_changed(tmp_path):
    folder = tmp_path / "slump"
    succeeded("simulate", folder, "--customers", "60", "--months", "12", "--scenario", "recession")
    told = pl.read_parquet(folder / "truth" / "changes.parquet")
    assert told["what"].to_list() == ["market_factor"]
    assert "--scenario recession --change-month 9" in (folder / "README.md").read_text()


def test_an_unknown_scenario_is_refused_and_nothing_written(tmp_path):
    assert "new_segment" in refused("simulate", tmp_path / "x", "--scenario", "war")
    assert not (tmp_path / "x").exists()
