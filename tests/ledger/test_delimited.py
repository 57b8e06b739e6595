"""Text files: encodings, separators, the line bound, ragged lines, quotation marks."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from ledger_files import CUSTOMERS, DOCUMENTS, GOOD, codes, folder_of, read, reasons

from credrisk.errors import DataError, ParameterError
from credrisk.ledger import Ledger

NAMES = "customer_id,name\nC1,Müller & Søn\nC2,Élan\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_every_encoding_gives_the_same_names(tmp_path: Path, encoding: str, said: str | None) -> None:
    ledger = read(tmp_path, customers=NAMES.encode(encoding))
    assert ledger.table("customers")["name"].to_list() == ["Müller & Søn", "Élan"]
    noted = [f.message for f in ledger.findings if f.code == "encoding"]
    assert noted == ([] if said is None else [f"customers.csv is not UTF-8; it was read as {said}."])


def test_bytes_that_windows_does_not_know_are_latin_1(tmp_path: Path) -> None:
    ledger = read(tmp_path, customers=b"customer_id,name\nC1,a\x81\xfcb\nC2,x\n")
    assert ledger.table("customers")["name"][0] == "a\x81üb"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(tmp_path: Path, separator: str) -> None:
    ledger = read(tmp_path, documents=DOCUMENTS.replace(",", separator))
    assert ledger.table("documents")["amount"].to_list() == [123456, 20000, -3456]


def test_the_header_decides_the_separator_even_if_texts_hold_others(tmp_path: Path) -> None:
    ledger = read(tmp_path, customers='customer_id;name\nC1;"A, B, C, D"\nC2;"x;y ""z""\nw"\n')
    assert ledger.table("customers")["name"].to_list() == ["A, B, C, D", 'x;y "z"\nw']


def test_gzip_windows_line_ends_and_other_suffixes(tmp_path: Path) -> None:
    folder_of(tmp_path, customers=CUSTOMERS)
    (tmp_path / "Documents.CSV.gz").write_bytes(gzip.compress(DOCUMENTS.replace("\n", "\r\n").encode()))
    (tmp_path / "receipts.tsv").write_text(GOOD["receipts"].replace(",", "\t"))
    ledger = Ledger.read(tmp_path)
    assert ledger.table("documents").height == 3
    assert ledger.table("receipts")["amount"].to_list() == [100000]


def test_a_damaged_gzip_is_a_clear_error(tmp_path: Path) -> None:
    folder_of(tmp_path, customers=CUSTOMERS)
    (tmp_path / "documents.csv.gz").write_bytes(gzip.compress(DOCUMENTS.encode() * 100)[:-20])
    with pytest.raises(DataError, match=r"documents\.csv\.gz is no whole gzip file"):
        Ledger.read(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_beyond_the_bound_is_refused_before_parsing(tmp_path: Path, packed: bool) -> None:
    long = DOCUMENTS + 'D9,C1,invoice,2024-01-25,2024-02-24,"' + "9" * 1200 + '",EUR\n'
    folder_of(tmp_path, customers=CUSTOMERS)
    if packed:
        (tmp_path / "documents.csv.gz").write_bytes(gzip.compress(long.encode()))
    else:
        folder_of(tmp_path, documents=long)
    with pytest.raises(DataError, match=r"line 5 of documents\.csv(\.gz)? is longer than 1,000 bytes"):
        Ledger.read(tmp_path, max_line_bytes=1000)


def test_a_line_as_long_as_the_bound_is_read(tmp_path: Path) -> None:
    line = "C3," + "x" * 997
    folder_of(
        tmp_path,
        **{
            **GOOD,
            "customers": CUSTOMERS.replace(",country,currency", "").replace(",DE,EUR", "").replace(",NL,EUR", "")
            + line
            + "\n",
        },
    )
    assert Ledger.read(tmp_path, max_line_bytes=1000).table("customers").height == 3
    folder_of(tmp_path, customers=f"customer_id,name\nC1,a\nC2,b\n{line}x\n")
    with pytest.raises(DataError, match="longer than 1,000 bytes"):
        Ledger.read(tmp_path, max_line_bytes=1000)


def test_a_line_is_measured_across_the_pieces_in_which_the_file_is_read(tmp_path: Path) -> None:
    filler = "".join(f"C{n},{'y' * 500}\n" for n in range(10, 2090))
    folder_of(tmp_path, **{**GOOD, "customers": "customer_id,name\nC1,a\nC2,b\n" + filler + "C5000," + "x" * 1100})
    with pytest.raises(DataError, match="line 2084"):
        Ledger.read(tmp_path, max_line_bytes=1000)


def test_quoted_line_ends_are_lines_for_the_bound(tmp_path: Path) -> None:
    text = 'customer_id,name\nC1,a\nC2,"' + "\n".join(["z" * 900] * 5) + '"\n'
    folder_of(tmp_path, **{**GOOD, "customers": text})
    assert Ledger.read(tmp_path, max_line_bytes=1000).table("customers")["name"].str.len_chars().max() == 4504


def test_the_bound_has_a_bound(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="max_line_bytes"):
        Ledger.read(folder_of(tmp_path, **GOOD), max_line_bytes=10)


def test_ragged_lines_are_set_aside_whole_with_their_place(tmp_path: Path) -> None:
    lines = DOCUMENTS.splitlines()
    ledger = read(tmp_path, documents="\n".join([*lines[:2], "D8,C1,invoice", *lines[2:], lines[1] + ",more"]) + "\n")
    ragged = ledger.quarantine.select("row", "reason", "content").rows()
    assert ragged == [
        (5, "ragged_line", '{"line":"D1,C1,invoice,2024-01-25,2024-02-24,1234.56,EUR,more"}'),
        (2, "ragged_line", '{"line":"D8,C1,invoice"}'),
    ]
    assert ledger.table("documents").height == 3
    counts = ledger.intake.filter(table="documents").select(
        "rows_read", "rows_kept", "rows_quarantined", "money_unreadable_rows"
    )
    assert tuple(counts.sum().row(0)) == (5, 3, 2, 2)


def test_rows_without_any_value_are_passed_over_and_noted(tmp_path: Path) -> None:
    ledger = read(tmp_path, documents=DOCUMENTS + ",,,,,,\n\n , ,,,,,\n")
    assert ledger.quarantine.is_empty()
    assert [f.rows for f in ledger.findings if f.code == "blank_rows"] == [2]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_a_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"receipts: the file receipts\.csv is empty"):
        read(tmp_path, receipts=text)


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    ledger = read(
        tmp_path, receipts=GOOD["receipts"].splitlines()[0], applications=GOOD["applications"].splitlines()[0] + "\n"
    )
    assert ledger.has("receipts")
    assert ledger.table("receipts").is_empty()


def test_a_quotation_mark_that_never_closes_is_an_error_not_a_swallowed_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="never closed"):
        read(tmp_path, customers='customer_id,name\nC1,"Alpha\nC2,Beta\n')
    with pytest.raises(DataError, match="never closed"):
        read(tmp_path, customers='customer_id,name\n"C1,Alpha\nC2,Beta\n')


def test_a_quotation_mark_inside_a_word_is_text(tmp_path: Path) -> None:
    ledger = read(tmp_path, customers='customer_id,name\nC1,5" pipes\nC2,Beta\n')
    assert ledger.table("customers")["name"].to_list() == ['5" pipes', "Beta"]
    assert reasons(ledger) == []
    assert "ragged_line" not in codes(ledger, "customers")
