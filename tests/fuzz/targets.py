"""What the readers are fed and what must hold: no crash, no hang, rows read are rows kept plus rows set aside.

A target takes bytes, whatever they are; those of whole tables return the rows that they made, 0 where there are none.
An error of credrisk in words is a good answer; any other exception, or a sum that does not tie out, is a finding.
tests/fuzz/test_bounded.py gives each some hundreds of changed seeds or more; `make fuzz` runs them under atheris, which
looks for inputs that reach new code.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import tempfile
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
from fuzz.exports import EXPORTS, SETTINGS

from credrisk.errors import CredriskError, DataError
from credrisk.ledger import Ledger
from credrisk.ledger.delimited import RAGGED, ROW, read_delimited
from credrisk.ledger.parse_amounts import number_evidence, read_numbers
from credrisk.ledger.parse_dates import FIRST_YEAR, LAST_YEAR, date_evidence, date_texts, read_dates
from credrisk.ledger.parse_values import filled_text
from credrisk.sources.erp.files import open_export
from credrisk.sources.erp.formats import import_export, recognise_export
from credrisk.sources.mapping import Imported, import_with_map
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

__all__ = ["SEEDS", "TARGETS", "changed"]

CUSTOMERS = "customer_id,name,country,currency\nC1,Alpha Works,DE,EUR\nC2,Beta Stores,NL,EUR\n"
DOCUMENTS = """document_id,customer_id,kind,document_date,due_date,amount,currency
D1,C1,invoice,2024-01-25,2024-02-24,1234.56,EUR
D2,C2,invoice,2024-02-13,2024-03-14,200.00,EUR
D3,C1,credit_note,2024-02-20,2024-02-20,-34.56,EUR
"""
NAMED = 'customer_id,name\nC1,"Alpha, \'Works\'"\nC2,"two\nlines; ""quoted"""\nC3,x,y\n'
EXPORT = """Rechnungsnummer;Kunde;Belegdatum;Fälligkeit;Betrag;Währung;Bezahlt am
00012;4711;13.02.2024;14.03.2024;1.234,50;EUR;01.04.2024
00013;4712;25.02.2024;26.03.2024;7,00-;EUR;
Summe;;;;1.227,50;;
"""
MAP = """[settings]
currency = "EUR"

[files.items]
path = "items.csv"
dates = "day_first"
decimal = "."

[tables.documents]
where = [{ column = "kind", equals = ["RV"] }]

[tables.documents.columns]
document_id = "number"
customer_id = "account"
document_date = "date"
due_date = "date"
amount = "amount"

[tables.customers]
one_row_per = ["customer_id"]

[tables.customers.columns]
customer_id = "account"
"""
ITEMS = "number,account,kind,date,amount\n1,A,RV,01.02.2024,10.00\n2,B,DZ,13.02.2024,-5\n"
LEDGERS = ("documents", "payments", "receipts", "applications", "customer_history", "credit_events", "rates")


