"""NetSuite: what closed what by the links, signs by the types, today's unpaid amount never read, no row lost."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export, recognise_export
from credrisk.sources.mapping import Imported

TRANSACTION = "id,type,trandate,duedate,status,currency,entity,createddate,posting,voided,isreversal,reversal"
LINE = "id,transaction,mainline,foreignamount,foreignamountunpaid,entity"
LINK = "previousdoc,previousline,nextdoc,nextline,linktype,foreignamount"
CURRENCY = ["id,name,symbol", "1,Euro,EUR"]
CUSTOMER = ["id,companyname,currency", "77,Nordlicht GmbH,1"]
ACCOUNT = ["id,accttype,fullname", "10,AcctRec,Debtors", "20,Expense,Bad debt expense", "30,Income,Sales"]


def write(folder: Path, **tables: list[str]) -> Path:
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def head(key: str, kind: str, day: str, **more: str) -> str:
    cells = {"id": key, "type": kind, "trandate": f"{day} 0:00:00", "currency": "1", "entity": "77", "posting": "T"}
    return ",".join((cells | more).get(name, "") for name in TRANSACTION.split(","))


def line(transaction: str, number: int, amount: str, main: str = "T", **more: str) -> str:
    cells = {"id": str(number), "transaction": transaction, "mainline": main, "foreignamount": amount}
    return ",".join((cells | more).get(name, "") for name in LINE.split(","))


def books(folder: Path) -> Imported:
    write(
        folder,
        transaction=[
            TRANSACTION,
            head("1", "CustInvc", "2024-01-10", duedate="2024-02-09", createddate="2024-01-11 8:00:00"),
            head("2", "CustPymt", "2024-02-20", createddate="2024-02-21 8:00:00"),
            head("3", "CustCred", "2024-02-01"),
            head("4", "CustInvc", "2024-01-15", duedate="2024-02-14"),
            head("5", "Journal", "2024-06-30"),
            head("6", "VendBill", "2024-01-01"),
            head("7", "CustInvc", "2024-03-01", voided="T"),
            head("8", "CustDep", "2024-01-05"),
            head("9", "DepAppl", "2024-03-05"),
            head("10", "CustRfnd", "2024-04-01"),
            head("11", "Surprise", "2024-04-01"),
        ],
        transactionLine=[
            LINE,
            line("1", 0, "1000.00", foreignamountunpaid="0"),
            line("2", 0, "700.00"),
            line("2", 1, "-700.00", "F"),
            line("3", 0, "-150.00"),
            line("4", 0, "500.00", foreignamountunpaid="999"),
            line("5", 0, "400.00", "F"),
            line("5", 1, "-400.00", "F", entity="77"),
            line("6", 0, "-80.00"),
            line("8", 0, "100.00"),
            line("10", 0, "-50.00"),
        ],
        transactionAccountingLine=[
            "accountingbook,transaction,transactionline,account",
            "1,5,0,20",
            "1,5,1,10",
            "1,1,0,10",
            "1,3,0,10",
        ],
        previousTransactionLineLink=[
            LINK,
            "1,0,2,1,Payment,700",
            "1,0,3,0,Payment,100",
            "4,0,5,1,Payment,400",
            "8,0,9,0,DepAppl,100",
            "4,0,9,0,Payment,100",
            "3,0,10,0,Payment,50",
            "99,0,1,0,OrdBill,1000",
        ],
        currency=CURRENCY,
        account=ACCOUNT,
        customer=CUSTOMER,
    )
    form, imported = import_export(folder)
    assert form.name == "netsuite"
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()
    return imported


def applied(imported: Imported) -> dict[tuple[str | None, str], tuple[str, str, str]]:
    frame = imported.tables["applications"]
    return {
        (row["from_id"], row["to_document_id"]): (row["kind"], row["amount"], row["applied_on"])
        for row in frame.iter_rows(named=True)
    }


def test_every_clearing_is_what_its_credit_is(tmp_path: Path) -> None:
    assert applied(books(tmp_path)) == {
        ("2", "1"): ("payment", "700", "2024-02-20"),
        ("3", "1"): ("credit_note", "100", "2024-02-01"),
        (None, "4"): ("write_off", "400", "2024-06-30"),
        ("8", "4"): ("payment", "100", "2024-01-15"),
        ("10", "3"): ("payment", "-50", "2024-04-01"),
    }


def test_what_is_open_is_amounts_less_applications_not_what_is_unpaid_today(tmp_path: Path) -> None:
    ledger = Ledger.read(books(tmp_path).tables)
    assert ledger.quarantine.is_empty()
    documents = dict(ledger.tables["documents"].select("document_id", "amount").iter_rows())
    applied = ledger.tables["applications"].group_by("to_document_id").agg(pl.col("amount").sum())
    left = {key: documents[key] - cents for key, cents in applied.iter_rows()}
    assert left == {"1": 20_000, "4": 0, "3": -10_000}  # the credit note gave 100 of its 150, 50 went back


def test_signs_follow_the_types(tmp_path: Path) -> None:
    imported = books(tmp_path)
    documents = {row["document_id"]: row["amount"] for row in imported.tables["documents"].iter_rows(named=True)}
    assert {key: Decimal(value) for key, value in documents.items()} == {"1": 1000, "3": -150, "4": 500}
    receipts = {row["receipt_id"]: Decimal(row["amount"]) for row in imported.tables["receipts"].iter_rows(named=True)}
    assert receipts == {"2": 700, "8": 100, "10": -50}
    assert imported.tables["receipts"].filter(pl.col("receipt_id") == "2")["recorded_at"].item() == "2024-02-21"


def test_what_is_no_receivable_is_left_out_and_counted(tmp_path: Path) -> None:
    imported = books(tmp_path)
    rule = imported.summary.filter(pl.col("file") == "transaction.csv")["left_out_unless"].item()
    for words in ("VendBill: no receivable (1)", "CustInvc: voided (1)", "type not known (1)"):
        assert words in rule
    unknown = imported.tables["findings"].filter(pl.col("code") == "type_unknown")
    assert unknown["severity"].item() == "error"


def test_without_links_nothing_is_said_to_be_paid(tmp_path: Path) -> None:
    write(
        tmp_path,
        transaction=[TRANSACTION, head("1", "CustInvc", "2024-01-10"), head("2", "CustPymt", "2024-02-20")],
        transactionLine=[LINE, line("1", 0, "10"), line("2", 0, "10")],
    )
    _, imported = import_export(tmp_path)
    assert "applications" not in imported.tables
    assert {"no_links", "currency_not_there"} <= set(imported.tables["findings"]["code"])


def test_a_table_of_transactions_of_anybody_is_not_netsuite(tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text("Id,Type,Transaction date,Currency\n1,x,2024-01-01,EUR\n", encoding="utf-8")
    assert "netsuite" not in {form.name for _, form in recognise_export(tmp_path)}


def test_an_export_without_transactions_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "link.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([LINK.split(","), ["1", "0", "2", "0", "Payment", "5"]])
    with pytest.raises(DataError, match="no transactions"):
        import_export(tmp_path)
