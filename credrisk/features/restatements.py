"""Has the customer taken back what it published: figures that came out lower when they were published again.

A figure of one period end counts as restated downward on the day when its source publishes a value that lies below the
one before by 5 % of it or more. Two sources that differ restate nothing. Features of statements take the value last
known on the day, so a restatement replaces what it restates from the day it is published, and never before.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.catalogue import feature
from credrisk.features.figures import published_figures
from credrisk.features.grid import Grid, measure
from credrisk.features.rows import LedgerRows, Rows, row_arrays, row_kind

__all__ = ["MATERIAL", "RESTATED", "downward_restatements_24m"]

RESTATED = ("revenue", "net_income", "ebit", "operating_cash_flow", "total_assets", "equity")
"""Figures of which less is worse."""

MATERIAL = 0.05
"""The fall, as a share of the earlier value's size, from which on a restatement counts (inclusive)."""


@row_kind
def downward_restatements(source: LedgerRows) -> Rows:
    """The days on which a figure was restated downward."""
    one = ("customer", "end", "figure", "source")
    frame = published_figures(source, RESTATED).sort(*one, "known", "value", "unit")
    before, unit = (pl.col(name).shift(1).over(one) for name in ("value", "unit"))
    fell = (before - pl.col("value")) >= MATERIAL * before.abs()
    lower = frame.unique([*one, "known"], keep="last", maintain_order=True).filter(
        fell & (pl.col("value") < before) & (pl.col("unit") == unit)
    )
    return row_arrays(lower.select("customer", "seen", event="known").sort("customer", "event", "seen"))


@feature(
    unit="count",
    window="24 months",
    null="the ledger holds no figures or does not cover 24 months",
    worse="higher",
    says="figures restated downward over 24 months: {value}",
    says_at_zero="no figure was restated downward over 24 months",
    formula="count of figures published again in 24 months with a value lower by 5 % or more",
    source="5 %: the rule of thumb for materiality, SEC Staff Accounting Bulletin 99",
)
@measure("facts", months=24)
def downward_restatements_24m(grid: Grid) -> np.ndarray:
    """How many figures came out lower by 5 % or more when they were published again."""
    return grid.trailing("downward_restatements", 24)
