"""The desk's look back: which lists the queue and its rivals would have made in the last year, and what they held."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.pipeline.queue_replay_history import HistoryReplayed, replay_history, step_days
from credrisk.progress import Progress, silent
from credrisk.reports.replay_page import history_headline
from credrisk.widgets.desk import Desk
from credrisk.wording import percent

__all__ = ["LookBack", "look_back"]

EVERY_DAYS = 28


@dataclass(frozen=True)
class LookBack:
    """What the replay found; ``found`` is None where the ledger covers too little, and ``says`` tells why."""

    says: tuple[str, ...]
    found: HistoryReplayed | None


def look_back(desk: Desk, *, every_days: int = EVERY_DAYS, progress: Progress = silent) -> LookBack:
    """Replay the lists of the year before the desk's day, each from what was known on the day before.

    It tells what each list would have held before its money grew old, not what contacting would have changed.
    """
    ledger = desk.basis.ledger
    try:
        days = step_days(ledger, every=every_days)
        found = replay_history(ledger, days=days, policy=desk.policy, progress=progress)
    except EvidenceError as too_little:
        return LookBack((f"Nothing can be replayed: {too_little}",), None)
    queue = found.overlap.filter(pl.col("ranking") == "queue").row(0, named=True)
    contacted = queue["listed_contacted"]
    said = (
        f"{history_headline(found.caught)}: {len(days)} lists, one every {every_days} days from {days[0]} on, each "
        "from what was known the day before.",
        "The ledger holds no contacts of that time to compare with."
        if contacted is None
        else f"{percent(contacted)} of their places were accounts that the team really contacted then.",
        "It is a description: whether a contact would have changed anything it does not say.",
    )
    return LookBack(said, found)
