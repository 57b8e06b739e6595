"""Journals in which what closes an invoice carries its number, as lists of open and cleared items of DATEV."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import Preview, last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

TOP = ("OPOS-Liste Debitoren (offene und ausgeglichene Posten);;;;;;;;;", "Mandant: 1/Muster GmbH;;;;;;;;;")
HEAD = "Konto;Kontenbeschriftung;Rechnungs-Nr.;Datum;Fälligkeit;Buchungstext;Gegenkonto;Betrag Soll;Betrag Haben;Saldo"
NAMES = {"10100": "Berg Holz GmbH", "10110": "Vogel Gastro e.K.", "10120": "Donau Metall AG"}
OPEN = {"10110": 310.5, "10120": 540.25}


def rows(*, credited: bool = True) -> list[str]:
    """Thirty invoices of three customers, ten each: most are paid, some less a credit note, one is written off."""
    made = []
    for number in range(30):
        account = list(NAMES)[number % 3]
        same, day = f"{account};{NAMES[account]};RE2024{number:04}", f"{number % 27 + 1:02}.03.2024"
        made.append(f"{same};{day};{day[:2]}.04.2024;Rechnung;8400;1.{number:03},25;;")
        if number == 1:  # 690,75 paid of 1.001,25
            made.append(f"{same};05.05.2024;;Zahlung;1200;;690,75;")
        elif number == 2:
            made.append(f"{same};05.05.2024;;Zahlung;1200;;462,00;")
        elif number == 4:
            made.append(f"{same};05.05.2024;;Ausbuchung Forderungsverlust;2400;;1.004,25;")
        elif number in (6, 7, 9) and credited:
            made.append(f"{same};01.05.2024;;Gutschrift;8400;;200,00;")
            made.append(f"{same};05.05.2024;;Zahlung;1200;;{800 + number},25;")
        else:
            made.append(f"{same};05.05.2024;;Zahlung;1200;;1.{number:03},25;")
    return made


def propose(folder: Path, lines: list[str] | None = None, /, **answers: str) -> tuple[Proposal, Preview]:
    (folder / "opos.csv").write_text("\n".join((*TOP, HEAD, *(lines or rows()))) + "\n", encoding="utf-8")
    given = {name.replace("__", "."): value for name, value in answers.items()}
    proposal = propose_mapping(folder, answers={"currency": "EUR", **given})
    return proposal, preview_mapping(proposal, folder)


def net(preview: Preview) -> dict[str, float]:
    aged = ageing(preview.ledger, as_of=last_day(preview.ledger), by="customer", translate=False, output="polars")
    owed = {row["customer_id"]: row["open_balance"] - row["unapplied_cash"] for row in aged.iter_rows(named=True)}
    return {customer: amount for customer, amount in owed.items() if amount}


@pytest.mark.parametrize(
    "answers", [{}, {"opos__document_id": "Rechnungs-Nr."}, {"opos__applies_to": "Rechnungs-Nr."}], ids=str
)
def test_payments_and_credit_notes_close_the_invoice_of_their_number(tmp_path: Path, answers: dict[str, str]) -> None:
    proposal, preview = propose(tmp_path, **answers)
    assert not proposal.blocking
    assert net(preview) == pytest.approx(OPEN)
    ledger = preview.ledger
    assert ledger.quarantine.is_empty()
    assert ledger.tables["documents"].height == 30
    kinds = dict(ledger.tables["applications"].group_by("kind").len().iter_rows())
    assert kinds == {"payment": 29, "credit_note": 3, "write_off": 1}
    said = " ".join((*proposal.sure, *proposal.unsure, *proposal.missing))
    assert "Rechnungs-Nr. names the invoice paid; 100% of its numbers are among the documents" in said
    assert "3 rows of the type Gutschrift carry the number of an invoice (Rechnungs-Nr.), 600.00" in said
    assert "set aside" not in said
    assert dict(ledger.tables["customers"].select("customer_id", "name").iter_rows()) == NAMES
    assert "Gegenkonto" not in preview.text


def test_without_credit_notes(tmp_path: Path) -> None:
    _, preview = propose(tmp_path, rows(credited=False))
    assert net(preview) == pytest.approx(OPEN)
    assert preview.ledger.quarantine.is_empty()


def test_what_a_type_means_is_overruled_by_an_answer(tmp_path: Path) -> None:
    _, preview = propose(tmp_path, kind__opos__Gutschrift="offset")
    assert net(preview) == pytest.approx(OPEN)
    assert "offset" in preview.ledger.tables["applications"]["kind"].to_list()
    _, preview = propose(tmp_path, kind__opos__Gutschrift="leave_out")
    assert sum(net(preview).values()) == pytest.approx(sum(OPEN.values()) + 600.0)


def test_a_credit_note_of_a_number_that_no_invoice_has_is_told(tmp_path: Path) -> None:
    old = "10100;Berg Holz GmbH;RE20230001;05.03.2024;;Gutschrift;8400;;50,00;"
    proposal, preview = propose(tmp_path, [*rows(), old])
    assert net(preview) == pytest.approx(OPEN)
    said = " ".join(proposal.unsure)
    assert "1 row of the type Gutschrift of others, 50.00 in all, will be set aside" in said
    assert preview.ledger.quarantine.height == 1


def test_credit_notes_with_a_number_of_their_own_stay_documents(tmp_path: Path) -> None:
    own = [row.replace(";RE2024", ";GS2024") if "Gutschrift" in row else row for row in rows()]
    _, preview = propose(tmp_path, own)
    assert preview.ledger.tables["documents"].height == 33
    assert net(preview) == pytest.approx(OPEN)


def test_a_journal_entry_number_beside_the_shared_number_is_not_the_document(tmp_path: Path) -> None:
    lines = [f"{row};J{place:04}" for place, row in enumerate(rows())]
    (tmp_path / "opos.csv").write_text("\n".join((f"{HEAD};Belegnummer", *lines)) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert net(preview_mapping(proposal, tmp_path)) == pytest.approx(OPEN)
