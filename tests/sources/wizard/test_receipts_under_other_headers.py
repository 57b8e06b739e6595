"""Lists of receipts under headers that do not say all: the type among few values, and a file that nobody can tell."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping
from credrisk.sources.wizard.words import meaning_of_type

INVOICES = """Debitor;Kurzname;Belegnr;Belegdatum;Fälligkeit;Betrag
10001;Erle GmbH;RE-1;13.01.2024;12.02.2024;100,00
10001;Erle GmbH;RE-2;14.01.2024;13.02.2024;200,00
10002;Birke GmbH;RE-3;15.01.2024;14.02.2024;300,00
10002;Birke GmbH;RE-4;16.01.2024;15.02.2024;400,00
"""
HEAD = "Buchungstag;Debitor;{text};Verwendungszweck;Betrag EUR"
CASH = (
    "13.02.2024;10001;Überweisung;RE-1;100,00",
    "14.02.2024;10001;Überweisung;RE-2;200,00",
    "15.02.2024;10002;Überweisung;RE-3;300,00",
    "20.02.2024;10002;Rücklastschrift;RE-3;-300,00",
)
LOST = "25.03.2024;10002;Ausbuchung Forderungsausfall;RE-4;400,00"


def propose(folder: Path, *cash: str, name: str = "Zahlungseingaenge", head: str = HEAD, **answers: str) -> Proposal:
    (folder / "Rechnungen.csv").write_text(INVOICES, encoding="utf-8")
    lines = (head.format(text="Buchungstext"), *cash)
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return propose_mapping(folder, answers={one.replace("__", "."): value for one, value in answers.items()})


def blocking(proposal: Proposal) -> list[str]:
    return [one.key for one in proposal.questions if one.blocking]


def test_a_write_off_among_few_values_is_no_cash(tmp_path: Path) -> None:
    proposal = propose(tmp_path, *CASH, LOST)
    assert blocking(proposal) == []
    assert any(
        "Buchungstext is taken for the kind; it says payment reversal, write off" in one for one in proposal.unsure
    )
    assert not any("write-offs" in one and "stays unknown" in one for one in proposal.missing)
    ledger = preview_mapping(proposal, tmp_path).ledger
    applied = ledger.tables["applications"].filter(pl.col("kind") == "write_off")
    assert applied["to_document_id"].to_list() == ["RE-4"]
    assert ledger.tables["receipts"].height == 4


def test_an_unknown_value_beside_a_write_off_is_asked(tmp_path: Path) -> None:
    assert blocking(propose(tmp_path, *CASH, LOST, LOST.replace("Ausbuchung Forderungsausfall", "Sammler"))) == [
        "kind.zahlungseingaenge.Sammler"
    ]


def test_means_of_payment_alone_are_no_types(tmp_path: Path) -> None:
    rows = [row.replace("Rücklastschrift", "Lastschrift") for row in CASH]
    assert not any(one.endswith("beside payments") for one in propose(tmp_path, *rows).unsure)


def test_a_column_that_some_rows_lack_is_asked(tmp_path: Path) -> None:
    rows = (*CASH, LOST.replace("Ausbuchung", "Sammler, Ausbuchung"), "26.03.2024;10002;;RE-4;1,00")
    asked = [one for one in propose(tmp_path, *rows).questions if one.blocking]
    assert [one.key for one in asked] == ["zahlungseingaenge.kind"]
    assert "is empty in 1 row with an amount" in asked[0].evidence
    assert blocking(propose(tmp_path, *rows, zahlungseingaenge__kind="")) == []


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Ausbuchung Forderungsausfall", "write_off"),
        ("Storno Rechnung", None),
        ("Sammler Ausbuchung", None),
        ("CHQ RETURNED", "payment_reversal"),
    ],
)
def test_words_that_say_the_same_mean_it_together(text: str, meaning: str | None) -> None:
    assert meaning_of_type(text) == meaning


def test_a_file_that_nobody_can_tell_is_asked_with_its_money(tmp_path: Path) -> None:
    strange = {"name": "kasse", "head": "Wann;Wer;Weg;Wofür;Wieviel"}
    asked = [one for one in propose(tmp_path, *CASH, currency="EUR", **strange).questions if one.blocking]
    assert [one.key for one in asked] == ["about.kasse"]
    assert "Wieviel (300.00)" in asked[0].evidence
    assert blocking(propose(tmp_path, *CASH, currency="EUR", about__kasse="nothing", **strange)) == []
    said = {"about__kasse": "payments", "kasse__amount": "Wieviel", "kasse__settled_on": "Wann"}
    ledger = preview_mapping(propose(tmp_path, *CASH, currency="EUR", **said, **strange), tmp_path).ledger
    assert ledger.tables["applications"]["to_document_id"].n_unique() == 3
