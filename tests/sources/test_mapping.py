"""Imports by a mapping file: every kind of rule, every format of export, and an account of every row."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from xlsxwriter import Workbook

from credrisk.errors import DataError, ParameterError
from credrisk.ledger import Ledger
from credrisk.sources.mapping import Imported, import_with_map
from credrisk.sources.mapping_values import MISFIT

ITEMS = """Account;Number;Type;Booked;Due;Terms;Cleared;Amount;Sign;Currency;Name
7;A1;RV;15.01.2024;31.01.2024;14;05.02.2024;1.234,50;S;EUR;Alder Works
007;A2;RV;20.01.2024;19.02.2024;;10.02.2024;100,00;S;;Alder works
K9;A3;DG;21.01.2024;22.01.2024;1;;99,00-;S;NULL;Birch Mill
K9;A4;ZP;22.01.2024;22.01.2024;0;;50,00;H;EUR;Birch Mill
;;;;;;;;;;
K9;A5;RV;31.02.2024;01.03.2024;x;;(12,00);S;USD;Birch Mill
7;A6;RV;01.03.2024;10.03.2024;30;;n/a;S;EUR;Alder Works
"""
FILE = """[files.items]
path = "items.csv"
separator = ";"
dates = "day_first"
decimal = ","
thousands = "."
empty = ["NULL"]
"""
DOCUMENTS = """
[tables.documents.columns]
document_id = "Number"
customer_id = { column = "Account", pad_zeros = 3 }
document_date = "Booked"
due_date = "Due"
amount = "Amount"
currency = { column = "Currency", default = "EUR" }
"""


def run(folder: Path, mapping: str, items: str = ITEMS) -> Imported:
    (folder / "map.toml").write_text(mapping, encoding="utf-8")
    (folder / "items.csv").write_text(items, encoding="utf-8")
    return import_with_map(folder / "map.toml", folder)


def column(folder: Path, rule: str, target: str = "document_date", items: str = ITEMS) -> list[str | None]:
    """The values of one target column made by ``rule``."""
    lines = [line for line in DOCUMENTS.splitlines() if not line.startswith(f"{target} =")]
    return run(folder, FILE + "\n".join([*lines, f"{target} = {rule}"]), items).tables["documents"][target].to_list()


def test_text_dates_numbers_and_ids_as_the_file_states_them(tmp_path: Path) -> None:
    frame = run(tmp_path, FILE + DOCUMENTS).tables["documents"]
    assert frame["customer_id"].to_list() == ["007", "007", "K9", "K9", "K9", "007"]
    assert frame["document_date"].to_list()[:3] == ["2024-01-15", "2024-01-20", "2024-01-21"]
    assert frame["amount"].to_list() == ["1234.50", "100.00", "-99.00", "50.00", "-12.00", "n/a"]
    assert frame["currency"].to_list() == ["EUR", "EUR", "EUR", "EUR", "USD", "EUR"]
    assert frame["document_date"][4] == "31.02.2024" + MISFIT, "a date that does not exist is kept for the quarantine"


def test_every_row_is_used_or_counted(tmp_path: Path) -> None:
    where = '[tables.documents]\nwhere = [{ column = "Type", not_equals = "ZP" }, { column = "Name", empty = false }]\n'
    result = run(tmp_path, FILE + where + DOCUMENTS.lstrip())
    assert result.summary.rows() == [
        ("documents", "items.csv", 7, 1, 1, 0, 5, "Type does not equal 'ZP' and Name is not empty")
    ]
    assert result.sums.select("column", "currency", "rows", "unread", "amount").rows() == [
        ("amount", "EUR", 4, 1, 1235.5),
        ("amount", "USD", 1, 0, -12.0),
    ]
    assert result.unused_columns == {"items.csv": ("Terms", "Cleared", "Sign")}


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ('{ column = "Type", equals = ["RV", "DG"] }', ["A1", "A2", "A3", "A5", "A6"]),
        ('{ column = "Currency", empty = true }', ["A2", "A3"]),
        ('{ column = "Currency", not_equals = "EUR" }', ["A2", "A3", "A5"]),
        ('{ column = "Currency", not_equals = "EUR", empty = false }', ["A5"]),
        ('{ column = "Account", equals = 7 }', ["A1", "A6"]),
        ('{ column = "Amount", less_than = 0 }', ["A3", "A5"]),
        ('{ column = "Terms", less_than = "Amount" }', ["A1", "A4"]),
    ],
)
def test_conditions(tmp_path: Path, rule: str, kept: list[str]) -> None:
    result = run(tmp_path, FILE + f"[tables.documents]\nwhere = {rule}\n" + DOCUMENTS.lstrip())
    assert result.tables["documents"]["document_id"].to_list() == kept


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('"Due"', ["2024-01-31", "2024-02-19", "2024-01-22", "2024-01-22", "2024-03-01", "2024-03-10"]),
        (
            '{ column = "Due", minus_days = 1 }',
            ["2024-01-30", "2024-02-18", "2024-01-21", "2024-01-21", "2024-02-29", "2024-03-09"],
        ),
        (
            '{ column = "Due", minus_days = "Terms", default_minus_days = 30 }',
            ["2024-01-17", "2024-01-20", "2024-01-21", "2024-01-22", "01.03.2024 and x days", "2024-02-09"],
        ),
        (
            '{ column = "Due", plus_days = "Terms" }',
            ["2024-02-14", None, "2024-01-23", "2024-01-22", "01.03.2024 and x days", "2024-04-09"],
        ),
        (
            '{ column = "Due", not_after = "Cleared", not_before = "Booked" }',
            ["2024-01-31", "2024-02-10", "2024-01-22", "2024-01-22", "2024-03-01", "2024-03-10"],
        ),
        (
            '{ column = ["Cleared", "Due"] }',
            ["2024-02-05", "2024-02-10", "2024-01-22", "2024-01-22", "2024-03-01", "2024-03-10"],
        ),
        ('{ column = "Cleared", default = "2024-12-31" }', ["2024-02-05", "2024-02-10", *["2024-12-31"] * 4]),
        ("{ constant = 2024-05-06 }", ["2024-05-06"] * 6),
        (
            '{ template = "{Type} 7 on {Booked} x", date_after = ["dg", "rv 7 on"], dates = "%d.%m.%Y" }',
            ["2024-01-15", "2024-01-20", None, None, "31.02.2024" + MISFIT, "2024-03-01"],
        ),
    ],
)
def test_derived_dates(tmp_path: Path, rule: str, expected: list[str | None]) -> None:
    assert column(tmp_path, rule) == expected


def test_templates_translations_whole_numbers_and_signs(tmp_path: Path) -> None:
    assert column(tmp_path, '{ template = "{Currency}/{Number}" }', "document_id") == [
        "EUR/A1",
        None,
        None,
        "EUR/A4",
        "USD/A5",
        "EUR/A6",
    ]
    values = '{ column = "Type", values = { RV = "invoice", DG = "credit_note", ZP = "" } }'
    assert column(tmp_path, values, "kind") == ["invoice", "invoice", "credit_note", None, "invoice", "invoice"]
    kept = '{ column = "Type", values = { RV = "invoice" }, keep_others = true }'
    assert column(tmp_path, kept, "kind")[2:4] == ["DG", "ZP"]
    otherwise = '{ column = "Currency", values = { EUR = "home" }, otherwise = "abroad", default = "unknown" }'
    assert column(tmp_path, otherwise, "kind") == ["home", "unknown", "unknown", "home", "abroad", "home"]
    signed = '{ column = "Amount", negative_where = { column = "Sign", equals = "H" } }'
    assert column(tmp_path, signed, "amount")[2:4] == ["-99.00", "-50.00"]
    whole = ITEMS.replace("A1;", "1930571429.0;").replace("A2;", "12.5;")
    assert column(tmp_path, '{ column = "Number", whole_number = true }', "document_id", whole)[:3] == [
        "1930571429",
        "12.5",
        "A3",
    ]


def test_numbers_that_contradict_the_stated_marks_are_marked(tmp_path: Path) -> None:
    items = "Number;Account;Booked;Due;Amount;Currency\n" + "".join(
        f"A{n};1;01.02.2024;01.02.2024;{amount};EUR\n"
        for n, amount in enumerate(
            ("1.50", "1.2345,6", "1 234,5", "+7", "1.234.567,89", "1,234", "5,00 €", "1,234.56", "1e5")
        )
    )
    assert run(tmp_path, FILE + DOCUMENTS, items).tables["documents"]["amount"].to_list() == [
        "1.50" + MISFIT, "1.2345,6" + MISFIT, "1234.5", "+7", "1234567.89", "1.2340", "5.00€",
        "1,234.56" + MISFIT, "1e5" + MISFIT,
    ]  # fmt: skip


@pytest.mark.parametrize("thousands", ["", 'thousands = "."\n'])
def test_what_the_mapping_states_is_never_read_another_way(tmp_path: Path, thousands: str) -> None:
    mapping = (FILE + DOCUMENTS).replace('thousands = "."\n', thousands) + (
        '[tables.customers]\none_row_per = "customer_id"\n[tables.customers.columns]\n'
        'customer_id = { column = "Account", pad_zeros = 3 }\n'
    )
    items = "Number;Account;Booked;Due;Amount;Currency\n" + "".join(
        f"{number};1;05/01/2024;{due};{amount};EUR\n"
        for number, due, amount in (
            ("A", "05.02.2024", "100,00"),
            ("B", "12/31/2024", "100,00"),
            ("C", "06.02.2024", "1,234.56"),
            ("D", "06.02.2024", "1.50"),
            ("E", "2024-02-07 00:00:00.000", "1,234"),
            ("F", "2024-02-08T12:30:00Z", "1.500"),
        )
    )
    mapping = mapping.replace('dates = "day_first"', 'dates = ["%d.%m.%Y", "%d/%m/%Y"]')
    ledger = Ledger.read(run(tmp_path, mapping, items).tables, currency="EUR")
    kept = dict(ledger.table("documents").select("document_id", "amount").rows())
    assert kept == {"A": 10000} | ({"F": 150000} if thousands else {})
    aside = ledger.quarantine.select("key", "reason", "value").rows()
    assert aside == [
        ("B", "unreadable_date", "12/31/2024" + MISFIT),
        ("C", "unreadable_amount", "1,234.56" + MISFIT),
        ("D", "unreadable_amount", "1.50" + MISFIT),
        ("E", "too_many_decimals", "1.2340"),
        *([] if thousands else [("F", "unreadable_amount", "1.500" + MISFIT)]),
    ]


def test_what_stands_for_no_date_is_not_marked(tmp_path: Path) -> None:
    items = ITEMS.replace("05.02.2024", "00.00.0000").replace("10.02.2024", "31.12.9999").replace("S;USD", "S;NULL")
    assert column(tmp_path, '"Cleared"', "settled_on", items)[:2] == ["00.00.0000", "31.12.9999"]


def test_customers_are_merged_by_a_rule_that_ignores_the_order(tmp_path: Path) -> None:
    customers = (
        '[tables.customers]\none_row_per = "customer_id"\n[tables.customers.columns]\n'
        'customer_id = { column = "Account", pad_zeros = 3 }\nname = "Name"\ncurrency = "Currency"\n'
    )
    result = run(tmp_path, FILE + customers)
    assert result.tables["customers"].rows() == [("007", "Alder Works", "EUR"), ("K9", "Birch Mill", "EUR")]
    assert result.conflicts.rows() == [
        ("customers", "name", "007", "Alder Works", "Alder works (1)", 1),
        ("customers", "currency", "K9", "EUR", "USD (1)", 1),
    ]
    assert result.summary.select("read", "blank", "left_out", "merged", "used").rows() == [(7, 1, 0, 4, 2)]
    header, *lines = ITEMS.splitlines()
    turned = run(tmp_path, FILE + customers, "\n".join([header, *reversed(lines)]))
    assert turned.tables["customers"].equals(result.tables["customers"])
    assert turned.conflicts.equals(result.conflicts)


def test_rows_without_the_key_are_never_merged_away(tmp_path: Path) -> None:
    customers = (
        '[tables.customers]\none_row_per = ["customer_id"]\n'
        '[tables.customers.columns]\ncustomer_id = "Account"\nname = "Name"\n'
    )
    result = run(tmp_path, FILE + customers, ITEMS.replace("K9;", ";"))
    assert result.tables["customers"]["customer_id"].to_list() == ["007", "7", None, None, None]
    assert result.summary["merged"].to_list() == [1]


def test_settings_rates_and_disputes_come_along(tmp_path: Path) -> None:
    mapping = (
        '[settings]\ncurrency = "EUR"\ncovers_from = 2024-01-01\nstatic = ["country", "industry"]\n'
        + FILE
        + DOCUMENTS
        + '[tables.disputes]\nwhere = { column = "Type", equals = "DG" }\n[tables.disputes.columns]\n'
        + 'dispute_id = { template = "D-{Number}" }\ndocument_id = "Number"\nopened_on = "Booked"\n'
        + '[[rates]]\ncurrency = "USD"\ndate = "2024-01-01"\nrate = 0.9\n'
    )
    tables = run(tmp_path, mapping).tables
    assert dict(tables["settings"].iter_rows()) == {
        "currency": "EUR",
        "covers_from": "2024-01-01",
        "static": "country,industry",
    }
    assert tables["rates"].rows() == [("USD", "2024-01-01", 0.9)]
    assert tables["disputes"].rows() == [("D-A3", "A3", "2024-01-21")]


def test_payments_that_name_their_invoice(tmp_path: Path) -> None:
    payments = (
        '[tables.payments]\nwhere = { column = "Cleared", empty = false }\n[tables.payments.columns]\n'
        'payment_id = { template = "P-{Number}" }\ndocument_id = "Number"\ndate = "Cleared"\namount = "Amount"\n'
    )
    result = run(tmp_path, FILE + DOCUMENTS + payments)
    assert result.tables["payments"].rows() == [
        ("P-A1", "A1", "2024-02-05", "1234.50"),
        ("P-A2", "A2", "2024-02-10", "100.00"),
    ]
    assert result.sums.filter(table="payments")["amount"].item() == 1334.5


def test_several_files_feed_one_table(tmp_path: Path) -> None:
    for month, number in (("2024-02", "B1"), ("2024-01", "A1")):
        text = f"no,who,day,sum\n{number},X,{month}-05,10.00\n"
        (tmp_path / f"items-{month}.csv.gz").write_bytes(gzip.compress(text.encode("utf-16")))
    (tmp_path / "extra.csv").write_text("no,who,day,sum,cur\nC1,Y,2024-03-01,5,USD\n", encoding="utf-8")
    part = (
        '[[tables.documents]]\nfile = "{}"\ncolumns = {{ document_id = "no", customer_id = "who", '
        'document_date = "day", due_date = "day", amount = "sum"{} }}\n'
    )
    mapping = (
        '[files.months]\npath = "items-*.csv.gz"\nencoding = "utf-16"\n[files.extra]\npath = "extra.csv"\n'
        + part.format("months", "")
        + part.format("extra", ', currency = "cur"')
    )
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    result = import_with_map(tmp_path / "map.toml", tmp_path)
    assert result.tables["documents"]["document_id"].to_list() == ["A1", "B1", "C1"]
    assert result.tables["documents"]["currency"].to_list() == [None, None, "USD"]
    assert result.summary["file"].to_list() == ["items-2024-01.csv.gz", "items-2024-02.csv.gz", "extra.csv"]


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_typed_exports_keep_numbers_and_ids(tmp_path: Path, kind: str) -> None:
    frame = pl.DataFrame(
        {
            "no": [1930571429.0, 12.0],
            "who": ["007", "008"],
            "day": [date(2024, 1, 5), date(2024, 2, 6)],
            "at": [datetime(2024, 1, 5, 13, 30), datetime(2024, 2, 6, 0, 0)],
            "sum": [10.25, -3.0],
        }
    )
    path = tmp_path / f"items.{kind}"
    if kind == "xlsx":
        frame.write_excel(path, worksheet="Items")
    else:
        frame.write_parquet(path)
    columns = (
        'document_id = "no"\ncustomer_id = "who"\ndocument_date = "day"\namount = "sum"\n'
        'due_date = { column = "at", plus_days = 30 }\n'
    )
    (tmp_path / "map.toml").write_text(
        f'[files.a]\npath = "*.{kind}"\n[tables.documents.columns]\n{columns}', encoding="utf-8"
    )
    table = import_with_map(tmp_path / "map.toml", path).tables["documents"]
    assert table["document_id"].to_list() == ["1930571429", "12"]
    assert table["document_date"].to_list() == ["2024-01-05", "2024-02-06"]
    assert table["due_date"].to_list() == ["2024-02-04", "2024-03-07"]
    assert table["amount"].to_list() == [10.25, -3.0]
    assert table.schema["amount"] == pl.Float64


def test_numbers_of_a_workbook_need_no_mark(tmp_path: Path) -> None:
    frame = pl.DataFrame({"no": ["A", "B"], "day": ["2024-01-05"] * 2, "sum": [10.25, 3.0], "sign": ["H", "S"]})
    frame.write_parquet(tmp_path / "items.parquet")
    columns = 'document_id = "no"\ncustomer_id = "no"\ndocument_date = "day"\ndue_date = "day"\n'
    amount = 'amount = { column = "sum", negative_where = { column = "sign", equals = "H" } }\n'
    start = '[files.a]\npath = "items.parquet"\ndecimal = ","\n[tables.documents.columns]\n'
    (tmp_path / "map.toml").write_text(start + columns + amount, encoding="utf-8")
    result = import_with_map(tmp_path / "map.toml", tmp_path)
    assert result.tables["documents"]["amount"].to_list() == ["-10.25", "3"]


def test_columns_that_no_rule_reads_may_hold_anything(tmp_path: Path) -> None:
    day = ["05.01.2024 13:30", "06.02.2024 00:00"]
    frame = pl.DataFrame({"no": ["A", "B"], "day": day, "sum": [1, 2], "lines": [[1], []], "raw": [b"\xff", None]})
    frame.write_parquet(tmp_path / "items.parquet")
    columns = 'document_id = "no"\ncustomer_id = "no"\ndocument_date = "day"\ndue_date = "day"\namount = "sum"\n'
    start = '[files.a]\npath = "items.parquet"\ndates = "%d.%m.%Y %H:%M"\n[tables.documents.columns]\n'
    (tmp_path / "map.toml").write_text(start + columns, encoding="utf-8")
    result = import_with_map(tmp_path / "map.toml", tmp_path)
    assert result.tables["documents"]["due_date"].to_list() == ["2024-01-05", "2024-02-06"]
    assert result.unused_columns == {"items.parquet": ("lines", "raw")}
    (tmp_path / "map.toml").write_text(start + columns.replace('amount = "sum"', 'amount = "lines"'), encoding="utf-8")
    with pytest.raises(DataError, match=r"lines holds List\(Int64\) values, not text"):
        import_with_map(tmp_path / "map.toml", tmp_path)


def test_workbook_without_the_sheet_names_those_it_has(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_excel(tmp_path / "book.xlsx", worksheet="Open items")
    mapping = f'[files.a]\npath = "book.xlsx"\nsheet = "Openitems"\n{DOCUMENTS}'
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    with pytest.raises(
        DataError, match=r"has no sheet 'Openitems'.*choose 'sheet' from Open items .did you mean 'Open items'"
    ):
        import_with_map(tmp_path / "map.toml", tmp_path)


def test_a_workbook_may_be_given_for_the_sheets_that_a_mapping_reads_of_it(tmp_path: Path) -> None:
    invoices = pl.DataFrame({"no": ["A", "B"], "who": ["K1", "K2"], "day": ["2024-01-05"] * 2, "sum": [100.0, 50.0]})
    with Workbook(tmp_path / "book.xlsx") as book:
        invoices.write_excel(book, worksheet="Invoices")
        invoices.head(1).write_excel(book, worksheet="Paid")
    files = "".join(f'[files.{key}]\npath = "book.xlsx"\nsheet = "{key}"\n' for key in ("Invoices", "Paid"))
    columns = '{ document_id = "no", customer_id = "who", document_date = "day", due_date = "day", amount = "sum" }'
    payments = '{ document_id = "no", date = "day", amount = "sum" }'
    blocks = f'[[tables.documents]]\nfile = "Invoices"\ncolumns = {columns}\n'
    blocks += f'[[tables.payments]]\nfile = "Paid"\ncolumns = {payments}\n'
    (tmp_path / "map.toml").write_text(files + blocks, encoding="utf-8")
    made = import_with_map(tmp_path / "map.toml", tmp_path / "book.xlsx").tables
    assert {name: frame.height for name, frame in made.items()} == {"documents": 2, "payments": 1}
    (tmp_path / "map.toml").write_text((files + blocks).replace("book.xlsx", "other.xlsx", 1), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"source must be a folder: .* reads 2 files"):
        import_with_map(tmp_path / "map.toml", tmp_path / "book.xlsx")


def test_one_file_may_be_given_instead_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(FILE + DOCUMENTS, encoding="utf-8")
    (tmp_path / "renamed.csv").write_text(ITEMS, encoding="utf-8")
    assert import_with_map(tmp_path / "map.toml", tmp_path / "renamed.csv").summary["used"].to_list() == [6]
    with pytest.raises(ParameterError, match="source must be a file or folder that is there"):
        import_with_map(tmp_path / "map.toml", tmp_path / "nowhere")


def test_the_example_of_the_documentation_is_a_valid_mapping(tmp_path: Path) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    (tmp_path / "map.toml").write_text(docs.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    header = "Company;Number;Account;Due;Terms;Cleared;Amount;Sign;Currency;Company currency;Type;Name"
    rows = [
        "10;1;77;31.01.2024;14;;1.000,00;S;;EUR;RV;Alder Works",
        "10;2;77;28.02.2024;;10.01.2024;5,00;H;USD;EUR;DG;NULL",
    ]
    text = "\r\n".join(["Open items", "", header, *rows, "10;3;77;28.02.2024;;;7,00;S;USD;EUR;ZP;-"])
    (tmp_path / "open_items_1.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    result = import_with_map(tmp_path / "map.toml", tmp_path)
    assert result.tables["documents"].select("document_id", "document_date", "amount", "currency", "kind").rows() == [
        ("10-1", "2024-01-17", "1000.00", "EUR", "invoice"),
        ("10-2", "2024-01-10", "-5.00", "USD", "credit_note"),
    ]
    assert result.tables["customers"].rows() == [("0000000077", "Alder Works")]
    assert result.summary.filter(table="documents")["left_out"].item() == 1


def test_signs_are_turned_however_the_minus_is_written(tmp_path: Path) -> None:
    rule = '{ column = "Amount", turn_sign = true }'
    assert column(tmp_path, rule, "amount")[:5] == ["-1234.50", "-100.00", "99.00", "-50.00", "12.00"]


def test_signs_of_real_numbers_are_turned(tmp_path: Path) -> None:
    frame = pl.DataFrame({"Number": ["A", "B"], "Day": [date(2024, 1, 5)] * 2, "Amount": [-10.5, 3.0]})
    frame.write_parquet(tmp_path / "items.parquet")
    (tmp_path / "map.toml").write_text(
        """[files.items]
