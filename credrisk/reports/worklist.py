"""Which rows of the queue fall within today's capacity."""

from __future__ import annotations

import polars as pl

__all__ = ["automatic", "by_hand", "held_back", "nothing_due", "ranked", "to_contact"]

NOTHING_DUE = "nothing_due"


def ranked(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not held back, in the order of their rank."""
    return queue.filter(pl.col("rank").is_not_null()).sort("rank")


def by_hand(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the ranked rows without those that are contacted by what goes out by itself."""
    return ranked(queue).filter(~_automatic(queue))


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
    """Return the rows to contact today by hand: as the queue marks them, else the first ``capacity`` ranked ones."""
    rows = ranked(queue)
    if "contact_today" in queue.columns:
        return rows.filter(pl.col("contact_today") & ~_automatic(queue))
    return rows if capacity is None else rows.head(capacity)


def automatic(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the rows to contact today by what goes out by itself (reminder e-mails) and takes nobody's time."""
    if "contact_today" not in queue.columns:
        return queue.head(0)
    return ranked(queue).filter(pl.col("contact_today") & _automatic(queue))


def _automatic(queue: pl.DataFrame) -> pl.Expr:
    return (pl.col("slot") == "automatic").fill_null(False) if "slot" in queue.columns else pl.lit(False)
