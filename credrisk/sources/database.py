"""Tables straight from a database: what queries of a mapping file answer becomes the ledger's tables.

A query either names its columns as the ledger does, or is mapped as an export file is (``docs/database.md``). The
database is only ever read.
"""

from __future__ import annotations

from os import PathLike

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.names import plain_name
from credrisk.ledger.simple import ALIASES
from credrisk.progress import Progress, silent
from credrisk.sources.database_connections import Asked, QueryRefusedError, opened
from credrisk.sources.database_queries import Query, read_queries
from credrisk.sources.database_rows import put_together
from credrisk.sources.mapping import SUMMARY, Imported, sums_of, tables_of
from credrisk.sources.mapping_targets import TARGETS

__all__ = ["import_database"]

QUERY_SHOWN = 300


def import_database(
    uri: str, *, mapping: str | PathLike[str], chunk_rows: int = 50_000, progress: Progress = silent
) -> Imported:
    """Read a database's tables by a mapping of queries.

    Parameters
    ----------
    uri
        Of PostgreSQL, MySQL, SQL Server, Snowflake, BigQuery, SQLite or DuckDB, without a password: that is read from
        ``CREDRISK_DATABASE_PASSWORD``, else from the system's keyring, and is never written or logged.
    mapping
        TOML file with a query per table.
    chunk_rows
        Rows fetched at a time, at least 1.

    Returns
    -------
    Imported
        Tables for ``Ledger.read`` and the account of every row. All queries see one state of the database, where it
        has read-only transactions.

    Raises
    ------
    ParameterError
        When the URI or the mapping breaks a rule, or a driver is missing.
    DataError
        When the database cannot be opened, or refuses a query: the message names the table and the query.

    Examples
    --------
    >>> imported = import_database("postgresql://reader@erp/books", mapping="queries.toml")  # doctest: +SKIP
    >>> ledger = Ledger.read(imported.tables)  # doctest: +SKIP
    """
    if chunk_rows < 1:
        raise ParameterError("chunk_rows", "at least 1", chunk_rows)
    asked_for = read_queries(mapping)
    frames: dict[str, pl.DataFrame] = {}
    with opened(uri) as asked:
        for done, query in enumerate(asked_for.queries):
            progress("Reading the database", done, len(asked_for.queries))
            frames[query.name] = _rows(query, asked, chunk_rows)
    others = {name: [(name, frame)] for name, frame in frames.items() if name not in asked_for.direct}
    made = tables_of(asked_for.rules, others)
    tables, accounts, sums, unused = dict(made.tables), [made.summary], [made.sums], dict(made.unused_columns)
    for name in TARGETS:
        if name in asked_for.direct:
            tables[name] = frames[name]
            known = frames[name].rename(plain_name)
            unused[name] = tuple(c for c in known.columns if c not in {**TARGETS[name], **ALIASES.get(name, {})})
            sums.append(sums_of(name, name, known))
            accounts.append(_account(name, frames[name].height))
    return Imported(tables, pl.concat(accounts), pl.concat(sums), made.conflicts, unused)


def _rows(query: Query, asked: Asked, chunk_rows: int) -> pl.DataFrame:
    try:
        return put_together(list(asked(query.sql, chunk_rows)))
    except QueryRefusedError as refusal:
        flat = " ".join(query.sql.split())
        shown = flat if len(flat) <= QUERY_SHOWN else flat[: QUERY_SHOWN - 3] + "..."
        raise DataError(
            f"the query {query.name} failed: {refusal}. The query: {shown}",
            table=query.name,
            remedy="try it in your database's own program, as the same user.",
        ) from None


def _account(table: str, rows: int) -> pl.DataFrame:
    counts = dict.fromkeys(("blank", "left_out", "merged"), 0) | {"read": rows, "used": rows}
    return pl.DataFrame([{"table": table, "file": table, "left_out_unless": "", **counts}], schema=SUMMARY)
