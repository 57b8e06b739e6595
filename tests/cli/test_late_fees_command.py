"""`credrisk late-fees` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from command import refused, succeeded

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_late_fees_are_printed_and_written(tmp_path):
    out = tmp_path / "fees"
    said = succeeded("late-fees", SAMPLE, "--law", "by-country", "--due-from", "2025-01-01", "--out", out).out
    assert "Claims for late payment on 2025-12-31" in said
    assert "United States: what may be claimed depends on the state" in said
    assert "not verified: AT: the rate from 1 January 2025" in said
    claims, refusals = (
        pl.read_csv(out / name, infer_schema_length=None) for name in ("late-fees.csv", "not-claimable.csv")
    )
    assert claims["interest"].min() >= 0
    assert claims["due_date"].min() >= "2025-01-01"
    assert not set(claims["document_id"]) & set(refusals["document_id"])
    assert refusals["reason"].null_count() == 0
    kinds = pl.read_csv(SAMPLE / "documents.csv", infer_schema_length=None).filter(pl.col("kind") == "late_fee")
    assert not set(claims["document_id"]) & set(kinds["document_id"])
    assert "new place" in refused("late-fees", SAMPLE, "--law", "DE", "--out", out)


def test_what_is_asked_for_wrongly_is_said(tmp_path):
    assert "--law must be by-country or a law with a rule" in refused("late-fees", SAMPLE, "--law", "XX")
    assert "--as-of must be within what the ledger covers" in refused(
        "late-fees", SAMPLE, "--law", "DE", "--as-of", "2030-01-01"
    )
    assert "--contract-rate must be" in refused("late-fees", SAMPLE, "--law", "US-FL", "--contract-rate", "18")
    assert "--rules must be an existing TOML file" in refused(
        "late-fees", SAMPLE, "--law", "DE", "--rules", tmp_path / "x"
    )
