"""From the attempt to the cash: how many contacts reach somebody, the right person, a promise and a kept one."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from credrisk.decisions.team_contacts import LEAST_KNOWN

__all__ = ["DECIDED", "contact_funnel"]

DECIDED = ("kept", "partly_kept", "broken")
"""States of a promise whose time is over, or that was kept before; a closed one needed no cash any more."""
LINKED_DAYS = 3
"""A promise made on the day of a contact that reached somebody, or so many days after, comes of that contact."""


def contact_funnel(contacts: pl.DataFrame, promises: pl.DataFrame) -> pl.DataFrame:
    """Return the funnel of each collector, by who made the contact.

    Parameters
    ----------
    contacts
        As :func:`~credrisk.decisions.team_contacts.period_contacts` returns them.
    promises
        As :func:`~credrisk.decisions.promise_ledger.promise_ledger` returns them, of whatever time; those that came of
        these contacts are taken.

    Returns
    -------
    polars.DataFrame
        ``collector``; ``attempts``; ``reached``; ``right_party`` (null where fewer than ``LEAST_KNOWN`` of those that
        reached somebody say who it was); ``promises`` (that follow a contact which reached somebody, on its day or up
        to three days after, each promise once); ``decided`` (of them: kept, partly kept or broken by now); ``kept``;
        ``cash`` (money received in time for the decided ones). A promise without a contact belongs to nobody's funnel.
        Sorted by collector.
    """
    talks = contacts.filter("reached").select("customer_id", "collector", talked_on="date").sort("talked_on")
    linked = (
        promises.sort("made_on")
        .join_asof(
            talks,
            left_on="made_on",
            right_on="talked_on",
            by="customer_id",
            strategy="backward",
            tolerance=timedelta(days=LINKED_DAYS),
            check_sortedness=False,
        )
        .filter(pl.col("talked_on").is_not_null())
    )
    decided = pl.col("state").is_in(DECIDED)
    made = linked.group_by("collector").agg(
        promises=pl.len().cast(pl.Int64),
        decided=decided.sum().cast(pl.Int64),
        kept=(pl.col("state") == "kept").sum().cast(pl.Int64),
        cash=pl.col("received_in_time").filter(decided).sum(),
    )
    reached = pl.col("reached")
    known = (reached & pl.col("right_party").is_not_null()).sum() >= LEAST_KNOWN * reached.sum()
    right = (reached & pl.col("right_party").fill_null(False)).sum().cast(pl.Int64)
    return (
        contacts.group_by("collector")
        .agg(
            attempts=pl.len().cast(pl.Int64),
            reached=pl.col("reached").sum().cast(pl.Int64),
            right_party=pl.when(known & contacts["right_party"].is_not_null().any()).then(right),
        )
        .join(made, on="collector", how="left")
        .with_columns(pl.col("promises", "decided", "kept").fill_null(0), pl.col("cash").fill_null(0.0))
        .sort("collector")
    )
