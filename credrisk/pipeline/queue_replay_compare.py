"""Lists of past days beside the contacts really made, beside each other, and beside the money that grew old later."""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.decisions.queue_rivals import QUEUE, RANKINGS

__all__ = ["caught", "overlap"]


def overlap(lists: pl.DataFrame, eligible: pl.DataFrame, contacted: pl.DataFrame) -> pl.DataFrame:
    """Compare the lists with the contacts really made and with the queue's."""
    really = contacted.rename({"list": "date"})
    could = really.join(eligible, on=["date", "customer_id"], how="semi")
    queue = lists.filter(pl.col("ranking") == QUEUE).select("date", "customer_id")
    ever = eligible["customer_id"].n_unique()
    rows = []
    for ranking in RANKINGS:
        own = lists.filter(pl.col("ranking") == ranking).select("date", "customer_id")
        both = own.join(really, on=["date", "customer_id"], how="semi").height
        rows.append(
            {
                "ranking": ranking,
                "lists": own["date"].n_unique(),
                "places": own.height,
                "listed_contacted": both / own.height if own.height and really.height else None,
                "contacts_listed": could.join(own, on=["date", "customer_id"], how="semi").height / could.height
                if could.height
                else None,
                "same_as_queue": own.join(queue, on=["date", "customer_id"], how="semi").height / own.height
                if own.height
                else None,
                "penetration": own["customer_id"].n_unique() / ever if ever else None,
            }
        )
    shares = ("listed_contacted", "contacts_listed", "same_as_queue", "penetration")
    schema = {"ranking": pl.String, "lists": pl.Int64, "places": pl.Int64, **dict.fromkeys(shares, pl.Float64)}
    return pl.DataFrame(rows, schema=schema)


def caught(lists: pl.DataFrame, outcomes: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return how much of the money of each outcome was on each ranking's lists before it came to it."""
    rows = []
    for outcome, money in outcomes.items():
        events = money.with_row_index("event")
        total = float(events["amount"].sum())
        for ranking in RANKINGS:
            own = lists.filter(pl.col("ranking") == ranking).select("customer_id", "date")
            before = (
                events.join(own, on="customer_id", how="inner")
                .filter((pl.col("date") > pl.col("after")) & (pl.col("date") < pl.col("on")))
                .group_by("event", "amount", "on")
                .agg(first=pl.col("date").min())
            )
            lead = (before["on"] - before["first"]).dt.total_days()
            rows.append(
                {
                    "ranking": ranking,
                    "outcome": outcome,
                    "events": events.height,
                    "money": total,
                    "share_listed": float(before["amount"].sum()) / total if total > 0 else None,
                    "median_days": float(np.median(lead.to_numpy())) if lead.len() else None,
                }
            )
    floats = dict.fromkeys(("money", "share_listed", "median_days"), pl.Float64)
    return pl.DataFrame(rows, schema={"ranking": pl.String, "outcome": pl.String, "events": pl.Int64, **floats})
