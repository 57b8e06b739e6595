"""What spreadsheets and transfers do to exports, through all three doors: each right, or said in words and set aside.

The doors are the tables of a ledger (``Ledger.read``), the export of a known system (``credrisk import``), an unknown
file (``credrisk import wizard``).
"""

from __future__ import annotations

import gzip
import re
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from fuzz.exports import EXPORTS

from credrisk.errors import CredriskError, DataError
from credrisk.ledger import Ledger, splitting
from credrisk.ledger import packing as packing_bounds
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import import_with_map
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

ROWS = (
    "D1,C1,invoice,2024-01-25,2024-02-24,1234.56,EUR",
    "D2,C2,invoice,2024-02-13,2024-03-14,200.00,EUR",
    "D3,C1,credit_note,2024-02-20,2024-02-20,-34.56,EUR",
)
LEDGER = "document_id,customer_id,kind,document_date,due_date,amount,currency"
UNKNOWN = "Invoice No,Customer,Type,Invoice date,Due date,Amount,Currency"
ALL = {"D1": 123456, "D2": 20000, "D3": -3456}
CUSTOMERS = "customer_id,name\nC1,Alpha\nC2,Beta\nMüller,Müller\nØst,Øst\n"


def lines(header: str, *rows: str, end: str = "\n") -> str:
    return end.join([header, *(rows or ROWS), ""])


def semicolons(header: str) -> str:
    whole = lines(header).replace(",", ";")
    return whole.replace("1234.56", "1.234,56").replace("200.00", "200,00").replace("-34.56", "34,56-")


def first_row(change: tuple[str, str]) -> tuple[str, ...]:
    return (ROWS[0].replace(*change), *ROWS[1:])


def spelled(header: str) -> dict[str, bytes]:
    """One table as every program writes it: each must give the same three documents."""
    plain = lines(header)
    first, rest = header.split(",", 1)
    return {
        "as it is": plain.encode(),
        "a byte order mark": plain.encode("utf-8-sig"),
        "UTF-16 with its mark": plain.encode("utf-16"),
        "UTF-16 without": plain.encode("utf-16-be"),
        "Windows line ends": lines(header, end="\r\n").encode(),
        "line ends of old programs": lines(header, end="\r").encode(),
        "semicolons and decimal commas": semicolons(header).encode(),
        "tabs": plain.replace(",", "\t").encode(),
        "bars": plain.replace(",", "|").encode(),
        "a line that states the separator": f"sep=;\r\n{plain.replace(',', ';')}".encode(),
        "empty columns at the end": "".join(f"{line},,\n" for line in plain.splitlines()).encode(),
        "blank lines": plain.replace("\n", "\n\n").encode() + b",,,,,,\n \n",
        "everything in quotation marks": "".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in plain.splitlines()
        ).encode(),
        "a header in two lines of a cell": lines(f'"{first}\n",{rest}').encode(),
        "narrow blanks in amounts": lines(header, *first_row(("1234.56", "1\u202f234.56"))).encode(),
    }


def wizard(folder: Path, body: bytes) -> Ledger:
    """Import a file by the mapping that the wizard proposes and writes."""
    (folder / "export.csv").write_bytes(body)
    proposal = propose_mapping(folder / "export.csv")
    asked = ", ".join(question.key for question in proposal.questions)
    assert not proposal.blocking, asked
    (folder / "mapping.toml").write_text(preview_mapping(proposal, folder / "export.csv").text, encoding="utf-8")
    return Ledger.read(import_with_map(folder / "mapping.toml", folder).tables)


