"""What is set at the desk: capacity, weights, pins, filters, order. Every change gives a new state; none is drawn."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import Literal

from credrisk.decisions.queue_selection import checked_capacity
from credrisk.decisions.queue_weights import QueueWeights
from credrisk.errors import ParameterError
from credrisk.widgets.desk import Desk, Laid

__all__ = [
    "SHOWN",
    "SORTS",
    "DeskState",
    "filtered",
    "first_state",
    "lay",
    "lift",
    "sorted_by",
    "with_capacity",
    "with_weight",
]

Shown = Literal["by_hand", "mail", "free", "moved", "laid", "held", "all"]
SHOWN: dict[str, str] = {
    "by_hand": "today by hand",
    "mail": "today by mail",
    "free": "may be contacted",
    "moved": "moved by you",
    "laid": "pinned, boosted, excluded",
    "held": "left in peace",
    "all": "all accounts",
}
"""Which accounts can be looked at, in words."""

SORTS = (
    "rank",
    "moved",
    "customer",
    "action",
    "chased",
    "oldest_open_days",
    "past_due",
    "pd_used",
    "gain",
    "gain_beyond_mail",
)
OWN = QueueWeights()
TEXTS = ("customer", "action")
"""Columns that are first sorted from A to Z, as is the rank; figures from the largest down."""


@dataclass(frozen=True)
class DeskState:
    """What is set at the desk.

    Attributes
    ----------
    capacity
        Contacts by hand.
    weights
        The model's own are 1, 1, 1, 1, 0, 0.
    laid
        Pins, boosts and exclusions laid here, in their order.
    search
        Part of a customer's number or name, whatever its case.
    shown
        One of :data:`SHOWN`.
    collector
        Only the accounts of one; None: of all.
    least_past_due
        Money, in major units: no account with less past due is shown.
    sort, descending
        One of :data:`SORTS`.
    """

    capacity: int
    weights: QueueWeights = OWN
    laid: tuple[Laid, ...] = ()
    search: str = ""
    shown: str = "by_hand"
    collector: str | None = None
    least_past_due: float = 0.0
    sort: str = "rank"
    descending: bool = False

    def weighed(self) -> QueueWeights | None:
        """Return the weights, None where they are the model's own."""
        return self.weights if self.weights.changes() else None


def first_state(desk: Desk) -> DeskState:
    """Return the state in which the desk opens: the list as the policy makes it."""
    return DeskState(capacity=desk.capacity)


def with_capacity(state: DeskState, contacts: int) -> DeskState:
    """Return the state with another number of contacts by hand.

    Raises
    ------
    ParameterError
        When it is not a whole number of at least 0.
    """
    return replace(state, capacity=checked_capacity(contacts))


def with_weight(state: DeskState, name: str, value: float) -> DeskState:
    """Return the state with another weight of one part of the gain.

    Raises
    ------
    ParameterError
        When there is no such part, or the weight is not a number of at least 0.
    """
    return replace(state, weights=QueueWeights.of(dataclasses.asdict(state.weights) | {name: value}))


def lay(state: DeskState, desk: Desk, laid: Laid) -> DeskState:
    """Return the state with a pin, boost or exclusion; it takes the place of an earlier one of that kind.

    A pin and an exclusion of the same account undo each other: the later one counts.

    Raises
    ------
    ParameterError
        When a value breaks its rule, or there is no such account.
    """
    laid = replace(laid, customer_id=laid.customer_id.strip(), reason=laid.reason.strip()).checked(desk.as_of)
    if laid.customer_id not in desk.basis.accounts["customer_id"]:
        raise ParameterError("customer_id", "an account of the list", laid.customer_id)
    against = {"pin": ("pin", "exclude"), "exclude": ("exclude", "pin", "boost")}.get(laid.what, (laid.what, "exclude"))
    kept = tuple(each for each in state.laid if each.customer_id != laid.customer_id or each.what not in against)
    return replace(state, laid=(*kept, laid))


def lift(state: DeskState, customer_id: str) -> DeskState:
    """Return the state without what was laid here on an account."""
    return replace(state, laid=tuple(each for each in state.laid if each.customer_id != customer_id))


def filtered(
    state: DeskState,
    *,
    search: str | None = None,
    shown: str | None = None,
    collector: str | None = None,
    least_past_due: float | None = None,
) -> DeskState:
    """Return the state with other filters; what is left out stays, an empty ``collector`` is everybody's.

    Raises
    ------
    ParameterError
        When ``shown`` is not one of :data:`SHOWN`, or the least past due is below 0.
    """
    if shown is not None and shown not in SHOWN:
        raise ParameterError("shown", f"one of {', '.join(SHOWN)}", shown)
    if least_past_due is not None and not least_past_due >= 0:
        raise ParameterError("least_past_due", "a number of at least 0", least_past_due)
    return replace(
        state,
        search=state.search if search is None else search,
        shown=state.shown if shown is None else shown,
        collector=state.collector if collector is None else collector or None,
        least_past_due=state.least_past_due if least_past_due is None else float(least_past_due),
    )


def sorted_by(state: DeskState, column: str) -> DeskState:
    """Return the state in the order of a column; the same column again turns the order round.

    Raises
    ------
    ParameterError
        When it is not one of :data:`SORTS`.
    """
    if column not in SORTS:
        raise ParameterError("column", f"one of {', '.join(SORTS)}", column)
    first = column != "rank" and column not in TEXTS
    return replace(state, sort=column, descending=not state.descending if column == state.sort else first)
