"""Sums of a column, exact whatever the order of the rows."""

from __future__ import annotations

import math

import polars as pl

from credrisk.ledger.money import EXPONENTS

__all__ = ["has_values", "sum_of_cents", "total"]


def has_values(frame: pl.DataFrame, name: str) -> bool:
    """Tell whether the column is there and not null in every row."""
    return name in frame.columns and frame[name].null_count() < frame.height


def total(frame: pl.DataFrame, name: str) -> float:
    """Return the sum of a column, rounded once; nulls and an absent column add nothing."""
    if name not in frame.columns:
        return 0.0
    return math.fsum(value for value in frame[name].to_list() if value is not None)


def sum_of_cents(frame: pl.DataFrame, name: str, currency: str) -> float:
    """Return the sum of an amount as lists and files show it, each row to the cent, so that they add up to it."""
    decimals = EXPONENTS[currency]
    return round(total(frame.select(pl.col(name).round(decimals)), name), decimals)