def tables(folder: Path, body: bytes) -> Ledger:
    """Read a file as the documents of a ledger."""
    (folder / "documents.csv").write_bytes(body)
    (folder / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    return Ledger.read(folder)


DOORS = {"ledger": (tables, LEDGER), "wizard": (wizard, UNKNOWN)}


def documents(ledger: Ledger) -> dict[str, int]:
    return dict(ledger.table("documents").select("document_id", "amount").rows())


def aside(ledger: Ledger) -> list[tuple[str, str, str]]:
    return ledger.quarantine.sort("row").select("key", "reason", "column").rows()


def warned(ledger: Ledger, code: str) -> str:
    return next(finding.message for finding in ledger.findings if finding.code == code)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", spelled(LEDGER))
def test_however_a_program_writes_it_the_ledger_is_the_same(tmp_path: Path, door: str, case: str) -> None:
    read, header = DOORS[door]
    ledger = read(tmp_path, spelled(header)[case])
    assert documents(ledger) == ALL
    assert aside(ledger) == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("a second header", [("document_id", "unknown_code", "kind")]),
        ("a header on each page", [("document_id", "unknown_code", "kind")]),
        (
            "totals in the middle",
            [("Total C1", "missing_value", "customer_id"), ("Total", "missing_value", "customer_id")],
        ),
    ],
)
def test_lines_that_are_no_documents_are_set_aside_or_left_out(
    tmp_path: Path, door: str, case: str, expected: list[tuple[str, str, str]]
) -> None:
    read, header = DOORS[door]
    bodies = {
        "a second header": lines(header, header, *ROWS),
        "a header on each page": lines(header, ROWS[0], header, ROWS[1], header, ROWS[2]),
        "totals in the middle": lines(header, ROWS[0], "Total C1,,,,,1234.56,", *ROWS[1:], "Total,,,,,1400.00,"),
    }
    ledger = read(tmp_path, bodies[case].encode())
    assert documents(ledger) == ALL
    if door == "wizard":  # its mapping leaves them out, and says so
        assert aside(ledger) == []
    else:
        assert set(aside(ledger)) == set(expected)


def test_title_lines_are_passed_over_by_the_wizard_and_refused_in_a_ledger(tmp_path: Path) -> None:
    assert documents(wizard(tmp_path, ("Alpha Ltd\nReport of 2024\n\n" + lines(UNKNOWN)).encode())) == ALL
    with pytest.raises(DataError, match="required columns are missing in documents"):
        tables(tmp_path, ("Alpha Ltd\n\n" + lines(LEDGER)).encode())


@pytest.mark.parametrize("door", DOORS)
def test_ids_stay_as_they_are_written(tmp_path: Path, door: str) -> None:
    read, header = DOORS[door]
    rows = [
        f"{number},C1,invoice,2024-01-25,2024-02-24,1.00,EUR" for number in ("00012", "12", "1E5", "100000", "=1+1")
    ]
    ledger = read(tmp_path, lines(header, *rows).encode())
    assert set(documents(ledger)) == {"00012", "12", "1E5", "100000", "=1+1"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("ids", "code", "words"),
    [
        (("1.23E+11", "4.56E+11"), "ids_as_numbers", "the digits behind are lost"),
        (("Jan-24", "5-Mrz"), "ids_as_dates", "dates that Excel made of them"),
        (("D\x001", "D\u200b2"), "invisible_characters", "characters that cannot be seen"),
    ],
)
def test_ids_that_were_changed_on_the_way_are_named(
    tmp_path: Path, door: str, ids: tuple[str, str], code: str, words: str
) -> None:
    read, header = DOORS[door]
    rows = [row.replace(old, new) for row, old, new in zip(ROWS, ("D1", "D2"), ids, strict=False)]
    ledger = read(tmp_path, lines(header, *rows, ROWS[2]).encode())
    finding = next(one for one in ledger.findings if one.code == code)
    assert (finding.severity, finding.table, finding.rows) == ("warning", "documents", 2)
    assert words in finding.message
    assert ledger.table("documents").height == 3


def test_two_numbers_that_excel_made_one_are_set_aside_both(tmp_path: Path) -> None:
    rows = [row.replace(old, "1.23E+11") for row, old in zip(ROWS, ("D1", "D2"), strict=False)]
    ledger = tables(tmp_path, lines(LEDGER, *rows, ROWS[2]).encode())
    assert documents(ledger) == {"D3": -3456}
    assert aside(ledger) == [("1.23E+11", "conflicting_id", "document_id")] * 2


