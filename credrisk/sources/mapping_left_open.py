"""What is left open of a document, as an amount that a mapping may use: ``{ constant = "left_open" }``.

An export often says that a document was written off, and not how much. The ledger works it out
(:mod:`credrisk.ledger.left_open`): such rows are handed on without an amount and with the flag ``left_open``.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

__all__ = ["LEFT_OPEN", "with_left_open", "without_left_open"]

LEFT_OPEN = "left_open"
"""What a mapping writes for the amount; it is also the name of the flag."""


def with_left_open(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables with the flag in place of an amount of the applications that says ``left_open``."""
    applications = tables.get("applications")
    if applications is None or "amount" not in applications.columns:
        return dict(tables)
    wanted = _wanted(applications)
    if not wanted.any():
        return dict(tables)
    flag = pl.col(LEFT_OPEN).cast(pl.String) if LEFT_OPEN in applications.columns else pl.lit(None, pl.String)
    marked = applications.with_columns(
        pl.when(~wanted).then(pl.col("amount")).alias("amount"),
        pl.when(wanted).then(pl.lit("true")).otherwise(flag).alias(LEFT_OPEN),
    )
    return {**tables, "applications": marked}


def without_left_open(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose amount the export states: of the others no sum can be told from the file."""
    return frame.filter(~_wanted(frame)) if "amount" in frame.columns else frame


def _wanted(frame: pl.DataFrame) -> pl.Series:
    return frame.select((pl.col("amount").cast(pl.String) == LEFT_OPEN).fill_null(False).alias("wanted")).to_series()
