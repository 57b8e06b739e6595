"""A worklist that was filled in becomes entries of the log: every row checked, all of them or none, none twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collection_entries import contact_entry, dispute_entry, note_entry, promise_entry
from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.collection_entries_checks import checked_day
from credrisk.decisions.decision_chain import Entry, fingerprint_of
from credrisk.decisions.decision_log import Record
from credrisk.decisions.policy import Policy
from credrisk.errors import CredriskError, DataError, ParameterError

__all__ = ["WorklistEntries", "WorklistRow", "worklist_entries", "worklist_outcome"]

NO_ANSWER, PROMISE, DISPUTE = "no_answer", "promise", "dispute"


@dataclass(frozen=True)
class WorklistRow:
    """A row of a worklist as it was filled in; empty cells are None, codes in small letters with underscores.

    Attributes
    ----------
    place
        Where it stands, for messages: ``row 7``.
    list_on
        Day of the list.
    done
        True, False, or None where the cell is empty.
    """

    place: str
    customer_id: str
    list_on: date
    action: str | None = None
    collector: str | None = None
    done: bool | None = None
    outcome: str | None = None
    promise_on: date | None = None
    promise_amount: float | None = None
    reason: str | None = None
    note: str | None = None
    next_on: date | None = None
    dispute_document: str | None = None
    dispute_amount: float | None = None

    @property
    def filled_in(self) -> bool:
        """Whether the collector has written anything."""
        return any(value is not None for value in self._said().values())

    @property
    def came_of_it(self) -> bool:
        """Whether the row holds what can only be there once somebody was contacted."""
        said = (self.outcome, self.promise_on, self.promise_amount, self.reason, self.dispute_document)
        return any(value is not None for value in (*said, self.dispute_amount))

    def _said(self) -> dict[str, object]:
        promised, disputed = ("promise_on", "promise_amount"), ("dispute_document", "dispute_amount")
        names = ("done", "outcome", *promised, "reason", "note", "next_on", *disputed)
        return {name: getattr(self, name) for name in names}

    @property
    def fingerprint(self) -> str:
        """What tells the row from one that was changed afterwards."""
        said = {name: str(value) for name, value in self._said().items() if value is not None}
        return fingerprint_of({"customer_id": self.customer_id, "list_on": self.list_on.isoformat(), **said})[:16]


@dataclass(frozen=True)
class WorklistEntries:
    """What is to be appended, each with its row, and how rows were taken: filled in, entered before, left empty."""

    of_rows: list[tuple[WorklistRow, Record]]
    filled_in: int
    known: int
    empty: int

    @property
    def records(self) -> list[Record]:
        """The entries alone, in their order."""
        return [record for _, record in self.of_rows]


def worklist_entries(
    books: AccountBooks,
    rows: Sequence[WorklistRow],
    *,
    entries: Sequence[Entry],
    policy: Policy,
    worked_on: date | str | None = None,
) -> WorklistEntries:
    """Return the entries that a filled-in worklist makes.

    Parameters
    ----------
    books
        Of the day of the entry.
    rows
        As :func:`~credrisk.reports.worklist_read.read_worklist` reads them.
    entries
        Those of the log: a row that was entered before is not entered again.
    policy
        Knows the channel of each action.
    worked_on
        When the contacts were made; the day of the list where none is given.

    Returns
    -------
    WorklistEntries
        A row that is done gives a contact, a promise where a promise date is given (of the amount, else of all that is
        owed), and a dispute where a document is named (of the amount, else of all that is open of it). One that is not
        done says so, in the list's record where the log holds one, else as a note.

    Raises
    ------
    DataError
        When any row cannot be entered: every fault with its row; or a row was changed after it had been entered.
    """
    found, faults = worklist_outcome(books, rows, entries=entries, policy=policy, worked_on=worked_on)
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        raise DataError(
            f"the worklist cannot be entered, and nothing of it was: {shown}.",
            remedy="correct the cells and import the file again.",
        )
    return found


def worklist_outcome(
    books: AccountBooks,
    rows: Sequence[WorklistRow],
    *,
    entries: Sequence[Entry],
    policy: Policy,
    worked_on: date | str | None = None,
) -> tuple[WorklistEntries, list[str]]:
    """Return the entries of the rows that can be entered, and what is wrong with the others, each with its place.

    The parameters are those of :func:`worklist_entries`, which refuses the list where anything is wrong.
    """
    faults: list[str] = []
    _refuse_twice(rows, faults)
    before = {
        (entry.customer_id, entry.content["list_on"]): entry
        for entry in entries
        if entry.content.get("list_on") and entry.content.get("row")
    }
    offered = {(e.customer_id, e.content.get("date")) for e in entries if e.kind == "queue_offer"}
    offered |= {(customer, day.isoformat()) for customer, day in _listed(books, rows)}
    records: list[tuple[WorklistRow, Record]] = []
    known = empty = filled = 0
    for row in rows:
        if not row.filled_in:
            empty += 1
            continue
        filled += 1
        earlier = before.get((row.customer_id, row.list_on.isoformat()))
        if earlier is not None:
            known += 1
            if earlier.content["row"] != row.fingerprint:
                faults.append(
                    f"{row.place}: {row.customer_id} was entered before with other content (entry {earlier.number}); "
                    "what is to be added is entered by credrisk log contact"
                )
            continue
        try:
            made = _of_row(books, row, policy, worked_on, (row.customer_id, row.list_on.isoformat()) in offered)
            records += [(row, record) for record in made]
        except CredriskError as wrong:
            faults.append(f"{row.place}: {wrong}")
    return WorklistEntries(records, filled, known, empty), faults


def _listed(books: AccountBooks, rows: Sequence[WorklistRow]) -> list[tuple[str, date]]:
    days = list({row.list_on for row in rows})
    return books.ledger.table("queue_log").filter(pl.col("date").is_in(days)).select("customer_id", "date").rows()


def _refuse_twice(rows: Sequence[WorklistRow], faults: list[str]) -> None:
    seen: dict[tuple[str, date], str] = {}
    for row in rows:
        key = (row.customer_id, row.list_on)
        if row.filled_in and key in seen:
            faults.append(f"{row.place}: {row.customer_id} stands in {seen[key]} as well")
        elif row.filled_in:
            seen[key] = row.place


def _of_row(
    books: AccountBooks, row: WorklistRow, policy: Policy, worked_on: date | str | None, offered: bool
) -> list[Record]:
    mark = {"list_on": row.list_on.isoformat(), "row": row.fingerprint}
    if row.next_on is not None:
        if row.next_on < row.list_on:
            raise ParameterError("next_on", f"not before {row.list_on}, the day of the list", row.next_on.isoformat())
        mark["next_on"] = row.next_on.isoformat()
    if row.done is None and row.came_of_it:
        raise ParameterError("done", "yes or no where something came of the contact", "nothing")
    if not row.done:
        return _not_done(books, row, mark, offered)
    if row.promise_amount is not None and row.promise_on is None:
        raise ParameterError("promise_on", "given where an amount is promised", "nothing")
    if row.outcome == PROMISE and row.promise_on is None:
        raise ParameterError("promise_on", "given where the outcome is a promise", "nothing")
    if row.dispute_amount is not None and row.dispute_document is None:
        raise ParameterError("dispute_document", "given where an amount is disputed", "nothing")
    if row.outcome == NO_ANSWER and row.promise_on is not None:
        raise ParameterError("promise_on", "left empty where nobody answered", row.promise_on.isoformat())
    if row.outcome == NO_ANSWER and row.dispute_document is not None:
        raise ParameterError("dispute_document", "left empty where nobody answered", row.dispute_document)
    worked = checked_day("worked_on", row.list_on if worked_on is None else to_date(worked_on, "worked_on"), books.day)
    if worked < row.list_on:
        raise ParameterError("worked_on", f"not before {row.list_on}, the day of the list", worked.isoformat())
    contact = contact_entry(
        books,
        customer_id=row.customer_id,
        channel=_channel(policy, row.action),
        outcome=row.outcome or _outcome(row),
        made_on=worked,
        action=row.action,
        collector=row.collector,
        reason=row.reason,
        note=row.note,
    )
    made = [Record(contact.kind, {**contact.payload, **mark}, customer_id=contact.customer_id)]
    if row.promise_on is not None:
        promise = promise_entry(
            books,
            customer_id=row.customer_id,
            due_on=row.promise_on,
            amount=row.promise_amount,
            made_on=worked,
        )
        made.append(promise)
    if row.dispute_document is not None:
        dispute = dispute_entry(
            books,
            document_id=row.dispute_document,
            customer_id=row.customer_id,
            amount=row.dispute_amount,
            opened_on=worked,
            reason=row.note,
        )
        made.append(dispute)
    if offered:
        done = {"date": row.list_on.isoformat(), "done": True}
        made.append(Record("queue_done", done, customer_id=row.customer_id))
    return made


def _outcome(row: WorklistRow) -> str:
    """Return what came of a contact of which only a promise or a dispute, or nothing, is told."""
    if row.promise_on is not None:
        return PROMISE
    return DISPUTE if row.dispute_document is not None else "reached"


def _not_done(books: AccountBooks, row: WorklistRow, mark: dict[str, str], offered: bool) -> list[Record]:
    customer = books.customer(row.customer_id)
    if row.came_of_it:
        raise ParameterError("done", "yes where something came of the contact", "no")
    if row.done is None:
        words = row.note or f"to be contacted again on {row.next_on}"
        note = note_entry(books, text=words, customer_id=customer)
        return [Record(note.kind, {**note.payload, **mark}, customer_id=customer)]
    why_not = row.note or "no reason given"
    if offered:
        content = {"date": row.list_on.isoformat(), "done": False, "why_not": why_not, **mark}
        return [Record("queue_done", content, customer_id=customer)]
    note = note_entry(books, text=f"not contacted ({row.action or 'contact'}): {why_not}", customer_id=customer)
    return [Record(note.kind, {**note.payload, **mark}, customer_id=customer)]


def _channel(policy: Policy, action: str | None) -> str:
    return next((one.channel for one in policy.collection.actions if one.name == action), "other")
