"""The ledger with what was recorded in the decision log since it was exported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.ledger.ledger import Ledger

__all__ = ["recorded_ledger", "with_log"]


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
    notes = []
    if aside > 0:
        have = "does" if aside == 1 else "do"
        notes.append(
            f"{counted(aside, 'entry', 'entries')} of the log {have} not fit the ledger and count for nothing here; "
            "credrisk digest says which."
        )
    return whole, tuple(notes)
