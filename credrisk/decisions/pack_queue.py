"""The sheet Queue as it came back: pins, boosts, exclusions and new places, each with its reason and its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import Record
from credrisk.decisions.order_ids import nearest_ids
from credrisk.decisions.pack_edits import Change, HandEdit, PackStamp, Taken, spelled
from credrisk.decisions.pack_history import Earlier
from credrisk.decisions.pack_places import place_factors
from credrisk.decisions.supervisor_hand import HAND, hand_record
from credrisk.errors import CredriskError

__all__ = ["hand_changes"]

BOOST = "boost"
BY_HAND = "lay it with credrisk log hand if it is to be so"


def hand_changes(
    edits: Sequence[HandEdit], *, stamp: PackStamp, entries: Sequence[Entry], today: date, author: str
) -> Taken:
    """Return what the rows of the sheet lay down.

    A new place becomes a boost with the factor that puts the account there by the figures of the pack; the lists of
    later days have their own.

    Parameters
    ----------
    entries
        Those of the log.
    today
        The day of the entries: what ends by then would do nothing.
    author
        Who enters them.
    """
    taken = Taken()
    fit: list[HandEdit] = []
    seen: dict[str, str] = {}
    for edit in edits:
        if edit.customer_id in seen:
            taken.faults.append(f"{edit.place}: {edit.customer_id} is edited in {seen[edit.customer_id]} as well")
            continue
        seen[edit.customer_id] = edit.place
        faults = _faults(edit, stamp, today)
        taken.faults += [f"{edit.place}: {fault}" for fault in faults]
        fit += [] if faults else [edit]
    wanted = {edit.customer_id: edit.new_place for edit in fit if edit.new_place is not None}
    factors, unplaced = place_factors(
        stamp.queue,
        wanted,
        pinned=[edit.customer_id for edit in fit if edit.what == "pin"],
        excluded=[edit.customer_id for edit in fit if edit.what == "exclude"],
        boosted={edit.customer_id: edit.factor for edit in fit if edit.factor is not None},
    )
    for edit in fit:
        if edit.customer_id in unplaced:
            taken.faults.append(f"{edit.place}: {unplaced[edit.customer_id]}")
            continue
        before = len(taken.changes)
        _take(taken, edit, factors.get(edit.customer_id, edit.factor), stamp, entries, author)
        if len(taken.changes) > before:
            taken.notes += _beside(edit, entries, today)
    return taken


def _take(
    taken: Taken, edit: HandEdit, factor: float | None, stamp: PackStamp, entries: Sequence[Entry], author: str
) -> None:
    what = edit.what or BOOST
    of_customer = [one for one in entries if one.kind == HAND and one.customer_id == edit.customer_id]
    own = [one for one in of_customer if one.content.get("what") == what]
    earlier = Earlier(own, pack=stamp.pack, as_of=stamp.as_of)
    if earlier.known(edit.fingerprint):
        taken.known += 1
        return
    conflict = earlier.conflict(edit.fingerprint, author)
    if conflict:
        taken.faults.append(f"{edit.place}: the {what} of {edit.customer_id}: {conflict}; {BY_HAND}")
        return
    try:
        record = hand_record(
            edit.customer_id, what=what, reason=edit.reason or "", expires_on=edit.expires_on or date.min, factor=factor
        )
    except CredriskError as wrong:
        taken.faults.append(f"{edit.place}: {wrong}")
        return
    mark: dict[str, Any] = {"pack": stamp.pack, "row": edit.fingerprint}
    if edit.new_place is not None:
        mark["place"] = edit.new_place
    record = Record(record.kind, {**record.payload, **mark}, record.customer_id)
    hold = stamp.queue[edit.customer_id].get("hold")
    if hold and what == "pin":
        taken.notes.append(f"{edit.place}: {edit.customer_id} is held back ({spelled(hold)}); a pin lifts no hold.")
    taken.changes.append(Change(edit.place, edit.customer_id, _words(record, edit, earlier.last), record))


def _beside(edit: HandEdit, entries: Sequence[Entry], today: date) -> list[str]:
    """Say what else the log holds in force on the account: a pin is not ended by an exclusion, nor the other way."""
    last = {
        str(one.content.get("what")): one
        for one in entries
        if one.kind == HAND and one.customer_id == edit.customer_id and one.content.get("what") != (edit.what or BOOST)
    }
    return [
        f"{edit.place}: the {what} of {edit.customer_id} in the log (entry {one.number}) stays in force until "
        f"{one.content.get('expires_on')}; credrisk log hand ends it."
        for what, one in last.items()
        if str(one.content.get("expires_on")) > today.isoformat()
    ]


def _faults(edit: HandEdit, stamp: PackStamp, today: date) -> list[str]:
    if edit.customer_id not in stamp.queue:
        near = nearest_ids(edit.customer_id, list(stamp.queue))
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return [f"{edit.customer_id} is not on the sheet as it was written{hint}"]
    faults = []
    if edit.what is None and edit.new_place is None:
        faults.append("say what is to be done: pin, boost or exclude, or a new place")
    elif edit.what is not None and edit.new_place is not None:
        faults.append(f"a new place and {edit.what} at once: keep one of them")
    elif (edit.what == BOOST) != (edit.factor is not None):
        faults.append("a boost needs its factor" if edit.factor is None else "a factor goes with a boost only")
    if not (edit.reason or "").strip():
        faults.append("the reason must be said: it is read by whoever comes after")
    if edit.expires_on is None:
        faults.append("the day on which it ends must be given")
    elif edit.expires_on <= today:
        entered = f"{today}, the day of the entry (--at enters it as of an earlier one)"
        faults.append(f"it must end after {entered}; got {edit.expires_on}")
    return faults


def _words(record: Record, edit: HandEdit, before: Entry | None) -> str:
    what, held = record.payload["what"], record.payload
    done = {"pin": "pinned to the top", "exclude": "not contacted", BOOST: f"boosted x {held.get('factor', 0):g}"}[what]
    if edit.new_place is not None:
        done = f"to place {edit.new_place} (boosted x {held['factor']:g})"
    instead = f", instead of entry {before.number}" if before is not None else ""
    return f"{done} until {edit.expires_on}: {held['reason']}{instead}"
