"""What a mapping gets wrong, and what an export gets wrong: errors that say where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.test_mapping import DOCUMENTS, FILE, ITEMS, column, run

from credrisk.errors import DataError, ParameterError
from credrisk.sources.mapping import import_with_map

AMOUNT, DUE, START, COLUMNS = 'amount = "Amount"', '"Due"', "[files.items]", "[tables.documents.columns]"


def before(text: str) -> tuple[str, str]:
    """Put lines before the files."""
    return START, f"{text}\n{START}"


def table(text: str) -> tuple[str, str]:
    """Put a line into the table of documents."""
    return COLUMNS, f"[tables.documents]\n{text}\n{COLUMNS}"


WRONG = [
    (('"Number"', '"Numbr"'), r"document_id must be a column of items.csv, which has Account, .*mean 'Number'"),
    (("document_id", "documnt_id"), r"made of the columns of the table document_id, .*mean 'document_id' or"),
    (("tables.documents", "tables.document"), r"a table of the ledger .*did you mean 'documents'"),
    (('"items.csv"', '"item.csv"'), r"files.items.path must be a file in .* \(items.csv\) \(did you mean 'items.csv'"),
    (('due_date = "Due"\n', ""), r"documents needs due_date"),
    ((AMOUNT, "amount = 5"), r"columns.amount must be a source column, or a table"),
    ((AMOUNT, 'amount = { columm = "Amount" }'), r"made of the keys column, .*did you mean 'column'"),
    ((AMOUNT, 'amount = { column = "Amount", constant = 1 }'), r"exactly one of column, constant and template"),
    ((DUE, '{ column = "Due", minus_days = "Trms" }'), r"did you mean 'Terms'\?\); got 'Trms'"),
    ((DUE, '{ column = "Due", minus_days = 3, default_minus_days = 1 }'), r"beside a column of days"),
    ((DUE, '{ column = "Due", minus_days = 3, plus_days = 1 }'), r"plus_days or minus_days, not both"),
    ((DUE, '{ column = "Due", minus_days = true }'), r"a whole number or a source column"),
    ((DUE, "{ column = [] }"), r"a source column, or a list of some"),
    ((DUE, '{ column = "Due", not_after = "" }'), r"due_date must be a column of items.csv"),
    ((DUE, '{ template = "{Due" }'), r"template must be text with source columns in braces"),
    ((DUE, '{ template = "none" }'), r"template must be text with source columns in braces"),
    ((DUE, '{ column = "Due", keep_others = true }'), r"given values where it has otherwise or keep_others"),
    (('"day_first"', '"dayfirst"'), r"dates must be day_first, month_first, year_first or a format"),
    (('separator = ";"', 'separator = "||"'), r"separator must be one character"),
    (('decimal = ","', 'decimal = "."'), r"another mark than thousands"),
    (('separator = ";"', 'encoding = "utf-9"'), r"an encoding that Python knows"),
    (before("[settings]\ncurency = 1"), r"settings must be made of .*did you mean 'currency'"),
    (before('[settings]\ncovers_to = "soon"'), r"settings.covers_to must be a date"),
    (before("[[rates]]\ncurrency = 'USD'\ndate = 2024-01-01\nrate = 0"), r"rate must be a positive number"),
    (before("[[rates]]\ncurrency = 'USD'\nrate = 1"), r"it needs date"),
    (before("[files.other]\npath = 'x.csv'"), r"file must be one of the files \(other, items\)"),
    (table("one_row_per = 'name'"), r"one_row_per must be columns made here"),
    (table("lines = 'yes'"), r"lines must be true or false, without 'one_row_per'"),
    (table("lines = true\none_row_per = 'document_id'"), r"lines must be true or false, without 'one_row_per'"),
    (table("where = { column = 'Typ', equals = 1 }"), r"documents.where must be a column .*did you mean 'Type'"),
    (table("where = { column = 'Type' }"), r"at least one of equals, not_equals, empty and less_than"),
    (table("where = { column = 'Type', less_than = true }"), r"less_than must be a source column or a number"),
    (table("where = { column = 'Type', less_than = 'Amont' }"), r"did you mean 'Amount'"),
    ((DUE, '{ column = "Due", date_after = ["x", ""] }'), r"date_after must be words behind which a date stands"),
    ((START, "[files.items"), r"valid TOML; got .map.toml"),
    ((START, "files = 3\n[other]"), r"made of the keys settings, files, tables, rates"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_errors_name_the_key_and_what_there_is(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    mapping = FILE + DOCUMENTS
    assert change[0] in mapping
    with pytest.raises(ParameterError, match=message):
        run(tmp_path, mapping.replace(*change, 1))


def test_a_file_that_no_table_reads_is_an_error(tmp_path: Path) -> None:
    documents = DOCUMENTS.replace(*table("file = 'items'"))
    mapping = "[files.other]\npath = 'x.csv'\n" + FILE + documents
    with pytest.raises(ParameterError, match=r"files.other must be used as 'file' by at least one table"):
        run(tmp_path, mapping)


def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "items.csv")
    for path in ("../items.csv", "../*.csv", "link.csv"):
        (tmp_path / "map.toml").write_text((FILE + DOCUMENTS).replace("items.csv", path), encoding="utf-8")
        with pytest.raises(
            ParameterError, match=r"files.items.path must be a name inside the folder export; got"
        ) as said:
            import_with_map(tmp_path / "map.toml", folder)
        assert ("link.csv is a link that leads out of it; copy the file in" in str(said.value)) == (path == "link.csv")


@pytest.mark.parametrize("path", ["/etc/items.csv", ""])
def test_the_folder_is_named_however_it_was_given(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "other.csv").write_text(ITEMS, encoding="utf-8")
    monkeypatch.chdir(folder)
    (tmp_path / "map.toml").write_text(FILE + DOCUMENTS, encoding="utf-8")
    with pytest.raises(ParameterError, match=r"must be a file in export \(other.csv\)"):
        import_with_map(tmp_path / "map.toml", ".")
    if path:
        (tmp_path / "map.toml").write_text((FILE + DOCUMENTS).replace("items.csv", path), encoding="utf-8")
        with pytest.raises(ParameterError, match=r"must be a name inside the folder export; got '/etc/items.csv'"):
            import_with_map(tmp_path / "map.toml", ".")


def test_unlisted_values_and_misfit_dates_stop_the_import(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"kind.values does not list. Columns: Type. Rows: 2. For example: DG, ZP"):
        column(tmp_path, '{ column = "Type", values = { RV = "invoice" } }', "kind")
    with pytest.raises(
        DataError, match=r"no value of tables.documents.columns.document_date reads as %m-%Y-%d.*15.01.2024"
    ):
        column(tmp_path, '{ column = "Booked", dates = "%m-%Y-%d" }')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "items.csv is empty"),
        (b"a;b\n1;2\n1;2;3\n", "items.csv has more fields in line 3 than its header"),
        (b'a;b\n"1;2\n', "items.csv cannot be read"),
        ("a;b\nM\u00fcller;2\n".encode("cp1252"), "is not in utf-8-sig .byte 5.*cp1252"),
        (b"a;" + b"x" * 2_000_000, "line 1 of items.csv is longer than 1,000,000 bytes"),
    ],
)
def test_unreadable_exports_are_errors_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "map.toml").write_text(FILE + DOCUMENTS, encoding="utf-8")
    (tmp_path / "items.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        import_with_map(tmp_path / "map.toml", tmp_path)


def test_lines_between_stray_quotation_marks_are_named(tmp_path: Path) -> None:
    header, first, *rest = ITEMS.splitlines()
    several = first.replace("Alder Works", '"Alder; Works\nand Sons"')
    assert run(tmp_path, FILE + DOCUMENTS, "\n".join([header, several, *rest])).summary["read"].item() == 7
    opened, closed = rest[0].replace("A2;", '"A2;'), rest[2].replace("A4;", 'A4";')
    items = "\n".join([header, several, opened, rest[1], closed, *rest[3:]])
    with pytest.raises(DataError, match=r"the lines 4 to 6 of items.csv are one cell"):
        run(tmp_path, FILE + DOCUMENTS, items)


def test_damaged_gzip_and_parquet_are_errors_in_words(tmp_path: Path) -> None:
    for name in ("items.csv.gz", "items.parquet", "items.xlsx"):
        message = f"{name} is no whole gzip file" if name.endswith(".gz") else f"{name} cannot be read"
        (tmp_path / name).write_bytes(b"damaged")
        (tmp_path / "map.toml").write_text((FILE + DOCUMENTS).replace("items.csv", name), encoding="utf-8")
        with pytest.raises(DataError, match=message):
            import_with_map(tmp_path / "map.toml", tmp_path)
