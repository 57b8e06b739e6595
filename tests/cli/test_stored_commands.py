"""Store, panel in parts and score: the numbers of the library in memory, nothing lost when interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command import refused, succeeded

from credrisk import Ledger, build_panel, run
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.ledger.store import open_stored
from credrisk.pipeline import partitions, stored_copy
from credrisk.pipeline.job import RunResult
from credrisk.simulate.simulator import simulate_ledger

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
LAST = date(2024, 5, 31)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given") / "ledger"
    simulate_ledger(customers=60, months=18, seed=4).write(folder)
    return folder


@pytest.fixture(scope="module")
def stored(given: Path) -> Path:
    folder = given.parent / "stored"
    outcome = succeeded("store", given, "--out", folder)
    rows = sum(frame.height for frame in Ledger.read(given).tables.values())
    assert f"{rows:,} rows" in outcome.out
    assert f"stored in {folder}" in outcome.out
    return folder


def parts(folder: Path) -> pl.DataFrame:
    assert all(path.name.startswith("part-") for path in folder.iterdir())
    return pl.concat([pl.read_parquet(path) for path in sorted(folder.iterdir())]).sort("customer_id", "as_of")


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_store_keeps_the_ledger_and_overwrites_nothing_unasked(given: Path, stored: Path) -> None:
    read, again = Ledger.read(given), open_stored(stored)
    assert again.settings == read.settings
    assert all(frame.equals(read.table(name)) for name, frame in again.ledger().tables.items())
    assert "--overwrite" in refused("store", given, "--out", stored)
    assert "check" in succeeded("store", given, "--out", stored, "--overwrite").out or not read.quarantine.height


def test_every_command_takes_a_stored_ledger(stored: Path) -> None:
    assert "No findings." in succeeded("check", stored).out


@pytest.mark.parametrize("source", ["given", "stored"])
def test_panel_in_parts_is_the_panel_in_memory(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(partitions, "LEAST_ROWS_A_PART", 1)
    monkeypatch.setattr(partitions, "MOST_ROWS_A_PART", 200)
    ledger: Path = request.getfixturevalue(source)
    arguments = ("--as-of", "2024-05-31", "--months", "3", "--memory", "512MB", "--workers", "1")
    outcome = succeeded("panel", ledger, "--out", tmp_path / "panel", *arguments)
    expected = build_panel(Ledger.read(ledger), calendar=Calendar.months_back(LAST, 3), output="polars")
    assert parts(tmp_path / "panel").equals(expected)
    assert len(list((tmp_path / "panel").iterdir())) > 1
    assert f"{expected.height} rows x {expected.width} columns written to {tmp_path / 'panel'}" in outcome.out
    assert "(60 customers, 3 periods, " in outcome.out
    assert hidden(tmp_path) == []
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "panel").iterdir()}
    assert "--overwrite" in refused("panel", ledger, "--out", tmp_path / "panel", *arguments)
    assert before == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "panel").iterdir()}
    succeeded("panel", ledger, "--out", tmp_path / "panel", "--overwrite", *arguments)
    assert parts(tmp_path / "panel").equals(expected)


def test_the_default_place_of_a_stored_ledger_is_a_folder(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    succeeded("panel", stored, "--months", "1", "--features", "past_due", "--workers", "1")
    assert parts(tmp_path / "panel").columns == ["customer_id", "as_of", "past_due"]


CALENDARS: dict[tuple[str, ...], Calendar] = {
    ("--months", "2"): Calendar.months_back(LAST, 2),
    ("--calendar", "month-ends", "--months", "2"): Calendar.month_ends(date(2024, 4, 30), LAST),
    ("--calendar", "month-ends", "--from", "2024-03-02"): Calendar.month_ends(date(2024, 3, 31), LAST),
    ("--calendar", "weeks", "--months", "1"): Calendar.weeks(date(2024, 5, 3), LAST),
    ("--calendar", "weeks", "--from", "2024-05-02"): Calendar.weeks(date(2024, 5, 2), LAST),
    ("--calendar", "dates", "--dates", "2024-05-02,2024-01-17"): Calendar((date(2024, 1, 17), date(2024, 5, 2))),
}


@pytest.mark.parametrize("arguments", CALENDARS)
def test_every_calendar_of_the_library_can_be_had(stored: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    wanted, target = ("--features", "dso,past_due", "--as-of", "2024-05-31"), tmp_path / "panel.parquet"
    succeeded("panel", stored, "--out", target, *wanted, *arguments)
    names = [name for name, entry in catalogue().items() if entry.question == "dso" or name == "past_due"]
    expected = build_panel(Ledger.read(stored), calendar=CALENDARS[arguments], features=names, output="polars")
    assert pl.read_parquet(target).equals(expected)


def test_a_calendar_without_its_dates_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    for arguments in (("--calendar", "dates"), ("--dates", "2024-05-02")):
        assert "--dates" in refused("panel", tmp_path / "no-ledger", *arguments)
    assert "--from" in refused("panel", tmp_path / "no-ledger", "--from", "2024-05-02")


def test_interrupted_work_is_taken_up_by_the_same_command(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a ledger that is not stored: its copy beside the output stays until the work is done."""
    full_panel = partitions.full_panel

    def no_memory(*_: Any, **__: Any) -> pl.DataFrame:
        raise MemoryError

    arguments = (
        "panel",
        given,
        "--out",
        tmp_path / "panel",
        "--months",
        "1",
        "--features",
        "past_due",
        "--workers",
        "1",
    )
    monkeypatch.setattr(partitions, "full_panel", no_memory)
    assert "not enough memory" in refused(*arguments)
    assert hidden(tmp_path) == [".panel.ledger", ".panel.work"]
    monkeypatch.setattr(partitions, "full_panel", full_panel)
    monkeypatch.setattr(partitions, "split", None)
    monkeypatch.setattr(stored_copy, "store_ledger", None)
    succeeded(*arguments)
    assert parts(tmp_path / "panel").height == 60
    assert hidden(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="an interrupt of a group of processes as a terminal sends it")