path = "items.parquet"
[tables.payments.columns]
document_id = "Number"
date = "Day"
amount = { column = "Amount", turn_sign = true }
""",
        encoding="utf-8",
    )
    made = import_with_map(tmp_path / "map.toml", tmp_path).tables["payments"]
    assert made["amount"].to_list() == [10.5, -3.0]


def test_signs_are_turned_where_a_condition_holds(tmp_path: Path) -> None:
    whole = column(tmp_path, '{ column = "Amount", turn_sign = true }', "amount")
    plain = column(tmp_path, "{ column = 'Amount' }", "amount")
    numbers = column(tmp_path, "{ column = 'Number' }", "document_id")
    rule = f'{{ column = "Amount", turn_where = {{ column = "Number", equals = "{numbers[0]}" }} }}'
    assert column(tmp_path, rule, "amount") == [whole[0], *plain[1:]]


def test_rows_alike_in_all_that_is_read_are_lines_and_count_once(tmp_path: Path) -> None:
    items = (
        ITEMS + "7;A6;RV;01.03.2024;10.03.2024;60;;n/a;H;EUR;Alder Works\nK9;A4;ZP;22.01.2024;22.01.2024;9;;51,00;;;\n"
    )
    result = run(tmp_path, FILE + "[tables.documents]\nlines = true\n" + DOCUMENTS.lstrip(), items)
    assert result.tables["documents"]["document_id"].to_list() == ["A1", "A2", "A3", "A4", "A5", "A6", "A4"]
    assert result.summary.select("read", "blank", "left_out", "merged", "used").rows() == [(9, 1, 0, 1, 7)]
    assert result.sums["rows"].sum() == 7, "the money of a line counts once"
