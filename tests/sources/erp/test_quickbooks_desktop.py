"""QuickBooks Desktop: customers are headings, totals no rows, and a picture of a day is no history."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.visibility import cut
from credrisk.sources.erp.files import open_export
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported

USD = {"currency": "USD"}
OPEN_INVOICES = """\
"","Type","Date","Num","P. O. #","Terms","Due Date","Aging","Open Balance"
"Nordlicht GmbH","","","","","","","",""
"","Invoice","05/14/2024","1001","","Net 30","06/13/2024","17","1,234.50"
"","Credit Memo","06/02/2024","77","","","06/02/2024","","-34.50"
"","Payment","06/20/2024","","","","","","-200.00"
"Total Nordlicht GmbH","","","","","","","","1,000.00"
"Bergbau AG:Werk 2","","","","","","","",""
"","Invoice","06/25/2024","1002","","Net 30","07/25/2024","","10.00"
"Total Bergbau AG:Werk 2","","","","","","","","10.00"
"TOTAL","","","","","","","","1,010.00"
"""
AGING = """\
,Type,Date,Num,P. O. #,Name,Terms,Due Date,Aging,Open Balance
Current,,,,,,,,,
,Invoice,06/25/2024,1002,,Bergbau AG,Net 30,07/25/2024,,10.00
Total Current,,,,,,,,,10.00
1 - 30,,,,,,,,,
,Invoice,05/14/2024,1001,,Nordlicht GmbH,Net 30,06/13/2024,17,1234.50
Total 1 - 30,,,,,,,,,1234.50
TOTAL,,,,,,,,,1244.50
"""
LIST = """\
,Type,Date,Num,Memo,Due Date,Amount
Nordlicht GmbH,,,,,,
,Invoice,05/14/2024,1001,,06/13/2024,1234.50
,Payment,06/20/2024,5512,,,-200.00
,Credit Memo,06/22/2024,77,,,-34.50
,Sales Receipt,06/23/2024,9,,,12.00
Total Nordlicht GmbH,,,,,,1012.00
"""


def saved(folder: Path, content: str) -> Path:
    path = folder / "report.csv"
    path.write_text(content, encoding="utf-8")
    return path


def counted(imported: Imported) -> tuple[int, int, int, int]:
    row = imported.summary.row(0, named=True)
    assert row["read"] == row["blank"] + row["left_out"] + row["merged"] + row["set_aside"] + row["used"]
    return row["read"], row["used"], row["left_out"], row["set_aside"]


def test_open_invoices(tmp_path: Path) -> None:
    form, imported = import_export(
        saved(tmp_path, OPEN_INVOICES), settings={"report_date": "2024-06-30", "currency": "USD"}
    )
    assert (form.name, form.verified) == ("quickbooks_desktop", "from documentation, unverified")
    assert counted(imported) == (9, 4, 5, 0)
    assert imported.tables["documents"].select("document_id", "customer_id", "amount", "recorded_at").rows() == [
        ("Invoice:1001", "Nordlicht GmbH", "1234.50", "2024-06-30"),
        ("Credit Memo:77", "Nordlicht GmbH", "-34.50", "2024-06-30"),
        ("Invoice:1002", "Bergbau AG:Werk 2", "10.00", "2024-06-30"),
    ]
    assert imported.tables["receipts"].select("customer_id", "amount").rows() == [("Nordlicht GmbH", "200.00")]
    ledger = Ledger.read(imported.tables)
    assert ledger.quarantine.is_empty()
    documents = ledger.tables["documents"]
    assert documents["due_date"].sort().to_list() == [date(2024, 6, 2), date(2024, 6, 13), date(2024, 7, 25)]
    assert documents["amount"].sum() - ledger.tables["receipts"]["amount"].sum() == 101_000  # the report's own total
    assert cut(ledger, date(2024, 6, 29)).tables["documents"].is_empty()


def test_an_aging_report_has_the_names_in_its_rows(tmp_path: Path) -> None:
    _, imported = import_export(saved(tmp_path, AGING), settings={"report_date": "2024-06-30", "currency": "USD"})
    assert counted(imported) == (7, 2, 5, 0)
    assert imported.tables["documents"]["customer_id"].to_list() == ["Bergbau AG", "Nordlicht GmbH"]


def test_without_the_names_a_bucket_is_no_customer(tmp_path: Path) -> None:
    _, imported = import_export(
        saved(tmp_path, AGING.replace("Name", "Rep")), settings={"report_date": "2024-06-30", "currency": "USD"}
    )
    assert counted(imported) == (7, 0, 5, 2)
    assert imported.set_aside["amount"].to_list() == [10.0, 1234.5]


def test_a_transaction_list_says_what_it_cannot_tell(tmp_path: Path) -> None:
    _, imported = import_export(saved(tmp_path, LIST), settings=USD)
    assert counted(imported) == (6, 3, 3, 0)
    assert "applications" not in imported.tables
    assert imported.tables["documents"].select("kind", "amount").rows() == [
        ("invoice", "1234.50"),
        ("credit_note", "-34.50"),
    ]
    found = imported.tables["findings"].filter(pl.col("severity") == "error")
    assert found.select("code", "rows").rows() == [("payments_not_applied", 1)]


def test_a_journal_without_a_due_date_is_due_on_its_own_day(tmp_path: Path) -> None:
    journal = ",General Journal,08/28/2023,GJ1,NSF check 5512,,200.00\nTotal Nordlicht"
    _, imported = import_export(saved(tmp_path, LIST.replace("Total Nordlicht", journal)), settings=USD)
    listed = imported.tables["documents"].filter(kind="debit_note")
    assert listed.select("amount", "document_date", "due_date").rows() == [("200.00", "08/28/2023", "08/28/2023")]
    assert Ledger.read(imported.tables).quarantine.is_empty()


def test_the_day_and_the_currency_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="report_date"):
        import_export(saved(tmp_path, OPEN_INVOICES), settings=USD)
    with pytest.raises(ParameterError, match="currency"):
        import_export(saved(tmp_path, OPEN_INVOICES), settings={"report_date": "2024-06-30"})


def test_missing_columns_and_several_reports_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, LIST.replace("Due Date", "Class"))
    with pytest.raises(DataError, match="due date"):
        import_export(path, settings=USD)
    (tmp_path / "second.csv").write_text(LIST)
    with pytest.raises(DataError, match="2 reports"):
        import_export(tmp_path, settings=USD)


def test_the_order_of_dates_can_be_stated(tmp_path: Path) -> None:
    text = LIST.replace("05/14/2024", "05/06/2024").replace("06/13/2024", "05/07/2024")
    for number in (20, 22, 23):
        text = text.replace(f"06/{number}/2024", "05/08/2024")
    path = saved(tmp_path, text)
    for order, month in (("month_first", 5), ("day_first", 6)):
        _, imported = import_export(path, settings={"date_order": order, **USD})
        documents = Ledger.read(imported.tables).tables["documents"]
        assert documents.filter(kind="invoice")["document_date"].dt.month().to_list() == [month]
    with pytest.raises(ParameterError, match="date_order"):
        import_export(path, settings={"date_order": "iso", **USD})
    assert len(open_export(path)) == 1
