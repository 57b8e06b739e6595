"""How a database is opened: by its URI, for reading only, with the password from the environment or the keyring.

DuckDB and SQLite are opened as files in read-only mode. PostgreSQL answers in Arrow through ADBC where that is
installed, else through SQLAlchemy as the others do. Where a database knows read-only transactions the session is one,
and all queries see one state of it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.sources.credentials import SECRET_NAME, Secret, credential
from credrisk.sources.database_rows import decimals, frame_of_rows, plain_types

__all__ = ["PASSWORD", "Asked", "QueryRefusedError", "opened"]

PASSWORD = "DATABASE_PASSWORD"  # noqa: S105 - the name of the credential
Asked = Callable[[str, int], Iterator[pl.DataFrame]]
"""Asks one query and gives its rows in chunks of at most so many."""

_DRIVERS = {
    "postgresql": "psycopg",
    "mysql": "pymysql",
    "mssql": "pyodbc",
    "snowflake": "",
    "bigquery": "",
}
"""Kinds of database read through SQLAlchemy, and the driver taken where the URI names none."""
_FILES = ("duckdb", "sqlite")
_BEFORE = {"mysql": ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION READ ONLY")}


class QueryRefusedError(Exception):
    """The database refused a query; the message is what it said, in one line and without a secret."""


@contextmanager
def opened(uri: str) -> Iterator[Asked]:
    """Open a database for reading.

    Parameters
    ----------
    uri
        Such as ``postgresql://reader@host/erp``, ``mssql://reader@host/erp?driver=ODBC+Driver+18+for+SQL+Server``,
        ``sqlite:///erp.db`` or ``duckdb:////data/erp.duckdb``. Without a password: it is read from
        ``CREDRISK_DATABASE_PASSWORD``, else from the keyring.

    Raises
    ------
    ParameterError
        When the URI holds a password, its kind of database is not known, or the driver is not installed.
    DataError
        When the database cannot be opened. No message holds the password.
    """
    kind, shown = _checked(uri)
    secret = None if kind in _FILES else credential(PASSWORD)
    said = partial(_said, secret=secret)
    with contextlib.ExitStack() as stack:
        try:
            asked = stack.enter_context(_opener(kind)(uri, secret))
        except (ParameterError, DataError):
            raise
        except Exception as refusal:  # every driver has its own kinds of error
            raise DataError(
                f"the database {shown} cannot be opened ({said(refusal)}).",
                remedy=f"check the URI, the network and the rights of the user; the password is read from "
                f"CREDRISK_{PASSWORD}, else from the keyring.",
            ) from None

        def told(sql: str, rows: int) -> Iterator[pl.DataFrame]:
            try:
                yield from asked(sql, rows)
            except Exception as refusal:
                raise QueryRefusedError(said(refusal)) from None

        yield told


def _checked(uri: str) -> tuple[str, str]:
    """Return the kind of database and the URI as it may be shown; refuse one that holds a secret."""
    try:
        parts = urlsplit(uri)
        password, options = parts.password, parse_qsl(parts.query)
    except ValueError:
        raise ParameterError("uri", "such as postgresql://user@host/database", "what is none") from None
    kind = parts.scheme.partition("+")[0]
    if password is not None or any(SECRET_NAME.search(name) for name, _ in options):
        raise ParameterError(
            "uri",
            "without a password, key or token, which would stay in the shell's history",
            f"{parts.scheme}://...",
            remedy=f"put it into the environment variable CREDRISK_{PASSWORD} or the keyring (keyring set credrisk "
            f"{PASSWORD}).",
        )
    if kind not in (*_FILES, *_DRIVERS):
        known = ", ".join(f"{name}://" for name in (*_DRIVERS, *_FILES))
        raise ParameterError("uri", f"one of a database credrisk reads ({known})", uri)
    return kind, urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _opener(kind: str) -> Callable[[str, Secret | None], Any]:
    if kind in _FILES:
        return {"duckdb": _duckdb, "sqlite": _sqlite}[kind]
    if kind == "postgresql":
        with contextlib.suppress(ImportError):
            import adbc_driver_postgresql.dbapi  # noqa: F401

            return _adbc
    return _sqlalchemy


def _file(uri: str) -> Path:
    """Return the file of a URI with three slashes (from here) or four (from the root)."""
    parts = urlsplit(uri)
    path = Path(parts.path.removeprefix("/"))
    if parts.netloc or not parts.path.removeprefix("/"):
        raise ParameterError("uri", f"{parts.scheme}:///FILE, with three slashes before the file's name", uri)
    if not path.is_file():
        raise ParameterError("uri", "a file that is there", uri)
    return path


@contextmanager
def _duckdb(uri: str, _: Secret | None) -> Iterator[Asked]:
    import duckdb

    connection = duckdb.connect(str(_file(uri)), read_only=True, config={"enable_external_access": "false"})

    def asked(sql: str, rows: int) -> Iterator[pl.DataFrame]:
        yield from _arrow_chunks(connection.sql(sql).to_arrow_reader(rows))

    with connection:
        connection.execute("begin transaction read only")
        yield asked


@contextmanager
def _sqlite(uri: str, _: Secret | None) -> Iterator[Asked]:
    import sqlite3

    connection = sqlite3.connect(f"file:{quote(str(_file(uri).absolute()))}?mode=ro", uri=True, isolation_level=None)

    def asked(sql: str, rows: int) -> Iterator[pl.DataFrame]:
        cursor = connection.execute(sql)
        yield from _row_chunks([one[0] for one in cursor.description], partial(cursor.fetchmany, rows))

    with contextlib.closing(connection):
        connection.execute("pragma query_only = on")
        connection.execute("begin")
        connection.execute("select 1 from sqlite_master").fetchone()
        yield asked


@contextmanager
def _adbc(uri: str, secret: Secret | None) -> Iterator[Asked]:
    import adbc_driver_postgresql.dbapi as adbc

    parts = urlsplit(uri)
    user, at, host = parts.netloc.rpartition("@")
    place = f"{user}:{quote(secret.reveal(), safe='')}{at}{host}" if secret and user else parts.netloc
    connection = adbc.connect(urlunsplit(("postgresql", place, parts.path, parts.query, "")))

    def asked(sql: str, rows: int) -> Iterator[pl.DataFrame]:
        with connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(rows * _ROW_BYTES)})
            cursor.execute(sql)
            yield from _arrow_chunks(cursor.fetch_record_batch())

    with connection:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            yield asked
        finally:
            connection.rollback()


_ROW_BYTES = 128
"""What a row of a receivables table takes in Arrow, about: ADBC bounds its chunks by bytes."""


@contextmanager
def _sqlalchemy(uri: str, secret: Secret | None) -> Iterator[Asked]:
    try:
        import sqlalchemy
    except ImportError:
        raise ParameterError(
            "uri", "of DuckDB or SQLite while SQLAlchemy is not installed", uri, remedy="pip install 'credrisk[sql]'."
        ) from None
    place = sqlalchemy.make_url(uri)
    kind = place.drivername.partition("+")[0]
    if "+" not in place.drivername and _DRIVERS[kind]:
        place = place.set(drivername=f"{kind}+{_DRIVERS[kind]}")
    if secret is not None and place.username:
        place = place.set(password=secret.reveal())
    try:
        engine = sqlalchemy.create_engine(place, poolclass=sqlalchemy.NullPool, hide_parameters=True)
    except (ImportError, sqlalchemy.exc.NoSuchModuleError):
        driver = place.drivername.partition("+")[2] or f"{kind}-sqlalchemy or sqlalchemy-{kind}"
        raise ParameterError(
            "uri", f"of a database whose driver is installed; {driver} is not", uri, remedy=f"pip install {driver}."
        ) from None
    with engine.connect() as connection:
        if kind == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        for statement in _BEFORE.get(kind, ()):
            connection.exec_driver_sql(statement)

        def asked(sql: str, rows: int) -> Iterator[pl.DataFrame]:
            # Driver SQL: a colon in the query is no parameter. Without parameters drivers leave a percent sign alone.
            streamed = connection.execution_options(stream_results=True, no_parameters=True, max_row_buffer=rows)
            with contextlib.closing(streamed.exec_driver_sql(sql)) as result:
                yield from _row_chunks(list(result.keys()), partial(result.fetchmany, rows))

        try:
            yield asked
        finally:
            connection.rollback()


def _row_chunks(names: list[str], fetch: Callable[[], Any]) -> Iterator[pl.DataFrame]:
    """Give the rows a cursor has left; one empty frame where there are none."""
    _refuse_doubles(names)
    rows = fetch()
    yield frame_of_rows(names, rows)
    while rows := fetch():
        yield frame_of_rows(names, rows)


def _arrow_chunks(reader: Any) -> Iterator[pl.DataFrame]:
    import pyarrow as pa

    _refuse_doubles(list(reader.schema.names))

    def frame(batch: Any) -> pl.DataFrame:
        series = []
        for field, column in zip(batch.schema, batch.columns, strict=True):
            numeric = isinstance(field.type, pa.OpaqueType) and field.type.type_name == "numeric"
            held = column.storage if isinstance(field.type, pa.BaseExtensionType) else column
            one = pl.Series(field.name, pl.from_arrow(held))
            series.append(decimals(one) if numeric else one)
        return plain_types(pl.DataFrame(series))

    empty = True
    for batch in reader:
        empty = False
        yield frame(batch)
    if empty:
        yield frame(pa.RecordBatch.from_pylist([], schema=reader.schema))


def _refuse_doubles(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the query gives the column {twice[0]} twice")


def _said(refusal: Exception, *, secret: Secret | None) -> str:
    """Return what the database says, in one line and without the password."""
    said = str(getattr(refusal, "orig", None) or refusal).strip() or type(refusal).__name__
    if secret is not None:
        for form in (secret.reveal(), quote(secret.reveal(), safe="")):
            said = said.replace(form, "***")
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip(" ^")]
    return re.sub(r"^[\w ]+ Error: ", "", lines[0]).rstrip(".")
