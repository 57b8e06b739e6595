"""`credrisk init` and `credrisk update`, as a user types them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import Outcome, credrisk, refused, succeeded

from credrisk.cli.public import policy_for, read_with_public
from credrisk.decisions.policy import Policy
from credrisk.ledger.ledger import Ledger

SENDER = str(Path(__file__).parents[2] / "examples" / "sender.toml")
HEAD = "document_id,customer_id,document_date,due_date,amount,settled_on\n"
JANUARY = HEAD + "A1,C1,2025-01-10,2025-02-10,100.00,\nA2,C1,2025-01-12,2025-02-12,200.00,2025-01-30\n"
FEBRUARY = HEAD + (
    "A1,C1,2025-01-10,2025-04-10,100.00,2025-02-20\nA2,C1,2025-01-12,2025-02-12,250.00,2025-01-30\n"
    "B1,C1,2025-01-15,2025-02-15,fifty,\nB2,C1,2025-02-15,2025-03-15,60.00,\nB3,C1,2025-01-16,2025-02-16,70.00,\n"
)


def extract(folder: Path, documents: str, to: str) -> Path:
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,name\nC1,Nordlicht\n")
    (folder / "documents.csv").write_text(documents)
    (folder / "settings.csv").write_text(f"key,value\ncurrency,EUR\ncovers_from,2025-01-01\ncovers_to,{to}\n")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    said = succeeded("init", folder).out
    assert f"Next: credrisk update {folder} EXTRACT" in said
    succeeded("update", folder, extract(tmp_path / "january", JANUARY, "2025-01-31"))
    return folder


def test_the_next_extract_is_told_then_written_once(project: Path, tmp_path: Path) -> None:
    february = extract(tmp_path / "february", FEBRUARY, "2025-02-28")
    told = succeeded("update", project, february, "--extracted-on", "2025-03-05", "--dry-run").out
    assert "Nothing was written" in told
    assert "due_date: 1 row, another due date than before (documents 1, EUR 100.00)" in told
    # B3, and the payment of A2, which is another than before
    assert "back_dated: 2 rows, put into days that an earlier extract covered (applications 1, EUR 250.00; " in told
    assert "documents 1, EUR 70.00)" in told
    assert "changed: 2 rows, other values than before" in told
    assert "as-of dates 2025-01-16 to 2025-03-04 would have been others" in told
    assert "1 rows were set aside" in told  # B1
    assert Ledger.read(project).table("documents").height == 2
    done = succeeded("update", project, february, "--extracted-on", "2025-03-05").out
    assert "The ledger covers 2025-01-01 to 2025-02-28" in done
    assert (project / "updates" / "0002" / "changes.csv").read_text().count("\n") >= 4
    assert "B1" in (project / "updates" / "0002" / "quarantine.csv").read_text()
    again = succeeded("update", project, february, "--extracted-on", "2025-03-05").out
    assert "update 2 of 2025-03-05 already: nothing was changed" in again
    found = credrisk("check", project)
    assert found.code == 2  # there are errors
    assert "had rows that failed the contract" in found.out


def test_the_money_of_what_is_gone_is_not_counted_again_for_its_payment(project: Path, tmp_path: Path) -> None:
    gone = extract(
        tmp_path / "gone", JANUARY.replace("A2,C1,2025-01-12,2025-02-12,200.00,2025-01-30\n", ""), "2025-02-28"
    )
    told = succeeded("update", project, gone, "--dry-run").out
    assert "(applications 1, EUR 200.00; documents 1, EUR 200.00; receipts 1, EUR 200.00)" in told


def test_an_extract_of_the_last_months_is_refused_until_its_days_are_said(tmp_path: Path) -> None:
    rows = [f"A{n},C1,2025-0{n}-10,2025-0{n}-20,100.00,2025-0{n}-25\n" for n in range(1, 9)]
    open_since_january = "B1,C1,2025-01-10,2025-02-10,70.00,\n"
    project = tmp_path / "project"
    succeeded("init", project)
    succeeded("update", project, extract(tmp_path / "whole", HEAD + open_since_january + "".join(rows), "2025-08-31"))
    part = extract(tmp_path / "part", HEAD + open_since_january + "".join(rows[4:]), "2025-09-30")
    said = refused("update", project, part)
    assert "4 of 9 documents (EUR 400.00) would be taken as deleted" in said
    assert "--covers-from DATE" in said
    assert "--partial" in said
    told = succeeded("update", project, part, "--dry-run").out
    assert "the update would be refused without --accept-deleted" in told
    assert "on or before the last day" in refused("update", project, part, "--covers-from", "2025-10-01")
    succeeded("update", project, part, "--covers-from", "2025-05-01")
    assert Ledger.read(project).table("documents").height == 9
    again = extract(tmp_path / "again", HEAD + open_since_january, "2025-10-31")
    assert (
        "8 of 9 documents (EUR 800.00) are taken as deleted."
        in succeeded("update", project, again, "--accept-deleted").out
    )
    assert "8 of 9 documents (EUR 800.00) ended with the extract" in credrisk("check", project).out


def test_the_folder_is_a_ledger_with_its_past_and_policy(project: Path, tmp_path: Path) -> None:
    succeeded("update", project, extract(tmp_path / "february", FEBRUARY, "2025-02-28"), "--extracted-on", "2025-03-05")
    then = read_with_public(project, None, as_of="2025-01-31").table("documents")
    assert dict(then.select("document_id", "amount").rows()) == {"A1": 10000, "A2": 20000}
    now = read_with_public(project, None).table("documents")
    assert set(now["document_id"].to_list()) == {"A1", "A2", "B2", "B3"}
    text = (project / "policy.toml").read_text(encoding="utf-8")
    shipped = Policy.default()
    assert policy_for(project, None).hash == shipped.hash
    (project / "policy.toml").write_text(text.replace('version = "1"', 'version = "7"'), encoding="utf-8")
    assert policy_for(project, None).version == "7"
    assert policy_for(tmp_path, None).hash == shipped.hash


def test_the_portfolio_is_measured_as_it_was_known(project: Path, tmp_path: Path) -> None:
    """What a later extract puts into January was not known in January."""
    before, after = tmp_path / "before", tmp_path / "after"
    succeeded("portfolio", project, "--as-of", "2025-01-31", "--out", before)
    succeeded("update", project, extract(tmp_path / "february", FEBRUARY, "2025-02-28"), "--extracted-on", "2025-03-05")
    succeeded("portfolio", project, "--as-of", "2025-01-31", "--out", after)
    for name in ("ageing.csv", "history.csv", "dso.csv", "item-migration.csv"):
        assert (before / name).read_text() == (after / name).read_text(), name
    assert "100.0" in (after / "ageing.csv").read_text()


def test_the_pack_of_an_earlier_run_can_still_be_made(project: Path, tmp_path: Path) -> None:
    """The report stands on what was known on the day of the run, not on what the next extract made of it."""
    results, february = tmp_path / "results", extract(tmp_path / "february", FEBRUARY, "2025-02-28")
    succeeded("run", project, "--as-of", "2025-01-31", "--out", results)
    succeeded("update", project, february, "--extracted-on", "2025-03-05")
    succeeded("report", project, "--results", results, "--out", tmp_path / "pack")
    assert (tmp_path / "pack" / "pack.html").is_file()


def test_a_mapping_is_kept_and_used(tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[settings]\ncurrency = "EUR"\n[files.items]\npath = "items.csv"\n[tables.documents.columns]\n'
        'document_id = "No"\ncustomer_id = "Account"\ndocument_date = "Date"\ndue_date = "Due"\namount = "Gross"\n'
        '[tables.customers]\none_row_per = "customer_id"\n[tables.customers.columns]\ncustomer_id = "Account"\n'
    )
    export = tmp_path / "export"
    export.mkdir()
    (export / "items.csv").write_text("No,Account,Date,Due,Gross\n1,C1,2025-01-10,2025-02-10,10.00\n")
    succeeded("init", tmp_path / "project", "--map", mapping)
    succeeded("update", tmp_path / "project", export)
    assert Ledger.read(tmp_path / "project").table("documents")["amount"].to_list() == [1000]


def test_what_is_refused(project: Path, tmp_path: Path) -> None:
    assert "must be a new or an empty folder; this one is a project already" in refused("init", project)
    assert "is no project" in refused("update", tmp_path, tmp_path / "january")
    assert "given, or --db, and not both" in refused("update", project)
    assert "--map must be given with --db" in refused("update", project, "--db", "sqlite:///x.db")
    early = extract(tmp_path / "early", JANUARY, "2025-01-20")
    assert "extracts come in their order" in refused("update", project, early)
    assert "no file or folder" in refused("update", project, tmp_path / "nowhere")


TOO_LITTLE = ("effects", "plan", "scorecard", "score", "settle")
"""Of three invoices these make nothing, and say so; what they say must not change either."""
TOLD = ("order", "reconcile", "discounts", "validate", "late-fees")
"""These write no CSV unasked."""


@pytest.mark.parametrize(
    "command",
    [
        ("cash", "--out", "OUT"),
        ("discounts",),
        ("disputes",),
        ("effects", "--out", "OUT.json"),
        ("late-fees", "--law", "DE"),
        ("letters", "--sender", SENDER, "--out", "OUT"),
        ("order", "--customer", "C1", "--amount", "10"),
        ("panel", "--months", "1", "--out", "OUT.csv"),
        ("plan", "--customer", "C1"),
        ("portfolio", "--out", "OUT"),
        ("promises",),
        ("provision", "--out", "OUT"),
        ("reconcile", "--out", "OUT.html"),
        ("scorecard", "--out", "OUT"),
        ("score", "--out", "OUT.csv"),
        ("settle", "--customer", "C1"),
        ("validate", "--out", "OUT"),
        ("run", "--out", "OUT"),
        ("limits", "--out", "OUT.csv"),
        ("queue", "--out", "OUT.csv"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_stands_on_the_past_as_it_was_known(
    project: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a command says of January does not change when February tells January otherwise."""
    said = []
    february = extract(tmp_path / "february", FEBRUARY.replace("fifty", "50.00"), "2025-02-28")
    for out in (tmp_path / "out-1", tmp_path / "out-2"):
        options = [one.replace("OUT", str(out)) for one in command[1:]]
        here = tmp_path / f"at-{out.name}"
        here.mkdir()
        monkeypatch.chdir(here)  # some write beside where they are called
        outcome = credrisk(command[0], project, *options, "--as-of", "2025-01-31")
        said.append((outcome.code, spoken(outcome, out), written([out, out.with_suffix(".csv"), here])))
        succeeded("update", project, february, "--extracted-on", "2025-03-05")
    assert said[0] == said[1]
    assert (said[0][0] == 0) == (command[0] not in TOO_LITTLE), said[0][1]
    assert "2025-02" not in said[0][1]
    assert said[0][2] or command[0] in (*TOO_LITTLE, *TOLD)


