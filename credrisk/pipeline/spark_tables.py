"""A stored ledger as Spark sees it: the tables that were given, and what the ledger states about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credrisk.errors import DataError
from credrisk.ledger.ledger import LedgerSettings
from credrisk.ledger.store import REMEDY, SETTINGS_FILE, settings_of
from credrisk.ledger.tables import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["stored_settings", "stored_tables"]

STORED_TYPES = {
    "id": "string",
    "text": "string",
    "code": "string",
    "date": "date",
    "money": "bigint",
    "number": "double",
    "integer": "bigint",
    "flag": "boolean",
}
"""Spark's type of each kind of column."""


def stored_settings(source: str, spark: SparkSession) -> LedgerSettings:
    """Return what a stored ledger states about itself in ``ledger.json``.

    Raises
    ------
    DataError
        When the file is missing or of another format.
    """
    from pyspark.errors import AnalysisException

    try:
        lines = spark.read.text(f"{source.rstrip('/')}/{SETTINGS_FILE}", wholetext=True).collect()
    except AnalysisException as failed:
        if failed.getCondition() != "PATH_NOT_FOUND":
            raise
        raise DataError(f"{source} holds no {SETTINGS_FILE}.", remedy=REMEDY) from None
    return settings_of(lines[0][0] if lines else "", source)


def stored_tables(source: str, spark: SparkSession) -> dict[str, DataFrame]:
    """Return the tables of a stored ledger that were given, with their declared columns.

    Raises
    ------
    DataError
        When a required table is missing, or a column is missing or of another type than the contract's.
    """
    found = {}
    for name, declared in TABLES.items():
        frame = _parquet(f"{source.rstrip('/')}/{name}", spark)
        if frame is not None:
            types = dict(frame.dtypes)
            wrong = [c.name for c in declared.columns if types.get(c.name) != STORED_TYPES[c.kind]]
            if wrong:
                problem = "columns are missing or of another type than a stored ledger has."
                raise DataError(problem, table=name, columns=wrong, remedy="write the ledger with credrisk.")
            found[name] = frame.select(*declared.names)
    missing = [name for name, declared in TABLES.items() if declared.required and name not in found]
    if missing:
        raise DataError(f"{source} lacks the tables {', '.join(missing)}.", remedy=REMEDY)
    return found


def _parquet(path: str, spark: SparkSession) -> DataFrame | None:
    """Read ``path`` (a folder of parts) or ``path.parquet``, None where there is neither."""
    from pyspark.errors import AnalysisException

    for place in (path, f"{path}.parquet"):
        try:
            frame = spark.read.parquet(place)
            _ = frame.schema
        except AnalysisException as failed:
            if failed.getCondition() != "PATH_NOT_FOUND":
                raise
        else:
            return frame
    return None
