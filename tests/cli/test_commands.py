"""Every command on a small ledger: what it writes and says, that it overwrites nothing unasked and teaches itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command import Outcome, credrisk, refused, succeeded, with_errors
from ledger_files import GOOD, folder_of

import credrisk as library
from credrisk.decisions.policy import default_text
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.writing import OUTPUTS
from credrisk.simulate.simulator import simulate_ledger

COMMANDS = (
    "run",
    "check",
    "import",
    "panel",
    "score",
    "validate",
    "monitor",
    "scorecard",
    "cash",
    "store",
    "simulate",
    "policy",
    "memo",
    "enrich",
    "sources",
)


@dataclass(frozen=True)
class Ran:
    """A ledger on disk and the run on it."""

    ledger: Path
    out: Path
    outcome: Outcome


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands") / "ledger"
    simulate_ledger(customers=60, months=18, seed=4).write(folder)
    return folder


@pytest.fixture(scope="module")
def ran(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    out = tmp_path_factory.mktemp("ran") / "new" / "out"
    return Ran(ledger, out, succeeded("run", ledger, "--as-of", "2024-06-30", "--out", out))


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_run_writes_the_files_and_prints_where_they_are(ran: Ran) -> None:
    assert sorted(path.name for path in ran.out.iterdir()) == sorted(OUTPUTS)
    listed = ran.outcome.out.partition("Written to ")[2]
    assert listed.split() == [str(ran.out / name) for name in OUTPUTS]


def test_run_prints_the_three_answers_with_reasons_in_their_order(ran: Ran) -> None:
    said = ran.outcome.out
    queue = pl.read_csv(ran.out / "queue.csv").filter(pl.col("contact_today")).sort("rank")
    limits = pl.read_csv(ran.out / "limits.csv")
    changed = limits.filter(pl.col("current_limit").is_null() | (pl.col("change") != 0))
    largest = (
        pl.read_csv(ran.out / "scores.csv").sort("expected_loss", descending=True, nulls_last=True)["name"].head(5)
    )
    titles = ("1 Likely bad debts, by expected loss", "2 Limits to change (", "3 Contacts for today (", "Written to")
    places = [said.index(title) for title in titles]
    assert places == sorted(places)
    one, two, three = (said[a:b] for a, b in pairwise(places))
    found = [one.index(name) for name in largest]
    assert found == sorted(found)
    assert f"({changed.height} of {limits.height})" in two
    by_hand = queue.filter(pl.col("slot") != "automatic")
    assert f"({by_hand.height}; {queue.height - by_hand.height} automatic e-mails" in three
    for row in by_hand.head(5).iter_rows(named=True):
        assert row["name"] in three
        assert row["reasons"] in three


def test_run_says_which_probabilities_rest_on_little_evidence(ran: Ran) -> None:
    record = json.loads((ran.out / "run.json").read_text(encoding="utf-8"))
    assert record["notes"]
    for note in record["notes"]:
        assert f"Note: {note}" in ran.outcome.out
    assert record["targets"]["bad_debt"]["source"] == "expert_card"


def test_progress_goes_to_standard_error_only(ran: Ran) -> None:
    for stage in ("Checking the ledger", "Computing features", "Writing the workbook"):
        assert f"{stage} ..." in ran.outcome.err
        assert stage not in ran.outcome.out


def test_run_obeys_its_options(ledger: Path, tmp_path: Path) -> None:
    rules = tmp_path / "policy.toml"
    rules.write_text(default_text().replace('version = "1"', 'version = "harder"', 1), encoding="utf-8")
    arguments = ("--as-of", "2024-03-31", "--capacity", 2, "--policy", rules, "--currency", "EUR")
    succeeded("run", ledger, "--out", tmp_path / "out", *map(str, arguments))
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert (record["as_of"], record["figures"]["contacts"], record["currency"]) == ("2024-03-31", 2, "EUR")
    assert record["policy"]["version"] == "harder"


def test_check_of_a_sound_ledger_ends_well(tmp_path: Path) -> None:
    folder_of(tmp_path, **GOOD, settings="key,value\ncurrency,EUR\ncovers_from,2024-01-01\ncovers_to,2024-03-31\n")
    outcome = succeeded("check", tmp_path, "--quarantine", tmp_path / "aside" / "rows.csv")
    assert "Covers 2024-01-01 to 2024-03-31, in EUR." in outcome.out
    assert "0 rows set aside" in outcome.out
    assert pl.read_csv(tmp_path / "aside" / "rows.csv").is_empty()


def test_check_of_the_simulated_ledger_finds_no_error(ledger: Path) -> None:
    assert "error" not in succeeded("check", ledger).out


def german_export(folder: Path) -> Path:
    """Write an export with other names and marks, and the mapping that reads it."""
    folder.mkdir()
    (folder / "items.csv").write_text(
        "No;Who;Day;Due;Value\n7;A;31.1.2024;1.3.2024;1.234,50\n8;B;1.2.2024;2.3.2024;5,00-\n"
    )
    (folder / "map.toml").write_text(
        '[settings]\ncurrency = "EUR"\ncovers_from = 2024-01-01\ncovers_to = 2024-03-31\n'
        '[files.items]\npath = "items.csv"\nseparator = ";"\ndates = "day_first"\ndecimal = ","\nthousands = "."\n'
        '[tables.documents]\nfile = "items"\n[tables.documents.columns]\n'
        'document_id = "No"\ncustomer_id = "Who"\ndocument_date = "Day"\ndue_date = "Due"\namount = "Value"\n'
        '[tables.customers]\nfile = "items"\none_row_per = "customer_id"\n'
        '[tables.customers.columns]\ncustomer_id = "Who"\n'
    )
    return folder


def test_import_makes_a_ledger_that_reads_back(tmp_path: Path) -> None:
    export, out = german_export(tmp_path / "export"), tmp_path / "ledger"
    arguments = ("import", export, "--map", export / "map.toml", "--out", out)
    assert f"Next: credrisk run {out}" in succeeded(*arguments).out
    documents = Ledger.read(out).table("documents")
    assert documents.select("document_id", "document_date", "amount").rows() == [
        ("7", date(2024, 1, 31), 123_450),
        ("8", date(2024, 2, 1), -500),
    ]
    assert "must be a new place" in refused(*arguments)
    succeeded(*arguments, "--overwrite")


@pytest.mark.parametrize("name", ["ledger", "ledger.xlsx"])
def test_import_keeps_what_was_set_aside_beside_the_ledger(tmp_path: Path, name: str) -> None:
    export, out = german_export(tmp_path / "export"), tmp_path / name
    with (export / "items.csv").open("a") as items:
        items.write("9;B;31.2.2024;2.3.2024;7,00\n")
    said = with_errors("import", export, "--map", export / "map.toml", "--out", out).out
    assert f"Look at its errors first: credrisk check {out}".replace(" ", "") in "".join(said.split())
    where = f"{out}/quarantine.csv" if name == "ledger" else f"the sheet quarantine of {out}"
    assert f"1 rows set aside, in {where}".replace(" ", "") in "".join(said.split())
    outcome = credrisk("check", out)
    assert outcome.code == 2
    assert "at import: " in " ".join(outcome.out.split())


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_panel_writes_what_the_library_computes(ledger: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"panel.{suffix}"
    arguments = ("--months", "3", "--as-of", "2024-05-31")
    outcome = succeeded("panel", ledger, "--out", target, *arguments)
    read = pl.read_parquet if suffix == "parquet" else partial(pl.read_csv, try_parse_dates=True)
    written = read(target)
    assert f"{written.height} rows x {written.width} columns" in outcome.out
    panel = build_panel(Ledger.read(ledger), calendar=Calendar.months_back(date(2024, 5, 31), 3), output="polars")
    assert written.columns == ["customer_id", "as_of", *catalogue()]
    assert written.cast(panel.schema).equals(panel)


def test_panel_with_labels_says_what_happened_next(ledger: Path, tmp_path: Path) -> None:
    target = tmp_path / "labelled.parquet"
    succeeded("panel", ledger, "--months", "12", "--labels", "--out", target)
    written = pl.read_parquet(target)
    assert written.height == 60 * 12
    assert {"status", "bad_debt_on", "default_on", "late30_on", "observed_to"} <= set(written.columns)
    assert written["status"].null_count() == 0
    assert written["late30_on"].drop_nulls().len() > 0


def test_simulate_makes_a_ledger_and_its_truth_and_the_same_again(tmp_path: Path) -> None:
    for name, seed in (("one", "7"), ("two", "7"), ("other", "8")):
        arguments = ("--customers", "50", "--months", "12", "--seed", seed, "--start", "2024-01-01")
        outcome = succeeded("simulate", tmp_path / name, *arguments)
        assert f"Next: credrisk run {tmp_path / name}" in outcome.out
    one, two, other = (files_in(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one["documents.csv"] != other["documents.csv"]
    assert [name for name in one if name.startswith("truth/")]
    assert Ledger.read(tmp_path / "one").settings.covers_to == date(2024, 12, 31)


def test_policy_is_printed_written_and_checked(tmp_path: Path) -> None:
    assert succeeded("policy", "show").out == " ".join(default_text().split())
    target = tmp_path / "policy.toml"
    assert f"credrisk policy check {target}" in succeeded("policy", "init", "--out", target).out
    assert target.read_text(encoding="utf-8") == default_text()
    assert "no fault found" in succeeded("policy", "check", target).out


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("capacity_per_day = ", "capacity_per_dya = "), ("capacity_per_dya", "collection")),
        (("capacity_per_day = 40", "capacity_per_day = -3"), ("capacity_per_day", "-3")),
        (("capacity_per_day = 40", 'capacity_per_day = "many"'), ("capacity_per_day", "many")),
        (("capacity_per_day = 40", "capacity_per_day ="), ("line", "policy.toml")),
    ],
)
def test_a_wrong_policy_is_refused_by_key_before_any_work(
    ledger: Path, tmp_path: Path, wrong: tuple[str, str], words: tuple[str, ...]
) -> None:
    target = tmp_path / "policy.toml"
    assert default_text().count(wrong[0]) == 1
    target.write_text(default_text().replace(*wrong), encoding="utf-8")
    for arguments in (("policy", "check", target), ("run", ledger, "--policy", target, "--out", tmp_path / "out")):
        message = refused(*arguments)
        assert all(word in message for word in words), message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "taken"),
    [
        (("run", "LEDGER", "--out", "TAKEN"), "scores.csv"),
        (("check", "LEDGER", "--quarantine", "TAKEN/scores.csv"), "scores.csv"),
        (("panel", "LEDGER", "--out", "TAKEN/panel.csv"), "panel.csv"),
        (("simulate", "TAKEN"), "scores.csv"),
        (("policy", "init", "--out", "TAKEN/policy.toml"), "policy.toml"),
        (("import", "LEDGER", "--map", "map.toml", "--out", "TAKEN"), "scores.csv"),
    ],
)
def test_nothing_is_overwritten_unasked(ledger: Path, tmp_path: Path, arguments: tuple[str, ...], taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    places = {"LEDGER": str(ledger), "TAKEN": str(tmp_path)}
    message = refused(*(place(argument, places) for argument in arguments))
    assert str(tmp_path) in message
    assert "overwr" in message
    assert files_in(tmp_path) == {taken: b"mine"}


def place(argument: str, places: dict[str, str]) -> str:
    """Put the paths of the test in place of the words in capitals."""
    for word, path in places.items():
        argument = argument.replace(word, path)
    return argument


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "TAKEN", "--customers", "50", "--months", "12", "--overwrite"),
        ("import", "EXPORT", "--map", "EXPORT/map.toml", "--out", "TAKEN", "--overwrite"),
    ],
)
def test_overwriting_never_empties_a_folder_of_other_files(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    export, taken = german_export(tmp_path / "export"), tmp_path / "taken"
    taken.mkdir()
    (taken / "my thesis.docx").write_text("mine")
    places = {"TAKEN": str(taken), "EXPORT": str(export)}
    message = refused(*(place(argument, places) for argument in arguments))
    assert "my thesis.docx" in message
    assert files_in(taken) == {"my thesis.docx": b"mine"}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_second_run_is_refused_until_overwriting_is_allowed(ran: Ran) -> None:
    before = files_in(ran.out)
    assert "--overwrite" in refused("run", ran.ledger, "--out", ran.out)
    assert files_in(ran.out) == before
    succeeded("run", ran.ledger, "--out", ran.out, "--overwrite", "--as-of", "2024-06-30")
    after = files_in(ran.out)
    assert {name for name in before if before[name] != after[name]} <= {"run.json"}


def test_the_commands_are_listed_and_each_teaches_itself() -> None:
    top = succeeded("--help").out
    for command in COMMANDS:
        assert command in top
        said = succeeded(command, "--help").out
        assert f"Example: credrisk {command}" in said
        assert "Usage: credrisk" in said
    assert succeeded("--version").out == f"credrisk {library.__version__}"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("run",), "LEDGER"),
        (("nonsense",), "nonsense"),
        (("panel", "x", "--months", "0"), "--months"),
        (("simulate", "x", "--customers", "3"), "50"),
    ],
)
def test_wrong_usage_ends_with_code_two_and_points_to_the_help(arguments: tuple[str, ...], word: str) -> None:
    outcome = credrisk(*arguments)
    assert outcome.code == 2
    assert word in outcome.err
    assert "--help" in outcome.err


def test_the_real_process_ends_with_the_code_and_one_line(tmp_path: Path) -> None:
    done: Any = subprocess.run(
        [sys.executable, "-c", "from credrisk.cli import main; main()", "check", str(tmp_path / "[b]gone[/b]")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    message = done.stderr.splitlines()[-1]
    assert message.startswith("Error: there is no file or folder")
    assert "[b]gone[/b]" in message
