"""A workbook of the pack that came back becomes entries of the decision log: all, or none and every reason why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.collection_entries_worklist import WorklistRow, worklist_outcome
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import Record
from credrisk.decisions.limit_record import LIMIT
from credrisk.decisions.pack_edits import Change, PackEdits, PackStamp, Taken, spelled
from credrisk.decisions.pack_limits import limit_changes
from credrisk.decisions.pack_queue import hand_changes
from credrisk.decisions.policy import Policy
from credrisk.decisions.supervisor_hand import HAND
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger
from credrisk.wording import counted, money

__all__ = ["PackChanges", "pack_changes", "refuse_another"]

SHOWN = 100
"""Faults that are told one by one."""


@dataclass(frozen=True)
class PackChanges:
    """What a workbook changes.

    Attributes
    ----------
    changes
        In the order limits, queue, worklist; each with its entry.
    known
        Rows that stand in the log already, as they are.
    notes
        What is worth knowing and stops nothing.
    seen
        Number of the last entry of the log that was held against the workbook.
    """

    changes: tuple[Change, ...]
    known: int
    notes: tuple[str, ...]
    seen: int

    @property
    def records(self) -> list[Record]:
        """The entries, to be appended after entry ``seen``, all or none."""
        return [change.record for change in self.changes]


def refuse_another(stamp: PackStamp, *, ledger: Ledger, policy: Policy) -> None:
    """Refuse a workbook that was made from another ledger or under another policy.

    What was posted after the day of the pack does not matter.

    Raises
    ------
    ParameterError
        When currency, policy or what the ledger held on the day differ.
    """
    if stamp.currency != ledger.settings.currency:
        raise ParameterError("pack", f"one in {ledger.settings.currency}, the ledger's currency", stamp.currency)
    if not ledger.settings.covers_from <= stamp.as_of <= ledger.settings.covers_to:
        covered = f"{ledger.settings.covers_from} to {ledger.settings.covers_to}"
        raise ParameterError("pack", f"one of a day that the ledger covers ({covered})", stamp.as_of.isoformat())
    if stamp.made_from.get("policy") != policy.hash:
        given = f"policy {stamp.made_from.get('policy_version')} ({str(stamp.made_from.get('policy'))[:12]})"
        rule = f"one made under the policy in use ({policy.version}, {policy.hash[:12]})"
        raise ParameterError("pack", rule, given, remedy="give --policy as the pack had it, or make the pack again.")
    held = content_hash(ledger.cut(stamp.as_of))
    if stamp.made_from.get("ledger") != held:
        raise ParameterError(
            "pack",
            f"one of this ledger ({held[:12]} as known on {stamp.as_of})",
            f"one of another, or before postings up to {stamp.as_of} were changed "
            f"({str(stamp.made_from.get('ledger'))[:12]})",
            remedy="give --public as the pack had it, or make the pack again.",
        )


def pack_changes(
    edits: PackEdits,
    *,
    books: AccountBooks,
    entries: Sequence[Entry],
    policy: Policy,
    author: str,
    recommended: Mapping[str, Mapping[str, Any]] | None = None,
    worked_on: date | str | None = None,
) -> PackChanges:
    """Return what the workbook changes, if all of it can be entered.

    Parameters
    ----------
    edits
        As :func:`~credrisk.reports.book_read.read_book_workbook` reads them; :func:`refuse_another` has passed them.
    books
        Of the day of the entry.
    entries
        All of the log.
    author
        Who enters them.
    recommended
        By customer the row that the run recommended, with ``inputs``; what the workbook's stamp says where not given.
    worked_on
        When the contacts of the worklist were made; the day of the list where not given.

    Raises
    ------
    DataError
        When anything cannot be read or entered: every fault with its cell or row.
    """
    stamp = edits.stamp
    limits = limit_changes(
        edits.limits,
        stamp=stamp,
        recommended=stamp.limits if recommended is None else recommended,
        entries=entries,
        policy=policy,
        author=author,
    )
    hands = hand_changes(edits.hands, stamp=stamp, entries=entries, today=books.day, author=author)
    worklist = _worklist(edits.worklist, books, entries, policy, worked_on)
    parts = (limits, hands, worklist)
    faults = [*edits.faults, *(fault for part in parts for fault in part.faults)]
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        told = "; ".join(fault.rstrip(".") for fault in faults[:SHOWN])
        raise DataError(
            f"the workbook cannot be applied, and nothing of it was: {told}{more}.",
            remedy="correct the cells and apply the file again.",
        )
    notes = [*edits.notes, *(note for part in parts for note in part.notes), *_no_longer(edits, entries)]
    return PackChanges(
        tuple(change for part in parts for change in part.changes),
        sum(part.known for part in parts),
        tuple(notes),
        max((entry.number for entry in entries), default=0),
    )


def _worklist(
    rows: Sequence[WorklistRow],
    books: AccountBooks,
    entries: Sequence[Entry],
    policy: Policy,
    worked_on: date | str | None,
) -> Taken:
    found, faults = worklist_outcome(books, rows, entries=entries, policy=policy, worked_on=worked_on)
    changes = [Change(row.place, row.customer_id, _words(record), record) for row, record in found.of_rows]
    return Taken(changes, found.known, faults)


def _words(record: Record) -> str:
    """Say what an entry of the worklist holds."""
    held = record.payload
    if record.kind == "contact":
        why = f" ({spelled(held['reason'])})" if held.get("reason") else ""
        return f"contact by {spelled(held['channel'])} on {held['date']}: {spelled(held['outcome'])}{why}"
    if record.kind == "promise":
        amount = money(held["amount"], held["currency"]) if held.get("amount") is not None else "all that is open"
        return f"promise of {amount} for {held['due_on']}"
    if record.kind == "dispute":
        amount = money(held["amount"], held["currency"]) if held.get("amount") is not None else "all that is open"
        return f"dispute of {amount} of {held['document_id']}"
    if record.kind == "queue_done":
        return "done" if held["done"] else f"not done: {held['why_not']}"
    return f"note: {held['text']}"


def _no_longer(edits: PackEdits, entries: Sequence[Entry]) -> list[str]:
    """Say which limits and hands of this pack the log holds that the workbook does not."""
    here = {(LIMIT, edit.customer_id) for edit in edits.limits}
    here |= {(HAND, edit.customer_id) for edit in edits.hands}
    last = {
        (entry.kind, entry.customer_id): entry
        for entry in entries
        if entry.kind in (LIMIT, HAND) and entry.content.get("pack") == edits.stamp.pack
    }
    gone = [entry for key, entry in last.items() if key not in here]
    if not gone:
        return []
    shown = ", ".join(f"{entry.customer_id} (entry {entry.number})" for entry in gone[:5])
    more = f" and {len(gone) - 5:,} more" if len(gone) > 5 else ""
    return [
        f"In the log, but not in this copy, and still in force: {counted(len(gone), 'decision')} of this pack, of "
        f"{shown}{more}. An empty cell takes nothing back."
    ]
