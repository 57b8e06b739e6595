"""The matrix at the opening and at the closing side by side: what exposure and what rates did to the allowance."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.frames import as_polars
from credrisk.ledger.money import EXPONENTS
from credrisk.portfolio.provision.opening_matrix import rates_of
from credrisk.portfolio.provision.pool import IMPAIRED
from credrisk.portfolio.provision.provide import Provision

__all__ = ["both_ends"]

KEY = ["segment", "state"]
FIGURES = ("exposed", "rate", "allowance")


def both_ends(opening: Provision, closing: Provision) -> pl.DataFrame:
    """Return what each bucket held at both ends, and how its allowance moved.

    Returns
    -------
    polars.DataFrame
        ``segment, state``; ``exposed_then, rate_then, allowance_then`` and the same ``_now``, null where the bucket was
        not there, but for the rate that it had all the same; ``by_exposure``, the change of what is exposed at the
        opening's rate, and ``by_rate``, the rest: the two add up to the change of the allowance. Buckets stand in the
        order of the closing, credit-impaired last.

    Notes
    -----
    A bucket whose rate one end does not have (another matrix, credit-impaired items) moved by its exposure alone. The
    rate of what is provided for customer by customer is its allowance over what is exposed.
    """
    then, now = _end(opening, "then"), _end(closing, "now")
    states = dict.fromkeys((*closing.settings.buckets, *opening.settings.buckets))
    order = {state: place for place, state in enumerate(states)}
    change = pl.col("allowance_now").fill_null(0.0) - pl.col("allowance_then").fill_null(0.0)
    there = pl.col("rate_then").is_not_null() & pl.col("rate_now").is_not_null()
    more = pl.col("exposed_now").fill_null(0.0) - pl.col("exposed_then").fill_null(0.0)
    decimals = EXPONENTS.get(closing.currency, 2)
    return (
        then.join(now, on=KEY, how="full", coalesce=True)
        .join(_measured(opening), on=KEY, how="left")
        .join(_measured(closing), on=KEY, how="left", suffix="_now")
        .with_columns(rate_then=pl.coalesce("rate_then", "measured"), rate_now=pl.coalesce("rate_now", "measured_now"))
        .drop("measured", "measured_now")
        .with_columns(
            by_exposure=pl.when(there).then((more * pl.col("rate_then")).round(decimals)).otherwise(change) + 0.0,
        )
        .with_columns(by_rate=(change - pl.col("by_exposure")).round(decimals) + 0.0)
        .sort("segment", pl.col("state").replace_strict(order, default=len(order), return_dtype=pl.Int64))
    )


def _measured(found: Provision) -> pl.DataFrame:
    """Return the rates of the buckets in the pool, whether something stands in them or not."""
    return rates_of(found).filter(pl.col("state") != IMPAIRED).rename({"rate": "measured"})


def _end(found: Provision, name: str) -> pl.DataFrame:
    matrix: Any = as_polars(found.matrix, "matrix").with_columns(pl.col(*KEY).cast(pl.String))
    held = pl.col("exposed") != 0
    own = pl.when(held).then(pl.col("allowance") / pl.col("exposed"))
    rate = pl.when(pl.col("state") == IMPAIRED).then(own).otherwise("rate")
    shown: pl.DataFrame = matrix.with_columns(rate=rate).select(
        *KEY, *(pl.col(figure).cast(pl.Float64).alias(f"{figure}_{name}") for figure in FIGURES)
    )
    return shown
