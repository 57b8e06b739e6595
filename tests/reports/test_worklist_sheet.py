"""The worklist goes out in the workbook, comes back filled in, and enters the log whole, once, and harmlessly."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from command import refused, succeeded
from reports.packs import plausible
from small_ledgers import ledger_of

from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.collection_entries_worklist import WorklistRow, worklist_entries
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.policy import Policy
from credrisk.decisions.recorded import recorded_tables, with_recorded
from credrisk.errors import DataError
from credrisk.reports.workbook import write_workbook
from credrisk.reports.worklist import to_contact
from credrisk.reports.worklist_columns import WORKLIST
from credrisk.reports.worklist_read import read_worklist

DAY = date(2025, 3, 31)
AT = datetime(2025, 3, 31, 16, tzinfo=UTC)
POLICY = Policy.default()


def invoice(customer: str) -> dict[str, Any]:
    return {
        "document_id": f"d-{customer}",
        "customer_id": customer,
        "document_date": "2025-01-05",
        "due_date": "2025-02-04",
        "amount": 1_000_00,
    }


LEDGER = ledger_of(documents=[invoice(name) for name in ("a", "b", "c", "d", "=e")])


def filled(path: Path, *rows: dict[str, Any], list_on: Any = DAY, leave_out: tuple[str, ...] = ()) -> Path:
    """Write a workbook as it comes back from a collector: titles, headings, rows; other sheets around it."""
    columns = [column for column in WORKLIST if column.name not in leave_out]
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "default_date_format": "dd/mm/yyyy"}) as book:
        book.add_worksheet("Summary").write_string(0, 0, "something else")
        sheet = book.add_worksheet("Worklist")
        sheet.write_string(0, 0, "What to do today, and what came of it")
        for place, column in enumerate(columns):
            sheet.write_string(3, place, column.heading)
            for number, row in enumerate(rows, start=4):
                value = ({"action": "call", "collector": "Kim", "list_on": list_on} | row).get(column.name)
                if isinstance(value, date):
                    sheet.write_datetime(number, place, datetime(value.year, value.month, value.day))
                elif value is not None:
                    sheet.write(number, place, value)
    return path


def entered(log: DecisionLog, path: Path, **options: Any) -> Any:
    books = AccountBooks.open(LEDGER, log, day=DAY)
    logged = log.read() if log.path.exists() else []
    return worklist_entries(books, read_worklist(path), entries=logged, policy=POLICY, **options)


def test_the_sheet_has_the_contacts_of_today_with_cells_to_fill_in(tmp_path: Path) -> None:
    pack = plausible()
    path = tmp_path / "credit-pack.xlsx"
    write_workbook(path, pack)
    rows = read_worklist(path)
    today = to_contact(pack.queue, pack.capacity)
    assert [row.customer_id for row in rows] == today["customer_id"].to_list()
    assert [row.action for row in rows] == today["action"].to_list()
    assert {row.list_on for row in rows} == {pack.as_of}
    assert not any(row.filled_in for row in rows)
    with zipfile.ZipFile(path) as folder:
        sheets = [folder.read(name).decode() for name in folder.namelist() if "worksheets/sheet" in name]
    checks = next(text for text in sheets if "will not pay" in text)
    for said in ('"yes,no"', "wants delivery proof", 'type="date"', 'type="decimal"', 'type="textLength"'):
        assert said.replace('"yes,no"', "yes,no") in checks


def test_a_filled_in_list_enters_the_log_and_the_next_queue_sees_it(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "list.xlsx",
        {"customer_id": "a", "done": "yes", "outcome": "no answer"},
        {"customer_id": "b", "done": "yes", "promise_on": date(2025, 4, 10), "promise_amount": 250.5, "note": "=1+1"},
        {"customer_id": "c", "done": "no", "note": "sick"},
        {"customer_id": "d"},
        {"customer_id": "=e", "done": "Yes", "outcome": "reached", "reason": "cannot pay", "next_on": "2025-04-07"},
    )
    log = DecisionLog(tmp_path / "log.db")
    log.append_all([Record("queue_offer", {"date": "2025-03-31", "action": "call"}, "c")], author="list", at=AT)
    found = entered(log, path)
    assert (found.filled_in, found.known, found.empty) == (4, 0, 1)
    log.append_all(found.records, author="Kim", policy=POLICY, at=AT)
    tables = recorded_tables(log, as_of=DAY)
    contacts = tables["contacts"].sort("customer_id")
    assert contacts.select("customer_id", "channel", "outcome", "reason", "action", "collector").rows() == [
        ("=e", "call", "reached", "cannot_pay", "call", "Kim"),
        ("a", "call", "no_answer", None, "call", "Kim"),
        ("b", "call", "promise", None, "call", "Kim"),
    ]
    assert tables["promises"].select("customer_id", "due_on", "amount").rows() == [("b", date(2025, 4, 10), 250_50)]
    assert tables["queue_log"].select("customer_id", "done", "why_not").rows() == [("c", False, "sick")]
    assert with_recorded(LEDGER, log, as_of=DAY).quarantine.is_empty()


def test_a_second_import_adds_nothing_and_new_rows_are_added(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    first = {"customer_id": "a", "done": "yes", "outcome": "reached"}
    left = {"customer_id": "b", "done": "no"}
    path = filled(tmp_path / "list.xlsx", first, left, {"customer_id": "c"})
    log.append_all(entered(log, path).records, author="Kim", at=AT)
    again = entered(log, path)
    assert (again.records, again.known, again.empty) == ([], 2, 1)
    more = filled(tmp_path / "more.xlsx", first, left, {"customer_id": "c", "done": "yes"})
    assert [record.customer_id for record in entered(log, more).records] == ["c"]
    changed = filled(tmp_path / "changed.xlsx", first | {"outcome": "refused"}, left)
    with pytest.raises(DataError, match="row 5: a was entered before with other content"):
        entered(log, changed)


WRONG_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "a customer": ({"customer_id": "zz", "done": "yes"}, "row 6: customer must be a customer of the ledger"),
    "more than is owed": (
        {"customer_id": "b", "done": "yes", "promise_on": date(2025, 4, 10), "promise_amount": 1_000.01},
        "at most 1,000 EUR",
    ),
    "an amount without a date": ({"customer_id": "b", "done": "yes", "promise_amount": 5}, "promise_on must be given"),
    "a promise without a date": ({"customer_id": "b", "done": "yes", "outcome": "promise"}, "promise_on must be given"),
    "nothing done": ({"customer_id": "b", "outcome": "reached"}, "done must be yes or no"),
    "not done, yet reached": ({"customer_id": "b", "done": "no", "outcome": "reached"}, "done must be yes where"),
    "a day gone by": ({"customer_id": "b", "done": "yes", "promise_on": date(2025, 3, 1)}, "due_on must be from"),
    "back before": ({"customer_id": "b", "done": "yes", "next_on": date(2025, 3, 1)}, "next_on must be not before"),
    "twice": ({"customer_id": "a", "done": "yes"}, "stands in row 5 as well"),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_one_wrong_row_and_nothing_enters(tmp_path: Path, case: str) -> None:
    row, said = WRONG_ROWS[case]
    path = filled(tmp_path / "list.xlsx", {"customer_id": "a", "done": "yes"}, row)
    with pytest.raises(DataError, match=said) as refusal:
        entered(DecisionLog(tmp_path / "log.db"), path)
    assert "nothing of it was" in str(refusal.value)


WRONG_CELLS: dict[str, tuple[dict[str, Any], str]] = {
    "a word": ({"done": "perhaps"}, "J5 must be yes or no; got 'perhaps'"),
    "an outcome": ({"done": "yes", "outcome": "=HYPERLINK(1)"}, "K5 must be one of reached"),
    "a date": ({"done": "yes", "promise_on": "10/04/2025"}, r"L5 must be a date such as 2026-03-31 .*got '10/04/2025'"),
    "an amount": (
        {"done": "yes", "promise_amount": "1,234"},
        "M5 must be an amount that reads one way only.*got '1,234'",
    ),
    "another currency": (
        {"done": "yes", "promise_amount": "50 USD"},
        "M5 must be an amount in the currency of the list",
    ),
    "a negative amount": ({"done": "yes", "promise_amount": -5}, "M5 must be a number"),
    "a reason": ({"done": "yes", "reason": "x" * 99}, r"N5 must be one of cannot pay.*xxx\.\.\."),
    "no day of the list": ({"done": "yes", "list_on": ""}, "the day of the list; it is empty"),
}


@pytest.mark.parametrize("case", WRONG_CELLS)
def test_a_cell_that_cannot_be_read_is_named(tmp_path: Path, case: str) -> None:
    cells, said = WRONG_CELLS[case]
    with pytest.raises(DataError, match=said):
        read_worklist(filled(tmp_path / "list.xlsx", {"customer_id": "a"} | cells))


def test_files_that_are_no_worklist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        read_worklist(tmp_path / "none.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(DataError, match="cannot be read"):
        read_worklist(tmp_path / "text.xlsx")
    with xlsxwriter.Workbook(str(tmp_path / "other.xlsx")) as book:
        book.add_worksheet("Other").write_string(0, 0, "x")
    with pytest.raises(DataError, match=r"no sheet Worklist\. The sheets there: Other"):
        read_worklist(tmp_path / "other.xlsx")
    with pytest.raises(DataError, match="no row of headings"):
        read_worklist(filled(tmp_path / "bare.xlsx", {"customer_id": "a"}, leave_out=("done",)))


def test_a_row_says_whether_it_was_filled_in() -> None:
    row = WorklistRow("row 5", "a", DAY, action="call", collector="Kim")
    assert not row.filled_in
    assert WorklistRow("row 5", "a", DAY, done=False).filled_in
    assert row.fingerprint == WorklistRow("row 9", "a", DAY).fingerprint != WorklistRow("r", "b", DAY).fingerprint


def test_the_command_says_what_it_took_and_that_a_second_time_adds_nothing(tmp_path: Path) -> None:
    LEDGER.write(tmp_path / "ledger")
    log = tmp_path / "log.db"
    hostile = "[red]@SUM(1)'; DROP TABLE entries; --"
    path = filled(tmp_path / "list.xlsx", {"customer_id": "=e", "done": "yes", "note": hostile})
    command = ("log", "worklist", log, tmp_path / "ledger", "--workbook", path, "--author", "Kim", "--at", "2025-04-01")
    assert "1 row filled in, 0 entered before, 0 left empty. Entry 1" in succeeded(*command).out
    assert "1 row filled in, 1 entered before, 0 left empty. Nothing was added" in succeeded(*command).out
    (entry,) = DecisionLog(log).read()
    assert entry.content["note"] == hostile
    assert hostile in succeeded("log", "show", log, "--json").out
    wrong = filled(tmp_path / "wrong.xlsx", {"customer_id": "a", "done": "yes"}, {"customer_id": "zz", "done": "yes"})
    assert "nothing of it was" in refused(*command[:5], wrong, *command[6:])
    assert len(DecisionLog(log).read()) == 1


def test_the_frame_of_the_sheet_leaves_out_what_is_not_for_today() -> None:
    pack = plausible()
    assert to_contact(pack.queue, pack.capacity).height < pack.queue.filter(pl.col("rank").is_not_null()).height
