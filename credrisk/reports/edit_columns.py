"""The columns of the pack's sheets Limits and Queue: those of the run, with cells for what people decide."""

from __future__ import annotations

from credrisk.reports.column import Column
from credrisk.reports.limit_columns import LIMITS

__all__ = ["HAND_COLUMNS", "HAND_WORDS", "LIMIT_DECISION", "PACK_LIMITS", "inserted"]

LIMIT_DECISION = (
    Column("new_limit", "Decided limit", "money", 13, "To fill in: the limit that is set; left empty nothing is."),
    Column("limit_reason", "Why decided", "text", 28, "To fill in: why it is not the recommended limit."),
)
HAND_WORDS = ("pin", "boost", "exclude")
HAND_COLUMNS = (
    Column("hand_what", "Supervisor", "state", 11, "To fill in: pin to the top, boost (with a factor) or exclude."),
    Column("hand_factor", "Factor", "number", 9, "To fill in for a boost: the gain is multiplied by it."),
    Column("new_place", "New place", "count", 9, "To fill in instead: the place in the list it is to have."),
    Column("hand_until", "Ends on", "date", 11, "To fill in: the first day on which it no longer holds."),
    Column("hand_reason", "Why", "text", 26, "To fill in: the reason, for whoever comes after."),
)


def inserted(columns: tuple[Column, ...], after: str, added: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns with others put in after one of them."""
    place = next(index for index, column in enumerate(columns) if column.name == after) + 1
    return (*columns[:place], *added, *columns[place:])


PACK_LIMITS = inserted(LIMITS, "change", LIMIT_DECISION)
