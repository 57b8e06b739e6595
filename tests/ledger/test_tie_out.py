"""Whatever comes in: read = kept + set aside, in rows and money; row order changes nothing; no traceback gets out."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_files import GOOD, folder_of, read

from credrisk.errors import CredriskError
from credrisk.ledger import Ledger

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
Table = list[dict[str, str]]

NASTY = {
    "id": ["", "X99", "D1", "C1", "R1", "'=1", "nan"],
    "date": ["", "2024-02-30", "soon", "20240307", "99999999", "2024-03-07 10:00", "9999-12-31"],
    "code": ["", "nonsense", " Invoice ", "CREDIT_NOTE", "payment"],
}
AMOUNTS = {"": None, "abc": None, "1.999": None, "1,234.50": "1234.50", "7.00-": "-7", "(8.25)": "-8.25", "0": "0"}
CURRENCIES = ["EUR", "eur ", "", "XXX", "USD"]


def good_tables() -> dict[str, Table]:
    many = pl.read_csv(GOOD["documents"].encode(), infer_schema=False).to_dicts()
    many += [{**many[0], "document_id": f"E{n}", "amount": f"{n}.1{n}"} for n in range(3)]
    return {
        "customers": pl.read_csv(GOOD["customers"].encode(), infer_schema=False).to_dicts(),
        "documents": many,
        "receipts": pl.read_csv(GOOD["receipts"].encode(), infer_schema=False).to_dicts(),
        "applications": pl.read_csv(GOOD["applications"].encode(), infer_schema=False).to_dicts(),
    }


def nasty_value(column: str) -> st.SearchStrategy[str]:
    if column == "amount":
        return st.sampled_from(sorted(AMOUNTS))
    if column == "currency":
        return st.sampled_from(CURRENCIES)
    kind = "date" if "date" in column or column == "applied_on" else "id" if column.endswith("_id") else "code"
    return st.sampled_from(NASTY[kind])


@st.composite
def corrupted(draw: st.DrawFn) -> dict[str, Table]:
    tables = good_tables()
    for _ in range(draw(st.integers(0, 8))):
        name = draw(st.sampled_from(sorted(tables)))
        rows = tables[name]
        what = draw(st.sampled_from(["cell", "cell", "cell", "copy", "drop"]))
        if not rows:
            continue
        place = draw(st.integers(0, len(rows) - 1))
        if what == "cell":
            column = draw(st.sampled_from(sorted(rows[place])))
            rows[place] = {**rows[place], column: draw(nasty_value(column))}
        elif what == "copy":
            rows.append(dict(rows[place]))
        else:
            del rows[place]
    return tables


def as_folder(folder: str, tables: dict[str, Table]) -> Path:
    columns = {name: list(rows[0]) for name, rows in good_tables().items()}
    folder_of(Path(folder), settings="key,value\ndecimal_mark,point\n")
    for name, rows in tables.items():
        schema = dict.fromkeys(columns[name], pl.String)
        pl.DataFrame([[row[c] for c in schema] for row in rows], schema=schema, orient="row").write_csv(
            Path(folder) / f"{name}.csv"
        )
    # A table of which only 1.999 is left could be read in two ways, and would be refused.
    (Path(folder) / "settings.csv").write_text("key,value\ndecimal_mark,point\n")
    return Path(folder)


def stated_cents(row: dict[str, str]) -> int | None:
    """Say what the amount of a row is, as a person would read it: None where it cannot be read."""
    if row["currency"].strip().upper() not in ("EUR", "USD", ""):
        return None
    text = AMOUNTS.get(row["amount"], row["amount"])
    return None if text is None else int(Decimal(text).scaleb(2))


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(tables=corrupted())
def test_read_is_kept_plus_set_aside(tables: dict[str, Table]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.read(
            as_folder(folder, tables), currency="EUR", covers_from="2024-01-01", covers_to="2024-12-31"
        )
    aside = Counter(ledger.quarantine["table"])
    for name, rows in tables.items():
        intake = ledger.intake.filter(table=name)
        assert intake["rows_read"].sum() == len(rows)
        assert intake["rows_kept"].sum() == ledger.table(name).height
        assert intake["rows_quarantined"].sum() == aside[name]
        assert len(rows) == ledger.table(name).height + aside[name]
    for name in ("documents", "receipts"):
        stated = [stated_cents(row) for row in tables[name]]
        intake = ledger.intake.filter(table=name)
        cents = {c: round(intake[f"money_{c}"].sum() * 100) for c in ("read", "kept", "quarantined")}
        turned = any(f.code in {"credit_notes_turned", "signs_turned"} for f in ledger.findings)
        assert turned or cents["read"] == sum(filter(None, stated))
        assert cents["read"] == cents["kept"] + cents["quarantined"]
        assert cents["kept"] == ledger.table(name)["amount"].sum()
        assert cents["quarantined"] == round(ledger.quarantine.filter(table=name)["amount"].sum() * 100)
        assert intake["money_unreadable_rows"].sum() == stated.count(None)
    assert ledger.check().balances["difference"].to_list() == [0.0] * ledger.check().balances.height


def without_rows(ledger: Ledger) -> pl.DataFrame:
    return ledger.quarantine.drop("row")


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(tables=corrupted(), seed=st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(tables: dict[str, Table], seed: int) -> None:
    shuffled = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in tables.items()}
    ledgers = []
    for given_tables in (tables, shuffled):
        with tempfile.TemporaryDirectory() as folder:
            ledgers.append(
                Ledger.read(
                    as_folder(folder, given_tables), currency="EUR", covers_from="2024-01-01", covers_to="2024-12-31"
                )
            )
    one, other = ledgers
    assert one.settings == other.settings
    for name in tables:
        assert one.table(name).equals(other.table(name)), name
    assert without_rows(one).equals(without_rows(other))
    assert one.intake.equals(other.intake)
    assert one.findings == other.findings
    assert one.check().findings == other.check().findings


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    name=st.sampled_from(sorted(GOOD)),
    cuts=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 6), st.binary(max_size=5)), min_size=1, max_size=5),
)
def test_random_bytes_give_a_clear_error_or_a_ledger_that_ties_out(
    name: str, cuts: list[tuple[int, int, bytes]]
) -> None:
    raw = GOOD[name].encode()
    for place, length, new in cuts:
        raw = raw[:place] + new + raw[place + length :]
    with tempfile.TemporaryDirectory() as folder:
        try:
            ledger = read(Path(folder), **{name: raw})
        except CredriskError:
            return
        assert ledger.intake["rows_read"].sum() == ledger.intake["rows_kept"].sum() + ledger.quarantine.height
        ledger.check()


CELLS = st.one_of(
    st.none(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.booleans(),
    st.dates(),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.decimals(allow_nan=False, allow_infinity=False),
)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    column=st.sampled_from(["document_id", "customer_id", "document_date", "amount", "currency", "kind", "tax_amount"]),
    cells=st.lists(CELLS, min_size=3, max_size=3),
)
def test_any_objects_in_pandas_give_a_clear_error_or_a_ledger(column: str, cells: list[object]) -> None:
    frames = {name: pl.read_csv(text.encode(), try_parse_dates=True).to_pandas() for name, text in GOOD.items()}
    frames["documents"][column] = pl.Series(cells, dtype=pl.Object).to_list()
    try:
        ledger = Ledger.read(frames, currency="EUR")
    except CredriskError:
        return
    assert ledger.table("documents").height + ledger.quarantine.filter(table="documents").height == 3


def test_what_was_read_is_counted_from_the_source_not_from_what_was_kept(tmp_path: Path) -> None:
    ledger = read(tmp_path, documents=GOOD["documents"] + "D4,C9,invoice,2024-01-25,2024-02-24,0.10,EUR\nD5,C9\n")
    row = ledger.intake.filter(table="documents", currency="EUR").row(0, named=True)
    assert row == {
        "table": "documents",
        "currency": "EUR",
        "rows_read": 5,
        "rows_kept": 3,
        "rows_quarantined": 2,
        "rows_derived": 0,
        "money_read": 1400.1,
        "money_kept": 1400.0,
        "money_quarantined": 0.1,
        "money_derived": 0.0,
        "money_unreadable_rows": 1,
    }


@pytest.mark.parametrize("rows", [20_000])
def test_a_larger_file_is_read_whole(tmp_path: Path, rows: int) -> None:
    lines = [
        f"D{n},C{n % 2 + 1},{date(2024, 1, n % 28 + 1):%d.%m.%Y},01.03.2024,{n % 997}.{n % 100:02d}"
        for n in range(rows)
    ]
    text = "document_id,customer_id,document_date,due_date,amount\n" + "\n".join(lines) + "\n"
    ledger = Ledger.read(folder_of(tmp_path, customers=GOOD["customers"], documents=text))
    assert ledger.table("documents").height == rows
    assert ledger.table("documents")["amount"].sum() == sum(n % 997 * 100 + n % 100 for n in range(rows))
