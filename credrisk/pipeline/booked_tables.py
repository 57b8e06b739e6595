"""Of which type is each column of the tables of a provision on file? A table without rows tells none by itself."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from credrisk.injection import ESCAPED
from credrisk.portfolio.provision.exposures import STEPS

__all__ = ["BOOKED_TABLES", "read_booked_table"]


def _texts(*names: str) -> dict[str, pl.DataType]:
    return dict.fromkeys(names, pl.String())


def _days(*names: str) -> dict[str, pl.DataType]:
    return dict.fromkeys(names, pl.Date())


def _whole(*names: str) -> dict[str, pl.DataType]:
    return dict.fromkeys(names, pl.Int64())


def _counts(*names: str) -> dict[str, pl.DataType]:
    return dict.fromkeys(names, pl.UInt32())


def _amounts(*names: str) -> dict[str, pl.DataType]:
    return dict.fromkeys(names, pl.Float64())


DOWN = ("gross", "disputed", *STEPS, "exposed")

BOOKED_TABLES: dict[str, dict[str, pl.DataType]] = {
    "matrix": _texts("segment", "state")
    | _counts("items", "customers")
    | _amounts(*DOWN, "historical_rate", "low", "high", "rate", "allowance", "coverage")
    | _texts("rate_source")
    | _amounts("published_share"),
    "items": _texts("document_id", "customer_id", "currency")
    | _days("document_date", "due_date")
    | _texts("document_kind", "state", "segment")
    | _amounts(*DOWN, "historical_rate", "low", "high", "published_share")
    | _texts("rate_source")
    | _amounts("rate", "allowance")
    | _whole("billed_minor", "open_minor"),
    "written_off": _texts("document_id", "customer_id", "currency")
    | _whole("written_minor", "reopened_minor", "recovered_minor"),
    "specific": _texts("customer_id", "event")
    | _days("impaired_on")
    | _counts("items")
    | _amounts("gross", "exposed", "rate")
    | _texts("rate_source")
    | _amounts("allowance"),
    "rates": _texts("segment", "state")
    | _amounts("observed")
    | _whole("customers", "loss_customers")
    | _amounts("lost_share", "open_share", "dilution_share", "own_rate", "prior_rate", "credibility")
    | _amounts("rate", "low", "high", "published_share")
    | _texts("source", "prior_source", "method"),
    "overlay": _texts("scenario") | _amounts("probability", "multiplier", "allowance"),
    "base": _texts("line") | _amounts("amount"),
    "dilution": _texts("segment", "state") | _amounts("net", "dilution_share", "expected"),
}
"""The columns of every table in their order, by the name of the table in a provision."""

LATER = {"items": ("billed_minor",)}
"""Columns that a folder of an earlier release may lack."""


def read_booked_table(path: Path, name: str) -> pl.DataFrame:
    """Return a table as it was before it was written; Polars raises an error of its own where a column is missing.

    Texts that were made harmless for spreadsheets are what they were before.
    """
    told = pl.read_csv(path, infer_schema=False)
    schema = {
        column: kind
        for column, kind in BOOKED_TABLES[name].items()
        if column in told.columns or column not in LATER.get(name, ())
    }
    return told.select(_typed(column, kind) for column, kind in schema.items())


def _typed(name: str, kind: pl.DataType) -> pl.Expr:
    text = pl.col(name)
    if kind == pl.String:
        return pl.when(text.str.contains(ESCAPED)).then(text.str.slice(1)).otherwise(text).alias(name)
    return text.str.to_date("%Y-%m-%d") if kind == pl.Date else text.cast(kind)
