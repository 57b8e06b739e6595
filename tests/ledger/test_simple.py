"""The simple form: settled documents, payments with an invoice number, applications without receipts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from ledger_files import APPLICATIONS, CUSTOMERS, DOCUMENTS, RECEIPTS, codes, documents, folder_of, reasons

from credrisk.errors import DataError
from credrisk.ledger import Ledger
from credrisk.ledger.movements import cash_movements, item_movements


def open_items(ledger: Ledger) -> dict[str, int]:
    sums = item_movements(ledger).group_by("document_id").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    return dict(sums.sort("document_id").iter_rows())


@pytest.mark.parametrize("name", ["settled_on", "Settled Date"])
def test_settled_documents_become_receipts_and_applications(tmp_path: Path, name: str) -> None:
    text = documents(
        document_id=["D1", "D2", "D3", "D4", "D5"],
        kind=["invoice", "invoice", "invoice", "credit_note", "invoice"],
        amount=["100", "50", "70", "-20", "5"],
        **{
            name: ["2024-03-01", "2024-03-02", "", "2024-03-01", ""],
            "settled_amount": ["", "30", "", "", "5"],
        },
    )
    ledger = Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=text), currency="EUR")
    assert ledger.table("receipts").select("receipt_id", "customer_id", "date", "amount", "currency").rows() == [
        ("settled:D1", "C1", date(2024, 3, 1), 10000, "EUR"),
        ("settled:D2", "C1", date(2024, 3, 2), 3000, "EUR"),
        ("settled:D4", "C1", date(2024, 3, 1), -2000, "EUR"),
    ]
    assert open_items(ledger) == {"D2": 2000, "D3": 7000}
    assert cash_movements(ledger)["amount"].sum() == 0
    assert ledger.table("applications")["kind"].unique().to_list() == ["payment"]
    assert reasons(ledger) == [("documents", "D5", "missing_value", "settled_on")]
    derived = ledger.intake.filter(table="receipts").row(0, named=True)
    assert (derived["rows_read"], derived["rows_derived"], derived["money_derived"]) == (0, 3, 110.0)
    assert ledger.settings.covers_to == date(2024, 3, 2)


def test_a_credit_note_without_a_due_date_counts_and_an_invoice_without_one_does_not(tmp_path: Path) -> None:
    text = documents(
        document_id=["D1", "D2", "D3", "D4"],
        kind=["invoice", "credit_note", "", "invoice"],
        due_date=["2024-02-14", "", "", ""],
        amount=["100", "-20", "-5", "70"],
    )
    ledger = Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=text), currency="EUR")
    kept = ledger.table("documents")
    assert kept.select("document_id", "amount").rows() == [("D1", 10000), ("D2", -2000), ("D3", -500)]
    own = kept.filter(pl.col("kind") == "credit_note")
    assert own["due_date"].equals(own["document_date"])
    assert reasons(ledger) == [("documents", "D4", "missing_value", "due_date")]
    assert "assumed_due_date" in codes(ledger, "documents")


def test_settlement_beside_receipts_is_not_used_and_said_so(tmp_path: Path) -> None:
    text = documents(document_id=["D1"], amount=["100"], settled_on=["2024-03-01"])
    ledger = Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=text, receipts=RECEIPTS))
    assert ledger.table("receipts")["receipt_id"].to_list() == ["R1"]
    assert "settlement_unused" in codes(ledger, "documents")


def test_settlement_stands_beside_what_closes_without_cash_and_not_beside_payments(tmp_path: Path) -> None:
    text = documents(document_id=["D1"], amount=["100"], settled_on=["2024-03-01"], settled_amount=["98"])
    applied = "from_id,to_document_id,amount,applied_on,kind\n,D1,2,2024-03-01,discount\n"
    ledger = Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=text, applications=applied), currency="EUR")
    assert "settlement_unused" not in codes(ledger, "documents")
    assert ledger.table("receipts").select("receipt_id", "amount").rows() == [("settled:D1", 9_800)]
    assert ledger.table("applications").sort("kind").select("kind", "amount").rows() == [
        ("discount", 200),
        ("payment", 9_800),
    ]
    assert open_items(ledger) == {}
    paid = applied + "P1,D1,98,2024-03-01,payment\n"
    ledger = Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=text, applications=paid), currency="EUR")
    (unused,) = [finding for finding in ledger.findings if finding.code == "settlement_unused"]
    assert unused.severity == "warning"
    assert open_items(ledger) == {}


def test_payments_with_an_invoice_number(tmp_path: Path) -> None:
    payments = (
        "Payment ID;Invoice Number;Payment Date;Amount;customer_id;method\n"
        "P1;D1;2024-03-01;1.000,00;;wire\n"
        "P1;D2;2024-03-01;150,00;;\n"
        "P2;D1;2024-03-05;50,00;;\n"
        "P2;D3;2024-03-06;1,00;;\n"
        ";D1;2024-03-07;10,00;;\n"
        ";D1;2024-03-07;10,00;;\n"
        "P4;;2024-03-08;99,00;C2;\n"
        "P5;;2024-03-08;98,00;;\n"
        "P6;D9;2024-03-08;97,00;;\n"
        "P7;;2024-03-08;96,00;C9;\n"
    )
    folder_of(tmp_path, customers=CUSTOMERS, documents=DOCUMENTS, payments=payments)
    ledger = Ledger.read(tmp_path)
    receipts = ledger.table("receipts").select("receipt_id", "customer_id", "date", "amount", "method").rows()
    assert receipts == [
        ("P1", "C1", date(2024, 3, 1), 100000, "wire"),
        ("P1/2", "C2", date(2024, 3, 1), 15000, None),
        ("P2", "C1", date(2024, 3, 5), 5000, None),
        ("P2/2", "C1", date(2024, 3, 6), 100, None),
        ("P4", "C2", date(2024, 3, 8), 9900, None),
        ("payment:D1:2024-03-07:1", "C1", date(2024, 3, 7), 1000, None),
        ("payment:D1:2024-03-07:2", "C1", date(2024, 3, 7), 1000, None),
    ]
    assert open_items(ledger) == {"D1": 16456, "D2": 5000, "D3": -3556}
    unapplied = cash_movements(ledger).group_by("customer_id").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    assert unapplied.rows() == [("C2", 9900)]
    assert [(k, r, c) for _, k, r, c in reasons(ledger)] == [
        ("P5 / 2024-03-08 / 98,00", "missing_value", "customer_id"),
        ("P6 / D9 / 2024-03-08 / 97,00", "unknown_document", "document_id"),
        ("P7 / 2024-03-08 / 96,00", "unknown_customer", "customer_id"),
    ]
    read = ledger.intake.filter(table="payments").row(0, named=True)
    assert (read["rows_read"], read["rows_kept"], read["money_read"], read["money_kept"]) == (10, 7, 1611.0, 1320.0)
    assert "equal_rows" in codes(ledger, "payments")


def test_a_line_on_account_is_of_the_customer_of_the_other_lines_of_its_payment(tmp_path: Path) -> None:
    payments = (
        "payment_id,document_id,date,amount\n"
        "P1,D1,2024-03-01,100\nP1,,2024-03-01,7\n"  # D1 is of C1
        "P2,D1,2024-03-02,10\nP2,D2,2024-03-02,10\nP2,,2024-03-02,8\n"  # D2 is of C2: nobody knows whose 8 are
        ",,2024-03-03,9\n"
        "LB,D1,2024-03-04,10\nLB,,2024-03-04,5\nLB,,2024-03-04,4\n"  # a batch of which little was matched
        "P1,,2024-06-05,3\n"  # the same number on another day is another payment
    )
    ledger = Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=DOCUMENTS, payments=payments))
    assert ledger.table("receipts").filter(receipt_id="P1").select("customer_id", "amount").rows() == [("C1", 10700)]
    assert {(row, column) for _, row, _, column in reasons(ledger)} == {
        ("P2 / 2024-03-02 / 8", "customer_id"),
        ("2024-03-03 / 9", "customer_id"),
        ("LB / 2024-03-04 / 5", "customer_id"),
        ("LB / 2024-03-04 / 4", "customer_id"),
        ("P1 / 2024-06-05 / 3", "customer_id"),
    }
    (assumed,) = [finding for finding in ledger.findings if finding.code == "assumed_customer"]
    assert (assumed.severity, assumed.rows) == ("warning", 1)


def test_a_credit_note_that_is_not_there_is_set_aside_beside_payments(tmp_path: Path) -> None:
    folder_of(
        tmp_path,
        customers=CUSTOMERS,
        documents=DOCUMENTS,
        payments="document_id,date,amount\nD1,2024-03-01,10\n",
        applications="from_id,to_document_id,amount,applied_on,kind\nK77,D1,5,2024-03-01,credit_note\n",
    )
    assert [(reason, column) for _, _, reason, column in reasons(Ledger.read(tmp_path))] == [
        ("unknown_receipt", "from_id")
    ]


def test_payments_beside_receipts_would_count_twice(tmp_path: Path) -> None:
    folder_of(
        tmp_path, customers=CUSTOMERS, documents=DOCUMENTS, receipts=RECEIPTS, payments="document_id,date,amount\n"
    )
    with pytest.raises(DataError, match="count twice"):
        Ledger.read(tmp_path)


def test_what_closes_documents_without_cash_may_stand_beside_payments(tmp_path: Path) -> None:
    text = documents(
        document_id=["D1", "D2", "K1"],
        kind=["invoice", "invoice", "credit_note"],
        amount=["100", "50", "-20"],
        open_amount=["0", "45", "0"],
    )
    payments = "payment_id,document_id,customer_id,date,amount\nP1,D1,,2024-03-01,77\nP2,,C1,2024-03-02,9\n"
    applied = (
        "from_id,to_document_id,amount,applied_on,kind\n"
        "K1,D1,20,2024-03-01,\n"
        ",D1,3,2024-03-01,discount\n"
        ",D2,5,2024-03-02,write_off\n"
        ",D9,1,2024-03-02,write_off\n"
    )
    folder_of(tmp_path, customers=CUSTOMERS, documents=text, payments=payments, applications=applied)
    ledger = Ledger.read(tmp_path, currency="EUR")
    assert open_items(ledger) == {"D2": 4500}
    assert ledger.table("receipts").select("receipt_id", "amount").rows() == [("P1", 7700), ("P2", 900)]
    found = ledger.table("applications").sort("to_document_id", "amount").select("from_id", "kind", "amount").rows()
    assert found == [
        (None, "discount", 300),
        ("K1", "credit_note", 2000),
        ("P1", "payment", 7700),
        (None, "write_off", 500),
    ]
    tie = ledger.intake.filter(table="applications").row(0, named=True)
    rows = {part: tie[f"rows_{part}"] for part in ("read", "kept", "quarantined", "derived")}
    assert rows == {"read": 4, "kept": 3, "quarantined": 1, "derived": 1}
    assert (tie["money_read"], tie["money_derived"]) == (29.0, 77.0)
    assert "balance_differs" not in codes(ledger, "documents")


@pytest.mark.parametrize("row", ["P1,D1,10,2024-03-01,", "P1,D1,10,2024-03-01,payment", ",D1,-5,2024-03-01,reversal"])
def test_cash_beside_payments_would_count_twice(row: str, tmp_path: Path) -> None:
    folder_of(
        tmp_path,
        customers=CUSTOMERS,
        documents=DOCUMENTS,
        payments="document_id,date,amount\nD1,2024-03-01,10\n",
        applications=f"from_id,to_document_id,amount,applied_on,kind\n{row}\n",
    )
    with pytest.raises(DataError, match=r"applications of cash \(1 of the kind .*count twice"):
        Ledger.read(tmp_path)


def test_applications_without_receipts_make_them(tmp_path: Path) -> None:
    extra = "R1,D2,150.00,2024-02-28,\n"
    folder_of(tmp_path, customers=CUSTOMERS, documents=DOCUMENTS, applications=APPLICATIONS + extra)
    ledger = Ledger.read(tmp_path)
    assert ledger.table("receipts").select("receipt_id", "customer_id", "date", "amount").rows() == [
        ("R1", "C2", date(2024, 2, 28), 15000),
        ("R1:2024-03-02", "C1", date(2024, 3, 2), 100000),
    ]
    assert ledger.table("applications")["from_kind"].to_list() == ["none", "document", "receipt", "receipt"]
    assert cash_movements(ledger)["amount"].sum() == 0


def test_what_is_taken_back_later_does_not_change_what_was_received(tmp_path: Path) -> None:
    kept = {"customers": CUSTOMERS, "documents": DOCUMENTS}
    paid = "from_id,to_document_id,amount,applied_on,kind\nP1,D1,1000.00,2024-03-02,payment\n"
    bounced = paid + "P1,D1,-1000.00,2024-04-20,reversal\n"
    stated = {"covers_from": "2024-01-01", "covers_to": "2024-12-31"}
    ledgers = []
    for name, applications in (("then", paid), ("later", bounced)):
        (tmp_path / name).mkdir()
        ledgers.append(Ledger.read(folder_of(tmp_path / name, **kept, applications=applications), **stated))
    then, later = ledgers
    for table in ("receipts", "applications", "documents", "customers"):
        assert later.cut("2024-03-31").table(table).equals(then.cut("2024-03-31").table(table)), table
    assert later.table("receipts").select("receipt_id", "date", "amount").rows() == [
        ("P1", date(2024, 3, 2), 100000),
        ("P1:2024-04-20", date(2024, 4, 20), -100000),
    ]
    assert cash_movements(later)["amount"].sum() == 0


def test_an_application_over_two_currencies_needs_its_receipt(tmp_path: Path) -> None:
    text = documents(amount=["1", "2", "3"], currency=["EUR", "USD", "EUR"])
    applied = "from_id,to_document_id,amount,applied_on\nR1,D1,1,2024-03-01\nR1,D2,2,2024-03-01\nR2,D3,3,2024-03-01\n"
    ledger = Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=text, applications=applied))
    assert ledger.table("receipts")["receipt_id"].to_list() == ["R2"]
    assert [r[2:] for r in reasons(ledger)] == [("other_currency", "currency")] * 2


def test_customers_from_documents(tmp_path: Path) -> None:
    text = documents(
        invoice_number=["7", "8", "9"],
        customer_id=["K1", "K1", "K2"],
        customer_name=["Zeta", "Beta", ""],
        amount=["1", "2", "x"],
    )
    text = (
        pl.read_csv(text.encode(), infer_schema=False)
        .drop("document_id")
        .rename({"document_date": "Invoice Date"})
        .write_csv()
    )
    ledger = Ledger.read(folder_of(tmp_path, documents=text), currency="EUR")
    assert ledger.table("customers").select("customer_id", "name", "currency").rows() == [("K1", "Beta", "EUR")]
    assert ledger.table("documents")["document_id"].to_list() == ["7", "8"]
    intake = ledger.intake.filter(table="customers").row(0, named=True)
    assert (intake["rows_read"], intake["rows_derived"]) == (0, 1)


def test_the_same_source_gives_the_same_ids_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows = [
        "P1,D1,2024-03-01,5",
        "P1,D2,2024-03-01,6",
        ",D1,2024-03-01,7",
        ",D1,2024-03-01,8",
        ",D1,2024-03-01,8",
        "P2,D2,2024-03-01,1",
    ]
    ledgers = []
    for order in (rows, rows[::-1]):
        text = "\n".join(["payment_id,document_id,date,amount", *order]) + "\n"
        ledgers.append(Ledger.read(folder_of(tmp_path, customers=CUSTOMERS, documents=DOCUMENTS, payments=text)))
    for name in ("receipts", "applications"):
        assert ledgers[0].table(name).equals(ledgers[1].table(name))
