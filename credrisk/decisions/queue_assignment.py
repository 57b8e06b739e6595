"""Which contact is made by whom: units to collectors, under the minutes of each, for as much gain as there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.decisions.queue_prices import Flags, Floats, Ints, Options, minute_prices

__all__ = ["Assignment", "assign", "assign_in_order", "most_room", "upgrade"]

SLACK = 1e-9
NOBODY = -1


@dataclass(frozen=True)
class Assignment:
    """What was taken.

    Attributes
    ----------
    option
        Places of the options taken, in the order in which they were.
    collector
        Who does each.
    left
        Minutes left of each collector.
    bound
        No assignment of the same options gains more; infinite where it was not worked out.
    prices
        Money a minute of each collector at which the work just fits; 0 where they were not worked out.
    """

    option: Ints
    collector: Ints
    left: Floats
    bound: float
    prices: Floats


def assign(options: Options, minutes: Floats) -> Assignment:
    """Take at most one option of each unit, each by one collector who is able, for as much value as there is.

    Parameters
    ----------
    options
        Those with a value of 0 or less are never taken.
    minutes
        What each collector has, shape (collectors,).

    Notes
    -----
    Prices first (:mod:`credrisk.decisions.queue_prices`), then units by their surplus at these prices, each to the
    collector for whom the linear program has most room left for its class; then whatever still fits, by gain a
    minute, and better options for units that have one. An answer of the linear program splits at most one unit for
    each collector, so what is lost to whole contacts is at most one contact for each.
    """
    worth, places = options.chosen(options.value > 0)
    left = minutes.astype(np.float64).copy()
    if not len(places) or not left.any():
        return Assignment(_none(), _none(), left, 0.0, np.zeros(len(minutes)))
    if _alike(worth):
        best = _best_of_units(worth, worth.value)
        order = best[np.argsort(-worth.value[best], kind="stable")]
        taken, who = assign_in_order(worth, order, left)
        return Assignment(places[taken], who, left, np.inf, np.zeros(len(minutes)))
    priced = minute_prices(worth, left)
    lowest = np.where(options.able & (left > 0), priced.of_collector, np.inf).min(axis=1)
    surplus = worth.value - worth.minutes * lowest[worth.kind]
    best = _best_of_units(worth, surplus)
    order = best[np.argsort(-surplus[best], kind="stable")]
    # Ties at the price are settled by gain a minute: the surplus of the last ones is 0 or a rounding of it.
    wanted = order[surplus[order] > -SLACK]
    quota = _quota(worth, wanted, left)
    taken, who = assign_in_order(worth, wanted, left, quota=quota)
    done = np.zeros(int(worth.unit[-1]) + 1, dtype=bool)
    done[worth.unit[taken]] = True
    rest = np.flatnonzero(~done[worth.unit])
    rest = rest[np.argsort(-(worth.value[rest] / worth.minutes[rest]), kind="stable")]
    more, more_who = assign_in_order(worth, rest, left)
    taken, who = np.r_[taken, more], np.r_[who, more_who]
    upgrade(worth, taken, who, left)
    return Assignment(places[taken], who, left, priced.bound, priced.of_collector)


def upgrade(options: Options, taken: Ints, who: Ints, left: Floats) -> None:
    """Give units that have an option a better one where there is the time, the most value for a minute more first.

    ``taken`` (places), ``who`` and ``left`` are changed in place.
    """
    at = np.full(int(options.unit[-1]) + 1, NOBODY, dtype=np.int64)
    at[options.unit[taken]] = np.arange(len(taken))
    places = np.flatnonzero(at[options.unit] != NOBODY)
    held = taken[at[options.unit[places]]]
    better = options.value[places] > options.value[held] + SLACK
    places, held = places[better], held[better]
    longer = np.maximum(options.minutes[places] - options.minutes[held], SLACK)
    order = np.argsort(-(options.value[places] - options.value[held]) / longer, kind="stable")
    for place in places[order].tolist():
        number = int(at[options.unit[place]])
        own, person = int(taken[number]), int(who[number])
        if options.value[place] <= options.value[own] + SLACK:
            continue
        room = np.where(options.able[options.kind[place]], left, -np.inf)
        room[person] += options.minutes[own]
        chosen = person if room[person] + SLACK >= options.minutes[place] else int(np.argmax(room))
        if room[chosen] + SLACK < options.minutes[place]:
            continue
        left[person] += options.minutes[own]
        left[chosen] = max(left[chosen] - options.minutes[place], 0.0)
        taken[number], who[number] = place, chosen


def assign_in_order(options: Options, order: Ints, left: Floats, *, quota: Floats | None = None) -> tuple[Ints, Ints]:
    """Take the options of ``order`` one after the other, each that still fits and whose unit has none; lower ``left``.

    Parameters
    ----------
    quota
        Shape (classes, collectors): minutes meant for each pair; who has most of it left is asked first.

    Returns
    -------
    tuple
        Places of the options taken, and who does each.
    """
    taken, who, done = [], [], np.zeros(int(options.unit.max(initial=-1)) + 1, dtype=bool)
    room = most_room(options.able, left)
    least = float(options.minutes[order].min(initial=np.inf))
    for place in order.tolist():
        kind, needed, unit = int(options.kind[place]), float(options.minutes[place]), int(options.unit[place])
        if done[unit] or room[kind] + SLACK < needed:
            continue
        fits = options.able[kind] & (left + SLACK >= needed)
        meant = np.where(fits, quota[kind] if quota is not None else left, -np.inf)
        chosen = int(np.argmax(meant))
        if quota is not None and meant[chosen] <= 0:
            chosen = int(np.argmax(np.where(fits, left, -np.inf)))
        left[chosen] = max(left[chosen] - needed, 0.0)
        if quota is not None:
            quota[kind, chosen] -= needed
        done[unit] = True
        taken.append(place)
        who.append(chosen)
        touched = options.able[:, chosen]
        room[touched] = most_room(options.able[touched], left)
        if room.max(initial=0.0) + SLACK < least:
            break
    return np.array(taken, dtype=np.int64), np.array(who, dtype=np.int64)


def most_room(able: Flags, left: Floats) -> Floats:
    """Return for each class the most minutes that one of those who are able has left; 0 where nobody is."""
    room: Floats = np.where(able, left, 0.0).max(axis=1, initial=0.0)
    return room


def _quota(options: Options, wanted: Ints, left: Floats) -> Floats:
    """Return how many minutes of each class each collector should take so that as much as possible is done."""
    from scipy import sparse
    from scipy.optimize import linprog

    asked = np.bincount(options.kind[wanted], weights=options.minutes[wanted], minlength=len(options.able))
    worth = np.bincount(options.kind[wanted], weights=options.value[wanted], minlength=len(options.able))
    quota = np.zeros(options.able.shape)
    kinds, people = np.nonzero(options.able & (asked > 0)[:, None] & (left > 0))
    if not len(kinds):
        return quota
    column = np.arange(len(kinds))
    rows = np.r_[kinds, len(asked) + people]
    limits = sparse.csr_array((np.ones(2 * len(kinds)), (rows, np.r_[column, column])))
    cap = np.zeros(limits.shape[0])
    both = np.r_[asked, left]
    cap[:] = both[: len(cap)]
    found = linprog(-(worth[kinds] / asked[kinds]), A_ub=limits, b_ub=cap, bounds=(0, None), method="highs")
    if found.x is not None:
        quota[kinds, people] = found.x
    return quota


def _best_of_units(options: Options, score: Floats) -> Ints:
    """Return the place of the option of each unit with the highest score; the first of equal ones."""
    order = np.lexsort((np.arange(len(score)), -score, options.unit))
    first = np.r_[True, np.diff(options.unit[order]) > 0]
    best: Ints = order[first]
    return best


def _alike(options: Options) -> bool:
    """Tell whether every contact takes the same time and anybody may do it: then the highest gains are the best."""
    single = len(np.unique(options.able[np.unique(options.kind)], axis=1).T) == 1
    return single and bool((options.minutes == options.minutes[0]).all())


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)
