"""What was written off, taken back and recovered of each item: until a day, and between a provision and a later day.

What is dated before the books were closed may have been posted after. By ``recorded_at`` a ledger tells it; without, it
is what the provision that opens the period did not know. Both are of the period, and told apart.
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
        ``currency``; one row an item of which anything was written off or recovered, sorted by document.
    """
    moves = item_movements(seen).with_columns(pl.col(KEY).cast(pl.String))
    kept = _summed(moves).filter(pl.any_horizontal(pl.col(PARTS) != 0))
    return kept.rename({name: f"{name}_minor" for name in PARTS}).sort("document_id")


def moved_between(ledger: Ledger, *, start: date, end: date, known: Any, left_out: Sequence[str]) -> pl.DataFrame:
    """Return what was open of each item at both ends and what was written off, reopened and recovered since.

    Parameters
    ----------
    known
        What was known at ``start``, as :func:`written_until` returned it then.
    left_out
        Kinds of documents that are no items.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, open_0, open_1, written, reopened, recovered, happened`` and, as part of
        these, ``late_written, late_reopened, late_recovered``: dated by ``start``, but not known then; and
        ``recorded_written, recorded_recovered, recorded_paid``: dated by ``start``, but recorded after it. Minor units
        of ``currency``; ``open_0`` is what the ledger of today has as open at ``start``.
    """
    moves = item_movements(ledger.cut(end)).with_columns(pl.col(KEY).cast(pl.String))
    moves = moves.filter(~pl.col("document_kind").is_in(list(left_out)))
    inside = pl.col("date") > start
    then = as_polars(known, "written_off").select(
        *(pl.col(name).cast(pl.String) for name in KEY), *(pl.col(f"{name}_minor").cast(pl.Int64) for name in PARTS)
    )
    late = {f"late_{name}": pl.col(f"{name}_before") - pl.col(f"{name}_minor") for name in PARTS}
    return (
        moves.group_by(KEY)
        .agg(open_0=pl.when(inside).then(0).otherwise("amount").sum(), open_1=pl.col("amount").sum())
        .join(_summed(moves, inside), on=KEY, how="left")
        .join(_summed(moves.filter(~inside)).rename({name: f"{name}_before" for name in PARTS}), on=KEY, how="left")
        .join(then, on=KEY, how="left")
        .join(_recorded_after(ledger.cut(end), start), on="document_id", how="left")
        .with_columns(pl.selectors.integer().fill_null(0))
        .with_columns(**late)
        .with_columns(pl.col(name) + pl.col(f"late_{name}") for name in PARTS)
        .with_columns(happened=pl.col("happened") | pl.any_horizontal(pl.col(LATE) != 0))
        .select(*KEY, "open_0", "open_1", *PARTS, "happened", *LATE, *RECORDED)
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


def _summed(moves: pl.DataFrame, inside: pl.Expr | None = None) -> pl.DataFrame:
    """Return the sums by item of the movements ``inside``; where that is given with ``happened``: whether any is."""
    written_off = moves.filter(pl.col("kind") == "write_off")["document_id"].unique()
    taken_back = (pl.col("kind") == "reversal") & (pl.col("from_kind") == "none")
    counted = pl.lit(value=True) if inside is None else inside
    masks = {
        "written": counted & (pl.col("kind") == "write_off"),
        "reopened": counted & taken_back & pl.col("document_id").is_in(written_off.implode()),
        "recovered": counted & (pl.col("kind") == "recovery"),
    }
    signs = {"written": -1, "reopened": 1, "recovered": -1}
    sums = {name: pl.when(mask).then(pl.col("amount") * signs[name]).otherwise(0).sum() for name, mask in masks.items()}
    happened = pl.any_horizontal(*(mask.fill_null(value=False) for mask in masks.values())).any()
    return moves.group_by(KEY).agg(**sums, **({} if inside is None else {"happened": happened}))
