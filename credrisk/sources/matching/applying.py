"""Matches put to use: the ids of sure matches beside the customers, each with how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars, check_output, given_out
from credrisk.sources.matching.register import ID_COLUMNS, id_key
from credrisk.sources.matching.result import MATCHES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["apply_matches"]


def apply_matches(
    customers: pl.DataFrame | pd.DataFrame, matches: pl.DataFrame | pd.DataFrame, *, output: str = "pandas"
) -> Any:
    """Fill the id columns of ``customers`` from the matches in the zone ``auto``.

    Parameters
    ----------
    customers
        Rows with ``customer_id``; an id given there stands, unless a person rejected it or named another.
    matches
        As :func:`~credrisk.sources.matching.matching.match_customers` returns them, or read from ``matches.csv``.
    output
        ``pandas`` or ``polars``.

    Returns
    -------
    DataFrame
        The customers in their order, with the id columns that the matches speak of and ``confidence_<id column>``: 0
        to 1; null where there is no id. An id given there has 1, or what is stated beside it, or 0.5 where the match
        by it waits for a person (the register has it under another name).

    Raises
    ------
    DataError
        When two registers give one customer two different ids of one kind.
    """
    check_output(output)
    frame = as_polars(customers, "customers")
    found = as_polars(matches, "matches")
    if missing := [name for name in _NEEDED if name not in found.columns]:
        raise DataError("columns are missing.", table="matches", columns=missing)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in MATCHES.items() if name not in found.columns]
    texts = ("customer_id", "id_column", "entity", "zone", "how", "rejected")
    found = found.with_columns(*absent).with_columns(pl.col(texts).cast(pl.String), pl.col("score").cast(pl.Float64))
    sure = found.filter((pl.col("zone") == "auto") & pl.col("entity").is_not_null())
    result = frame.with_columns(pl.col("customer_id").cast(pl.String))
    for id_column in [name for name in ID_COLUMNS if name in found["id_column"]]:
        kind = pl.col("id_column") == id_column
        mine = sure.filter(kind).group_by("customer_id", "entity").agg(pl.col("score").max())
        twice = mine.filter(pl.col("customer_id").is_duplicated())["customer_id"].unique().sort().to_list()
        if twice:
            raise DataError(
                "two registers give different ids.",
                table="matches",
                columns=(id_column,),
                rows=len(twice),
                ids=twice,
                remedy="reject one of the two in the review file.",
            )
        result = _filled(_without_refused(result, found.filter(kind), id_column), mine, found.filter(kind), id_column)
    return given_out(result, output, like=customers)


_NEEDED = ("customer_id", "id_column", "entity", "score", "zone", "how")


def _without_refused(customers: pl.DataFrame, found: pl.DataFrame, id_column: str) -> pl.DataFrame:
    """Take out the ids that a person said the customer is not, by rejecting them or by naming another."""
    if id_column not in customers.columns:
        return customers
    # A file read by pandas has numbers where every id is one, as 320193.0.
    said = pl.col("rejected").str.replace_all(r"(\d)\.0(;|$)", "${1}${2}").str.split("; ")
    rejected = found.select("customer_id", said.alias("_key")).explode("_key")
    named = found.filter((pl.col("how") == "review") & (pl.col("zone") == "auto"))
    not_it = rejected.select("customer_id", _key=id_key(pl.col("_key"), id_column)).drop_nulls().unique()
    is_it = named.select("customer_id", _chosen=id_key(pl.col("entity"), id_column)).unique("customer_id")
    judged = (
        customers.with_columns(_key=id_key(pl.col(id_column), id_column))
        .join(not_it.with_columns(_refused=True), on=("customer_id", "_key"), how="left", maintain_order="left")
        .join(is_it, on="customer_id", how="left", maintain_order="left")
    )
    out = pl.col("_refused").fill_null(False) | (pl.col("_chosen") != pl.col("_key")).fill_null(False)
    return judged.with_columns(pl.when(~out).then(id_column).alias(id_column)).drop("_key", "_refused", "_chosen")


def _filled(customers: pl.DataFrame, sure: pl.DataFrame, found: pl.DataFrame, id_column: str) -> pl.DataFrame:
    confidence = f"confidence_{id_column}"
    empty = pl.lit(None, pl.String)
    given = pl.col(id_column).cast(pl.String).replace("", None) if id_column in customers.columns else empty
    stated = pl.col(confidence) if confidence in customers.columns else pl.lit(None, pl.Float64)
    doubted = found.filter(pl.col("how") == "id").group_by("customer_id").agg(_doubt=pl.col("score").min())
    joined = (
        customers.with_columns(given.alias("_given"))
        .join(sure.rename({"entity": "_found", "score": "_score"}), on="customer_id", how="left", maintain_order="left")
        .join(doubted, on="customer_id", how="left", maintain_order="left")
    )
    believed = pl.coalesce(stated, "_doubt", pl.lit(1.0))
    return joined.with_columns(
        pl.coalesce("_given", "_found").alias(id_column),
        pl.when(pl.col("_given").is_null()).then("_score").otherwise(believed).alias(confidence),
    ).drop("_found", "_score", "_given", "_doubt")
