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
    ("encoding", "said", "evidence"),
    [
        ("utf-8", None, ""),
        ("utf-8-sig", None, ""),
        ("utf-16", "UTF-16", "it begins with the byte order mark of UTF-16"),
        ("utf-16-le", "UTF-16", "41 of its first 82 bytes are zero"),
        ("utf-16-be", "UTF-16", "41 of its first 82 bytes are zero"),
        ("cp1252", "Windows-1252", "line 2 holds the byte 0xFC where UTF-8 has no such byte"),
    ],
)
def test_every_encoding_gives_the_same_names(tmp_path: Path, encoding: str, said: str | None, evidence: str) -> None:
    ledger = read(tmp_path, customers=NAMES.encode(encoding))
    assert ledger.table("customers")["name"].to_list() == ["Müller & Søn", "Élan"]
    noted = [f.message for f in ledger.findings if f.code == "encoding"]
    assert noted == ([] if said is None else [f"customers.csv is not UTF-8; it was read as {said} ({evidence})."])


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


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "sep=;\n", "sep=,\r\n \r\n"])
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


SWALLOWING = [
    ('D2,C1,"open,A,2024-01-01,2024-02-01,200.00', 'D4,C1,bolts",A,2024-01-01,2024-02-01,400.00', [2, 3, 4]),
    ('D2,C1,"open,A,2024-01-01,2024-02-01,200.00', 'D4,C1,"bolts,A,2024-01-01,2024-02-01,400.00', [2, 3, 4]),
    ('"D2,C1,x,A,2024-01-01,2024-02-01,200.00', 'D4",C1,x,A,2024-01-01,2024-02-01,400.00', [2, 3, 4]),
]


@pytest.mark.parametrize(("opened", "closed", "lost"), SWALLOWING)
@pytest.mark.parametrize("between", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_between_stray_quotation_marks_are_set_aside_not_swallowed(
    tmp_path: Path, opened: str, closed: str, lost: list[int], between: bool, end: str
) -> None:
    lines = [
        "document_id,customer_id,text,customer_name,document_date,due_date,amount",
        'D1,C1,"two\nlines, of text",A,2024-01-01,2024-02-01,100.00',
        opened,
        *(["D3,C1,x,A,2024-01-01,2024-02-01,300.00"] if between else []),
        closed,
        "",
        "D5,C1,x,A,2024-01-01,2024-02-01,500.00",
    ]
    ledger = Ledger.read(folder_of(tmp_path, documents=end.join([*lines, ""])), currency="EUR")
    assert ledger.table("documents").select("document_id", "amount").rows() == [("D1", 10000), ("D5", 50000)]
    rows = lost if between else lost[:2]
    shown = ledger.quarantine.sort("row").select("row", "reason", "content").rows()
    kept_lines = lines[2 : 2 + len(rows)]
    assert shown == [
        (row, "ragged_line", '{"line":"' + line.replace('"', '\\"') + '"}')
        for row, line in zip(rows, kept_lines, strict=True)
    ]
    intake = ledger.intake.filter(table="documents").select("rows_read", "rows_kept", "rows_quarantined").sum().row(0)
    assert intake == (2 + len(rows), 2, len(rows))
    said = next(f for f in ledger.findings if f.code == "swallowed_lines")
    assert said.severity == "error"
    assert f"lines 4 to {3 + len(rows)}" in said.message


def test_a_ragged_record_of_several_lines_is_set_aside_line_by_line(tmp_path: Path) -> None:
    customers = 'customer_id,name\nC1,"Alpha\nC2,Beta\nC3,Gamma",x,y\nC4,Delta\n'
    ledger = read(tmp_path, customers=customers, documents=DOCUMENTS.replace(",C1,", ",C4,"))
    assert ledger.quarantine.filter(table="customers").sort("row").select("row", "content").rows() == [
        (1, '{"line":"C1,\\"Alpha"}'),
        (2, '{"line":"C2,Beta"}'),
        (3, '{"line":"C3,Gamma\\",x,y"}'),
    ]


def test_addresses_of_several_lines_are_read_also_in_a_narrow_table(tmp_path: Path) -> None:
    address = "Alpha Works\n12 Example Street, Floor 2\n12345 Town, Country"
    ledger = read(tmp_path, customers=f'customer_id,name\nC1,"{address}"\nC2,Beta\n')
    assert ledger.table("customers")["name"].to_list() == [address, "Beta"]
    assert ledger.quarantine.is_empty()


def test_a_swallowed_line_of_a_narrow_table_is_found(tmp_path: Path) -> None:
    ledger = read(tmp_path, customers='customer_id,name\nC1,Alpha\nC2,Beta\nC3,"Gamma\nC4,Delta"\nC5,Eps\n')
    assert ledger.table("customers")["customer_id"].to_list() == ["C1", "C2", "C5"]
    assert ledger.quarantine["row"].to_list() == [3, 4]


def test_a_quotation_mark_inside_a_word_is_text(tmp_path: Path) -> None:
    ledger = read(tmp_path, customers='customer_id,name\nC1,5" pipes\nC2,Beta\n')
    assert ledger.table("customers")["name"].to_list() == ['5" pipes', "Beta"]
    assert reasons(ledger) == []
    assert "ragged_line" not in codes(ledger, "customers")
