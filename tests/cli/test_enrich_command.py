"""`credrisk enrich` and `credrisk sources`, and --public of the commands that take what was found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from command import credrisk, refused, succeeded
from ledger_files import GOOD, folder_of
from sources import notices
from sources.local_server import LocalServer, Said, serving
from sources.notices import hang, notice, unknown

from credrisk.ledger.ledger import Ledger
from credrisk.simulate.simulator import simulate_ledger
from credrisk.sources.registry import SOURCES, source_card

SOURCE = "sources.notices:Notices"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    with serving() as running:
        monkeypatch.setenv(notices.ADDRESS, running.url)
        hang(running, "0017", notice(published="2024-02-20"))
        unknown(running, "0018")
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    customers = "customer_id,name,company_number\nC1,Alpha Works,0017\nC2,Beta Stores,0018\n"
    (tmp_path / "ledger").mkdir()
    return folder_of(tmp_path / "ledger", **{**GOOD, "customers": customers})


def options(tmp_path: Path) -> tuple[str | Path, ...]:
    where = ("--out", tmp_path / "public", "--cache", tmp_path / "cache", "--source", SOURCE)
    return (*where, "--contact", "Example Trading credit@example.com")


def test_enrich_writes_what_the_ledger_reads_and_asks_once(server: LocalServer, ledger: Path, tmp_path: Path) -> None:
    outcome = succeeded("enrich", ledger, *options(tmp_path))
    assert "0 facts and 1 events" in outcome.out
    assert "Cost of the 2 questions to notices: not stated" in outcome.out
    assert "--public" in outcome.out
    asked = len(server.seen)
    again = succeeded("enrich", ledger, *options(tmp_path))
    assert len(server.seen) == asked == 2
    assert "notices" in again.out
    assert "what was asked is free" in again.out
    stored = tmp_path / "stored"
    succeeded("store", ledger, "--public", tmp_path / "public", "--out", stored)
    event = Ledger.read(stored).table("events").row(0, named=True)
    assert (event["customer_id"], event["company_number"], event["kind"]) == ("C1", "0017", "petition")


MATCHES = (
    "customer_id,register,id_column,entity,entity_name,score,zone,decided_by,how,reason,valid_from,valid_to,parent\n"
    "'=C1,own,company_number,0017,Alpha Works Ltd,0.97,auto,rule,name,,,,\n"
    "C2,own,company_number,0019,Beta Shops Ltd,0.80,review,rule,name,,,,\n"
)


def test_matches_give_the_ids_that_the_ledger_lacks(server: LocalServer, tmp_path: Path) -> None:
    bare = {name: text.replace("C1", "'=C1") for name, text in GOOD.items()}
    for folder in ("ledger", "public"):
        (tmp_path / folder).mkdir()
    ledger = folder_of(tmp_path / "ledger", **bare)
    (tmp_path / "public" / "matches.csv").write_text(MATCHES)
    succeeded("enrich", ledger, *options(tmp_path))
    assert [path for _, _, path, _, _ in server.seen] == ["/notices/0017.json"]
    event = pl.read_csv(tmp_path / "public" / "events.csv", infer_schema=False).row(0, named=True)
    assert (event["customer_id"], event["company_number"]) == ("'=C1", "0017")
    assert event["match_confidence"] == "0.97"
    (tmp_path / "other.csv").write_text("customer_id\n=C1,too,many\n")
    message = refused("enrich", ledger, *options(tmp_path), "--matches", tmp_path / "other.csv")
    assert "other.csv is no table of matches" in message


def test_an_id_that_a_person_rejected_is_asked_no_more_and_what_it_brought_goes(
    server: LocalServer, ledger: Path, tmp_path: Path
) -> None:
    succeeded("enrich", ledger, *options(tmp_path))
    assert (tmp_path / "public" / "events.csv").exists()
    own = "register,entity,id_column,name\nown,0017,company_number,Alpha Works\nown,0018,company_number,Beta Stores\n"
    (tmp_path / "own.csv").write_text(own)
    decision = "decision,customer_id,register,id_column,entity\nreject,C1,own,company_number,0017\n"
    (tmp_path / "public" / "match_review.csv").write_text(decision)
    succeeded("match", ledger, "--register", tmp_path / "own.csv", "--out", tmp_path / "public")
    asked = len(server.seen)
    outcome = succeeded("enrich", ledger, *options(tmp_path))
    assert [path for _, _, path, *_ in server.seen[asked:]] == []
    assert "0 facts and 0 events" in outcome.out
    assert not (tmp_path / "public" / "events.csv").exists()
    answers = pl.read_csv(tmp_path / "public" / "answers.csv", infer_schema=False)
    assert dict(answers.select("customer_id", "status").iter_rows()) == {"C1": "not_measured", "C2": "none"}


def test_nothing_measured_is_an_exit_code_and_the_reason_is_said(
    server: LocalServer, ledger: Path, tmp_path: Path
) -> None:
    for number in ("0017", "0018"):
        server.say(f"/notices/{number}.json", Said(b"busy", 200, "text/plain"))
    outcome = credrisk("enrich", ledger, *options(tmp_path))
    assert outcome.code == 3
    assert "Nothing was measured" in outcome.out
    assert "not readable JSON" in outcome.out


def test_a_dry_run_asks_nobody_and_a_budget_stops(server: LocalServer, ledger: Path, tmp_path: Path) -> None:
    outcome = succeeded("enrich", ledger, *options(tmp_path), "--dry-run")
    assert "About 2 requests" in outcome.out
    assert server.seen == []
    assert not (tmp_path / "public").exists()
    stopped = succeeded("enrich", ledger, *options(tmp_path), "--max-requests", "1")
    assert "notices did not get through" in stopped.out
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--source", "gleef"), ("--source", "gleef")),
        (("--as-of", "soon", "--source", SOURCE), ("--as-of", "soon")),
        (("--source", SOURCE), ("--contact", "CREDRISK_CONTACT")),
        (("--source", SOURCE, "--out", "LEDGER"), ("facts.csv",)),
    ],
)
def test_what_is_wrong_is_said_by_its_option(
    server: LocalServer,
    ledger: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    monkeypatch.delenv("CREDRISK_CONTACT", raising=False)
    (ledger / "facts.csv").write_text("customer_id,measure,period_end,value,known_at,source\n")
    given = [argument.replace("LEDGER", str(ledger)) for argument in arguments]
    message = refused("enrich", ledger, "--out", tmp_path / "public", "--cache", tmp_path / "cache", *given)
    assert all(word in message for word in words), message
    assert server.seen == []


def test_the_list_of_sources_says_what_each_needs_and_never_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SOURCES:
        if credential := source_card(name).credential:
            monkeypatch.setenv(f"CREDRISK_{credential}", "s3cr3t-value")
    out = succeeded("sources").out
    for name in SOURCES:
        card = source_card(name)
        assert f" {name} " in out
        assert card.licence in out
        assert card.site in out
        if card.credential:
            assert f"CREDRISK_{card.credential}, set" in out
    assert "s3cr3t" not in out


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A simulated ledger without its outside tables, and these in a folder."""
    place = tmp_path_factory.mktemp("outside")
    whole = simulate_ledger(customers=60, months=18, seed=4).ledger()
    outside = {name: whole.tables[name] for name in ("facts", "events", "market") if whole.has(name)}
    assert outside["facts"].height > 0
    whole.replace(tables={n: t for n, t in whole.tables.items() if n not in outside}).write(place / "ledger")
    (place / "public").mkdir()
    for name, frame in outside.items():
        frame.write_csv(place / "public" / f"{name}.csv")
    whole.write(place / "whole")
    return place / "ledger", place / "public"


