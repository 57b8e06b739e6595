"""What has happened to customers that are past foretelling: in default, recovering from it, or a bad debt."""

from __future__ import annotations

import polars as pl

from credrisk.wording import money

__all__ = ["what_happened"]

BEGINS = {
    "in_default": ("default", "in default since"),
    "recovering": ("default", "recovering from the default of"),
    "bad_debt": ("bad_debt", "bad debt since"),
}
"""By status: the event behind it, and how the sentence begins."""


def what_happened(history: pl.DataFrame, placements: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Return the latest event behind each status in words.

    Parameters
    ----------
    history
        Rows of :func:`credrisk.features.labels.event_history`, up to the as-of date.
    placements
        Rows of ``credit_events`` of that kind, as visible: a placement during a default is told with it.

    Returns
    -------
    polars.DataFrame
        ``customer_id, status, happened``, one row a customer and status that can be its own.
    """
    latest = (
        history.filter(pl.col("target").is_in(["bad_debt", "default"]))
        .sort("customer_id", "date", "target")
        .group_by("customer_id", "target", maintain_order=True)
        .agg(pl.last("date", "amount", "why"))
    )
    placed = dict(placements.sort("customer_id", "date").select("customer_id", "date").iter_rows())
    rows = []
    for status, (target, begins) in BEGINS.items():
        for customer, day, amount, why in (
            latest.filter(pl.col("target") == target).select("customer_id", "date", "amount", "why").iter_rows()
        ):
            said = f"{begins} {day}: {why}" + (f", {money(amount, currency)}" if amount is not None else "")
            if status == "in_default" and placed.get(customer) is not None and placed[customer] >= day:
                said += f"; placed with a third party on {placed[customer]}, outcome open"
            rows.append((customer, status, said))
    return pl.DataFrame(
        rows, schema={"customer_id": pl.String, "status": pl.String, "happened": pl.String}, orient="row"
    )
