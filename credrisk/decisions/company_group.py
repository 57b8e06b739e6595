"""Which accounts belong to one group today, by the dated tree of parents.

The same groups as those of :mod:`credrisk.features.group`, for one day: all accounts with the same ultimate parent in
force. A parent need not be an account; accounts that name each other in a ring are one group.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.group_tree import roots
from credrisk.ledger.ledger import Ledger

__all__ = ["accounts_of", "company_groups_today"]

WITH_ACCOUNTS = ("customers", "documents", "receipts", "orders")


def accounts_of(seen: Ledger) -> pl.Series:
    """Return the ids of the accounts that a cut ledger knows: opened, or with a document, a receipt or an order."""
    found = [seen.table(name)["customer_id"].cast(pl.String) for name in WITH_ACCOUNTS]
    return pl.concat(found).unique().drop_nulls().sort()


def company_groups_today(seen: Ledger) -> pl.DataFrame:
    """Return the group of every account of a ledger cut at the day.

    Returns
    -------
    polars.DataFrame
        ``customer_id, group, accounts``, sorted by ``customer_id``. ``group`` is the id (or the name, where it is no
        account) of the ultimate parent, of a ring the first of its ids; an account that stands alone is its own group.
        ``accounts``: how many accounts the group has.
    """
    accounts = accounts_of(seen)
    history, name = seen.table("customer_history"), pl.col("value").str.strip_chars()
    links = (
        history.filter(pl.col("attribute") == "parent_id")
        .select("customer_id", "valid_from", "recorded_at", parent=pl.when(name != "").then(name))
        .sort("customer_id", "valid_from", "recorded_at", "parent", nulls_last=False)
        .group_by("customer_id", maintain_order=True)
        .agg(pl.last("parent"))
        .filter(pl.col("parent").is_not_null() & (pl.col("parent") != pl.col("customer_id")))
    )
    customers = pl.concat([accounts, history["customer_id"]]).unique().sort()
    outside = links["parent"].unique().sort()
    nodes = pl.concat([customers, outside.filter(~outside.is_in(customers.implode()))])
    place = pl.DataFrame({"node": nodes}).with_row_index("place")
    above = np.arange(len(nodes))
    linked = links.join(place, left_on="customer_id", right_on="node", maintain_order="left").join(
        place, left_on="parent", right_on="node", suffix="_of_parent", maintain_order="left"
    )
    above[linked["place"].to_numpy()] = linked["place_of_parent"].to_numpy()
    top = roots(above[:, None])[:, 0]
    grouped = pl.DataFrame({"customer_id": nodes, "group": nodes.gather(top)})
    return (
        grouped.filter(pl.col("customer_id").is_in(accounts.implode()))
        .with_columns(accounts=pl.len().over("group").cast(pl.Int64))
        .sort("customer_id")
    )
