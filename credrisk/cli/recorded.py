"""The ledger with what was recorded in the decision log since it was exported."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.ledger.ledger import Ledger

__all__ = ["later_note", "recorded_ledger", "with_log"]


STEERING = ("contact", "promise", "dispute", "dispute_resolved", "write_off", "queue_done", "hand")
"""Kinds of entries that change who is contacted, and how."""


def with_log(ledger: Ledger, path: Path | None, *, as_of: date) -> Ledger:
    """Return the ledger with the log at ``path`` up to ``as_of``, and print what of it does not fit; as is without."""
    from credrisk.cli.console import console
    from credrisk.decisions.decision_log import DecisionLog

    if path is None:
        return ledger
    log = DecisionLog(path)
    log.head()
    whole, notes = recorded_ledger(ledger, log, as_of=as_of)
    for note in notes:
        console.print(f"Note: {note}", style="yellow", markup=False)
    return whole


def recorded_ledger(ledger: Ledger, log: DecisionLog, *, as_of: date) -> tuple[Ledger, tuple[str, ...]]:
    """Return the ledger with what was recorded in the log up to ``as_of``, and what to say of it."""
    from credrisk.decisions.recorded import with_recorded
    from credrisk.wording import counted

    whole = with_recorded(ledger, log, as_of=as_of)
    aside = whole.quarantine.height - ledger.quarantine.height
    notes = later_note(log, as_of=as_of, kinds=STEERING)
    if aside > 0:
        have = "does" if aside == 1 else "do"
        notes.append(
            f"{counted(aside, 'entry', 'entries')} of the log {have} not fit the ledger and count for nothing here; "
            "credrisk digest says which."
        )
    return whole, tuple(notes)


def later_note(log: DecisionLog, *, as_of: date, kinds: Collection[str]) -> list[str]:
    """Return the sentence that tells of entries of these kinds written after ``as_of``; none where there are none."""
    from credrisk.decisions.recorded_rows import entry_day
    from credrisk.wording import counted

    later = [one for one in log.read() if one.kind in kinds and entry_day(one) > as_of] if log.path.exists() else []
    if not later:
        return []
    have, count = ("is", "counts") if len(later) == 1 else ("are", "count")
    first = min(entry_day(one) for one in later)
    return [
        f"{counted(len(later), 'entry', 'entries')} of the log {have} later than {as_of} (from {first} on) and {count} "
        "for nothing here. What was decided on that day is entered with --at."
    ]
