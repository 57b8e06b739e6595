"""Each check of an audit, by hand; and what cannot be checked is null."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from decisions.team_ledgers import END, START, bill, contact, owner, pay, team_ledger

from credrisk.decisions.audit_checks import CHECKS, account_checks
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.policy import Policy
from credrisk.decisions.team_accounts import account_owners

POLICY = Policy.default()


def checks(entries: list[Entry] | None = None, **tables: Any) -> dict[str, dict[str, Any]]:
    ledger = team_ledger(**tables)
    owners = account_owners(ledger, start=START, end=END)
    found = account_checks(ledger.cut(END), owners, start=START, end=END, policy=POLICY, entries=entries)
    return {row["customer_id"]: row for row in found.rows(named=True)}


def logged(tmp_path: Path, *entries: tuple[str, str, dict[str, Any]], day: date = date(2025, 3, 20)) -> list[Entry]:
    log = DecisionLog(tmp_path / "log.db")
    for kind, customer, payload in entries:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        log.append(kind, payload, author="A. Clerk", customer_id=customer, at=at)
    return log.read()


def test_not_touched_for_two_weeks() -> None:
    rows = checks(
        documents=[
            *(bill(f"{c}1", c, "2025-03-01", 100_00) for c in "abcde"),
            bill("f1", "f", "2025-03-18", 100_00),  # 13 days past due
            bill("g1", "g", "2025-03-17", 100_00),  # 14 days
        ],
        contacts=[contact("1", "a", "2025-03-18", "no_answer"), contact("2", "b", "2025-03-17")],
        disputes=[{"dispute_id": "q", "document_id": "d1", "opened_on": "2025-03-01"}],
        promises=[
            {
                "promise_id": "p",
                "customer_id": "e",
                "document_id": "e1",
                "made_on": "2025-03-01",
                "due_on": "2025-04-02",
            }
        ],
    )
    assert {name: row["no_touch"] for name, row in rows.items()} == {
        "a": False,  # 13 days ago
        "b": True,  # 14 days ago
        "c": True,  # never
        "d": False,  # held by a dispute of all of it
        "e": False,  # held by an open promise
        "f": False,
        "g": True,
    }
    assert rows["c"]["risk"] == 2 * 100.0
    assert rows["a"]["risk"] == 100.0


def test_a_promise_that_nobody_wrote_down_and_a_missing_note() -> None:
    rows = checks(
        documents=[bill(f"{c}1", c, "2025-03-20", 100_00) for c in "abcd"],
        contacts=[
            contact("1", "a", "2025-03-10", "promise", note="pays on the 20th"),
            contact("2", "b", "2025-03-10", "promise"),
            contact("3", "c", "2025-03-10", "no_answer"),
            contact("4", "d", "2025-03-29", "promise", note="x"),  # its row may still come
        ],
        promises=[{"promise_id": "p", "customer_id": "a", "made_on": "2025-03-12", "due_on": "2025-03-20"}],
    )
    assert [rows[c]["promise_not_recorded"] for c in "abcd"] == [False, True, False, False]
    assert [rows[c]["note_missing"] for c in "abcd"] == [False, True, False, False]


def test_a_write_off_without_an_entry_and_one_of_a_role_that_may_not(tmp_path: Path) -> None:
    lost = [
        {"to_document_id": f"{c}1", "applied_on": "2025-03-15", "amount": 500_00, "kind": "write_off"} for c in "ab"
    ]
    small = {"amount": 500.0, "currency": "EUR", "role": "collector", "grade": "A"}
    roles = [entry.role for entry in POLICY.authority if entry.action == "write_off"]
    lowest = next(entry for entry in POLICY.authority if entry.action == "write_off")
    entries = logged(
        tmp_path,
        ("write_off", "b", small | {"role": roles[-1]}),
        ("write_off", "c", {"amount": lowest.up_to + 1, "currency": "EUR", "role": lowest.role, "grade": "A"}),
        ("write_off", "d", {"amount": lowest.up_to, "currency": "EUR", "role": lowest.role, "grade": "A"}),
        ("write_off", "e", {"amount": 1.0, "currency": "EUR", "role": "visitor", "grade": "A"}),
        ("note", "d", {"text": "no role at all"}),
    )
    rows = checks(
        entries,
        documents=[bill(f"{c}1", c, "2025-03-01", 1_000_00) for c in "abcde"],
        applications=lost,
        contacts=[],
    )
    assert [rows[c]["write_off_not_logged"] for c in "abcde"] == [True, False, False, False, False]
    assert [rows[c]["authority_breach"] for c in "abcde"] == [False, False, True, False, True]


def test_entries_made_later_or_before_the_period(tmp_path: Path) -> None:
    visitor = {"amount": 1.0, "currency": "EUR", "role": "visitor"}
    documents = [bill("a1", "a", "2025-03-01", 100_00)]
    for day in (date(2025, 4, 1), START):
        folder = tmp_path / day.isoformat()
        folder.mkdir()
        rows = checks(logged(folder, ("settlement", "a", visitor), day=day), documents=documents)
        assert rows["a"]["authority_breach"] is False


def test_an_account_written_off_whole_is_checked_though_nothing_is_past_due() -> None:
    whole = [{"to_document_id": "a1", "applied_on": "2025-03-15", "amount": 100_00, "kind": "write_off"}]
    rows = checks([], documents=[bill("a1", "a", "2025-03-01", 100_00)], applications=whole)
    assert (rows["a"]["write_off_not_logged"], rows["a"]["faults"], rows["a"]["risk"]) == (True, 1, 2.0)


def test_invoices_alone_leave_every_check_empty() -> None:
    row = checks(documents=[bill("a1", "a", "2025-03-01", 100_00)], customer_history=[owner("a", "Ann")])["a"]
    assert [row[name] for name in CHECKS] == [None] * len(CHECKS)
    assert (row["collector"], row["faults"], row["risk"]) == ("Ann", 0, 100.0)


def test_a_paid_account_that_nobody_worked_on_is_not_checked() -> None:
    tables = {
        "documents": [bill("a1", "a", "2025-03-01", 100_00)],
        "payments": [pay("r", "a1", "a", "2025-03-10", 100_00)],
    }
    assert checks(**tables, contacts=[]) == {}
