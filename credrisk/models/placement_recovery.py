"""What agencies and courts brought in of past claims: the share of each placement that was paid within a year."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.dates import to_date
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["FOLLOWED_DAYS", "placement_recoveries"]

FOLLOWED_DAYS = 365
CASH = ("payment", "recovery", "offset")


def placement_recoveries(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return every placement with an agency that could be followed for a year by ``as_of``.

    Returns
    -------
    polars.DataFrame
        ``customer_id, placed_on``, ``age_days`` (of the oldest item of the claim, past due on that day) and
        ``share`` (of the claim that was paid within 365 days, from 0 to 1). Sorted. The claim is what was past due on
        the day of placement or is named in the event, in the currency in which most of it is; a second placement of a
        customer within the year belongs to the first.

    Notes
    -----
    Paid is what came on the documents of the claim; where nothing was booked on them, the recoveries that the credit
    file reports.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    events = (
        seen.table("credit_events")
        .filter((pl.col("kind") == "placement") & (pl.col("date") <= day - timedelta(days=FOLLOWED_DAYS)))
        .select("customer_id", placed_on="date", named="amount", named_in="currency")
        .sort("customer_id", "placed_on", "named", nulls_last=True)
        .unique(["customer_id", "placed_on"], keep="first", maintain_order=True)
    )
    gap = (pl.col("placed_on") - pl.col("placed_on").shift(1).over("customer_id")).dt.total_days()
    events = events.filter((gap > FOLLOWED_DAYS).fill_null(True))
    before = pl.col("event_date") <= pl.col("placed_on")
    later = ~before & (pl.col("event_date") <= pl.col("placed_on") + pl.duration(days=FOLLOWED_DAYS))
    back = (pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt")
    documents = (
        item_movements(seen)
        .join(events, on="customer_id", how="inner")
        .filter(pl.col("due_date") < pl.col("placed_on"))
        .group_by("customer_id", "placed_on", "currency", "document_id", "due_date")
        .agg(
            claimed=pl.col("amount").filter(before | (pl.col("kind") == "document")).sum(),
            paid=-pl.col("amount").filter(later & (pl.col("kind").is_in(CASH) | back)).sum(),
        )
        .filter(pl.col("claimed") > 0)
    )
    claims = (
        documents.group_by("customer_id", "placed_on", "currency")
        .agg(pl.col("claimed", "paid").sum(), oldest=pl.col("due_date").min())
        .sort("customer_id", "placed_on", "claimed", "currency", descending=[False, False, True, False])
        .unique(["customer_id", "placed_on"], keep="first", maintain_order=True)
    )
    reported = (
        seen.table("credit_events")
        .filter(pl.col("kind") == "recovery")
        .select("customer_id", "date", "currency", reported="amount")
        .join(events, on="customer_id", how="inner")
        .filter(
            (pl.col("date") > pl.col("placed_on"))
            & (pl.col("date") <= pl.col("placed_on") + pl.duration(days=FOLLOWED_DAYS))
        )
        .group_by("customer_id", "placed_on", "currency")
        .agg(pl.col("reported").sum())
    )
    named = events.select("customer_id", "placed_on", "named", currency="named_in")
    keys = ["customer_id", "placed_on", "currency"]
    joined = claims.join(reported, on=keys, how="left").join(named, on=keys, how="left")
    claim = pl.coalesce(pl.when(pl.col("named") > 0).then("named"), "claimed")
    paid = pl.when(pl.col("paid") == 0).then(pl.col("reported").fill_null(0)).otherwise("paid")
    return joined.select(
        "customer_id",
        "placed_on",
        age_days=(pl.col("placed_on") - pl.col("oldest")).dt.total_days(),
        share=(paid / claim).clip(0.0, 1.0),
    ).sort("customer_id", "placed_on")