def delimited(data: bytes) -> None:
    """Text files: every record below the header is a row or a line kept whole, in its order."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "customers.csv")
        path.write_bytes(data)
        try:
            found = read_delimited(
                path, table="customers", known=frozenset({"customer_id", "name"}), max_line_bytes=10_000
            )
        except DataError:
            return
    rows = found.frame[ROW]
    assert rows.n_unique() == rows.len()
    assert rows.is_sorted()
    assert rows.null_count() == 0
    if rows.len():
        assert (rows.min(), rows.max()) == (1, rows.len())
    cells = found.frame.filter(pl.col(RAGGED).is_null()).drop(ROW, RAGGED)
    assert cells.null_count().sum_horizontal().sum() == 0
    plain = b'"' not in data and b"\0" not in data and data.isascii()
    if plain and not data.lstrip().lower().startswith(b"sep="):
        lines = [line for line in re.split(rb"\r\n|\r|\n", data) if line][1:]
        if data.lstrip(b"\r\n")[:1].strip():
            assert rows.len() == len(lines)


def ledger(data: bytes) -> int:
    """A table of a ledger, of whichever kind, beside sound customers and documents: rows and money tie out."""
    name = LEDGERS[data[0] % len(LEDGERS)] if data else "documents"
    with tempfile.TemporaryDirectory() as place:
        Path(place, "customers.csv").write_text(CUSTOMERS)
        Path(place, "documents.csv").write_text(DOCUMENTS)
        Path(place, f"{name}.csv").write_bytes(data[1:])
        return _read(Path(place), name)


def packed(data: bytes) -> None:
    """Workbooks, Parquet, DuckDB and gzip: whatever the bytes are, a ledger or an error in words."""
    suffix = ("xlsx", "parquet", "csv.gz", "duckdb", "ods", "xls")[data[0] % 6] if data else "xlsx"
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, f"documents.{suffix}")
        path.write_bytes(data[1:])
        if suffix in ("parquet", "csv.gz"):
            Path(place, "customers.csv").write_text(CUSTOMERS)
            _read(Path(place))
        else:
            _read(path)


def _read(source: Path, rows_of: str = "documents") -> int:
    """Return the rows kept of a table."""
    try:
        read = Ledger.read(source, currency="EUR")
    except CredriskError as refusal:
        _refused_in_words(refusal)
        return 0
    whole = read.intake.select(pl.exclude("table", "currency").sum())
    assert whole["rows_read"].item() == whole["rows_kept"].item() + whole["rows_quarantined"].item()
    for name in ("documents", "payments", "receipts", "applications"):
        counted = read.intake.filter(table=name)
        aside = read.quarantine.filter(table=name).height
        if counted["rows_derived"].sum() == 0 and name in read.tables:
            assert counted["rows_read"].sum() == read.table(name).height + aside
    read.check()
    return int(read.intake.filter(table=rows_of)["rows_kept"].sum())


def cells(data: bytes) -> None:
    """A worksheet of cells of every type beside the same as text: nothing is evaluated, everything is accounted for."""
    import xlsxwriter

    values = [_cell(part) for part in data.split(b"\x1f")[:60]]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "book.xlsx")
        with xlsxwriter.Workbook(path) as book:
            for name, text in (("customers", CUSTOMERS), ("documents", DOCUMENTS)):
                sheet = book.add_worksheet(name)
                for row, line in enumerate(text.splitlines()):
                    sheet.write_row(row, 0, line.split(","))
            for place_of, value in enumerate(values):
                row, column = divmod(place_of, 7)
                if isinstance(value, str):
                    sheet.write_string(row + 4, column, value)
                else:
                    sheet.write_number(row + 4, column, value)
        _read(path)


def _cell(part: bytes) -> str | float:
    text = part.decode("utf-8", errors="replace")[:200]
    try:
        number = float(text)
    except ValueError:
        return "".join(one for one in text if one >= " ")
    return number if abs(number) < 1e300 else 0.0


def dates(data: bytes) -> None:
    """A column of dates: each cell a day of this and the last century, empty, or with its fault."""
    texts = filled_text(date_texts(pl.Series(_lines(data), dtype=pl.String)))
    evidence = date_evidence(texts)
    assert min(evidence.first, evidence.second, evidence.undecided) >= 0
    for month_first in (False, True):
        for workbook in (False, True):
            read = read_dates(texts, month_first=month_first, workbook=workbook)
            assert read.height == texts.len()
            value, fault = read["value"], read["fault"]
            assert not (value.is_not_null() & fault.is_not_null()).any()
            assert (value.is_not_null() | fault.is_not_null() | texts.is_null() | (read["rule"] == "empty")).all()
            years = value.drop_nulls().dt.year()
            assert years.is_between(FIRST_YEAR, LAST_YEAR).all()
            iso = texts.str.contains(r"^\d{4}-\d{2}-\d{2}$").fill_null(False) & value.is_not_null()
            assert (value.filter(iso).cast(pl.String) == texts.filter(iso)).all()


def amounts(data: bytes) -> None:
    """A column of amounts: each cell exactly the number that its digits say, empty, or with its fault."""
    texts = filled_text(pl.Series(_lines(data), dtype=pl.String))
    evidence = number_evidence(texts)
    assert min(evidence.first, evidence.second, evidence.undecided) >= 0
    for comma in (False, True):
        read = read_numbers(texts, decimal_comma=comma)
        assert read.height == texts.len()
        good = read["milli"].is_not_null()
        assert not (good & read["fault"].is_not_null()).any()
        assert (good | read["fault"].is_not_null() | texts.is_null()).all()
        mark = "," if comma else "."
        for text, milli in zip(texts.filter(good), read["milli"].filter(good), strict=True):
            if re.fullmatch(rf"-?[0-9]+(\{mark}[0-9]{{0,3}})?", text):
                assert Decimal(text.replace(",", ".")) * 1000 == milli, text


def export(data: bytes) -> int:
    """An export of an accounting system with one file changed, and that file alone: rows read are accounted for."""
    name, replaced, body = _chosen(data)
    rows = 0
    with tempfile.TemporaryDirectory() as place:
        for other, text in EXPORTS[name].items():
            Path(place, other).write_bytes(body if other == replaced else text.encode())
        settings = SETTINGS.get(name, {})
        if name == "crm":
            settings = {"ledger": str(_known(Path(place)))}
        for source in (Path(place), Path(place, replaced)):
            try:
                recognise_export(source)
                _, made = import_export(source, as_format=name, settings=settings)
            except CredriskError:
                continue
            _ties(made)
            rows = max(rows, _read_tables(made))
    return rows


def archive(data: bytes) -> None:
    """The same, packed into a zip whose bytes are changed: nothing is written, nothing read beyond the bound."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, "export.zip").write_bytes(data)
        try:
            for one in open_export(Path(place, "export.zip")):
                _ = one.header
        except CredriskError:
            pass
        assert [path.name for path in Path(place).iterdir()] == ["export.zip"]


