"""The CSV files: every figure of a table, the same bytes for the same input."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from credrisk.atomic import write_text
from credrisk.injection import harmless
from credrisk.ledger.money import EXPONENTS
from credrisk.reports.columns import columns_of

__all__ = ["write_csv"]

PROBABILITY_DECIMALS = 6
OTHER_DECIMALS = 4


def write_csv(path: Path, frame: pl.DataFrame, *, table: str, currency: str) -> None:
    """Write ``frame`` with its own column names: money with the currency's decimals, probabilities with six."""
    decimals = {"money": EXPONENTS[currency], "probability": PROBABILITY_DECIMALS, "percent": PROBABILITY_DECIMALS}
    kinds = {column.name: column.kind for column in columns_of(table, frame)}
    cells = []
    for name, dtype in frame.schema.items():
        cell = pl.col(name)
        if dtype == pl.String:
            cell = harmless(name)
        elif dtype.is_float():
            cell = cell.round(decimals.get(kinds[name], OTHER_DECIMALS)) + 0.0
        cells.append(cell)
    write_text(path, frame.select(cells).write_csv())
