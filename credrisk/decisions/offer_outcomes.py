"""What came of the items that were past due on a day: shares paid within 30, 60 and 90 days, and days until paid."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.ledger.ledger import Ledger
from credrisk.models.payment_items import CASH

__all__ = ["HORIZON_DAYS", "offer_outcomes", "owed_items"]

HORIZON_DAYS = 90
SHARES = (30, 60, 90)


def owed_items(ledger: Ledger, movements: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the debit items due before ``day`` that a ledger cut before it leaves open, disputed or not.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, due_date``, ``residual`` (minor units of the item's currency) and ``owed`` (major
        units of the ledger's).
    """
    late = open_items(ledger, movements).filter(
        (pl.col("document_kind") != "credit_note") & (pl.col("due_date") < day) & (pl.col("residual") > 0)
    )
    valued = late.with_columns(owed="residual")
    return in_ledger_currency(valued, ["owed"], ledger, day - timedelta(days=1)).select(
        "document_id", "customer_id", "due_date", "residual", "owed"
    )


def offer_outcomes(items: pl.DataFrame, movements: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return what came of each account's items in the 90 days from ``day`` on.

    Money counts on the day it arrived, a payment taken back from the day it was; credit notes, deductions and
    write-offs are no payment. Money that had arrived before the list and was not applied yet counts as there on its
    day.

    Parameters
    ----------
    items
        As :func:`owed_items` gives them.
    movements
        Item movements of the ledger, cut 90 days after ``day`` or later; those of the items before ``day`` are in their
        residual.
    day
        Day of the list.

    Returns
    -------
    polars.DataFrame
        ``customer_id``; ``open_days_90``: days until paid, cut at 90, average over the money owed; ``paid_30, paid_60,
        paid_90``: shares of the money received by the end of so many days after ``day``. Sorted by customer.
    """
    last = day + timedelta(days=HORIZON_DAYS)
    is_cash = pl.col("kind").is_in(CASH) | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt"))
    came = (
        movements.filter(is_cash & (pl.col("date") >= day) & (pl.col("event_date") <= last))
        .join(items.select("document_id", "residual"), on="document_id", how="inner")
        .with_columns(after=(pl.col("event_date") - pl.lit(day)).dt.total_days().clip(lower_bound=0))
        .group_by("document_id", "residual", "after")
        .agg(paid=-pl.col("amount").sum())
        .sort("document_id", "after")
        .with_columns(
            until=pl.col("paid").cum_sum().over("document_id").clip(0, pl.col("residual")) / pl.col("residual")
        )
        .with_columns(step=pl.col("until") - pl.col("until").shift(1).over("document_id").fill_null(0.0))
    )
    of_item = came.group_by("document_id").agg(
        won=(pl.col("step") * (HORIZON_DAYS - pl.col("after"))).sum(),
        **{f"paid_{horizon}": pl.col("step").filter(pl.col("after") <= horizon).sum() for horizon in SHARES},
    )
    names = ["won", *(f"paid_{horizon}" for horizon in SHARES)]
    money = pl.col("owed")
    return (
        items.join(of_item, on="document_id", how="left")
        .with_columns(pl.col(names).fill_null(0.0))
        .group_by("customer_id")
        .agg((pl.col(name) * money).sum() / money.sum() for name in names)
        .select(
            "customer_id",
            open_days_90=(HORIZON_DAYS - pl.col("won")).clip(0, HORIZON_DAYS),
            **{f"paid_{horizon}": pl.col(f"paid_{horizon}").clip(0, 1) for horizon in SHARES},
        )
        .sort("customer_id")
    )
