"""Which customers must stay in one partition, and where the partitions are cut.

Customers are linked where one has been the other's parent at any time, where cash or a credit note of one was applied
to a document of the other, and where a document of one was billed anew to the other. Linked customers form a component;
partitions are runs of whole components in the order of their smallest customer, cut so that each has about as
many rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from credrisk.engines.components import smallest_number

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger

__all__ = ["Division", "company_groups", "divided", "parent_pairs"]


@dataclass(frozen=True)
class Division:
    """Where each customer lies: ``part``, its partition, and ``local``, its place in it (in the order of names)."""

    part: np.ndarray
    local: np.ndarray
    parts: int


def company_groups(ledger: Ledger) -> pl.DataFrame:
    """Return ``customer_id, group``: customers that were linked by a parent at any time are one group."""
    names = ledger.table("customers")["customer_id"].cast(pl.String).unique().sort()
    history = ledger.table("customer_history").with_columns(pl.col("customer_id").cast(pl.String))
    pairs = parent_pairs(history, names)
    smallest = smallest_number(pairs, max(len(names), int(pairs.max(initial=-1)) + 1))[: len(names)]
    return pl.DataFrame({"customer_id": names, "group": pl.Series(smallest.astype(np.int64)).cast(pl.String)})


def parent_pairs(history: pl.DataFrame, names: pl.Series) -> np.ndarray:
    """Return the pairs (two rows of numbers) of customers and their parents, of whatever time.

    A parent that is no customer gets a number after the customers', so that two customers who share it are linked.
    """
    parents = history.filter(pl.col("attribute") == "parent_id").select(
        "customer_id", parent=pl.col("value").str.strip_chars()
    )
    parents = parents.drop_nulls().unique()
    others = parents["parent"].unique()
    outside = others.filter(~others.is_in(names.implode()))
    known = pl.DataFrame({"name": pl.concat([names, outside.sort()])}).with_row_index("number")
    joined = parents.join(known, left_on="customer_id", right_on="name").join(
        known, left_on="parent", right_on="name", suffix="_parent"
    )
    return joined.select("number", "number_parent").to_numpy().T.astype(np.int64).reshape(2, -1)


def divided(pairs: np.ndarray, weights: np.ndarray, most: float) -> Division:
    """Return the partitions of customers numbered in the order of their names.

    Parameters
    ----------
    pairs
        Linked customers, two rows of numbers.
    weights
        What each customer weighs, such as its rows.
    most
        What a partition may weigh, unless a single component weighs more.
    """
    customers = len(weights)
    # Parents that are no customers have the numbers after theirs.
    smallest = smallest_number(pairs, max(customers, int(pairs.max(initial=-1)) + 1))[:customers]
    order = np.argsort(smallest, kind="stable")
    heads = np.flatnonzero(np.diff(smallest[order], prepend=-1))
    part = np.empty(customers, dtype=np.int64)
    if not customers:
        return Division(part, part.copy(), 1)
    weight = np.add.reduceat(weights[order], heads)
    parts = max(1, int(np.ceil(weight.sum() / most)))
    middle = np.cumsum(weight) - weight / 2
    wanted = np.minimum((middle / weight.sum() * parts).astype(np.int64), parts - 1)
    _, of_component = np.unique(wanted, return_inverse=True)
    part[order] = np.repeat(of_component, np.diff(np.append(heads, customers)))
    by_part = np.argsort(part, kind="stable")
    sizes = np.bincount(part)
    local = np.empty(customers, dtype=np.int64)
    local[by_part] = np.arange(customers) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Division(part, local, len(sizes))
