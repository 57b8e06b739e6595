"""Journals that repeat the invoice's date beside its payment: the day on which it was posted is that of the payment."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEADS = {
    "english": (
        "Account;Name;Posting Date;Type;Doc. No.;Document Date;Due Date;Ref;Debit;Credit",
        "Invoice",
        "Payment",
    ),
    "italian": (
        "Conto;Ragione sociale;Data reg.;Causale;Num. doc.;Data doc.;Scadenza;Rif. partita;Dare;Avere",
        "Fattura di vendita",
        "Incasso bonifico",
    ),
}


def journal(head: str, sold: str, paid: str, *, late: int = 20, repeats: bool = True) -> str:
    rows = [head]
    for place in range(40):
        day = date(2024, 1, 3) + timedelta(days=9 * place)
        who, amount = f"15000{place % 4};Cliente {place % 4} S.r.l.", f"{100 + place},50"
        due, came = day + timedelta(days=30), day + timedelta(days=30 + late)
        own = day if repeats else came
        rows.append(f"{who};{day:%d/%m/%Y};{sold};{place + 1};{day:%d/%m/%Y};{due:%d/%m/%Y};2024/{place + 1};{amount};")
        if place < 36:
            rows.append(f"{who};{came:%d/%m/%Y};{paid};;{own:%d/%m/%Y};;2024/{place + 1};;{amount}")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("language", HEADS)
@pytest.mark.parametrize("repeats", [True, False])
def test_payments_have_the_day_on_which_they_came(language: str, repeats: bool, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(journal(*HEADS[language], repeats=repeats), encoding="utf-8")
    proposal = propose_mapping(tmp_path / "p.csv", answers={"currency": "EUR"})
    assert not proposal.blocking
    ledger = preview_mapping(proposal, tmp_path / "p.csv").ledger
    days = ledger.tables["receipts"]["date"].sort().to_list()
    assert days == [date(2024, 1, 3) + timedelta(days=9 * place + 50) for place in range(36)]
    told = [one for one in proposal.unsure if "for the day of the payments" in one]
    assert len(told) == repeats
    assert not repeats or "36 of 36 payments stand on the day of an invoice" in told[0]


def test_the_users_word_and_cash_sales_stand(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(journal(*HEADS["english"]), encoding="utf-8")
    answers = {"currency": "EUR", "p.settled_on": "Document Date"}
    ledger = preview_mapping(propose_mapping(tmp_path / "p.csv", answers=answers), tmp_path / "p.csv").ledger
    assert ledger.tables["receipts"]["date"].min() == date(2024, 1, 3)
    (tmp_path / "p.csv").write_text(journal(*HEADS["english"], late=-30), encoding="utf-8")
    proposal = propose_mapping(tmp_path / "p.csv", answers={"currency": "EUR"})
    assert not any("is taken for the day of the payments" in one for one in proposal.unsure)
    assert any("36 of 36 payments stand on the day of an invoice" in one for one in proposal.unsure)


@pytest.mark.parametrize("language", HEADS)
def test_payments_without_a_date_of_a_document_have_that_of_their_posting(language: str, tmp_path: Path) -> None:
    lines = journal(*HEADS[language], repeats=False).splitlines()
    paid = HEADS[language][2]
    bare = [";".join([*cells[:5], "", *cells[6:]]) if (cells := line.split(";"))[3] == paid else line for line in lines]
    (tmp_path / "p.csv").write_text("\n".join(bare) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path / "p.csv", answers={"currency": "EUR"})
    ledger = preview_mapping(proposal, tmp_path / "p.csv").ledger
    assert ledger.quarantine.is_empty()
    assert ledger.tables["receipts"]["date"].min() == date(2024, 1, 3) + timedelta(days=50)
    assert any("it is empty in 36 of 36 payments" in one for one in proposal.unsure)
