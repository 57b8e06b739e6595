"""What is decided in the pack's workbook enters the log whole, once, and where it belongs, whatever was done to it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from command import refused, succeeded
from reports.pack_books import DAY, POLICY, full_book, hostile_book, queue_of, small_book, small_ledger, small_limits
from xlsx_edit import Edited, office

from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.decided_limits import decided_limits, with_decided_limits
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.limit_record import log_limit
from credrisk.decisions.pack_apply import PackChanges, pack_changes, refuse_another
from credrisk.decisions.pack_places import place_factors
from credrisk.decisions.recorded import recorded_tables
from credrisk.decisions.supervisor_hand import hand_of, lay_hand
from credrisk.errors import CredriskError, DataError, ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.panel import build_panel
from credrisk.pipeline.report_log import with_decisions
from credrisk.reports.book_read import read_book_workbook
from credrisk.reports.book_workbook import write_book_workbook

LEDGER = small_ledger()
AT = datetime(2025, 3, 31, 16, tzinfo=UTC)
LATER = datetime(2025, 4, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pack") / "pack.xlsx"
    write_book_workbook(path, small_book())
    return path


@pytest.fixture
def edited(pack: Path) -> Edited:
    return Edited(pack)


def changes_of(path: Path, log: DecisionLog, *, author: str = "Kim", at: datetime = AT) -> PackChanges:
    edits = read_book_workbook(path)
    refuse_another(edits.stamp, ledger=LEDGER, policy=POLICY)
    entries = log.read() if log.path.exists() else []
    books = AccountBooks.open(LEDGER, log, day=at.date())
    return pack_changes(edits, books=books, entries=entries, policy=POLICY, author=author)


def apply(path: Path, log: DecisionLog, *, author: str = "Kim", at: datetime = AT) -> PackChanges:
    found = changes_of(path, log, author=author, at=at)
    if found.changes:
        log.append_all(found.records, author=author, policy=POLICY, at=at, after=found.seen)
    return found


def decide_everything(book: Edited) -> None:
    """Fill in every kind of decision, with cells of every kind that spreadsheets make of them."""
    book.write("Limits", "a", "Decided limit", 25_000)
    book.write("Limits", "a", "Why decided", "order book seen")
    book.write("Limits", "b", "Decided limit", "31.000,00")  # as recommended, a text with a decimal comma
    book.write("Limits", "=h+1", "Decided limit", 0)
    book.write("Limits", "=h+1", "Why decided", '=HYPERLINK("x")')
    for customer, what in (("i", "pin"), ("a", "exclude")):
        book.write("Queue", customer, "Supervisor", what)
        book.write("Queue", customer, "Ends on", date(2025, 4, 20))
        book.write("Queue", customer, "Why", "visit on Friday")
    book.write("Queue", "c", "Supervisor", "boost")
    book.write("Queue", "c", "Factor", "2,5")
    book.write("Queue", "c", "Ends on", "20.04.2025")
    book.write("Queue", "c", "Why", "new buyer")
    book.write("Queue", "f", "New place", 2)
    book.write("Queue", "f", "Ends on", "2025-04-20")
    book.write("Queue", "f", "Why", "chief asked")
    book.write("Worklist", "b", "Action done", "yes")
    book.write("Worklist", "b", "Promise date", 45_757)  # 10 April 2025 without the format of a date
    book.write("Worklist", "b", "Promise amount", "250,50")
    book.write("Worklist", "d", "Action done", "yes")
    book.write("Worklist", "d", "Disputed document", "d-d")
    book.write("Worklist", "d", "Disputed amount", 40.5)
    book.write("Worklist", "d", "Note", "price")
    book.write("Worklist", "c", "Action done", "no")
    book.write("Worklist", "c", "Note", "@sick")


def check_everything(path: Path, folder: Path) -> None:
    log = DecisionLog(folder / "log.db")
    dry = changes_of(path, log)
    assert not log.path.exists()
    assert dry.notes == ()
    found = apply(path, log)
    assert [change.says for change in found.changes] == [change.says for change in dry.changes]
    assert len(log.read()) == len(found.changes) == 12
    assert log.verify().sound
    limits = decided_limits(log, as_of=DAY, currency="EUR")
    assert dict(limits.select("customer_id", "limit").rows()) == {"a": 25_000.0, "b": 31_000.0, "=h+1": 0.0}
    assert dict(limits.select("customer_id", "reason").rows())["=h+1"] == '=HYPERLINK("x")'
    held = hand_of(log, as_of=DAY)
    assert held.select("customer_id", "what", "expires_on").rows() == [
        ("a", "exclude", date(2025, 4, 20)),
        ("c", "boost", date(2025, 4, 20)),
        ("f", "boost", date(2025, 4, 20)),
        ("i", "pin", date(2025, 4, 20)),
    ]
    tables = recorded_tables(log, as_of=DAY, currency="EUR")
    assert tables["promises"].select("customer_id", "due_on", "amount").rows() == [("b", date(2025, 4, 10), 250_50)]
    assert tables["contacts"].sort("customer_id").select("customer_id", "outcome", "collector").rows() == [
        ("b", "promise", "desk 1"),
        ("d", "dispute", "desk 1"),
    ]
    assert tables["disputes"].select("document_id", "amount", "reason").rows() == [("d-d", 40_50, "price")]
    after = queue_of(LEDGER, capacity=5, hand=held).sort("rank", nulls_last=True)
    order = after["customer_id"].to_list()
    assert order[0] == "i"  # the pin
    assert order[1] == "f"  # right below the pin, above what was boosted
    assert after.filter(pl.col("customer_id") == "a")["hold"].to_list() == ["excluded"]
    seen = with_decided_limits(LEDGER, log, as_of=DAY)
    calendar = Calendar.months_back(DAY, 1)
    panel = build_panel(seen, calendar=calendar, features=["credit_limit"], output="polars")
    assert dict(panel.select("customer_id", "credit_limit").rows()) | {"j": None} == {
        **dict.fromkeys("cdefgi", 20_000.0), "a": 25_000.0, "b": 31_000.0, "=h+1": 0.0, "j": None,
    }  # fmt: skip
    again = apply(path, log)
    assert (again.changes, again.known) == ((), 10)
    assert len(log.read()) == 12


def test_a_pack_without_edits_changes_nothing(pack: Path, tmp_path: Path) -> None:
    found = changes_of(pack, DecisionLog(tmp_path / "log.db"))
    assert (found.changes, found.known, found.notes) == ((), 0, ())


def test_everything_goes_round(edited: Edited, tmp_path: Path) -> None:
    decide_everything(edited)
    check_everything(edited.save(tmp_path / "pack.xlsx"), tmp_path)


@pytest.mark.libreoffice
def test_everything_goes_round_through_libreoffice(edited: Edited, tmp_path: Path) -> None:
    decide_everything(edited)
    saved = office(edited.save(tmp_path / "pack.xlsx"), "xlsx", tmp_path / "saved")
    check_everything(saved, tmp_path)


def test_a_limit_enters_as_the_command_would_enter_it(edited: Edited, tmp_path: Path) -> None:
    edited.write("Limits", "b", "Decided limit", 26_000)
    edited.write("Limits", "b", "Why decided", "x")
    log = DecisionLog(tmp_path / "log.db")
    apply(edited.save(tmp_path / "pack.xlsx"), log)
    row = small_limits().filter(pl.col("customer_id") == "b").row(0, named=True)
    other = DecisionLog(tmp_path / "other.db")
    by_command = log_limit(
        other, row, author="Kim", policy=POLICY, as_of=DAY, currency="EUR", limit=26_000.0, reason="x", model="m" * 64
    )
    (entry,) = log.read()
    assert (entry.inputs, entry.model, entry.policy_hash) == (by_command.inputs, by_command.model, POLICY.hash)
    assert {name: entry.content[name] for name in by_command.content} == by_command.content
    assert set(entry.content) - set(by_command.content) == {"pack", "row"}


def test_rows_are_known_by_their_customer_wherever_they_stand(edited: Edited, tmp_path: Path) -> None:
    edited.write("Limits", "d", "Decided limit", 33_000)
    _, *rest = sorted(number for number in edited.rows("Limits") if number > 4)
    edited.reorder("Limits", rest[::-1])  # sorted the other way, and the first row taken out
    edited.hide("Limits", 6)
    edited.write("Queue", "g", "Supervisor", "pin")
    edited.write("Queue", "g", "Ends on", date(2025, 5, 1))
    edited.write("Queue", "g", "Why", "x")
    numbers = sorted(number for number in edited.rows("Queue") if number > 4)
    twice = edited.row_of("Queue", "b")
    edited.reorder("Queue", [*reversed(numbers), twice])  # a row copied to the end
    found = changes_of(edited.save(tmp_path / "pack.xlsx"), DecisionLog(tmp_path / "log.db"))
    assert [(change.customer_id, change.record.kind) for change in found.changes] == [("d", "limit"), ("g", "hand")]
    assert any("1 row of Limits is no longer there" in note for note in found.notes)
    assert not any("changed" in note for note in found.notes)


def test_changed_cells_that_nobody_is_asked_to_change_are_told_and_count_for_nothing(
    edited: Edited, tmp_path: Path
) -> None:
    edited.write("Limits", "c", "Recommended limit", 1.0)
    edited.write("Limits", "c", "Decided limit", 32_000)  # what was recommended: no reason is asked for
    edited.write("Worklist", "b", "Collector", "somebody else")
    edited.write("Worklist", "b", "Action done", "yes")
    found = changes_of(edited.save(tmp_path / "pack.xlsx"), DecisionLog(tmp_path / "log.db"))
    limit, contact = (change.record.payload for change in found.changes)
    assert (limit["limit"], limit["recommended_limit"], limit["reason"]) == (32_000.0, 32_000.0, None)
    assert contact["collector"] == "desk 1"
    told = " ".join(found.notes)
    assert "(Recommended limit of c)" in told
    assert "(Collector of b)" in told
    assert "counts for nothing" in told


Cell = tuple[str, str, str, Any]
FAULTS: dict[str, tuple[list[Cell], str]] = {
    "no reason": ([("Limits", "a", "Decided limit", 1_000)], "Limits row .* reason must be stated"),
    "no limit": ([("Limits", "a", "Why decided", "x")], "a reason without a limit"),
    "negative": ([("Limits", "a", "Decided limit", -5), ("Limits", "a", "Why decided", "x")], "at least 0"),
    "decimals": ([("Limits", "a", "Decided limit", 12345.678), ("Limits", "a", "Why decided", "x")], "more decimals"),
    "two readings": ([("Limits", "a", "Decided limit", "9,000")], r"Limits![A-Z]+\d+ must be an amount that reads one"),
    "another currency": ([("Limits", "a", "Decided limit", "9000 USD")], "an amount in EUR"),
    "beyond everybody": (
        [("Limits", "a", "Decided limit", 1e12), ("Limits", "a", "Why decided", "x")],
        r"one that somebody may sign.*got '1,000,000,000,000\.00'",
    ),
    "words": ([("Limits", "a", "Decided limit", "high")], "must be a number; got 'high'"),
    "unknown word": ([("Queue", "a", "Supervisor", "push")], "one of pin, boost, exclude"),
    "no end": ([("Queue", "a", "Supervisor", "pin"), ("Queue", "a", "Why", "x")], "the day on which it ends"),
    "no why": ([("Queue", "a", "Supervisor", "pin"), ("Queue", "a", "Ends on", "2025-05-01")], "the reason must be"),
    "over": (
        [("Queue", "a", "Supervisor", "pin"), ("Queue", "a", "Why", "x"), ("Queue", "a", "Ends on", DAY)],
        r"must end after 2025-03-31, the day of the entry \(--at enters it as of an earlier one\)",
    ),
    "slashes": ([("Queue", "a", "Ends on", "03/04/2025")], "cannot be told apart"),
    "no such day": ([("Queue", "a", "Ends on", "31.02.2025")], "must be a date such as"),
    "no factor": (
        [("Queue", "a", "Supervisor", "boost"), ("Queue", "a", "Why", "x"), ("Queue", "a", "Ends on", "2025-05-01")],
        "a boost needs its factor",
    ),
    "both": ([("Queue", "a", "Supervisor", "pin"), ("Queue", "a", "New place", 2)], "a new place and pin at once"),
    "nothing asked": ([("Queue", "a", "Why", "x")], "say what is to be done"),
    "a place of a held one": (
        [("Queue", "j", "New place", 1), ("Queue", "j", "Why", "x"), ("Queue", "j", "Ends on", "2025-05-01")],
        "a place lifts no hold",
    ),
    "place 0": ([("Queue", "a", "New place", 0)], "a whole number from 1"),
    "more than is owed": (
        [("Worklist", "c", "Action done", "yes"), ("Worklist", "c", "Promise date", "2025-04-10"),
         ("Worklist", "c", "Promise amount", 1e9)],
        "row .* of Worklist: amount must be at most",
    ),
    "a disputed amount alone": (
        [("Worklist", "c", "Action done", "yes"), ("Worklist", "c", "Disputed amount", 5)],
        "dispute_document must be given",
    ),
    "a document of another": (
        [("Worklist", "c", "Action done", "yes"), ("Worklist", "c", "Disputed document", "d-a")],
        "a document of customer c",
    ),
    "another day": (
        [("Worklist", "c", "Action done", "yes"), ("Worklist", "c", "List of", date(2025, 3, 30))],
        "the list is of 2025-03-31",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_one_fault_and_nothing_enters(edited: Edited, tmp_path: Path, case: str) -> None:
    edited.write("Limits", "b", "Decided limit", 31_000)  # sound
    cells, said = FAULTS[case]
    for sheet, customer, heading, value in cells:
        edited.write(sheet, customer, heading, value)
    log = DecisionLog(tmp_path / "log.db")
    with pytest.raises(DataError, match=said):
        apply(edited.save(tmp_path / "pack.xlsx"), log)
    assert not log.path.exists()


def test_every_fault_is_told_at_once(edited: Edited, tmp_path: Path) -> None:
    edited.write("Limits", "a", "Decided limit", 1)
    edited.write("Queue", "b", "Supervisor", "pin")
    edited.write("Worklist", "c", "Outcome", "reached")
    with pytest.raises(DataError) as told:
        changes_of(edited.save(tmp_path / "pack.xlsx"), DecisionLog(tmp_path / "log.db"))
    for place in ("Limits row", "Queue row", "of Worklist"):
        assert place in str(told.value)


def test_cells_that_cannot_be_read_and_rules_that_are_broken_are_told_in_one_round(
    edited: Edited, tmp_path: Path
) -> None:
    edited.write("Limits", "a", "Decided limit", "high")
    edited.write("Limits", "b", "Decided limit", 1)
    edited.write("Queue", "b", "Supervisor", "boost")
    edited.write("Worklist", "b", "Action done", "call")
    edited.write("Worklist", "c", "Outcome", "reached")
    with pytest.raises(DataError) as told:
        changes_of(edited.save(tmp_path / "pack.xlsx"), DecisionLog(tmp_path / "log.db"))
    for said in (
        r"Limits![A-Z]+\d+ must be a number; got 'high'",
        r"Limits row \d+: .*reason must be stated",
        r"Queue row \d+: a boost needs its factor",
        r"Queue row \d+: the reason must be said",
        r"Queue row \d+: the day on which it ends must be given",
        r"Worklist![A-Z]+\d+ must be yes or no; got 'call'",
        r"row \d+ of Worklist: ",
    ):
        assert re.search(said, str(told.value)), said


def test_what_was_changed_on_other_sheets_is_told(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    write_book_workbook(path, full_book())
    book = Edited(path)
    assert read_book_workbook(path).notes == ()
    first, *others = sorted(number for number in book.rows("Scores") if number > 4)
    book.reorder("Scores", [*reversed(others), first])
    assert read_book_workbook(book.save(tmp_path / "sorted.xlsx")).notes == ()
    book.put("Provision", f"{book.headings('Provision')['Rate']}5", 0.5)  # was a formula
    book.put("Scores", f"{book.headings('Scores')['Customer']}6", "Another name")
    rows = sorted(number for number in book.rows("History") if number > 4)
    book.reorder("History", rows[1:])
    book.drop_sheet("Findings")
    told = read_book_workbook(book.save(tmp_path / "changed.xlsx")).notes
    assert len(told) == 4, told
    for said in (
        r"^1 cell .* counts for nothing: Provision![A-Z]+5 \(Rate\)\.$",
        r"^1 cell .* counts for nothing: Scores![A-Z]+6 \(Customer\)\.$",
        r"^1 row of History is no longer there\.$",
        r"^Sheets are no longer there: Findings\.$",
    ):
        assert sum(bool(re.search(said, note)) for note in told) == 1, (said, told)


@pytest.mark.libreoffice
def test_nothing_was_changed_where_another_program_saved_it(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    write_book_workbook(path, full_book())
    assert read_book_workbook(office(path, "xlsx", tmp_path / "office")).notes == ()


def test_a_formula_counts_by_its_value_and_one_without_is_refused(edited: Edited, tmp_path: Path) -> None:
    edited.write("Limits", "a", "Decided limit", 30_000, formula="10*3000")
    path = edited.save(tmp_path / "pack.xlsx")
    assert [change.record.payload["limit"] for change in changes_of(path, DecisionLog(tmp_path / "l.db")).changes] == [
        30_000.0
    ]
    for value in (None, "#NAME?"):
        edited.write("Limits", "b", "Decided limit", value, formula="nonsense()")
        with pytest.raises(DataError, match=r"Limits![A-Z]+\d+ holds a formula without a value, or an error"):
            changes_of(edited.save(tmp_path / "pack.xlsx"), DecisionLog(tmp_path / "log.db"))


def test_the_same_customer_twice_and_an_unknown_one(edited: Edited, tmp_path: Path) -> None:
    edited.write("Limits", "a", "Decided limit", 30_000)
    numbers = sorted(number for number in edited.rows("Limits") if number > 4)
    edited.reorder("Limits", [*numbers, edited.row_of("Limits", "a")])
    with pytest.raises(DataError, match=r"a is decided on in Limits row \d+ as well"):
        changes_of(edited.save(tmp_path / "pack.xlsx"), DecisionLog(tmp_path / "log.db"))
    edited.write("Queue", "c", "Supervisor", "pin")
    edited.write("Queue", "c", "Customer no.", "cc")
    with pytest.raises(DataError, match="cc is not on the sheet as it was written"):
        changes_of(edited.save(tmp_path / "pack.xlsx"), DecisionLog(tmp_path / "log.db"))


def decided(edited: Edited, folder: Path, amount: float, name: str = "pack") -> Path:
    edited.write("Limits", "a", "Decided limit", amount)
    edited.write("Limits", "a", "Why decided", "x")
    return edited.save(folder / f"{name}.xlsx")


def test_a_decision_may_be_changed_by_whoever_took_it_but_not_by_an_older_copy(edited: Edited, tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    first, second = decided(edited, tmp_path, 9_000, "first"), decided(edited, tmp_path, 8_000, "second")
    apply(first, log)
    assert "entered before (entry 1)" in apply(second, log).changes[0].says
    assert decided_limits(log, as_of=DAY, currency="EUR")["limit"].to_list() == [8_000.0]
    with pytest.raises(DataError, match=r"entered from this pack before \(entry 1\) and changed since .*an older copy"):
        apply(first, log)
    with pytest.raises(DataError, match=r"Kim entered another one from a copy of this pack \(entry 2\)"):
        apply(decided(edited, tmp_path, 7_000), log, author="Lee")
    assert len(log.read()) == 2


def test_what_somebody_decided_after_the_pack_is_not_overwritten(edited: Edited, tmp_path: Path) -> None:
    row = small_limits().row(0, named=True)
    log = DecisionLog(tmp_path / "log.db")
    log_limit(log, row, author="Lee", policy=POLICY, as_of=DAY, currency="EUR", limit=5.0, reason="y")  # now: later
    lay_hand(log, "b", what="pin", reason="y", expires_on="2099-01-01", author="Lee")
    edited.write("Queue", "b", "Supervisor", "pin")
    edited.write("Queue", "b", "Ends on", date(2099, 2, 1))
    edited.write("Queue", "b", "Why", "x")
    with pytest.raises(DataError, match=r"Lee entered .*, after the pack .*; 5 EUR st.*the pin of b: Lee"):
        apply(decided(edited, tmp_path, 9_000), log)


def test_what_was_decided_before_the_pack_gives_way(edited: Edited, tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    before = datetime(2025, 3, 1, tzinfo=UTC)
    lay_hand(log, "b", what="pin", reason="y", expires_on="2099-01-01", author="Lee", at=before)
    edited.write("Queue", "b", "Supervisor", "pin")
    edited.write("Queue", "b", "Ends on", date(2025, 4, 1))
    edited.write("Queue", "b", "Why", "x")
    assert "instead of entry 1" in apply(edited.save(tmp_path / "pack.xlsx"), log).changes[0].says


def test_an_empty_cell_takes_nothing_back_and_says_so(pack: Path, edited: Edited, tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    apply(decided(edited, tmp_path, 9_000), log)
    found = apply(pack, log)
    assert found.changes == ()
    assert found.notes == (
        "In the log, but not in this copy, and still in force: 1 decision of this pack, of a (entry 1). "
        "An empty cell takes nothing back.",
    )


def test_entries_that_came_meanwhile_stop_it(edited: Edited, tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    found = changes_of(decided(edited, tmp_path, 9_000), log)
    log.append("note", {"text": "x"}, author="Lee")
    with pytest.raises(DataError, match=r"entries were added .* meanwhile"):
        log.append_all(found.records, author="Kim", policy=POLICY, at=AT, after=found.seen)
    assert len(log.read()) == 1


def test_another_ledger_policy_day_or_currency(pack: Path, tmp_path: Path) -> None:
    stamp = read_book_workbook(pack).stamp
    more = small_ledger(contacts=[{"contact_id": "x", "customer_id": "a", "date": "2025-03-30", "channel": "call"}])
    with pytest.raises(ParameterError, match="pack must be one of this ledger"):
        refuse_another(stamp, ledger=more, policy=POLICY)
    later = small_ledger(contacts=[{"contact_id": "x", "customer_id": "a", "date": "2025-04-30", "channel": "call"}])
    refuse_another(stamp, ledger=later, policy=POLICY)
    with pytest.raises(ParameterError, match="under the policy in use"):
        refuse_another(replace(stamp, made_from={**stamp.made_from, "policy": "0" * 64}), ledger=LEDGER, policy=POLICY)
    with pytest.raises(ParameterError, match="in EUR, the ledger's currency"):
        refuse_another(replace(stamp, currency="USD"), ledger=LEDGER, policy=POLICY)
    with pytest.raises(ParameterError, match="a day that the ledger covers"):
        refuse_another(replace(stamp, as_of=date(2030, 1, 1)), ledger=LEDGER, policy=POLICY)


def test_a_stamp_that_was_touched_is_refused(edited: Edited, tmp_path: Path) -> None:
    row = next(n for n, one in edited.rows("Stamp").items() if edited.text(one[0]) == "made from policy")
    edited.put("Stamp", f"B{row}", "0" * 64)
    with pytest.raises(DataError, match=r"hidden sheet Stamp of pack.xlsx is not as it was written"):
        read_book_workbook(edited.save(tmp_path / "pack.xlsx"))


def test_sheets_that_are_gone(edited: Edited, tmp_path: Path) -> None:
    edited.drop_sheet("Queue")
    found = read_book_workbook(edited.save(tmp_path / "pack.xlsx"))
    assert found.notes == ("There is no sheet Queue: nothing is decided there.",)
    edited.drop_sheet("Stamp")
    with pytest.raises(DataError, match="it was not written by credrisk report"):
        read_book_workbook(edited.save(tmp_path / "pack.xlsx"))


def test_hostile_names_come_back_harmless(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    write_book_workbook(path, hostile_book())
    book = Edited(path)
    book.write("Limits", "a", "Decided limit", 30_000)
    found = changes_of(book.save(tmp_path / "edited.xlsx"), DecisionLog(tmp_path / "log.db"))
    assert (len(found.changes), found.notes) == (1, ())


def queue_rows(worth: dict[str, float], **more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    order = sorted(worth, key=lambda one: -worth[one])
    rows = {
        one: {"rank": place, "slot": "gain" if place <= 3 else None, "worth": worth[one], "hold": None}
        for place, one in enumerate(order, start=1)
    }
    return {one: row | more.get(one, {}) for one, row in rows.items()}


def test_new_places_are_had_by_the_factors() -> None:
    """Against the slow way: rank by worth x factor and look where everybody stands."""
    rng = np.random.default_rng(7)
    tried = 0
    for _ in range(300):
        count = int(rng.integers(2, 12))
        worth = {f"c{place}": float(value) for place, value in enumerate(np.exp(rng.normal(3, 0.7, count)))}
        moved = rng.choice(list(worth), size=int(rng.integers(1, min(count, 4) + 1)), replace=False)
        places = rng.choice(np.arange(1, count + 1), size=len(moved), replace=False)
        wanted = {str(one): int(place) for one, place in zip(moved, places, strict=True)}
        rows = {one: row | {"slot": "gain"} for one, row in queue_rows(worth).items()}
        factors, faults = place_factors(rows, wanted)
        if faults:
            assert all("beyond 0.01 to 100" in fault for fault in faults.values())
            continue
        ranked = sorted(worth, key=lambda one: -worth[one] * factors.get(one, 1.0))
        assert {one: ranked.index(one) + 1 for one in wanted} == wanted
        others = [one for one in sorted(worth, key=lambda one: -worth[one]) if one not in wanted]
        assert [one for one in ranked if one not in wanted] == others
        tried += 1
    assert tried > 250


def test_places_that_cannot_be_had() -> None:
    rows = queue_rows({"a": 100.0, "b": 90.0, "c": 80.0, "d": 1e-4}, a={"slot": "insurer"})
    assert set(place_factors(rows, {"c": 2})[0]) == {"c"}  # right below a deadline is free
    assert "next to a, which stands there by a rule (insurer)" in place_factors(rows, {"c": 1})[1]["c"]
    kept = queue_rows({"a": 100.0, "b": 90.0, "c": 80.0}, b={"slot": "coverage"})
    assert "next to b, which stands there by a rule (coverage)" in place_factors(kept, {"a": 2})[1]["a"]
    assert "beyond 0.01 to 100: pin it" in place_factors(rows, {"d": 3})[1]["d"]
    assert "place 2 is asked for by b as well" in place_factors(rows, {"b": 2, "c": 2})[1]["c"]
    assert "by a rule (insurer)" in place_factors(rows, {"a": 3})[1]["a"]
    lost = queue_rows({"a": 100.0, "b": 90.0}, b={"worth": -1.0})
    assert "pin it instead" in place_factors(lost, {"b": 1})[1]["b"]
    assert place_factors(rows, {})[0] == {}


def test_the_books_that_follow_a_decided_limit_stand(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    row = small_limits().row(1, named=True)
    log_limit(log, row, author="Kim", policy=POLICY, as_of=DAY, currency="EUR")
    log.append_all([Record("limit", {"limit": 7.0, "currency": "USD"}, "c")], author="Kim")
    log.append_all([Record("limit", {"limit": 7.0, "currency": "EUR"}, "stranger")], author="Kim")
    day = datetime.now(UTC).date()
    seen = with_decided_limits(LEDGER, log, as_of=day)
    assert seen.table("customer_history").height == LEDGER.table("customer_history").height + 1
    posted = {"customer_id": "b", "attribute": "credit_limit", "value": "5", "valid_from": day.isoformat()}
    books = LEDGER.replace(
        tables=LEDGER.tables
        | {"customer_history": pl.concat([LEDGER.table("customer_history"), _history(posted, LEDGER)])}
    )
    assert with_decided_limits(books, log, as_of=day) is books
    assert with_decided_limits(LEDGER, log, as_of=DAY) is LEDGER


def _history(row: dict[str, str], ledger: Any) -> pl.DataFrame:
    schema = ledger.table("customer_history").schema
    whole = row | {
        "valid_from": date.fromisoformat(row["valid_from"]),
        "recorded_at": date.fromisoformat(row["valid_from"]),
    }
    return pl.DataFrame([whole], schema=schema)


def test_the_command(edited: Edited, tmp_path: Path) -> None:
    LEDGER.write(tmp_path / "ledger")
    from credrisk.ledger.content_hash import content_hash
    from credrisk.ledger.ledger import Ledger

    read = Ledger.read(tmp_path / "ledger")
    book = small_book()
    path = tmp_path / "made.xlsx"
    write_book_workbook(path, replace(book, stamp={**book.stamp, "ledger": content_hash(read.cut(DAY))}))
    filled = Edited(path)
    decide_everything(filled)
    log = tmp_path / "log.db"
    command = ("apply", filled.save(tmp_path / "pack.xlsx"), tmp_path / "ledger", "--log", log, "--author", "Kim")
    command += ("--at", "2025-03-31")
    told = succeeded(*command, "--dry-run").out
    assert "12 entries would be made. Nothing was entered: this was a dry run." in told
    assert "limit 25,000 EUR (today 20,000 EUR; recommended 30,000 EUR): order book seen; to be signed by" in told
    assert not log.exists()
    told = succeeded(*command).out
    assert f"12 entries made by Kim: 1 to 12 of {log}." in told
    told = succeeded(*command).out
    assert "Entered before, as they stand: 10 rows." in told
    assert "Nothing is to be entered: the log stays as it is." in told
    assert "not before 2025-03-31, the day of the pack" in refused(*command[:-1], "2025-03-30")
    filled.write("Limits", "d", "Decided limit", 1)
    filled.save(tmp_path / "pack.xlsx")
    assert "nothing of it was" in refused(*command)
    assert len(DecisionLog(log).read()) == 12


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("no workbook")
    for name in ("text.xlsx", "none.xlsx"):
        with pytest.raises(CredriskError, match=r"cannot be read|no file"):
            read_book_workbook(tmp_path / name)


def test_damaged_workbooks_are_refused_in_words(pack: Path, tmp_path: Path) -> None:
    """Bytes changed in the file, and in its parts before they are packed: an answer or a refusal, nothing else."""
    rng = np.random.default_rng(11)
    whole, refusals = pack.read_bytes(), []
    parts = Edited(pack).parts
    names = sorted(name for name in parts if "sheet" in name or name.endswith(("workbook.xml", "Strings.xml", ".rels")))
    for turn in range(120):
        path = tmp_path / "damaged.xlsx"
        if turn % 2:
            made = bytearray(whole)
            for place in rng.integers(0, len(made), size=int(rng.integers(1, 30))):
                made[place] = int(rng.integers(0, 256))
            path.write_bytes(bytes(made[: int(rng.integers(1, len(made) + 1))] if turn % 3 == 0 else made))
        else:
            name = str(rng.choice(names))
            text = bytearray(parts[name])
            start = int(rng.integers(0, len(text)))
            text[start : start + int(rng.integers(1, 400))] = bytes(rng.integers(32, 127, size=5).astype("uint8"))
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as folder:
                for one, content in parts.items():
                    folder.writestr(one, bytes(text) if one == name else content)
        try:
            read_book_workbook(path)
        except CredriskError as refusal:
            refusals.append(str(refusal))
    assert len(refusals) > 60
    assert not [said for said in refusals if re.search(r"Traceback|panicked", said)]


def test_the_next_pack_shows_what_was_decided(edited: Edited, tmp_path: Path) -> None:
    decide_everything(edited)
    log = DecisionLog(tmp_path / "log.db")
    apply(edited.save(tmp_path / "pack.xlsx"), log)
    shown = with_decisions(small_book(), log)
    logged = dict(shown.limits.select("customer_id", "logged").rows())
    assert logged["a"].startswith("25,000 EUR by Kim on 2025-03-31 (entry ")
    assert logged["c"] is None
    hands = dict(shown.queue.select("customer_id", "hand").rows())
    assert hands["i"] == "pinned until 20 April 2025 by Kim: visit on Friday"
    write_book_workbook(tmp_path / "next.xlsx", shown)
    assert {"In the log", "Decided limit"} <= set(Edited(tmp_path / "next.xlsx").headings("Limits"))
    again = changes_of(tmp_path / "next.xlsx", log)
    assert (again.changes, again.known) == ((), 0)
    assert "still in force: 7 decisions of this pack" in " ".join(again.notes)
    before = DecisionLog(tmp_path / "later.db")
    lay_hand(before, "a", what="pin", reason="y", expires_on="2099-01-01", author="Lee")  # after the day of the pack
    assert with_decisions(small_book(), before).queue["hand"].null_count() == 10


def test_what_else_is_in_force_is_told(edited: Edited, tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    lay_hand(
        log, "b", what="pin", reason="y", expires_on="2025-05-01", author="Lee", at=datetime(2025, 3, 1, tzinfo=UTC)
    )
    lay_hand(log, "b", what="boost", factor=2, reason="y", expires_on="2025-03-02", author="Lee", at=AT)
    edited.write("Queue", "b", "Supervisor", "exclude")
    edited.write("Queue", "b", "Ends on", date(2025, 4, 20))
    edited.write("Queue", "b", "Why", "x")
    (note,) = apply(edited.save(tmp_path / "pack.xlsx"), log).notes
    assert "the pin of b in the log (entry 1) stays in force until 2025-05-01" in note
