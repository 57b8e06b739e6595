"""Tables out of databases: SQLite, DuckDB and a real PostgreSQL server, by both of its drivers."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from command import refused, succeeded
from postgres_server import Server, found, postgres_server

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources import database_connections
from credrisk.sources.database import import_database
from credrisk.sources.database_rows import frame_of_rows, put_together

CREATE = (
    "create table kunden (konto text, firma text)",
    "insert into kunden values ('00012', 'Nordlicht GmbH'), ('00013', 'Übersee & Söhne')",
    "create table posten (beleg text, konto text, datum date, faellig date, betrag numeric(14, 3), bezahlt date)",
    "insert into posten values ('R1', '00012', '2025-01-10', '2025-02-09', 1234.500, '2025-02-20'), "
    "('R2', '00012', '2025-02-10', '2025-03-12', 1.230, null), ('R3', '00013', '2025-02-11', '2025-03-13', 99, null)",
)
DIRECT = """
[settings]
currency = "EUR"
[queries]
customers = "select konto as customer_id, firma as name from kunden order by konto"
[queries.documents]
sql = \"\"\"
select beleg as document_id, konto as customer_id, datum as document_date, faellig as due_date, betrag as amount,
       bezahlt as settled_on, 'x' as colour
from posten where beleg <> 'R;9' -- all of them
order by beleg
\"\"\"
"""
MAPPED = """
[settings]
currency = "EUR"
[queries.posten]
sql = "select * from posten order by beleg"
[queries.kunden]
sql = "select * from kunden order by konto"
[tables.documents]
file = "posten"
where = [{ column = "beleg", not_equals = "R3" }]
[tables.documents.columns]
document_id = "beleg"
customer_id = "konto"
document_date = "datum"
due_date = "faellig"
amount = "betrag"
settled_on = "bezahlt"
[tables.customers]
file = "kunden"
[tables.customers.columns]
customer_id = "konto"
name = "firma"
"""
BALANCE = {"R1": 123450, "R2": 123, "R3": 9900}


@pytest.fixture
def sqlite_uri(tmp_path: Path) -> str:
    file = tmp_path / "books.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        for statement in CREATE:
            connection.execute(statement)
        connection.commit()
    return f"sqlite:///{file}"


@pytest.fixture
def duckdb_uri(tmp_path: Path) -> str:
    file = tmp_path / "books.duckdb"
    with duckdb.connect(str(file)) as connection:
        for statement in CREATE:
            connection.execute(statement)
    return f"duckdb:///{file}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if found() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed (Debian: postgresql)")
    pytest.importorskip("psycopg")
    with postgres_server() as running:
        running.run(*CREATE)
        yield running


BY_DRIVER = [pytest.param(driver, marks=pytest.mark.postgres) for driver in ("adbc", "sqlalchemy")]


def by_driver(driver: str, request: pytest.FixtureRequest) -> str:
    """Return the server's URI, to be read by one of the two drivers, with the password in the environment."""
    pytest.importorskip("adbc_driver_postgresql" if driver == "adbc" else "sqlalchemy")
    running, patched = request.getfixturevalue("server"), request.getfixturevalue("monkeypatch")
    if driver == "sqlalchemy":
        patched.setattr(database_connections, "_opener", lambda _: database_connections._sqlalchemy)
    patched.setenv("CREDRISK_DATABASE_PASSWORD", running.password)
    return str(running.uri)


@pytest.fixture(params=BY_DRIVER)
def postgres_uri(request: pytest.FixtureRequest) -> str:
    return by_driver(request.param, request)


