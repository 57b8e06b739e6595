"""At which rate does each item stand, what does the forecast make of it, and what is its allowance?"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from credrisk.portfolio.provision.matrix import shared_out
from credrisk.portfolio.provision.overlay import weighted_rates
from credrisk.portfolio.provision.pool import IMPAIRED, NO_LOSS, WHOLE
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario

__all__ = ["allowed", "forecast", "rated"]


def rated(
    items: pl.DataFrame, rates: pl.DataFrame, settings: ProvisionSettings, scenarios: tuple[Scenario, ...]
) -> pl.DataFrame:
    """Give every item the rate of its segment and state; that of a segment never seen is the whole's."""
    told = ("historical_rate", "low", "high", "own_rate", "published_share", "rate_source")
    kept = rates.rename({"rate": "historical_rate", "source": "rate_source"}).select("segment", "state", *told)
    whole = kept.filter(pl.col("segment") == WHOLE).drop("segment")
    given = (
        items.join(kept, on=["segment", "state"], how="left", maintain_order="left")
        .join(whole, on="state", how="left", maintain_order="left", suffix="_whole")
        .with_columns(pl.coalesce(name, f"{name}_whole").alias(name) for name in told)
        .select(*items.columns, *told)
    )
    shares = pl.DataFrame(
        {"customer_id": list(settings.recovery), "recovery_stated": list(settings.recovery.values())},
        schema={"customer_id": pl.String, "recovery_stated": pl.Float64},
    )
    given = given.join(shares, on="customer_id", how="left", maintain_order="left")
    stated = (pl.col("state") == IMPAIRED) & pl.col("recovery_stated").is_not_null()
    given = given.with_columns(
        *(
            pl.when(stated).then(1 - pl.col("recovery_stated")).otherwise(name).alias(name)
            for name in ("historical_rate", "low", "high", "own_rate")
        ),
        rate_source=pl.when(stated).then(pl.lit("stated")).otherwise("rate_source"),
        published_share=pl.when(stated).then(0.0).otherwise("published_share"),
    )
    if settings.standard == "cecl" and settings.zero_loss:
        free = pl.col("customer_id").is_in(list(settings.zero_loss)) & (pl.col("state") != IMPAIRED)
        given = given.with_columns(
            state=pl.when(free).then(pl.lit(NO_LOSS)).otherwise("state"),
            rate_source=pl.when(free).then(pl.lit("stated")).otherwise("rate_source"),
            **{name: pl.when(free).then(0.0).otherwise(name) for name in told[:-1]},
        )
    return forecast(given, "historical_rate", scenarios)


def forecast(items: pl.DataFrame, name: str, scenarios: tuple[Scenario, ...]) -> pl.DataFrame:
    """Set the ``rate`` that the scenarios make of the historical rates of a column.

    A credit-impaired item is assessed by itself: the forecast moves the pool, not what is already in default.
    """
    weighted = weighted_rates(items[name].to_numpy(), scenarios)
    return items.with_columns(rate=pl.when(pl.col("state") == IMPAIRED).then(name).otherwise(pl.Series(weighted)))


def allowed(items: pl.DataFrame) -> pl.DataFrame:
    """Share the allowance of each cell out over its items: of a specific provision the cell is the customer."""
    cell = pl.when(pl.col("state") == IMPAIRED).then("customer_id").otherwise(pl.lit(""))
    ordered = items.with_columns(cell=cell).sort("segment", "state", "cell", "customer_id", "due_date", "document_id")
    number = pl.struct("segment", "state", "cell").rle_id()
    places = ordered.select(number=number)["number"].to_numpy()
    exposed, rate = ordered["exposed"].to_numpy(), ordered["rate"].to_numpy()
    allowance = np.zeros(ordered.height)
    for start, stop in _runs(places):
        allowance[start:stop] = shared_out(exposed[start:stop], rate[start])
    return ordered.with_columns(allowance=pl.Series(allowance).cast(pl.Int64)).drop("cell")


def _runs(places: Any) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(places, prepend=-1, append=-1))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
