"""The files of an export in every wrapping: found, told apart, decoded, and bounded."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from credrisk.errors import DataError, ParameterError
from credrisk.sources.erp import files
from credrisk.sources.erp.cells import LINE
from credrisk.sources.erp.files import open_export

CSV = "Number,Name\n007,Ölmühle\n,\n8,x,y\n9,z\n"


def book(path: Path, *sheets: str) -> Path:
    with xlsxwriter.Workbook(str(path)) as made:
        for sheet in sheets:
            page = made.add_worksheet(sheet)
            page.write_row(1, 1, ["Number", "Day", "Value"])
            page.write_row(2, 1, ["007", "2024-01-31", 12.5])
            page.write_row(4, 1, ["8", "", -3])
    return path


def test_a_text_file_keeps_every_line(tmp_path: Path) -> None:
    path = tmp_path / "Items.CSV"
    path.write_text(CSV, encoding="utf-8")
    (one,) = open_export(path)
    assert (one.name, one.stem, one.kind, one.header, one.separator) == (
        "Items.CSV",
        "items",
        "csv",
        ("Number", "Name"),
        ",",
    )
    assert one.cells.frame.rows() == [("007", "Ölmühle", 1), ("9", "z", 4)]
    assert (one.cells.read, one.cells.blank, one.cells.ragged) == (4, 1, ((3, "8,x,y"),))
    assert next(iter(one.rows())) == {"Number": "007", "Name": "Ölmühle", LINE: 1}


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_encodings_are_told(tmp_path: Path, encoding: str, said: str) -> None:
    path = tmp_path / "items.txt"
    path.write_bytes("Betrag\tName\n1\tÖlmühle\n".encode(encoding))
    (one,) = open_export(path)
    assert (one.header, one.encoding) == (("Betrag", "Name"), None)
    assert one.cells.frame["Name"].item() == "Ölmühle"
    assert one.encoding is not None
    assert one.encoding.name == said


def test_content_decides_the_kind_not_the_suffix(tmp_path: Path) -> None:
    contents = {
        "a.xls": "Number\tName\n1\tx\n",
        "b.txt": '{"a": 1}\n{"a": 2, "b": [1]}\n',
        "c.json": '[{"a": 1}, {"b": null}]',
        "d.xml": "<r xmlns='urn:x'><Invoice/><Invoice/></r>",
        "e.pdf": "%PDF",
        "f.csv": " \n",
        ".hidden.csv": "a\n",
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    found = {one.name: one for one in open_export(tmp_path)}
    assert {name: one.kind for name, one in found.items()} == {
        "a.xls": "csv",
        "b.txt": "jsonl",
        "c.json": "json",
        "d.xml": "xml",
    }
    assert found["b.txt"].header == ("a", "b")
    assert found["b.txt"].cells.frame.rows() == [("1", None, 1), ("2", "[1]", 2)]
    assert list(found["c.json"].rows()) == [{"a": 1}, {"b": None}]
    assert found["d.xml"].header == ("r", "Invoice")


def test_every_sheet_is_a_table(tmp_path: Path) -> None:
    one, two = open_export(book(tmp_path / "items.xlsx", "A", "B"))
    assert (one.name, two.name, one.stem) == ("items.xlsx [A]", "items.xlsx [B]", "items")
    assert one.header == ("Number", "Day", "Value")
    assert one.cells.frame.rows() == [("007", "2024-01-31", "12.5", 1), ("8", None, "-3", 3)]
    assert (one.cells.read, one.cells.blank) == (3, 1)


def test_zip_and_gzip_are_read_without_unpacking(tmp_path: Path) -> None:
    workbook = book(tmp_path / "book.xlsx", "A").read_bytes()
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as made:
        made.writestr("in/items.csv", CSV)
        made.writestr("in/more.csv.gz", gzip.compress(b"packed twice"))
        made.writestr("book.xlsx", workbook)
    before = sorted(tmp_path.rglob("*"))
    found = {one.name: one for one in open_export(tmp_path / "all.zip")}
    assert {"book.xlsx", "in/items.csv"} <= set(found)
    assert found["in/items.csv"].stem == "items"
    assert found["in/items.csv"].cells.read == 4
    assert found["book.xlsx"].header == ("Number", "Day", "Value")
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "items.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    (one,) = open_export(tmp_path / "items.csv.gz")
    assert (one.stem, one.cells.read) == ("items", 4)


def test_bombs_damage_and_links_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_FILE", 1000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 1000))
    (one,) = open_export(tmp_path / "bomb.csv.gz")
    with pytest.raises(DataError, match="larger than 1,000 bytes unpacked"):
        _ = one.raw
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as made:
        made.writestr("a.csv", "a\n")
    whole = (tmp_path / "many.zip").read_bytes()
    encrypted = bytearray(whole)
    encrypted[6] |= 1
    encrypted[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(encrypted))
    with pytest.raises(DataError, match="encrypted"):
        open_export(tmp_path / "locked.zip")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n")[:-6])
    with pytest.raises(DataError, match=r"cut\.csv\.gz is no whole gzip file"):
        open_export(tmp_path / "cut.csv.gz")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.csv").symlink_to(tmp_path / "items.csv")
    (tmp_path / "items.csv").write_text(CSV)
    with pytest.raises(DataError, match=r"link\.csv is a link that leads out of the folder folder"):
        open_export(folder)


def test_broken_bodies_say_where(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"a": \n')
    (tmp_path / "b.xml").write_text("<!DOCTYPE r [<!ENTITY x 'y'>]><r>&x;</r>")
    (tmp_path / "c.csv").write_text('a,b\n1,"open\n2,3\n')
    found = {one.name: one for one in open_export(tmp_path)}
    with pytest.raises(DataError, match=r"line 2 of a\.jsonl"):
        list(found["a.jsonl"].rows())
    with pytest.raises(DataError, match="no plain XML"):
        found["b.xml"].xml()
    with pytest.raises(DataError, match=r"c\.csv cannot be split"):
        _ = found["c.csv"].cells
    with pytest.raises(ParameterError, match="that is there"):
        open_export(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match="an export"):
        open_export(tmp_path / "empty")
    (tmp_path / "nothing.csv").touch()
    with pytest.raises(DataError, match=r"nothing\.csv is empty"):
        open_export(tmp_path / "nothing.csv")


def test_stray_quotation_marks_and_blank_lines_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text('\n\na;b;c\n1;"x;\n""y""";3\n\n;;\n4;5 " inch;6\n7;8\n')
    (one,) = open_export(path)
    assert one.cells.frame.rows() == [("1", 'x;\n"y"', "3", 1), ("4", '5 " inch', "6", 4)]
    assert (one.cells.read, one.cells.blank, one.cells.ragged) == (5, 2, ((5, "7;8"),))
    path.write_text('a;b;c;d;e;f\n1;"x;3;4;5;6\n1;2;3;4;5;6\n1;y";3;4;5;6\n')
    (one,) = open_export(path)
    with pytest.raises(DataError, match=r"lines 2 to 4 of items\.csv"):
        _ = one.cells
