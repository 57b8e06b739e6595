"""QuickBooks Online: what closes an invoice is told apart, today's balance only checks, no record is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.visibility import cut
from credrisk.sources.erp.files import open_export
from credrisk.sources.erp.formats import import_export
from credrisk.sources.erp.quickbooks_online import read, recognise
from credrisk.sources.mapping import Imported

USD = {"value": "USD", "name": "United States Dollar"}


def record(number: str, customer: str, day: str, total: float, **more: Any) -> dict[str, Any]:
    return {
        "Id": number,
        "SyncToken": "0",
        "MetaData": {"CreateTime": f"{day}T09:00:00-08:00", "LastUpdatedTime": f"{day}T09:00:00-08:00"},
        "TxnDate": day,
        "CustomerRef": {"value": customer, "name": f"Customer {customer}"},
        "CurrencyRef": USD,
        "TotalAmt": total,
        **more,
    }


def invoice(number: str, day: str, total: float, balance: float, **more: Any) -> dict[str, Any]:
    due = more.pop("DueDate", "2024-03-31")
    return record(number, more.pop("customer", "1"), day, total, Balance=balance, DueDate=due, **more)


def line(kind: str, number: str, amount: float, **more: str) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": number, "TxnType": kind, **more}]}


def journal_line(number: str, posting: str, amount: float, account: str, customer: str | None = None) -> dict[str, Any]:
    detail: dict[str, Any] = {"PostingType": posting, "AccountRef": {"value": f"a-{account}", "name": account}}
    if customer:
        detail["Entity"] = {"Type": "Customer", "EntityRef": {"value": customer, "name": f"Customer {customer}"}}
    return {"Id": number, "Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}


def answer(kind: str, *records: Mapping[str, Any]) -> dict[str, Any]:
    page = {kind: list(records), "startPosition": 1, "maxResults": len(records)}
    return {"QueryResponse": page, "time": "2024-06-30T12:00:00.000-07:00"}


def import_of(folder: Path, **bodies: object) -> Imported:
    for name, body in bodies.items():
        (folder / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    _, imported = import_export(folder)
    rows = imported.summary
    parts = rows.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == rows["read"].to_list()
    return imported


def applied(imported: Imported) -> list[tuple[str | None, str, float, str]]:
    frame = imported.tables["applications"]
    return [
        (row["from_id"], row["to_document_id"], float(row["amount"]), row["kind"])
        for row in frame.iter_rows(named=True)
    ]


def left_open(imported: Imported) -> dict[str, Decimal]:
    """Add up, the slow way, what each document has open at the end."""
    left = {row["document_id"]: Decimal(row["amount"]) for row in imported.tables["documents"].iter_rows(named=True)}
    for source, to, amount, _ in applied(imported):
        left[to] -= Decimal(str(amount))
        if source in left:
            left[source] += Decimal(str(amount))
    return left


def codes(imported: Imported) -> dict[str, tuple[int, float | None]]:
    if "findings" not in imported.tables:
        return {}
    frame = imported.tables["findings"]
    return {row["code"]: (row["rows"], row["money"]) for row in frame.iter_rows(named=True)}


def test_a_year_of_a_customer(tmp_path: Path) -> None:
    """Paid in two parts, credited, written off by a memo and by a journal entry: each by its own kind."""
    bad_debt = [
        {
            "Amount": 70,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "9", "name": "Bad debts"}},
        }
    ]
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoice",
            invoice("10", "2024-01-05", 1000, 0, TxnTaxDetail={"TotalTax": 80}),
            invoice("11", "2024-01-06", 100, 30),
            invoice("12", "2024-01-07", 70, 0),
            invoice("13", "2024-01-08", 55, 0),
            invoice("14", "2024-01-09", 40, 40),
        ),
        payments=answer(
            "Payment",
            record("20", "1", "2024-02-01", 600, UnappliedAmt=0, Line=[line("Invoice", "10", 600)]),
            record("21", "1", "2024-02-20", 450, UnappliedAmt=50, Line=[line("Invoice", "10", 400)]),
            record(
                "22",
                "1",
                "2024-02-25",
                0,
                UnappliedAmt=0,
                Line=[line("Invoice", "11", 70), line("CreditMemo", "30", 70)],
            ),
            record(
                "23",
                "1",
                "2024-03-01",
                0,
                UnappliedAmt=0,
                Line=[line("Invoice", "12", 70), line("CreditMemo", "31", 70)],
            ),
            record(
                "24",
                "1",
                "2024-03-02",
                0,
                UnappliedAmt=0,
                Line=[line("JournalEntry", "40", 55, TxnLineId="1"), line("Invoice", "13", 55)],
            ),
        ),
        memos=answer(
            "CreditMemo",
            record("30", "1", "2024-02-24", 90, RemainingCredit=20, Balance=20),
            record("31", "1", "2024-03-01", 70, RemainingCredit=0, Balance=0, Line=bad_debt),
        ),
        journals=answer(
            "JournalEntry",
            record(
                "40",
                "1",
                "2024-03-02",
                55,
                Line=[
                    journal_line("0", "Debit", 55, "Bad Debt Expense"),
                    journal_line("1", "Credit", 55, "Accounts Receivable (A/R)", "1"),
                ],
            ),
        ),
        customers=answer(
            "Customer", {"Id": "1", "DisplayName": "Nordlicht GmbH", "MetaData": {"CreateTime": "2023-01-01T00:00:00Z"}}
        ),
    )
    assert applied(imported) == [
        ("Payment:20", "10", 600.0, "payment"),
        ("Payment:21", "10", 400.0, "payment"),
        ("CreditMemo:30", "11", 70.0, "credit_note"),
        (None, "12", 70.0, "write_off"),
        (None, "13", 55.0, "write_off"),
    ]
    assert left_open(imported) == {"10": 0, "11": 30, "12": 0, "13": 0, "14": 40, "CreditMemo:30": -20}
    assert "balance_differs" not in codes(imported)
    receipts = imported.tables["receipts"]
    assert dict(zip(receipts["receipt_id"], receipts["amount"], strict=True)) == {
        "Payment:20": "600",
        "Payment:21": "450",
    }
    ledger = Ledger.read(imported.tables)
    assert ledger.quarantine.is_empty()
    assert {name: frame.height for name, frame in ledger.tables.items() if frame.height} == {
        "customers": 1,
        "documents": 6,
        "receipts": 2,
        "applications": 5,
    }
    assert imported.tables["settings"].rows() == [("extracted_on", "2024-06-30")]


def test_the_balance_of_today_is_only_a_check(tmp_path: Path) -> None:
    """An invoice that is paid today, without its payment in the export, stays open, and the difference is named."""
    imported = import_of(tmp_path, invoices=answer("Invoice", invoice("10", "2024-01-05", 1000, 0)))
    assert left_open_without_applications(imported) == {"10": 1000}
    assert codes(imported)["balance_differs"] == (1, -1000.0)


def left_open_without_applications(imported: Imported) -> dict[str, float]:
    assert "applications" not in imported.tables
    frame = imported.tables["documents"]
    return dict(zip(frame["document_id"], frame["amount"].cast(pl.Float64), strict=True))


def test_versions_deletions_and_voids(tmp_path: Path) -> None:
    """The latest version counts, a deleted record stays deleted, a voided one is left out with its money."""
    old, new = invoice("10", "2024-01-05", 900, 900), invoice("10", "2024-01-05", 1000, 1000, SyncToken="2")
    cdc = {
        "CDCResponse": [
            {
                "QueryResponse": [
                    {"Invoice": [new, {"Id": "11", "status": "Deleted"}]},
                    {"Payment": [{"Id": "20", "status": "Deleted"}]},
                ]
            }
        ]
    }
    imported = import_of(
        tmp_path,
        a_changes=cdc,
        b_all=answer(
            "Invoice",
            old,
            invoice("11", "2024-01-06", 50, 50, SyncToken="7"),
            invoice("12", "2024-01-07", 0, 0, PrivateNote="Voided - ordered twice"),
            invoice("13", "2024-01-07", 60, 60, PrivateNote="Voided"),
            invoice("14", "2024-01-07", 80, 80, PrivateNote="Voided cheque came back, paid again in March"),
        ),
        c_spot=answer("SalesReceipt", record("50", "1", "2024-01-09", 33)),
    )
    frame = imported.tables["documents"]
    assert dict(zip(frame["document_id"], frame["amount"], strict=True)) == {"10": "1000", "14": "80"}
    rows = {row["file"]: row for row in imported.summary.iter_rows(named=True)}
    assert [rows["b_all.json"][name] for name in ("read", "used", "merged", "left_out")] == [5, 1, 2, 2]
    assert [rows["a_changes.json"][name] for name in ("read", "used", "merged", "left_out")] == [3, 1, 0, 2]
    assert rows["c_spot.json"]["left_out"] == 1
    out = imported.sums.filter(table="left out")
    assert dict(zip(out["file"], out["amount"], strict=True)) == {"b_all.json": 60.0, "c_spot.json": 33.0}
    assert codes(imported)["voided_with_money"] == (1, 60.0)
    assert codes(imported)["edited_since"] == (1, None)


def test_credits_follow_the_order_of_the_lines_and_cash_comes_last(tmp_path: Path) -> None:
    imported = import_of(
        tmp_path,
        invoices=answer("Invoice", invoice("10", "2024-01-05", 100, 0), invoice("11", "2024-01-06", 50, 0)),
        payment={
            "Payment": record(
                "20",
                "1",
                "2024-02-01",
                90,
                UnappliedAmt=0,
                Line=[line("Invoice", "10", 100), line("CreditMemo", "30", 60), line("Invoice", "11", 50)],
            )
        },
        memos=answer("CreditMemo", record("30", "1", "2024-01-20", 60, RemainingCredit=0)),
    )
    assert applied(imported) == [
        ("CreditMemo:30", "10", 60.0, "credit_note"),
        ("Payment:20", "10", 40.0, "payment"),
        ("Payment:20", "11", 50.0, "payment"),
    ]
    assert codes(imported) == {"split_by_order": (1, None), "customers_from_references": (1, None)}


def test_what_cannot_be_told_is_never_a_payment(tmp_path: Path) -> None:
    """A journal entry that is not there, or against an unknown account, closes as offset and is named."""
    imported = import_of(
        tmp_path,
        invoices=answer("Invoice", invoice("10", "2024-01-05", 100, 0), invoice("11", "2024-01-06", 50, 0)),
        payments=answer(
            "Payment",
            record("20", "1", "2024-02-01", 0, Line=[line("Invoice", "10", 100), line("JournalEntry", "77", 100)]),
            record("21", "1", "2024-02-02", 0, Line=[line("Invoice", "11", 50), line("JournalEntry", "40", 50)]),
        ),
        journals=answer(
            "JournalEntry",
            record(
                "40",
                "1",
                "2024-02-02",
                50,
                Line=[
                    journal_line("0", "Debit", 50, "Suspense"),
                    journal_line("1", "Credit", 50, "Accounts Receivable (A/R)", "1"),
                ],
            ),
            record(
                "41",
                "1",
                "2024-02-03",
                9,
                Line=[journal_line("0", "Debit", 9, "Rent"), journal_line("1", "Credit", 9, "Bank")],
            ),
        ),
    )
    assert applied(imported) == [(None, "10", 100.0, "offset"), ("JournalEntry:40:1", "11", 50.0, "offset")]
    assert left_open(imported) == {"10": 0, "11": 0, "JournalEntry:40:1": 0}
    assert codes(imported)["untold_clearing"] == (1, 100.0)
    assert codes(imported)["journal_offset"] == (1, 50.0)
    assert Ledger.read(imported.tables).quarantine.is_empty()


def test_named_accounts_are_write_offs(tmp_path: Path) -> None:
    bodies = {
        "invoices": answer("Invoice", invoice("11", "2024-01-06", 50, 0)),
        "payment": {
            "Payment": record(
                "21", "1", "2024-02-02", 0, Line=[line("Invoice", "11", 50), line("JournalEntry", "40", 50)]
            )
        },
        "journal": {
            "JournalEntry": record(
                "40",
                "1",
                "2024-02-02",
                50,
                Line=[journal_line("0", "Debit", 50, "Perdu"), journal_line("1", "Credit", 50, "Clients", "1")],
            )
        },
    }
    for name, body in bodies.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    imported = read(open_export(tmp_path), receivable_accounts="Clients", bad_debt_accounts="perd*, Autre")
    assert applied(imported) == [(None, "11", 50.0, "write_off")]
    assert set(left_open(imported)) == {"11"}


def test_cash_paid_back_and_deposits(tmp_path: Path) -> None:
    """A cheque against a credit memo is negative cash; a deposit line on receivables is cash, one of a payment not."""
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoice", invoice("10", "2024-01-05", 100, 0), invoice("11", "2024-01-06", 80, 60, Deposit=20)
        ),
        memos=answer("CreditMemo", record("30", "1", "2024-01-20", 45, RemainingCredit=0)),
        payments=answer(
            "Payment",
            record("20", "1", "2024-02-01", 0, Line=[line("Check", "90", 45), line("CreditMemo", "30", 45)]),
            record("21", "1", "2024-02-03", 0, Line=[line("Invoice", "10", 100), line("Deposit", "60", 100)]),
        ),
        deposits=answer(
            "Deposit",
            {
                "Id": "60",
                "TxnDate": "2024-02-02",
                "CurrencyRef": USD,
                "TotalAmt": 100,
                "Line": [
                    {
                        "Id": "1",
                        "Amount": 100,
                        "DepositLineDetail": {
                            "Entity": {"value": "1"},
                            "AccountRef": {"value": "5", "name": "Accounts Receivable (A/R)"},
                        },
                    }
                ],
            },
            {
                "Id": "61",
                "TxnDate": "2024-02-02",
                "TotalAmt": 7,
                "Line": [{"Amount": 7, "LinkedTxn": [{"TxnId": "20", "TxnType": "Payment"}]}],
            },
        ),
    )
    receipts = imported.tables["receipts"]
    assert dict(zip(receipts["receipt_id"], receipts["amount"].cast(pl.Float64), strict=True)) == {
        "Invoice:11:deposit": 20,
        "Deposit:60:1": 100,
        "Check:90": -45,
    }
    assert applied(imported) == [
        ("Invoice:11:deposit", "11", 20.0, "payment"),
        ("Check:90", "CreditMemo:30", -45.0, "payment"),
        ("Deposit:60:1", "10", 100.0, "payment"),
    ]
    assert left_open(imported) == {"10": 0, "11": 60, "CreditMemo:30": 0}
    assert "balance_differs" not in codes(imported)
    assert Ledger.read(imported.tables).quarantine.is_empty()


def test_due_dates_come_from_terms_only_where_these_say_it(tmp_path: Path) -> None:
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoice",
            invoice("10", "2024-01-05", 10, 10, DueDate=None, SalesTermRef={"value": "3"}),
            invoice("11", "2024-01-05", 10, 10, DueDate=None, SalesTermRef={"value": "4"}),
        ),
        terms=answer(
            "Term",
            {"Id": "3", "Type": "STANDARD", "DueDays": 30},
            {"Id": "4", "Type": "DATE_DRIVEN", "DayOfMonthDue": 1},
        ),
    )
    assert imported.tables["documents"]["due_date"].to_list() == ["2024-02-04", None]


def rate(source: str, day: str, value: float, changed: str, target: str = "USD") -> dict[str, Any]:
    return {
        "SourceCurrencyCode": source,
        "TargetCurrencyCode": target,
        "AsOfDate": day,
        "Rate": value,
        "MetaData": {"LastUpdatedTime": changed},
    }


def test_exchange_rates_translate_into_the_own_currency(tmp_path: Path) -> None:
    """The last version of a day counts; rates into two currencies are no table of rates."""
    foreign = invoice("10", "2024-01-05", 100, 100, CurrencyRef={"value": "EUR"})
    rates = [
        rate("EUR", "2024-01-05", 1.1, "2024-01-06"),
        rate("EUR", "2024-01-05", 1.2, "2024-01-05"),
        rate("USD", "2024-01-05", 1, "2024-01-05"),
    ]
    imported = import_of(tmp_path, invoices=answer("Invoice", foreign), rates=answer("ExchangeRate", *rates))
    assert imported.tables["rates"].rows() == [("EUR", "2024-01-05", "1.1")]
    assert ("currency", "USD") in imported.tables["settings"].rows()
    assert "no_rate" not in {one.code for one in Ledger.read(imported.tables).check().findings}
    rates.append(rate("EUR", "2024-01-05", 1.1, "2024-01-06", target="GBP"))
    assert "rates" not in import_of(tmp_path, rates=answer("ExchangeRate", *rates)).tables


def test_lines_that_do_not_add_up_are_named(tmp_path: Path) -> None:
    imported = import_of(
        tmp_path,
        invoices=answer("Invoice", invoice("10", "2024-01-05", 100, 100)),
        payments=answer(
            "Payment",
            record("20", "1", "2024-02-01", 70, UnappliedAmt=0, Line=[]),
            record("21", "1", "2024-02-01", 10, UnappliedAmt=0, Line=[line("Invoice", "10", 30)]),
        ),
    )
    found = codes(imported)
    assert found["payment_lines_differ"] == (2, 70 - 20.0)
    assert found["more_than_paid"] == (1, 20.0)
    assert applied(imported) == [("Payment:21", "10", 10.0, "payment")]


def test_pages_that_are_missing_are_named(tmp_path: Path) -> None:
    short = answer("Invoice", invoice("10", "2024-01-05", 100, 100))
    short["QueryResponse"]["maxResults"] = 6
    assert codes(import_of(tmp_path, page=short))["page_not_there"] == (1, None)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.json",
            '{"Fault": {"Error": [{"Message": "Token expired", "Detail": "d", "code": "3200"}]}, "time": "x"}',
            "3200: Token expired: d",
        ),
        ("a.json", '{"fault": {"error": [{"message": "ThrottleExceeded", "code": "003001"}]}}', "ThrottleExceeded"),
        (
            "a.xml",
            '<Fault type="ValidationFault"><Error code="2050"><Message>Too long</Message></Error></Fault>',
            "2050",
        ),
        ("a.xml", "<IntuitResponse><Invoice>", "no plain XML"),
        ("a.json", '{"QueryResponse": {"Invoice": [', "no whole JSON"),
        ("a.json", '{"Something": 1}', "no record"),
        ("a.json", '{"Header": {"ReportName": "ProfitAndLoss"}, "Columns": {}, "Rows": {}}', "ProfitAndLoss"),
        ("a.xml", '<!DOCTYPE x [<!ENTITY e "boom">]><Invoice><Id>&e;</Id></Invoice>', "no plain XML"),
    ],
)
def test_error_messages_and_damage_are_refused(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=words):
        read(open_export(tmp_path))


REPORT = {
    "Header": {
        "ReportName": "AgedReceivableDetail",
        "Currency": "USD",
        "EndPeriod": "2024-06-30",
        "Option": [{"Name": "report_date", "Value": "2024-06-30"}],
    },
    "Columns": {
        "Column": [
            {"ColTitle": title, "ColType": kind, "MetaData": [{"Name": "ColKey", "Value": key}]}
            for title, kind, key in [
                ("Date", "Date", "tx_date"),
                ("Transaction Type", "String", "txn_type"),
                ("Num", "String", "doc_num"),
                ("Client", "String", "cust_name"),
                ("Due Date", "Date", "due_date"),
                ("Amount", "Money", "subt_amount"),
                ("Open Balance", "Money", "subt_open_bal"),
            ]
        ]
    },
}


def report_row(
    day: str, kind: str, number: str, txn: str, customer: str, due: str, amount: str, left: str
) -> dict[str, Any]:
    cells = [
        {"value": day},
        {"value": kind, "id": txn},
        {"value": number},
        {"value": f"Customer {customer}", "id": customer},
        {"value": due},
        {"value": amount},
        {"value": left},
    ]
    return {"ColData": cells, "type": "Data"}


def test_a_report_is_the_picture_of_its_day(tmp_path: Path) -> None:
    sections = [
        {
            "Header": {"ColData": [{"value": "1 - 30 days past due"}]},
            "Rows": {
                "Row": [
                    report_row("2024-05-01", "Invoice", "1001", "10", "1", "2024-06-01", "300.00", "120.00"),
                    report_row("2024-06-20", "Payment", "", "20", "1", "", "-50.00", "-50.00"),
                    report_row("2024-06-21", "Credit Memo", "C1", "30", "2", "", "-8.00", "-8.00"),
                ]
            },
            "Summary": {"ColData": [{"value": "Total"}, {"value": ""}, {"value": "62.00"}]},
            "type": "Section",
        },
        {"ColData": [{"value": "TOTAL"}], "group": "GrandTotal", "type": "Section"},
    ]
    imported = import_of(tmp_path, report={**REPORT, "Rows": {"Row": sections}})
    documents = imported.tables["documents"]
    assert documents.select("document_id", "kind", "amount", "recorded_at").rows() == [
        ("10", "invoice", "120.00", "2024-06-30"),
        ("Credit Memo:30", "credit_note", "-8.00", "2024-06-30"),
    ]
    assert imported.tables["receipts"].select("receipt_id", "amount").rows() == [("Payment:20", "50.00")]
    assert imported.summary.select("read", "used").rows() == [(3, 3)]
    assert codes(imported)["snapshot_only"] == (2, 112.0)
    ledger = Ledger.read(imported.tables)
    assert ledger.quarantine.is_empty()
    assert str(ledger.settings.covers_from) == str(ledger.settings.covers_to) == "2024-06-30"
    before = cut(ledger, date(2024, 6, 29))
    assert before.tables["documents"].is_empty()
    assert before.tables["receipts"].is_empty()


def test_a_report_without_the_columns_says_which(tmp_path: Path) -> None:
    columns = {"Column": [{"ColType": "cust_name", "ColTitle": "Client"}, {"ColType": "due_date", "ColTitle": "Due"}]}
    (tmp_path / "r.json").write_text(json.dumps({**REPORT, "Columns": columns, "Rows": {}}))
    with pytest.raises(DataError, match="subt_open_bal"):
        read(open_export(tmp_path))


def test_a_table_of_a_connector(tmp_path: Path) -> None:
    """The lines of payments find their payment; those of an unknown payment are set aside with their money."""
    (tmp_path / "invoice.csv").write_text(
        "id,_fivetran_deleted,_fivetran_synced,due_date,customer_id,total_amount,email_status,allow_ipnpayment,"
        "balance,transaction_date,currency_id,created_at\n"
        "10,FALSE,2024-06-30 01:00:00,2024-02-04,1,100,Sent,FALSE,60,2024-01-05,USD,2024-01-05 10:00:00\n"
        "11,TRUE,2024-06-30 01:00:00,2024-02-04,1,,Sent,FALSE,,2024-01-05,USD,2024-01-05 10:00:00\n"
        ",,,,,,,,,,,\n"
    )
    (tmp_path / "payment.csv").write_text(
        "id,unapplied_amount,customer_id,total_amount,transaction_date,currency_id,created_at\n"
        "20,0,1,40,2024-02-01,USD,2024-02-01 10:00:00\n"
    )
    (tmp_path / "payment_line.csv").write_text(
        "index,payment_id,amount,invoice_id,credit_memo_id\n0,20,40,10,\n0,21,15,10,\n0,20,1\n"
    )
    _, imported = import_export(tmp_path)
    assert applied(imported) == [("Payment:20", "10", 40.0, "payment")]
    rows = {row["file"]: row for row in imported.summary.iter_rows(named=True)}
    assert [rows["invoice.csv"][name] for name in ("read", "used", "left_out", "blank")] == [3, 1, 1, 1]
    assert [rows["payment_line.csv"][name] for name in ("read", "used", "set_aside")] == [3, 1, 2]
    assert imported.set_aside.select("reason", "key", "amount").rows() == [
        ("ragged_line", None, None),
        ("unknown_receipt", "21", 15.0),
    ]
    assert "balance_differs" not in codes(imported)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=True),
    st.sampled_from(
        [
            "1",
            "2",
            "x",
            "",
            "2024-01-05",
            "Voided",
            "Invoice",
            "CreditMemo",
            "JournalEntry",
            "Deposit",
            "Check",
            "Debit",
            "Accounts Receivable",
            "bad debt",
        ]
    ),
)
keys = st.sampled_from(
    [
        "Id",
        "SyncToken",
        "MetaData",
        "TxnDate",
        "CustomerRef",
        "CurrencyRef",
        "TotalAmt",
        "Balance",
        "Deposit",
        "DueDate",
        "Line",
        "Amount",
        "LinkedTxn",
        "TxnId",
        "TxnType",
        "value",
        "name",
        "status",
        "PrivateNote",
        "UnappliedAmt",
        "RemainingCredit",
        "JournalEntryLineDetail",
        "AccountRef",
        "PostingType",
        "Entity",
        "EntityRef",
        "DepositLineDetail",
        "SalesItemLineDetail",
        "ItemRef",
        "SalesTermRef",
        "DueDays",
        "BillAddr",
    ]
)
odd = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6), max_leaves=20
)
KINDS = st.sampled_from(
    [
        "Invoice",
        "Payment",
        "CreditMemo",
        "Customer",
        "Deposit",
        "JournalEntry",
        "Term",
        "Account",
        "Bill",
        "ExchangeRate",
    ]
)


@given(st.lists(st.tuples(KINDS, st.dictionaries(keys, odd, max_size=8)), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_odd_bodies_are_accounted_for_or_refused(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[tuple[str, dict[str, Any]]]
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "a.jsonl").write_text("\n".join(json.dumps({kind: body}) for kind, body in bodies))
    imported = read(open_export(folder))
    assert imported.summary["read"].sum() == len(bodies)
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()
    ledger = Ledger.read(imported.tables, currency="USD", covers_from="2024-01-01", covers_to="2024-12-31")
    for table in ("documents", "receipts", "applications"):
        made = imported.tables[table].height if table in imported.tables else 0
        there = ledger.tables[table].height if table in ledger.tables else 0
        assert made == there + ledger.quarantine.filter(table=table).height


def test_the_own_currency_is_that_of_the_preferences_unless_stated(tmp_path: Path) -> None:
    bare = {name: value for name, value in invoice("10", "2024-01-05", 100, 100).items() if name != "CurrencyRef"}
    preferences = {"Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": "CAD"}}, "Id": "1"}}
    imported = import_of(tmp_path, invoices=answer("Invoice", bare), preferences=preferences)
    assert Ledger.read(imported.tables).tables["documents"]["currency"].to_list() == ["CAD"]
    assert ("currency", "USD") in read(open_export(tmp_path), currency="USD").tables["settings"].rows()


def test_only_its_own_files_are_recognised(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps([{"Customer": "0001", "Item": "10", "PostingDate": "x"}]))
    (tmp_path / "a.json").write_text(json.dumps({"Invoices": [{"InvoiceID": "x"}], "ProviderName": "p"}))
    (tmp_path / "b.csv").write_text("Number,Name\n1,x\n")
    assert recognise(open_export(tmp_path)) == 0.0
