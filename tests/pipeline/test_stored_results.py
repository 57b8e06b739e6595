"""What a run wrote is read as the run had it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError
from credrisk.injection import harmless_texts
from credrisk.pipeline.stored_results import stored_table

HOSTILE = ["=1+1", "-2+3", "@SUM(A1)", "'=already", "O'Neill", "plain", None]


def test_texts_come_back_without_the_apostrophes_that_keep_a_spreadsheet_from_running_them(tmp_path: Path) -> None:
    rows = pl.DataFrame({"customer_id": [*HOSTILE[:-1], "C7"], "name": HOSTILE, "reason_1": HOSTILE, "ead": 1.5})
    content = harmless_texts(rows).write_csv()
    assert "'=1+1" in content
    (tmp_path / "scores.csv").write_text(content, encoding="utf-8")
    stored = hashlib.sha256(content.encode()).hexdigest()
    assert stored_table(tmp_path / "scores.csv", stored).equals(rows)
    with pytest.raises(DataError, match="not the file that the run wrote"):
        stored_table(tmp_path / "scores.csv", "0" * 64)
