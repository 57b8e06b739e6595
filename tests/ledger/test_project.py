"""The project folder: what the next extract changes, what was known before, and that nothing is lost or half-done."""

from __future__ import annotations

import dataclasses
import hashlib
import signal
import sqlite3
import subprocess
import sys
import textwrap
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_ledgers import LAST, ledgers
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.project import Project, is_project, make_project, open_project
from credrisk.ledger.tables import TABLES

JANUARY, MARCH = date(2025, 1, 31), date(2025, 3, 5)
INVOICES = [
    {"document_id": f"A{n}", "customer_id": who, "document_date": day, "due_date": due, "amount": 10000 * n}
    for n, who, day, due in (
        (1, "C1", "2025-01-10", "2025-02-10"),
        (2, "C1", "2025-01-12", "2025-02-12"),
        (3, "C2", "2025-01-20", "2025-02-20"),
    )
]


def extract(*documents: dict[str, object], to: str, **tables: list[dict[str, object]]) -> Ledger:
    return ledger_of(covers_from="2025-01-01", covers_to=to, documents=list(documents), **tables)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with the extract of January."""
    made = make_project(tmp_path / "project", {"README.md": "x"})
    made.update(extract(*INVOICES, to="2025-01-31"))
    return open_project(made.folder)


def changes_of(project: Project, ledger: Ledger, *, day: date = MARCH, partial: bool = False) -> list[tuple[str, ...]]:
    found = project.update(ledger, day=day, partial=partial).changes
    return found.select("change", "table", "key", "column").rows()


def documents(project: Project, known_at: date | None = None) -> dict[str, tuple[int, date]]:
    frame = open_project(project.folder).ledger(known_at).table("documents")
    return {row[0]: row[1:] for row in frame.select("document_id", "amount", "recorded_at").rows()}


def state(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_rows_after_what_was_covered_are_new_on_their_own_day(project: Project) -> None:
    later = {**INVOICES[0], "document_id": "B1", "document_date": "2025-02-05", "due_date": "2025-03-05"}
    update = project.update(extract(*INVOICES, later, to="2025-02-28"), day=MARCH)
    assert update.changes.is_empty()
    counts = update.counts.filter(pl.col("table") == "documents").row(0, named=True)
    assert (counts["rows"], counts["unchanged"], counts["new"]) == (4, 3, 1)
    assert documents(project)["B1"] == (10000, date(2025, 2, 5))
    assert update.settings.covers_to == date(2025, 2, 28)


def test_a_posting_put_into_the_past_is_known_from_the_extract_on(project: Project) -> None:
    late = {**INVOICES[0], "document_id": "B1", "document_date": "2025-01-15"}
    update = project.update(extract(*INVOICES, late, to="2025-02-28"), day=MARCH)
    row = update.changes.row(0, named=True)
    assert (row["change"], row["key"], row["amount"], row["currency"]) == ("back_dated", "B1", 100.0, "EUR")
    assert (row["affected_from"], row["affected_to"]) == (date(2025, 1, 15), MARCH - timedelta(days=1))
    assert documents(project)["B1"] == (10000, MARCH)
    assert "B1" not in documents(project, JANUARY)
    assert "B1" not in documents(project, MARCH - timedelta(days=1))


def test_a_row_that_states_its_entry_keeps_it(project: Project) -> None:
    late = {**INVOICES[0], "document_id": "B1", "document_date": "2025-01-15", "recorded_at": "2025-02-03"}
    missing = {**INVOICES[0], "document_id": "B2", "document_date": "2025-01-15", "recorded_at": "2025-01-16"}
    update = project.update(extract(*INVOICES, late, missing, to="2025-02-28"), day=MARCH)
    assert dict(update.changes.select("key", "change").rows()) == {"B1": "back_dated", "B2": "missing_before"}
    assert documents(project)["B1"][1] == date(2025, 2, 3)
    assert documents(project, date(2025, 2, 3)).keys() >= {"B1"}
    assert "B1" not in documents(project, date(2025, 2, 2))


def test_a_changed_amount_is_a_new_version(project: Project) -> None:
    changed = {**INVOICES[1], "amount": 25000}
    update = project.update(extract(INVOICES[0], changed, INVOICES[2], to="2025-02-28"), day=MARCH)
    row = update.changes.row(0, named=True)
    assert (row["change"], row["column"], row["before"], row["after"]) == ("changed", "amount", "200.0", "250.0")
    assert (row["affected_from"], row["affected_to"]) == (date(2025, 1, 12), MARCH - timedelta(days=1))
    assert documents(project)["A2"] == (25000, MARCH)
    assert documents(project, JANUARY)["A2"] == (20000, date(2025, 1, 12))


def test_a_text_that_changes_does_not_hide_the_row_from_its_past(project: Project) -> None:
    changed = {**INVOICES[1], "order_id": "O7"}
    assert changes_of(project, extract(INVOICES[0], changed, INVOICES[2], to="2025-02-28")) == [
        ("changed", "documents", "A2", "order_id")
    ]
    assert documents(project)["A2"] == (20000, date(2025, 1, 12))


def test_another_due_date_is_a_change_of_the_document(project: Project) -> None:
    moved = {**INVOICES[0], "due_date": "2025-04-30"}
    second = extract(moved, *INVOICES[1:], to="2025-02-28")
    assert changes_of(project, second) == [("due_date", "documents", "A1", "due_date")]
    ledger = open_project(project.folder).ledger()
    assert ledger.table("documents").filter(pl.col("document_id") == "A1")["due_date"].item() == date(2025, 2, 10)
    made = ledger.table("document_changes").row(0, named=True)
    assert (made["field"], made["value"], made["changed_on"], made["recorded_at"]) == (
        "due_date",
        "2025-04-30",
        MARCH,
        MARCH,
    )
    assert open_project(project.folder).ledger(JANUARY).table("document_changes").is_empty()
    again = extract(moved, *INVOICES[1:], to="2025-03-31")
    assert changes_of(project, again, day=date(2025, 4, 2)) == []
    back = extract(*INVOICES, to="2025-04-30")
    assert changes_of(project, back, day=date(2025, 5, 2)) == [("due_date", "documents", "A1", "due_date")]


def test_what_is_gone_is_told_and_kept_for_the_past(project: Project) -> None:
    assert changes_of(project, extract(*INVOICES[:2], to="2025-02-28")) == [("deleted", "documents", "A3", "")]
    assert "A3" not in documents(project)
    assert documents(project, JANUARY)["A3"] == (30000, date(2025, 1, 20))


def test_what_an_extract_does_not_cover_is_not_gone(project: Project) -> None:
    february = {**INVOICES[0], "document_id": "B1", "document_date": "2025-02-05", "due_date": "2025-03-05"}
    short = ledger_of(covers_from="2025-02-01", covers_to="2025-02-28", documents=[february])
    update = project.update(short, day=MARCH)
    assert update.changes.is_empty()
    assert update.counts.filter(pl.col("table") == "documents")["not_in_extract"].to_list() == [3]
    assert set(documents(project)) == {"A1", "A2", "A3", "B1"}
    assert update.settings.covers_from == date(2025, 1, 1)
    assert update.gap is None


def test_a_part_takes_nothing_as_gone_and_a_gap_is_told(project: Project) -> None:
    assert changes_of(project, extract(INVOICES[0], to="2025-02-28"), partial=True) == []
    assert set(documents(project)) == {"A1", "A2", "A3"}
    may = {**INVOICES[0], "document_id": "B1", "document_date": "2025-05-05", "due_date": "2025-06-05"}
    update = project.update(ledger_of(covers_from="2025-05-01", covers_to="2025-05-31", documents=[may]))
    assert update.gap == (date(2025, 3, 1), date(2025, 4, 30))
    assert update.settings.covers_from == date(2025, 5, 1)


def test_equal_payments_are_told_apart_by_their_number(project: Project) -> None:
    paid = {"from_id": "R1", "to_document_id": "A1", "amount": 1000, "applied_on": "2025-01-25"}
    cash = [{"receipt_id": "R1", "customer_id": "C1", "date": "2025-01-25", "amount": 3000}]
    two = extract(*INVOICES, to="2025-02-28", receipts=cash, applications=[paid, dict(paid)])
    assert {change[0] for change in changes_of(project, two, day=date(2025, 3, 1))} == {"new_table"}
    three = extract(*INVOICES, to="2025-03-31", receipts=cash, applications=[paid, dict(paid), dict(paid)])
    assert changes_of(project, three, day=date(2025, 4, 1)) == [
        ("back_dated", "applications", "R1 / A1 / 2025-01-25 / payment", "")
    ]
    assert open_project(project.folder).ledger().table("applications").height == 3
    one = extract(*INVOICES, to="2025-04-30", receipts=cash, applications=[paid])
    assert [change[0] for change in changes_of(project, one, day=date(2025, 5, 1))] == ["deleted", "deleted"]


def test_an_outcome_filled_in_later_is_no_change_of_the_past(project: Project) -> None:
    dispute = {"dispute_id": "D1", "document_id": "A1", "opened_on": "2025-01-20", "amount": 500}
    first = extract(*INVOICES, to="2025-02-10", disputes=[dispute])
    project.update(first, day=date(2025, 2, 10))
    solved = {**dispute, "resolved_on": "2025-02-20", "outcome": "valid"}
    update = project.update(extract(*INVOICES, to="2025-02-28", disputes=[solved]), day=MARCH)
    assert update.changes["affected_from"].to_list() == [date(2025, 1, 20)] * update.changes.height
    then = open_project(project.folder).ledger(date(2025, 2, 19)).table("disputes")
    assert then["outcome"].to_list() == [None]
    assert open_project(project.folder).ledger(date(2025, 2, 20)).table("disputes")["outcome"].to_list() == ["valid"]


def test_the_same_extract_again_changes_no_byte(project: Project) -> None:
    second = extract(*INVOICES[:2], to="2025-02-28")
    project.update(second, day=MARCH)
    before = state(project.folder)
    again = project.update(extract(*reversed(INVOICES[:2]), to="2025-02-28"), day=MARCH)
    assert again.again
    assert again.number == 2
    assert project.update(extract(*INVOICES, to="2025-01-31")).number == 1
    assert state(project.folder) == before


def test_a_dry_run_tells_and_writes_nothing(project: Project) -> None:
    before = state(project.folder)
    update = project.update(extract(*INVOICES[:2], to="2025-02-28"), day=MARCH, dry_run=True)
    assert update.changes["change"].to_list() == ["deleted"]
    assert state(project.folder) == before


def test_what_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="extracts come in their order"):
        project.update(extract(*INVOICES[:2], to="2025-01-15"))
    dollars = ledger_of(currency="USD", covers_to="2025-02-28", documents=[dict(INVOICES[0])])
    with pytest.raises(ParameterError, match="in the project's currency, EUR"):
        project.update(dollars)
    with pytest.raises(DataError, match="is no project"):
        open_project(tmp_path)
    with pytest.raises(ParameterError, match="for a project folder only"):
        Ledger.read({}, known_at="2025-01-31")
    empty = make_project(tmp_path / "empty", {})
    with pytest.raises(DataError, match="holds no extract yet"):
        Ledger.read(empty.folder)
    (project.folder / "project.json").write_text("{}")
    assert is_project(project.folder)
    with pytest.raises(DataError, match="not of the format"):
        open_project(project.folder)


def test_two_updates_at_once_are_refused(project: Project) -> None:
    holder = sqlite3.connect(project.folder / ".lock", isolation_level=None)
    holder.execute("begin exclusive")
    with pytest.raises(DataError, match="another update"):
        project.update(extract(*INVOICES[:2], to="2025-02-28"))
    holder.close()
    project.update(extract(*INVOICES[:2], to="2025-02-28"))


KILLED = """
import os, signal, sys
sys.path[:0] = {places!r}
from test_project import INVOICES, MARCH, extract
from credrisk.ledger.project import open_project
import shutil
left = [{after}]
def dying(real):
    def call(*given, **named):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    return call
