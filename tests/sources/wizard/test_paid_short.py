"""A spreadsheet of invoices whose status says paid, credited or written off, and whose amounts leave something open."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice,Customer,Date,Due,Gross,Paid date,Paid amount,Status,Notes"
PAID = (
    "9001,Ash Ltd,13/01/2024,12/02/2024,100.00,20/01/2024,100.00,Paid,",
    "9002,Ash Ltd,14/01/2024,13/02/2024,1234.56,20/01/2024,1209.87,Paid,prompt",
    "9003,Elm Ltd,15/01/2024,14/02/2024,50.00,25/01/2024,49.00,Paid,prompt",
    "9004,Elm Ltd,16/01/2024,15/02/2024,300.00,,,Overdue,",
)
CREDITED = (
    "9005,Elm Ltd,17/01/2024,16/02/2024,80.00,,,Credited,less CN071 £80.00",
    "9006,Ash Ltd,18/01/2024,17/02/2024,400.00,20/02/2024,360.00,Paid,less CN072 £40.00",
    "CN071,Elm Ltd,24/01/2024,,-80.00,,,Allocated,{first}",
    "CN072,Ash Ltd,25/01/2024,,-40.00,,,Allocated,{second}",
)


def propose(folder: Path, *lines: str, answers: dict[str, str] | None = None) -> Proposal:
    (folder / "sales.csv").write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    return propose_mapping(folder, answers={"currency": "GBP", **(answers or {})})


def applied(proposal: Proposal, folder: Path, kind: str) -> list[tuple[str, date, int]]:
    rows = preview_mapping(proposal, folder).ledger.tables["applications"].filter(pl.col("kind") == kind)
    return sorted(rows.select("to_document_id", "applied_on", "amount").rows())


def asked(proposal: Proposal) -> dict[str, str]:
    return {one.key: one.proposal for one in proposal.questions if one.key.startswith("status.")}


def test_a_like_small_share_that_payments_lack_is_the_discount(tmp_path: Path) -> None:
    proposal = propose(tmp_path, *PAID)
    assert asked(proposal) == {"status.sales.Paid": "discount"}
    assert any("2 rows of Status 'Paid', 25.69 in all, is closed as a discount" in one for one in proposal.unsure)
    assert applied(proposal, tmp_path, "discount") == [
        ("9002", date(2024, 1, 20), 24_69),
        ("9003", date(2024, 1, 25), 1_00),
    ]
    kept = propose(tmp_path, *PAID, answers={"status.sales.Paid": "keep"})
    assert applied(kept, tmp_path, "discount") == []


def test_rests_of_other_shares_stay_open_are_told_and_can_be_answered(tmp_path: Path) -> None:
    lines = (*PAID, "9007,Elm Ltd,19/01/2024,18/02/2024,100.00,25/02/2024,60.00,Paid,")
    proposal = propose(tmp_path, *lines)
    assert asked(proposal) == {"status.sales.Paid": "keep"}
    assert any("3 rows of Status 'Paid', 65.69 in all, stay open" in one for one in proposal.missing)
    assert applied(proposal, tmp_path, "discount") == []
    said = propose(tmp_path, *lines, answers={"status.sales.Paid": "discount"})
    assert [amount for *_, amount in applied(said, tmp_path, "discount")] == [24_69, 1_00, 40_00]


def test_credit_notes_name_their_invoice_in_words_though_invoices_have_words_too(tmp_path: Path) -> None:
    lines = [one.format(first="against 9005", second="against 9006") for one in CREDITED]
    proposal = propose(tmp_path, *PAID, *lines)
    assert asked(proposal) == {"status.sales.Paid": "discount"}
    assert applied(proposal, tmp_path, "credit_note") == [
        ("9005", date(2024, 1, 24), 80_00),
        ("9006", date(2024, 1, 25), 40_00),
    ]
    assert len(applied(proposal, tmp_path, "discount")) == 2


def test_so_they_do_where_number_and_customer_together_are_the_number(tmp_path: Path) -> None:
    lines = [one.format(first="against 9005", second="against 9006") for one in CREDITED]
    account = [f"ON ACC,{name} Ltd,01/03/2024,,-5.00,,,Unallocated,on account" for name in ("Ash", "Elm")]
    proposal = propose(tmp_path, *PAID, *lines, *account)
    assert [one for one, *_ in applied(proposal, tmp_path, "credit_note")] == ["9005-Elm Ltd", "9006-Ash Ltd"]


def test_the_text_beside_an_invoice_names_its_credit_note(tmp_path: Path) -> None:
    proposal = propose(tmp_path, *PAID, *(one.format(first="", second="") for one in CREDITED))
    assert any("2 credit notes, 120.00 in all, set off against their invoice as the text" in o for o in proposal.unsure)
    assert applied(proposal, tmp_path, "credit_note") == [
        ("9005", date(2024, 1, 24), 80_00),
        ("9006", date(2024, 1, 25), 40_00),
    ]


def test_a_credit_note_of_the_very_amount_is_set_off_where_the_user_says_so(tmp_path: Path) -> None:
    lines = [one.format(first="", second="").partition(",less")[0] for one in CREDITED]
    proposal = propose(tmp_path, *PAID, *(one if one.count(",") == 8 else f"{one}," for one in lines))
    assert asked(proposal) == {"status.sales.Paid": "keep", "status.sales.Credited": "keep"}
    said = propose(
        tmp_path,
        *PAID,
        *(one if one.count(",") == 8 else f"{one}," for one in lines),
        answers={"status.sales.Credited": "credit_note"},
    )
    assert applied(said, tmp_path, "credit_note") == [("9005", date(2024, 1, 24), 80_00)]


def test_an_answer_that_nothing_can_follow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no open credit note is of an amount left"):
        propose(tmp_path, *PAID, answers={"status.sales.Paid": "credit_note"})
    with pytest.raises(ParameterError, match="no row of it has the day and the amount paid"):
        propose(tmp_path, *PAID, answers={"status.sales.Overdue": "discount"})


def test_the_day_of_a_write_off_is_read_from_the_text_beside_it(tmp_path: Path) -> None:
    lost = (
        "9011,Oak Ltd,13/01/2024,12/02/2024,70.00,,,Written off,w/o 05/06/2024 - in liquidation",
        "9012,Oak Ltd,14/01/2024,13/02/2024,90.00,,,Written off,cheque bounced 01/03; w/o 07/06/24",
        "9013,Oak Ltd,15/01/2024,14/02/2024,10.00,,,Written off,gone",
        "9014,Elm Ltd,30/09/2024,30/10/2024,10.00,,,Outstanding,",
    )
    proposal = propose(tmp_path, *PAID[:1], *lost)
    said = next(one for one in proposal.unsure if "closed as a write-off" in one)
    assert "Dated: 2 by the date beside the word in Notes; 1 on the last day that the export covers" in said
    assert applied(proposal, tmp_path, "write_off") == [
        ("9011", date(2024, 6, 5), 70_00),
        ("9012", date(2024, 6, 7), 90_00),
        ("9013", date(2024, 9, 30), 10_00),
    ]


def test_one_row_that_is_short_is_no_share_alike(tmp_path: Path) -> None:
    proposal = propose(tmp_path, *PAID[:2], PAID[3])
    assert asked(proposal) == {"status.sales.Paid": "keep"}
    assert applied(proposal, tmp_path, "discount") == []


def test_credit_notes_take_off_no_more_than_is_left(tmp_path: Path) -> None:
    lines = (
        "9005,Elm Ltd,17/01/2024,16/02/2024,100.00,,,Credited,less CN071 and CN072",
        "CN071,Elm Ltd,24/01/2024,,-80.00,,,Allocated,",
        "CN072,Elm Ltd,25/01/2024,,-80.00,,,Allocated,",
    )
    proposal = propose(tmp_path, *PAID, *lines)
    assert applied(proposal, tmp_path, "credit_note") == [
        ("9005", date(2024, 1, 24), 80_00),
        ("9005", date(2024, 1, 25), 20_00),
    ]


def test_a_text_that_denies_it_sets_nothing_off(tmp_path: Path) -> None:
    lines = (
        "9005,Elm Ltd,17/01/2024,16/02/2024,80.00,,,Overdue,disputed - not covered by CN071",
        "CN071,Elm Ltd,24/01/2024,,-80.00,,,Allocated,",
    )
    assert applied(propose(tmp_path, *PAID, *lines), tmp_path, "credit_note") == []


def test_the_order_of_rows_changes_no_set_off(tmp_path: Path) -> None:
    invoices = [
        "9005,Elm Ltd,17/01/2024,16/02/2024,80.00,,,Credited,",
        "9008,Elm Ltd,17/06/2024,16/07/2024,80.00,,,Credited,",
    ]
    given = ["CN071,Elm Ltd,24/01/2024,,-80.00,,,Allocated,", "CN079,Elm Ltd,25/06/2024,,-80.00,,,Allocated,"]
    said = {"status.sales.Credited": "credit_note"}
    found = []
    for place, rows in enumerate(([*invoices, *given], [*reversed(invoices), *reversed(given)])):
        folder = tmp_path / str(place)
        folder.mkdir()
        found.append(applied(propose(folder, *PAID, *rows, answers=said), folder, "credit_note"))
    assert found[0] == found[1] == [("9005", date(2024, 1, 24), 80_00), ("9008", date(2024, 6, 25), 80_00)]


def lost(folder: Path, *notes: str) -> tuple[str, list[tuple[str, date, int]]]:
    rows = [
        f"90{11 + place},Oak Ltd,2024-01-13,2024-02-12,70.00,,,Written off,{one}" for place, one in enumerate(notes)
    ]
    (folder / "sales.csv").write_text(
        "\n".join((HEAD, "9001,Ash Ltd,2024-01-13,2024-02-12,100.00,2024-01-20,100.00,Paid,", *rows,
                   "9099,Elm Ltd,2024-09-30,2024-10-30,10.00,,,Outstanding,")) + "\n", encoding="utf-8")  # fmt: skip
    proposal = propose_mapping(folder, answers={"currency": "GBP"})
    said = next(one for one in proposal.unsure if "closed as a write-off" in one)
    return said, applied(proposal, folder, "write_off")


def test_a_day_of_a_write_off_may_be_written_as_iso(tmp_path: Path) -> None:
    said, rows = lost(tmp_path, "w/o 2024-06-05", "w/o 2024-06-07")
    assert "Dated: 2 by the date beside the word in Notes" in said
    assert [day for _, day, _ in rows] == [date(2024, 6, 5), date(2024, 6, 7)]


def test_a_day_that_no_calendar_has_is_no_day(tmp_path: Path) -> None:
    said, rows = lost(tmp_path, "w/o 2024-06-05", "w/o 2024-06-31")
    assert "2 on the last day that the export covers" in said
    assert [amount for *_, amount in rows] == [70_00, 70_00]
