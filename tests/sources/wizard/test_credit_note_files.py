"""Credit notes in a file of their own, or among the payments: documents, set off against the invoice they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.ledger import Ledger
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = """\
Invoice No,Customer No,Invoice Date,Due Date,Amount
I1,C1,2024-01-05,2024-02-04,100.00
I2,C2,2024-01-09,2024-02-08,250.00
I3,C2,2024-01-11,2024-02-10,80.00
"""
PAYMENTS = "Payment No,Payment Date,Customer No,Invoice No,Amount\nP1,2024-02-06,C1,I1,90.00\n"
NOTES = ("CN1,2024-01-20,C1,I1,10.00", "CN2,2024-01-25,C2,I2,50.00", "CN3,2024-01-26,C3,,7.00")


def read(folder: Path, name: str, text: str, **answers: str) -> tuple[Proposal, Ledger]:
    (folder / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    (folder / "payments.csv").write_text(PAYMENTS, encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    given = {one.replace("__", "."): value for one, value in answers.items()}
    proposal = propose_mapping(folder, answers={"currency": "EUR", **given})
    return proposal, preview_mapping(proposal, folder).ledger


@pytest.mark.parametrize(
    ("name", "head", "answers"),
    [
        ("credit_notes.csv", "Credit Note No,Credit Note Date,Customer No,Original Invoice,Amount", {}),
        ("cn.csv", "Credit Note No,Date,Customer No,Original Invoice,Amount", {}),
        ("Gutschriften.csv", "Belegnummer,Belegdatum,Kundennr,Zu Rechnung,Betrag", {}),
        ("x.csv", "Number,Date,Customer No,Bezug,Amount", {"about__x": "credit_notes"}),
    ],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_file_of_credit_notes(name: str, head: str, answers: dict[str, str], sign: str, tmp_path: Path) -> None:
    lines = [",".join((*row.split(",")[:4], sign + row.split(",")[4])) for row in NOTES]
    proposal, ledger = read(tmp_path, name, "\n".join((head, *lines)) + "\n", **answers)
    notes = ledger.tables["documents"].filter(kind="credit_note").sort("document_id")
    assert notes.select("document_id", "customer_id", "amount").rows() == [
        ("CN1", "C1", -1_000),
        ("CN2", "C2", -5_000),
        ("CN3", "C3", -700),
    ]
    assert notes["due_date"].equals(notes["document_date"])
    applied = ledger.tables["applications"].filter(kind="credit_note").sort("from_id")
    assert applied.select("from_id", "to_document_id", "amount").rows() == [("CN1", "I1", 1_000), ("CN2", "I2", 5_000)]
    assert any("3 credit notes, 67.00 in all" in one and "the invoice of 2" in one for one in proposal.sure)
    assert any("is empty: 1 credit note" in one for one in proposal.unsure)
    used = {one.file: one.lines[0].rows for one in proposal.amounts}
    assert used[proposal.tables[-1].file] == 3
    assert ledger.check().worst != "error"
    assert proposal.unread == {}


def test_numbers_that_an_invoice_has_too_are_told_apart(tmp_path: Path) -> None:
    rows = ("I1,2024-01-20,C1,I2,10.00", "I77,2024-01-21,C1,I2,20.00", "I78,2024-01-22,C1,I2,30.00")
    head = "Credit Note No,Credit Note Date,Customer No,Original Invoice,Amount"
    _, ledger = read(tmp_path, "credits.csv", "\n".join((head, *rows)) + "\n")
    notes = ledger.tables["documents"].filter(kind="credit_note").sort("document_id")
    assert notes["document_id"].to_list() == ["CN-I1", "CN-I77", "CN-I78"]
    assert ledger.tables["applications"].filter(kind="credit_note")["amount"].sum() == 6_000


def test_a_file_that_is_not_understood_shows_its_money(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    odd = "Was,Wann,Wieviel\nA1,2024-01-20,10.00\nA2,2024-01-21,5.50\n"
    (tmp_path / "odd.csv").write_text(odd, encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert [one.key for one in proposal.questions if one.blocking] == ["about.odd"]
    (why,) = proposal.unread.values()
    assert "it holds amounts: Wieviel (15.50). If it is needed: --answer about.odd=documents" in why


def test_credit_notes_among_payments(tmp_path: Path) -> None:
    rows = (
        "2024-02-06,A1,C1,I1,90.00,Cobro",
        "2024-02-07,A2,C2,I2,50.00,Abono",
        "2024-02-09,A3,C2,I3,80.00,Cobro",
    )
    head = "Fecha,N apunte,Customer No,Factura,Importe,Tipo"
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    (tmp_path / "a" / "cobros.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path / "a", answers={"currency": "EUR"})
    ledger = preview_mapping(proposal, tmp_path / "a").ledger
    notes = ledger.tables["documents"].filter(kind="credit_note")
    assert notes.select("document_id", "customer_id", "amount").rows() == [("A2", "C2", -5_000)]
    applied = ledger.tables["applications"].sort("to_document_id")
    assert applied.select("to_document_id", "kind", "amount").rows() == [
        ("I1", "payment", 9_000),
        ("I2", "credit_note", 5_000),
        ("I3", "payment", 8_000),
    ]
    assert not any("left out" in one for one in proposal.missing)
