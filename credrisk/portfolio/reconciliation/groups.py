"""Groups of companies by their parents: what each owes together, and parents that the ledger does not know."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.portfolio.keys import parents_on
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed

__all__ = ["GROUP_SHARE", "company_groups", "group_findings"]

GROUP_SHARE = 0.2
"""As for a single customer: a group with more of the open balance than this is named."""


def company_groups(day: Day) -> pl.DataFrame:
    """Return the groups with at least two accounts, each with what it owes.

    Returns
    -------
    polars.DataFrame
        ``group`` (topmost parent), ``name`` (where it is a customer), ``currency, accounts, open_items,
        unapplied_cash, net_balance, share`` (of the positive net balances of all customers in the currency; null
        where the group owes nothing), money float64 major units, the largest first.
    """
    seen, balances = day.seen, day.balances
    members = _members(seen)
    several = members.group_by("group").len().filter(pl.col("len") > 1)
    names = seen.table("customers").select(group="customer_id", name="name")
    everybody = (
        balances.group_by("customer_id", "currency")
        .agg(net=pl.col("open_items").sum() - pl.col("unapplied_cash").sum())
        .filter(pl.col("net") > 0)
        .group_by("currency")
        .agg(owed=pl.sum("net"), owing=pl.len())
    )
    sums = (
        members.join(several.select("group"), on="group", how="semi")
        .join(balances, on="customer_id")
        .group_by("group", "currency")
        .agg(pl.col("customer_id").n_unique().cast(pl.Int64).alias("accounts"), pl.sum("open_items", "unapplied_cash"))
        .with_columns(net_balance=pl.col("open_items") - pl.col("unapplied_cash"))
        .join(everybody, on="currency", how="left")
        .join(names, on="group", how="left")
    )
    return (
        sums.with_columns(share=pl.when(pl.col("net_balance") > 0).then(pl.col("net_balance") / pl.col("owed")))
        .sort("net_balance", "group", "currency", descending=[True, False, False])
        .with_columns(major_units(name, "currency") for name in ("open_items", "unapplied_cash", "net_balance"))
        .select("group", "name", "currency", "accounts", "open_items", "unapplied_cash", "net_balance", "share")
    )


def group_findings(day: Day, groups: pl.DataFrame) -> list[Noticed]:
    """Return groups of :func:`company_groups` with a large share of the balance, and parents that are no account."""
    seen, balances = day.seen, day.balances
    members = _members(seen)
    large = groups.filter(pl.col("share") >= GROUP_SHARE, pl.col("accounts") > 1)
    found: list[Noticed] = []
    for group, currency, share in large.select("group", "currency", "share").iter_rows():
        mine = (
            members.filter(pl.col("group") == group)
            .join(balances.filter(pl.col("currency") == currency), on="customer_id")
            .select(
                pl.col("customer_id").alias("id"),
                "customer_id",
                pl.lit(None, pl.Date).alias("date"),
                (pl.col("open_items") - pl.col("unapplied_cash")).alias("amount"),
                "currency",
                pl.concat_str(pl.lit("group "), "group").alias("note"),
            )
        )
        found += noticed(
            mine,
            "note",
            "customers",
            "group_concentration",
            f"one group ({group}) owes {100 * share:.0f} % of what customers owe in {currency}.",
            remedy="",
        )
    unknown = (
        parents_on(seen)
        .join(seen.table("customers").select(parent="customer_id"), on="parent", how="anti")
        .select(
            pl.col("customer_id").alias("id"),
            "customer_id",
            pl.lit(None, pl.Date).alias("date"),
            pl.lit(None, pl.Int64).alias("amount"),
            pl.lit(None, pl.String).alias("currency"),
            pl.concat_str(pl.lit("parent "), "parent").alias("note"),
        )
    )
    found += noticed(
        unknown.select(*ROWS),
        "note",
        "customer_history",
        "parent_not_an_account",
        "accounts have a parent that is no account itself; they still form one group.",
        remedy="nothing for a holding that buys nothing; else correct the number.",
    )
    return found


def _members(seen: Ledger) -> pl.DataFrame:
    """Return ``customer_id, group`` of every customer: its topmost parent, or itself."""
    return (
        seen.table("customers")
        .select("customer_id")
        .join(parents_on(seen), on="customer_id", how="left")
        .select("customer_id", group=pl.coalesce("parent", "customer_id"))
    )
