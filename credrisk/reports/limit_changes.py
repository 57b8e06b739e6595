"""Which limits really change, the largest change first: a stop where the limit is nothing already is no change."""

from __future__ import annotations

import polars as pl

__all__ = ["largest_change_first", "limits_to_change", "stopped_at_nothing"]


def limits_to_change(limits: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``limits`` whose recommended limit differs from today's; none on file counts as nothing."""
    today = pl.col("current_limit") if "current_limit" in limits.columns else pl.lit(None, pl.Float64)
    differs = pl.col("recommended_limit") != today.fill_null(0.0)
    return limits.filter((differs & (pl.col("action") != "keep")).fill_null(False))


def largest_change_first(limits: pl.DataFrame) -> pl.DataFrame:
    """Return the rows by the size of their change, then by customer_id; a first limit changes by all of itself."""
    today = pl.col("current_limit") if "current_limit" in limits.columns else pl.lit(None, pl.Float64)
    moved = (pl.col("recommended_limit") - today.fill_null(0.0)).abs().fill_nan(None).fill_null(0.0)
    return limits.sort(moved, pl.col("customer_id"), descending=[True, False])


def stopped_at_nothing(limits: pl.DataFrame) -> int:
    """Return how many customers are to be stopped whose limit is nothing already."""
    stops = limits.filter(pl.col("action") == "stop").height
    return stops - limits_to_change(limits).filter(pl.col("action") == "stop").height