@pytest.fixture(params=["sqlite_uri", "duckdb_uri", *BY_DRIVER])
def uri(request: pytest.FixtureRequest) -> str:
    if request.param in ("adbc", "sqlalchemy"):
        return by_driver(request.param, request)
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def asked_for(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        file = tmp_path / "queries.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def test_columns_named_as_the_ledgers_are_its_tables(uri: str, asked_for: Callable[[str], Path]) -> None:
    imported = import_database(uri, mapping=asked_for(DIRECT), chunk_rows=2)
    assert imported.summary.select("table", "read", "used").rows() == [("customers", 2, 2), ("documents", 3, 3)]
    assert imported.unused_columns["documents"] == ("colour",)
    assert imported.sums.filter(pl.col("column") == "amount")["amount"].to_list() == [1334.73]
    ledger = Ledger.read(imported.tables)
    assert ledger.quarantine.is_empty()
    documents = ledger.table("documents")
    assert dict(documents.select("document_id", "amount").rows()) == BALANCE
    assert documents["customer_id"].to_list() == ["00012", "00012", "00013"]
    assert ledger.table("customers")["name"].to_list() == ["Nordlicht GmbH", "Übersee & Söhne"]
    assert ledger.table("applications")["amount"].to_list() == [123450]


def test_other_columns_are_mapped_as_those_of_a_file(uri: str, asked_for: Callable[[str], Path]) -> None:
    imported = import_database(uri, mapping=asked_for(MAPPED), chunk_rows=1)
    summary = imported.summary.filter(pl.col("table") == "documents").row(0, named=True)
    assert (summary["read"], summary["left_out"], summary["used"]) == (3, 1, 2)
    documents = Ledger.read(imported.tables).table("documents")
    assert dict(documents.select("document_id", "amount").rows()) == {k: BALANCE[k] for k in ("R1", "R2")}


def test_a_query_without_rows_keeps_its_columns(uri: str, asked_for: Callable[[str], Path]) -> None:
    receipts = (
        "select beleg as receipt_id, konto as customer_id, datum as date, betrag as amount from posten where 1 = 0"
    )
    text = DIRECT.replace("[queries]", f'[queries]\nreceipts = "{receipts}"')
    imported = import_database(uri, mapping=asked_for(text))
    assert imported.tables["receipts"].shape == (0, 4)


def test_a_query_that_fails_names_table_and_query(uri: str, asked_for: Callable[[str], Path]) -> None:
    text = DIRECT.replace("from kunden order", "from nowhere order")
    with pytest.raises(DataError, match=r"^customers: the query customers failed: .*nowhere.* The query: select konto"):
        import_database(uri, mapping=asked_for(text))


def test_columns_of_one_name_are_refused(uri: str, asked_for: Callable[[str], Path]) -> None:
    text = DIRECT.replace("firma as name", "firma as customer_id")
    with pytest.raises(DataError, match="the query gives the column customer_id twice"):
        import_database(uri, mapping=asked_for(text))


@pytest.mark.postgres
def test_nothing_can_be_changed_in_postgresql(
    postgres_uri: str, server: Server, asked_for: Callable[[str], Path]
) -> None:
    server.run(
        "create or replace function sneak() returns int language plpgsql as "
        "$$ begin delete from posten; return 1; end $$"
    )
    text = DIRECT.replace("select konto as customer_id", "select sneak() as x, konto as customer_id")
    with pytest.raises(DataError, match="read-only transaction"):
        import_database(postgres_uri, mapping=asked_for(text))
    assert server.run("select count(*) from posten") == [(3,)]


def test_nothing_can_be_changed_or_read_beside_it_in_files(
    sqlite_uri: str, duckdb_uri: str, tmp_path: Path, asked_for: Callable[[str], Path]
) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n")
    text = DIRECT.replace("from kunden order by konto", f"from read_csv('{tmp_path}/other.csv')")
    with pytest.raises(DataError, match="query customers failed"):
        import_database(duckdb_uri, mapping=asked_for(text))
    for uri in (sqlite_uri, duckdb_uri):
        with database_connections.opened(uri) as asked, pytest.raises(database_connections.QueryRefusedError):
            list(asked("insert into kunden values ('1', 'x')", 10))


@pytest.mark.postgres
def test_all_queries_see_one_state(postgres_uri: str, server: Server) -> None:
    with database_connections.opened(postgres_uri) as asked:
        before = put_together(list(asked("select count(*) as n from kunden", 10)))["n"].item()
        server.run("insert into kunden values ('00099', 'Later Ltd')")
        try:
            assert put_together(list(asked("select count(*) as n from kunden", 10)))["n"].item() == before
        finally:
            server.run("delete from kunden where konto = '00099'")


@pytest.mark.postgres
def test_types_of_postgresql(postgres_uri: str) -> None:
    sql = (
        "select 1.10::numeric as n, 12345678901234.56::numeric(20,4) as wide, 7::bigint as i, 1.5::float8 as f, "
        "true as flag, timestamptz '2025-03-01 00:30:00+02' as moment, timestamp '2025-03-01 23:59:00' as plain, "
        "'100%' as percent, 'a:b' as colon, null::date as nothing, repeat('x', 3)::varchar(9) as text"
    )
    with database_connections.opened(postgres_uri) as asked:
        row = put_together(list(asked(sql, 10))).row(0, named=True)
    assert (row["n"], row["wide"], row["i"], row["f"]) == (Decimal("1.10"), Decimal("12345678901234.56"), 7, 1.5)
    assert row["flag"] is True
    assert str(row["moment"]) == "2025-02-28 22:30:00"  # UTC
    assert str(row["plain"]) == "2025-03-01 23:59:00"
    assert (row["percent"], row["colon"], row["nothing"], row["text"]) == ("100%", "a:b", None, "xxx")


@pytest.mark.postgres
def test_a_wrong_password_is_never_shown(
    postgres_uri: str,
    monkeypatch: pytest.MonkeyPatch,
    asked_for: Callable[[str], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CREDRISK_DATABASE_PASSWORD", "wrong-se%ret")
    with caplog.at_level(logging.DEBUG), pytest.raises(DataError, match="cannot be opened") as told:
        import_database(postgres_uri, mapping=asked_for(DIRECT))
    assert "se%ret" not in str(told.value)
    assert "se%25ret" not in str(told.value)
    assert "se%ret" not in caplog.text


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("postgresql://me:hunter2@host/db", "without a password"),
        ("mysql://me@host/db?password=hunter2", "without a password"),
        ("oracle://me@host/db", "one of a database credrisk reads"),
        ("books.db", "one of a database credrisk reads"),
        ("sqlite:///missing.db", "a file that is there"),
        ("duckdb://missing.db", "three slashes"),
        ("postgresql://[me/db", "such as postgresql"),
    ],
)
def test_uris_that_are_refused(uri: str, said: str, asked_for: Callable[[str], Path]) -> None:
    with pytest.raises(ParameterError, match=said) as told:
        import_database(uri, mapping=asked_for(DIRECT))
    assert "hunter2" not in str(told.value)


def test_a_driver_that_is_not_installed_is_named(asked_for: Callable[[str], Path]) -> None:
    pytest.importorskip("sqlalchemy")
    with pytest.raises(ParameterError, match="pip install"):
        import_database("snowflake://me@account/db", mapping=asked_for(DIRECT))


def test_the_command(sqlite_uri: str, tmp_path: Path, asked_for: Callable[[str], Path]) -> None:
    out = tmp_path / "ledger"
    said = succeeded("import", "--db", sqlite_uri, "--map", asked_for(DIRECT), "--out", out).out
    assert "read = blank + left out + merged + used" in said
    assert Ledger.read(out).table("documents").height == 3
    assert "--map must be given with --db" in refused("import", "--db", sqlite_uri, "--out", tmp_path / "b")
    assert "given, or --db, and not both" in refused("import", "--map", asked_for(DIRECT), "--out", tmp_path / "b")


def test_values_that_drivers_give_as_they_like() -> None:
    first = frame_of_rows(["a", "b", "c", "d"], [(Decimal("1.5"), None, 1, b"x"), (Decimal("2"), None, None, None)])
    second = frame_of_rows(["a", "b", "c", "d"], [(Decimal("1.2345"), "t", "x", None)])
    both = put_together([first, second])
    assert both["a"].to_list() == [Decimal("1.5"), Decimal("2"), Decimal("1.2345")]
    assert both["b"].to_list() == [None, None, "t"]
    assert both["c"].to_list() == ["1", None, "x"]
    assert both["d"].to_list() == [b"x", None, None]
    assert frame_of_rows(["a"], [(Decimal("NaN"),), (Decimal("1"),)])["a"].to_list() == ["NaN", "1"]
    assert frame_of_rows(["a"], [(2**70,), (1,)])["a"].to_list() == [str(2**70), "1"]
