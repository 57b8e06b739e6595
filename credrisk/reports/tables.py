"""The CSV files: every figure of a table, the same bytes for the same input."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from credrisk.atomic import write_text
from credrisk.frames import without_minus_zero
from credrisk.injection import harmless, one_way
from credrisk.ledger.money import EXPONENTS
from credrisk.reports.columns import columns_of

__all__ = ["as_written", "write_csv"]

PROBABILITY_DECIMALS = 6
OTHER_DECIMALS = 4
NAMES = ("name", "group_name")
"""Columns that are there to be read; every other text may be an id."""


def write_csv(path: Path, frame: pl.DataFrame, *, table: str, currency: str) -> None:
    """Write ``frame`` with its own column names: money with the currency's decimals, probabilities with six."""
    rounded = as_written(frame, table=table, currency=currency)
    texts = [harmless(name) for name, kind in frame.schema.items() if kind == pl.String]
    names = [one_way(name) for name in NAMES if frame.schema.get(name) == pl.String]
    write_text(path, rounded.with_columns(names).with_columns(texts).write_csv())


def as_written(frame: pl.DataFrame, *, table: str, currency: str) -> pl.DataFrame:
    """Return ``frame`` with the figures that its file holds: what is worked out from either is the same to the cent."""
    decimals = {"money": EXPONENTS[currency], "probability": PROBABILITY_DECIMALS, "percent": PROBABILITY_DECIMALS}
    kinds = {column.name: column.kind for column in columns_of(table, frame)}
    rounded = [
        pl.col(name).round(decimals.get(kinds[name], OTHER_DECIMALS))
        for name, kind in frame.schema.items()
        if kind.is_float()
    ]
    return without_minus_zero(frame.with_columns(rounded))
