"""Which rows of the queue fall within today's capacity."""

from __future__ import annotations

import polars as pl

__all__ = ["ranked", "to_contact"]


def ranked(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not held back, in the order of their rank."""
    return queue.filter(pl.col("rank").is_not_null()).sort("rank")


def to_contact(queue: pl.DataFrame, capacity: int | None) -> pl.DataFrame:
    """Return the rows to contact today: as the queue marks them, else the first ``capacity`` ranked ones."""
    rows = ranked(queue)
    if "contact_today" in queue.columns:
        return rows.filter(pl.col("contact_today"))
    return rows if capacity is None else rows.head(capacity)
