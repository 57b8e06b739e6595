"""Which customers a row about the outside world is about, and which industry a customer belongs to.

A row of ``facts`` or ``events`` that names an account is about that account. One that does not is about every account
that shares its lei, cik, company_number or duns: an entity may have several accounts, and each gets the row, once. Ids
are compared as they stand. Two countries give out the same company numbers, so what a British register says by number
alone is about nobody whose country is another. The link is the account's, so a row is seen from the day the account is,
and never before its own day. Figures and ratings of a match that is not sure (:data:`SURE_MATCH`) are left out: another
company's balance sheet is worse than none. The industry is seen from the extract on, or from the account's opening
where the ledger declares it static.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.grid import Grid, measure
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.outside_tables import COMPANY_IDS
from credrisk.ledger.visibility import master_visible_from, visible_from
from credrisk.sources.british import BRITISH, BRITISH_SOURCES

__all__ = [
    "SHARED_IDS",
    "SURE_MATCH",
    "entity_rows",
    "industry_in_force",
    "industry_names",
    "is_sure",
    "rows_by_customer",
    "visible_industries",
]

SHARED_IDS = COMPANY_IDS
"""A row that names no account is about every account with one of these ids."""
_CODE = 2
"""Letters of a country's code; what else stands there may be any country."""
SURE_MATCH = 0.9
"""From which confidence on a row is taken to be about the customer: the least of an automatic match."""


def entity_rows(source: LedgerRows, table: str) -> pl.DataFrame:
    """Return the rows of a table, each once for every customer it is about, with ``customer`` and ``seen`` (days).

    Of events also those of a match that is not sure.
    """
    rows = rows_by_customer(source.ledger, table)
    return (rows if table == "events" else rows.filter(is_sure())).with_columns(
        customer=source.customer, seen=pl.max_horizontal("own", "opened").to_physical()
    )


def is_sure() -> pl.Expr:
    """Say of a row whether the match behind it is sure, or none is stated."""
    return pl.col("match_confidence").fill_null(1.0) >= SURE_MATCH


def rows_by_customer(ledger: Ledger, table: str, *, ids: tuple[str, ...] = SHARED_IDS) -> pl.DataFrame:
    """Return the rows of a table, each once for every customer it is about: by its account, else by one of ``ids``.

    ``own`` is the day from which the row, ``opened`` that from which the account is seen. A column ``confidence_<id>``
    of ``customers`` says how surely that id is the account's, where that is in doubt: the row is no surer about it.
    """
    rows = ledger.table(table).with_row_index("row").with_columns(own=visible_from(table))
    customers = ledger.table("customers")
    doubts = [name for name in ids if f"confidence_{name}" in customers.columns]
    accounts = customers.select(
        "customer_id", *ids, "country", *(f"confidence_{name}" for name in doubts), opened=visible_from("customers")
    )
    named = rows.join(accounts.select("customer_id", "opened"), on="customer_id", how="inner")
    unnamed = rows.filter(pl.col("customer_id").is_null()).drop("customer_id")
    code = pl.col("country").str.to_lowercase().str.strip_chars()
    abroad = (code.str.len_chars() == _CODE) & ~code.is_in(BRITISH)
    of_british = pl.col("source" if "source" in rows.columns else "provider").cast(pl.String).is_in(BRITISH_SOURCES)
    shared = []
    for name in ids:
        about = unnamed.join(accounts.drop(*(other for other in ids if other != name)), on=name, how="inner")
        if name == "company_number":
            about = about.filter(~(of_british & abroad.fill_null(False)))
        if name in doubts:
            about = about.with_columns(match_confidence=pl.min_horizontal("match_confidence", f"confidence_{name}"))
        shared.append(about.select(named.columns))
    # By the surest of its ids, where a row has several.
    together = pl.concat([named, *shared]).sort("row", "customer_id", -pl.col("match_confidence").fill_null(1.0))
    return together.unique(["row", "customer_id"], keep="first", maintain_order=True)


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
