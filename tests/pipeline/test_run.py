"""The main job: what it writes, that it writes the same again, and that it never guesses."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import credrisk
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.days_to_pay import expected_days_to_pay
from credrisk.models.payment_items import payment_items
from credrisk.pipeline.job import RunResult
from credrisk.pipeline.payment_days import PaymentDays, payment_days
from credrisk.pipeline.stored_results import stored_timing
from credrisk.pipeline.writing import OUTPUTS, write_results
from credrisk.progress import silent
from credrisk.simulate.simulator import Simulation, simulate_ledger

TABLES = ("scores", "limits", "queue")


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate_ledger(customers=120, months=24, seed=5)


@pytest.fixture(scope="module")
def ledger(simulation: Simulation) -> Ledger:
    return simulation.ledger()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "out"


@pytest.fixture(scope="module")
def result(ledger: Ledger, folder: Path) -> RunResult:
    return credrisk.run(ledger, out=folder)


def everything_in(folder: Path) -> dict[str, Any]:
    """Return the bytes of every file, and the run record without its timings."""
    found: dict[str, Any] = {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    record = json.loads(found.pop("run.json"))
    record.pop("seconds")
    return found | {"run.json": record}


def test_every_output_is_written_and_nothing_else(result: RunResult, folder: Path) -> None:
    assert [path.name for path in result.files] == list(OUTPUTS)
    assert sorted(path.name for path in folder.iterdir()) == sorted(OUTPUTS)


def test_csvs_hold_one_row_a_customer_and_say_why(result: RunResult, folder: Path, ledger: Ledger) -> None:
    customers = ledger.table("customers")["customer_id"].to_list()
    for name in TABLES:
        written = pl.read_csv(folder / f"{name}.csv", infer_schema_length=None)
        assert sorted(written["customer_id"]) == customers
        assert list(written.columns) == list(getattr(result, name).columns)
    at_risk = result.scores[result.scores["pd_12m"].notna()]
    assert at_risk["reason_1"].notna().mean() > 0.9
    assert result.limits["reasons"].notna().all()
    assert result.queue["reasons"].notna().all()


def test_the_scores_say_which_company_information_they_lack(result: RunResult, ledger: Ledger) -> None:
    known = ledger.cut(result.as_of)
    recent = known.table("facts").filter(pl.col("period_end") >= result.as_of.replace(year=result.as_of.year - 2))
    lacks = dict(zip(result.scores["customer_id"], result.scores["lacks"], strict=True))
    assert recent["customer_id"].n_unique() > 10
    assert {lacks[name] for name in recent["customer_id"]} == {"ratings"}
    assert {lacks[name] for name in set(lacks) - set(known.table("facts")["customer_id"])} == {"statements, ratings"}
    (note,) = [note for note in result.pack.notes if note.startswith("Company information")]
    assert f"events of {len(lacks)}" in note
    assert "Nothing is known of ratings" in note


def test_with_the_source_switched_off_the_run_says_so(ledger: Ledger) -> None:
    outside = ("facts", "events", "market")
    own = ledger.replace(tables={name: frame for name, frame in ledger.tables.items() if name not in outside})
    found = credrisk.run(own, back_tests=False)
    assert set(found.scores["lacks"]) == {"statements, events, ratings, market series"}
    assert any("none at all" in note and "own books" in note for note in found.pack.notes)


def test_the_days_to_pay_are_those_known_on_the_day(result: RunResult, ledger: Ledger) -> None:
    scores = pl.from_pandas(result.scores)
    days = payment_days(ledger.cut(result.as_of), as_of=result.as_of).days
    known = scores.filter(pl.col("expected_days_to_pay").is_not_null()).select("customer_id", "expected_days_to_pay")
    assert known.equals(days)
    assert known.height == scores.filter(pl.col("open_balance") > 0).height
    assert known["expected_days_to_pay"].is_between(1, 180).all()
    assert "Learning when invoices are paid" in result.seconds


def test_pd_rises_with_the_horizon_and_loss_is_its_product(result: RunResult) -> None:
    scored = result.scores.dropna(subset=["pd_12m"])
    assert len(scored)
    assert (scored["pd_3m"] <= scored["pd_6m"]).all()
    assert (scored["pd_6m"] <= scored["pd_12m"]).all()
    product = (scored["pd_12m"] * scored["lgd"] * scored["ead"]).dropna()
    assert scored["expected_loss"].dropna().to_list() == pytest.approx(product.to_list())


def test_the_record_repeats_the_tables(result: RunResult, folder: Path, ledger: Ledger) -> None:
    record = json.loads((folder / "run.json").read_text())
    assert record["as_of"] == result.as_of.isoformat()
    assert record["figures"]["open_balance"] == pytest.approx(result.scores["open_balance"].sum(), abs=0.01)
    assert record["figures"]["expected_loss"] == pytest.approx(result.scores["expected_loss"].sum(), abs=0.01)
    by_hand = result.queue["contact_today"] & (result.queue["slot"] != "automatic")
    assert record["figures"]["contacts"] == int(by_hand.sum())
    assert record["figures"]["automatic_contacts"] == int((result.queue["contact_today"] & ~by_hand).sum())
    assert record["policy"]["hash"] == result.policy.hash
    assert set(record["targets"]) == {"bad_debt", "default", "late30"}
    aged = credrisk.ageing(ledger, as_of=result.as_of, by="portfolio")
    for name in ("open_balance", "past_due_over_90", "unapplied_cash", "net_balance"):
        assert record["figures"][name] == pytest.approx(aged[name].sum(), abs=0.01)


def test_a_second_run_gives_the_same_bytes(ledger: Ledger, result: RunResult, folder: Path, tmp_path: Path) -> None:
    credrisk.run(ledger, out=tmp_path / "again")
    assert everything_in(tmp_path / "again") == everything_in(folder)


def test_permuting_the_rows_of_every_table_changes_no_byte(
    simulation: Simulation, result: RunResult, folder: Path, tmp_path: Path
) -> None:
    shuffled = {
        name: frame[random.Random(7).sample(range(frame.height), frame.height)]
        for name, frame in {**simulation.tables, "settings": simulation.settings_table()}.items()
    }
    credrisk.run(Ledger.read(shuffled), out=tmp_path / "shuffled")
    assert everything_in(tmp_path / "shuffled") == everything_in(folder)


def test_what_becomes_known_later_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    day = date(2024, 6, 30)
    credrisk.run(ledger, as_of=day, out=tmp_path / "whole")
    credrisk.run(ledger.cut(day), as_of=day, out=tmp_path / "cut")
    for name in TABLES:
        assert (tmp_path / "whole" / f"{name}.csv").read_bytes() == (tmp_path / "cut" / f"{name}.csv").read_bytes()


def test_results_are_not_overwritten_unasked(ledger: Ledger, result: RunResult, folder: Path) -> None:
    before = everything_in(folder)
    with pytest.raises(ParameterError, match=r"out must be .*scores\.csv"):
        credrisk.run(ledger, out=folder)
    assert everything_in(folder) == before


def test_overwriting_leaves_the_users_own_files_alone(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("old")
    (tmp_path / "my notes.txt").write_text("mine")
    credrisk.run(ledger, out=tmp_path, overwrite=True)
    assert (tmp_path / "my notes.txt").read_text() == "mine"
    assert (tmp_path / "scores.csv").read_text().startswith("customer_id,")


def test_an_interrupted_run_leaves_no_half_written_file(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("credrisk.pipeline.writing.write_html", interrupted)
    with pytest.raises(KeyboardInterrupt):
        credrisk.run(ledger, out=tmp_path / "out")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("step", range(len(OUTPUTS) + 1))
def test_a_failure_while_placing_leaves_no_run_that_looks_whole(
    ledger: Ledger, result: RunResult, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    out = tmp_path / "out"
    shutil.copytree(folder, out)
    calls = iter(range(100))

    def failing(source: Path, target: Path) -> None:
        if next(calls) == step:
            raise OSError("no space left on device")
        os.rename(source, target)

    monkeypatch.setattr("credrisk.pipeline.writing._place", failing)
    with pytest.raises(OSError, match="no space left"):
        write_results(
            out,
            pack=result.pack,
            ledger=ledger,
            estimates=result.estimates,
            policy=result.policy,
            paying=PaymentDays(result.timing, pl.DataFrame(), result.timing_note),
            overwrite=True,
            seconds={},
            progress=silent,
        )
    assert not (out / "run.json").exists()
    assert {path.name for path in out.iterdir()} <= set(OUTPUTS)


def test_the_record_holds_the_hash_of_every_other_file(result: RunResult, folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"run.json"}
    assert set(record["files"]) == written
    for name, digest in record["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_model_of_the_day_of_payment_is_kept_and_read_back(ledger: Ledger, result: RunResult, folder: Path) -> None:
    assert result.timing is not None
    timing, why = stored_timing(folder)
    assert timing is not None
    assert why == ""
    items = payment_items(ledger.cut(result.as_of), as_of=result.as_of)
    made, kept = (model.distribution(items, as_of=result.as_of) for model in (result.timing, timing))
    assert_frame_equal(
        expected_days_to_pay(made, items, as_of=result.as_of), expected_days_to_pay(kept, items, as_of=result.as_of)
    )


def test_a_model_of_the_day_of_payment_that_was_changed_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(folder, out)
    with (out / "model" / "timing" / "timing.json").open("a") as file:
        file.write(" ")
    with pytest.raises(DataError, match=r"timing\.json is not the file that the run wrote"):
        stored_timing(out)


def test_a_file_of_the_users_own_in_the_model_folder_stops_the_run(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "my thesis.txt").write_text("mine")
    with pytest.raises(ParameterError, match=r"my thesis\.txt"):
        credrisk.run(ledger, out=tmp_path, overwrite=True)
    assert (tmp_path / "model" / "my thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("day", ["2022-12-31", "2025-01-01"])
def test_a_day_outside_the_coverage_is_refused(ledger: Ledger, day: str) -> None:
    with pytest.raises(ParameterError, match="within what the ledger covers"):
        credrisk.run(ledger, as_of=day)


def test_capacity_bounds_the_contacts(ledger: Ledger) -> None:
    few = credrisk.run(ledger, capacity=1)
    by_hand = few.queue[few.queue["contact_today"] & (few.queue["slot"] != "automatic")]
    assert len(by_hand) == 1


def without_losses(simulation: Simulation) -> Ledger:
    """Return the ledger with its losses and hopeless items taken out: nothing 90 days late, no write-off."""
    tables = dict(simulation.tables)
    del tables["credit_events"]
    applications, documents = tables["applications"], tables["documents"]
    written_off = applications.filter(pl.col("kind").is_in(["write_off", "recovery"]))["to_document_id"]
    losers = documents.filter(pl.col("document_id").is_in(written_off.implode()))["customer_id"].unique()
    for name in [name for name, frame in tables.items() if "customer_id" in frame.columns]:
        tables[name] = tables[name].filter(~pl.col("customer_id").is_in(losers.implode()))
    kept = tables["documents"]["document_id"].implode()
    tables["applications"] = applications.filter(pl.col("to_document_id").is_in(kept))
    for name in ("disputes", "document_changes"):
        tables[name] = tables[name].filter(pl.col("document_id").is_in(kept))
    return Ledger.read({**tables, "settings": simulation.settings_table()})


def test_without_bad_debts_pd_stays_null_and_the_policy_grade_steps_in(simulation: Simulation, tmp_path: Path) -> None:
    result = credrisk.run(without_losses(simulation), out=tmp_path / "out")
    scores, limits = result.scores, result.limits
    assert result.estimates["bad_debt"].model is None
    assert scores[["pd_3m", "pd_6m", "pd_12m", "expected_loss", "grade"]].isna().all().all()
    assert set(scores["pd_source"]) == {"not_measured"}
    assert scores["p_late30_12m"].notna().any()
    assert set(limits["pd_used_source"]) <= {"policy_grade", "in_default", "bad_debt"}
    assert any("bad debt is not measured" in note for note in result.pack.notes)
    assert not (tmp_path / "out" / "model" / "bad_debt").exists()
    page = (tmp_path / "out" / "portfolio.html").read_text()
    assert "not measured" in page
