"""Which customers a row about the outside world is about, and which industry a customer belongs to.

A row of ``facts`` or ``events`` that names an account is about that account. One that does not is about every account
that shares its lei, cik, company_number or duns: an entity may have several accounts, and each gets the row, once. Ids
are compared as they stand. The link is the account's, so a row is seen from the day the account is, and never before
its own day. The industry is seen from the extract on, or from the account's opening where the ledger declares it
static.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.grid import Grid, measure
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.visibility import master_visible_from, visible_from

__all__ = [
    "SHARED_IDS",
    "entity_rows",
    "industry_in_force",
    "industry_names",
    "rows_by_customer",
    "visible_industries",
]

SHARED_IDS = ("lei", "cik", "company_number", "duns")
"""A row that names no account is about every account with one of these ids."""


def entity_rows(source: LedgerRows, table: str) -> pl.DataFrame:
    """Return the rows of a table, each once for every customer it is about, with ``customer`` and ``seen`` (days)."""
    return rows_by_customer(source.ledger, table).with_columns(
        customer=source.customer, seen=pl.max_horizontal("own", "opened").to_physical()
    )


def rows_by_customer(ledger: Ledger, table: str, *, ids: tuple[str, ...] = SHARED_IDS) -> pl.DataFrame:
    """Return the rows of a table, each once for every customer it is about: by its account, else by one of ``ids``.

    ``own`` is the day from which the row, ``opened`` that from which the account is seen.
    """
    rows = ledger.table(table).with_row_index("row").with_columns(own=visible_from(table))
    accounts = ledger.table("customers").select("customer_id", *ids, opened=visible_from("customers"))
    named = rows.join(accounts.select("customer_id", "opened"), on="customer_id", how="inner")
    unnamed = rows.filter(pl.col("customer_id").is_null()).drop("customer_id")
    shared = [
        unnamed.join(accounts.select(name, "customer_id", "opened"), on=name, how="inner").select(named.columns)
        for name in ids
    ]
    return pl.concat([named, *shared]).unique(["row", "customer_id"])


def industry_names(source: LedgerRows) -> pl.Series:
    """Return the industries of the customers in rising order: their places are those of the rows ``industries``."""
    return source.ledger.table("customers")["industry"].drop_nulls().unique().sort()


@row_kind
def industries(source: LedgerRows) -> Rows:
    """The customers' industries, with the day from which each may be seen."""
    place = pl.col("industry").cast(pl.Enum(industry_names(source))).to_physical().cast(pl.Int32)
    frame = (
        source.ledger.table("customers")
        .drop_nulls("industry")
        .with_columns(seen=master_visible_from("industry", source.settings))
        .select(customer=source.customer, seen=pl.col("seen").to_physical().fill_null(-NEVER), industry=place)
    )
    return row_arrays(frame.sort("customer"))


def visible_industries(rows: Rows, ends: np.ndarray, customers: int) -> np.ndarray:
    """Return the place of each customer's industry as it can be seen at each period end, -1 where it cannot."""
    place = np.full((customers, len(ends)), -1)
    place[rows["customer"]] = np.where(rows["seen"][:, None] <= ends, rows["industry"][:, None], -1)
    return place


@measure()
def industry_in_force(grid: Grid) -> np.ndarray:
    """Return the places of the industries of a block's customers at each period end."""
    return visible_industries(grid.rows("industries"), grid.ends, grid.shape[0])
