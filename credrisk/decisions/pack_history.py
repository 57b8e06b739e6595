"""Whether a row of the pack was entered before, was changed since, or stands against what somebody else entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.recorded_rows import entry_day

__all__ = ["Earlier"]


class Earlier:
    """The entries of one kind about one customer, oldest first, held against a row of the pack.

    Parameters
    ----------
    entries
        Those that the row would take the place of.
    pack
        Name of the pack: the mark of entries that came from a copy of it.
    as_of
        Day of the pack: what was entered by then could be seen when it was made.
    """

    def __init__(self, entries: Sequence[Entry], *, pack: str, as_of: date) -> None:
        self.entries, self.pack, self.as_of = tuple(entries), pack, as_of

    @property
    def last(self) -> Entry | None:
        """The one in force."""
        return self.entries[-1] if self.entries else None

    def known(self, fingerprint: str) -> bool:
        """Tell whether the row stands in the log as it is, and nothing was entered after it."""
        return self.last is not None and self._is_row(self.last, fingerprint)

    def conflict(self, fingerprint: str, author: str) -> str:
        """Say why the row must not take the place of what is in force; empty where it may."""
        last = self.last
        if last is None:
            return ""
        old = next((entry for entry in self.entries[:-1] if self._is_row(entry, fingerprint)), None)
        if old is not None:
            return (
                f"it was entered from this pack before (entry {old.number}) and changed since by {last.author} "
                f"(entry {last.number}): this seems to be an older copy"
            )
        if last.content.get("pack") == self.pack:
            said = f"{last.author} entered another one from a copy of this pack (entry {last.number})"
            return "" if last.author == author else said
        if entry_day(last) > self.as_of:
            return f"{last.author} entered another one on {entry_day(last)}, after the pack (entry {last.number})"
        return ""

    def _is_row(self, entry: Entry, fingerprint: str) -> bool:
        return entry.content.get("pack") == self.pack and entry.content.get("row") == fingerprint
