"""The provision with the results of a run: each item's life by the run's own model, the comparison on file and page."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.provision_files import read_booked
from credrisk.pipeline.provision_job import days_to_pay
from credrisk.pipeline.scored_day import scored_day
from credrisk.pipeline.stored_results import stored_timing
from credrisk.portfolio.provision.against_pd import provision_against_pd
from credrisk.portfolio.provision.movement_notes import RECOMPUTED
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings, settings_text
from credrisk.simulate.simulator import simulate_ledger

DAY = date(2024, 6, 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("provision")
    simulate_ledger(customers=60, months=18, seed=4).write(place / "ledger")
    succeeded("run", place / "ledger", "--as-of", DAY.isoformat(), "--out", place / "results")
    return place


def test_an_items_life_is_that_of_the_runs_own_model(folder: Path) -> None:
    """By money over the items not due of who owes nothing past due it is the run's expected days to pay."""
    ledger = Ledger.read(folder / "ledger")
    days = days_to_pay(ledger, as_of=DAY, timing=stored_timing(folder / "results")[0])
    scores = pl.read_csv(folder / "results" / "scores.csv", schema_overrides={"customer_id": pl.String})
    punctual = scores.filter((pl.col("past_due") == 0) & pl.col("expected_days_to_pay").is_not_null())
    assert days is not None
    assert punctual.height > 5
    succeeded("provision", folder / "ledger", "--as-of", DAY.isoformat(), "--out", folder / "plain")
    items = pl.read_csv(folder / "plain" / "items.csv", schema_overrides={"customer_id": pl.String})
    lives = (
        items.join(days, on="document_id", how="inner")
        .group_by("customer_id")
        .agg(life=(pl.col("days") * pl.col("gross")).sum() / pl.col("gross").sum())
        .join(punctual, on="customer_id", how="inner")
    )
    assert lives.height > 5
    assert lives["life"].to_list() == pytest.approx(lives["expected_days_to_pay"].to_list(), abs=1e-4)


def test_the_comparison_is_on_file_and_page_and_adds_up(folder: Path) -> None:
    out = folder / "compared"
    told = succeeded(
        *("provision", folder / "ledger", "--as-of", DAY.isoformat(), "--results", folder / "results", "--out", out)
    ).out
    lines = pl.read_csv(out / "against-pd.csv")
    matrix = pl.read_csv(out / "matrix.csv")
    amounts = lines["amount"].to_list()
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.01 * len(amounts))
    assert amounts[-1] == pytest.approx(matrix["allowance"].sum(), abs=0.005)
    assert "Does it agree with the probabilities?" in (out / "provision.html").read_text(encoding="utf-8")
    assert "net of all cover" in told


def test_with_and_without_the_results_of_a_run_it_is_the_same_money(folder: Path) -> None:
    """A run kept on file only saves making it again: PD x LGD x EAD over the life of each item does not move."""
    ledger = Ledger.read(folder / "ledger")
    found = provision(ledger, as_of=DAY, settings=ProvisionSettings.default(), output="polars")
    sums = []
    for results in (None, folder / "results"):
        scored = scored_day(ledger, results=results, as_of=DAY)
        timing, why = scored.timing()
        assert (timing is None) == bool(why)
        days = days_to_pay(ledger, as_of=DAY, timing=timing)
        lines = provision_against_pd(found, scores=scored.scores, days_to_pay=days, output="polars").lines
        sums.append(lines.filter(pl.col("line") == "pd_lgd_ead")["amount"][0])
    assert sums[0] > 0
    assert sums[0] == pytest.approx(sums[1], rel=1e-12)


@pytest.fixture(scope="module")
def last_year(folder: Path) -> Path:
    """Return what was booked on 2024-05-31: by another forecast, and with the tax taken off."""
    text = settings_text().replace('vat = "gross"', 'vat = "relief"')
    (folder / "then.toml").write_text(text, encoding="utf-8")
    succeeded(
        *("provision", folder / "ledger", "--as-of", "2024-05-31", "--settings", folder / "then.toml"),
        *("--scenario", "calm=0.5*1", "--scenario", "storm=0.5*2.5", "--out", folder / "last-year"),
    )
    return folder / "last-year"


