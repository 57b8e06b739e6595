"""Which contacts are made today: insurers' deadlines and pins first, then gain, small accounts, and a random draw.

The order of the steps, each with what the ones before have left of everybody's capacity:

1. The draw's share is set aside (where there is one).
2. Accounts whose overdue must soon be reported to an insurer, by deadline.
3. Accounts that the supervisor has pinned.
4. The highest gains, less a part kept for small accounts (:mod:`credrisk.decisions.queue_assignment`).
5. Small accounts in the part kept, those never or longest ago contacted first.
6. What is left goes to gain again.
7. The draw: among those that may be contacted with a gain beyond that of the mail and that no step has taken, each with
   the same chance in its collector's share. Nothing that is drawn changes what the steps before have taken, so that the
   chance is exact.

What goes out by itself goes to everybody who gains by it and is not contacted by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.queue_choice import SLACK, Day
from credrisk.decisions.queue_workforce import Workforce
from credrisk.errors import ParameterError

__all__ = ["MOST_FOR_COVERAGE", "Selection", "checked_capacity", "coverage_quota", "coverage_slots", "select"]

MOST_FOR_COVERAGE = 0.5
"""Of the capacity: more is not kept for small accounts, however far they are behind the target."""

DAYS_A_WEEK, LISTS_A_WEEK = 7, 5


@dataclass(frozen=True)
class Selection:
    """Today's contacts.

    Attributes
    ----------
    contacts
        One row per unit contacted: ``unit, action, slot, collector_today`` (null where contacts are counted for all
        together, or it goes out by itself), ``minutes_today``.
    chances
        ``unit, action, selection_probability``: the chance of a contact by hand today under this rule, and what it
        would be, of the units that have one.
    bound
        No assignment by gain (step 4) of these options gains more; infinite where it was not worked out.
    """

    contacts: pl.DataFrame
    chances: pl.DataFrame
    bound: float


def checked_capacity(contacts: int) -> int:
    """Return the contacts that can be made by hand in a day, or raise where they are no whole number of at least 0."""
    if isinstance(contacts, bool) or not isinstance(contacts, int) or contacts < 0:
        raise ParameterError("capacity", "a whole number of at least 0", contacts)
    return contacts


def coverage_slots(capacity: int, rules: Collection) -> int:
    """Return how many of today's contacts are kept for small accounts (rounded down), whatever the target asks."""
    return math.floor(rules.coverage_floor_share * capacity + SLACK)


def coverage_quota(small: int, rules: Collection) -> int:
    """Return how many of so many small accounts must be contacted on a day of work to reach the target in a cycle."""
    wanted = rules.coverage_target_share * small * DAYS_A_WEEK / (LISTS_A_WEEK * rules.coverage_cycle_days)
    return math.ceil(wanted - SLACK)


def select(
    units: pl.DataFrame,
    options: pl.DataFrame,
    force: Workforce,
    *,
    rules: Collection,
    as_of: date,
    explore: float,
    seed: int,
) -> Selection:
    """Choose today's contacts.

    Parameters
    ----------
    units, options
        From :mod:`credrisk.decisions.queue_units`; where the capacity is in contacts each unit has its best option by
        hand and its best of those that go out by themselves only.
    explore
        Share of the capacity that is drawn at random.
    seed
        Of the draw.
    """
    fallback = (
        options.filter(~pl.col("uses_capacity") & (pl.col("gain") > 0))
        .sort("unit", "score", "mildness", descending=[False, True, False])
        .unique("unit", keep="first", maintain_order=True)
    )
    day = Day.begin(units, fallback, force)
    drawn_share = np.floor(explore * day.left + SLACK) if force.in_contacts else explore * day.left
    day.left -= drawn_share
    day.take(day.by_deadline(), "insurer")
    day.take(day.by_pin(), "pin")
    bound = _gain_and_coverage(day, rules)
    day.take(day.by_density(), "gain")
    day.upgrade()
    chances = day.draw(drawn_share, explore, seed)
    return Selection(day.contacts(fallback, options), chances, bound)


def _gain_and_coverage(day: Day, rules: Collection) -> float:
    """Take the highest gains and the small accounts in the part kept for them; return the bound of the former."""
    waiting, due = day.neglected(rules)
    if day.force.in_contacts:
        capacity = int(day.force.budget[0])
        floor = np.array([float(coverage_slots(capacity, rules))])
        quota = np.array([float(coverage_quota(len(waiting), rules))])
    else:
        floor = rules.coverage_floor_share * day.force.budget
        home, effort = day.homes(waiting), day.options.minutes[waiting]
        quota = np.array(
            [
                coverage_quota(int((home == who).sum()), rules) * effort[home == who].max(initial=0.0)
                for who in range(len(floor))
            ]
        )
    most = (
        np.floor(MOST_FOR_COVERAGE * day.force.budget)
        if day.force.in_contacts
        else MOST_FOR_COVERAGE * day.force.budget
    )
    kept = np.minimum(np.maximum(floor, np.minimum(quota, most)), day.left)
    open_to_all = day.left - kept
    bound = day.take_best(open_to_all)
    waiting, due = day.neglected(rules)
    before = kept.copy()
    day.take(waiting[due], "coverage", left=kept)
    used = before - kept
    in_floor = np.minimum(np.maximum(floor - used, 0.0), kept)
    rest = kept - in_floor
    day.take(waiting[~due], "coverage", left=in_floor)
    day.left = open_to_all + rest + in_floor
    return bound
