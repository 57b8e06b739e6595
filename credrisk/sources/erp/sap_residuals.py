"""Residual items: what a payment left open of an invoice that SAP shows as cleared.

SAP clears the invoice in full against the payment and posts the rest as a new item. Here the invoice stays open by the
rest, with its own due date: paying it in part does not make it younger.
"""

from __future__ import annotations

import polars as pl

__all__ = ["with_residuals"]

LONGEST_CHAIN = 12
"""A rest of a rest of a rest: so many are followed back to the invoice."""


def with_residuals(items: pl.DataFrame) -> pl.DataFrame:
    """Find the invoice of every residual item, and what is left to be matched in each clearing.

    Returns
    -------
    polars.DataFrame
        The items with ``to_match`` (the amount that clearings close), ``carried_by`` (the invoice that a residual item
        is the rest of; null for all others) and ``residual`` (the part of a payment that closed nothing, because it
        went into residual items without an invoice).
    """
    rests = items.filter(role="residual").select(
        "company", "document", "number", rest="item", names="invoice", open_milli="milli", own_currency="currency"
    )
    cleared = items.filter(pl.col("clearing").is_not_null(), pl.col("milli") > 0)
    debits = cleared.select("company", "currency", "clearing", invoice="item", size="milli")
    pairs = rests.join(
        debits, left_on=["company", "number", "own_currency"], right_on=["company", "clearing", "currency"]
    ).filter(pl.col("invoice") != pl.col("rest"), pl.col("size") >= pl.col("open_milli"))
    alone = pl.len().over("rest") == 1
    pairs = pairs.filter((pl.col("names") == pl.col("invoice")) | (pl.col("names").is_null() & alone)).unique("rest")
    chain = pairs.select("rest", "invoice")
    for _ in range(LONGEST_CHAIN):
        further = chain.join(pairs.select(invoice="rest", next="invoice"), on="invoice", how="left")
        chain = further.select("rest", invoice=pl.coalesce("next", "invoice"))
    owed = pairs.group_by(item="invoice").agg(kept_open=pl.col("open_milli").sum())
    taken = _taken(items, rests, pairs)
    return (
        items.join(chain.select(item="rest", carried_by="invoice"), on="item", how="left", maintain_order="left")
        .join(owed, on="item", how="left", maintain_order="left")
        .join(taken, on="item", how="left", maintain_order="left")
        .with_columns(pl.col("kept_open", "linked", "residual").fill_null(0))
        .with_columns(
            milli=pl.col("milli") + pl.col("linked"),
            to_match=pl.col("milli") - pl.col("kept_open") + pl.col("linked"),
        )
        .drop("kept_open", "linked")
    )


def _taken(items: pl.DataFrame, rests: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return by how much the payment's own line exceeds the cash, because the same document posts the rest as a debit.

    ``item, linked`` (rests that have an invoice), ``residual`` (rests without one). Only where the clearing adds up to
    nothing with the whole line: where it is short of the rest, the line is the cash already.
    """
    by_document = (
        rests.join(pairs.select("rest", "invoice"), on="rest", how="left")
        .group_by("document", "company", "number")
        .agg(
            linked=pl.col("open_milli").filter(pl.col("invoice").is_not_null()).sum(),
            residual=pl.col("open_milli").filter(pl.col("invoice").is_null()).sum(),
        )
    )
    sums = items.group_by("company", number="clearing").agg(total=pl.col("milli").sum())
    lines = (
        items.filter(pl.col("milli") < 0, pl.col("clearing") == pl.col("number"))
        .sort("milli", "item")
        .unique("document", keep="first", maintain_order=True)
        .select("document", "item", size=-pl.col("milli"))
    )
    whole = by_document.join(sums, on=["company", "number"]).filter(pl.col("total") == 0)
    fitting = whole.join(lines, on="document").filter(pl.col("size") >= pl.col("linked") + pl.col("residual"))
    return fitting.select("item", "linked", "residual")
