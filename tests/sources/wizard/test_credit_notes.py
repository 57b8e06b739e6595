"""Credit notes of a journal that name their invoice are set off against it; where they cannot be, it is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from credrisk import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping, tie_out_preview
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Account,Date,Type,Doc No,Applies To,Due Date,Amount"
ROWS = (
    "C1,2024-01-10,Invoice,S1,,2024-02-09,100.00",
    "C1,2024-01-20,Credit note,K1,S1,,-30.00",
    "C1,2024-02-12,Receipt,R1,S1,,-70.00",
    "C2,2024-01-15,Invoice,S2,,2024-02-14,200.00",
    "C2,2024-01-25,Credit note,K2,S2,,-50.00",
    "C2,2024-03-01,Invoice,S3,,2024-03-31,80.00",
    "C2,2024-03-02,Receipt,R2,,,-5.00",
)


def read(folder: Path, *rows: str, head: str = HEAD) -> tuple[Proposal, Ledger]:
    source = folder / "j.csv"
    source.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    proposal = propose_mapping(folder, answers={"currency": "GBP"})
    return proposal, preview_mapping(proposal, folder).ledger


def applied(ledger: Ledger) -> list[tuple[object, ...]]:
    rows = ledger.tables["applications"].filter(kind="credit_note").sort("from_id")
    return rows.select("from_id", "to_document_id", "applied_on", "amount").rows()


SET_OFF = [("K1", "S1", date(2024, 1, 20), 3_000), ("K2", "S2", date(2024, 1, 25), 5_000)]


def test_a_credit_note_closes_the_invoice_that_it_names(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, *ROWS)
    assert applied(ledger) == SET_OFF
    aged = ageing(ledger, as_of=last_day(ledger), by="portfolio", translate=False, output="polars")
    assert aged.select("open_balance", "open_credits", "unapplied_cash").rows() == [(230.0, 0.0, 5.0)]
    assert any("Applies To names the invoice of 2 credit notes" in one for one in proposal.sure)
    assert [one for one in ledger.check().findings if one.severity != "note"] == []


@pytest.mark.parametrize("two_columns", [True, False])
def test_whichever_sign_they_have(tmp_path: Path, *, two_columns: bool) -> None:
    lines = [row.replace("-30.00", "30.00").replace("-50.00", "50.00") for row in ROWS]
    if two_columns:
        lines = [row.replace(",-", ",,") if ",-" in row else f"{row}," for row in ROWS]
    _, ledger = read(tmp_path, *lines, head=HEAD.replace("Amount", "Debit,Credit") if two_columns else HEAD)
    assert applied(ledger) == SET_OFF


def test_one_that_names_no_invoice_stays_open_and_is_told(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, *ROWS, "C2,2024-03-05,Credit note,K3,,,-20.00")
    assert applied(ledger) == SET_OFF
    assert "j: open beside the invoices, as Applies To names none: 1 credit note" in proposal.unsure


def test_payments_without_a_number_of_their_own_change_nothing(tmp_path: Path) -> None:
    _, ledger = read(tmp_path, *(row.replace("R1", "").replace("R2", "") for row in ROWS))
    assert applied(ledger) == SET_OFF
    assert sorted(ledger.tables["receipts"]["amount"]) == [500, 7_000]


def test_nor_do_payments_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text("Payment No,Invoice No,Paid on,Amount\nP1,S3,2024-03-20,80.00\n", "utf-8")
    _, ledger = read(tmp_path, *ROWS)
    assert applied(ledger) == SET_OFF
    assert sorted(ledger.tables["receipts"]["amount"]) == [500, 7_000, 8_000]


def test_the_tie_out_counts_what_is_set_off_once(tmp_path: Path) -> None:
    proposal, _ = read(tmp_path, *ROWS)
    tied = tie_out_preview(preview_mapping(proposal, tmp_path))
    assert tied.select("invoiced", "credited", "cleared", "open_balance").rows() == [(380.0, -80.0, 70.0, 230.0)]


def test_credit_notes_among_payments_close_what_a_list_of_open_items_still_holds(tmp_path: Path) -> None:
    (tmp_path / "open_items.csv").write_text(
        "Account;Customer;Invoice no;Invoice date;Due date;Amount;Open amount\n"
        "C1;Alto GmbH;F11;2025-01-10;2025-02-09;100.00;70.00\n"
        "C1;Alto GmbH;F12;2025-02-10;2025-03-12;80.00;80.00\n"
        "C2;Bora AG;F13;2025-02-11;2025-03-13;50.00;50.00\n"
        "C2;Bora AG;G9;2025-03-11;2025-03-11;-5.00;-5.00\n",
        encoding="utf-8",
    )
    (tmp_path / "receipts.csv").write_text(
        "Receipt date;Receipt no;Account;Invoice;Amount;Payment method\n"
        "2025-02-20;R1;C1;F11;20.00;Transfer\n"
        "2025-02-25;R2;C1;F11;10.00;Credit note\n"
        "2025-01-25;R3;C2;F03;44.00;Transfer\n"
        "2025-01-26;R4;C2;F04;33.00;Transfer\n"
        "2025-01-27;R5;C2;F05;9.00;Credit note\n"
        "2025-01-28;R6;C2;F06;7.00;Bad debt\n",
        encoding="utf-8",
    )
    ledger = preview_mapping(propose_mapping(tmp_path, answers={"currency": "EUR"}), tmp_path).ledger
    applied = ledger.tables["applications"].select("to_document_id", "kind", "amount").sort("amount")
    assert applied.rows() == [("F11", "credit_note", 1000), ("F11", "payment", 2000)]
    assert not [one for one in ledger.findings if one.severity == "error" or one.code == "balance_differs"]
    gone = ledger.quarantine.group_by("table", "reason").len().sort("table").rows()
    assert gone == [("applications", "no_longer_open", 2), ("payments", "no_longer_open", 2)]
