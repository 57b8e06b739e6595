"""By when an overdue must be reported to the insurer, so that the cover is not lost."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.ledger.cover_terms import ranked_cover
from credrisk.ledger.ledger import Ledger

__all__ = ["insurer_deadlines"]

INSURANCE = "insurance"


def insurer_deadlines(ledger: Ledger, items: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Return the day by which each insured customer's overdue must be reported, where a policy states the days.

    Parameters
    ----------
    ledger
        Cut at ``as_of``.
    items
        Its open items (:func:`~credrisk.decisions.collectable.open_items`); credit notes owe nothing to report.

    Returns
    -------
    polars.DataFrame
        ``customer_id, insurer_deadline``: the last day for the report of an item past due, its original due date plus
        the ``report_overdue_dpd`` of the insurance in force (of several the shortest), whether or not it is disputed.
        The earliest that has not passed; where all have, the latest. Whether a report was made the ledger does not say.
    """
    in_force = (
        ranked_cover(ledger.table("cover"))
        .unique(["customer_id", "cover_id"], keep="last", maintain_order=True)
        .filter(
            (pl.col("kind") == INSURANCE)
            & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of))
            & pl.col("report_overdue_dpd").is_not_null()
        )
        .group_by("customer_id")
        .agg(within=pl.col("report_overdue_dpd").min())
    )
    deadline = pl.col("due_date") + pl.duration(days=pl.col("within"))
    return (
        items.filter((pl.col("document_kind") != "credit_note") & (pl.col("residual") > 0))
        .filter(pl.col("due_date") < as_of)
        .join(in_force, on="customer_id", how="inner")
        .group_by("customer_id")
        .agg(
            ahead=deadline.filter(deadline >= as_of).min(),
            passed=deadline.filter(deadline < as_of).max(),
        )
        .select("customer_id", insurer_deadline=pl.coalesce("ahead", "passed"))
        .sort("customer_id")
    )
