"""A register of invoices beside a journal of receipts under headers of American programs, and lists of customers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

REGISTER = """Cust ID,Customer Name,Invoice,Type,Invoice Date,Due Date,Rep,Invoice Amount
PIKE01,Pike Mills Inc,7001,INV,01/13/2024,02/12/2024,HOUSE,$100.00
PIKE01,Pike Mills Inc,7002,INV,01/14/2024,02/13/2024,ANN,$200.00
REED02,Reed Boats Inc,7003,INV,01/15/2024,02/14/2024,HOUSE,$300.00
REED02,Reed Boats Inc,7004,INV,01/16/2024,02/15/2024,ANN,$400.00
REED02,Reed Boats Inc,7005,INV,01/17/2024,02/16/2024,HOUSE,$500.00
REED02,Reed Boats Inc,CM11,CRM,01/20/2024,,HOUSE,($50.00)
Report Total:,,,,,,,"$1,450.00"
"""
HEAD = "Batch,Post Date,Cust ID,Customer Name,Check/Ref,Check Date,Trans Type,Invoice,Amount Applied"
JOURNAL = f"""{HEAD}
B1,02/20/2024,PIKE01,Pike Mills Inc,881,02/16/2024,Payment,7001,$100.00
B1,02/20/2024,PIKE01,Pike Mills Inc,881,02/16/2024,Payment,7002,$200.00
B2,02/22/2024,REED02,Reed Boats Inc,882,02/21/2024,Payment,7003,$300.00
B3,03/01/2024,REED02,Reed Boats Inc,882,02/21/2024,NSF Reversal,7003,($300.00)
B3,03/02/2024,REED02,Reed Boats Inc,CM11,02/21/2024,Credit Memo,7004,$50.00
"""


def propose(folder: Path, journal: str = JOURNAL, *, name: str = "Journal", **answers: str) -> Proposal:
    (folder / "Register.csv").write_text(REGISTER, encoding="utf-8")
    (folder / f"{name}.csv").write_text(journal, encoding="utf-8")
    given = {one.replace("__", "."): value for one, value in answers.items()}
    return propose_mapping(folder, answers={"currency": "USD", **given})


def blocking(proposal: Proposal) -> list[str]:
    return [one.key for one in proposal.questions if one.blocking]


def test_post_date_and_amount_applied_make_a_list_of_payments_by_the_day_of_posting(tmp_path: Path) -> None:
    proposal = propose(tmp_path)
    assert blocking(proposal) == []
    assert any("Post Date is taken for the day of the payments, and not Check Date" in one for one in proposal.unsure)
    ledger = preview_mapping(proposal, tmp_path).ledger
    receipts = ledger.tables["receipts"].sort("date")
    assert receipts["date"].unique().sort().to_list() == [date(2024, 2, 20), date(2024, 2, 22), date(2024, 3, 1)]
    applied = ledger.tables["applications"].group_by("kind").agg(pl.col("amount").sum())
    assert dict(applied.iter_rows()) == {"payment": 300_00, "credit_note": 50_00}


def test_a_check_date_alone_is_the_date_of_the_payment(tmp_path: Path) -> None:
    lines = [one.split(",") for one in JOURNAL.splitlines()[:4]]
    proposal = propose(tmp_path, "\n".join(",".join([one[0], *one[2:]]) for one in lines) + "\n")
    days = preview_mapping(proposal, tmp_path).ledger.tables["receipts"]["date"]
    assert days.unique().sort().to_list() == [date(2024, 2, 16), date(2024, 2, 21)]


def test_a_random_text_beside_invoices_alone_tells_nothing_of_a_negative_type(tmp_path: Path) -> None:
    proposal = propose(tmp_path)
    assert not any("says 'HOUSE' beside it" in one for one in proposal.unsure)
    assert any("Type 'CRM' is not known; all its amounts are negative" in one for one in proposal.unsure)
    documents = preview_mapping(proposal, tmp_path).ledger.tables["documents"]
    assert documents.filter(pl.col("document_id") == "CM11")["kind"].to_list() == ["credit_note"]


UNKNOWN = """Cust ID,Customer Name,Wann,Bezug auf,Geld
PIKE01,Pike Mills Inc,02/16/2024,7001,100.25
PIKE01,Pike Mills Inc,02/16/2024,7002,200.50
REED02,Reed Boats Inc,02/21/2024,7003,300.00
"""


def test_a_file_that_names_documents_passes_as_no_list_of_customers(tmp_path: Path) -> None:
    proposal = propose(tmp_path, UNKNOWN)
    asked = next(one for one in proposal.questions if one.key == "about.journal")
    assert asked.blocking
    assert asked.evidence.startswith("Bezug auf holds numbers of documents. It holds amounts in 3 rows: Geld (600.75)")
    assert blocking(propose(tmp_path, UNKNOWN, about__journal="customers")) == []


def test_customers_in_several_rows_with_dates_and_amounts_are_asked(tmp_path: Path) -> None:
    rows = UNKNOWN.replace("7001", "A").replace("7002", "B").replace("7003", "C")
    asked = propose(tmp_path, rows + "REED02,Reed Boats Inc,02/22/2024,D,1.00\n").questions
    assert any("Most customers stand in several rows, each with a date (Wann)." in one.evidence for one in asked)


def test_a_list_of_customers_is_not_asked_and_its_amounts_are_told(tmp_path: Path) -> None:
    accounts = "Cust ID,Customer Name,Limit\nPIKE01,Pike Mills Inc,1500.50\nREED02,Reed Boats Inc,900.00\n"
    proposal = propose(tmp_path, accounts, name="Customers")
    assert blocking(proposal) == []
    assert [one.unused for one in proposal.amounts if one.file == "customers"] == [(("Limit", 2400.5),)]


def test_every_date_is_offered_as_that_of_the_receipt_the_day_of_posting_first(tmp_path: Path) -> None:
    rows = UNKNOWN.replace("Wann,", "Wann,Posted at,").replace("/2024,", "/2024,02/28/2024,")
    asked = propose(tmp_path, rows, about__journal="payments", journal__applies_to="Bezug auf").questions
    assert [one for one, _ in next(one for one in asked if one.key == "journal.settled_on").choices] == [
        "Posted at",
        "Wann",
    ]
    posted = rows.replace("Posted at", "GL Date")
    answers = {"about__journal": "payments", "journal__document_date": "", "journal__applies_to": "Bezug auf"}
    asked = propose(tmp_path, posted, **answers).questions
    assert [one for one, _ in next(one for one in asked if one.key == "journal.settled_on").choices] == [
        "GL Date",
        "Wann",
    ]


def test_lines_of_totals_are_told_apart_from_the_file(tmp_path: Path) -> None:
    told = next(one for one in propose(tmp_path).amounts if one.file == "register")
    assert told.whole.what == "the whole file, its lines of totals included"
    assert [(one.what, one.rows) for one in told.lines] == [("used", 6), ("lines of totals", 1)]


TRANSFER = (
    "B4,03/03/2024,REED02,Reed Boats Inc,883,03/01/2024,Apply O/A,7005,$120.00\n"
    "B4,03/03/2024,REED02,Reed Boats Inc,883,03/01/2024,Apply O/A,,($120.00)\n"
)


def test_a_type_that_evens_out_shows_both_sides_and_is_offered_as_a_transfer(tmp_path: Path) -> None:
    asked = next(one for one in propose(tmp_path, JOURNAL + TRANSFER).questions if one.key.endswith("Apply O/A"))
    assert asked.evidence.startswith("2 rows, 0.00 in all. 120.00 above 0 in 1, and as much below in 1: a transfer?")
    assert "Apply O/A | 7005 | Amount Applied $120.00; B4" in asked.evidence
    assert asked.choices[0][0] == "payment"


def test_what_a_type_that_is_left_out_moves_is_told(tmp_path: Path) -> None:
    proposal = propose(tmp_path, JOURNAL + TRANSFER, **{"kind__journal__Apply O/A": "leave_out"})
    assert any("2 rows of the type 'Apply O/A' are left out as you said: 120.00 above 0" in o for o in proposal.missing)


def test_the_words_beside_an_unknown_type_say_what_is_offered_first(tmp_path: Path) -> None:
    journal = (
        JOURNAL.replace("Applied\n", "Applied,Comment\n").replace("0.00\n", "0.00,\n").replace("0.00)\n", "0.00),\n")
    )
    lost = "B5,03/04/2024,REED02,Reed Boats Inc,,03/04/2024,Adj,7005,$100.00,BAD DEBT W/O by RT\n"
    asked = next(one for one in propose(tmp_path, journal + lost).questions if one.key == "kind.journal.Adj")
    assert asked.choices[0][0] == "write_off"