def _known(place: Path) -> Path:
    folder = place / ".ledger"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,name\n100,Azur\n")
    (folder / "documents.csv").write_text(DOCUMENTS.replace("C1", "100").replace("C2", "100"))
    return folder


def _chosen(data: bytes) -> tuple[str, str, bytes]:
    name = list(EXPORTS)[data[0] % len(EXPORTS)] if data else "sage"
    files = list(EXPORTS[name])
    return name, files[data[1] % len(files)] if len(data) > 1 else files[0], data[2:]


def mapped(data: bytes) -> int:
    """A file read by a sound mapping."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, "items.csv").write_bytes(data)
        Path(place, "map.toml").write_text(MAP)
        try:
            made = import_with_map(Path(place, "map.toml"), place)
        except CredriskError:
            return 0
        _ties(made)
        return _read_tables(made)


def mapping(data: bytes) -> None:
    """A mapping file, whatever stands in it, and a sound export."""
    text = data.decode("utf-8", errors="replace")
    with tempfile.TemporaryDirectory() as place:
        Path(place, "items.csv").write_text(ITEMS)
        try:
            made = import_with_map(map_of_text(text, "map.toml"), place)
        except CredriskError:
            return
        _ties(made)


def wizard(data: bytes) -> int:
    """An unknown table: proposed, asked about or refused; what is proposed can be previewed."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "export.csv")
        path.write_bytes(data)
        try:
            proposal = propose_mapping(path)
            return 0 if proposal.blocking else preview_mapping(proposal, path).ledger.table("documents").height
        except CredriskError:
            return 0


def _ties(made: Imported) -> None:
    if made.summary.is_empty():
        return
    parts = [name for name in ("blank", "left_out", "merged", "set_aside", "used") if name in made.summary.columns]
    rows = made.summary.select("read", counted=pl.sum_horizontal(*parts), least=pl.min_horizontal("read", *parts))
    assert (rows["read"] == rows["counted"]).all(), made.summary
    assert (rows["least"] >= 0).all()


def _read_tables(made: Imported) -> int:
    """Return the documents kept; of an export without any, the rows of its tables."""
    if {"customers", "documents"} <= made.tables.keys():
        try:
            return Ledger.read(made.tables, currency="EUR").table("documents").height
        except CredriskError as refusal:
            _refused_in_words(refusal)
            return 0
    return sum(frame.height for name, frame in made.tables.items() if name not in ("findings", "settings"))


def _refused_in_words(refusal: CredriskError) -> None:
    """Fail where the refusal is that of rows or money that do not tie out: that is a fault of the reader."""
    assert "nothing was read" not in str(refusal), refusal


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", errors="replace").split("\n")[:50]


TARGETS: dict[str, Callable[[bytes], int | None]] = {
    "amounts": amounts,
    "archive": archive,
    "cells": cells,
    "dates": dates,
    "delimited": delimited,
    "export": export,
    "ledger": ledger,
    "mapped": mapped,
    "mapping": mapping,
    "packed": packed,
    "wizard": wizard,
}


