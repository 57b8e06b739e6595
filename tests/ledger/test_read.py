"""Containers, columns, keys, references, signs, currencies and coverage."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xlsxwriter
from ledger_files import (
    APPLICATIONS,
    CUSTOMERS,
    DOCUMENTS,
    GOOD,
    RECEIPTS,
    codes,
    documents,
    folder_of,
    only_documents,
    read,
    reasons,
)

from credrisk.errors import DataError, ParameterError
from credrisk.ledger import Ledger
from credrisk.ledger.tables import TABLES

DEFAULTS = ("customers", "documents", "receipts", "applications")


def text_frames() -> dict[str, pl.DataFrame]:
    return {name: pl.read_csv(text.encode(), infer_schema=False) for name, text in GOOD.items()}


def typed_frames() -> dict[str, pl.DataFrame]:
    return {name: pl.read_csv(text.encode(), try_parse_dates=True) for name, text in GOOD.items()}


def as_workbook(path: Path, frames: dict[str, pl.DataFrame]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, frame in frames.items():
            frame.write_excel(book, worksheet=name.title())
    return path


def as_database(path: Path, frames: dict[str, pl.DataFrame]) -> Path:
    with duckdb.connect(str(path)) as connection:
        for name, frame in frames.items():
            connection.register("given", frame.to_arrow())
            connection.execute(f"create table {name.upper()} as select * from given")  # noqa: S608
            connection.unregister("given")
    return path


def as_parquet(path: Path, frames: dict[str, pl.DataFrame]) -> Path:
    path.mkdir()
    for name, frame in frames.items():
        frame.write_parquet(path / f"{name}.parquet")
    return path


def all_sources(folder: Path) -> dict[str, Any]:
    typed = typed_frames()
    (folder / "text").mkdir()
    return {
        "text": folder_of(folder / "text", **GOOD),
        "parquet": as_parquet(folder / "parquet", typed),
        "workbook": as_workbook(folder / "book.xlsx", typed),
        "text workbook": as_workbook(folder / "text.xlsx", text_frames()),
        "database": as_database(folder / "base.duckdb", typed),
        "polars": typed,
        "lazy": {name: frame.lazy() for name, frame in typed.items()},
        "pandas": {name: frame.to_pandas() for name, frame in typed.items()},
        "arrow": {name: frame.to_arrow() for name, frame in typed.items()},
    }


def test_every_source_gives_the_same_ledger(tmp_path: Path) -> None:
    ledgers = {name: Ledger.read(source) for name, source in all_sources(tmp_path).items()}
    first = ledgers.pop("text")
    assert first.table("documents")["amount"].to_list() == [123456, 20000, -3456]
    assert first.table("applications")["from_kind"].to_list() == ["none", "document", "receipt"]
    assert first.table("applications")["currency"].to_list() == ["EUR"] * 3
    for name, ledger in ledgers.items():
        assert ledger.settings == first.settings, name
        assert ledger.quarantine.is_empty(), name
        for table in DEFAULTS:
            assert ledger.table(table).equals(first.table(table)), (name, table)
        assert ledger.intake.equals(first.intake), name


def test_other_files_and_folders_are_noted_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / "prices.csv").write_text("a,b\n")
    (tmp_path / "._documents.csv").write_bytes(b"left by a file system")
    ledger = read(tmp_path)
    assert [f.message for f in ledger.findings if f.code == "not_a_table"] == [
        "files that are no table of the ledger: ._documents.csv, README.md, documents, prices.csv."
    ]


def test_excel_day_numbers_are_dates_in_a_workbook_only(tmp_path: Path) -> None:
    frames = typed_frames()
    frames["documents"] = frames["documents"].with_columns(document_date=pl.lit(45316))
    assert Ledger.read(as_workbook(tmp_path / "b.xlsx", frames)).table("documents")["document_date"][0] == date(
        2024, 1, 25
    )
    with pytest.raises(DataError, match="no document or receipt"):
        Ledger.read({name: frames[name] for name in ("customers", "documents")})


def test_mixed_cells_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        customers, sheet = book.add_worksheet("customers"), book.add_worksheet("Documents ")
        customers.write_column(0, 0, ["customer_id", 17, 18])
        sheet.write_row(0, 0, ["Document ID", "Customer-ID", "document date", "DUE DATE", "amount", "currency"])
        sheet.write_row(1, 0, ["D1", 17])
        sheet.write_datetime(1, 2, datetime(2024, 1, 25), day)
        sheet.write_row(1, 3, ["25/02/2024", 12.5, "EUR"])
        sheet.write_row(2, 0, ["D2", "18", "13/02/2024", "2024-03-14", "1,234.50", "EUR"])
        sheet.write_row(3, 0, ["D3", "18", "13/02/2024", "2024-03-14", 1090606301.27, "EUR"])
        book.add_worksheet("notes")
    ledger = Ledger.read(path)
    kept = ledger.table("documents").select("customer_id", "document_date", "due_date", "amount").rows()
    assert kept == [
        ("17", date(2024, 1, 25), date(2024, 2, 25), 1250),
        ("18", date(2024, 2, 13), date(2024, 3, 14), 123450),
        ("18", date(2024, 2, 13), date(2024, 3, 14), 109060630127),
    ]


@pytest.mark.parametrize("name", ["book.xlsx", "base.duckdb", "table.parquet"])
def test_unreadable_containers_are_clear_errors(tmp_path: Path, name: str) -> None:
    if name == "table.parquet":
        folder_of(tmp_path, customers=CUSTOMERS)
        (tmp_path / "documents.parquet").write_bytes(b"PAR1 no")
        source = tmp_path
    else:
        source = tmp_path / name
        source.write_bytes(b"this is no such file" * 50)
    with pytest.raises(DataError, match="cannot be"):
        Ledger.read(source)


@pytest.mark.parametrize("source", ["nowhere", "nowhere.xlsx", "file.pdf"])
def test_a_missing_or_foreign_source_is_a_clear_error(tmp_path: Path, source: str) -> None:
    (tmp_path / "file.pdf").write_text("x")
    with pytest.raises(DataError, match=r"there is no file or folder|neither a folder"):
        Ledger.read(tmp_path / source)


@pytest.mark.parametrize("frame", [5, "text", pd.Series([1]), None, {"a": 1}])
def test_a_dict_of_anything_else_is_a_clear_error(frame: object) -> None:
    with pytest.raises(DataError, match="cannot be read as a table"):
        Ledger.read({"customers": frame, "documents": frame})


def test_a_folder_without_tables_says_what_was_sought_and_what_is_there(tmp_path: Path) -> None:
    for name in ("readme.txt", "sales.csv"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(
        DataError, match=r"is no ledger\. Looked for: .*customers\.csv.* Found: readme\.txt, sales\.csv\."
    ):
        Ledger.read(tmp_path)


def test_missing_tables_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"required tables are missing: customers\. The tables there: documents"):
        Ledger.read(folder_of(tmp_path, documents=DOCUMENTS))
    with pytest.raises(DataError, match="missing: customers, documents"):
        Ledger.read({})


def test_a_table_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "customers.tsv").write_text("customer_id\nC1\n")
    with pytest.raises(DataError, match=r"twice: customers\.csv and customers\.tsv"):
        read(tmp_path)


def test_missing_columns_are_named_with_what_is_there_and_near_misses(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refusal:
        read(tmp_path, documents=DOCUMENTS.replace("due_date", "due_dte").replace("amount", "value"))
    assert refusal.value.columns == ("due_date", "amount")
    message = str(refusal.value)
    assert "The columns there: document_id, customer_id, kind, document_date, due_dte, value, currency." in message
    assert "Perhaps due_dte" in message


def test_names_of_columns_by_the_declared_rule_and_unknown_ones(tmp_path: Path) -> None:
    header, rest = DOCUMENTS.split("\n", 1)
    header = (
        header.replace("document_date", " Document-Date").replace("due_date", "DUE DATE").replace("currency", "Note")
    )
    ledger = read(tmp_path, documents=f"{header}\n{rest}")
    assert ledger.table("documents").height == 3
    assert [f.message for f in ledger.findings if f.code == "unknown_columns"] == [
        "documents.csv has columns that the table does not know; they were not used: note."
    ]


def test_two_columns_for_one_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="more than one column for amount: 'Amount', 'amount'"):
        read(tmp_path, documents=DOCUMENTS.replace("kind", "Amount"))


def test_two_unknown_or_unnamed_columns_are_no_error(tmp_path: Path) -> None:
    ledger = read(tmp_path, customers="customer_id,,,x,X\nC1,1,2,3,4\nC2,,,,\nC2,5,,,\n")
    assert set(ledger.quarantine["content"].to_list()) == {
        '{"customer_id":"C2","unnamed (column 2)":"5","unnamed (column 3)":"","x (column 4)":"","x (column 5)":""}'
    }


def test_copies_keep_one_and_conflicts_keep_none(tmp_path: Path) -> None:
    copies = DOCUMENTS + "D1,C1,invoice,2024-01-25,24/02/2024,1234.560,EUR\n" + DOCUMENTS.splitlines()[2] + "\n"
    ledger = read(tmp_path, documents=copies)
    assert reasons(ledger) == [("documents", key, "duplicate_row", "document_id") for key in ("D1", "D2")]
    assert ledger.table("documents").height == 3
    conflict = DOCUMENTS + "D2,C2,invoice,2024-02-13,2024-03-14,201.00,EUR\n" + DOCUMENTS.splitlines()[2] + "\n"
    ledger = read(tmp_path, documents=conflict)
    assert [r for r in reasons(ledger) if r[0] == "documents"] == [
        ("documents", "D2", "conflicting_id", "document_id")
    ] * 3
    assert [r for r in reasons(ledger) if r[0] == "applications"] == [
        ("applications", "D2 / 2024-03-03 / write_off / 10.00", "refers_to_quarantined", "to_document_id")
    ]
    intake = ledger.intake.filter(table="documents").row(0, named=True)
    assert (intake["money_read"], intake["money_kept"], intake["money_quarantined"]) == (1801.0, 1200.0, 601.0)


def test_equal_applications_are_kept_with_a_warning(tmp_path: Path) -> None:
    ledger = read(tmp_path, applications=APPLICATIONS + "R1,D1,1000.00,2024-03-02,payment\n")
    assert ledger.table("applications").height == 4
    assert [(f.severity, f.rows, f.ids, f.money) for f in ledger.findings if f.code == "equal_rows"] == [
        ("warning", 1, ("D1",), 1000.0)
    ]
    assert "over_applied" in {f.code for f in ledger.check().findings}


def test_histories_with_one_key_and_two_values_conflict_and_events_do_not(tmp_path: Path) -> None:
    history = "customer_id,attribute,value,valid_from\n" + "".join(
        f"C1,{attribute},{value},2024-01-01\n"
        for attribute, value in (("segment", "a"), ("segment", "b"), ("group", "x"), ("group", "x"))
    )
    events = "customer_id,kind,happened_on,known_at,source,text\n" + "C1,notice,2024-01-01,2024-01-02,gazette,{}\n" * 3
    ledger = read(tmp_path, customer_history=history, events=events.format("one", "two", "two"))
    assert ledger.table("customer_history")["attribute"].to_list() == ["group"]
    assert ledger.table("events")["text"].to_list() == ["one", "two"]
    assert sorted(r[2] for r in reasons(ledger)) == ["conflicting_id"] * 2 + ["duplicate_row"] * 2


def test_unknown_customers_documents_and_receipts(tmp_path: Path) -> None:
    ledger = read(
        tmp_path,
        documents=DOCUMENTS + "D4,C9,invoice,2024-01-25,2024-02-24,7.00,EUR\n",
        applications=APPLICATIONS
        + "R9,D1,1.00,2024-03-02,payment\nR1,D9,1.00,2024-03-02,payment\nR1,D4,1.00,2024-03-02,payment\n",
        disputes="dispute_id,document_id,opened_on,amount\nQ1,D1,2024-02-01,5.00\nQ2,D9,2024-02-01,5.00\nQ3,D4,2024-02-01,\n",
        promises="promise_id,customer_id,document_id,made_on,due_on\nP1,C1,,2024-02-01,2024-02-09\nP2,C1,D9,2024-02-01,2024-02-09\n",
    )
    assert reasons(ledger) == [
        ("applications", "R9 / D1 / 2024-03-02 / payment / 1.00", "unknown_receipt", "from_id"),
        ("disputes", "Q2", "unknown_document", "document_id"),
        ("disputes", "Q3", "refers_to_quarantined", "document_id"),
        ("documents", "D4", "unknown_customer", "customer_id"),
        ("promises", "P2", "unknown_document", "document_id"),
    ]
    assert ledger.table("disputes")["currency"].to_list() == ["EUR"]


@pytest.mark.parametrize(("master", "used"), [("200706844", "0200706844"), ("0200706844", "200706844")])
def test_ids_that_lost_leading_zeros_are_matched(tmp_path: Path, master: str, used: str) -> None:
    folder_of(tmp_path, customers=f"customer_id\n{master}\n0017\n")
    folder_of(tmp_path, documents=documents(customer_id=[used, master, "17", "00017", "0099"], amount=["1"] * 5))
    ledger = Ledger.read(tmp_path, currency="EUR")
    assert ledger.table("documents")["customer_id"].to_list() == [master, master, "0017", "0017"]
    assert [(f.severity, f.rows) for f in ledger.findings if f.code == "leading_zeros"] == [("warning", 3)]
    assert reasons(ledger) == [("documents", "D5", "unknown_customer", "customer_id")]


def test_ids_that_could_be_two_are_not_matched(tmp_path: Path) -> None:
    folder_of(
        tmp_path,
        customers="customer_id\n17\n017\nA1\n",
        documents=documents(customer_id=["0017", "0A1"], amount=["1", "2"]),
    )
    with pytest.raises(DataError, match="no document or receipt"):
        Ledger.read(tmp_path, currency="EUR")
    ledger = Ledger.read(tmp_path, currency="EUR", covers_from="2024-01-01", covers_to="2024-12-31")
    assert {r[2] for r in reasons(ledger)} == {"unknown_customer"}


def test_lost_zeros_of_documents_and_receipts(tmp_path: Path) -> None:
    ledger = read(
        tmp_path,
        documents=DOCUMENTS.replace("D1", "0011").replace("D2", "0012").replace("D3", "0013"),
        receipts=RECEIPTS.replace("R1", "0021"),
        applications=APPLICATIONS.replace("D1", "11").replace("D2", "12").replace("D3", "13").replace("R1", "21"),
    )
    assert ledger.table("applications").select("from_id", "to_document_id", "from_kind").rows() == [
        (None, "0012", "none"),
        ("0013", "0011", "document"),
        ("0021", "0011", "receipt"),
    ]


def test_positive_credit_notes_are_turned_if_all_are(tmp_path: Path) -> None:
    kinds = ["invoice", "credit_note", "credit note"]
    ledger = only_documents(tmp_path, kind=kinds, amount=["9", "5", "6"], tax_amount=["1", "2", ""])
    assert ledger.table("documents").select("amount", "tax_amount").rows() == [(900, 100), (-500, -200), (-600, None)]
    assert "credit_notes_turned" in codes(ledger, "documents")
    assert ledger.intake.filter(table="documents")["money_kept"].to_list() == [-2.0]
    ledger = only_documents(tmp_path, kind=kinds, amount=["9", "-5", "6"])
    assert reasons(ledger) == [("documents", "D3", "contradicting_sign", "amount")]
    assert ledger.table("documents")["amount"].to_list() == [900, -500]


def test_negative_invoices(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, kind=["invoice", "invoice", "late_fee"], amount=["9", "-5", "-1"])
    assert ledger.table("documents")["kind"].to_list() == ["invoice", "credit_note", "credit_note"]
    assert [f.rows for f in ledger.findings if f.code == "negative_debits"] == [2]
    ledger = only_documents(tmp_path, kind=["invoice", "invoice", "credit_note"], amount=["-9", "-5", "1"])
    assert ledger.table("documents").select("kind", "amount").rows() == [
        ("invoice", 900),
        ("invoice", 500),
        ("credit_note", -100),
    ]
    assert "signs_turned" in codes(ledger, "documents")
    ledger = only_documents(tmp_path, amount=["-9", "5"])
    assert ledger.table("documents")["kind"].to_list() == ["credit_note", "invoice"]
    assert "assumed_kind" in codes(ledger, "documents")


def test_turning_signs_turns_what_was_settled_too(tmp_path: Path) -> None:
    ledger = only_documents(
        tmp_path,
        kind=["invoice", "invoice", "credit_note"],
        amount=["-100", "-50", "20"],
        tax_amount=["-16", "", "3"],
        settled_on=["2024-02-05"] * 3,
        settled_amount=["-100", "30", "20"],
    )
    assert ledger.table("documents").select("amount", "tax_amount").rows() == [
        (10000, 1600),
        (5000, None),
        (-2000, -300),
    ]
    assert ledger.table("receipts")["amount"].to_list() == [10000, 3000, -2000]
    assert "all_negative" not in codes(ledger, "documents"), "the credit note proves the signs"


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [(["invoice", "invoice"], 700), (["", ""], -700), (["credit_note", "invoice"], -700)],
)
def test_documents_that_are_all_negative_ask_for_the_sign(tmp_path: Path, kinds: list[str], kept: int) -> None:
    ledger = only_documents(tmp_path, kind=kinds, amount=["-2", "-5"])
    asked = [f for f in ledger.findings if f.code == "all_negative"]
    assert [(f.severity, f.rows, f.ids) for f in asked] == [("error", 2, ("D1", "D2"))]
    assert ledger.table("documents")["amount"].sum() == kept


def test_negative_credit_notes_alone_ask_for_nothing(tmp_path: Path) -> None:
    assert "all_negative" not in codes(only_documents(tmp_path, kind=["credit_note"], amount=["-2"]), "documents")
    ledger = only_documents(tmp_path, amount=["-2"])
    assert "all_negative" in codes(ledger, "documents"), "also without a column of kinds"


def test_kinds_of_applications(tmp_path: Path) -> None:
    ledger = read(
        tmp_path,
        applications=APPLICATIONS.replace(",payment", ",").replace(",credit_note", ",").replace(",write_off", ","),
    )
    assert ledger.table("applications")["kind"].to_list() == ["credit_note", "payment"]
    assert [r[2:] for r in reasons(ledger)] == [("missing_value", "kind")]


def test_an_id_that_is_receipt_and_document_follows_kind_and_from_kind(tmp_path: Path) -> None:
    shared = {"documents": DOCUMENTS.replace("D3", "R1")}
    by_kind = read(
        tmp_path,
        **shared,
        applications="from_id,to_document_id,amount,applied_on,kind\nR1,D1,5,2024-03-02,credit_note\nR1,D1,6,2024-03-02,payment\n",
    )
    assert by_kind.table("applications").select("amount", "from_kind").rows() == [(500, "document"), (600, "receipt")]
    stated = read(
        tmp_path,
        **shared,
        applications="from_id,to_document_id,amount,applied_on,from_kind\nR1,D1,5,2024-03-02,document\n",
    )
    assert stated.table("applications").select("kind", "from_kind").rows() == [("credit_note", "document")]


def test_currencies_are_inherited_and_contradictions_set_aside(tmp_path: Path) -> None:
    ledger = Ledger.read(
        folder_of(
            tmp_path,
            customers="customer_id,currency\nC1,JPY\nC2,\n",
            documents="document_id,customer_id,document_date,due_date,amount,currency\nD1,C1,2024-01-25,2024-02-24,1234,\nD2,C2,2024-01-25,2024-02-24,12.5,\nD3,C2,2024-01-25,2024-02-24,12.5,usd\n",
            receipts="receipt_id,customer_id,date,amount\nR1,C1,2024-02-01,500\nR2,C2,2024-02-01,500\n",
            applications="from_id,to_document_id,amount,applied_on,currency,from_amount\nR1,D1,5,2024-03-02,,\nR1,D1,6,2024-03-02,EUR,\nR1,D3,7.25,2024-03-02,,1000\nR2,D3,8.25,2024-03-02,,\n",
        ),
        currency="eur",
    )
    assert ledger.settings.currency == "EUR"
    assert ledger.table("documents").select("currency", "amount").rows() == [
        ("JPY", 1234),
        ("EUR", 1250),
        ("USD", 1250),
    ]
    assert ledger.table("receipts").select("currency", "amount").rows() == [("JPY", 500), ("EUR", 50000)]
    assert ledger.table("applications").select("currency", "amount", "from_amount").rows() == [
        ("JPY", 5, None),
        ("USD", 725, 1000),
    ]
    assert [r[2:] for r in reasons(ledger)] == [("other_currency", "currency"), ("missing_value", "from_amount")]


def test_the_currency_of_the_ledger(tmp_path: Path) -> None:
    text = documents(amount=["1", "2", "3"], currency=["USD", "USD", "EUR"])
    folder_of(tmp_path, customers="customer_id\nC1\n", documents=text)
    ledger = Ledger.read(tmp_path)
    assert ledger.settings.currency == "USD"
    assert "inferred_currency" in codes(ledger, "")
    folder_of(tmp_path, settings="key,value\ncurrency,GBP\n")
    assert Ledger.read(tmp_path).settings.currency == "GBP"
    assert Ledger.read(tmp_path, currency="CHF").settings.currency == "CHF"
    with pytest.raises(ParameterError, match="ISO 4217"):
        Ledger.read(tmp_path, currency="EURO")


def test_no_currency_at_all_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    folder_of(tmp_path, customers="customer_id\nC1\n", documents=documents(amount=["1"]))
    with pytest.raises(DataError, match="--currency EUR"):
        Ledger.read(tmp_path)


def test_coverage_is_inferred_stated_or_given(tmp_path: Path) -> None:
    ledger = read(tmp_path)
    assert (ledger.settings.covers_from, ledger.settings.covers_to) == (date(2024, 1, 25), date(2024, 3, 1))
    assert {"inferred_covers_from", "inferred_covers_to"} <= codes(ledger, "")
    settings = (
        "Key;Value\nCovers From;2023-01-01\ncovers_to;20241231\nextracted_on;2025-01-05\n"
        "static;industry, country\ncolour;blue\n"
    )
    ledger = read(tmp_path, settings=settings)
    assert (ledger.settings.covers_from, ledger.settings.covers_to) == (date(2023, 1, 1), date(2024, 12, 31))
    assert ledger.settings.extracted_on == date(2025, 1, 5)
    assert ledger.settings.static == ("country", "industry")
    assert "unknown_settings" in codes(ledger, "settings")
    given = Ledger.read(tmp_path, covers_from=date(2022, 1, 1), covers_to="2024-06-30", static=("name",))
    assert (given.settings.covers_from, given.settings.covers_to) == (date(2022, 1, 1), date(2024, 6, 30))
    assert given.settings.static == ("name",)
    with pytest.raises(DataError, match="would cover"):
        Ledger.read(tmp_path, covers_from="2025-01-01")
    with pytest.raises(ParameterError, match="static"):
        Ledger.read(tmp_path, static=("shoe_size",))


@pytest.mark.parametrize(
    "settings",
    [
        "key,value\ncovers_to,05/06/2024\n",
        "key,value\ncovers_to,soon\n",
        "name,what\na,b\n",
        "key,value\ncurrency,EUR\ncurrency,USD\n",
    ],
)
def test_settings_that_cannot_be_understood_are_errors(tmp_path: Path, settings: str) -> None:
    with pytest.raises(DataError, match="settings"):
        Ledger.read(folder_of(tmp_path, **GOOD, settings=settings))


def test_the_date_of_entry_is_assumed_and_said_so(tmp_path: Path) -> None:
    ledger = read(
        tmp_path,
        receipts="receipt_id,customer_id,date,amount,recorded_at\nR1,C1,2024-03-01,1000.00,2024-03-05\nR2,C1,2024-03-02,1.00,\n",
    )
    assert ledger.table("receipts")["recorded_at"].to_list() == [date(2024, 3, 5), date(2024, 3, 2)]
    assumed = {f.table: (f.rows, f.ids) for f in ledger.findings if f.code == "assumed_recorded_at"}
    assert assumed == {
        "receipts": (1, ("R2",)),
        "documents": (3, ("D1", "D2", "D3")),
        "applications": (3, ("D3", "R1")),
    }


def test_the_quarantine_holds_the_whole_row(tmp_path: Path) -> None:
    row = ' D7 ,C1,invoice,2024-02-30,2024-03-14,"1,200.50",eur'
    ledger = read(tmp_path, documents=DOCUMENTS + row + "\n")
    assert ledger.quarantine.to_dicts() == [
        {
            "table": "documents",
            "source": "documents.csv",
            "row": 4,
            "key": "D7",
            "reason": "impossible_date",
            "column": "document_date",
            "value": "2024-02-30",
            "amount": 1200.5,
            "currency": "EUR",
            "content": '{"document_id":" D7 ","customer_id":"C1","kind":"invoice","document_date":"2024-02-30",'
            '"due_date":"2024-03-14","amount":"1,200.50","currency":"eur"}',
        }
    ]
    finding = next(f for f in ledger.findings if f.code == "impossible_date")
    assert (finding.severity, finding.rows, finding.ids, finding.money) == ("error", 1, ("D7",), 1200.5)


def test_every_declared_table_can_be_read_with_every_column(tmp_path: Path) -> None:
    values = {
        "id": "X1",
        "text": "some text",
        "code": "code",
        "date": "2024-01-31",
        "money": "1.50",
        "number": "0.5",
        "integer": "3",
        "flag": "yes",
    }
    special = {
        "customer_id": "C1",
        "document_id": "D1",
        "to_document_id": "D1",
        "from_id": "R1",
        "currency": "EUR",
        "from_kind": "receipt",
    }
    texts = {}
    for name, table in TABLES.items():
        key = {"documents": {"document_id": "D1"}, "receipts": {"receipt_id": "R1"}}.get(name, {})
        row = {
            c.name: {**special, **key}.get(c.name, c.choices[0] if c.choices else values[c.kind]) for c in table.columns
        }
        texts[name] = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    ledger = Ledger.read(folder_of(tmp_path, **texts))
    assert ledger.quarantine.is_empty(), ledger.quarantine.to_dicts()
    assert {name: ledger.table(name).height for name in TABLES} == dict.fromkeys(TABLES, 1)
    for name, table in TABLES.items():
        assert tuple(ledger.table(name).columns) == table.names
        assert ledger.table(name).null_count().sum_horizontal().item() == 0, name


def test_arrow_that_is_no_table_is_refused() -> None:
    with pytest.raises(DataError, match="cannot be read as a table"):
        Ledger.read({"customers": pa.array([1, 2]), "documents": pa.array([1])})


def test_a_date_beyond_the_calendar_is_set_aside_not_a_crash() -> None:
    beyond = pl.Series([4_000_000_000 // 1000, 19_800], dtype=pl.Int32).cast(pl.Date)
    documents = pl.DataFrame(
        {"document_id": ["D1", "D2"], "customer_id": "C1", "amount": ["1.00", "2.00"], "currency": "EUR"}
    ).with_columns(document_date=beyond, due_date=pl.lit("2024-04-01"))
    ledger = Ledger.read({"customers": pl.DataFrame({"customer_id": ["C1"]}), "documents": documents})
    assert ledger.table("documents")["document_id"].to_list() == ["D2"]
    assert ledger.quarantine["reason"].to_list() == ["unreadable_date"]
