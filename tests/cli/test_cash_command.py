"""`credrisk cash`: the files it writes, that they add up, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.simulate.simulator import simulate_ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cash") / "ledger"
    simulate_ledger(customers=60, months=18, seed=4).write(folder)
    return folder


def test_it_writes_the_forecast_and_says_where_the_open_balance_goes(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "cash"
    said = succeeded("cash", ledger, "--as-of", "2024-04-30", "--weeks", "6", "--out", out).out
    assert "expected in 6 weeks" in said
    assert "open balance" in said
    weeks, totals, items = (pl.read_csv(out / name) for name in ("weeks.csv", "totals.csv", "items.csv"))
    assert weeks.height == 6
    lines = dict(totals.iter_rows())
    balance, in_credit, whole = (lines.pop(f"open {what}") for what in ("balance", "credits", "debit items"))
    assert round(100 * (whole + in_credit)) == round(100 * balance)
    assert round(100 * (balance + lines.pop("unapplied cash"))) == round(100 * lines.pop("net balance"))
    assert round(100 * sum(lines.values())) == round(100 * whole)
    assert items["open_amount"].sum() + lines["not forecast"] == pytest.approx(whole, abs=0.01)
    assert (out / "cash.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "overwrite" in refused("cash", ledger, "--out", out)
    # The model that it wrote gives the very same forecast, and can be written over itself.
    again = tmp_path / "again"
    said = succeeded(
        "cash", ledger, "--as-of", "2024-04-30", "--weeks", "6", "--model", out / "model", "--out", again
    ).out
    assert "as of 2024-04-30" in said
    for name in ("weeks.csv", "totals.csv", "items.csv", "model/timing.json"):
        assert (again / name).read_bytes() == (out / name).read_bytes()
    command = ("cash", ledger, "--as-of", "2023-06-30", "--weeks", "4", "--model", again / "model", "--out", again)
    said = succeeded(*command, "--overwrite").out
    assert "learnt from what was known by 2024-04-30, after 2023-06-30" in said
    assert (again / "model" / "timing.json").read_bytes() == (out / "model" / "timing.json").read_bytes()


def test_on_a_short_history_it_says_why_there_is_no_range(ledger: Path, tmp_path: Path) -> None:
    said = succeeded("cash", ledger, "--as-of", "2023-02-10", "--out", tmp_path / "early").out
    assert "P10 and P90 are left empty" in said
    assert pl.read_csv(tmp_path / "early" / "weeks.csv")["p90"].null_count() == 13


def test_a_day_that_the_ledger_does_not_cover_is_refused(ledger: Path, tmp_path: Path) -> None:
    assert "within what the ledger covers" in refused("cash", ledger, "--as-of", "2020-01-01", "--out", tmp_path / "x")


def test_a_damaged_model_and_more_weeks_than_it_forecasts_are_refused(ledger: Path, tmp_path: Path) -> None:
    succeeded("cash", ledger, "--as-of", "2023-02-10", "--out", tmp_path / "cash")
    model = tmp_path / "cash" / "model"
    command = ("cash", ledger, "--as-of", "2023-02-10", "--model", model, "--out", tmp_path / "x")
    assert "180 days that the model forecasts" in refused(*command, "--weeks", "40")
    (model / "timing.json").write_text("{}")
    assert "What to do" in refused(*command)
