"""What is written reads back the same, in all four forms; nothing is overwritten unasked; no formula gets out."""

from __future__ import annotations

import itertools
import tempfile
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.ledger import Ledger
from credrisk.ledger.tables import TABLES

TARGETS = ("folder", "tables.parquet", "book.xlsx", "base.duckdb")
DAYS = st.dates(date(2023, 1, 1), date(2025, 12, 31)).map(date.isoformat)
CENTS = st.integers(1, 10**7) | st.integers(1, 2**53)
WORDS = (
    st.text(
        st.sampled_from("aB9 '\"=+-@,;|.\té€漢\n_x0D"),
        min_size=1,
        max_size=12,
    )
    .map(str.strip)
    .filter(lambda text: text.strip("\ufeff ") != "" and text.lower() not in {"nan", "none"})
)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


@st.composite
def small_ledgers(draw: st.DrawFn) -> Ledger:
    customers = [
        {"customer_id": f"{n:03d}", "name": draw(st.none() | WORDS), "currency": draw(CURRENCIES)} for n in range(2)
    ]
    owners = st.sampled_from([row["customer_id"] for row in customers])
    documents = [
        {
            "document_id": f"D{n}",
            "customer_id": draw(owners),
            "currency": draw(CURRENCIES),
            "document_date": draw(DAYS),
            "due_date": draw(DAYS),
            "recorded_at": draw(DAYS),
            "kind": kind,
            "amount": -draw(CENTS) if kind == "credit_note" else draw(CENTS),
            "tax_amount": draw(st.none() | CENTS),
            "seller_entity": draw(st.none() | WORDS),
        }
        for n, kind in enumerate(
            draw(st.lists(st.sampled_from(["invoice", "credit_note", "late_fee"]), min_size=1, max_size=4))
        )
    ]
    receipts = [
        {
            "receipt_id": f"R{n}",
            "customer_id": draw(owners),
            "date": draw(DAYS),
            "amount": draw(CENTS),
            "currency": draw(CURRENCIES),
        }
        for n in range(draw(st.integers(0, 3)))
    ]
    applications = []
    for document, receipt in itertools.product(documents, receipts):
        if draw(st.booleans()):
            crosses = document["currency"] != receipt["currency"]
            applications.append(
                {
                    "from_id": receipt["receipt_id"],
                    "to_document_id": document["document_id"],
                    "amount": draw(CENTS),
                    "applied_on": draw(DAYS),
                    "from_amount": draw(CENTS) if crosses else None,
                }
            )
    written_off = [{"to_document_id": "D0", "amount": draw(CENTS), "applied_on": draw(DAYS), "kind": "write_off"}]
    history = [
        {
            "customer_id": "001",
            "attribute": "credit_limit",
            "valid_from": draw(DAYS),
            "value": draw(st.sampled_from([None, "50000", "-3.5"])),
        },
        {"customer_id": "001", "attribute": "collector", "valid_from": draw(DAYS), "value": draw(WORDS)},
    ]
    cover = [
        {
            "cover_id": "C1",
            "customer_id": "000",
            "limit": draw(CENTS),
            "insured_share": draw(st.floats(0, 1)),
            "valid_from": draw(DAYS),
            "max_terms_days": draw(st.none() | st.integers(0, 400)),
        }
    ]
    return ledger_of(
        customers=customers,
        documents=documents,
        receipts=receipts,
        applications=applications + written_off,
        customer_history=history,
        cover=cover,
        disputes=[{"dispute_id": "Q1", "document_id": "D0", "opened_on": draw(DAYS), "reason": draw(WORDS)}],
        static=draw(st.sampled_from([(), ("country",), ("country", "industry")])),
        promises=[],
    )


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledger=small_ledgers())
def test_what_is_written_reads_back_the_same(ledger: Ledger, target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Reading applies the rules of the contract (signs that are all the other way round are turned); what it gives
        # is written and comes back unchanged.
        ledger.write(Path(folder) / "first.parquet")
        ledger = Ledger.read(Path(folder) / "first.parquet")
        path = Path(folder) / target
        ledger.write(path)
        again = Ledger.read(path)
    assert again.quarantine.is_empty(), again.quarantine.to_dicts()
    assert again.settings == ledger.settings
    assert set(again.tables) == set(ledger.tables)
    for name, frame in ledger.tables.items():
        key = TABLES[name].key
        rest = [column for column in frame.columns if column not in key]
        assert again.tables[name].equals(frame.sort(*key, *rest)), name


def sound() -> Ledger:
    return ledger_of(
        customers=[{"customer_id": "C1", "name": "=HYPERLINK(1)"}, {"customer_id": "C2", "name": "-5"}],
        documents=[{"document_id": "D1", "customer_id": "C1", "document_date": "2024-01-10", "amount": 123456}],
        receipts=[{"receipt_id": "R1", "customer_id": "C1", "date": "2024-02-10", "amount": -5, "currency": "KWD"}],
    )


def test_money_is_exact_decimal_text_and_dates_are_iso(tmp_path: Path) -> None:
    sound().write(tmp_path / "out")
    lines = (tmp_path / "out" / "documents.csv").read_text().splitlines()
    assert lines[1] == "D1,C1,,invoice,2024-01-10,2024-01-10,1234.56,,EUR,,2024-01-10"
    assert (tmp_path / "out" / "receipts.csv").read_text().splitlines()[1] == "R1,C1,2024-02-10,-0.005,KWD,,2024-02-10"
    assert (tmp_path / "out" / "settings.csv").read_text() == (
        "key,value\ncurrency,EUR\ncovers_from,2023-01-01\ncovers_to,2025-12-31\nextracted_on,2025-12-31\ndecimal_mark,point\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("'=x", "''=x"),
        ("-5.5", "-5.5"),
        ("'x", "'x"),
        ("a=b", "a=b"),
    ],
)
def test_formulas_are_escaped_in_csv_and_come_back(tmp_path: Path, text: str, written: str) -> None:
    ledger = ledger_of(
        customers=[{"customer_id": "C1", "name": text}],
        documents=[{"document_id": "D1", "customer_id": "C1", "document_date": "2024-01-10", "amount": 1}],
    )
    ledger.write(tmp_path / "out")
    assert pl.read_csv(tmp_path / "out" / "customers.csv", infer_schema=False)["name"].to_list() == [written]
    assert Ledger.read(tmp_path / "out").table("customers")["name"].to_list() == [text]