def test_the_opening_is_what_was_booked(folder: Path, last_year: Path) -> None:
    asked = ("provision", folder / "ledger", "--as-of", DAY.isoformat(), "--scenario", "base=1*1.2")
    told = succeeded(*asked, "--opening", last_year, "--out", folder / "moved").out
    booked = pl.read_csv(last_year / "matrix.csv")["allowance"].sum()
    lines = dict(pl.read_csv(folder / "moved" / "movement.csv").select("line", "total").iter_rows())
    assert lines["opening"] == pytest.approx(booked, abs=0.005)
    assert sum(amount for line, amount in lines.items() if line != "closing") == pytest.approx(lines["closing"])
    assert lines["forecast"] != 0
    assert "as it was booked on 2024-05-31" in " ".join(told.split())
    page = " ".join((folder / "moved" / "provision.html").read_text(encoding="utf-8").split())
    assert "vat was relief, is gross" in page.replace("\u00a0", " ")
    found, again = read_booked(last_year), read_booked(last_year).items
    assert (found.settings.vat, found.scenarios[1].multiplier) == ("relief", 2.5)
    assert again["document_id"].dtype == pl.String


def test_without_a_folder_the_opening_is_worked_out_without_todays_forecast(folder: Path) -> None:
    asked = ("provision", folder / "ledger", "--as-of", DAY.isoformat(), "--opening", "2024-05-31")
    forecast = ("--scenario", "base=0.6*1", "--scenario", "down=0.4*2")
    openings = {}
    for name, more in {
        "plain": (),
        "today": forecast,
        "then": (*forecast, "--opening-scenario", "base=0.5*1", "--opening-scenario", "down=0.5*3"),
    }.items():
        told = succeeded(*asked, *more, "--out", folder / f"opened-{name}").out
        assert RECOMPUTED in " ".join(told.split())
        lines = dict(pl.read_csv(folder / f"opened-{name}" / "movement.csv").select("line", "total").iter_rows())
        openings[name] = lines["opening"]
    assert openings["plain"] == openings["today"] < openings["then"]


def test_a_booked_folder_that_was_changed_is_refused(folder: Path, last_year: Path) -> None:
    copied = folder / "changed"
    shutil.copytree(last_year, copied)
    items = (copied / "items.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copied / "items.csv").write_text("".join(items[:-20]), encoding="utf-8")
    asked = ("provision", folder / "ledger", "--as-of", DAY.isoformat(), "--out", folder / "refused")
    assert "booked were" in refused(*asked, "--opening", copied)
    (copied / "items.csv").write_text("nonsense", encoding="utf-8")
    assert "cannot be read" in refused(*asked, "--opening", copied)
    assert "with its booked.json" in refused(*asked, "--opening", folder / "ledger")
    told = refused(*asked, "--opening", last_year, "--opening-scenario", "base=1*1")
    assert "--opening-scenario must be left out" in told


def test_all_that_is_wrong_is_told_at_once(folder: Path, last_year: Path) -> None:
    told = refused(
        *("provision", folder / "ledger", "--as-of", DAY.isoformat(), "--out", last_year, "--scenario", "a=0.5"),
        *("--scenario", "b=0.4", "--opening", "never", "--opening-scenario", "nonsense", "--standard", "gaap"),
    )
    for words in (
        "5 things of what was asked for are wrong",
        "add up to 1",
        "--standard must be one of ifrs9, cecl",
        "--opening must be a date",
        "--opening-scenario must be NAME=PROBABILITY*MULTIPLIER",
        "--out must be a new place",
    ):
        assert words in told, words


def test_a_run_of_another_day_is_refused(folder: Path) -> None:
    asked = ("provision", folder / "ledger", "--as-of", "2024-05-31", "--results", folder / "results")
    assert "--results must be a run of 2024-05-31" in refused(*asked, "--out", folder / "refused")
