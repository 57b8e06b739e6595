"""Which events another source has told before: one petition in the journal and in the register is one petition.

The Gazette, Companies House and its profile tell of the same winding-up, EDGAR and the courts of the same bankruptcy,
each with its own day. So an event of an adverse kind is a repetition when, on the day it became known, another source
had told at least as many of that kind within a month of it as its own. What one source tells alone always counts. The
judgement rests on that day and the days before, so that a cut of the ledger changes none.
"""

from __future__ import annotations

import polars as pl

__all__ = ["SAME_DAYS", "SAME_KIND", "told_before"]

SAME_DAYS = 31
"""Days between what two sources give as the day of one event: a resolution must be advertised within 14 days and
filed within 15, an order is advertised and filed some days after it was made."""

SAME_KIND = {
    "administration_order": "administration",
    "administrative_receiver": "receivership",
    "compulsory_liquidation": "winding_up_order",
    "corporate_voluntary_arrangement": "voluntary_arrangement",
    "corporate_voluntary_arrangement_moratorium": "moratorium",
    "in_administration": "administration",
    "insolvency_notice": "insolvency",
    "judgment": "court_judgment",
    "receiver_manager": "receivership",
    "receivership_scotland": "receivership",
}
"""Kinds that sources call by two names."""


def told_before(events: pl.DataFrame) -> pl.Series:
    """Tell for each event whether another source has told it before.

    Parameters
    ----------
    events
        Of adverse kinds: ``customer``, ``kind``, ``happened_on``, ``known`` (the day from which the row is public) and
        ``source``.

    Returns
    -------
    polars.Series
        One Boolean a row, in their order.
    """
    rows = events.with_row_index("place").select(
        "place", "customer", "happened_on", "known", "source", kind=pl.col("kind").replace(SAME_KIND)
    )
    shared = rows.filter(pl.col("source").n_unique().over("customer", "kind") > 1)
    pairs = shared.join(shared, on=["customer", "kind"], suffix="_other")
    near = (pl.col("happened_on") - pl.col("happened_on_other")).dt.total_days().abs() <= SAME_DAYS
    earlier = pl.col("known_other") < pl.col("known")
    same_day, same_source = pl.col("known_other") == pl.col("known"), pl.col("source_other") == pl.col("source")
    before = earlier | (same_day & (pl.col("source_other") < pl.col("source")))
    not_after = before | (same_day & same_source & (pl.col("place_other") <= pl.col("place")))
    counted = (
        pairs.filter(near, not_after)
        .group_by("place", "source", "source_other")
        .len()
        .group_by("place")
        .agg(
            own=pl.col("len").filter(pl.col("source") == pl.col("source_other")).sum(),
            others=pl.col("len").filter(pl.col("source") != pl.col("source_other")).max(),
        )
    )
    again = counted.filter(pl.col("others") >= pl.col("own"))["place"]
    return rows["place"].is_in(again.implode()).alias("again")
