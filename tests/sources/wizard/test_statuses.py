"""A status is no type: void and draft are left out, uncollectible is a write-off, paid and open say nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from credrisk.cli.app import app
from credrisk.errors import ParameterError
from credrisk.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.mapping_text import mapping_text
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

LAST = date(2024, 6, 30)
HEAD = "id,Customer,Date,Due Date,Total,Amount Paid,Paid At,Marked Uncollectible At (UTC),Closed,Status"
ROWS = (
    "I1,C1,2024-01-05,2024-02-04,100.00,100.00,2024-02-10,,TRUE,paid",
    "I2,C1,2024-01-06,2024-02-05,200.00,0,,2024-05-02 10:11:12,TRUE,uncollectible",
    "I3,C2,2024-01-07,2024-02-06,70.00,0,,,TRUE,uncollectible",
    "I4,C2,2024-01-08,2024-02-07,40.00,0,,,TRUE,void",
    "I5,C2,2024-01-09,2024-02-08,30.00,0,,,FALSE,draft",
    "I6,C2,2024-01-10,2024-02-09,60.00,60.00,2024-03-01,2024-02-20 10:11:12,TRUE,paid",
    "I7,C3,2024-06-30,2024-07-30,10.00,0,,,FALSE,open",
)


def propose(folder: Path, text: str, **answers: str) -> Proposal:
    (folder / "inv.csv").write_text(text + "\n", encoding="utf-8")
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return propose_mapping(folder, answers={"currency": "EUR", **given})


def ledger_of(proposal: Proposal, folder: Path) -> Ledger:
    ledger = preview_mapping(proposal, folder).ledger
    assert set(ledger.quarantine["reason"]) <= {"nothing_left"}
    return ledger


def owed(ledger: Ledger) -> dict[str, float]:
    aged = ageing(ledger, as_of=last_day(ledger), by="customer", translate=False, output="polars")
    return {one: amount for one, amount in aged.select("customer_id", "net_balance").rows() if amount}


def closed(ledger: Ledger, kind: str) -> list[tuple[str, date, int]]:
    rows = ledger.tables["applications"].filter(kind=kind).sort("to_document_id")
    return rows.select("to_document_id", "applied_on", "amount").rows()


def said(proposal: Proposal, words: str) -> str:
    (one,) = [one for one in (*proposal.unsure, *proposal.missing) if words in one]
    return one


def test_void_is_left_out_and_what_is_not_paid_of_the_uncollectible_is_written_off(tmp_path: Path) -> None:
    proposal = propose(tmp_path, "\n".join((HEAD, *ROWS)))
    assert not proposal.questions
    ledger = ledger_of(proposal, tmp_path)
    assert ledger.tables["documents"]["document_id"].sort().to_list() == ["I1", "I2", "I3", "I6", "I7"]
    lost = [("I2", date(2024, 5, 2), 20_000), ("I3", LAST, 7_000)]
    recovered = [("I6", date(2024, 2, 20), 6_000), ("I6", date(2024, 3, 1), -6_000)]
    assert sorted(closed(ledger, "write_off")) == [*lost, *recovered]
    assert closed(ledger, "payment") == [("I1", date(2024, 2, 10), 10_000), ("I6", date(2024, 3, 1), 6_000)]
    assert owed(ledger) == {"C3": 10.0}
    assert "'draft' (1 row, 30.00 in all), 'void' (1 row, 40.00 in all). If they are owed" in said(proposal, "left out")
    written = said(proposal, "closed as a write-off")
    assert "Dated: 2 by Marked Uncollectible At (UTC); 1 on the last day that the export covers" in written
    lines = {line.what: (line.rows, line.sums) for line in proposal.amounts[0].lines}
    assert lines["used"] == (5, (440.0,))
    assert lines["Status 'void': left out"] == (1, (40.0,))
    assert not any(one.startswith("write-offs") for one in proposal.missing)


def test_what_a_status_makes_of_its_rows_is_overruled_by_an_answer(tmp_path: Path) -> None:
    text = "\n".join((HEAD, *ROWS))
    kept = {"status__inv__void": "keep", "status__inv__uncollectible": "keep", "inv__written_off_on": ""}
    ledger = ledger_of(propose(tmp_path, text, **kept), tmp_path)
    assert owed(ledger) == {"C1": 200.0, "C2": 110.0, "C3": 10.0}
    ledger = ledger_of(propose(tmp_path, text, status__inv__open="leave_out", inv__written_off_on=""), tmp_path)
    assert owed(ledger) == {}
    assert [row[0] for row in closed(ledger, "write_off")] == ["I2", "I3"]
    proposal = propose(tmp_path, text, inv__status="", inv__written_off_on="")
    assert owed(ledger_of(proposal, tmp_path)) == {"C1": 200.0, "C2": 140.0, "C3": 10.0}


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"kind__inv__uncollectible": "write_off"}, id="as a type"),
        pytest.param({"inv__kind": "Status"}, id="the column as the type"),
        pytest.param({"inv__kind": "Status", "kind__inv__uncollectible": "write_off"}, id="both"),
        pytest.param({"inv__written_off_on": "Marked Uncollectible At (UTC)"}, id="the date"),
        pytest.param({"inv__status": "Status"}, id="the column"),
    ],
)
def test_answers_that_people_give_work(answers: dict[str, str], tmp_path: Path) -> None:
    ledger = ledger_of(propose(tmp_path, "\n".join((HEAD, *ROWS)), **answers), tmp_path)
    assert [row[0] for row in closed(ledger, "write_off")] == ["I2", "I3", "I6", "I6"]
    assert owed(ledger) == {"C3": 10.0}


@pytest.mark.parametrize(
    ("answer", "value", "words"),
    [
        ("status__inv__void", "deduction", "keep, leave_out, write_off, discount, credit_note"),
        ("status__inv__void", "credit_note", "no open credit note is of an amount left"),
        ("kind__inv__void", "payment", "a status is no type"),
        ("status__inv__viod", "keep", "did you mean 'void'"),
        ("inv__written_off_on", "Closed", "its cells are no dates"),
    ],
)
def test_answers_that_cannot_be_are_refused_with_the_right_way(
    answer: str, value: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=words):
        propose(tmp_path, "\n".join((HEAD, *ROWS)), **{answer: value})


LANGUAGES = {
    "Zustand": ("bezahlt", "storniert", "uneinbringlich", "offen", "Entwurf"),
    "Statut": ("Payée", "Annulée", "Irrécouvrable", "Envoyée", "Brouillon"),
    "Estado": ("Pagada", "Anulada", "Incobrable", "Vencida", "Borrador"),
    "Stato": ("Pagata", "Annullata", "Inesigibile", "Scaduta", "Bozza"),
    "Factuurstatus": ("Betaald", "Geannuleerd", "Oninbaar", "Openstaand", "Concept"),
    "Situação": ("Paga", "Anulada", "Incobrável", "Em aberto", "Rascunho"),
    "Invoice Status": ("PartiallyPaid", "Voided", "Written Off", "Sent", "Deleted"),
}


@pytest.mark.parametrize("header", LANGUAGES)
def test_statuses_of_seven_languages(header: str, tmp_path: Path) -> None:
    paid, void, lost, opened, draft = LANGUAGES[header]
    rows = (
        f"I1,C1,2024-01-05,2024-02-04,100.00,2024-02-10,{paid}",
        f"I2,C1,2024-01-06,2024-02-05,200.00,,{void}",
        f"I3,C1,2024-01-07,2024-02-06,70.00,,{lost}",
        f"I4,C1,2024-06-30,2024-07-30,40.00,,{opened}",
        f"I5,C1,2024-06-30,2024-07-30,50.00,,{draft}",
    )
    proposal = propose(
        tmp_path, "\n".join((f"Invoice No,Customer,Invoice Date,Due Date,Amount,Paid On,{header}", *rows))
    )
    ledger = ledger_of(proposal, tmp_path)
    assert owed(ledger) == {"C1": 40.0}
    assert closed(ledger, "write_off") == [("I3", LAST, 7_000)]


PLAIN = "Invoice No,Customer,Invoice Date,Due Date,Amount,Paid On,Paid Amount,Status"


def test_a_status_that_nobody_knows_keeps_its_rows_and_says_so(tmp_path: Path) -> None:
    rows = ("I1,C1,2024-01-05,2024-02-04,100.00,,,zz", "I2,C1,2024-06-30,2024-07-30,5.00,,,paid")
    proposal = propose(tmp_path, "\n".join((PLAIN, *rows)))
    assert "kept: 'zz' (1 row, 100.00 in all)" in said(proposal, "Status is not known")
    assert owed(ledger_of(proposal, tmp_path)) == {"C1": 105.0}


def test_a_word_of_two_meanings_and_a_void_document_that_was_paid_are_asked(tmp_path: Path) -> None:
    rows = (
        "I1,C1,2024-01-05,2024-02-04,100.00,,,cancelada",
        "I2,C1,2024-01-05,2024-02-04,30.00,2024-02-05,30.00,void",
        "I3,C1,2024-06-30,2024-07-30,5.00,,,abierta",
    )
    text = "\n".join((PLAIN, *rows))
    proposal = propose(tmp_path, text)
    assert {one.key: one.blocking for one in proposal.questions} == {
        "status.inv.cancelada": True,
        "status.inv.void": True,
    }
    answered = propose(tmp_path, text, status__inv__cancelada="leave_out", status__inv__void="keep")
    ledger = ledger_of(answered, tmp_path)
    assert closed(ledger, "payment") == [("I2", date(2024, 2, 5), 3_000)]
    assert owed(ledger) == {"C1": 5.0}


def test_a_date_of_settlement_beside_a_write_off_is_not_a_payment_and_part_payments_stay(tmp_path: Path) -> None:
    rows = (
        "I1,C1,2024-01-05,2024-02-04,100.00,2024-02-04,100.00,paid",
        "I2,C1,2024-01-05,2024-02-04,100.00,2024-03-04,40.00,written off",
        "I3,C1,2024-01-05,2024-02-04,100.00,2024-04-04,,written off",
        "I4,C1,2024-01-05,2024-02-04,100.00,,25.00,written off",
        "I5,C1,2024-06-30,2024-07-30,5.00,,,open",
    )
    proposal = propose(tmp_path, "\n".join((PLAIN, *rows)))
    ledger = ledger_of(proposal, tmp_path)
    assert closed(ledger, "write_off") == [("I2", LAST, 6_000), ("I3", LAST, 10_000), ("I4", LAST, 7_500)]
    paid = [("I1", date(2024, 2, 4), 10_000), ("I2", date(2024, 3, 4), 4_000), ("I4", LAST, 2_500)]
    assert closed(ledger, "payment") == paid
    assert "25.00 of Paid Amount without a date is taken to be paid by that day" in said(proposal, "write-off, by")
    assert owed(ledger) == {"C1": 5.0}


def test_where_only_a_day_of_closing_stands_beside_the_status_the_write_off_is_of_that_day(tmp_path: Path) -> None:
    head = "Invoice No,Customer,Invoice Date,Due Date,Amount,Closed On,Status"
    rows = (
        "I1,C1,2024-01-05,2024-02-04,100.00,2024-02-04,paid",
        "I2,C1,2024-01-05,2024-02-04,100.00,2024-03-04,bad debt",
        "I3,C1,2024-06-30,2024-07-30,5.00,,open",
    )
    ledger = ledger_of(propose(tmp_path, "\n".join((head, *rows))), tmp_path)
    assert closed(ledger, "write_off") == [("I2", date(2024, 3, 4), 10_000)]
    assert owed(ledger) == {"C1": 5.0}


def test_a_state_of_the_union_is_no_status(tmp_path: Path) -> None:
    text = "\n".join(
        (PLAIN.replace("Status", "State"), *(f"I{n},C1,2024-01-0{n},2024-02-04,9.00,,,CA" for n in (1, 2)))
    )
    assert "State" not in " ".join(propose(tmp_path, text).unsure)


INVOICES = (
    "Invoice Number,Customer ID,Invoice Date,Due Date,Total,Balance,Invoice Status",
    "R1,C1,2024-01-05,2024-02-04,100.00,0.00,Closed",
    "R2,C1,2024-01-06,2024-02-05,80.00,0.00,Closed",
    "R3,C1,2024-01-07,2024-02-06,70.00,0.00,Closed",
    *(f"R{number},C2,2024-02-07,2024-03-06,10.00,0.00,Closed" for number in range(4, 10)),
    "R20,C2,2024-06-30,2024-07-30,50.00,50.00,Sent",
    "R21,C2,2024-06-29,2024-07-30,51.00,0.00,Void",
)
PAYMENTS = (
    "Payment No,Customer ID,Payment Date,Amount,Invoice Number",
    "P1,C1,2024-02-10,100.00,R1",
    "P2,C1,2024-02-11,30.00,R2",
    "P3,C1,2024-03-11,50.00,R2",
    *(f"P{number},C2,2024-03-11,10.00,R{number}" for number in range(4, 10)),
)


def test_what_is_closed_without_a_payment_is_asked_and_what_is_left_of_it_written_off(tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text("\n".join(PAYMENTS) + "\n", encoding="utf-8")
    proposal = propose(tmp_path, "\n".join(INVOICES))
    (question,) = proposal.questions
    assert (question.key, question.proposal) == ("status.inv.Closed", "keep")
    assert "1 document of Invoice Status 'Closed', 70.00 in all" in said(proposal, "They stay open")
    assert owed(ledger_of(proposal, tmp_path)) == {"C1": 70.0, "C2": 50.0}
    answered = propose(tmp_path, "\n".join(INVOICES), status__inv__Closed="write_off")
    ledger = ledger_of(answered, tmp_path)
    assert closed(ledger, "write_off") == [("R3", LAST, 7_000)]
    assert owed(ledger) == {"C2": 50.0}


def test_the_command_takes_an_answer_about_a_status(tmp_path: Path) -> None:
    (tmp_path / "inv.csv").write_text("\n".join((HEAD, *ROWS)) + "\n", encoding="utf-8")
    given = ["--yes", "--answer", "currency=EUR", "--answer", "status.inv.void=keep"]
    made = CliRunner().invoke(
        app, ["import", "wizard", str(tmp_path / "inv.csv"), "--out", str(tmp_path / "m.toml"), *given]
    )
    assert made.exit_code == 0, made.output
    assert 'not_equals = ["draft"]' in (tmp_path / "m.toml").read_text(encoding="utf-8")


JOURNAL = (
    "No;Type;Account;Date;Due on;Ref;Amount;{last}",
    *(f"{n};SI;A1;0{n}/01/2024;2{n}/02/2024;R{n};100.00;" for n in (1, 2, 3)),
    "4;SR;A1;25/02/2024;;BACS;-100.00;1",
    "5;SC;A1;26/02/2024;;BADDBT;-100.00;2",
    "6;SC;A1;27/02/2024;;CR1;-40.00;3",
)


def test_credit_notes_whose_text_says_bad_debt_are_write_offs_where_they_name_the_invoice(tmp_path: Path) -> None:
    proposal = propose(tmp_path, "\n".join(JOURNAL).format(last="Applied to"))
    ledger = ledger_of(proposal, tmp_path)
    assert closed(ledger, "write_off") == [("2", date(2024, 2, 26), 10_000)]
    assert "counted as write-off, as Ref says so (for example 'BADDBT')" in said(proposal, "counted as")
    assert owed(ledger) == {"A1": 60.0}


def test_where_they_name_none_they_close_the_oldest_debt(tmp_path: Path) -> None:
    ledger = ledger_of(propose(tmp_path, "\n".join(line.rsplit(";", 1)[0] for line in JOURNAL)), tmp_path)
    assert closed(ledger, "write_off") == [("2", date(2024, 2, 26), 10_000)]
    assert owed(ledger) == {"A1": 60.0}


def test_in_a_list_without_payments_they_stay_credit_notes_and_it_says_so(tmp_path: Path) -> None:
    text = "\n".join(line.rsplit(";", 1)[0] for line in JOURNAL if ";SR;" not in line)
    proposal = propose(tmp_path, text)
    words = "Ref says write-off (for example 'BADDBT') beside 1 row of Type 'SC', 100.00 in all, and no column names"
    assert words in said(proposal, "BADDBT")
    assert owed(ledger_of(proposal, tmp_path)) == {"A1": 160.0}


def test_control_characters_of_a_status_do_not_stand_in_the_mapping(tmp_path: Path) -> None:
    rows = [one.replace(",paid", ",Ov\x7fer\x01due") for one in ROWS]
    proposal = propose(tmp_path, "\n".join((HEAD, *rows)))
    text = mapping_text(proposal)
    assert "status.inv.Overdue=leave_out" in text
    assert not any(letter in text for letter in "\x7f\x01")


def test_a_remark_stands_in_one_line_of_the_mapping(tmp_path: Path) -> None:
    proposal = propose(tmp_path, "\n".join((HEAD, *ROWS)))
    tables = [replace(one, remarks={**one.remarks, "amount": "Total\x02\nEUR"}) for one in proposal.tables]
    assert "# Total EUR\n" in mapping_text(replace(proposal, tables=tuple(tables)))