def written(places: list[Path]) -> dict[str, str]:
    """Return every CSV file that a command wrote, by its name below the place."""
    found = {}
    for place in places:
        files = [place] if place.is_file() else sorted(place.rglob("*.csv"))
        found |= {str(path.relative_to(place) if path != place else "OUT"): path.read_text() for path in files}
    return found


@pytest.mark.parametrize(
    "command",
    [
        ("agency",),
        ("company", "C1", "PROJECT"),
        ("digest",),
        ("discounts",),
        ("disputes",),
        ("effects",),
        ("letters", "--sender", SENDER),
        ("limits", "--out", "OUT"),
        ("memo", "--customer", "C1"),
        ("order", "--customer", "C1", "--amount", "10"),
        ("plan", "--customer", "C1"),
        ("promises",),
        ("queue", "--out", "OUT"),
        ("run", "--out", "OUT"),
        ("settle", "--customer", "C1"),
        ("team",),
        ("validate",),
        ("watch", "--since", "2025-01-20"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_takes_the_policy_of_the_project(
    project: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "policy.toml").write_text('version = "7"\nno_such_key = 1\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    name, *options = command
    given = [str(project) if one == "PROJECT" else one.replace("OUT", str(tmp_path / "out")) for one in options]
    said = refused(name, *given) if "PROJECT" in command else refused(name, project, *given)
    assert "no_such_key" in said


def spoken(outcome: Outcome, out: Path) -> str:
    """Return what a command said, without the place, the seconds that it took, and which tables the project has."""
    text = " ".join(f"{outcome.out} {outcome.err}".replace(str(out), "OUT").split())
    text = re.sub(r"\d+\.\d+ s\b|Note: (?:There is no table of|no) changed due dates[^.]*\.", "", text)
    return " ".join(text.split())
