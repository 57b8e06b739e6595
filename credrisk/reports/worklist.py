"""Which rows of the queue fall within today's capacity."""

from __future__ import annotations

import polars as pl

__all__ = ["held_back", "nothing_due", "ranked", "to_contact"]

NOTHING_DUE = "nothing_due"


def ranked(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not held back, in the order of their rank."""
    return queue.filter(pl.col("rank").is_not_null()).sort("rank")


def nothing_due(queue: pl.DataFrame) -> int:
    """Return how many customers have nothing that could be asked for."""
    return queue.filter(pl.col("hold") == NOTHING_DUE).height if "hold" in queue.columns else 0


def held_back(queue: pl.DataFrame) -> list[tuple[str, int]]:
    """Return why customers who owe something are not contacted, and how many: the most frequent reason first."""
    if "hold" not in queue.columns:
        waiting = queue.height - ranked(queue).height
        return [("held back", waiting)] if waiting else []
    held = queue.filter(pl.col("hold").is_not_null() & (pl.col("hold") != NOTHING_DUE))
    counts = held.group_by("hold").len().sort(["len", "hold"], descending=[True, False])
    return [(str(reason).replace("_", " "), count) for reason, count in counts.rows()]


def to_contact(queue: pl.DataFrame, capacity: int | None) -> pl.DataFrame:
    """Return the rows to contact today: as the queue marks them, else the first ``capacity`` ranked ones."""
    rows = ranked(queue)
    if "contact_today" in queue.columns:
        return rows.filter(pl.col("contact_today"))
    return rows if capacity is None else rows.head(capacity)
