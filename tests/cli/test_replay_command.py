"""`credrisk replay`: what it writes on simulated sellers and on a ledger's own past, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from command import refused, succeeded

from credrisk.decisions.queue_rivals import RANKINGS
from credrisk.simulate.simulator import simulate_ledger


def test_simulated_sellers(tmp_path: Path) -> None:
    out = tmp_path / "replay"
    command = ("replay", "--seeds", "1", "--customers", "60", "--out", out)
    said = succeeded(*command).out
    assert "What each way of choosing brings" in said
    assert {path.name for path in tmp_path.iterdir()} == {"replay"}  # no part is left behind
    told = json.loads((out / "replay.json").read_text(encoding="utf-8"))
    assert told["kind"] == "simulated"
    seeds = pl.DataFrame(told["seeds"])
    assert set(seeds["ranking"]) == {*RANKINGS, "nobody"}
    days = pl.read_csv(out / "days.csv")
    last = days.filter((pl.col("ranking") == "queue") & (pl.col("day") == 90))
    queue = seeds.filter(pl.col("ranking") == "queue")
    assert queue["cash_90"][0] == pytest.approx(last["cash"][0], abs=0.01)
    assert queue["over_60"][0] == pytest.approx(last["over_60"][0], abs=0.01)
    most = seeds.filter(pl.col("ranking") != "nobody")["contacts"]
    assert most.max() <= queue["capacity"][0] * 65  # working days of the 90
    summary = pl.read_csv(out / "summary.csv")
    assert summary["low"].null_count() == summary.height  # one seller has no interval
    page = (out / "replay.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    assert "overwrite" in refused(*command)


def test_the_ledgers_own_past(tmp_path: Path) -> None:
    folder, out = tmp_path / "ledger", tmp_path / "own"
    simulate_ledger(customers=50, months=16, seed=4).write(folder)
    said = succeeded("replay", folder, "--every", "40", "--capacity", "3", "--out", out).out
    assert "is not identified" in said
    told = json.loads((out / "replay.json").read_text(encoding="utf-8"))
    assert told["kind"] == "history"
    assert {row["status"] for row in told["value"]} == {"not_identified"}
    lists = pl.read_csv(out / "lists.csv")
    assert lists.group_by("date", "ranking").len()["len"].max() <= 3
    assert len(told["overlap"]) == len(RANKINGS)
    assert "descriptive" in (out / "replay.html").read_text(encoding="utf-8")

    # The same past with a log of its lists: half of the accounts were offered a call, by the toss of a coin.
    days = sorted(set(lists["date"]))
    ids = pl.read_csv(folder / "customers.csv")["customer_id"]
    rng = np.random.default_rng(1)
    log = pl.concat(
        pl.DataFrame({"date": [day] * ids.len(), "customer_id": ids, "action": rng.choice(["call", "none"], ids.len())})
        for day in days
    )
    log.with_columns(probability=pl.lit(0.5), recorded_at="date").write_csv(folder / "queue_log.csv")
    succeeded("replay", folder, "--every", "40", "--capacity", "3", "--out", out, "--overwrite")
    value = pl.DataFrame(json.loads((out / "replay.json").read_text(encoding="utf-8"))["value"])
    made = value.filter(pl.col("ranking") == "as_made")
    assert made["outcome"].to_list() == ["paid_30", "paid_90"]
    assert made["value"][0] <= made["value"][1]
    assert value.filter(pl.col("status") == "not_identified")["value"].null_count() == value.height - 2


def test_what_is_refused(tmp_path: Path) -> None:
    assert "world" in refused("replay", "--world", "flat", "--out", tmp_path / "x")
    folder = tmp_path / "ledger"
    simulate_ledger(customers=50, months=12, seed=4).write(folder)
    assert "nothing is left to replay" in refused("replay", folder, "--out", tmp_path / "y")
