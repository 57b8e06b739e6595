"""The changes of a watch in the order to work through, with names, the money at stake and whom to tell."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.collectable import open_items
from credrisk.decisions.outside_meaning import SEVERITIES
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue_insurers import insurer_deadlines
from credrisk.decisions.watch_tell import with_owners
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["CHANGES", "laid_out"]

CHANGES = (
    "customer_id",
    "name",
    "severity",
    "area",
    "kind",
    "what",
    "why",
    "tell",
    "before",
    "after",
    "happened_on",
    "known_at",
    "source",
    "url",
    "match_confidence",
    "exposure",
    "currency",
)
"""Columns of the changes, in order."""


def laid_out(
    known: Ledger,
    changes: pl.DataFrame,
    both: pl.DataFrame,
    policy: Policy,
    scores: pl.DataFrame | None,
    ledger_to: date,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes, and a row a customer, the most urgent first, then the most money at stake."""
    names = known.table("customers").select("customer_id", "name")
    grades = scores.select("customer_id", "grade") if scores is not None else None
    listed = (
        changes.join(names, on="customer_id", how="left")
        .join(both.select("customer_id", "exposure"), on="customer_id", how="left")
        .with_columns(
            pl.col("severity").cast(pl.Enum(SEVERITIES)),
            pl.col("exposure").fill_null(0.0),
            currency=pl.lit(known.settings.currency),
        )
    )
    listed = with_owners(listed, known, policy=policy, grades=grades, as_of=ledger_to)
    worst = pl.col("severity").min().over("customer_id")
    order = ("severity", "known_at", "area", "kind", "what")
    listed = (
        listed.with_columns(worst=worst)
        .sort(
            "worst", "exposure", "customer_id", *order,
            descending=[False, True, False, False, True, False, False, False], nulls_last=True,
        )
        .with_columns(pl.col("severity").cast(pl.String))
    )  # fmt: skip
    items = open_items(known, item_movements(known))
    deadlines = insurer_deadlines(known, items, as_of=ledger_to)
    customers = (
        listed.group_by("customer_id", maintain_order=True)
        .agg(
            pl.col("name", "severity", "exposure", "currency").first(),
            changes=pl.len().cast(pl.Int64),
            headline=pl.col("what").first(),
            tell=pl.col("tell").list.explode().unique(maintain_order=True),
        )
        .with_columns(tell=pl.col("tell").list.join("; "))
        .join(both.select("customer_id", "past_due"), on="customer_id", how="left", maintain_order="left")
        .join(deadlines, on="customer_id", how="left", maintain_order="left")
        .select("customer_id", "name", "severity", "changes", "headline", "exposure", "past_due", "tell",
                "insurer_deadline", "currency")
    )  # fmt: skip
    return listed.with_columns(tell=pl.col("tell").list.join("; ")).select(CHANGES), customers
