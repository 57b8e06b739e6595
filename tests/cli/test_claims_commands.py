"""`credrisk plan`, `settle` and `agency` as a user runs them, on the scores of an earlier run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.decisions.policy import Policy
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
DAY = "2025-07-31"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores as a run writes them."""
    folder = tmp_path_factory.mktemp("claims") / "out"
    folder.mkdir()
    read = Ledger.read(SAMPLE)
    seen = read.cut(pl.Series([DAY]).str.to_date()[0])
    rows = seen.table("customers").select(
        "customer_id",
        "name",
        status=pl.lit("at_risk"),
        pd_12m=pl.lit(0.05),
        pd_source=pl.lit("model"),
        p_late30_12m=pl.lit(0.2),
        lgd=pl.lit(0.7),
    )
    rows.write_csv(folder / "scores.csv")
    rows.select("customer_id", recommended_limit=pl.lit(0.0)).write_csv(folder / "limits.csv")
    policy, names = Policy.default(), ("scores.csv", "limits.csv")
    record = {
        "as_of": DAY,
        "currency": read.settings.currency,
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names},
        "policy": {"version": policy.version, "hash": policy.hash},
        "ledger": {"content_hash": content_hash(seen)},
        "targets": {"bad_debt": {}},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_a_plan_is_printed_and_written(results, tmp_path):
    out = tmp_path / "plan.csv"
    said = succeeded("plan", SAMPLE, "--customer", "C069", "--results", results, "--out", out).out
    rows = pl.read_csv(out)
    assert f"Plan for C069 on {DAY}: {rows['amount'].sum():,.2f} EUR" in said
    assert "To be agreed to by: credit" in said
    assert "a plan holds only with new deliveries paid in advance" in said
    assert rows["left"][-1] == 0
    assert "new place" in refused("plan", SAMPLE, "--customer", "C069", "--results", results, "--out", out)


def test_a_settlement_is_compared(results):
    said = succeeded("settle", SAMPLE, "--customer", "C134", "--share", "0.7", "--results", results).out
    assert "C134 on 2025-07-31: a claim of 5,780 EUR, 128 days past due" in said
    assert "going on in-house" in said
    assert "the recovery curve of 87 own past defaults" in said
    assert "Settling is worth more from" in said
    assert "The settlement gives up 1,734 EUR; to be agreed to by: credit manager" in said


def test_referrals_are_told_and_written(results, tmp_path):
    out = tmp_path / "agency"
    said = succeeded("agency", SAMPLE, "--results", results, "--customer", "C134", "--out", out).out
    assert "Claims from 90 days past due on 2025-07-31" in said
    assert "File of C134" in said
    assert "own placements followed for a year" in said
    referrals, needed = (
        pl.read_csv(out / name, infer_schema_length=None) for name in ("referrals.csv", "file-list.csv")
    )
    assert referrals["reason"].null_count() == 0
    assert "proof of delivery" in needed["item"].to_list()


def test_what_cannot_be_answered_says_why(results):
    assert "--share must be above 0 and at most 1" in refused(
        "settle", SAMPLE, "--customer", "C134", "--share", "70", "--results", results
    )
    assert "--customer must be a scored customer" in refused("settle", SAMPLE, "--customer", "X", "--results", results)
    assert "C551 is insolvent since 2025-06-19" in refused("plan", SAMPLE, "--customer", "C551", "--results", results)
    assert "in 12 full months; 4 in 6 are needed" in refused("plan", SAMPLE, "--customer", "C162", "--results", results)
    assert "results must be a run of 2025-12-31" in refused(
        "agency", SAMPLE, "--as-of", "2025-12-31", "--results", results
    ).replace("--results", "results")
