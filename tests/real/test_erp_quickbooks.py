"""QuickBooks exports as recorded: counts and sums beside those counted with the csv and XML modules alone."""

from __future__ import annotations

import csv
import json
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from beside import SHARED
from defusedxml.ElementTree import parse

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.files import open_export
from credrisk.sources.erp.formats import import_export, recognise_export
from credrisk.sources.mapping import Imported

SAMPLES = SHARED / "samples" / "quickbooks"
SEEDS, XML, JSON = SAMPLES / "dbt_quickbooks_seeds", SAMPLES / "qbo_xml_fixtures", SAMPLES / "qbo_json_docs"
FAULTS = ("customer_duplicate_error", "fault", "generic_error", "query_validation_error")
UNUSABLE = {"age_payable_detail": "AgedPayableDetail", "exchange_rate": "no plain XML"}
pytestmark = pytest.mark.real


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}_data.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def seeds() -> Imported:
    form, imported = import_export(SEEDS)
    assert form.name == "quickbooks_online"
    return imported


def ties_out(imported: Imported) -> None:
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()


def test_every_row_of_every_table_is_accounted_for() -> None:
    imported = seeds()
    ties_out(imported)
    counted = {path.name: len(rows(path.stem.removesuffix("_data"))) for path in SEEDS.glob("*.csv")}
    assert dict(zip(imported.summary["file"], imported.summary["read"], strict=True)) == counted
    assert [counted[f"{name}_data.csv"] for name in ("invoice", "payment", "payment_line", "customer")] == [
        16,
        12,
        12,
        5,
    ]


def test_invoices_and_credit_memos_with_their_money() -> None:
    documents = seeds().tables["documents"].with_columns(pl.col("amount").cast(pl.Decimal(20, 2)))
    living = [row for row in rows("invoice") if row["_fivetran_deleted"] == "FALSE"]
    assert len(living) == 5
    invoices = documents.filter(kind="invoice")
    assert dict(zip(invoices["document_id"], invoices["amount"], strict=True)) == {
        row["id"]: Decimal(row["total_amount"]) for row in living
    }
    memos = documents.filter(kind="credit_note")
    assert memos.height == len(rows("credit_memo")) == 12
    assert memos["amount"].sum() == -sum(Decimal(row["total_amount"]) for row in rows("credit_memo"))
    sums = seeds().sums.filter(pl.col("table") == "documents")
    assert sums.filter(file="invoice_data.csv").select("currency", "rows", "amount").rows() == [
        ("EUR", 1, 1000.0),
        ("USD", 4, 629_240.55),
    ]


def test_payments_and_their_lines() -> None:
    """Of the 12 lines one names a payment that is there; the money of the other 11 is set aside, line by line."""
    imported, lines, payments = seeds(), rows("payment_line"), rows("payment")
    receipts = imported.tables["receipts"]
    assert receipts.height == len(payments) == 12
    assert receipts["amount"].cast(pl.Decimal(20, 2)).sum() == sum(Decimal(row["total_amount"]) for row in payments)
    known = {row["id"] for row in payments}
    orphans = [row for row in lines if row["payment_id"] not in known]
    aside = imported.set_aside
    assert aside.height == len(orphans) == 11
    assert aside["reason"].unique().to_list() == ["unknown_receipt"]
    assert sorted(aside["amount"]) == sorted(float(row["amount"]) for row in orphans)
    applications = imported.tables["applications"]
    assert applications.select("from_id", "to_document_id", "amount", "kind").rows() == [
        ("Payment:9001", "50001", "1000", "payment")
    ]


def test_deleted_records_and_sales_on_the_spot_are_counted() -> None:
    out = {row["file"]: row["left_out"] for row in seeds().summary.iter_rows(named=True)}
    for name in ("invoice", "customer", "deposit", "journal_entry", "refund_receipt", "sales_receipt"):
        deleted = sum(row["_fivetran_deleted"] == "TRUE" for row in rows(name))
        spot = name.endswith("receipt") or name in ("deposit", "journal_entry")
        assert out[f"{name}_data.csv"] == (len(rows(name)) if spot else deleted)


