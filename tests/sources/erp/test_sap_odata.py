"""Items of OData services as they come: wrapped, capitals first, dates in milliseconds, references and reversals."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported

JANUARY_10 = "/Date(1704844800000)/"
MARCH_1 = "/Date(1709251200000+0000)/"


def item(number: str, amount: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "CompanyCode": "1000",
        "FiscalYear": "2024",
        "AccountingDocument": number,
        "AccountingDocumentItem": "001",
        "AccountingDocumentType": kind,
        "Customer": "0000000077",
        "FinancialAccountType": "D",
        "PostingDate": JANUARY_10,
        "DocumentDate": JANUARY_10,
        "NetDueDate": MARCH_1,
        "TransactionCurrency": "EUR",
        "AmountInTransactionCurrency": amount,
        "ClearingDate": None,
        "ClearingAccountingDocument": "",
    } | more


CLEARED = {"ClearingDate": MARCH_1, "ClearingAccountingDocument": "90"}
ITEMS = [
    item("1", "100.00", "RV", **CLEARED),
    item("90", "-70.00", "DZ", PostingDate=MARCH_1, **CLEARED),
    item(
        "2",
        "-30.00",
        "DG",
        InvoiceReference="1",
        InvoiceReferenceFiscalYear="2024",
        InvoiceItemReference="1",
        **CLEARED,
    ),
    item("5", "20.00", "DR", ReverseDocument="6", ClearingDate=JANUARY_10, ClearingAccountingDocument="6"),
    item(
        "6",
        "-20.00",
        "DR",
        ReverseDocument="5",
        IsReversal=True,
        ClearingDate=JANUARY_10,
        ClearingAccountingDocument="6",
    ),
    item("7", "9.00", "RV", FinancialAccountType="S"),
]


def imported(path: Path, body: Any, **settings: str) -> Imported:
    path.write_text(json.dumps(body) if not isinstance(body, str) else body)
    chosen, made = import_export(path, settings=settings)
    assert chosen.name == "sap_odata"
    return made


@pytest.mark.parametrize("wrap", ["plain", "v2", "v4", "lines"])
def test_every_wrapping_gives_the_same_books(tmp_path: Path, wrap: str) -> None:
    bodies = {
        "plain": ITEMS,
        "v2": {"d": {"results": ITEMS, "__count": "6"}},
        "v4": {"@odata.context": "$metadata", "value": ITEMS},
        "lines": "\n".join(json.dumps(one) for one in ITEMS) + "\n",
    }
    made = imported(tmp_path / "items.json", bodies[wrap])
    assert made.summary.select("read", "left_out", "used").rows() == [(6, 1, 5)]
    first = made.tables["documents"].row(0, named=True)
    assert (first["document_id"], first["customer_id"]) == ("1000-1-2024-1", "77")
    assert (first["document_date"], first["due_date"]) == (date(2024, 1, 10), date(2024, 3, 1))
    applied = made.tables["applications"].select("from_id", "to_document_id", "amount", "kind").sort("amount").rows()
    assert applied == [
        ("1000-6-2024-1", "1000-5-2024-1", "20.00", "credit_note"),
        ("1000-2-2024-1", "1000-1-2024-1", "30.00", "credit_note"),
        ("1000-90-2024-1", "1000-1-2024-1", "70.00", "payment"),
    ]
    assert set(made.tables["findings"]["code"]) == {"cleared_credit_note", "cleared_payment", "cleared_reversal"}


def test_without_due_dates_the_terms_are_asked_for(tmp_path: Path) -> None:
    bare = [{name: value for name, value in one.items() if name != "NetDueDate"} for one in ITEMS]
    with pytest.raises(DataError, match="terms_days=30"):
        imported(tmp_path / "items.json", bare)
    made = imported(tmp_path / "items.json", bare, terms_days="14")
    assert made.tables["documents"]["due_date"].unique().to_list() == [date(2024, 1, 24)]
    with pytest.raises(ParameterError, match="whole number of days"):
        imported(tmp_path / "items.json", bare, terms_days="soon")
    with pytest.raises(ParameterError, match="a day such as"):
        imported(tmp_path / "items.json", ITEMS, extracted_on="soon")


def test_a_second_file_without_types_must_show_the_same_items(tmp_path: Path) -> None:
    plain = [{name: value for name, value in one.items() if name != "AccountingDocumentType"} for one in ITEMS[:2]]
    (tmp_path / "payments.json").write_text(json.dumps(plain))
    (tmp_path / "items.json").write_text(json.dumps(ITEMS))
    _, made = import_export(tmp_path)
    assert made.summary.filter(file="payments.json").select("merged", "used").rows() == [(2, 0)]
    (tmp_path / "payments.json").write_text(json.dumps([plain[0] | {"AccountingDocument": "99"}]))
    with pytest.raises(DataError, match="not among the journal items"):
        import_export(tmp_path)


def test_foreign_amounts_give_the_rates_of_their_days(tmp_path: Path) -> None:
    local = {"CompanyCodeCurrency": "EUR"}
    rows = [
        item("1", "200.00", "RV", AmountInCompanyCodeCurrency="180.00", TransactionCurrency="USD", **local),
        item("2", "-400.00", "DG", AmountInCompanyCodeCurrency="-360.00", TransactionCurrency="USD", **local),
        item("3", "0.01", "RV", AmountInCompanyCodeCurrency="0.02", TransactionCurrency="USD", **local),
        item("4", "50.00", "RV", AmountInCompanyCodeCurrency="50.00", **local),
    ]
    made = imported(tmp_path / "items.json", rows)
    assert made.tables["rates"].rows() == [("USD", date(2024, 1, 10), 0.9)]
    assert dict(made.tables["settings"].rows())["currency"] == "EUR"