@pytest.mark.parametrize("door", DOORS)
def test_negative_zero_is_zero(tmp_path: Path, door: str) -> None:
    read, header = DOORS[door]
    rows = (ROWS[0].replace("1234.56", "-0.00"), ROWS[1].replace("200.00", "-0"), ROWS[2].replace("-34.56", "(0.00)"))
    assert documents(read(tmp_path, lines(header, *rows, "D4,C1,invoice,2024-01-25,2024-02-24,1,EUR").encode())) == {
        "D1": 0,
        "D2": 0,
        "D3": 0,
        "D4": 100,
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("1234.56", "1E5"), ("D1", "unreadable_amount", "amount")),
        (("1234.56", "=100+100"), ("D1", "unreadable_amount", "amount")),
        (("1234.56", "########"), ("D1", "unreadable_amount", "amount")),
        (("2024-01-25", "45301"), ("D1", "unreadable_date", "document_date")),
        (("2024-01-25", "2024-02-30"), ("D1", "impossible_date", "document_date")),
        (("2024-01-25", "25 of January"), ("D1", "unreadable_date", "document_date")),
        (("C1", "C\x001"), ("D1", "unknown_customer", "customer_id")),
    ],
)
def test_a_cell_that_was_mangled_sets_its_row_aside(
    tmp_path: Path, change: tuple[str, str], expected: tuple[str, str, str]
) -> None:
    ledger = tables(tmp_path, lines(LEDGER, *first_row(change)).encode())
    assert aside(ledger) == [expected]
    assert ledger.quarantine["value"].item() == change[1]
    assert documents(ledger) == {"D2": 20000, "D3": -3456}


def test_dates_of_both_orders_are_set_aside_where_they_contradict_and_asked_by_the_wizard(tmp_path: Path) -> None:
    rows = (
        "D1,C1,invoice,25/01/2024,24/02/2024,1.00,EUR",
        "D2,C2,invoice,13/02/2024,14/03/2024,2.00,EUR",
        "D3,C1,invoice,02/20/2024,03/20/2024,3.00,EUR",
    )
    ledger = tables(tmp_path, lines(LEDGER, *rows).encode())
    assert aside(ledger) == [("D3", "other_date_order", "document_date")]
    assert ledger.table("documents")["document_date"].to_list() == [date(2024, 1, 25), date(2024, 2, 13)]
    (tmp_path / "export.csv").write_text(lines(UNKNOWN, *rows))
    assert "dates.export.Invoice date" in {one.key for one in propose_mapping(tmp_path / "export.csv").questions}


def test_where_nothing_could_be_kept_the_reason_is_said_and_not_what_follows_from_it(tmp_path: Path) -> None:
    rows = [row.replace("1234.56", "1E5").replace("200.00", "1E3").replace("-34.56", "x") for row in ROWS]
    with pytest.raises(DataError, match=r"Every document was set aside \(3 rows: a cell with an amount is no number"):
        tables(tmp_path, lines(LEDGER, *rows).encode())


def test_names_in_windows_1252_and_strays_among_utf_8(tmp_path: Path) -> None:
    rows = [row.replace("C1", "Müller").replace("C2", "Øst") for row in ROWS]
    windows = tables(tmp_path, lines(LEDGER, *rows).encode("cp1252"))
    assert windows.table("documents")["customer_id"].to_list() == ["Müller", "Øst", "Müller"]
    assert "read as Windows-1252 (line 2 holds the byte 0xFC" in warned(windows, "encoding")
    many = [f"N{number},Müller,invoice,2024-01-25,2024-02-24,1,EUR" for number in range(20)]
    body = lines(LEDGER, *many).encode() + b"N20,M\xfcller,invoice,2024-01-25,2024-02-24,1,EUR\n"
    mixed = tables(tmp_path, body)
    assert mixed.table("documents")["customer_id"].unique().to_list() == ["Müller"]
    assert "20 characters are UTF-8, 1 bytes are not, the first in line 22" in warned(mixed, "stray_bytes")
    with pytest.raises(DataError, match="the first in line 22"):
        wizard(tmp_path, body.replace(LEDGER.encode(), UNKNOWN.encode()))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lines("{}", *first_row(("D1", '"D1'))), "never closed"),
        (lines("{}", *first_row(("EUR", "EUR" + "x" * 1_000_001))), "line 2 of .* is longer than 1,000,000 bytes"),
    ],
)
def test_what_cannot_be_split_is_refused(tmp_path: Path, door: str, body: str, words: str) -> None:
    read, header = DOORS[door]
    with pytest.raises(DataError, match=words):
        read(tmp_path, body.replace("{}", header).encode())


