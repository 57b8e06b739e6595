"""Xero: sales only, credits by their allocations, what the export does not say is named, no record is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.files import open_export
from credrisk.sources.erp.formats import import_export
from credrisk.sources.erp.xero import read, recognise
from credrisk.sources.mapping import Imported

NORD = {"ContactID": "c1", "Name": "Nordlicht GmbH"}


def milliseconds(day: str) -> str:
    return f"/Date({int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000}+0000)/"


def invoice(number: str, day: str, total: float, due: float, **more: Any) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "InvoiceID": number,
        "Contact": NORD,
        "Date": milliseconds(day),
        "DueDate": milliseconds("2024-03-31"),
        "Status": "PAID" if due == 0 else "AUTHORISED",
        "Total": total,
        "TotalTax": 1.0,
        "AmountDue": due,
        "CurrencyCode": "EUR",
        "UpdatedDateUTC": milliseconds("2024-06-01"),
        **more,
    }


def payment(number: str, day: str, amount: float, **more: Any) -> dict[str, Any]:
    return {
        "PaymentID": number,
        "Date": milliseconds(day),
        "Amount": amount,
        "PaymentType": "ACCRECPAYMENT",
        "Status": "AUTHORISED",
        **more,
    }


def credit_note(number: str, day: str, total: float, **more: Any) -> dict[str, Any]:
    return {
        "Type": "ACCRECCREDIT",
        "CreditNoteID": number,
        "Contact": NORD,
        "Date": milliseconds(day),
        "Status": "AUTHORISED",
        "Total": total,
        "CurrencyCode": "EUR",
        **more,
    }


def allocation(invoice_id: str, day: str, amount: float, **more: Any) -> dict[str, Any]:
    return {"Amount": amount, "Date": milliseconds(day), "Invoice": {"InvoiceID": invoice_id}, **more}


def answer(plural: str, *records: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Id": "a",
        "Status": "OK",
        "ProviderName": "credrisk",
        "DateTimeUTC": milliseconds("2024-06-30"),
        plural: list(records),
        **more,
    }


def import_of(folder: Path, **bodies: object) -> Imported:
    for name, body in bodies.items():
        (folder / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    chosen, imported = import_export(folder)
    assert chosen.name == "xero"
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()
    return imported


def applied(imported: Imported) -> list[tuple[str | None, str, float, str, str]]:
    if "applications" not in imported.tables:
        return []
    return [
        (row["from_id"], row["to_document_id"], float(row["amount"]), row["applied_on"], row["kind"])
        for row in imported.tables["applications"].iter_rows(named=True)
    ]


def left_open(imported: Imported) -> dict[str, Decimal]:
    left = {row["document_id"]: Decimal(row["amount"]) for row in imported.tables["documents"].iter_rows(named=True)}
    for source, to, amount, _, _ in applied(imported):
        left[to] -= Decimal(str(amount))
        if source in left:
            left[source] += Decimal(str(amount))
    return left


def codes(imported: Imported) -> dict[str, tuple[int, float | None]]:
    if "findings" not in imported.tables:
        return {}
    return {row["code"]: (row["rows"], row["money"]) for row in imported.tables["findings"].iter_rows(named=True)}


def test_payments_credit_notes_and_cash_on_account(tmp_path: Path) -> None:
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoices",
            invoice("i1", "2024-01-05", 1000, 0),
            invoice("i2", "2024-01-06", 100, 30, AmountPaid=0, AmountCredited=70),
            invoice("i3", "2024-01-07", 80, 0),
        ),
        payments=answer(
            "Payments",
            payment("p1", "2024-02-01", 600, Invoice={"InvoiceID": "i1", "Type": "ACCREC"}),
            payment("p2", "2024-02-20", 400, Invoice={"InvoiceID": "i1", "Type": "ACCREC"}),
            payment("p3", "2024-03-20", 5, PaymentType="ARCREDITPAYMENT", CreditNote={"CreditNoteID": "n1"}),
            payment("p4", "2024-02-20", 400, Status="DELETED", Invoice={"InvoiceID": "i1", "Type": "ACCREC"}),
            payment("p5", "2024-02-20", 99, PaymentType="ACCPAYPAYMENT", Invoice={"InvoiceID": "x", "Type": "ACCPAY"}),
        ),
        notes=answer(
            "CreditNotes",
            credit_note(
                "n1",
                "2024-02-10",
                90,
                Allocations=[
                    allocation("i2", "2024-02-12", 70),
                    allocation("i2", "2024-02-11", 70, IsDeleted=True),
                ],
            ),
        ),
        over=answer(
            "Overpayments",
            {
                **credit_note("n", "2024-01-20", 100),
                "Type": "RECEIVE-OVERPAYMENT",
                "OverpaymentID": "o1",
                "Allocations": [allocation("i3", "2024-02-15", 80)],
            },
        ),
        contacts=answer(
            "Contacts",
            {
                **NORD,
                "Addresses": [
                    {"AddressType": "POBOX", "City": "Kiel"},
                    {"AddressType": "STREET", "AddressLine1": "Kai 1", "City": "Bremen"},
                ],
            },
            {"ContactID": "c2", "Name": "Supplier Ltd", "IsCustomer": False},
        ),
    )
    assert applied(imported) == [
        ("Overpayment:o1", "i3", 80.0, "2024-02-15", "payment"),
        ("CreditNote:n1", "i2", 70.0, "2024-02-12", "credit_note"),
        ("Payment:p1", "i1", 600.0, "2024-02-01", "payment"),
        ("Payment:p2", "i1", 400.0, "2024-02-20", "payment"),
        ("Payment:p3", "CreditNote:n1", -5.0, "2024-03-20", "payment"),
    ]
    assert left_open(imported) == {"i1": 0, "i2": 30, "i3": 0, "CreditNote:n1": -15}
    assert codes(imported) == {}
    assert imported.tables["customers"].select("name", "street", "city").rows() == [
        ("Nordlicht GmbH", "Kai 1", "Bremen")
    ]
    rows = {row["file"]: row for row in imported.summary.iter_rows(named=True)}
    assert (rows["payments.json"]["used"], rows["payments.json"]["left_out"]) == (3, 2)
    ledger = Ledger.read(imported.tables)
    assert ledger.quarantine.is_empty()
    assert ledger.tables["receipts"]["amount"].sum() == 109_500  # 600 + 400 + 100 - 5


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_what_was_never_issued_is_left_out_and_counted(tmp_path: Path, status: str) -> None:
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoices",
            invoice("i1", "2024-01-05", 10, 10),
            invoice("i2", "2024-01-05", 20, 0, Status=status),
            invoice("i3", "2024-01-05", 40, 40, Type="ACCPAY"),
        ),
    )
    assert left_open(imported) == {"i1": 10}
    assert imported.summary.select("read", "used", "left_out").rows() == [(3, 1, 2)]
    assert f"{status} (Invoice) (1)" in imported.summary["left_out_unless"].item()
    assert imported.sums.filter(table="left out")["amount"].to_list() == [60.0]


def test_without_payments_a_paid_invoice_is_settled_on_its_last_day(tmp_path: Path) -> None:
    """An invoice paid in part has no day: it stays open in full, and that is an error with its money."""
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoices",
            invoice("i1", "2024-01-05", 10, 0, AmountPaid=10, FullyPaidOnDate=milliseconds("2024-02-09")),
            invoice("i2", "2024-01-05", 20, 15, AmountPaid=5),
        ),
    )
    assert applied(imported) == [("settled:i1", "i1", 10.0, "2024-02-09", "payment")]
    assert left_open(imported) == {"i1": 0, "i2": 20}
    assert codes(imported)["paid_in_one_sum"] == (1, 10.0)
    assert codes(imported)["paid_without_date"] == (1, 5.0)
    assert codes(imported)["balance_differs"] == (1, -5.0)


def test_payments_inside_an_invoice_count_once(tmp_path: Path) -> None:
    inside = [
        {"PaymentID": "p1", "Date": milliseconds("2024-02-01"), "Amount": 6},
        {"PaymentID": "p2", "Date": milliseconds("2024-02-03"), "Amount": 4},
        {"PaymentID": "p3", "Date": milliseconds("2024-02-03"), "Amount": 4},
        {"PaymentID": "p4", "Date": milliseconds("2024-02-03"), "Amount": 4, "Status": "DELETED"},
    ]
    imported = import_of(
        tmp_path,
        invoices=answer("Invoices", invoice("i1", "2024-01-05", 10, 0, AmountPaid=10, Payments=inside)),
        payments=answer(
            "Payments",
            payment("p1", "2024-02-01", 6, Invoice={"InvoiceID": "i1", "Type": "ACCREC"}),
            payment("p3", "2024-02-01", 4, Invoice={"InvoiceID": "i1", "Type": "ACCREC"}, Status="DELETED"),
        ),
    )
    assert applied(imported) == [
        ("Payment:p1", "i1", 6.0, "2024-02-01", "payment"),
        ("Payment:p2", "i1", 4.0, "2024-02-03", "payment"),
    ]
    assert codes(imported) == {"customers_from_references": (1, None)}


def test_credits_that_invoices_list(tmp_path: Path) -> None:
    """What each gave is told where it is stated, or where the sums prove it; the rest is offset, never a payment."""
    note = {"CreditNoteID": "n1", "Date": milliseconds("2024-02-10"), "Total": 90}
    other = {"CreditNoteID": "n2", "Date": milliseconds("2024-02-11"), "Total": 50}
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoices",
            invoice(
                "i1",
                "2024-01-05",
                70,
                0,
                AmountPaid=0,
                AmountCredited=70,
                CreditNotes=[note],
                FullyPaidOnDate=milliseconds("2024-02-20"),
            ),
            invoice(
                "i2", "2024-01-05", 60, 40, AmountPaid=0, AmountCredited=20, CreditNotes=[{**note, "AppliedAmount": 20}]
            ),
            invoice(
                "i3",
                "2024-01-05",
                65,
                0,
                AmountPaid=0,
                AmountCredited=65,
                CreditNotes=[note, other],
                FullyPaidOnDate=milliseconds("2024-02-21"),
            ),
            invoice(
                "i4",
                "2024-01-05",
                30,
                0,
                AmountPaid=0,
                AmountCredited=30,
                Prepayments=[{"PrepaymentID": "q", "Date": milliseconds("2024-01-01")}],
            ),
        ),
        notes=answer("CreditNotes", credit_note("n1", "2024-02-10", 90)),
    )
    assert applied(imported) == [
        ("CreditNote:n1", "i1", 70.0, "2024-02-20", "credit_note"),
        ("CreditNote:n1", "i2", 20.0, "2024-02-10", "credit_note"),
        (None, "i3", 65.0, "2024-02-21", "offset"),
        (None, "i4", 30.0, "2024-01-05", "payment"),
    ]
    assert left_open(imported) == {"i1": 0, "i2": 40, "i3": 0, "i4": 0, "CreditNote:n1": 0}
    found = codes(imported)
    assert found["credited_by_unknown"] == (1, 65.0)
    assert found["credit_not_there"] == (1, 30.0)
    assert found["allocation_undated"] == (3, 120.0)
    assert "balance_differs" not in found
    assert Ledger.read(imported.tables).quarantine.is_empty()


def test_a_credit_note_that_is_listed_twice_gave_what_was_credited(tmp_path: Path) -> None:
    note = {"CreditNoteID": "n1", "Date": milliseconds("2024-02-10"), "Total": 38}
    stated = {**note, "AppliedAmount": 15}
    more = {"AmountPaid": 0, "FullyPaidOnDate": milliseconds("2024-02-20")}
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoices",
            invoice("i1", "2024-01-05", 38, 0, AmountCredited=38, CreditNotes=[note, note], **more),
            invoice("i2", "2024-01-05", 30, 0, AmountCredited=30, CreditNotes=[stated, stated], **more),
            invoice("i3", "2024-01-05", 15, 0, AmountCredited=15, CreditNotes=[stated, stated], **more),
        ),
        notes=answer("CreditNotes", credit_note("n1", "2024-02-10", 83)),
    )
    assert [(target, amount) for _, target, amount, _, _ in applied(imported)] == [("i1", 38), ("i2", 30), ("i3", 15)]
    assert left_open(imported)["CreditNote:n1"] == 0


def test_write_offs_by_their_account(tmp_path: Path) -> None:
    """A credit note or payment to an account of bad debt is a write-off; one to another expense is not cash either."""
    imported = import_of(
        tmp_path,
        invoices=answer("Invoices", *(invoice(f"i{n}", "2024-01-05", 10, 0) for n in range(1, 5))),
        accounts=answer(
            "Accounts",
            {"AccountID": "a1", "Code": "090", "Name": "Main bank", "Type": "BANK"},
            {"AccountID": "a2", "Code": "450", "Name": "Bad Debts", "Type": "EXPENSE"},
            {"AccountID": "a3", "Code": "460", "Name": "Entertainment", "Type": "EXPENSE"},
        ),
        payments=answer(
            "Payments",
            payment("p1", "2024-02-01", 10, Invoice={"InvoiceID": "i1"}, Account={"AccountID": "a1"}),
            payment("p2", "2024-02-02", 10, Invoice={"InvoiceID": "i2"}, Account={"Code": "450"}),
            payment("p3", "2024-02-03", 10, Invoice={"InvoiceID": "i3"}, Account={"AccountID": "a3"}),
        ),
        notes=answer(
            "CreditNotes",
            credit_note(
                "n1",
                "2024-02-04",
                10,
                LineItems=[{"AccountCode": "450"}],
                Allocations=[allocation("i4", "2024-02-04", 10)],
            ),
        ),
    )
    kinds = {target: (source, kind) for source, target, _, _, kind in applied(imported)}
    assert kinds == {
        "i1": ("Payment:p1", "payment"),
        "i2": (None, "write_off"),
        "i3": (None, "offset"),
        "i4": (None, "write_off"),
    }
    assert "CreditNote:n1" not in imported.tables["documents"]["document_id"].to_list()
    assert imported.tables["receipts"]["receipt_id"].to_list() == ["Payment:p1"]
    assert codes(imported)["payment_not_to_bank"] == (1, 10.0)
    named = read(open_export(tmp_path), bad_debt_accounts="enter*")
    assert {target: kind for _, target, _, _, kind in applied(named)}["i3"] == "write_off"
    assert Ledger.read(imported.tables).quarantine.is_empty()


def test_unknown_types_and_states_are_set_aside_with_their_money(tmp_path: Path) -> None:
    imported = import_of(
        tmp_path,
        invoices=answer(
            "Invoices",
            invoice("i1", "2024-01-05", 10, 10),
            invoice("i2", "2024-01-05", 20, 20, Type="ACCNEW"),
            invoice("i3", "2024-01-05", 30, 30, Status="PARKED"),
        ),
        pre=answer("Prepayments", {**credit_note("n", "2024-01-20", 7), "Type": "ARPREPAYMENT", "PrepaymentID": "q"}),
        pay=answer("Payments", payment("p1", "2024-02-01", 4, PaymentType="NEWPAYMENT")),
    )
    assert imported.set_aside.select("key", "reason", "column", "amount").rows() == [
        ("i2", "unknown_code", "Type", 20.0),
        ("i3", "unknown_code", "Status", 30.0),
        ("p1", "unknown_code", "Type", 4.0),
    ]
    assert imported.tables["receipts"]["receipt_id"].to_list() == ["Prepayment:q"]


def test_cash_paid_back_of_credits(tmp_path: Path) -> None:
    """What a credit lists counts once; what remains of it today is only a check."""
    back = {"PaymentID": "r1", "Date": milliseconds("2024-03-01"), "Amount": 12}
    listed = [back, {**back, "PaymentID": "r2", "Amount": 3}]
    over = {"Type": "AROVERPAYMENT", "OverpaymentID": "o1", "RemainingCredit": 4}
    imported = import_of(
        tmp_path,
        notes=answer("CreditNotes", credit_note("n1", "2024-02-10", 20, Payments=listed, RemainingCredit=5)),
        over=answer("Overpayments", {**credit_note("n", "2024-01-20", 9), **over}),
        pay=answer(
            "Payments",
            payment("r1", "2024-03-01", 12, PaymentType="ARCREDITPAYMENT", CreditNote={"CreditNoteID": "n1"}),
            payment("r3", "2024-03-02", 3, PaymentType="AROVERPAYMENTPAYMENT", Overpayment={"OverpaymentID": "o1"}),
        ),
    )
    assert [(source, target, amount) for source, target, amount, _, _ in applied(imported)] == [
        ("Payment:r1", "CreditNote:n1", -12.0),
        ("Payment:r2", "CreditNote:n1", -3.0),
    ]
    assert left_open(imported) == {"CreditNote:n1": -5}
    assert imported.tables["receipts"]["amount"].to_list() == ["9", "-12", "-3", "-3"]
    assert codes(imported)["balance_differs"] == (1, 2.0)


def test_xml_says_the_same_as_json(tmp_path: Path) -> None:
    (tmp_path / "invoices.xml").write_text(
        '<Response xmlns:xsd="http://www.w3.org/2001/XMLSchema"><Status>OK</Status><ProviderName>p</ProviderName>'
        "<DateTimeUTC>2024-06-30T01:29:53.36Z</DateTimeUTC><Invoices><Invoice><Contact><ContactID>c1</ContactID>"
        "<Name>Nordlicht GmbH</Name></Contact><Date>2024-01-05T00:00:00</Date><DueDate>2024-03-31T00:00:00</DueDate>"
        "<Status>AUTHORISED</Status><Total>10.0</Total><TotalTax>1.0</TotalTax><CurrencyCode>EUR</CurrencyCode>"
        "<Type>ACCREC</Type><InvoiceID>i1</InvoiceID><AmountDue>4.0</AmountDue><Payments><Payment><Date>2024-02-01T00:00:00"
        "</Date><Amount>6.0</Amount><PaymentID>p1</PaymentID></Payment></Payments></Invoice></Invoices></Response>"
    )
    from_xml = read(open_export(tmp_path))
    (tmp_path / "invoices.xml").unlink()
    inside = [{"PaymentID": "p1", "Date": milliseconds("2024-02-01"), "Amount": 6.0}]
    from_json = import_of(
        tmp_path, invoices=answer("Invoices", invoice("i1", "2024-01-05", 10.0, 4.0, Payments=inside))
    )
    for table in ("customers", "documents", "receipts", "applications", "settings"):
        assert from_xml.tables[table].rows() == from_json.tables[table].rows()


def test_the_own_currency_is_that_of_the_organisation_unless_stated(tmp_path: Path) -> None:
    company = answer("Organisations", {"Name": "Own Ltd", "BaseCurrency": "GBP"})
    imported = import_of(tmp_path, a=answer("Invoices", invoice("i1", "2024-01-05", 1, 1)), b=company)
    assert ("currency", "GBP") in imported.tables["settings"].rows()
    assert ("currency", "USD") in read(open_export(tmp_path), currency="USD").tables["settings"].rows()


def test_pages_that_are_missing_are_named(tmp_path: Path) -> None:
    pages = {"page": 1, "pageSize": 100, "pageCount": 2, "itemCount": 101}
    imported = import_of(tmp_path, a=answer("Invoices", invoice("i1", "2024-01-05", 1, 1), pagination=pages))
    assert codes(imported)["page_not_there"] == (1, None)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.json",
            '{"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired"}',
            "401: Unauthorized: TokenExpired",
        ),
        (
            "a.json",
            '{"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception"}',
            "validation",
        ),
        ("a.txt", "oauth_problem=rate%20limit%20exceeded&oauth_problem_advice=wait", "rate limit exceeded"),
        (
            "a.xml",
            "<Response><Errors><Error><Description>no such invoice</Description></Error></Errors></Response>",
            "no such",
        ),
        ("a.xml", '<?xml version="1.0" encoding="utf-16"?><ApiException><Message>bad</Message></ApiException>', "bad"),
        ("a.xml", "<ApiException><Message>bad</Message></ApiException>", "bad"),
        ("a.xml", "<Response><Invoices>", "no plain XML"),
        ("a.json", '{"Invoices": ', "no whole JSON"),
        ("a.json", '{"Something": 1}', "no record"),
    ],
)
def test_error_messages_and_damage_are_refused(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=words):
        read(open_export(tmp_path))


KEYS = [
    "InvoiceID",
    "PaymentID",
    "CreditNoteID",
    "ContactID",
    "Contact",
    "Name",
    "Type",
    "Status",
    "Total",
    "Amount",
    "Date",
    "AmountPaid",
    "AmountDue",
    "AmountCredited",
    "FullyPaidOnDate",
    "Payments",
    "CreditNotes",
    "Prepayments",
    "Allocations",
    "Invoice",
    "CreditNote",
    "PaymentType",
    "Account",
    "LineItems",
    "CurrencyCode",
    "UpdatedDateUTC",
    "AppliedAmount",
    "Addresses",
]
VALUES = [
    "1",
    "2",
    "x",
    "",
    "ACCREC",
    "ACCRECCREDIT",
    "ACCRECPAYMENT",
    "ARCREDITPAYMENT",
    "AUTHORISED",
    "PAID",
    "VOIDED",
    "2024-01-05",
    "/Date(1)/",
]
scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from(VALUES)
keys = st.sampled_from(KEYS)
odd = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=20,
)
PLURALS = st.sampled_from(
    ["Invoices", "Payments", "CreditNotes", "Overpayments", "Prepayments", "Contacts", "Accounts", "Items"]
)
records = st.tuples(PLURALS, st.dictionaries(keys, odd, max_size=9))


@given(st.lists(records, min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_odd_bodies_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[tuple[str, dict[str, Any]]]
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "a.jsonl").write_text("\n".join(json.dumps({plural: [body], "Id": "a"}) for plural, body in bodies))
    imported = read(open_export(folder))
    assert imported.summary["read"].sum() == len(bodies)
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()
    ledger = Ledger.read(imported.tables, currency="USD", covers_from="2024-01-01", covers_to="2024-12-31")
    for table in ("documents", "receipts", "applications"):
        made = imported.tables[table].height if table in imported.tables else 0
        there = ledger.tables[table].height if table in ledger.tables else 0
        assert made == there + ledger.quarantine.filter(table=table).height


def test_only_its_own_files_are_recognised(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"QueryResponse": {"Invoice": [{"Id": "1"}]}}))
    (tmp_path / "b.csv").write_text("contact_id,name\n1,x\n")
    assert recognise(open_export(tmp_path)) == 0.0
