"""The final gate: pandera schemas made from the one declaration in :mod:`credrisk.ledger.tables`."""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.money import EXPONENTS, LARGEST_EXACT
from credrisk.ledger.tables import TABLES, Column, Table

if TYPE_CHECKING:
    import pandera.polars as pa

__all__ = ["pass_gate", "schema"]

_FILLED = {
    "documents": ("kind", "currency"),
    "applications": ("kind", "from_kind", "currency"),
}
"""Columns that a user may leave empty but that the readers always fill."""


@cache
def schema(name: str) -> pa.DataFrameSchema:
    """Return the pandera schema (on Polars) of a table as it stands inside a ledger.

    Money is Int64 minor units, every declared column is present in the declared order, the columns that the readers
    fill (currency, kind, recorded_at) are filled, and the key is unique where every part of it must be filled.

    Parameters
    ----------
    name
        One of the tables in :data:`credrisk.ledger.tables.TABLES`.

    Raises
    ------
    ParameterError
        When there is no such table.
    """
    if name not in TABLES:
        raise ParameterError("table", f"one of {', '.join(TABLES)}", name)
    table, pa = TABLES[name], _pandera()
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                DTYPES[column.kind], nullable=not _filled(table, column), checks=_checks(table, column)
            )
            for column in table.columns
        },
        name=name,
        strict=True,
        ordered=True,
        unique=list(table.key) if len(table.key) == 1 else None,
    )


def pass_gate(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` if it keeps the contract of table ``name``.

    Raises
    ------
    DataError
        Naming every column and rule broken. After the readers' own rules this means a fault of theirs, never data to
        be passed on.
    """
    pe = _pandera().errors
    try:
        schema(name).validate(frame, lazy=True)
    except (pe.SchemaErrors, pe.SchemaError) as broken:
        cases = broken.failure_cases
        columns = sorted({str(c) for c in cases["column"].to_list() if c}) if "column" in cases.columns else []
        rules = sorted({str(c) for c in cases["check"].to_list()}) if "check" in cases.columns else []
        raise DataError(f"the table breaks the contract ({'; '.join(rules)}).", table=name, columns=columns) from None
    return frame


def _pandera() -> Any:
    """Return pandera, loaded without a word about Spark and without binding Spark to this machine.

    Where pyspark is installed pandera loads it, which warns of pandas 3, and sets ``SPARK_LOCAL_IP`` to 127.0.0.1, so
    that a session made later could not reach its cluster.
    """
    address = os.environ.get("SPARK_LOCAL_IP")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        import pandera.polars as pa
    if address is None:
        os.environ.pop("SPARK_LOCAL_IP", None)
    return pa


def _filled(table: Table, column: Column) -> bool:
    return column.required or column.name in (*_FILLED.get(table.name, ()), "recorded_at", table.money_of)


def _checks(table: Table, column: Column) -> list[pa.Check]:
    pa = _pandera()
    if column.choices:
        return [pa.Check.isin(list(column.choices))]
    if column.name == table.money_of:
        return [pa.Check.isin(list(EXPONENTS))]
    if column.kind == "money":
        return [pa.Check.in_range(-LARGEST_EXACT, LARGEST_EXACT)]
    bounds = (pa.Check.ge, column.minimum), (pa.Check.le, column.maximum), (pa.Check.gt, column.above)
    return [check(bound) for check, bound in bounds if bound is not None]
