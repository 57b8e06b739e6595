"""Balances of today check the ledger and make no history; discounts close what they leave; every row is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import refused, succeeded

from credrisk import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import Preview, last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping


def written(folder: Path, text: str) -> Path:
    (folder / "a.csv").write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", "utf-8")
    return folder / "a.csv"


def read(source: Path, **answers: str) -> tuple[Proposal, Preview]:
    proposal = propose_mapping(source, answers={name.replace("__", "."): value for name, value in answers.items()})
    return proposal, preview_mapping(proposal, source)


def owed(ledger: Ledger) -> float:
    aged = ageing(ledger, as_of=last_day(ledger), by="portfolio", translate=False, output="polars")
    return round(aged["open_balance"].sum(), 2)


SETTLED = """N° pièce;N° client;Type de pièce;Date de la pièce;Date d'échéance;Montant TTC;{};Date de règlement;Devise
    1;C1;Facture;15/01/2024;14/02/2024;100,00;0,00;20/02/2024;EUR
    2;C1;Facture;16/02/2024;17/03/2024;200,00;150,00;;EUR
    3;C2;Facture;17/02/2024;18/03/2024;300,00;300,00;;EUR
    4;C2;Avoir;18/02/2024;18/02/2024;-40,00;-40,00;;EUR"""
BALANCES = [
    "Solde restant dû",
    "Solde",
    "Montant restant",
    "Open balance",
    "Balance due",
    "Offener Betrag",
    "Restbetrag",
]


@pytest.mark.parametrize("header", BALANCES)
def test_a_balance_of_today_is_held_against_what_is_left_open(tmp_path: Path, header: str) -> None:
    proposal, preview = read(written(tmp_path, SETTLED.format(header)))
    said = f"a: 1 rows are paid, at least in part, according to {header} but have no date of payment, 50.00 in all."
    assert any(one.startswith(said) for one in proposal.missing)
    assert owed(preview.ledger) == 460.0
    assert preview.ledger.tables["receipts"]["amount"].to_list() == [10_000]
    found = next(one for one in preview.ledger.check().findings if one.code == "balance_differs")
    assert (found.severity, found.rows, found.ids, found.money, found.currency) == ("warning", 1, ("2",), 50.0, "EUR")
    assert "leaves 460.00 EUR open" in found.message
    assert "says 410.00: 1 of 4 documents differ" in found.message


def test_a_balance_that_agrees_says_nothing(tmp_path: Path) -> None:
    _, preview = read(written(tmp_path, SETTLED.format("Solde").replace("200,00;150,00", "200,00;200,00")))
    assert "balance_differs" not in {one.code for one in preview.ledger.check().findings}


def test_a_running_balance_is_no_balance_of_the_documents(tmp_path: Path) -> None:
    text = SETTLED.format("Solde").replace("300,00;300,00", "300,00;450,00").replace("-40,00;-40,00", "-40,00;410,00")
    proposal, preview = read(written(tmp_path, text))
    assert any("Solde is not used" in one for one in proposal.unsure)
    assert "open_amount" not in preview.text


def test_import_and_check_repeat_it(tmp_path: Path) -> None:
    source, mapping, ledger = written(tmp_path, SETTLED.format("Solde")), tmp_path / "a.toml", tmp_path / "ledger"
    succeeded("import", "wizard", source, "--out", mapping, "--yes")
    assert "balance differs" in succeeded("import", source, "--map", mapping, "--out", ledger).out
    assert "at import: the ledger leaves 460.00 EUR open" in succeeded("check", ledger).out


OPEN_ITEMS = """Beleg-Nr.;Debitor;Belegart;Belegdatum;Nettofälligkeit;Bruttobetrag;Offener Betrag
    1;C1;Rechnung;15.01.2024;14.02.2024;1.100,00;600,00
    2;C1;Rechnung;16.02.2024;17.03.2024;200,00;200,00
    3;C2;Gutschrift;17.02.2024;17.02.2024;-50,00;-20,00"""


def test_of_open_items_what_is_left_is_owed(tmp_path: Path) -> None:
    source = written(tmp_path, OPEN_ITEMS)
    proposal, preview = read(source, currency="EUR")
    assert owed(preview.ledger) == 780.0
    assert any("Offener Betrag (780.00) is taken as what is owed, not Bruttobetrag" in one for one in proposal.unsure)
    assert proposal.amounts[0].unused == (("Bruttobetrag", 1250.0),)
    _, gross = read(source, currency="EUR", a__open_amount="")
    assert owed(gross.ledger) == 1250.0


DISCOUNTS = """Rechnungsnr;Kundennr;Rechnungsdatum;Faellig;Betrag;Skonto;Gezahlt;Bezahlt am;Waehrung
    R1;K1;13.01.2025;12.02.2025;100,00;2,00;98,00;09.02.2025;EUR
    R2;K1;15.01.2025;14.02.2025;101,00;0,00;101,00;11.02.2025;EUR
    R3;K2;17.01.2025;16.02.2025;102,00;0,00;60,00;13.02.2025;EUR
    R4;K2;19.01.2025;18.02.2025;103,00;0,00;;;EUR"""


def test_a_discount_taken_closes_what_it_leaves(tmp_path: Path) -> None:
    proposal, preview = read(written(tmp_path, DISCOUNTS))
    applied = (
        preview.ledger.tables["applications"].select("to_document_id", "kind", "amount").sort("to_document_id", "kind")
    )
    assert applied.rows() == [
        ("R1", "discount", 200),
        ("R1", "payment", 9_800),
        ("R2", "payment", 10_100),
        ("R3", "payment", 6_000),
    ]
    assert preview.ledger.tables["receipts"].select("receipt_id", "amount").sort("receipt_id").rows() == [
        ("settled:R1", 9_800),
        ("settled:R2", 10_100),
        ("settled:R3", 6_000),
    ]
    assert owed(preview.ledger) == 42.0 + 103.0
    assert any("1 of 1 rows with one were paid less just that, 2.00 in all" in one for one in proposal.unsure)
    assert proposal.amounts[0].unused == ()


def test_a_discount_that_does_not_explain_the_payment_is_named_as_not_used(tmp_path: Path) -> None:
    proposal, preview = read(written(tmp_path, DISCOUNTS.replace("98,00", "100,00")))
    assert owed(preview.ledger) == 42.0 + 103.0
    assert proposal.amounts[0].unused == (("Skonto", 2.0),)
    out = succeeded("import", "wizard", tmp_path / "a.csv", "--out", tmp_path / "a.toml", "--yes").out
    assert "Columns of a not used that hold amounts: Skonto (2.00)." in out


JOURNAL = """Customer,Date,Type,Doc No,Due,Debit,Credit,Applies to invoice
    C1,01/31/2024,Invoice,I1,02/28/2024,100.00,,
    C1,02/15/2024,Invoice,I2,03/16/2024,250.50,,
    C1,03/01/2024,Payment,P1,,,100.00,I1
    C1,03/19/2024,Write-off,W1,,,50.50,I2
    C1,03/20/2024,Order,O1,,70.00,,
    Total for C1,,,,,420.50,150.50,
    ,,,,,,,"""


def test_every_row_of_the_file_is_told_with_debit_and_credit_apart(tmp_path: Path) -> None:
    proposal, _ = read(written(tmp_path, JOURNAL), currency="USD")
    told = proposal.amounts[0]
    assert told.columns == ("Debit", "Credit")
    assert {one.what: (one.rows, one.sums) for one in told.lines} == {
        "used": (4, (350.5, 150.5)),
        "type 'Order': left out": (1, (70.0, 0.0)),
        "lines of totals": (1, (420.5, 150.5)),
        "blank": (1, (0.0, 0.0)),
    }
    assert (told.whole.rows, told.whole.sums) == (7, (841.0, 301.0))
    assert any(one.startswith("disputes, promises") for one in proposal.missing)  # write-offs are in the file
    assert not any("write-offs" in one for one in proposal.missing)


def test_the_script_stops_at_a_type_with_money_and_says_what_to_answer(tmp_path: Path) -> None:
    source = written(tmp_path, SETTLED.format("Solde").replace("3;C2;Facture", "3;C2;ZZ"))
    said = refused("import", "wizard", source, "--out", tmp_path / "a.toml", "--yes")
    assert "'ZZ' in a? 1 row, 300.00 in all. Such as: 3 | C2 | ZZ" in said
    assert ". --answer kind.a.ZZ=invoice or" in said
    assert not (tmp_path / "a.toml").exists()


def test_merged_cells_are_named_and_most_rows_set_aside_are_warned_of(tmp_path: Path) -> None:
    import xlsxwriter

    head = ["Invoice No", "Customer No", "Invoice Date", "Due Date", "Amount", "Currency"]
    source = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(source)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, head)
        for row in range(1, 7):
            sheet.write_row(row, 0, [f"I{row}", "", f"2024-01-0{row}", f"2024-02-0{row}", 10.5 * row, "EUR"])
        sheet.merge_range("B2:B4", "C1")
        sheet.merge_range("B5:B7", "C2")
    said = propose_mapping(source).missing
    assert any("Customer No is empty in 4 of 6 rows, below a filled cell: merged cells" in one for one in said)
    out = succeeded("import", "wizard", source, "--out", tmp_path / "a.toml", "--yes").out
    assert "Most rows of documents are set aside: 4 of 6." in out
