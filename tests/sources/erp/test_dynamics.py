"""Dynamics 365: settlements once, undone ones reopen, types decide, today's balance never read, no row lost."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported

TRANS = "RecId,AccountNum,TransType,TransDate,DueDate,AmountCur,CurrencyCode,Invoice,Voucher,SettleAmountCur,Txt"
SETTLEMENT = "TransRecId,OffsetRecid,SettleAmountCur,TransDate"
GRID = "Account,Name,Invoice account,Customer group,Currency\nC1,Nordlicht GmbH,C9,10,EUR\n"
PICTURE = "AccountNum,RefRecId,TransDate,DueDate,AmountCur\n"


def ties_out(imported: Imported) -> None:
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()


def applied(imported: Imported) -> list[tuple[str | None, str, str, Decimal, str]]:
    return [
        (row["from_id"], row["to_document_id"], row["kind"], Decimal(row["amount"]), row["applied_on"])
        for row in imported.tables["applications"].iter_rows(named=True)
    ]


def finance(folder: Path, settlements: list[str]) -> Imported:
    (folder / "CustTrans.csv").write_text(
        "\n".join(
            [
                TRANS,
                "1,C1,Sales order,2024-01-10,2024-02-09,1000,EUR,INV1,V1,1000,",
                "2,C1,Payment,2024-02-20,1900-01-01,-600,EUR,,V2,-600,",
                "3,C1,Sales order,2024-02-01,1900-01-01,-100,EUR,CN1,V3,-100,",
                "4,C1,General journal,2024-06-30,1900-01-01,-200,EUR,,V4,-200,Bad debt write-off",
                "5,C1,General journal,2024-07-01,1900-01-01,-30,EUR,,V5,-30,Rebooking",
                "6,C1,Interest,2024-03-01,2024-03-31,12.50,EUR,,V6,0,",
            ]
        ),
        encoding="utf-8",
    )
    (folder / "CustSettlement.csv").write_text("\n".join([SETTLEMENT, *settlements]), encoding="utf-8")
    (folder / "All customers.csv").write_text(GRID, encoding="utf-8")
    form, imported = import_export(folder)
    assert form.name == "dynamics_finance"
    ties_out(imported)
    return imported


BOTH_SIDES = [
    "1,2,600,2024-02-20",
    "2,1,-600,2024-02-20",
    "1,3,100,2024-02-01",
    "3,1,-100,2024-02-01",
    "4,1,-200,2024-06-30",
    "1,5,30,2024-07-01",
]


def test_a_settlement_that_stands_on_both_sides_is_read_once(tmp_path: Path) -> None:
    imported = finance(tmp_path, BOTH_SIDES)
    assert sorted(applied(imported), key=lambda one: one[4]) == [
        ("3", "1", "credit_note", 100, "2024-02-01"),
        ("2", "1", "payment", 600, "2024-02-20"),
        (None, "1", "write_off", 200, "2024-06-30"),
        ("5", "1", "offset", 30, "2024-07-01"),
    ]
    assert imported.summary.filter(pl.col("file") == "CustSettlement.csv")["merged"].item() == 2
    told = imported.tables["findings"].filter(pl.col("code") == "offset_not_told")
    assert (told["ids"].item(), told["money"].item()) == ("1", 30.0)


def test_the_tables_are_a_ledger_that_ties_out(tmp_path: Path) -> None:
    ledger = Ledger.read(finance(tmp_path, BOTH_SIDES).tables)
    assert ledger.quarantine.is_empty()
    assert ledger.table("documents")["amount"].sum() == 100_000 - 10_000 - 3_000 + 1_250
    assert ledger.table("applications")["amount"].sum() == 93_000
    assert ledger.table("customers")["payer_id"].to_list() == ["C9"]


def test_a_settlement_that_was_undone_reopens_the_document(tmp_path: Path) -> None:
    undone = ["1,2,600,2024-02-20", "2,1,-600,2024-02-20", "1,2,-600,2024-03-05", "2,1,600,2024-03-05"]
    assert applied(finance(tmp_path, undone)) == [
        ("2", "1", "payment", 600, "2024-02-20"),
        ("2", "1", "reversal", -600, "2024-03-05"),
    ]


def test_an_invoice_settled_against_what_is_not_there_is_not_paid(tmp_path: Path) -> None:
    imported = finance(tmp_path, ["1,77,400,2024-05-01", "77,1,-400,2024-05-01"])
    assert applied(imported) == [(None, "1", "offset", 400, "2024-05-01")]
    assert "settled_by_unknown" in set(imported.tables["findings"]["code"])


def test_a_type_that_is_a_number_is_never_cash(tmp_path: Path) -> None:
    (tmp_path / "CustTrans.csv").write_text(
        f"{TRANS}\n1,C1,2,2024-01-10,2024-02-09,1000,EUR,INV1,V1,,\n2,C1,15,2024-02-20,,-600,EUR,,V2,,\n",
        encoding="utf-8",
    )
    _, imported = import_export(tmp_path)
    assert "receipts" not in imported.tables
    assert imported.tables["findings"].filter(pl.col("code") == "type_unknown")["rows"].sum() == 2


def test_a_payment_that_speaks_of_a_discount_is_still_a_payment(tmp_path: Path) -> None:
    (tmp_path / "CustTrans.csv").write_text(
        f"{TRANS}\n1,C1,Payment,2024-02-20,,-600,EUR,,V2,,less early payment discount\n"
        "2,C1,Sales order,2024-02-21,,-70,EUR,CN1,V3,,Write-off of the rest\n"
        "3,C1,Sales order,2024-02-21,,-80,EUR,CN2,V4,,Volume rebate\n",
        encoding="utf-8",
    )
    _, imported = import_export(tmp_path)
    assert imported.tables["receipts"]["receipt_id"].to_list() == ["1"]
    assert imported.tables["documents"]["document_id"].to_list() == ["2", "3"]
    assert imported.tables["findings"].filter(pl.col("code") == "closing_left")["ids"].item() == "2"


def test_cash_in_another_currency_has_its_own_amount(tmp_path: Path) -> None:
    (tmp_path / "CustTrans.csv").write_text(
        f"{TRANS}\n1,C1,Sales order,2024-01-10,2024-02-09,110,USD,INV1,V1,,\n2,C1,Payment,2024-02-20,,-100,EUR,,V2,,\n",
        encoding="utf-8",
    )
    (tmp_path / "CustSettlement.csv").write_text(
        f"{SETTLEMENT}\n1,2,110,2024-02-20\n2,1,-100,2024-02-20\n", encoding="utf-8"
    )
    _, imported = import_export(tmp_path)
    assert imported.tables["applications"].select("amount", "from_amount").row(0) == ("110", "100")
    assert Ledger.read(imported.tables).quarantine.is_empty()


def test_open_transactions_are_the_picture_of_a_stated_day(tmp_path: Path) -> None:
    (tmp_path / "CustTransOpen.csv").write_text(f"{PICTURE}C1,1,2024-01-10,2024-02-09,400\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="report_date"):
        import_export(tmp_path)
    _, imported = import_export(tmp_path, settings={"report_date": "2024-12-31"})
    assert imported.tables["documents"]["recorded_at"].to_list() == ["2024-12-31"]
    assert imported.tables["customers"]["customer_id"].to_list() == ["C1"]


def test_what_is_open_today_is_not_used_beside_the_history(tmp_path: Path) -> None:
    (tmp_path / "CustTransOpen.csv").write_text(f"{PICTURE}C1,1,2024-01-10,2024-02-09,70\n", encoding="utf-8")
    imported = finance(tmp_path, BOTH_SIDES)
    rule = imported.summary.filter(pl.col("file") == "CustTransOpen.csv")["left_out_unless"].item()
    assert rule == "what is open today: not used beside the transactions (1)"


def central(folder: Path, details: list[dict[str, object]]) -> Imported:
    entries = [
        entry(1, "Invoice", "2024-01-10", 1000, dueDate="2024-02-09", remainingAmount=0),
        entry(2, "Payment", "2024-02-20", -580),
        entry(3, "Credit_x0020_Memo", "2024-02-01", -100),
        entry(4, "_x0020_", "2024-06-30", -300, description="Write-off bad debt"),
    ]
    (folder / "entries.json").write_text(json.dumps({"@odata.context": "x", "value": entries}), encoding="utf-8")
    (folder / "details.json").write_text(json.dumps({"value": details}), encoding="utf-8")
    form, imported = import_export(folder)
    assert form.name == "business_central"
    ties_out(imported)
    return imported


def entry(number: int, kind: str, day: str, amount: float, **more: object) -> dict[str, object]:
    return {
        "entryNumber": number,
        "documentType": kind,
        "postingDate": day,
        "customerNumber": "10000",
        "open": False,
        "currencyCode": "",
        "amount": amount,
        "dueDate": "0001-01-01",
        **more,
    }


def detail(number: int, kind: str, entry_number: int, applied_to: int, amount: float, day: str) -> dict[str, object]:
    return {
        "entryNumber": number,
        "entryType": kind,
        "customerLedgerEntryNumber": entry_number,
        "appliedCustomerLedgerEntryNumber": applied_to,
        "amount": amount,
        "postingDate": day,
    }


def test_business_central_applies_by_the_detail_that_names_the_other(tmp_path: Path) -> None:
    imported = central(
        tmp_path,
        [
            detail(1, "Initial Entry", 1, 0, 1000, "2024-01-10"),
            detail(2, "Initial Entry", 2, 0, -580, "2024-02-20"),
            detail(3, "Initial Entry", 3, 0, -100, "2024-02-01"),
            detail(4, "Initial Entry", 4, 0, -300, "2024-06-30"),
            detail(5, "Application", 1, 2, -580, "2024-02-20"),
            detail(6, "Application", 2, 2, 580, "2024-02-20"),
            detail(7, "Payment Discount", 1, 2, -20, "2024-02-20"),
            detail(8, "Application", 3, 1, 100, "2024-03-01"),
            detail(9, "Application", 1, 1, -100, "2024-03-01"),
            detail(10, "Application", 1, 4, -300, "2024-06-30"),
            detail(11, "Application", 4, 4, 300, "2024-06-30"),
        ],
    )
    assert applied(imported) == [
        ("2", "1", "payment", 580, "2024-02-20"),
        (None, "1", "discount", 20, "2024-02-20"),
        ("3", "1", "credit_note", 100, "2024-03-01"),
        (None, "1", "write_off", 300, "2024-06-30"),
    ]
    ledger = Ledger.read(imported.tables, currency="EUR")
    assert ledger.quarantine.is_empty()
    assert ledger.table("documents")["amount"].sum() == 100_000 - 10_000
    assert ledger.table("applications")["amount"].sum() == 100_000


def test_business_central_unapplied_entries_reopen(tmp_path: Path) -> None:
    imported = central(
        tmp_path,
        [
            detail(5, "Application", 1, 2, -580, "2024-02-20"),
            detail(6, "Application", 2, 2, 580, "2024-02-20"),
            detail(7, "Application", 1, 2, 580, "2024-02-20"),
            detail(8, "Application", 2, 2, -580, "2024-02-20"),
        ],
    )
    assert [one[2:4] for one in applied(imported)] == [("payment", 580), ("reversal", -580)]


def test_business_central_without_details_says_that_nothing_is_known_of_payments(tmp_path: Path) -> None:
    (tmp_path / "entries.csv").write_text(
        "Entry No.,Document Type,Posting Date,Customer No.,Open,Amount,Remaining Amount,Due Date\n"
        "1,Invoice,2024-01-10,10000,No,1000,0,2024-02-09\n2,Payment,2024-02-20,10000,No,-1000,0,\n",
        encoding="utf-8",
    )
    form, imported = import_export(tmp_path)
    assert form.name == "business_central"
    assert "applications" not in imported.tables
    assert "no_detailed_entries" in set(imported.tables["findings"]["code"])


def test_business_central_entries_without_a_currency_are_in_the_companys_own(tmp_path: Path) -> None:
    header = "Entry No.,Document Type,Posting Date,Customer No.,Open,Amount,Currency Code\n"
    (tmp_path / "entries.csv").write_text(
        f"{header}1,Invoice,2024-01-10,10000,Yes,1000,\n2,Invoice,2024-01-10,10000,Yes,1000,USD\n", encoding="utf-8"
    )
    with pytest.raises(ParameterError, match="local_currency"):
        import_export(tmp_path)
    _, imported = import_export(tmp_path, settings={"local_currency": "GBP"})
    assert imported.tables["documents"]["currency"].to_list() == ["GBP", "USD"]
