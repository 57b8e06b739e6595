"""Whose a payment is and which column numbers the customer; months by name, and dates that cannot be read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk.ledger.month_names import MONTHS
from credrisk.ledger.parse_dates import read_dates
from credrisk.sources.mapping_values import read_date
from credrisk.sources.wizard.preview import Preview, preview_mapping
from credrisk.sources.wizard.propose import propose_mapping


def preview_of(folder: Path, **answers: str) -> Preview:
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return preview_mapping(propose_mapping(folder, answers={"currency": "EUR", **given}), folder)


def test_cash_on_account_is_kept_where_the_customer_is_known_by_name_alone(tmp_path: Path) -> None:
    rows = [
        "Date;Type;Customer Name;Doc No;Due Date;Debit;Credit;Invoice Ref",
        "2025-01-02;Invoice;Firm A;I1;2025-02-01;100.00;;I1",
        "2025-02-04;Payment;Firm A;P1;;;100.00;I1",
        "2025-02-05;Invoice;Firm B;I2;2025-03-01;70.00;;I2",
        "2025-02-20;Payment;Firm B;P2;;;55.00;",
    ]
    (tmp_path / "j.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    ledger = preview_of(tmp_path).ledger
    receipts = ledger.tables["receipts"].select("customer_id", "amount").sort("customer_id")
    assert receipts.rows() == [("Firm A", 10000), ("Firm B", 5500)]
    assert ledger.quarantine.is_empty()


def test_payments_by_name_meet_documents_by_name_whatever_else_the_payments_have(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(
        "Invoice No,Customer Name,Invoice Date,Due Date,Amount\n"
        "I1,Firm A,2025-01-02,2025-02-01,100.00\nI2,Firm B,2025-01-03,2025-02-02,70.00\n",
        encoding="utf-8",
    )
    (tmp_path / "payments.csv").write_text(
        "Payment No,Account,Customer Name,Payment Date,Invoice No,Paid Amount\n"
        "P1,1200,Firm A,2025-02-03,I1,100.00\nP2,1200,Firm B,2025-02-04,,20.00\n",
        encoding="utf-8",
    )
    ledger = preview_of(tmp_path).ledger
    assert ledger.tables["receipts"]["customer_id"].sort().to_list() == ["Firm A", "Firm B"]


@pytest.mark.parametrize("header", ["Cuenta", "Conto", "Acct", "A/C", "Account"])
@pytest.mark.parametrize("name_first", [True, False])
def test_the_customers_number_is_told_by_word_and_content(header: str, name_first: bool, tmp_path: Path) -> None:
    pairs = [("00043", "Luna Foods"), ("00051", "Alto Steel"), ("00060", "Rio Plast")]
    head, lines = (["Customer", header], [(name, code) for code, name in pairs])
    if not name_first:
        head, lines = head[::-1], [pair[::-1] for pair in lines]
    rows = [
        f"I{place},{one},{two},2025-01-0{place},2025-02-0{place},10.00" for place, (one, two) in enumerate(lines, 1)
    ]
    text = "\n".join([f"Invoice No,{','.join(head)},Invoice Date,Due Date,Amount", *rows]) + "\n"
    (tmp_path / "i.csv").write_text(text, encoding="utf-8")
    customers = preview_of(tmp_path).ledger.tables["customers"]
    assert customers.select("customer_id", "name").sort("customer_id").rows() == pairs


def test_an_account_of_the_general_ledger_is_no_customer(tmp_path: Path) -> None:
    rows = [f"I{day},1400,Firm {day},2025-01-0{day},2025-02-0{day},10.00" for day in range(1, 6)]
    text = "\n".join(["Invoice No,Conto,Ragione sociale,Data fattura,Scadenza,Importo", *rows]) + "\n"
    (tmp_path / "i.csv").write_text(text, encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert any("Conto is no customer: it is an account of the general ledger" in one for one in proposal.unsure)
    assert preview_mapping(proposal, tmp_path).ledger.tables["customers"].height == 5


SAID = {
    "01-mrt-2024": date(2024, 3, 1),
    "17-MEI-24": date(2024, 5, 17),
    "3 okt 2024": date(2024, 10, 3),
    "1. März 2024": date(2024, 3, 1),
    "31. Dez. 2024": date(2024, 12, 31),
    "1 août 2024": date(2024, 8, 1),
    "02 févr. 2024": date(2024, 2, 2),
    "5 de enero de 2024": date(2024, 1, 5),
    "09/ago/2024": date(2024, 8, 9),
    "15 giugno 2024": date(2024, 6, 15),
    "07-fev-2024": date(2024, 2, 7),
    "31-Jan-2024": date(2024, 1, 31),
}


def test_months_by_name_are_read_in_every_language() -> None:
    read = read_dates(pl.Series(list(SAID)), month_first=False, workbook=False)
    assert dict(zip(SAID, read["value"], strict=True)) == SAID
    strange = read_dates(pl.Series(["01-foo-2024", "31-feb-2024"]), month_first=False, workbook=False)
    assert strange["fault"].to_list() == ["unreadable_date", "impossible_date"]
    assert len(set(MONTHS.values())) == 12


@pytest.mark.parametrize("text", SAID)
def test_a_mapping_reads_the_months_that_the_wizard_reads(text: str, tmp_path: Path) -> None:
    rows = f"Invoice No;Customer No;Datum;Vervaldatum;Bedrag\nI1;C1;{text};{text};10,00\n"
    (tmp_path / "i.csv").write_text(rows, encoding="utf-8")
    documents = preview_of(tmp_path).ledger.tables["documents"]
    assert documents["due_date"].to_list() == [SAID[text]]


def test_a_format_with_a_month_reads_nothing_else() -> None:
    days = pl.DataFrame({"day": ["01-mei-2024", "01-foo-2024", "mei"]})
    assert days.select(read_date(pl.col("day"), ("%d-%b-%Y",))).to_series().to_list() == [date(2024, 5, 1), None, None]


def test_cells_that_keep_a_column_from_being_the_due_date_are_named(tmp_path: Path) -> None:
    rows = [f"I{day};C1;2024-01-0{day};0{day}-brumaire-2024;10,00" for day in range(1, 6)]
    text = "\n".join(["Invoice No;Customer No;Datum;Vervaldatum;Bedrag", *rows]) + "\n"
    (tmp_path / "i.csv").write_text(text, encoding="utf-8")
    question = next(one for one in propose_mapping(tmp_path, answers={"currency": "EUR"}).questions)
    assert question.key == "terms.i"
    assert "'Vervaldatum' is named like it, but 5 of its 5 cells cannot be read as dates" in question.evidence
    assert "'01-brumaire-2024'" in question.evidence
    assert "No column for the due date was recognised" not in question.evidence