def test_ragged_lines_are_set_aside_in_a_ledger_and_refused_where_a_mapping_is_written(tmp_path: Path) -> None:
    rows = (ROWS[0], "D5,C1", ROWS[1] + ",more", *ROWS[1:])
    ledger = tables(tmp_path, lines(LEDGER, *rows).encode())
    assert documents(ledger) == ALL
    assert [reason for _, reason, _ in aside(ledger)] == ["ragged_line", "ragged_line"]
    with pytest.raises(DataError, match="has more fields in line 4 than its header"):
        wizard(tmp_path, lines(UNKNOWN, *rows).encode())


def test_line_ends_and_marks_inside_cells_are_text(tmp_path: Path) -> None:
    for read, header in DOORS.values():
        rows = (
            '"D\n1",C1,invoice,2024-01-25,2024-02-24,1.00,EUR',
            '"D ""2"", x",C2,invoice,2024-02-13,2024-03-14,2.00,EUR',
        )
        assert documents(read(tmp_path, lines(header, *rows).encode())) == {"D\n1": 100, 'D "2", x': 200}


def book(path: Path, header: str, *, merged: bool = False) -> Path:
    """A workbook: a title over merged cells, formulas with their values, dates, text that looks like a formula."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        page = made.add_worksheet("documents")
        top = 0
        if merged:
            page.merge_range(0, 0, 0, 6, "Open items")
            top = 2
        page.write_row(top, 0, header.split(","))
        for row, line in enumerate(ROWS, start=top + 1):
            number, customer, kind, issued, due, amount, currency = line.split(",")
            page.write_row(row, 0, [number, customer, kind])
            page.write_datetime(row, 3, date.fromisoformat(issued), day)
            page.write_datetime(row, 4, date.fromisoformat(due), day)
            page.write_formula(row, 5, f"={amount}+0", None, float(amount))
            page.write_string(row, 6, currency)
        page.write_row(top + 4, 0, ["=cmd|'/C calc'!A0", "C1", "invoice"])
        page.write_datetime(top + 4, 3, date(2024, 1, 25), day)
        page.write_datetime(top + 4, 4, date(2024, 2, 24), day)
        page.write_row(top + 4, 5, [1.0, "EUR"])
        if not merged:
            made.add_worksheet("customers").write_column(0, 0, ["customer_id", "C1", "C2"])
    return path


def test_a_formula_is_its_stored_value_and_what_looks_like_one_is_text(tmp_path: Path) -> None:
    expected = {**ALL, "=cmd|'/C calc'!A0": 100}
    assert documents(Ledger.read(book(tmp_path / "book.xlsx", LEDGER))) == expected
    path = book(tmp_path / "unknown.xlsx", UNKNOWN, merged=True)
    proposal = propose_mapping(path)
    assert not proposal.blocking
    (tmp_path / "mapping.toml").write_text(preview_mapping(proposal, path).text, encoding="utf-8")
    ledger = Ledger.read(import_with_map(tmp_path / "mapping.toml", path).tables)
    assert documents(ledger) == expected
    ledger.write(tmp_path / "out")
    assert "'=cmd|" in (tmp_path / "out" / "documents.csv").read_text()
    assert documents(Ledger.read(tmp_path / "out")) == expected


POSTED = EXPORTS["dynamics_finance"]
TRANSACTIONS = POSTED["CustTrans.csv"]
HEADER, INVOICE, PAYMENT = TRANSACTIONS.splitlines()


@pytest.mark.parametrize(
    ("body", "set_aside", "blank"),
    [
        (TRANSACTIONS.encode(), 0, 0),
        (TRANSACTIONS.encode("utf-8-sig"), 0, 0),
        (TRANSACTIONS.encode("utf-16"), 0, 0),
        (TRANSACTIONS.encode("utf-16-be"), 0, 0),
        (TRANSACTIONS.replace("\n", "\r\n").encode(), 0, 0),
        (TRANSACTIONS.replace("\n", "\r").encode(), 0, 0),
        (b"sep=;\n" + TRANSACTIONS.replace(",", ";").encode(), 0, 0),
        (TRANSACTIONS.replace("RecId,", '"RecId\n",').encode(), 0, 0),
        (b"sep=;\n" + TRANSACTIONS.replace("Txt", '"Txt, if\r\nany"').replace(",", ";").encode(), 0, 0),
        (TRANSACTIONS.replace(",", "\t").encode(), 0, 0),
        (f"\n\n{HEADER}\n\n{INVOICE}\n,,,,,,,,\n{PAYMENT}\n".encode(), 0, 2),
        (f"{HEADER}\n{HEADER}\n{INVOICE}\n{PAYMENT}\n".encode(), 1, 0),
        (f"{TRANSACTIONS}3,C1\n4,C1,Payment,2024-02-20,1900-01-01,-5,EUR,,V2,,more\n".encode(), 2, 0),
        (f"{TRANSACTIONS}Total,,,,,400,,,,\n".encode(), 1, 0),
    ],
)
def test_the_export_of_a_known_system_however_it_is_written(
    tmp_path: Path, body: bytes, set_aside: int, blank: int
) -> None:
    for name, text in POSTED.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "CustTrans.csv").write_bytes(body)
    form, made = import_export(tmp_path)
    counted = made.summary.filter(pl.col("file") == "CustTrans.csv").row(0, named=True)
    assert form.name == "dynamics_finance"
    assert (counted["used"], counted["set_aside"], counted["blank"]) == (2, set_aside, blank)
    ledger = Ledger.read(made.tables, currency="EUR")
    assert documents(ledger) == {"1": 100_000}
    assert ledger.table("receipts")["amount"].to_list() == [60_000]


def test_the_encoding_of_a_known_export_is_said_where_it_is_not_utf_8(tmp_path: Path) -> None:
    for name, text in POSTED.items():
        (tmp_path / name).write_text(text)
    many = "".join(f"{number},Müller,Payment,2024-02-20,1900-01-01,-6,EUR,,V,\n" for number in range(20, 40))
    strays = f"{TRANSACTIONS}{many}".encode() + b"40,M\xfcller,Payment,2024-02-20,1900-01-01,-6,EUR,,V,\n"
    for body, code, words in (
        (strays, "stray_bytes", "CustTrans.csv is UTF-8 but for a few bytes, .* the first in line 24"),
        (TRANSACTIONS.replace("C1", "Øst").encode("cp1252"), "encoding", "CustTrans.csv .* read as Windows-1252"),
        (TRANSACTIONS.encode("utf-16"), "encoding", "CustTrans.csv .* read as UTF-16"),
    ):
        (tmp_path / "CustTrans.csv").write_bytes(body)
        ledger = Ledger.read(import_export(tmp_path)[1].tables, currency="EUR")
        assert re.search(words, warned(ledger, code))
    (tmp_path / "CustTrans.csv").write_text(TRANSACTIONS)
    ledger = Ledger.read(import_export(tmp_path)[1].tables, currency="EUR")
    assert not {"encoding", "stray_bytes"} & {one.code for one in ledger.findings}


def test_the_wizard_believes_a_line_that_states_the_separator(tmp_path: Path) -> None:
    header = "Invoice No;Customer;Due date;Amount;Open amount;Tax"
    rows = [f"{number};C1;2024-01-0{number};{number},10;0,00;1,90" for number in range(1, 9)]
    notes = ",".join("abcdefgh")
    body = "\n".join(["sep=;", f"{header};{notes}", *(f"{row};{notes}" for row in rows), ""])
    (tmp_path / "export.csv").write_text(body)
    (file,) = propose_mapping(tmp_path / "export.csv").files
    assert (file.separator, file.skip_rows) == (";", 1)


def test_lines_that_a_quotation_mark_swallows_in_a_known_export_are_refused(tmp_path: Path) -> None:
    (tmp_path / "CustTrans.csv").write_text(TRANSACTIONS.replace("V1", '"V1'))
    with pytest.raises(DataError, match="would be 2 lines in one"):
        import_export(tmp_path, as_format="dynamics_finance")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("../../CustTrans.csv",), "a place outside it"),
        (("/etc/CustTrans.csv",), "a place outside it"),
        (("C:\\CustTrans.csv",), "a place outside it"),
        (("CustTrans.csv", "old.zip"), "holds another archive, 'old.zip'"),
        (("CustTrans.csv", "old.tar.gz"), "holds another archive"),
    ],
)
def test_a_zip_that_leads_out_of_itself_or_holds_another_is_refused(
    tmp_path: Path, names: tuple[str, ...], words: str
) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as made:
        for name in names:
            made.writestr(name, TRANSACTIONS)
    with pytest.raises(DataError, match=words):
        import_export(tmp_path / "export.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["export.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_one_name_twice_or_without_is_no_crash(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as made:
        made.writestr("CustTrans.csv", TRANSACTIONS)
        made.writestr("CustTrans.csv", TRANSACTIONS)
    with pytest.raises(DataError, match="twice"):
        import_export(tmp_path / "twice.zip")
    with zipfile.ZipFile(tmp_path / "nameless.zip", "w") as made:
        made.writestr("CustTrans.csv", TRANSACTIONS)
    body = (tmp_path / "nameless.zip").read_bytes()
    place = body.index(b"PK\x01\x02")
    nameless = body[: place + 28] + b"\0\0" + body[place + 30 :]  # the directory's name, found by the fuzzing
    (tmp_path / "nameless.zip").write_bytes(nameless)
    with pytest.raises(CredriskError):
        import_export(tmp_path / "nameless.zip")


def test_what_would_fill_the_memory_is_refused_through_every_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing_bounds, "_FREELY", 100_000)
    body = lines(LEDGER).encode() + b" \n" * 1_000_000
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "documents.csv.gz").write_bytes(gzip.compress(body))
    for attempt in (Ledger.read, propose_mapping):
        with pytest.raises(DataError, match="unpacks to more than 200 times its size"):
            attempt(tmp_path)
    (tmp_path / "documents.csv.gz").unlink()
    (tmp_path / "CustTrans.csv.gz").write_bytes(gzip.compress(TRANSACTIONS.encode() + b" \n" * 1_000_000))
    with pytest.raises(DataError, match="unpacks to more than 200 times its size"):
        import_export(tmp_path)
    (tmp_path / "CustTrans.csv.gz").unlink()
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("documents.csv", body)
    with pytest.raises(DataError, match="unpacks to more than 200 times its size"):
        import_export(tmp_path / "export.zip")
    (tmp_path / "export.zip").rename(tmp_path / "export.xlsx")
    for attempt in (Ledger.read, propose_mapping, import_export):
        with pytest.raises(DataError, match="unpacks to more than 200 times its size"):
            attempt(tmp_path / "export.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_packed_columns_give_the_same_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    odd = ("D9,C9,invoice,2024-02-30,2024-04-01,x,EUR", " D8 , C1 ,Invoice,2024-02-03,nan,1.5,eur", ROWS[0], "D7,C1")
    more = [f"N{number},Müller,invoice,{number % 28 + 1:02d}.02.2024,2024-04-01,{number}.50," for number in range(60)]
    body = lines(LEDGER, *ROWS, *more, *odd).encode(encoding)
    plain = tables(tmp_path, body)
    monkeypatch.setattr(splitting, "PACKED_FROM", 1)
    packed = tables(tmp_path, body)
    assert packed.tables.keys() == plain.tables.keys()
    for name, frame in plain.tables.items():
        assert packed.tables[name].equals(frame)
    assert packed.quarantine.height > 3
    assert packed.quarantine.equals(plain.quarantine)
    assert packed.intake.equals(plain.intake)
    assert packed.findings == plain.findings
