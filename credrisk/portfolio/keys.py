"""By what the portfolio is split: to which group, country, segment or collector an account belongs on a day.

Everything is taken from a ledger cut at the day, so an account belongs where it could be known to belong that day: the
parent, the segment and the collector in force (``customer_history``), never those of today. An industry or a seller of
the customers table carries no date, so it is not known before the day of the extract, unless the ledger declares it
static.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.features.group_tree import roots
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.reconciliation.companies import documents_by_company, receipts_by_company

__all__ = ["By", "attribute_on", "check_by", "key_columns", "keyed", "parents_on", "seller_of"]

By = Literal[
    "customer", "country", "portfolio", "group", "currency", "industry", "segment", "collector", "seller_entity"
]

_COLUMNS = {"customer": ["customer_id", "name", "country"], "portfolio": [], "group": ["group", "name"], "currency": []}


def check_by(by: str) -> None:
    """Refuse a key that is none.

    Raises
    ------
    ParameterError
        When ``by`` is none of :data:`By`.
    """
    if by not in get_args(By):
        raise ParameterError("by", f"one of {', '.join(get_args(By))}", by)


def key_columns(by: By) -> list[str]:
    """Return the columns that name a row; the currency stands beside them."""
    return _COLUMNS.get(by, [by])


def attribute_on(seen: Ledger, attribute: str) -> pl.DataFrame:
    """Return ``customer_id`` and the value in force of a dated attribute; customers without one are left out.

    Parameters
    ----------
    seen
        The ledger cut at the day. Of two values valid from one day the one recorded last counts.
    attribute
        ``parent_id``, ``segment``, ``collector``, ...; it names the column.
    """
    return (
        seen.table("customer_history")
        .filter(pl.col("attribute") == attribute)
        .sort("valid_from", "recorded_at", "value")
        .group_by("customer_id")
        .agg(pl.col("value").str.strip_chars().last().alias(attribute))
        .filter(pl.col(attribute).is_not_null() & (pl.col(attribute) != ""))
        .sort("customer_id")
    )


def parents_on(seen: Ledger) -> pl.DataFrame:
    """Return ``customer_id, parent``: the topmost parent in force of every customer that has one.

    A parent need not be a customer. Of a circle the smallest number stands for all.
    """
    above = attribute_on(seen, "parent_id").filter(pl.col("parent_id") != pl.col("customer_id"))
    nodes = pl.concat([above["customer_id"], above["parent_id"]]).unique().sort()
    place = pl.DataFrame({"node": nodes, "place": np.arange(len(nodes), dtype=np.int64)})
    links = above.join(place, left_on="customer_id", right_on="node", maintain_order="left").join(
        place, left_on="parent_id", right_on="node", suffix="_above", maintain_order="left"
    )
    parent = np.arange(len(nodes), dtype=np.int64)
    parent[links["place"].to_numpy()] = links["place_above"].to_numpy()
    top = roots(parent[:, None])[:, 0][links["place"].to_numpy()]
    return links.select("customer_id", parent=nodes.gather(top))


def keyed(rows: pl.DataFrame, seen: Ledger, by: By) -> pl.DataFrame:
    """Add to rows with ``customer_id`` the columns by which they are split; null where not known.

    A group is named by its ultimate parent; an account without one is a group of its own. Rows by ``seller_entity``
    must have their column already (:func:`seller_of`), for it is one of the documents.
    """
    if by in ("portfolio", "currency", "seller_entity"):
        return rows
    customers = seen.table("customers").select("customer_id", "name", "country", "industry")
    if by == "group":
        grouped = rows.join(parents_on(seen), on="customer_id", how="left", maintain_order="left")
        names = customers.select(group="customer_id", name="name")
        return grouped.with_columns(group=pl.coalesce("parent", "customer_id")).join(
            names, on="group", how="left", maintain_order="left"
        )
    if by in ("segment", "collector"):
        keys = attribute_on(seen, by)
    else:
        keys = customers.select("customer_id", *(name for name in key_columns(by) if name != "customer_id"))
    return rows.join(keys, on="customer_id", how="left", maintain_order="left")


def seller_of(rows: pl.DataFrame, seen: Ledger) -> pl.DataFrame:
    """Add ``seller_entity`` to rows with ``document_id`` or ``receipt_id``: the seller's company they belong to.

    The company of the document, else of its customer. That of a receipt is its customer's, else the one of all the
    customer's documents. Null where it is not told.
    """
    key = "document_id" if "document_id" in rows.columns else "receipt_id"
    told = documents_by_company(seen) if key == "document_id" else receipts_by_company(seen)
    company = told.select(key, seller_entity=pl.when(pl.col("company") != "").then("company")).unique(key)
    return rows.join(company, on=key, how="left", maintain_order="left")
