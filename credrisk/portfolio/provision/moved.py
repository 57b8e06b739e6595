"""What was written off, taken back and recovered of each item: until a day, and between a provision and a later day.

What is dated before the books were closed may have been posted after. By ``recorded_at`` a ledger tells it; without, it
is what the provision that opens the period did not know. Both are of the period, and told apart.

A recovery may be booked as one, as cash on an item that is written off still, or as a write-off taken back and a
payment after it. Of what is taken back the write-offs of the period come first: what of them is taken back without a
recovery was no write-off. Of older ones the cash that came in after is recovered, and the rest is owed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.ledger.visibility import visible_from
from credrisk.portfolio.written_off import paid_or_given_back, with_written_off

__all__ = ["LATE", "RECORDED", "moved_between", "written_until"]

KEY = ("document_id", "customer_id", "currency")
PARTS = ("written", "reopened", "recovered")
LATE = tuple(f"late_{name}" for name in PARTS)
RECORDED = ("recorded_written", "recorded_recovered", "recorded_paid")


def written_until(seen: Ledger) -> pl.DataFrame:
    """Return what a ledger cut at a day knew then of write-offs, so that what is posted later can be told.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, written_minor, reopened_minor, recovered_minor``, Int64 minor units of
        ``currency``: written off, of it no longer lost but for cash (taken back, less what cash had paid before), and
        cash on what is written off; one row an item of which anything was, sorted by document.
    """
    kept = _summed(_moves(seen)).filter(pl.any_horizontal(pl.col(PARTS) != 0))
    return kept.rename({name: f"{name}_minor" for name in PARTS}).sort("document_id")


def moved_between(ledger: Ledger, *, start: date, end: date, known: Any, left_out: Sequence[str]) -> pl.DataFrame:
    """Return what was open of each item at both ends and what was written off, taken back and recovered since.

    Parameters
    ----------
    known
        What was known at ``start``, as :func:`written_until` returned it then.
    left_out
        Kinds of documents that are no items.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, open_0, open_1, written``; ``off``, the same less what of it was taken
        back without a recovery; ``taken_back``, that of earlier write-offs; ``recovered, happened``; as part of these
        ``late_written, late_reopened, late_recovered``: dated by ``start``, but not known then; and
        ``recorded_written, recorded_recovered, recorded_paid``: dated by ``start``, but recorded after it. Minor units
        of ``currency``; ``open_0`` is what the ledger of today has as open at ``start``.
    """
    seen = ledger.cut(end)
    moves = _moves(seen).filter(~pl.col("document_kind").is_in(list(left_out)))
    inside = pl.col("date") > start
    then = as_polars(known, "written_off").select(
        *(pl.col(name).cast(pl.String) for name in KEY), *(pl.col(f"{name}_minor").cast(pl.Int64) for name in PARTS)
    )
    late = {f"late_{name}": pl.col(f"{name}_before") - pl.col(f"{name}_minor") for name in PARTS}
    found = (
        moves.group_by(KEY)
        .agg(open_0=pl.when(inside).then(0).otherwise("amount").sum(), open_1=pl.col("amount").sum())
        .join(_summed(moves.filter(inside)).with_columns(happened=True), on=KEY, how="left")
        .join(_summed(moves.filter(~inside)).rename({name: f"{name}_before" for name in PARTS}), on=KEY, how="left")
        .join(_reopened(moves, start), on=KEY, how="left")
        .join(then, on=KEY, how="left")
        .join(_recorded_after(seen, start), on="document_id", how="left")
        .with_columns(pl.selectors.integer().fill_null(0), pl.col("happened").fill_null(value=False))
        .with_columns(**late)
        .with_columns(pl.col(name) + pl.col(f"late_{name}") for name in PARTS)
        .with_columns(happened=pl.col("happened") | pl.any_horizontal(pl.col(LATE) != 0))
    )
    return _told_apart(found).select(
        *KEY, "open_0", "open_1", "written", "off", "taken_back", "recovered", "happened", *LATE, *RECORDED
    )


def _moves(seen: Ledger) -> pl.DataFrame:
    """Return the movements with what each adds to what is written off, is no longer lost of it, and recovered."""
    cash = (pl.col("kind") == "recovery") | paid_or_given_back()
    return (
        with_written_off(item_movements(seen))
        .with_columns(pl.col(KEY).cast(pl.String))
        .with_columns(
            written=pl.when(pl.col("kind") == "write_off").then((-pl.col("amount")).clip(0)).otherwise(0),
            reopened=pl.col("taken_back") + pl.when(cash).then(0).otherwise("below"),
        )
    )


def _summed(moves: pl.DataFrame) -> pl.DataFrame:
    """Return the sums of the parts by item, of items on which any of them moved."""
    return moves.filter(pl.any_horizontal(pl.col(PARTS) != 0)).group_by(KEY).agg(pl.sum(*PARTS))


def _reopened(moves: pl.DataFrame, start: date) -> pl.DataFrame:
    """Return by item what came in on what was taken back since ``start``, and how far that went beyond its write-offs.

    Columns ``on_reopened`` (recoveries that paid what was open), ``paid`` (payments from the day of the first write-off
    taken back since ``start``), ``paid_late`` (from that of the last one before) and ``lowest`` (what was written off
    less what is no longer lost of it, where that was least; 0 or below).
    """
    inside, back, day = pl.col("date") > start, pl.col("taken_back") > 0, pl.col("date")
    touched = moves.join(_summed(moves).select(KEY), on=KEY, how="semi")
    payment = pl.when(paid_or_given_back()).then(-pl.col("amount") - pl.col("below")).otherwise(0)
    recovery = pl.when(inside & (pl.col("kind") == "recovery")).then(-pl.col("amount") - pl.col("below")).otherwise(0)
    first = pl.when(inside & back).then(day).min().over(KEY)
    last = pl.when(~inside & back).then(day).max().over(KEY)
    sums = (
        touched.with_columns(first=first, last=last)
        .group_by(KEY)
        .agg(
            on_reopened=recovery.sum(),
            paid=pl.when(day >= pl.col("first")).then(payment).otherwise(0).sum(),
            paid_late=pl.when(day >= pl.col("last")).then(payment).otherwise(0).sum(),
        )
    )
    daily = touched.filter(inside).group_by(*KEY, "date").agg(step=pl.sum("written") - pl.sum("reopened"))
    lows = (
        daily.sort(*KEY, "date")
        .with_columns(through=pl.col("step").cum_sum().over(KEY))
        .group_by(KEY)
        .agg(lowest=pl.col("through").min().clip(upper_bound=0))
    )
    return sums.join(lows, on=KEY, how="left")


def _told_apart(found: pl.DataFrame) -> pl.DataFrame:
    """Add what was written off for good, which earlier write-offs were taken back, and what was recovered in all."""
    known_since = pl.col("late_written") - pl.col("late_reopened")
    fallen = -pl.min_horizontal(pl.lit(0), known_since, known_since + pl.col("lowest"))
    late_on_reopened = pl.min_horizontal("late_recovered", "late_reopened").clip(0)
    paid = pl.when(pl.col("late_reopened") > 0).then("paid_late").otherwise("paid")
    return (
        found.with_columns(
            earlier=pl.min_horizontal(fallen, pl.col("reopened").clip(0)),
            on_reopened=pl.col("on_reopened").clip(0) + late_on_reopened,
        )
        .with_columns(paid=paid.clip(0, (pl.col("earlier") - pl.col("on_reopened")).clip(0)))
        .with_columns(without_cash=(pl.col("reopened") - pl.col("on_reopened")).clip(0) - pl.col("paid"))
        .with_columns(own=pl.min_horizontal("without_cash", pl.col("reopened").clip(0) - pl.col("earlier")))
        .with_columns(
            off=pl.col("written") - pl.col("reopened").clip(upper_bound=0) - pl.col("own"),
            taken_back=pl.col("without_cash") - pl.col("own"),
            recovered=pl.col("recovered") + pl.col("paid"),
        )
    )


def _recorded_after(seen: Ledger, start: date) -> pl.DataFrame:
    """Return by document what was applied to it by ``start``, but recorded later."""
    kind = pl.col("kind").cast(pl.String)
    masks = {
        "recorded_written": kind == "write_off",
        "recorded_recovered": kind == "recovery",
        "recorded_paid": ~kind.is_in(["write_off", "recovery", "reversal"]),
    }
    return (
        seen.table("applications")
        .filter((pl.col("applied_on") <= start) & (visible_from("applications") > start))
        .group_by(document_id=pl.col("to_document_id").cast(pl.String))
        .agg(pl.when(mask).then("amount").otherwise(0).sum().alias(name) for name, mask in masks.items())
    )
