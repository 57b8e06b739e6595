"""A column of discounts beside the amount paid, in files that also have credit notes and part payments."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Factuurnr;Debiteurnr;Soort;Factuurdatum;Vervaldatum;Factuurbedrag;Betaald bedrag;Betaaldatum;Betalingskorting"
FULL = "F1;D1;Factuur;13-01-2025;12-02-2025;100,00;98,00;09-02-2025;2,00"
PLAIN = "F2;D1;Factuur;15-01-2025;14-02-2025;101,00;101,00;11-02-2025;"
OPEN = "F3;D2;Factuur;17-01-2025;16-02-2025;103,00;;;"
CREDIT = "C1;D2;Creditnota;19-01-2025;18-02-2025;-40,00;-40,00;15-02-2025;"
PART = "F4;D2;Factuur;21-01-2025;20-02-2025;200,00;100,00;17-02-2025;4,00"
KEPT = "F5;D2;Factuur;23-01-2025;22-02-2025;300,00;300,00;19-02-2025;6,00"


def read(folder: Path, *rows: str, head: str = HEAD, **answers: str) -> tuple[Proposal, Ledger]:
    (folder / "a.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    said = {"currency": "EUR"} | {name.replace("__", "."): value for name, value in answers.items()}
    proposal = propose_mapping(folder / "a.csv", answers=said)
    return proposal, preview_mapping(proposal, folder / "a.csv").ledger


def owed(ledger: Ledger) -> float:
    aged = ageing(ledger, as_of=last_day(ledger), by="portfolio", translate=False, output="polars")
    return round(aged["open_balance"].sum(), 2)


def applied(ledger: Ledger) -> list[tuple[object, ...]]:
    rows = ledger.tables["applications"].sort("to_document_id", "kind")
    return rows.select("to_document_id", "kind", "amount").rows()


def grave(ledger: Ledger) -> list[str]:
    return [one.code for one in ledger.check().findings if one.severity != "note"]


@pytest.mark.parametrize("credit", [CREDIT, CREDIT.replace("-40,00;-40,00", "-40,00;40,00")], ids=["minus", "no minus"])
def test_beside_settled_credit_notes_and_part_payments(tmp_path: Path, credit: str) -> None:
    proposal, ledger = read(tmp_path, FULL, PLAIN, OPEN, credit, PART)
    assert applied(ledger) == [
        ("C1", "payment", -4_000),
        ("F1", "discount", 200),
        ("F1", "payment", 9_800),
        ("F2", "payment", 10_100),
        ("F4", "discount", 400),
        ("F4", "payment", 10_000),
    ]
    assert owed(ledger) == 103.0 + 96.0
    assert grave(ledger) == []
    said = "1 of 2 rows with one were paid less just that, 6.00 in all; 1 were paid in part and keep 96.00 open"
    assert any(one.endswith(said) for one in proposal.unsure)
    assert proposal.amounts[0].unused == ()


def test_a_date_without_an_amount_is_paid_in_full(tmp_path: Path) -> None:
    _, ledger = read(tmp_path, FULL, PLAIN.replace("101,00;101,00", "101,00;"), OPEN, CREDIT)
    assert ("F2", "payment", 10_100) in applied(ledger)
    assert owed(ledger) == 103.0


def test_a_discount_offered_and_not_taken_is_told_with_the_answer_that_takes_it(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, FULL, KEPT, OPEN)
    assert owed(ledger) == 2.0 + 103.0
    said = "a: Betalingskorting is not used as the discount taken: 1 of 2 rows with one were paid less just that"
    assert any(one.startswith(said) and "a.discount_amount=" in one for one in proposal.unsure)


def test_an_answer_takes_it_and_tells_what_does_not_fit(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, FULL, KEPT, OPEN, a__discount_amount="Betalingskorting")
    assert ("F5", "discount", 600) in applied(ledger)
    assert any("in 1 it is more than the payment leaves" in one for one in proposal.unsure)


@pytest.mark.parametrize(
    ("head", "rows", "match"),
    [
        (HEAD, [OPEN, PLAIN], "no row has both a discount and a date of payment"),
        (HEAD, [FULL.replace("98,00", ""), PLAIN], "1 rows have a discount and a date of payment but no amount paid"),
        (HEAD.replace("Betaald bedrag", "Zzz"), [FULL, PLAIN], "no column is the amount paid .*a.paid_amount=COLUMN"),
    ],
)
def test_an_answer_that_could_close_nothing_is_refused(tmp_path: Path, head: str, rows: list[str], match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        read(tmp_path, *rows, head=head, a__discount_amount="Betalingskorting")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("b.csv", f"{HEAD}\n{PLAIN.replace('F2', 'G2')}\n", "another file has payments without discounts"),
        ("payments.csv", "Payment No;Invoice No;Paid on;Amount\nP1;F1;2025-02-12;98,00\n", "in another file too"),
    ],
)
def test_payments_of_other_files_are_not_lost_for_a_discount(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "a.csv").write_text("\n".join((HEAD, FULL, OPEN)) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert any("Betalingskorting is not used" in one and reason in one for one in proposal.unsure)
    assert owed(ledger) == 2.0 + 103.0


def test_several_files_with_discounts_are_joined(tmp_path: Path) -> None:
    for name, rows in (("a", (FULL, OPEN)), ("b", (FULL.replace("F1", "G1"), PLAIN))):
        (tmp_path / f"{name}.csv").write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert owed(preview_mapping(proposal, tmp_path).ledger) == 103.0
