"""`credrisk limits` on a small ledger: scores reused, files written, prices and cases said."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from credrisk.cli.app import app
from credrisk.decisions.policy import Policy
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger
from credrisk.simulate import simulate_ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limits") / "ledger"
    simulate_ledger(customers=60, months=18, seed=7).write(folder)
    return folder


@pytest.fixture(scope="module")
def results(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores as a run writes them, with PDs from 0.5 % to 10 %."""
    folder = tmp_path_factory.mktemp("limits") / "out"
    folder.mkdir()
    ids = pl.read_csv(ledger / "customers.csv", infer_schema=False)["customer_id"].to_list()
    rows = pl.DataFrame(
        {
            "customer_id": ids,
            "name": [f"Customer {place}" for place in range(len(ids))],
            "status": ["at_risk" if place else "in_default" for place in range(len(ids))],
            "pd_12m": [0.005 * 20 ** (place / len(ids)) for place in range(len(ids))],
            "pd_source": "model",
            "p_late30_12m": 0.2,
        }
    )
    rows.write_csv(folder / "scores.csv")
    rows.select("customer_id", recommended_limit=pl.lit(0.0)).write_csv(folder / "limits.csv")
    read = Ledger.read(ledger)
    policy, names = Policy.default(), ("scores.csv", "limits.csv")
    record = {
        "as_of": read.settings.covers_to.isoformat(),
        "currency": read.settings.currency,
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names},
        "policy": {"version": policy.version, "hash": policy.hash},
        "ledger": {"content_hash": content_hash(read.cut(read.settings.covers_to))},
        "targets": {"bad_debt": {}},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def asked(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["limits", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_the_shipped_budgets_and_tight_ones(ledger: Path, results: Path, tmp_path: Path) -> None:
    free = tmp_path / "free"
    said = asked(ledger, "--results", results, "--out", free)
    limits = pl.read_csv(free / "limits.csv")
    assert limits.height == 60
    assert (limits["portfolio_limit"] % 500 == 0).all()
    assert "own_optimum" not in limits.columns
    assert "Against the limits on file" in said
    assert limits["expected_loss"].sum() > 0
    stopped = pl.read_csv(results / "scores.csv").filter(pl.col("status") == "in_default")["customer_id"]
    assert limits.filter(pl.col("customer_id").is_in(stopped.implode()))["portfolio_limit"].to_list() == [0.0]
    assert "Written to" in said
    # the tail is thicker at the high end of the policy's correlations
    ends = re.search(r"tail loss would be ([\d,]+) EUR at 0.04 and ([\d,]+) EUR at 0.24", " ".join(said.split()))
    assert ends is not None
    assert int(ends[1].replace(",", "")) < int(ends[2].replace(",", ""))
    assert not (free / "what-if.csv").exists()
    tight = tmp_path / "tight"
    budget = 0.5 * limits["expected_loss"].sum()
    said = asked(
        ledger, "--results", results, "--out", tight, "--loss-budget", f"{budget:.2f}", "--what-if", "budget-20",
        "--what-if", "recession", "--what-if", "no-insurer",
    )  # fmt: skip
    held = pl.read_csv(tight / "limits.csv")
    assert held["expected_loss"].sum() <= budget + 0.01
    assert held["portfolio_limit"].sum() < limits["portfolio_limit"].sum()
    assert "of expected-loss budget earns" in said
    assert "expected-loss budget binds" in said
    assert "more than their limits" in said or "Nobody owes more" in said or "more than its limit" in said
    assert "PD x LGD x today's balance" in said
    cases = pl.read_csv(tight / "what-if.csv")
    names = ["budget-20", "recession", "no-insurer"]
    assert cases["case"].to_list() == ["today", *(name for name in names for _ in range(2))]
    assert "over the expected-loss budget" in cases["means"][1]
    assert "over the" not in cases["means"][2]
    assert cases["expected_loss"][2] <= 0.8 * budget + 0.01
    # The limits as they are lose more in a recession; set anew they keep the budget again.
    assert cases["expected_loss"][3] > cases["expected_loss"][0]
    assert cases["expected_loss"][4] <= budget + 0.01
    assert (tight / "frontier.png").stat().st_size > 10_000
    assert "<svg" in (tight / "limits.html").read_text(encoding="utf-8")
    frontier = pl.read_csv(tight / "frontier.csv")
    assert frontier.filter(pl.col("of") == "expected_loss")["profit"].is_sorted()


def test_results_that_do_not_fit_are_refused(ledger: Path, results: Path, tmp_path: Path) -> None:
    from credrisk.errors import DataError, ParameterError

    with pytest.raises(ParameterError, match="results must be the folder of a finished"):
        asked(ledger, "--results", tmp_path, "--out", tmp_path / "x")
    with pytest.raises(ParameterError, match="a run of 2020-01-31, the day asked for"):
        asked(ledger, "--results", results, "--as-of", "2020-01-31", "--out", tmp_path / "x")
    with pytest.raises(ParameterError, match="its run has its own"):
        asked(ledger, "--results", results, "--default-from", "250", "--out", tmp_path / "x")
    edited = shutil.copytree(results, tmp_path / "edited")
    (edited / "scores.csv").write_text((edited / "scores.csv").read_text().replace("0.2", "0.3"))
    with pytest.raises(DataError, match="not the file that the run wrote"):
        asked(ledger, "--results", edited, "--out", tmp_path / "x")
    with pytest.raises(ParameterError, match="--what-if"):
        asked(ledger, "--results", results, "--what-if", "flood", "--out", tmp_path / "x")


def test_limits_decided_in_a_log_are_those_in_force(ledger: Path, results: Path, tmp_path: Path) -> None:
    from datetime import UTC, datetime, time

    from credrisk.decisions.decision_log import DecisionLog, Record

    day = Ledger.read(ledger).settings.covers_to
    ids = pl.read_csv(results / "limits.csv", infer_schema=False)["customer_id"].to_list()
    log = DecisionLog(tmp_path / "log.db")
    decided = Record("limit", {"limit": 123_456.0, "currency": "EUR"}, ids[3])
    log.append_all([decided], author="Kim", at=datetime.combine(day, time(12), tzinfo=UTC))
    before, after = tmp_path / "before", tmp_path / "after"
    asked(ledger, "--results", results, "--out", before)
    asked(ledger, "--results", results, "--log", log.path, "--out", after)
    old, new = (
        dict(pl.read_csv(folder / "limits.csv", schema_overrides={"customer_id": pl.String}).select(
            "customer_id", "current_limit").rows())
        for folder in (before, after)
    )  # fmt: skip
    assert new == old | {ids[3]: 123_456.0}
    later = Record("limit", {"limit": 5.0, "currency": "EUR"}, ids[4])
    log.append_all([later, later], author="Kim", at=datetime.combine(day + timedelta(days=3), time(12), tzinfo=UTC))
    told = " ".join(asked(ledger, "--results", results, "--log", log.path, "--out", tmp_path / "later").split())
    assert (
        f"2 entries of the log are later than {day} (from {day + timedelta(days=3)} on) and count for nothing" in told
    )


def test_master_data_of_a_later_day_are_named_as_what_does_not_fit(ledger: Path, results: Path, tmp_path: Path) -> None:
    from credrisk.errors import ParameterError

    moved = shutil.copytree(ledger, tmp_path / "moved")
    day = Ledger.read(ledger).settings.covers_to
    after = (day + timedelta(days=31)).isoformat()
    settings = pl.read_csv(moved / "settings.csv", infer_schema=False)
    is_moved = pl.col("key").is_in(["covers_to", "extracted_on"])
    settings.with_columns(value=pl.when(is_moved).then(pl.lit(after)).otherwise("value")).write_csv(
        moved / "settings.csv"
    )
    with pytest.raises(ParameterError, match=f"the ledger now states that they are of {after} .extracted_on."):
        asked(moved, "--results", results, "--out", tmp_path / "x")
