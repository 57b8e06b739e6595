"""Tables that come into a decision, checked once, and figures that leave it, without negative zeros."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars

__all__ = ["customer_rows", "no_negative_zeros"]


def customer_rows(
    frame: Any, name: str, *, required: Mapping[str, Any], optional: Mapping[str, Any], as_of: date
) -> pl.DataFrame:
    """Return the declared columns of ``frame``, one row per customer, sorted by ``customer_id``.

    Parameters
    ----------
    frame
        Polars or pandas. With a column ``as_of``, only the rows of that date count.
    required, optional
        Polars type by column; an optional column that is absent comes back null. NaN counts as null, and dates may be
        text such as 2025-12-31.

    Raises
    ------
    ParameterError
        When ``frame`` is no table.
    DataError
        When required columns are missing, values are not of their type, or a customer has several rows.
    """
    given = as_polars(frame, name)
    wanted = {"customer_id": pl.String(), **required, **optional}
    missing = [column for column in wanted if column not in given.columns and column not in optional]
    if missing:
        raise DataError("columns are missing.", table=name, columns=missing, remedy="build the frame with them.")
    if "as_of" in given.columns:
        given = given.filter(pl.col("as_of").cast(pl.Date) == as_of)
    absent = [pl.lit(None).alias(column) for column in optional if column not in given.columns]
    try:
        full = given.with_columns(absent)
        rows = full.select(_typed(column, kind, full.schema[column]) for column, kind in wanted.items())
    except pl.exceptions.PolarsError as error:
        raise DataError(f"a value is not of its column's type: {error}", table=name, columns=tuple(wanted)) from None
    rows = rows.with_columns(pl.col(pl.Float64).fill_nan(None)).sort("customer_id")
    double = rows.filter(pl.col("customer_id").is_duplicated() | pl.col("customer_id").is_null())
    if double.height:
        ids = double["customer_id"].unique(maintain_order=True).cast(pl.String).fill_null("(empty)").to_list()
        raise DataError("a customer has more than one row, or no id.", table=name, rows=double.height, ids=ids)
    return rows


def _typed(column: str, kind: pl.DataType, given: pl.DataType) -> pl.Expr:
    """Return the column as its type; a date may be text, as a CSV file holds it."""
    if isinstance(kind, pl.Date) and given == pl.String:
        return pl.col(column).str.to_date("%Y-%m-%d")
    return pl.col(column).cast(kind)


def no_negative_zeros(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with every -0.0 turned into 0.0; adding 0.0 leaves it as it is in Polars."""
    figures = pl.col(pl.Float64)
    return frame.with_columns(pl.when(figures == 0).then(0.0).otherwise(figures).name.keep())