def test_a_workbook_holds_no_formula_and_real_dates(tmp_path: Path) -> None:
    sound().write(tmp_path / "out.xlsx")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as book:
        sheets = {name: book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name}
    assert len(sheets) == 4
    assert all("<f>" not in sheet for sheet in sheets.values())
    read = pl.read_excel(tmp_path / "out.xlsx", sheet_name="documents")
    assert read["document_date"].to_list() == [date(2024, 1, 10)]
    assert read["amount"].to_list() == [1234.56]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_overwritten_unasked_and_nothing_is_left_behind(tmp_path: Path, target: str) -> None:
    path = tmp_path / target
    ledger = sound()
    ledger.write(path)
    with pytest.raises(ParameterError, match="overwritten") as refused:
        ledger.write(path)
    assert str(refused.value) == (
        f"output must be a new place, for nothing is overwritten unasked; got {str(path)!r}. What to do: Choose "
        "another place, or give --overwrite (in Python overwrite=True) to replace what is there."
    )
    smaller = ledger.replace(tables={name: ledger.tables[name] for name in ("customers", "documents")})
    smaller.write(path, overwrite=True)
    assert not Ledger.read(path).has("receipts")
    assert [entry.name for entry in tmp_path.iterdir()] == [target]


@pytest.mark.parametrize("target", ["folder", "book.xlsx"])
def test_the_same_ledger_gives_the_same_bytes(tmp_path: Path, target: str) -> None:
    paths = [tmp_path / "a" / target, tmp_path / "b" / target]
    for path in paths:
        sound().write(path)
    one, other = (
        [f.read_bytes() for f in sorted(path.iterdir())] if path.is_dir() else [path.read_bytes()] for path in paths
    )
    assert one == other


def test_files_and_folders_are_not_mixed_up(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.xlsx").mkdir()
    for target in ("file", "folder.xlsx"):
        with pytest.raises(ParameterError, match="output must be the name of a"):
            sound().write(tmp_path / target, overwrite=True)
    assert (tmp_path / "file").read_text() == "x"


def test_what_a_worksheet_would_cut_is_refused(tmp_path: Path) -> None:
    ledger = ledger_of(
        customers=[{"customer_id": "C1", "name": "x" * 40_000}],
        documents=[{"document_id": "D1", "customer_id": "C1", "document_date": "2024-01-10", "amount": 1}],
    )
    with pytest.raises(DataError, match="32,767 characters"):
        ledger.write(tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []
