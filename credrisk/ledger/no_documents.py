"""A ledger without any document: why there is none, said wherever one would otherwise be told what follows from it."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.findings import Finding, few
from credrisk.ledger.intake import REASONS
from credrisk.ledger.ledger import Ledger

__all__ = ["no_documents_finding", "refuse_all_set_aside", "refuse_unknown_documents", "why_nothing_kept"]

MEND = "correct these cells in the source, or the columns that the mapping names for them."


def why_nothing_kept(documents: pl.DataFrame, quarantine: pl.DataFrame) -> str:
    """Return why every document was set aside, in words; nothing where some were kept, or none was read."""
    lost = quarantine.filter(table="documents") if quarantine.height else quarantine
    if documents.height or lost.is_empty():
        return ""
    reasons = lost.group_by("reason", "column").len().sort("len", "reason", "column", descending=[True, False, False])
    said = [
        f"{rows:,} {'row' if rows == 1 else 'rows'}: {REASONS[reason]}{f' ({column})' if column else ''}"
        for reason, column, rows in reasons.head(3).iter_rows()
    ]
    return f"Every document was set aside ({'; '.join(said)}; for example {', '.join(few(lost['value'])) or 'empty'})."


def no_documents_finding(ledger: Ledger) -> list[Finding]:
    """Return the finding that every document was set aside, where it was."""
    why = why_nothing_kept(ledger.table("documents"), ledger.quarantine)
    if not why:
        return []
    rows = ledger.quarantine.filter(table="documents").height
    return [Finding("error", "documents", "all_set_aside", why[0].lower() + why[1:], rows, remedy=MEND)]


def refuse_all_set_aside(ledger: Ledger) -> None:
    """Refuse a ledger of which every document was set aside.

    Raises
    ------
    DataError
        With the reasons, the most frequent first.
    """
    if why := why_nothing_kept(ledger.table("documents"), ledger.quarantine):
        raise DataError(why[0].lower() + why[1:], table="documents", remedy=MEND)


def refuse_unknown_documents(known: Ledger, ledger: Ledger, day: date) -> None:
    """Refuse a day on which no document is known.

    Parameters
    ----------
    known
        The ledger as it is known on that day.
    ledger
        The whole of it.

    Raises
    ------
    DataError
        With the reasons where every document was set aside, else with the day.
    """
    if known.table("documents").is_empty():
        refuse_all_set_aside(ledger)
        raise DataError(f"no document is known by {day}.", table="documents", remedy="choose a later --as-of.")
