"""Money that grew old or turned bad in the time of a replay: how much, of whom, and on which day."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.features.labels import LabelSettings, event_history
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["grown_old", "turned_bad"]

BAD_DAYS = 180
"""A list within so many days before a bad debt counts as before it."""


def grown_old(ledger: Ledger, *, days: int, since: date, until: date) -> pl.DataFrame:
    """Return the money that passed ``days`` past due before ``until``, of items that fell due on ``since`` or later.

    Such an item could be listed all the time from its due date on. What counts is what was open at the end of the last
    day up to the age, as the ledger knows it now.

    Returns
    -------
    polars.DataFrame
        ``customer_id, after`` (due date: a list after it), ``on`` (first day beyond the age: a list before it) and
        ``amount`` in major units of the ledger's currency, above 0. Sorted.
    """
    last = ledger.settings.covers_to
    turning = pl.col("due_date") + pl.duration(days=days)
    over = until - timedelta(days=1)
    items = (
        item_movements(ledger)
        .filter((pl.col("document_kind") != "credit_note") & (pl.col("due_date") >= since))
        .filter((pl.col("event_date") <= turning) & (turning < over))
        .group_by("document_id", "customer_id", "currency", "due_date")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
    )
    return (
        in_ledger_currency(items, ["amount"], ledger, last)
        .select(
            "customer_id", after="due_date", on=pl.col("due_date") + pl.duration(days=days + 1), amount=pl.col("amount")
        )
        .sort("customer_id", "after", "amount")
    )


def turned_bad(ledger: Ledger, *, since: date, until: date, settings: LabelSettings | None = None) -> pl.DataFrame:
    """Return the first bad debts after ``since`` and before ``until``: columns as :func:`grown_old`.

    One without a stated amount is left out.

    ``after`` is ``BAD_DAYS`` days before, or the day before ``since``.
    """
    events = event_history(ledger, settings=settings, output="polars")
    begins = pl.col("date") - pl.duration(days=BAD_DAYS)
    return (
        events.filter((pl.col("target") == "bad_debt") & (pl.col("date") > since) & (pl.col("amount") > 0))
        .filter(pl.col("date") < until)
        .sort("customer_id", "date")
        .unique("customer_id", keep="first", maintain_order=True)
        .select(
            "customer_id",
            after=pl.max_horizontal(begins, pl.lit(since - timedelta(days=1))),
            on="date",
            amount="amount",
        )
    )