def test_a_panel_with_a_public_folder_is_that_of_the_whole_ledger(simulated: tuple[Path, Path], tmp_path: Path) -> None:
    ledger, public = simulated
    asked = ("--months", "2", "--as-of", "2024-06-30")
    for name, source, more in (
        ("bare", ledger, ()),
        ("with", ledger, ("--public", public)),
        ("whole", ledger.parent / "whole", ()),
    ):
        succeeded("panel", source, *asked, *more, "--out", tmp_path / f"{name}.parquet")
    bare, joined, whole = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("bare", "with", "whole"))
    assert joined.equals(whole)
    assert not bare.equals(whole)
    succeeded("panel", ledger, *asked, "--public", public, "--out", tmp_path / "parts")
    parts = pl.read_parquet(tmp_path / "parts" / "*.parquet").sort("customer_id", "as_of")
    assert parts.select(whole.columns).equals(whole.sort("customer_id", "as_of"))


def test_a_stored_ledger_takes_public_information_when_it_is_stored(
    simulated: tuple[Path, Path], tmp_path: Path
) -> None:
    ledger, public = simulated
    succeeded("store", ledger, "--out", tmp_path / "stored")
    for command in (("panel", "--out", tmp_path / "parts"), ("score", "--out", tmp_path / "scores.csv")):
        message = refused(command[0], tmp_path / "stored", "--public", public, *command[1:])
        assert "--public" in message
        assert "credrisk store" in message


def test_results_of_a_run_fit_the_public_folder_that_the_run_had(simulated: tuple[Path, Path], tmp_path: Path) -> None:
    ledger, public = simulated
    results = tmp_path / "results"
    succeeded("run", ledger, "--as-of", "2024-06-30", "--public", public, "--out", results)
    asked = ("queue", ledger, "--results", results)
    assert "give --public as the run had it" in refused(*asked, "--out", tmp_path / "bare")
    succeeded(*asked, "--public", public, "--out", tmp_path / "queue")


OWN = """
from credrisk.sources.base import Answer


class Own:
    name, licence, keeps_history = "own_register_of_notices", "CC0 1.0", True
    reads = ("company_number",)

    def __init__(self, client):
        pass

    def ask(self, customer):
        number = customer.get("company_number")
        place = f"https://own.example/{number}/{customer['customer_id']}"
        said = f"{place}: answered status 404." if number else "no number"
        return [Answer("not_measured", said, part) for part in ("filing_history", "charges")]
"""


def test_a_source_in_the_working_folder_is_found_by_the_installed_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "source_of_the_working_folder"
    (tmp_path / f"{module}.py").write_text(OWN)
    customers = "customer_id,name,company_number\nC1,Alpha,0017\nC2,Beta,0018\nC3,Gamma,\n"
    (tmp_path / "ledger").mkdir()
    folder = folder_of(tmp_path / "ledger", **{**GOOD, "customers": customers})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place not in ("", str(tmp_path))])
    contact = ("--contact", "Example Trading credit@example.com")
    outcome = credrisk("enrich", folder, "--source", f"{module}:Own", *contact)
    assert outcome.code == 3
    told = " ".join(outcome.out.split())
    assert "(2 customers): own.example: answered status 404." in told
    assert "(1 customer): no number" in told
    assert "own_register_of_notices│filing_history" in told.replace(" ", "")  # whole words at 80 characters
    assert "own_register_of_notices" in outcome.out
    plan = succeeded("enrich", folder, "--source", f"{module}:Own", "--dry-run").out
    assert "One question a customer is assumed for own_register_of_notices" in " ".join(plan.split())
