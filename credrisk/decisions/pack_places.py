"""By which factors accounts must be boosted so that each gets the place in the list that it was given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any

from credrisk.decisions.supervisor_hand import MOST

__all__ = ["place_factors"]

BY_WORTH = ("gain", "automatic", None)
"""Slots within which the list is ordered by worth; any other is a rule's."""
ON_TOP = ("insurer", "pin")
"""Slots above everything that is ordered by worth, in their order."""
APART = 1.1
"""How far the first and the last of a list stand from the next account."""
DIGITS = 4
Rows = Mapping[str, Mapping[str, Any]]


def place_factors(
    queue: Rows,
    wanted: Mapping[str, int],
    *,
    pinned: Collection[str] = (),
    excluded: Collection[str] = (),
    boosted: Mapping[str, float] | None = None,
) -> tuple[dict[str, float], dict[str, str]]:
    """Return by customer the factor of its boost, and by customer why there is none.

    Parameters
    ----------
    queue
        By customer ``rank`` (None: held), ``slot``, ``worth`` (what the list is ranked by) and ``hold``.
    wanted
        By customer the new place, from 1; beyond the end is the end.
    pinned, excluded, boosted
        What is laid down for other customers at the same time: it moves them first.

    Notes
    -----
    The accounts that are moved are taken out of the list and put in at their places, the lowest place first. The factor
    brings an account's worth between those of its new neighbours, several of them evenly spaced by ratio. A place
    above or beside an account that stands there by a rule (an insurer's deadline, a pin, a place kept for small
    accounts) cannot be had by worth alone; right below deadlines and pins it can.
    """
    rows = _with_others(queue, pinned, excluded, boosted or {})
    faults = {one: _unfit(rows.get(one, queue[one])) for one in wanted}
    faults = {one: fault for one, fault in faults.items() if fault}
    taken: dict[int, str] = {}
    for one, place in sorted(wanted.items(), key=lambda pair: (pair[1], pair[0])):
        if one in faults:
            continue
        if place in taken:
            faults[one] = f"place {place} is asked for by {taken[place]} as well"
        taken.setdefault(place, one)
    moved = [one for _, one in sorted(taken.items()) if one not in faults]
    order = [one for one in rows if one not in moved]
    for one in moved:
        order.insert(min(wanted[one], len(order) + 1) - 1, one)
    factors: dict[str, float] = {}
    position = 0
    for is_moved, group in groupby(order, key=lambda one: one in moved):
        run = list(group)
        if is_moved:
            above = order[position - 1] if position else None
            below = order[position + len(run)] if position + len(run) < len(order) else None
            _between(run, above, below, rows, factors, faults)
        position += len(run)
    return factors, faults


def _with_others(
    queue: Rows, pinned: Collection[str], excluded: Collection[str], boosted: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """Return the rows that are not held, in the order that pins, exclusions and boosts give them."""
    listed = sorted((one for one in queue if queue[one].get("rank") is not None), key=lambda one: queue[one]["rank"])
    rows = {one: dict(queue[one]) for one in listed if one not in excluded}
    for one in rows:
        if one in pinned and rows[one].get("slot") not in ON_TOP:
            rows[one]["slot"] = "pin"
        if one in boosted and (rows[one].get("worth") or 0.0) > 0:
            rows[one]["worth"] *= boosted[one]
    order = [one for one in rows if one not in boosted or rows[one].get("slot") not in BY_WORTH]
    for one in sorted((one for one in rows if one not in order), key=lambda one: rows[one]["worth"] or 0.0):
        less = (
            place
            for place, other in enumerate(order)
            if rows[other].get("slot") in BY_WORTH and (rows[other]["worth"] or 0.0) < (rows[one]["worth"] or 0.0)
        )
        order.insert(next(less, len(order)), one)
    top = {slot: place for place, slot in enumerate(ON_TOP)}
    order.sort(key=lambda one: top.get(str(rows[one].get("slot")), len(top)))
    return {one: rows[one] for one in order}


def _unfit(row: Mapping[str, Any]) -> str:
    if row.get("rank") is None:
        return f"it is held back ({str(row.get('hold') or 'no reason given').replace('_', ' ')}); a place lifts no hold"
    if not (row.get("worth") or 0.0) > 0:
        return "contacting it gains nothing, so that no boost moves it: pin it instead"
    if row.get("slot") not in BY_WORTH:
        return f"it stands where it is by a rule ({str(row['slot']).replace('_', ' ')}), whatever it gains"
    return ""


def _between(
    run: list[str],
    above: str | None,
    below: str | None,
    queue: Rows,
    factors: dict[str, float],
    faults: dict[str, str],
) -> None:
    """Find the factors of accounts that stand next to each other between two that keep their worth."""
    if above is not None and queue[above].get("slot") in ON_TOP:
        above = None
    for neighbour in (above, below):
        if neighbour is not None and queue[neighbour].get("slot") not in BY_WORTH:
            rule = str(queue[neighbour]["slot"]).replace("_", " ")
            said = f"its new place is next to {neighbour}, which stands there by a rule ({rule}): pin it instead"
            faults.update(dict.fromkeys(run, said))
            return
    high = queue[above]["worth"] if above is not None else None
    low = queue[below]["worth"] if below is not None else None
    if low is not None and low <= 0:
        low = None
    if high is None and low is None:
        high = max(float(queue[one]["worth"]) for one in run) * APART
    spread = APART ** (len(run) + 1)
    top = high if high is not None else (low or 0.0) * spread
    bottom = low if low is not None else top / spread
    if not top > bottom > 0:
        said = f"its new place is between {above} and {below}, which are not in the order of what they gain: pin it"
        faults.update(dict.fromkeys(run, said))
        return
    step = (bottom / top) ** (1 / (len(run) + 1))
    for number, one in enumerate(run, start=1):
        worth = float(queue[one]["worth"])
        factor = float(f"{top * step**number / worth:.{DIGITS}g}")
        inside = bottom < factor * worth < top
        if not inside:
            factor = top * step**number / worth
        if not 1 / MOST <= factor <= MOST:
            faults[one] = f"its new place would take a boost x {factor:.3g}, beyond {1 / MOST:g} to {MOST:g}: pin it"
        else:
            factors[one] = factor
