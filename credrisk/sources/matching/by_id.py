"""Customers whose id a register knows: matched at once, unless the names are absurdly different."""

from __future__ import annotations

import polars as pl

from credrisk.sources.matching.normal_names import spellings
from credrisk.sources.matching.register import id_key
from credrisk.sources.matching.result import CANDIDATES

__all__ = ["matched_by_id", "names_alike"]

_LEAST_ALIKE = 55.0
"""Of 100, in words or letters: names of two companies picked at random reach about 40."""
ID_BUT_NOT_NAME = "the id fits, the name does not"


def matched_by_id(customers: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Return the candidates (:data:`~credrisk.sources.matching.result.CANDIDATES`) that a given id points to.

    ``auto`` with score 1 where the customer's name is like any of the entity's or there is none to compare;
    else ``review`` with score 0.5: a mistyped id, or a company that has since been renamed.
    """
    id_column = entries["id_column"][0]
    if id_column not in customers.columns:
        return pl.DataFrame(schema=CANDIDATES)
    given = customers.select("customer_id", "name", key=id_key(pl.col(id_column), id_column)).drop_nulls("key")
    listed = entries.rename({"name": "entry_name"}).with_columns(key=id_key(pl.col("entity"), id_column))
    pairs = given.join(listed, on="key", how="inner", maintain_order="left_right")
    alike = [_alike(one, other) for one, other in pairs.select("name", "entry_name").iter_rows()]
    likest = (
        pairs.with_columns(alike=pl.Series(alike, dtype=pl.Float64))
        .sort("customer_id", "alike", "entry_name", descending=[False, True, False])
        .unique("customer_id", keep="first", maintain_order=True)
    )
    fits = pl.col("alike") >= _LEAST_ALIKE
    said = (
        pl.when(pl.col("name").is_null())
        .then(pl.lit("the id fits; the customer has no name to check it by"))
        .when(fits)
        .then(pl.lit("the id fits and the name is like it"))
        .otherwise(pl.lit(ID_BUT_NOT_NAME))
    )
    return likest.select(
        "customer_id",
        "register",
        "id_column",
        "entity",
        pl.col("entry_name").alias("entity_name"),
        pl.when(fits).then(1.0).otherwise(0.5).alias("score"),
        pl.when(fits).then(pl.lit("auto")).otherwise(pl.lit("review")).alias("zone"),
        pl.lit("rule").alias("decided_by"),
        pl.lit("id").alias("how"),
        said.alias("reason"),
        pl.lit(None, pl.Date).alias("valid_from"),
        pl.lit(None, pl.Date).alias("valid_to"),
        "parent",
        pl.concat_str("city", "country", separator=", ", ignore_nulls=True).alias("entity_place"),
        pl.lit(1, pl.Int64).alias("place"),
    )


def names_alike(one: str, other: str) -> bool:
    """Tell whether two names may be of one company: False only where they are absurdly different."""
    return _alike(one, other) >= _LEAST_ALIKE


def _alike(one: str | None, other: str) -> float:
    from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio

    if one is None:
        return 100.0
    ways = [(mine.text, theirs.text) for mine in spellings(one) for theirs in spellings(other)]
    squeezed = [tuple(text.replace(" ", "") for text in pair) for pair in ways]
    return max(max(token_set_ratio(*pair), token_sort_ratio(*pair)) for pair in [*ways, *squeezed])
