"""Xero exports as recorded: counts and sums beside those counted with the csv and XML modules alone."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import polars as pl
import pytest
from beside import SHARED
from defusedxml.ElementTree import parse

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported

SAMPLES = SHARED / "samples" / "xero"
SEEDS, XML = SAMPLES / "dbt_xero_seeds", SAMPLES / "api_xml"
ERRORS = (
    "api_exception.xml",
    "bad_request.json",
    "expired_oauth2_token.json",
    "generic_response_error.json",
    "invalid_tenant_header.json",
    "invoice_not_found_error.xml",
    "object_not_found.json",
    "rate_limit_exceeded.txt",
    "unknown_error.xml",
)
pytestmark = pytest.mark.real


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"xero_{name}_data.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ties_out(imported: Imported) -> None:
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()


@cache
def seeds() -> Imported:
    form, imported = import_export(SEEDS)
    assert form.name == "xero"
    ties_out(imported)
    return imported


def by_currency(records: list[dict[str, str]], column: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in records:
        sums[row["currency_code"]] += Decimal(row[column])
    return dict(sums)


def summed(imported: Imported, table: str) -> dict[str, Decimal]:
    part = imported.sums.filter(table=table)
    return {row["currency"]: Decimal(str(row["amount"])) for row in part.iter_rows(named=True)}


def test_601_invoices_of_which_117_are_sales() -> None:
    everything = rows("invoice")
    sales = [row for row in everything if row["type"] == "ACCREC"]
    issued = [row for row in sales if row["status"] in ("PAID", "AUTHORISED")]
    paid = [row for row in issued if row["status"] == "PAID"]
    assert (len(everything), len(sales), len(issued), len(paid)) == (601, 117, 116, 103)
    imported = seeds()
    row = imported.summary.row(by_predicate=pl.col("file") == "xero_invoice_data.csv", named=True)
    assert (row["read"], row["used"], row["left_out"]) == (601, 116, 485)
    assert row["left_out_unless"] == "ACCPAY: purchases (484); DELETED (Invoice) (1)"
    assert summed(imported, "documents") == by_currency(issued, "total")
    assert summed(imported, "receipts") == by_currency(paid, "amount_paid")
    left = [one for one in everything if one not in issued]
    assert summed(imported, "left out") == by_currency(left, "total")


def test_paid_invoices_are_settled_on_the_day_they_were_paid_in_full() -> None:
    """103 paid, from 29 days early to 107 days late, 2.9 on average."""
    imported = seeds()
    documents = imported.tables["documents"].with_columns(pl.col("due_date").str.to_date())
    applications = imported.tables["applications"].with_columns(pl.col("applied_on").str.to_date())
    paid = applications.join(documents, left_on="to_document_id", right_on="document_id")
    late = (paid["applied_on"] - paid["due_date"]).dt.total_days()
    assert (paid.height, late.min(), late.max(), round(late.mean(), 1)) == (103, -29, 107, 2.9)
    assert applications["kind"].unique().to_list() == ["payment"]
    assert "balance_differs" not in imported.tables["findings"]["code"].to_list()
    assert imported.tables["findings"].filter(code="paid_in_one_sum")["rows"].sum() == 103


def test_18_customers_of_152_contacts() -> None:
    imported = seeds()
    billed = {row["contact_id"] for row in rows("invoice") if row["type"] == "ACCREC"}
    assert set(imported.tables["customers"]["customer_id"]) == billed
    assert (len(billed), len(rows("contact"))) == (18, 152)


def test_credit_notes_without_an_amount_are_set_aside() -> None:
    aside = seeds().set_aside
    assert aside.select("source", "reason").rows() == [("xero_credit_note_data.csv", "missing_value")] * 2
    assert set(aside["key"]) == {row["credit_note_id"] for row in rows("credit_note")}


def test_the_ledger_owes_what_xero_says_is_due() -> None:
    ledger = Ledger.read(seeds().tables)
    assert ledger.quarantine.is_empty()
    due = by_currency([row for row in rows("invoice") if row["type"] == "ACCREC"], "amount_due")
    for currency, amount in due.items():
        documents = ledger.tables["documents"].filter(currency=currency)["amount"].sum()
        applied = ledger.tables["applications"].filter(currency=currency)["amount"].sum()
        assert documents - applied == amount * 100


def tags(name: str, kind: str) -> list[Element]:
    return list(parse(XML / name).getroot().iter(kind))


def text(element: Element, tag: str) -> str:
    return element.findtext(tag) or ""


@cache
def demo() -> dict[str, dict[str, Element]]:
    """Return the demo company by kind and id: the lists and the single records, read with the XML module alone."""
    found: dict[str, dict[str, Element]] = defaultdict(dict)
    for path in [*sorted(XML.glob("records/*.xml")), XML / "invoices.xml", XML / "credit_notes.xml"]:
        for plural, kind in (("Invoices", "Invoice"), ("CreditNotes", "CreditNote")):
            for element in parse(path).getroot().findall(f"./{plural}/{kind}"):
                found[kind].setdefault(text(element, f"{kind}ID"), element)
    return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("xero")
    for path in XML.rglob("*.*"):
        if path.is_file() and path.name not in ERRORS:
            (folder / path.name).write_bytes(path.read_bytes())
    form, imported = import_export(folder)
    assert form.name == "xero"
    ties_out(imported)
    return imported


def test_82_invoices_of_the_demo_company(company: Imported) -> None:
    invoices = demo()["Invoice"].values()
    assert len(invoices) == 82
    sales = [one for one in invoices if text(one, "Type") == "ACCREC" and text(one, "Status") in ("PAID", "AUTHORISED")]
    documents = company.tables["documents"].filter(kind="invoice")
    assert set(documents["document_id"]) == {text(one, "InvoiceID") for one in sales}
    assert documents["amount"].cast(pl.Decimal(20, 2)).sum() == sum(Decimal(text(one, "Total")) for one in sales)
    states = Counter(text(one, "Status") for one in invoices if text(one, "Type") == "ACCREC")
    assert sum(states[name] for name in ("PAID", "AUTHORISED")) == len(sales) == documents.height


def test_payments_of_sales_only(company: Imported) -> None:
    payments = [one for one in tags("payments.xml", "Payment") if text(one, "PaymentType") == "ACCRECPAYMENT"]
    receipts = company.tables["receipts"].filter(pl.col("receipt_id").str.starts_with("Payment:"))
    assert receipts.height == len(payments) == 26
    assert receipts["amount"].cast(pl.Decimal(20, 2)).sum() == sum(Decimal(text(one, "Amount")) for one in payments)
    prepaid = company.tables["receipts"].filter(pl.col("receipt_id").str.starts_with("Prepayment:"))
    assert prepaid["amount"].to_list() == ["400.00"]


def test_credit_notes_close_what_the_invoices_say(company: Imported) -> None:
    notes = [one for one in demo()["CreditNote"].values() if text(one, "Type") == "ACCRECCREDIT"]
    documents = company.tables["documents"].filter(kind="credit_note")
    assert documents.height == len(notes) == 6
    assert documents["amount"].cast(pl.Decimal(20, 2)).sum() == -sum(Decimal(text(one, "Total")) for one in notes)
    kinds = company.tables["applications"]
    credited = kinds.filter(pl.col("kind") != "payment")
    by_invoice = {
        text(one, "InvoiceID"): Decimal(text(one, "AmountCredited") or "0")
        for one in demo()["Invoice"].values()
        if text(one, "Type") == "ACCREC"
    }
    for row in credited.iter_rows(named=True):
        assert Decimal(row["amount"]) == by_invoice[row["to_document_id"]]
    assert Counter(kinds["kind"]) == {"payment": 26, "credit_note": 5}
    undated = company.tables["findings"].filter(code="allocation_undated")
    total = sum(by_invoice[number] for number in credited["to_document_id"])
    assert undated.select("rows", "money", "currency").rows() == [(5, float(total), "AUD")]


def test_what_is_left_open_is_what_xero_says_is_due(company: Imported) -> None:
    applied: dict[str, Decimal] = defaultdict(Decimal)
    for row in company.tables["applications"].iter_rows(named=True):
        applied[row["to_document_id"]] += Decimal(row["amount"])
    for row in company.tables["documents"].filter(kind="invoice").iter_rows(named=True):
        due = Decimal(text(demo()["Invoice"][row["document_id"]], "AmountDue"))
        assert Decimal(row["amount"]) - applied[row["document_id"]] == due
    assert "balance_differs" not in company.tables["findings"]["code"].to_list()
    assert Ledger.read(company.tables).quarantine.is_empty()


@pytest.mark.parametrize("name", ERRORS)
def test_error_messages_are_refused_in_their_own_words(name: str) -> None:
    with pytest.raises(DataError, match="is an error message of Xero"):
        import_export(XML / name, as_format="xero")


@pytest.mark.parametrize("path", sorted(XML.glob("records/*.xml"))[::12], ids=lambda path: path.stem)
def test_single_records(path: Path) -> None:
    _, imported = import_export(path)
    ties_out(imported)
    assert imported.summary["read"].to_list() == [1]
