"""What holds of every text, however it is written and wherever a piece of it ends."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.ledger import splitting, text_files
from credrisk.ledger.delimited import RAGGED, ROW, TextTable, read_delimited
from credrisk.ledger.encodings import EncodingTeller, decode
from credrisk.ledger.text_files import look_over
from credrisk.sources.erp.cells import LINE, cells_of_text

MARKED = '\ufeff\r\n\0"'
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters=MARKED, exclude_categories=("Cs", "Cc")), max_size=6)
CELL = st.one_of(st.sampled_from(["00012", "1E5", "-0.00", "a,b", 'say "no"', "'", "=1+1", "ÄÖ", "1.234,5"]), PLAIN)
TABLE = st.integers(2, 5).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=8))
MARKS = st.sampled_from([",", ";", "\t", "|"])


def written(rows: list[list[str]], mark: str, end: str) -> str:
    width = len(rows[0]) if rows else 2
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([[f"name {place}" for place in range(width)], *rows])
    return held.getvalue()


def delimited(body: bytes, name: str = "customers.csv") -> TextTable:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
        return read_delimited(path, table="customers", known=frozenset(), max_line_bytes=10_000)


@given(rows=TABLE, mark=MARKS, end=st.sampled_from(["\n", "\r\n"]), encoding=st.sampled_from(["utf-8-sig", "utf-16"]))
def test_every_cell_comes_back_as_it_was_written(rows: list[list[str]], mark: str, end: str, encoding: str) -> None:
    read = delimited(written(rows, mark, end).encode(encoding))
    assert read.frame[RAGGED].null_count() == read.frame.height
    assert [list(row) for row in read.frame.drop(ROW, RAGGED).rows()] == rows
    assert read.frame[ROW].to_list() == list(range(1, len(rows) + 1))


@given(rows=TABLE, mark=MARKS, end=st.sampled_from(["\n", "\r\n"]))
def test_every_row_of_an_export_is_there_or_counted_as_blank(rows: list[list[str]], mark: str, end: str) -> None:
    read = cells_of_text(written(rows, mark, end), mark, "items.csv")
    assert read.read == len(rows)
    assert read.ragged == ()
    for row in read.frame.iter_rows(named=True):
        found = rows[row[LINE] - 1]
        assert [row[name] or "" for name in read.header] == [cell.replace("\u00a0", " ").strip() for cell in found]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_where_a_piece_of_the_file_ends_makes_no_difference(
    packed: bool, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[f"Ü{number}", f"two\nlines, {number}", "x" * (number % 7), "ß"] for number in range(40)]
    text = written(rows, ",", "\r\n").replace('"ß"', "ß") + "short\r\n" + 'a,b,c,d,"e"\r\n'
    name = "customers.csv.gz" if packed else "customers.csv"
    whole = delimited(text.encode(encoding), name)
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(text_files, "_CHUNK", size)
        monkeypatch.setattr(splitting, "_BLOCK", 300)
        pieces = delimited(text.encode(encoding), name)
        assert pieces.header == whole.header
        assert pieces.frame.equals(whole.frame)
        assert pieces.findings == whole.findings
    assert whole.frame.filter(pl.col(RAGGED).is_not_null())[RAGGED].to_list() == ["short", 'a,b,c,d,"e"']


@given(text=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufeff\0")))
def test_what_is_utf_8_is_told_as_such_and_kept(text: str) -> None:
    found, encoding = decode(text.encode())
    assert (found, encoding.name, encoding.stray) == (text, "UTF-8", 0)


@settings(max_examples=300)
@given(raw=st.binary(max_size=80), size=st.integers(1, 9))
def test_an_encoding_is_told_alike_from_pieces_and_at_once(raw: bytes, size: int) -> None:
    teller = EncodingTeller()
    for start in range(0, len(raw), size):
        teller.see(raw[start : start + size])
    at_once = decode(raw)[1]
    assert teller.told() == at_once


@given(lengths=st.lists(st.integers(0, 40), max_size=12), bound=st.integers(5, 30), size=st.integers(1, 50))
def test_the_longest_line_is_measured_wherever_pieces_end(lengths: list[int], bound: int, size: int) -> None:
    from credrisk.errors import DataError

    lines = [b"x" * length for length in lengths]
    long = next((number for number, line in enumerate(lines, start=1) if len(line) > bound), None)
    measure = text_files._LineBound("items.csv", bound)
    body = b"\n".join(lines)
    try:
        for start in range(0, len(body), size):
            measure.hold(body[start : start + size])
    except DataError as refusal:
        said: str | None = str(refusal)
    else:
        said = None
    assert (said is None) == (long is None)
    assert long is None or f"line {long} of items.csv" in str(said)


def test_a_file_of_blanks_holds_nothing_and_is_looked_over_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes(b" \n" * 3_000_000)
    file = look_over(tmp_path / "items.csv", 1000)
    assert (file.size, file.quoted, file.beginning) == (6_000_000, False, b"")
