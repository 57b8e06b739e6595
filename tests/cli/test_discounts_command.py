"""`credrisk discounts` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_discounts_are_summed_up_and_written(tmp_path):
    out = tmp_path / "discounts.csv"
    terms = ("--discount-rate", "0.02", "--discount-days", "10")
    said = succeeded("discounts", SAMPLE, *terms, "--out", out).out
    found = pl.read_csv(out, infer_schema_length=None)
    booked = pl.read_csv(SAMPLE / "applications.csv", infer_schema_length=None).filter(pl.col("kind") == "discount")
    assert found["discount"].sum() == pytest.approx(booked["amount"].sum())
    late = found.filter((pl.col("state") == "late") & (pl.col("currency") == "EUR"))
    assert late.height
    assert f"{late['unearned'].sum():,.0f} EUR" in said
    assert late["unearned"].sum() == pytest.approx(late["discount"].sum())
    assert found.filter(pl.col("state") == "earned")["unearned"].sum() == 0
    assert "new place" in refused("discounts", SAMPLE, "--out", out)


def test_without_terms_there_is_no_verdict_and_it_says_what_to_give():
    said = succeeded("discounts", SAMPLE, "--as-of", "2025-12-31")
    assert "terms not known" in said.out
    assert "give --discount-rate and" in said.out
    assert "taken late" not in said.out


def test_what_is_asked_for_wrongly_is_said():
    assert "--discount-rate must be a share above 0 and below 1" in refused("discounts", SAMPLE, "--discount-rate", "2")
    assert "--cost-of-funds must be" in refused("discounts", SAMPLE, "--cost-of-funds", "-1")
    assert "--as-of must be within" in refused("discounts", SAMPLE, "--as-of", "2030-01-01")
