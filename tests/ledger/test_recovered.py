"""Recoveries on what is written off: the item stands at nothing, nothing is known early, and nothing is made twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.recovered import taken_back_by_recoveries
from credrisk.ledger.write import write_ledger
from credrisk.portfolio.bad_debt_ratio import bad_debt_ratio
from credrisk.portfolio.open_items import open_items

DOCUMENT = {"document_id": "i", "customer_id": "c", "document_date": "2024-01-02", "due_date": "2024-02-01"}


def rows(*moves: tuple[str, int, str], known: str | None = None) -> list[dict]:
    """Applications to one document: kind, amount in minor units and day."""
    return [
        {"to_document_id": "i", "kind": kind, "amount": amount, "applied_on": day, "recorded_at": known or day}
        | ({"from_id": f"r{place}"} if kind in ("payment", "recovery") else {})
        for place, (kind, amount, day) in enumerate(moves)
    ]


def back(*moves: tuple[str, int, str], amount: int = 400_00) -> list[tuple[date, int]]:
    tables = ledger_of(documents=[DOCUMENT | {"amount": amount}], applications=rows(*moves)).tables
    return taken_back_by_recoveries(tables, []).sort("applied_on").select("applied_on", "amount").rows()


OFF = ("write_off", 400_00, "2024-06-30")


@pytest.mark.parametrize(
    ("moves", "made"),
    [
        ([OFF, ("recovery", 60_00, "2024-10-15")], [(date(2024, 10, 15), -60_00)]),
        # A payment stays what it is booked as: the control account holds it as a credit.
        ([OFF, ("payment", 60_00, "2024-10-15")], []),
        ([OFF, ("recovery", 60_00, "2024-06-30")], [(date(2024, 6, 30), -60_00)]),
        ([OFF, ("reversal", -60_00, "2024-10-15"), ("recovery", 60_00, "2024-10-15")], []),
        ([OFF, ("write_off", -60_00, "2024-10-15"), ("recovery", 60_00, "2024-10-15")], []),
        ([OFF, ("reversal", -400_00, "2024-10-01"), ("payment", 60_00, "2024-10-15")], []),
        # What goes beyond what was written off is a credit of the customer.
        ([OFF, ("recovery", 500_00, "2024-10-15")], [(date(2024, 10, 15), -400_00)]),
        ([OFF, ("recovery", 30_00, "2024-10-15"), ("recovery", 30_00, "2024-10-15")], [(date(2024, 10, 15), -60_00)]),
        (
            [OFF, ("recovery", 300_00, "2024-10-15"), ("recovery", 300_00, "2024-11-15")],
            [(date(2024, 10, 15), -300_00), (date(2024, 11, 15), -100_00)],
        ),
        # Written off in part: it pays what is open first.
        ([("write_off", 100_00, "2024-06-30"), ("recovery", 350_00, "2024-10-15")], [(date(2024, 10, 15), -50_00)]),
        # The books take it back themselves, later: by as much, and altogether.
        (
            [OFF, ("recovery", 60_00, "2024-10-15"), ("reversal", -60_00, "2024-10-18")],
            [(date(2024, 10, 15), -60_00), (date(2024, 10, 18), 60_00)],
        ),
        (
            [OFF, ("recovery", 60_00, "2024-10-15"), ("write_off", -400_00, "2024-11-18")],
            [(date(2024, 10, 15), -60_00), (date(2024, 11, 18), 60_00)],
        ),
        # Cash that came before, and a write-off that is there twice: recoveries alone do not explain it.
        ([("payment", 300_00, "2024-03-15"), OFF, ("recovery", 60_00, "2024-10-15")], []),
        ([OFF, OFF], []),
        ([("payment", 500_00, "2024-10-15")], []),
        ([("payment", 300_00, "2024-03-15"), OFF], []),
        ([OFF, ("credit_note", 50_00, "2024-10-15")], []),
    ],
)
def test_write_offs_are_taken_back_by_recoveries(moves: list, made: list) -> None:
    assert back(*moves) == made


def test_a_credit_note_that_is_written_off_is_left_alone() -> None:
    assert back(("write_off", -400_00, "2024-06-30"), ("payment", -60_00, "2024-10-15"), amount=-400_00) == []


def test_the_note_says_how_much_and_where() -> None:
    findings: list[Finding] = []
    moves = rows(OFF, ("recovery", 60_00, "2024-10-15"))
    taken_back_by_recoveries(ledger_of(documents=[DOCUMENT | {"amount": 400_00}], applications=moves).tables, findings)
    (told,) = findings
    assert (told.severity, told.code, told.rows, told.money, told.ids) == ("note", "recovered", 1, 60.0, ("i",))


def read(folder: Path) -> Ledger:
    folder.mkdir()
    texts = {
        "customers": "customer_id\nc\n",
        "documents": "document_id,customer_id,document_date,due_date,amount\ni,c,2024-01-02,2024-02-01,400.00\n"
        "j,c,2024-09-02,2024-10-01,100.00\n",
        "receipts": "receipt_id,customer_id,date,amount\nr1,c,2024-10-15,60.00\n",
        "applications": "from_id,to_document_id,applied_on,kind,amount\n"
        ",i,2024-06-30,write_off,400.00\nr1,i,2024-10-15,recovery,60.00\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return Ledger.read(folder, currency="EUR", covers_from="2024-01-01", covers_to="2024-12-31")


def test_a_ledger_that_is_read_owes_nobody_what_was_recovered(tmp_path: Path) -> None:
    ledger = read(tmp_path / "ledger")
    assert open_items(ledger).select("document_id", "amount").rows() == [("j", 100_00)]
    assert [one.code for one in ledger.check().findings if one.code in ("over_applied", "recovered")] == ["recovered"]
    ratio = bad_debt_ratio(ledger, dates=[date(2024, 12, 31)], output="polars").row(0, named=True)
    assert (ratio["written_off_12m"], ratio["recovered_12m"]) == (400.0, 60.0)
    tie = ledger.intake.filter(pl.col("table") == "applications").row(0, named=True)
    assert (tie["rows_read"], tie["rows_kept"], tie["rows_derived"]) == (2, 2, 1)


def test_what_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    ledger = read(tmp_path / "ledger")
    write_ledger(ledger, tmp_path / "again")
    again = Ledger.read(tmp_path / "again")
    assert again.table("applications").equals(ledger.table("applications"))
    assert not [one for one in again.findings if one.code == "recovered"]


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["write_off", "recovery", "payment", "reversal"]), st.integers(1, 500), st.integers(1, 28)
    ),
    max_size=8,
)


@given(MOVES, st.integers(1, 28), st.integers(0, 3))
def test_what_becomes_known_later_changes_nothing(moves: list[tuple[str, int, int]], day: int, late: int) -> None:
    applications = [
        {
            "to_document_id": "i",
            "kind": kind,
            "amount": -amount if kind == "reversal" else amount,
            "applied_on": f"2024-03-{on:02}",
            "recorded_at": f"2024-03-{min(28, on + late * (place % 2)):02}",
        }
        | ({"from_id": f"r{place}"} if kind in ("payment", "recovery") else {})
        for place, (kind, amount, on) in enumerate(moves)
    ]
    whole = ledger_of(documents=[DOCUMENT | {"amount": 400}], applications=applications)
    until = date(2024, 3, day)
    made = taken_back_by_recoveries(whole.tables, [])
    cut = taken_back_by_recoveries(whole.cut(until).tables, [])
    key = ["applied_on", "recorded_at", "amount"]
    assert cut.sort(key).select(key).equals(made.filter(pl.col("recorded_at") <= until).sort(key).select(key))
    off = sum(row["amount"] for row in applications if row["kind"] == "write_off")
    assert 0 <= -made["amount"].sum() <= off
    both = ledger_of(documents=[DOCUMENT | {"amount": 400}], applications=[*applications, *made_rows(made)])
    assert taken_back_by_recoveries(both.tables, []).is_empty()


def made_rows(made: pl.DataFrame) -> list[dict]:
    names = ("to_document_id", "kind", "amount", "applied_on", "recorded_at")
    return [dict(zip(names, row, strict=True)) for row in made.select(names).iter_rows()]