def test_an_interrupt_from_the_keyboard_ends_all_processes_without_a_traceback(stored: Path, tmp_path: Path) -> None:
    program = "from credrisk.pipeline import partitions as p; p.LEAST_ROWS_A_PART = p.MOST_ROWS_A_PART = 3; " + (
        "from credrisk.cli import main; main()"
    )
    command: list[str | Path] = [sys.executable, "-c", program, "panel", stored, "--out", tmp_path / "panel"]
    running = subprocess.Popen(
        [*command, "--workers", "2"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    finished = tmp_path / ".panel.work" / "panel"
    while running.poll() is None and not list(finished.glob("part-*.parquet")):
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGINT)
    # It returns when nobody holds the pipe any longer, so the worker processes have ended too.
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert err.splitlines()[-1].startswith("Error: Interrupted; nothing half-made was put in place.")
    assert "Traceback" not in err
    assert hidden(tmp_path) == [".panel.work"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--features", "past_deu"), ("past_deu", "past_due", "docs/features.md")),
        (("--features", ","), ("--features", "at least one")),
        (("--memory", "12"), ("memory", "256MB", "12")),
        (("--as-of", "2031-01-31"), ("--as-of", "2031-01-31", "covers")),
        (("--as-of", "soon"), ("--as-of", "soon")),
        (("--from", "2024-01-01"), ("--from", "weeks")),
        (("--calendar", "weeks", "--from", "2024-07-01", "--as-of", "2024-05-31"), ("--from", "2024-05-31")),
        (("--calendar", "dates"), ("--dates", "nothing")),
        (("--dates", "2024-05-31"), ("--dates", "--calendar dates")),
        (("--calendar", "dates", "--dates", "2034-05-31"), ("--dates", "2034-05-31")),
        (("--labels",), ("--labels", "file")),
        (("--currency", "USD"), ("--currency", "credrisk store")),
        (("--engine", "spark", "--workers", "2"), ("--workers", "spark")),
        (("--out", "panel.xlsx"), ("--out", ".parquet", "panel.xlsx")),
        (("--out", "panel.csv", "--memory", "2GB"), ("--memory", "folder")),
        (("--out", "panel.csv", "--engine", "spark"), ("--engine", "folder")),
    ],
)
def test_wrong_options_are_refused_in_one_line_and_leave_nothing(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    message = refused("panel", stored, *arguments)
    assert all(word in message for word in words), message
    assert list(tmp_path.iterdir()) == []


def test_spark_that_is_not_installed_is_said_with_the_remedy(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name == "pyspark" or name.startswith("pyspark.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    message = refused("panel", stored, "--engine", "spark", "--out", tmp_path / "panel")
    assert "pip install 'credrisk[spark]'" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
def test_the_panel_of_spark_is_the_panel_in_memory(spark: Any, stored: Path, tmp_path: Path) -> None:
    arguments = ("--features", "past_due,dbt_3m_against_industry", "--months", "2", "--as-of", "2024-05-31")
    outcome = succeeded("panel", stored, "--engine", "spark", "--out", tmp_path / "panel", *arguments)
    assert "120 rows x 4 columns written to" in outcome.out
    assert "(60 customers, 2 periods, " in outcome.out
    names = ["past_due", "dbt_3m_against_industry"]
    expected = build_panel(Ledger.read(stored), calendar=Calendar.months_back(LAST, 2), features=names, output="polars")
    found = pl.read_parquet(tmp_path / "panel" / "*.parquet").sort("customer_id", "as_of")
    assert found.equals(expected)
    assert "overwr" in refused("panel", stored, "--engine", "spark", "--out", tmp_path / "panel", *arguments)


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    out = tmp_path_factory.mktemp("sample") / "out"
    return run(Ledger.read(SAMPLE), as_of="2025-12-31", out=out), out


def same_as_run(scores: pl.DataFrame, result: RunResult) -> None:
    assert scores["customer_id"].to_list() == Ledger.read(SAMPLE).table("customers")["customer_id"].to_list()
    for estimate in result.estimates.values():
        assert estimate.model is not None
        names = estimate.probabilities.columns
        own = scores.join(estimate.probabilities.select("customer_id"), on="customer_id", how="semi").select(names)
        assert own.height > 100
        assert own.equals(estimate.probabilities.sort("customer_id"))
        source = names[1].replace("_3m", "_source")
        assert scores[source].unique().to_list() == [estimate.source]


def test_score_gives_the_probabilities_of_the_run(sample_run: tuple[RunResult, Path], tmp_path: Path) -> None:
    result, _ = sample_run
    arguments = ("--as-of", "2025-12-31", "--workers", "1", "--out", tmp_path / "scores.parquet")
    outcome = succeeded("score", SAMPLE, *arguments)
    same_as_run(pl.read_parquet(tmp_path / "scores.parquet"), result)
    assert f"600 customers as of 2025-12-31 written to {tmp_path / 'scores.parquet'}" in outcome.out
    assert "late30: booster on " in outcome.out
    assert hidden(tmp_path) == []
    assert "--overwrite" in refused("score", SAMPLE, *arguments)


def test_score_with_saved_models_works_out_parts_of_a_stored_ledger(
    sample_run: tuple[RunResult, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LEAST_ROWS_A_PART", 1)
    monkeypatch.setattr(partitions, "MOST_ROWS_A_PART", 5000)
    result, out = sample_run
    succeeded("store", SAMPLE, "--out", tmp_path / "stored")
    models, files = ("--model", out / "model", "--workers", "1"), [tmp_path / "one.parquet", tmp_path / "two.csv"]
    for file in files:
        succeeded("score", tmp_path / "stored", *models, "--out", file)
    scores = pl.read_parquet(files[0])
    same_as_run(scores, result)
    assert pl.read_csv(files[1], try_parse_dates=True).equals(scores)
    alone = succeeded("score", tmp_path / "stored", "--model", out / "model" / "late30", "--out", tmp_path / "3.csv")
    assert "bad_debt" not in alone.out
    earlier = ("--as-of", "2025-06-30", "--out", tmp_path / "4.csv")
    assert "no forecast" in succeeded("score", tmp_path / "stored", *models, *earlier).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", "nowhere"), ("nowhere", "no saved model", "credrisk run")),
        (("--out", "scores.xlsx"), ("--out", ".csv")),
        (("--model", "nowhere", "--default-from", "900"), ("--default-from", "--model")),
        (("--as-of", "2031-01-31"), ("--as-of", "2031-01-31")),
        (("--currency", "USD"), ("--currency", "credrisk store")),
        (("--as-of", "2023-01-15"), ("nothing can be estimated",)),
    ],
)
def test_score_refuses_in_one_line_and_leaves_nothing(
    given: Path,
    stored: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    for ledger in (stored, *([given] if "--as-of" in arguments else [])):
        message = refused("score", ledger, *arguments)
        assert all(word in message for word in words), message
        assert list(tmp_path.iterdir()) == []
