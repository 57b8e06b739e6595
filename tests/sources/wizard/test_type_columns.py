"""Which column is the type, and what its codes mean: by the words beside them, by the sides, else the user is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from credrisk.cli.app import app
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping
from credrisk.sources.wizard.words import meaning_of_type

HEAD = "Data;Causale;Descrizione;Conto;Num. doc.;Scadenza;Dare;Avere;Rif. partita"
ROWS = (
    *(f"2024-01-{day:02};FV;Fattura di vendita;C1;{day};2024-02-{day:02};100,00;;{day}" for day in range(10, 20)),
    *(f"2024-02-{day:02};INC;{{inc}};C1;B{day};;;100,00;{day}" for day in range(10, 18)),
    "2024-02-20;INS;Insoluto;C1;B20;;100,00;;10",
    "2024-02-21;INS;Insoluto;C1;B21;;100,00;;11",
    "2024-02-22;INS;Insoluto;C1;B22;;100,00;;12",
    "2024-02-23;NC;Nota di credito;C1;N23;;;40,00;18",
    "2024-02-24;NC;Nota di credito;C1;N24;;;10,00;18",
    "2024-02-25;NC;Nota di credito;C1;N25;;;10,00;19",
)
OWED = 1000 - 800 + 300 - 60


def propose(folder: Path, text: str, **answers: str) -> Proposal:
    (folder / "j.csv").write_text(text + "\n", encoding="utf-8")
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return propose_mapping(folder, answers={"currency": "EUR", **given})


def owed(proposal: Proposal, folder: Path) -> float:
    ledger = preview_mapping(proposal, folder).ledger
    aged = ageing(ledger, as_of=last_day(ledger), by="portfolio", translate=False, output="polars")
    assert ledger.quarantine.is_empty()
    return float(aged["open_balance"].sum() - aged["unapplied_cash"].sum())


def test_the_words_beside_a_code_are_the_type(tmp_path: Path) -> None:
    text = "\n".join((HEAD, *ROWS)).format(inc="Incasso bonifico")
    proposal = propose(tmp_path, text)
    assert not proposal.questions
    assert any("Descrizione is taken for the type, not Causale" in one for one in proposal.unsure)
    assert owed(proposal, tmp_path) == OWED


def test_a_code_means_what_the_rows_with_the_same_words_mean(tmp_path: Path) -> None:
    text = "\n".join((HEAD, *ROWS)).format(inc="Incasso bonifico")
    text = text.replace("B10;;;100,00", "B10;;;99,00").replace("INC;Incasso bonifico;C1;B11", "INC;Acconto;C1;B11")
    proposal = propose(tmp_path, text)
    said = next(one for one in proposal.unsure if "'Acconto' is taken for payment" in one)
    assert "(1 row, -100.00 in all), as Causale says 'INC' beside it" in said
    assert owed(proposal, tmp_path) == OWED + 1


def test_an_answer_keeps_the_codes_and_the_words_say_what_they_mean(tmp_path: Path) -> None:
    text = "\n".join((HEAD, *ROWS)).format(inc="Incasso bonifico")
    proposal = propose(tmp_path, text, j__kind="Causale", about__j="journal")
    assert any("Causale 'INC' is taken for payment" in one for one in proposal.unsure)
    assert owed(proposal, tmp_path) == OWED


def test_codes_without_known_words_are_asked_with_what_lowers_a_balance_first(tmp_path: Path) -> None:
    text = "\n".join((HEAD, *ROWS)).format(inc="Foo").replace("Causale", "Dagboek").replace("Descrizione", "Memo")
    for known in ("Fattura di vendita", "Insoluto", "Nota di credito", "FV", "NC"):
        text = text.replace(known, f"Q{known[-3:]}")
    text = text.replace("INS", "QS")
    questions = {one.key: one for one in propose(tmp_path, text).blocking}
    asked = [one for one in questions.values() if one.key.startswith("kind.j.")]
    assert len(asked) == 4
    low = next(one for one in asked if "8 rows" in one.evidence)
    high = next(one for one in asked if "10 rows" in one.evidence)
    assert [value for value, _ in low.choices[:2]] == ["payment", "credit_note"]
    assert [value for value, _ in high.choices[:4]] == ["invoice", "payment", "credit_note", "write_off"]
    assert [value for value, _ in high.choices[-2:]] == ["payment_reversal", "leave_out"]


def test_open_questions_are_printed_apart_in_lines_of_their_own(tmp_path: Path) -> None:
    text = "\n".join((HEAD, *ROWS)).format(inc="Foo").replace("Causale", "Tipo").replace("Descrizione", "Memo")
    (tmp_path / "j.csv").write_text(text.replace("INC", "ZZ") + "\n", encoding="utf-8")
    arguments = ["import", "wizard", str(tmp_path / "j.csv"), "--out", str(tmp_path / "m.toml"), "--yes"]
    result = CliRunner().invoke(app, [*arguments, "--answer", "currency=EUR"], env={"COLUMNS": "200"})
    lines = [line.strip() for line in str(result.exception).splitlines()]
    assert any(line.startswith("8 rows, -800.00 in all. Such as: ") for line in lines)
    assert any(line.startswith("--answer kind.j.") and "=payment or " in line for line in lines)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Storno incasso", "payment_reversal"),
        ("Devolución recibo", "payment_reversal"),
        ("Interest Charge", "late_fee"),
        ("Ontvangst beginsaldo", "payment"),
        ("Beginsaldo", "invoice"),
        ("Afboeking oninbaar", "write_off"),
    ],
)
def test_words_of_the_trade(word: str, meaning: str) -> None:
    assert meaning_of_type(word) == meaning


def test_a_devolucion_is_cash_taken_back_where_it_raises_what_is_owed_and_is_asked_elsewhere(tmp_path: Path) -> None:
    head = "Fecha;Tipo;N documento;Codigo cliente;Vencimiento;Importe;Factura"
    rows = [
        "2024-01-10;Factura;F1;C1;2024-02-10;100,00;",
        "2024-01-11;Factura;F2;C1;2024-02-11;50,00;",
        "2024-02-10;Cobro;R1;C1;;-100,00;F1",
    ]
    back = propose(tmp_path, "\n".join((head, *rows, "2024-02-15;Devolución;R2;C1;;100,00;F1")))
    assert [(one.key, one.proposal) for one in back.questions] == [("kind.j.Devolución", "payment_reversal")]
    goods = propose(tmp_path, "\n".join((head, *rows, "2024-02-15;Devolución;R2;C1;;-30,00;F2")))
    assert [one.key for one in goods.blocking] == ["kind.j.Devolución"]


def test_a_means_of_payment_that_is_not_known_is_a_payment_and_said(tmp_path: Path) -> None:
    (tmp_path / "factures.csv").write_text(
        "Facture;Client;Date;Ech\u00e9ance;Montant\n"
        + "".join(f"FA{day};C1;2025-01-{day};2025-02-{day};50,25\n" for day in range(10, 20)),
        encoding="utf-8",
    )
    rows = [f"R{day};2025-03-{day};C1;50,25;Virement;FA{day}" for day in range(10, 15)]
    rows += ["R20;2025-03-20;C1;50,25;Paypal;FA16", "R21;2025-03-21;C1;-50,25;Rejet;FA10"]
    text = "\n".join(["R\u00e8glement;Date r\u00e8glement;Client;Montant r\u00e9gl\u00e9;Mode;Facture", *rows])
    (tmp_path / "reglements.csv").write_text(text + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert any("'Paypal' is taken for payment" in one for one in proposal.unsure)
    assert owed(proposal, tmp_path) == pytest.approx(10 * 50.25 - 5 * 50.25)


def test_a_list_with_dates_of_payment_alone_holds_no_documents(tmp_path: Path) -> None:
    (tmp_path / "facturas.csv").write_text(
        "Factura;Cuenta;Fecha factura;Vencimiento;Importe\nF1;C1;2025-01-10;2025-02-10;50,25\n", encoding="utf-8"
    )
    (tmp_path / "cobros.csv").write_text(
        "Fecha cobro;N cobro;Cuenta;Factura;Importe;Forma de cobro\n"
        "2025-02-11;R1;C1;F1;30,00;Transferencia\n2025-02-12;R2;C1;F1;5,00;Abono\n",
        encoding="utf-8",
    )
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert not proposal.blocking
    documents = preview_mapping(proposal, tmp_path).ledger.tables["documents"]
    # The credit note is one of the list of payments, for the documents have none of their own.
    assert documents.select("document_id", "kind").sort("document_id").rows() == [
        ("F1", "invoice"),
        ("R2", "credit_note"),
    ]
    assert owed(proposal, tmp_path) == pytest.approx(50.25 - 30 - 5)