os.replace = dying(os.replace)
shutil.rmtree = dying(shutil.rmtree)
open_project({folder!r}).update(extract(*INVOICES[:2], to="2025-02-28"), day=MARCH)
"""


def test_an_update_that_is_killed_leaves_the_project_whole(project: Project) -> None:
    before, killed = documents(project), 0
    for after in range(30):
        places = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
        code = KILLED.format(places=places, after=after, folder=str(project.folder))
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False)
        now = documents(project)
        assert now in (before, {key: before[key] for key in ("A1", "A2")})
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        killed += 1
    assert killed >= 3
    assert set(documents(project)) == {"A1", "A2"}
    assert documents(project, JANUARY) == before
    later = extract(*INVOICES[:1], to="2025-03-31")
    project.update(later, day=date(2025, 4, 1))
    assert sorted(path.name for path in (project.folder / "store").iterdir()) == ["0002", "0003"]
    assert sorted(path.name for path in (project.folder / "updates").iterdir()) == ["0001", "0002", "0003"]


def at(ledger: Ledger, day: date) -> Ledger:
    """Return the extract of a day: what was known then, with master data as of then."""
    whole = dataclasses.replace(ledger.settings, extracted_on=day)
    cut = ledger.replace(settings=whole).cut(day)
    return cut.replace(settings=dataclasses.replace(cut.settings, covers_to=day))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Ledger, Ledger, date]:
    """Draw an extract, a later one in which the past was tampered with, and the day of the first."""
    whole = draw(ledgers(customers=2, rows=3))
    day = date(2024, 9, 30) - timedelta(days=draw(st.integers(30, 400)))
    early = at(whole, day)
    documents = whole.table("documents")
    if documents.height:
        chosen = draw(st.sets(st.integers(0, documents.height - 1), max_size=3))
        marked = pl.int_range(pl.len()).is_in(list(chosen))
        how = draw(st.sampled_from(["amount", "due", "gone", "text", "back", "none"]))
        if how == "back":
            hidden = documents.filter(marked)["document_id"].to_list()
            kept = early.table("documents").filter(~pl.col("document_id").is_in(hidden))
            early = early.replace(tables={**early.tables, "documents": kept})
        elif how == "amount":
            amount = pl.when(marked).then(pl.col("amount") * 2).otherwise("amount")
            documents = documents.with_columns(amount.alias("amount"))
        elif how == "due":
            due = pl.when(marked).then(pl.col("due_date") + pl.duration(days=9)).otherwise("due_date")
            documents = documents.with_columns(due.alias("due_date"))
        elif how == "gone":
            documents = documents.filter(~marked)
        elif how == "text":
            documents = documents.with_columns(
                pl.when(marked).then(pl.lit("O")).otherwise("order_id").alias("order_id")
            )
    late = at(whole.replace(tables={**whole.tables, "documents": documents}), LAST)
    return early, late, day


def rows(ledger: Ledger, name: str) -> set[tuple[object, ...]]:
    return set(ledger.table(name).rows())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_the_past_is_as_it_was_known_but_for_what_the_report_names(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Ledger, Ledger, date]
) -> None:
    early, late, day = drawn
    project = make_project(tmp_path_factory.mktemp("p") / "project", {})
    project.update(early, day=day)
    update = project.update(late, day=LAST, accept_deleted=True)
    named = {name: set[str]() for name in TABLES}
    stated = {name: set[str]() for name in TABLES}
    for row in update.changes.iter_rows(named=True):
        named[row["table"]].add(row["key"])
        if row["change"] == "missing_before":
            stated[row["table"]].add(row["key"])
    for before in (day, day - timedelta(days=40)):
        then = open_project(project.folder).ledger(before)
        assert then.settings == early.settings
        then, was = then.cut(before), early.cut(before)
        now = open_project(project.folder).ledger().replace(settings=early.settings).cut(before)
        for name in early.tables:
            # As it was known then: the very rows, and those that say they had been entered before.
            assert not rows(was, name) - rows(then, name)
            extra = rows(then, name) - rows(was, name)
            assert all(key_of(name, row) in stated[name] for row in extra)
            assert then.table(name).height == was.table(name).height + len(extra)
            # In the ledger of today, cut at the day: the same, but for the rows the report names.
            differing = rows(now, name) ^ rows(was, name)
            assert all(key_of(name, row) in named[name] for row in differing)


def key_of(name: str, row: tuple[object, ...]) -> str:
    values = dict(zip(TABLES[name].names, row, strict=True))
    parts = [values[part] for part in TABLES[name].key if part not in ("recorded_at", "amount")]
    return " / ".join("" if part is None else str(part) for part in parts)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_the_last_extract_is_what_the_project_holds(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Ledger, Ledger, date]
) -> None:
    early, late, day = drawn
    project = make_project(tmp_path_factory.mktemp("p") / "project", {})
    project.update(early, day=day)
    update = project.update(late, day=LAST, accept_deleted=True)
    held = open_project(project.folder).ledger()
    for name, frame in late.tables.items():
        counts = update.counts.filter(pl.col("table") == name).row(0, named=True)
        arrived = sum(
            counts[kind] for kind in ("unchanged", "new", "back_dated", "missing_before", "changed", "filled_in")
        )
        assert counts["rows"] == frame.height == arrived
        ignored = ["recorded_at", "due_date"] if name == "documents" else ["recorded_at"]
        columns = [column for column in frame.columns if column not in ignored]
        if name not in ("document_changes", "customers") and not counts["not_in_extract"]:
            assert sorted(map(str, held.table(name).select(columns).rows())) == sorted(
                map(str, frame.select(columns).rows())
            )
