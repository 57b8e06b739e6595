"""What the registers say the company is today: going on, to be struck off, insolvent, gone; and whether its LEI lapsed.

A state begins with an event and ends with another (:data:`STATES`): of the two, the one that happened last counts, and
on one day the one that begins it. A liquidation that is known to be solvent, a merger and the end of a listing are none
of these states; an entity that a register calls inactive may have been merged. A strike-off that was only suspended
goes on. The events are those that are known on the day; a register that was not asked says nothing, which reads as 0.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.company_events import KIND_PLACES, days_since, of_kinds
from credrisk.features.grid import Grid, measure
from credrisk.features.rows import NEVER
from credrisk.ledger.event_kinds import FAMILIES

__all__ = ["STATES", "lei_lapsed_days", "register_standing"]

PETITIONS = ("winding_up_petition",)

STATES: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...] = (
    (1, ("strike_off_notice", "voluntary_strike_off"), ("strike_off_discontinued", "restored_to_register")),
    (1, PETITIONS, ("petition_dismissed", "insolvency_ended")),
    (1, ("in_liquidation",), ("insolvency_ended", "restored_to_register")),
    (2, tuple(kind for kind in FAMILIES["insolvency"] if kind not in PETITIONS), ("insolvency_ended",)),
    (3, ("dissolution", "struck_off"), ("restored_to_register",)),
    (3, ("entity_inactive",), ("entity_reactivated",)),
)
"""Standing, the kinds of events that begin it, and those that end it.

A petition is not yet an order, and a liquidation of which the register does not tell whether it is solvent not yet an
insolvency.
"""


@feature(
    unit="index",
    window="today",
    null="the ledger holds no events",
    worse="higher",
    says="its standing in the registers is {value} (1 petition, strike-off or liquidation, 2 insolvency, 3 dissolved)",
    says_at_zero="no register says that it is insolvent, to be struck off or gone",
    formula="the highest standing whose last event known begins it: 1, 2 or 3, else 0",
)
@measure("events")
def register_standing(grid: Grid) -> np.ndarray:
    """How far registers say that the company is on its way out."""
    worst = np.zeros(grid.shape)
    for standing, begins, ends in STATES:
        worst = np.maximum(worst, standing * in_state(grid, begins, ends))
    return worst


def in_state(grid: Grid, begins: tuple[str, ...], ends: tuple[str, ...]) -> np.ndarray:
    """Return 1 where the last event known of those that begin or end a state begins it, else 0."""
    rows = of_kinds(grid, begins + ends)
    opens = np.isin(rows["kind"], [KIND_PLACES[kind] for kind in begins])
    order = np.lexsort((opens, rows["event"], rows["customer"]))
    entered = np.maximum(rows["event"], rows["seen"])[order]
    last = grid.in_force(rows["customer"][order], entered, np.full(len(order), NEVER), grid.shape[0])
    state: np.ndarray = np.append(opens[order], False)[last].astype(np.float64)
    return state


@feature(
    unit="days",
    window="today",
    null="no lapse of its LEI is known, or it was renewed since",
    worse="higher",
    says="its LEI lapsed {value} ago",
    says_at_zero="its LEI lapsed today",
    formula="as_of - happened_on of the last lei_lapsed, if no lei_issued or lei_renewed happened since",
    source="GLEIF: LAPSED is a registration that was not renewed, which says little about the company",
)
@measure("events")
def lei_lapsed_days(grid: Grid) -> np.ndarray:
    """Days since the company let its legal entity identifier lapse: a weak sign."""
    lapsed = in_state(grid, ("lei_lapsed",), ("lei_issued", "lei_renewed"))
    return np.where(lapsed > 0, days_since(grid, ("lei_lapsed",)), np.nan)
