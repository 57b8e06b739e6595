"""Which bucket each row of a ledger belongs to, so that no customer in a bucket leans on a row elsewhere.

A bucket holds whole components: customers are linked where one has been the other's parent at any time, where cash or a
credit note of one was applied to a document of the other, and where a document of one was billed anew to the other. A
component goes by its smallest id. Rows about the outside world go to every bucket with a customer that they may be
about, rows about no customer to all buckets.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from credrisk.engines.components import smallest_linked
from credrisk.engines.spark import BUCKET, bucket_of, every_bucket
from credrisk.features.entities import SHARED_IDS
from credrisk.ledger.tables import TABLES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["bucketed"]

OUTER_SPACE = r"(?U)^\s+|\s+$"

OWNER = "_owner"
"""The customer whose component decides where a row goes."""

Frames = Mapping[str, "DataFrame"]


def bucketed(tables: Frames, buckets: int) -> dict[str, DataFrame]:
    """Return the tables with ``bucket`` beside their columns; a row that belongs to several buckets stands in each.

    Parameters
    ----------
    tables
        Spark frames by name with the ledger's columns; customers and documents among them.
    buckets
        How many; some may stay empty.

    Notes
    -----
    Only the links between customers come to the driver.
    """
    from pyspark.sql import functions as sql

    linked = smallest_linked(_links(tables).toArrow()).rename_columns(["member", "smallest"])
    components = sql.broadcast(tables["customers"].sparkSession.createDataFrame(linked))
    placed = {}
    for name, frame in tables.items():
        owned = _with_owner(name, tables)
        if owned is None:
            placed[name] = every_bucket(frame, buckets)
        else:
            key = sql.coalesce("smallest", OWNER)
            joined = owned.join(components, sql.col(OWNER) == sql.col("member"), "left")
            placed[name] = joined.withColumn(BUCKET, bucket_of(key, buckets)).select(*frame.columns, BUCKET)
    for name, frame in tables.items():
        if name != "customers" and set(SHARED_IDS) <= set(frame.columns):
            named = placed[name].filter("customer_id is not null")
            placed[name] = named.union(_by_shared_ids(frame.filter("customer_id is null"), placed["customers"]))
    return placed


def _with_owner(name: str, tables: Frames) -> DataFrame | None:
    """Return a table with ``_owner``; None where its rows belong to no customer."""
    from pyspark.sql import functions as sql

    declared, frame = TABLES[name], tables[name]
    if name == "applications":
        # One to a document that the ledger does not hold still moves the cash or the credit note it comes from.
        return _with_sides(tables).withColumn(OWNER, sql.coalesce("to_customer", "from_customer"))
    if "customer_id" in declared.names:
        return frame.withColumn(OWNER, sql.col("customer_id"))
    for column, table in declared.refers:
        if table == "documents":
            return _with_customer(frame, sql.col(column), tables["documents"], "document_id", OWNER)
    return None


def _with_customer(frame: DataFrame, of: Column, table: DataFrame, key: str, name: str) -> DataFrame:
    """Add under ``name`` the customer of the row of ``table`` whose ``key`` is ``of``."""
    from pyspark.sql import functions as sql

    found = table.select(sql.col(key).alias("key"), sql.col("customer_id").alias(name))
    return frame.join(found, of == sql.col("key"), "left").drop("key")


def _with_sides(tables: Frames) -> DataFrame:
    """Return the applications with the customer they go to and the one they come from, null where there is none."""
    from pyspark.sql import functions as sql

    found = _with_customer(
        tables["applications"], sql.col("to_document_id"), tables["documents"], "document_id", "to_customer"
    )
    sources = {"document": ("documents", "document_id"), "receipt": ("receipts", "receipt_id")}
    sides = []
    for kind, (table, key) in sources.items():
        if table in tables:
            own = sql.when(sql.col("from_kind") == kind, sql.col("from_id"))
            found = _with_customer(found, own, tables[table], key, f"from_{kind}")
            sides.append(f"from_{kind}")
    return found.withColumn("from_customer", sql.coalesce(*sides))


def _links(tables: Frames) -> DataFrame:
    """Return the pairs of different customers that must stay together."""
    from pyspark.sql import functions as sql

    pairs = [tables["customers"].sparkSession.createDataFrame([], "one string, other string")]
    if "customer_history" in tables:
        parents = tables["customer_history"].filter(sql.col("attribute") == "parent_id")
        pairs.append(parents.select("customer_id", sql.regexp_replace("value", OUTER_SPACE, "")))
    if "applications" in tables:
        pairs.append(_with_sides(tables).select("to_customer", "from_customer"))
    if "document_changes" in tables:
        anew, documents = tables["document_changes"].filter(sql.col("field") == "rebilled_as"), tables["documents"]
        before = _with_customer(anew, sql.col("document_id"), documents, "document_id", "before")
        pairs.append(
            _with_customer(before, sql.col("value"), documents, "document_id", "after").select("before", "after")
        )
    whole: DataFrame = reduce(lambda above, below: above.union(below), pairs)
    return whole.filter("one <> other").distinct()


def _by_shared_ids(unnamed: DataFrame, customers: DataFrame) -> DataFrame:
    """Return rows that name no account, each once in every bucket with a customer that has one of their ids."""
    from pyspark.sql import functions as sql

    given, none = unnamed.columns, sql.array().cast("array<int>")
    for name in SHARED_IDS:
        homes = customers.filter(sql.col(name).isNotNull()).groupBy(sql.col(name).alias("key"))
        unnamed = unnamed.join(
            homes.agg(sql.collect_set(BUCKET).alias(f"{name}_buckets")), sql.col(name) == sql.col("key"), "left"
        ).drop("key")
    found = sql.flatten(sql.array(*[sql.coalesce(f"{name}_buckets", none) for name in SHARED_IDS]))
    return unnamed.select(*given, sql.explode(sql.array_distinct(found)).alias(BUCKET))
