"""The columns of the pack's sheets Limits and Queue: those of the run, with cells for what people decide."""

from __future__ import annotations

from dataclasses import replace

from credrisk.reports.column import Column
from credrisk.reports.limit_columns import LIMITS

__all__ = ["HAND_COLUMNS", "HAND_WORDS", "LAID", "LIMIT_DECISION", "LOGGED", "PACK_LIMITS", "decided_on", "inserted"]

REASONS_WIDTH = 50
LIMIT_DECISION = (
    Column("new_limit", "Decided limit", "money", 13, "To fill in: the limit that is set; left empty nothing is."),
    Column("limit_reason", "Why decided", "text", 28, "To fill in: why it is not the recommended limit."),
)
LOGGED = Column("logged", "In the log", "text", 28, "Limit decided last in the decision log, by the day.")
LAID = Column("hand", "In the log", "text", 28, "What the decision log holds in force: pinned, boosted or excluded.")
HAND_WORDS = ("pin", "boost", "exclude")
HAND_COLUMNS = (
    Column("hand_what", "Supervisor", "state", 11, "To fill in: pin to the top, boost (with a factor) or exclude."),
    Column("hand_factor", "Factor", "number", 9, "To fill in for a boost: the gain is multiplied by it."),
    Column("new_place", "New place", "count", 9, "To fill in instead: the place in the list it is to have."),
    Column("hand_until", "Ends on", "date", 11, "To fill in: the first day on which it no longer holds."),
    Column("hand_reason", "Why", "text", 22, "To fill in: the reason, for whoever comes after."),
)


def inserted(columns: tuple[Column, ...], after: str, added: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns with others put in after one of them."""
    place = next(index for index, column in enumerate(columns) if column.name == after) + 1
    return (*columns[:place], *added, *columns[place:])


def decided_on(columns: tuple[Column, ...], aside: frozenset[str]) -> tuple[Column, ...]:
    """Return the columns with those of ``aside`` off the printed page, and reasons that leave room for decisions."""
    narrow = {"reasons": REASONS_WIDTH}
    return tuple(
        replace(one, printed=one.printed and one.name not in aside, width=narrow.get(one.name, one.width))
        for one in columns
    )


BESIDE = frozenset({"need", "capacity_limit", "peer_limit", "cover_limit", "expected_profit_limit"})
PACK_LIMITS = decided_on(inserted(LIMITS, "change", (LOGGED, *LIMIT_DECISION)), BESIDE)
