"""Frames as they are given out."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from credrisk.pipeline.provision_files import _write
from credrisk.reports.tables import write_csv


def test_no_file_holds_a_negative_zero(tmp_path: Path) -> None:
    """What rounds to nothing from below is 0.0 in the file, and what is not known stays empty."""
    days = pl.DataFrame({"as_of": ["2025-01-31"] * 4, "days_beyond_terms": [-0.0, -0.000001, None, -2.5]})
    write_csv(tmp_path / "dso.csv", days, table="dso", currency="EUR")
    assert pl.read_csv(tmp_path / "dso.csv", infer_schema=False)["days_beyond_terms"].to_list() == [
        "0.0", "0.0", None, "-2.5",
    ]  # fmt: skip
    _write(tmp_path / "base.csv", pl.DataFrame({"amount": [-0.0, -0.001, 1.0]}), "EUR")
    assert pl.read_csv(tmp_path / "base.csv", infer_schema=False)["amount"].to_list() == ["0.0", "0.0", "1.0"]
