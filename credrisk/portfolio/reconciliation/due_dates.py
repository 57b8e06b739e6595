"""Changed due dates: the ageing by the original and by the current due date side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from credrisk.ledger.money import major_units
from credrisk.portfolio.ageing import bucket_names, column_of
from credrisk.portfolio.open_items import with_agreed_due_dates
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed, rows_of_table

__all__ = ["ageing_by_both", "changed_due_dates", "due_date_findings", "undated_changes", "with_current_due_dates"]


def undated_changes(day: Day) -> list[Noticed]:
    """Return the changes of due dates whose new value is no date."""
    wrong = day.seen.table("document_changes").filter(_UNDATED)
    note = pl.concat_str(pl.lit("changed to "), pl.col("value").fill_null("nothing"))
    return noticed(
        rows_of_table("document_changes", wrong, note),
        "error",
        "document_changes",
        "new_due_date_is_no_date",
        "due dates were changed to something that is no date; these changes were left out.",
        remedy="write it as 2026-03-31.",
    )


_UNDATED = (pl.col("field") == "due_date") & pl.col("value").str.to_date("%Y-%m-%d", strict=False).is_null()


def with_current_due_dates(day: Day) -> pl.DataFrame:
    """Return the open items with ``current_due_date`` (the latest one agreed, else the original) and ``changes``.

    A change whose new value is no date is left out; :func:`undated_changes` names it.
    """
    changes = day.seen.table("document_changes").filter(~_UNDATED)
    dated = day.seen.replace(tables={**day.seen.tables, "document_changes": changes})
    current = with_agreed_due_dates(day.items, dated).select("document_id", current_due_date="due_date")
    counts = changes.filter(pl.col("field") == "due_date").group_by("document_id").agg(changes=pl.len().cast(pl.Int64))
    return day.items.join(current, on="document_id").join(counts, on="document_id", how="left")


def ageing_by_both(items: pl.DataFrame, *, as_of: date, edges: Sequence[int]) -> pl.DataFrame:
    """Return per currency and bucket what is open by the original due date, by the current one, and the difference.

    Parameters
    ----------
    items
        From :func:`with_current_due_dates`.

    Returns
    -------
    polars.DataFrame
        ``currency, bucket, by_original, by_current, moved`` (float64 major units), buckets in which nothing is open
        left out; the sums of both are the same.
    """
    order = pl.Enum([*bucket_names(edges), "late_fees", "open_credits"])
    sides = [
        items.with_columns(due_date=due)
        .group_by("currency", bucket=column_of(edges, as_of))
        .agg(pl.col("amount").sum().alias(name))
        for name, due in (("by_original", "due_date"), ("by_current", "current_due_date"))
    ]
    both = sides[0].join(sides[1], on=["currency", "bucket"], how="full", coalesce=True)
    return (
        both.with_columns(pl.col("by_original", "by_current").fill_null(0))
        .with_columns(moved=pl.col("by_current") - pl.col("by_original"))
        .sort("currency", pl.col("bucket").cast(order))
        .with_columns(major_units(name, "currency") for name in ("by_original", "by_current", "moved"))
    )


def changed_due_dates(items: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Return the items of :func:`with_current_due_dates` whose current due date is not the original one.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, open_amount`` (float64 major units), ``due_date, current_due_date,
        changes, moved_days, days_past_due, days_past_current``, those moved farthest first.
    """
    return _moved(items, as_of).with_columns(major_units("amount", "currency")).rename({"amount": "open_amount"})


def due_date_findings(items: pl.DataFrame, *, as_of: date) -> list[Noticed]:
    """Return open items that look younger than they are because their due date was moved."""
    moved = _moved(items, as_of)
    hidden = moved.filter(
        pl.col("amount") > 0, pl.col("days_past_due") > 0, pl.col("days_past_current") < pl.col("days_past_due")
    )
    note = pl.concat_str(
        pl.lit("due "),
        pl.col("due_date").dt.to_string("%Y-%m-%d"),
        pl.lit(", now "),
        pl.col("current_due_date").dt.to_string("%Y-%m-%d"),
        pl.lit(", changed "),
        pl.col("changes").cast(pl.String),
        pl.lit(" times"),
    )
    rows = hidden.select(
        pl.col("document_id").alias("id"),
        "customer_id",
        pl.col("due_date").alias("date"),
        "amount",
        "currency",
        note.alias("note"),
    )
    return noticed(
        rows.select(*ROWS),
        "warning",
        "documents",
        "due_date_moved",
        "open documents are past their original due date and younger by a later one.",
        remedy="look for who agreed to it; report the ageing by original due dates beside the other.",
    )


def _moved(items: pl.DataFrame, as_of: date) -> pl.DataFrame:
    past = pl.lit(as_of)
    return (
        items.filter(pl.col("current_due_date") != pl.col("due_date"))
        .select(
            "document_id",
            "customer_id",
            "currency",
            "amount",
            "due_date",
            "current_due_date",
            "changes",
            moved_days=(pl.col("current_due_date") - pl.col("due_date")).dt.total_days(),
            days_past_due=(past - pl.col("due_date")).dt.total_days(),
            days_past_current=(past - pl.col("current_due_date")).dt.total_days(),
        )
        .sort("moved_days", "document_id", descending=[True, False])
    )