def test_balances_of_today_that_the_seeds_do_not_explain_are_named() -> None:
    """The seeds are cut out of a larger company: 14 balances cannot be rebuilt, and each is in the findings."""
    applied = Counter({"50001": Decimal(1000)})
    invoices = [row for row in rows("invoice") if row["balance"]]
    expected = {
        row["id"] for row in invoices if Decimal(row["total_amount"]) - applied[row["id"]] != Decimal(row["balance"])
    }
    memos = rows("credit_memo")
    expected |= {row["id"] for row in memos if Decimal(row["remaining_credit"]) != Decimal(row["total_amount"])}
    found = seeds().tables["findings"].filter(code="balance_differs")
    assert found["rows"].sum() == len(expected) == 14
    ledger = Ledger.read(seeds().tables)
    assert ledger.quarantine.is_empty()
    assert "balance_differs" in {one.code for one in ledger.findings}


@pytest.mark.parametrize("path", sorted(XML.glob("*.xml")), ids=lambda path: path.stem)
def test_xml_bodies(path: Path) -> None:
    if path.stem in (*FAULTS, *UNUSABLE):
        with pytest.raises(DataError, match=UNUSABLE.get(path.stem, "is an error message of QuickBooks")):
            import_export(path, as_format="quickbooks_online")
        return
    assert [one.name for _, one in recognise_export(path)] == ["quickbooks_online"]
    _, imported = import_export(path)
    ties_out(imported)
    entities = [one for one in parse(path).getroot().iter() if one.find("./{*}Id") is not None and one.get("domain")]
    root = parse(path).getroot()
    if entities and root.tag.rpartition("}")[2] not in ("Invoice", "Payment"):
        assert imported.summary["read"].sum() == len(entities)


def test_all_sound_xml_bodies_together(tmp_path: Path) -> None:
    """Bodies of several companies share ids: each id is one record, the others are merged into it."""
    for path in XML.glob("*.xml"):
        if path.stem not in (*FAULTS, *UNUSABLE):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    _, imported = import_export(tmp_path)
    ties_out(imported)
    assert len(open_export(tmp_path)) == imported.summary.height == 53
    for kind, key in (("documents", "document_id"), ("receipts", "receipt_id"), ("customers", "customer_id")):
        assert imported.tables[kind][key].is_unique().all()
    assert Ledger.read(imported.tables).quarantine.is_empty()


@pytest.mark.parametrize("path", sorted(JSON.glob("*.json")), ids=lambda path: path.stem)
def test_json_bodies(path: Path) -> None:
    body = json.loads(path.read_text())
    if "Header" in body:
        words = "lacks columns" if path.stem == "aragingdetail_1" else body["Header"]["ReportName"]
        with pytest.raises(DataError, match=words):
            import_export(path)
        return
    _, imported = import_export(path, as_format="quickbooks_online")
    ties_out(imported)
    entities = {key: one for key, one in body.get("QueryResponse", body).items() if isinstance(one, (dict, list))}
    alone = {"Invoice", "Payment", "Customer", "Deposit", "JournalEntry", "RefundReceipt", "SalesReceipt", "Term"}
    expected = sum(len(one) if isinstance(one, list) else 1 for key, one in entities.items() if key in alone) or 1
    assert imported.summary["read"].sum() == expected


def test_the_documented_invoice_is_paid_by_the_documented_payment(tmp_path: Path) -> None:
    """Their ids are one, their amounts not: 555 against 100; the difference is the balance that is named."""
    for name in ("invoice_1", "payment_1", "customer_1"):
        (tmp_path / f"{name}.json").write_bytes((JSON / f"{name}.json").read_bytes())
    _, imported = import_export(tmp_path)
    assert imported.tables["documents"].select("document_id", "amount", "due_date").rows() == [
        ("130", "100.0", "2020-01-19")
    ]
    assert imported.tables["applications"].select("from_id", "to_document_id", "amount").rows() == [
        ("Payment:145", "130", "555.0")
    ]
    found = imported.tables["findings"].filter(code="balance_differs")
    assert found.select("rows", "money").rows() == [(1, 100.0 - (100.0 - 555.0))]
