"""Changed due dates and re-billed invoices: the ageing by the original and by the current due date side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.portfolio.ageing import ageing, bucket_names
from credrisk.portfolio.open_items import open_items, with_agreed_due_dates
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed, rows_of_table

__all__ = ["ageing_by_both", "changed_due_dates", "due_date_findings", "undated_changes", "with_dated_changes"]


def with_dated_changes(seen: Ledger) -> Ledger:
    """Return the ledger without changes of due dates whose new value is no date."""
    if not seen.has("document_changes"):
        return seen
    changes = seen.table("document_changes").filter(~_UNDATED)
    return seen.replace(tables={**seen.tables, "document_changes": changes})


def undated_changes(seen: Ledger) -> list[Noticed]:
    """Return the changes of due dates whose new value is no date."""
    wrong = seen.table("document_changes").filter(_UNDATED)
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


def ageing_by_both(seen: Ledger, *, as_of: date, edges: Sequence[int]) -> pl.DataFrame:
    """Return per currency and bucket what is open by the original due date, by the current one, and the difference.

    Returns
    -------
    polars.DataFrame
        ``currency, bucket, by_original, by_current, moved`` (float64 major units); the sums of both are the same.
    """
    columns = [*bucket_names(edges), "late_fees", "open_credits"]
    sides = []
    for basis in ("due", "agreed"):
        table = ageing(seen, as_of=as_of, edges=edges, basis=basis, translate=False, output="polars")
        sums = table.group_by("currency").agg(pl.col(columns).sum())
        sides.append(sums.unpivot(index="currency", variable_name="bucket", value_name=f"by_{basis}"))
    both = sides[0].join(sides[1], on=["currency", "bucket"])
    order = pl.col("bucket").cast(pl.Enum(columns))
    return (
        both.sort("currency", order)
        .rename({"by_due": "by_original", "by_agreed": "by_current"})
        .with_columns(moved=(pl.col("by_current") - pl.col("by_original")).round(3))
    )


def changed_due_dates(seen: Ledger, *, as_of: date) -> pl.DataFrame:
    """Return the open items whose current due date is not the original one.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, open_amount`` (float64 major units), ``due_date, current_due_date,
        changes, moved_days, days_past_due, days_past_current``, those moved farthest first.
    """
    return _moved(seen, as_of).with_columns(major_units("amount", "currency")).rename({"amount": "open_amount"})


def due_date_findings(seen: Ledger, *, as_of: date) -> list[Noticed]:
    """Return open items that look current only because their due date was moved, and re-billed ones open twice."""
    moved = _moved(seen, as_of)
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
    return [
        *noticed(
            rows.select(*ROWS),
            "warning",
            "documents",
            "due_date_moved",
            "open documents are past their original due date and younger by a later one.",
            remedy="look for who agreed to it; report the ageing by original due dates beside the other.",
        ),
        *_rebilled(seen),
    ]


def _moved(seen: Ledger, as_of: date) -> pl.DataFrame:
    items = open_items(seen)
    current = with_agreed_due_dates(items, seen).select("document_id", current_due_date="due_date")
    changes = (
        seen.table("document_changes")
        .filter(pl.col("field") == "due_date")
        .group_by("document_id")
        .agg(changes=pl.len().cast(pl.Int64))
    )
    past = pl.lit(as_of)
    return (
        items.join(current, on="document_id")
        .join(changes, on="document_id", how="left")
        .filter(pl.col("current_due_date") != pl.col("due_date"))
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


def _rebilled(seen: Ledger) -> list[Noticed]:
    items, documents = open_items(seen), seen.table("documents")
    rebilled = (
        seen.table("document_changes")
        .filter(pl.col("field") == "rebilled_as")
        .sort("changed_on", "recorded_at")
        .group_by("document_id")
        .agg(again=pl.col("value").str.strip_chars().last(), date=pl.col("changed_on").last())
        .filter(pl.col("again").is_not_null() & (pl.col("again") != ""))
    )
    owed = items.filter(pl.col("amount") > 0).select("document_id", "customer_id", "currency", "amount")
    there = pl.col("again").is_in(documents["document_id"].implode())
    still = rebilled.join(owed, on="document_id").with_columns(
        id="document_id", note=pl.concat_str(pl.lit("billed again as "), "again")
    )
    twice = still.filter(pl.col("again").is_in(owed["document_id"].implode()))
    lost = (
        rebilled.filter(~there)
        .join(documents.drop("document_date"), on="document_id")
        .with_columns(
            id="document_id", note=pl.concat_str(pl.lit("billed again as "), "again", pl.lit(", which is not there"))
        )
    )
    return [
        *noticed(
            twice.select(*ROWS),
            "error",
            "documents",
            "rebilled_open_twice",
            "documents were billed again and are open themselves as well as their successors: the debt counts twice.",
            remedy="cancel the first document in the ERP by a credit note that is applied to it.",
        ),
        *noticed(
            lost.select(*ROWS),
            "warning",
            "document_changes",
            "rebilled_as_unknown",
            "documents were billed again under a number that the ledger does not hold.",
            remedy="add the new document to the export, or correct its number.",
        ),
    ]
