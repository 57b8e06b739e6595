"""`credrisk team` on a small ledger: scores reused, files written, what is missing said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.policy import Policy
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger
from credrisk.simulate import simulate_ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("team") / "ledger"
    simulate_ledger(customers=60, months=12, seed=7).write(folder)
    return folder


@pytest.fixture(scope="module")
def results(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores as a run writes them, with PDs from 0.5 % to 10 %."""
    folder = tmp_path_factory.mktemp("team") / "out"
    folder.mkdir()
    ids = pl.read_csv(ledger / "customers.csv", infer_schema=False)["customer_id"].to_list()
    rows = pl.DataFrame(
        {
            "customer_id": ids,
            "name": [f"Customer {place}" for place in range(len(ids))],
            "status": "at_risk",
            "pd_12m": [0.005 * 20 ** (place / len(ids)) for place in range(len(ids))],
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


def test_everything_is_written_and_a_log_is_read(ledger: Path, results: Path, tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    log.append("hand", {"what": "pin", "reason": "asked by sales"}, author="S. Super", customer_id="C001")
    out = tmp_path / "team"
    asked = ("team", ledger, "--results", results, "--log", log.path, "--expected-by", "share_table", "--audited", "5")
    said = succeeded(*asked, "-o", out).out
    assert "Penetration" in said
    assert "right_party" in said
    for name in ("team.html", "team.xlsx", "team.json", "collectors.csv", "case-mix.csv", "contacts.csv", "audit.csv"):
        assert (out / name).stat().st_size > 0, name
    content = json.loads((out / "team.json").read_text(encoding="utf-8"))
    assert content["cash_expected_by"] == "share_table"
    assert content["audit"]["seed"] == 0
    assert len(content["audit"]["drawn"]) == 5
    assert content["capacity"]["gain_of_all"] >= content["capacity"]["gain_today"]
    assert content["hand"] is not None
    table = pl.read_csv(out / "collectors.csv")
    assert table["collector"][-1] == "all"
    assert table["contacts"][-1] == table["contacts"][:-1].sum()
    assert "collectors.csv" in (out / "team.html").read_text(encoding="utf-8")


def test_what_cannot_be_done_is_refused(ledger: Path, results: Path, tmp_path: Path) -> None:
    asked = ("team", ledger, "--results", results, "-o", tmp_path / "x")
    assert "--expected-by must be one of forecast, share_table" in refused(*asked, "--expected-by", "guess")
    assert "existing decision log" in refused(*asked, "--log", tmp_path / "none.db")
    assert not (tmp_path / "x").exists()
