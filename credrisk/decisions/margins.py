"""Which margin a customer's sales earn: its own where it is known, else that of its segment, industry or country."""

from __future__ import annotations

import difflib
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy_limits import Economics
from credrisk.ledger.ledger import Ledger

__all__ = ["ATTRIBUTES", "customer_attributes", "margins_of_nobody", "with_margin"]

ATTRIBUTES = {"industry": pl.String(), "country": pl.String(), "segment": pl.String(), "margin_rate": pl.Float64()}
"""What is asked about a customer, beside its figures; each may be null."""

DATED = ("segment", "margin_rate")


def customer_attributes(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return ``customer_id`` and :data:`ATTRIBUTES` of every account, as known at ``as_of``.

    Industry and country are those of the master data, where they may be seen on the day. Segment and ``margin_rate``
    (the share of the customer's sales that is gross margin, for the mix of what it buys) are the values of the
    customer's history in force. A ``margin_rate`` below 0 is 0: whoever is sold to at a loss earns no more than
    nothing, and the margin of others must not stand in. One that is no number, or is 1 or more, is null.
    """
    known = ledger.cut(to_date(as_of))
    history = (
        known.table("customer_history")
        .filter(pl.col("attribute").cast(pl.String).is_in(DATED))
        .with_columns(pl.col("attribute").cast(pl.String), pl.col("value").cast(pl.String))
        .sort("customer_id", "attribute", "valid_from", "recorded_at")
        .group_by("customer_id", "attribute", maintain_order=True)
        .last()
    )
    found = known.table("customers").select("customer_id", "industry", "country")
    for name in DATED:
        own = history.filter(pl.col("attribute") == name).select("customer_id", pl.col("value").alias(name))
        found = found.join(own, on="customer_id", how="left", maintain_order="left")
    rate = pl.col("margin_rate").cast(pl.Float64, strict=False)
    return found.with_columns(margin_rate=pl.when(rate < 1).then(rate.clip(lower_bound=0))).select(
        "customer_id", *(pl.col(name).cast(kind) for name, kind in ATTRIBUTES.items())
    )


def with_margin(rows: pl.DataFrame, economics: Economics) -> pl.DataFrame:
    """Add ``margin`` and ``margin_source`` (own, segment, industry, country or flat); the first that is known holds."""
    tables = {
        "segment": economics.margin_by_segment,
        "industry": economics.margin_by_industry,
        "country": economics.margin_by_country,
    }
    by_part = {
        name: pl.col(name).replace_strict(table, default=None, return_dtype=pl.Float64)
        for name, table in tables.items()
        if table
    }
    found = {"own": pl.col("margin_rate"), **by_part, "flat": pl.lit(economics.margin)}
    return rows.with_columns(
        margin=pl.coalesce(found.values()),
        margin_source=pl.coalesce(pl.when(each.is_not_null()).then(pl.lit(name)) for name, each in found.items()),
    )


def margins_of_nobody(attributes: pl.DataFrame, economics: Economics) -> list[str]:
    """Say of each entry of the policy's margins whose segment, industry or country no customer has; the nearest named.

    Parameters
    ----------
    attributes
        Of :func:`customer_attributes`.
    """
    said = []
    for name in ("segment", "industry", "country"):
        there = sorted(attributes[name].drop_nulls().unique().to_list())
        for entry in getattr(economics, f"margin_by_{name}"):
            if entry in there:
                continue
            folded = {each.casefold(): each for each in there}
            near = difflib.get_close_matches(entry.casefold(), folded, n=1, cutoff=0.0)
            nearest = f"the nearest there is {folded[near[0]]!r}" if near else f"no {name} is on file of any customer"
            said.append(
                f"The policy's economics.margin_by_{name} names {entry!r}, which is the {name} of no customer "
                f"({nearest}): its margin is used for nobody."
            )
    return said
