"""What has happened to customers that are past foretelling: in default, recovering from it, or a bad debt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from credrisk.wording import money, percent

__all__ = ["what_happened"]

BEGINS = {
    "in_default": ("default", "in default since"),
    "recovering": ("default", "recovering from the default of"),
    "bad_debt": ("bad_debt", "bad debt since"),
}
"""By status: the event behind it, and how the sentence begins."""


WRITE_OFF = "write-off"


def what_happened(
    history: pl.DataFrame, placed: pl.DataFrame, written_off: pl.DataFrame, currency: str, *, as_of: date
) -> pl.DataFrame:
    """Return the latest event behind each status in words.

    Parameters
    ----------
    history
        Rows of :func:`credrisk.features.labels.event_history`, up to the as-of date.
    placed
        Rows of :func:`credrisk.features.placed_debt.placed_debts`: the latest one during a default is told with it.
    written_off
        Rows of :func:`credrisk.features.write_offs.standing_write_offs`: those after the day on which a spell of bad
        debt began are told with it.

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
    last = {row["customer_id"]: row for row in placed.sort("customer_id", "date").iter_rows(named=True)}
    off: dict[str, list[tuple[date, float]]] = {}
    for customer, day, amount in written_off.select("customer_id", "date", "amount").iter_rows():
        off.setdefault(customer, []).append((day, amount))
    rows = []
    for status, (target, begins) in BEGINS.items():
        for customer, day, amount, why in (
            latest.filter(pl.col("target") == target).select("customer_id", "date", "amount", "why").iter_rows()
        ):
            said = f"{begins} {day}: {why}" + (f", {money(amount, currency)}" if amount is not None else "")
            if status == "in_default" and customer in last and last[customer]["date"] >= day:
                said += f"; {_outcome(last[customer], as_of)}"
            if status == "bad_debt":
                later = [(on, units) for on, units in off.get(customer, []) if on > day]
                said += _written_off_since(later, currency, more=WRITE_OFF in why)
            rows.append((customer, status, said))
    return pl.DataFrame(
        rows, schema={"customer_id": pl.String, "status": pl.String, "happened": pl.String}, orient="row"
    )


def _written_off_since(later: Sequence[tuple[date, float]], currency: str, *, more: bool) -> str:
    """Say what was written off after a spell of bad debt began: more, where that began with a write-off itself."""
    if not later:
        return ""
    amount = money(math.fsum(units for _, units in later), currency)
    last = "on" if len(later) == 1 else "the last of it on"
    return f"; since then {amount}{' more' if more else ''} written off, {last} {max(day for day, _ in later)}"


def _outcome(placed: dict[str, Any], as_of: date) -> str:
    """Say what became of a placed debt; what was paid is told before the verdict falls."""
    words = f"placed with a third party on {placed['date']}"
    paid_on, verdict_on = placed["paid_on"], placed["verdict_on"]
    if paid_on is None:
        return f"{words}, {'outcome open until' if verdict_on > as_of else 'not recovered by'} {verdict_on}"
    share = "placed debt" if round(placed["paid_share"], 3) >= 1 else f"{percent(placed['paid_share'])} of it"
    return f"{words}, {share} paid by {paid_on}" + (f"; verdict formally on {verdict_on}" if verdict_on > as_of else "")
