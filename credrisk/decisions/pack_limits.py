"""The sheet Limits as it came back: which limits are set, by whom they must be signed, and what cannot be taken."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import Record
from credrisk.decisions.limit_record import LIMIT, limit_record
from credrisk.decisions.order_ids import nearest_ids
from credrisk.decisions.pack_edits import Change, LimitEdit, PackStamp, Taken
from credrisk.decisions.pack_history import Earlier
from credrisk.decisions.policy import Policy
from credrisk.errors import CredriskError
from credrisk.ledger.money import EXPONENTS
from credrisk.wording import money

__all__ = ["limit_changes"]

BY_HAND = "set it with credrisk log limit if it is to be so"


def limit_changes(
    edits: Sequence[LimitEdit],
    *,
    stamp: PackStamp,
    recommended: Mapping[str, Mapping[str, Any]],
    entries: Sequence[Entry],
    policy: Policy,
    author: str,
) -> Taken:
    """Return what the rows of the sheet set.

    Parameters
    ----------
    recommended
        By customer the row that was recommended, with ``inputs``: of the stamp, or of the run itself.
    entries
        Those of the log.
    policy
        Under which the pack was made: it says who may sign.
    author
        Who enters them.
    """
    taken = Taken()
    seen: dict[str, str] = {}
    for edit in edits:
        if edit.customer_id in seen:
            taken.faults.append(f"{edit.place}: {edit.customer_id} is decided on in {seen[edit.customer_id]} as well")
            continue
        seen[edit.customer_id] = edit.place
        fault = _fault(edit, recommended, stamp.currency)
        if fault:
            taken.faults.append(f"{edit.place}: {fault}")
            continue
        own = [entry for entry in entries if entry.kind == LIMIT and entry.customer_id == edit.customer_id]
        earlier = Earlier(own, pack=stamp.pack, as_of=stamp.as_of)
        if earlier.known(edit.fingerprint):
            taken.known += 1
            continue
        conflict = earlier.conflict(edit.fingerprint, author)
        if conflict and earlier.last is not None:
            held = money(earlier.last.content.get("limit"), stamp.currency)
            taken.faults.append(
                f"{edit.place}: the limit of {edit.customer_id}: {conflict}; {held} stands in the log; {BY_HAND}"
            )
            continue
        try:
            record = _record(edit, recommended[edit.customer_id], stamp, policy)
        except CredriskError as wrong:
            taken.faults.append(f"{edit.place}: {wrong}")
            continue
        taken.changes.append(Change(edit.place, edit.customer_id, _words(record, earlier.last, stamp), record))
    return taken


def _fault(edit: LimitEdit, recommended: Mapping[str, Any], currency: str) -> str:
    if edit.customer_id not in recommended:
        near = nearest_ids(edit.customer_id, list(recommended))
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return f"{edit.customer_id} is not on the sheet as it was written{hint}"
    if edit.limit is None:
        return "a reason without a limit: write the limit, or clear the reason"
    if not 0 <= edit.limit < math.inf:
        return f"the limit must be at least 0; got {edit.limit:,.2f}"
    if abs(edit.limit - round(edit.limit, EXPONENTS.get(currency, 2))) > 1e-9 * max(1.0, edit.limit):
        return f"the limit has more decimals than {currency}; got {edit.limit!r}"
    return ""


def _record(edit: LimitEdit, row: Mapping[str, Any], stamp: PackStamp, policy: Policy) -> Record:
    record = limit_record(
        row,
        policy=policy,
        as_of=stamp.as_of,
        currency=stamp.currency,
        limit=edit.limit,
        reason=edit.reason or "",
        model=stamp.made_from.get("model") or None,
        inputs=row["inputs"],
    )
    marked = {**record.payload, "pack": stamp.pack, "row": edit.fingerprint}
    return Record(record.kind, marked, record.customer_id, record.inputs, record.model)


def _words(record: Record, before: Entry | None, stamp: PackStamp) -> str:
    held = record.payload
    today = "no limit on file" if held["limit_on_file"] is None else money(held["limit_on_file"], stamp.currency)
    if before is not None and before.content.get("pack") == stamp.pack:
        today = f"{money(before.content.get('limit'), stamp.currency)}, entered before (entry {before.number})"
    advised = money(held["recommended_limit"], stamp.currency)
    why = f": {held['reason']}" if held.get("reason") else ""
    limit = f"limit {money(held['limit'], stamp.currency)}"
    return f"{limit} (today {today}; recommended {advised}){why}; to be signed by: {_signers(record)}"


def _signers(record: Record) -> str:
    limit, override = record.payload["approver"], record.payload.get("override_approver")
    return limit if override in (None, limit) else f"{limit}, and {override} for the difference"