def _zip(files: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in files.items():
            book.writestr(zipfile.ZipInfo(name), text)
    return held.getvalue()


def _book() -> bytes:
    import xlsxwriter

    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        for name, text in (("customers", CUSTOMERS), ("documents", DOCUMENTS)):
            for row, line in enumerate(text.splitlines()):
                (book.get_worksheet_by_name(name) or book.add_worksheet(name)).write_row(row, 0, line.split(","))
    return held.getvalue()


def _parquet() -> bytes:
    held = io.BytesIO()
    pl.read_csv(DOCUMENTS.encode(), infer_schema=False).write_parquet(held)
    return held.getvalue()


def _export_seeds() -> list[bytes]:
    places = [(place, files) for place, files in enumerate(EXPORTS.values())]
    return [
        bytes([place, number]) + text.encode() for place, files in places for number, text in enumerate(files.values())
    ]


_AMOUNTS = (
    "1,234.56", "1.234,56", "(5.00)", "7,00-", "\u20ac 8", "EUR 9", "1E5", "-0", "1'234.5", "99999999999999999", "12 %",
)  # fmt: skip
_DATES = (
    "2024-01-31", "31.01.2024", "01/02/24", "20240131", "1-Mar-24", "45301", "00000000", "9999-12-31", "2024-02-30",
)  # fmt: skip
_CELLS = ("D9", "C1", "invoice", "45301", "2024-03-01", "=1+1", "EUR", "1E5", "00012", "-0.0", "nan")
_TABLES = (
    DOCUMENTS,
    "document_id,date,amount\nD1,2024-03-01,1000.00\n,2024-03-02,5\n",
    'receipt_id,customer_id,date,amount\nR1,C1,20/03/2024,"1,000.00"\n',
    "from_id,to_document_id,amount,applied_on,kind\nD3,D1,34.56,2024-03-02,credit_note\n,D2,10,2024-03-03,\n",
    "customer_id,attribute,value,valid_from\nC1,credit_limit,5000,2024-01-01\n",
    "customer_id,date,kind,amount\nC1,2024-05-01,insolvency,5\n",
    "currency,date,rate\nUSD,2024-05-01,1.1\n",
)
"""A sound one of each of ``LEDGERS``."""

SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "amounts": lambda: ["\n".join(_AMOUNTS).encode(), b""],
    "archive": lambda: [_zip(files) for files in EXPORTS.values()],
    "cells": lambda: ["\x1f".join(_CELLS).encode()],
    "dates": lambda: ["\n".join(_DATES).encode(), b""],
    "delimited": lambda: [NAMED.encode(), NAMED.replace(",", ";").encode("utf-16"), NAMED.encode("cp1252"), b""],
    "export": _export_seeds,
    "ledger": lambda: [bytes([place]) + text.encode() for place, text in enumerate(_TABLES)],
    "mapped": lambda: [ITEMS.encode()],
    "mapping": lambda: [MAP.encode()],
    "packed": lambda: [
        b"\0" + _book(),
        b"\1" + _parquet(),
        b"\2" + gzip.compress(DOCUMENTS.encode(), mtime=0),
        b"\3" + bytes(200),
    ],
    "wizard": lambda: [EXPORT.encode(), EXPORT.encode("utf-16")],
}
"""What each target starts from."""

_PIECES = (
    b",", b";", b"\t", b'"', b'""', b"\n", b"\r\n", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x81", b"\xc3", b"-",
    b"00012", b"1E5", b"-0.00", b"1.234", b"1,234", b"31/12/2024", b"12/31/2024", b"9999-12-31", b"Total", b"=1+1",
    b"EUR", b"JPY", b"nan", b"NULL", b"\xc2\xa0", b"\xe2\x80\xa8", b"{", b"}", b"[", b"]", b"null", b"'", b"0",
    b"99999999999999999999", b"sep=;\n", b"1.23E+11", b"Jan-24",
)  # fmt: skip


def changed(seed: bytes, chance: random.Random) -> bytes:
    """Return a seed with some bytes, lines or pieces put in, taken out, doubled or swapped."""
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        place, way = chance.randint(0, len(data)), chance.randrange(7)
        end = min(len(data), place + chance.choice((1, 1, 2, 8, 40)))
        if way == 0:
            data[place:place] = chance.choice(_PIECES)
        elif way == 1:
            data[place:end] = chance.choice(_PIECES)
        elif way == 2:
            del data[place:end]
        elif way == 3:
            data[place:place] = data[place:end] * chance.choice((1, 2, 30))
        elif way == 4 and place < len(data):
            data[place] = chance.randrange(256)
        elif way == 5:
            lines = data.split(b"\n")
            chance.shuffle(lines)
            data = bytearray(b"\n".join(lines))
        else:
            data = data[:end] if chance.random() < 0.3 else data + chance.choice(_PIECES)
    return bytes(data)
