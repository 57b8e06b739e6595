"""`credrisk ratings`: what it writes, what it says, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from sources import licensed_bodies as bodies
from typer.testing import CliRunner

from credrisk.cli.app import app

RUN = CliRunner()


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "dnb.json").write_text(json.dumps(bodies.dnb()), encoding="utf-8")
    (folder / "experian.json").write_text(json.dumps(bodies.experian()), encoding="utf-8")
    (folder / "login.html").write_text("<html><title>Login</title></html>", encoding="utf-8")
    return folder


def test_ratings_are_written_and_what_is_missing_is_said(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "public"
    done = RUN.invoke(app, ["ratings", str(reports), "--out", str(out), "--received", "2025-05-15"])
    assert done.exit_code == 0, done.output
    assert "Ratings: 9 read = 7 kept + 2 set aside" in done.output
    assert "no customer is known for 999999902" in done.output.replace("\n", " ")
    assert "login.html" in done.output
    assert pl.read_csv(out / "ratings.csv").height == 7
    again = RUN.invoke(app, ["ratings", str(reports), "--out", str(out), "--received", "2025-05-15"])
    assert "ratings: 0 added, 7 now" in again.output


def test_matches_tie_what_has_no_id_of_the_ledger(reports: Path, tmp_path: Path) -> None:
    matches = tmp_path / "matches.csv"
    matches.write_text("customer_id,register,entity,score\nC-1,experian,999999902,0.99\n", encoding="utf-8")
    out = tmp_path / "public"
    command = ["ratings", str(reports), "--out", str(out), "--received", "2025-05-15", "--matches", str(matches)]
    done = RUN.invoke(app, command)
    assert "9 read = 9 kept + 0 set aside" in done.output
    kept = pl.read_csv(out / "ratings.csv").filter(provider="experian")
    assert set(kept["customer_id"]) == {"C-1"}


def test_nothing_measured_is_exit_code_1(reports: Path, tmp_path: Path) -> None:
    done = RUN.invoke(app, ["ratings", str(reports / "login.html"), "--out", str(tmp_path / "public")])
    assert done.exit_code == 1
    assert "a web page" in done.output.replace("\n", " ")
