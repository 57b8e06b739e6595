"""Customers without a known id: matched by name and address, in the zones that score, reasons and runner-up allow."""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.progress import Progress, silent
from credrisk.sources.matching.pairs import compared_pairs
from credrisk.sources.matching.register import NAME_KINDS
from credrisk.sources.matching.result import CANDIDATES
from credrisk.sources.matching.scoring import Weights, kept_back, score, weights

__all__ = ["matched_by_name", "ranked"]

_AGREES = {
    "exact": (pl.col("exact") == 1, "the same words"),
    "misspelt": (pl.col("misspelt") > 0, "the same words but for a letter"),
    "alike": (
        (pl.col("exact") == 0) & (pl.col("misspelt") == 0),
        "words alike",
    ),
    "form": (pl.col("form") == 1, "the same legal form"),
    "country": (pl.col("country") == 1, "the same country"),
    "postcode": (pl.col("postcode") == 1, "the same postcode"),
    "city": (pl.col("city") == 1, "the same city"),
    "street": (pl.col("street") == 1, "the same street"),
}


def ranked(pairs: pl.DataFrame, entries: pl.DataFrame, *, by: Weights | None = None) -> pl.DataFrame:
    """Score compared pairs and rank each customer's entities, one row each: that of its likeliest name.

    Adds ``score``, ``place`` (1 the likeliest), ``lead`` (log odds ahead of the next entity; infinite without one),
    ``rival`` (the next entity's name) and ``held`` (what keeps it out of the automatic zone, null if nothing).
    """
    named = entries.select(
        pl.all().exclude("country", "postcode", "city", "street"), place_of="country", city_of="city"
    )
    scored = pl.concat((pairs, named[pairs["entry"].to_list()]), how="horizontal").with_columns(
        score=pl.Series(score(pairs, by=by), dtype=pl.Float64).round(9),
        held=kept_back(),
        surest=pl.col("name_kind").replace_strict({kind: n for n, kind in enumerate(NAME_KINDS)}, return_dtype=pl.Int8),
    )
    best = (
        scored.sort("customer", "entity", "score", "surest", "entry", descending=[False, False, True, False, False])
        .unique(("customer", "entity"), keep="first", maintain_order=True)
        .sort("customer", "score", "entity", descending=[False, True, False])
    )
    odds = (pl.col("score") / (1 - pl.col("score")).clip(1e-9)).clip(1e-9).log()
    ahead = odds - odds.shift(-1).over("customer")
    return best.with_columns(
        place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("customer"),
        lead=ahead.fill_null(np.inf),
        rival=pl.col("name").shift(-1).over("customer"),
    )


def matched_by_name(
    customers: pl.DataFrame, entries: pl.DataFrame, *, rejected: pl.DataFrame, progress: Progress = silent
) -> pl.DataFrame:
    """Return each customer's candidates in the zones ``auto`` (alone) and ``review``, the likeliest first.

    Parameters
    ----------
    customers
        Rows with ``customer_id``, name and address, sorted.
    entries
        The checked rows of one register, sorted.
    rejected
        ``customer_id, entity`` that a person rejected: they never come back, and what is left for such a customer is
        for review at most.
    """
    fitted = weights()
    pairs = compared_pairs(customers, entries, progress=progress).with_columns(
        pl.col("customer", "entry").cast(pl.UInt32)
    )
    who = customers.select("customer_id").with_row_index("customer")
    refused = rejected.join(who, on="customer_id", how="inner").select("customer", "entity")
    entity = pl.concat((pairs, entries.select("entity")[pairs["entry"].to_list()]), how="horizontal")
    pairs = entity.join(refused, on=("customer", "entity"), how="anti", maintain_order="left").drop("entity")
    placed = ranked(pairs, entries).filter(pl.col("score") >= fitted.review)
    alone = pl.col("lead") >= fitted.margin
    once = ~pl.col("customer").is_in(refused["customer"].implode())
    sure = (pl.col("place") == 1) & pl.col("held").is_null() & alone & once & (pl.col("score") >= fitted.auto)
    zoned = placed.with_columns(zone=pl.when(sure).then(pl.lit("auto")).otherwise(pl.lit("review")))
    zoned = zoned.filter((pl.col("place") == 1) | (pl.col("zone").first().over("customer") == "review"))
    agrees = pl.concat_list(pl.when(holds).then(pl.lit(said)) for holds, said in _AGREES.values())
    agreed = agrees.list.drop_nulls().list.join(", ")
    why = (
        pl.when(pl.col("zone") == "auto")
        .then(pl.lit(""))
        .when(pl.col("held").is_not_null())
        .then(pl.concat_str(pl.lit("; but "), "held"))
        .when((pl.col("place") == 1) & ~alone)
        .then(pl.concat_str(pl.lit("; but another fits about as well: "), "rival"))
        .when(~once)
        .then(pl.lit("; but another was rejected for this customer"))
        .otherwise(pl.lit("; not sure enough"))
    )
    by_address = (pl.col("postcode") == 1) | (pl.col("city") == 1) | (pl.col("street") == 1)
    how = pl.concat_str(
        pl.when(pl.col("name_kind") == "legal").then(pl.lit("")).otherwise(pl.concat_str("name_kind", pl.lit(" "))),
        pl.when(by_address).then(pl.lit("name and address")).otherwise(pl.lit("name")),
    )
    return (
        zoned.join(who, on="customer", how="left", maintain_order="left")
        .with_columns(
            entity_name="name",
            decided_by=pl.lit("rule"),
            how=how,
            reason=pl.concat_str(agreed, why),
            rejected=pl.lit(None, pl.String),
            entity_place=pl.concat_str("city_of", "place_of", separator=", ", ignore_nulls=True),
        )
        .select(*CANDIDATES)
    )
