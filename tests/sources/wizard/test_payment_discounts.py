"""Discounts in a file of payments: they close what is left where the amounts bear it out, or by the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.sources.wizard.preview import preview_mapping, tie_out_preview
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = """Rechnungsnummer;Kundennummer;Rechnungsdatum;Fälligkeit;Rechnungsbetrag
RE1;K1;20.01.2025;19.02.2025;1.100,10
RE2;K1;21.01.2025;20.02.2025;200,00
RE3;K2;22.01.2025;21.02.2025;300,00
"""
PAID = ("24.01.2025;K1;RE1;1.078,10;22,00", "25.01.2025;K1;RE2;196,00;4,00", "26.01.2025;K2;RE3;250,00;")
HEAD = "Zahlungsdatum;Kundennummer;Rechnungsnummer;Betrag EUR;Skonto EUR"
ANSWER = {"zahlungen.discount_amount": "Skonto EUR"}


def proposed(folder: Path, *rows: str, head: str = HEAD, answers: dict[str, str] | None = None) -> Proposal:
    (folder / "rechnungen.csv").write_text(INVOICES, encoding="utf-8")
    (folder / "zahlungen.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return propose_mapping(folder, answers={"currency": "EUR", **(answers or {})})


def read(proposal: Proposal, folder: Path) -> tuple[Ledger, float]:
    made = preview_mapping(proposal, folder)
    return made.ledger, tie_out_preview(made)["open_balance"][0]


def discounts(ledger: Ledger) -> list[tuple[object, ...]]:
    closed = ledger.tables["applications"].filter(kind="discount").sort("to_document_id")
    return closed.select("to_document_id", "amount").rows()


def test_a_discount_that_makes_up_the_invoice_closes_the_rest(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, *PAID)
    ledger, still_open = read(proposal, tmp_path)
    assert discounts(ledger) == [("RE1", 2200), ("RE2", 400)]
    assert still_open == 50.0
    assert ledger.quarantine.is_empty()
    assert any("2 payments have a discount in Skonto EUR, 26.00 in all" in said for said in proposal.unsure)


def test_one_that_does_not_is_named_with_its_money_and_taken_by_the_answer(tmp_path: Path) -> None:
    rows = [PAID[0].replace("1.078,10", "900,00"), *PAID[1:]]
    proposal = proposed(tmp_path, *rows)
    assert discounts(read(proposal, tmp_path)[0]) == []
    assert any("26.00 in all, which is not used" in said for said in proposal.missing)
    ledger, _ = read(proposed(tmp_path, *rows, answers=ANSWER), tmp_path)
    assert discounts(ledger) == [("RE1", 2200), ("RE2", 400)]


def test_where_no_invoice_is_named_it_is_missing_and_the_answer_is_refused(tmp_path: Path) -> None:
    head = "Zahlungsdatum;Kundennummer;Betrag EUR;Skonto EUR"
    rows = [";".join(part for place, part in enumerate(row.split(";")) if place != 2) for row in PAID]
    proposal = proposed(tmp_path, *rows, head=head)
    assert any("zahlungen.applies_to=COLUMN" in said for said in proposal.missing)
    with pytest.raises(ParameterError, match=r"zahlungen\.applies_to=COLUMN"):
        proposed(tmp_path, *rows, head=head, answers=ANSWER)
