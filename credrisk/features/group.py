"""How the group stands to which the customer belongs.

A group is a tree of accounts by the parent in force on the day (``parent_id`` of the customer history): all accounts
with the same ultimate parent. The parent need not be an account; a name that is none links the accounts that name it.
Accounts that name each other in a ring are one group. Its members are the accounts opened by the day (an account that
is not opened yet, or a name that is no account, only links). An account without parent and subsidiaries, or not opened
yet, is a group of one: its figures are its own. Debts of one member are not set off against credits of another, for no
law does so by itself: exposure is the sum of what each member owes net.

The figures of a group are taken once over all customers of the ledger; groups lie whole within a partition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.errors import CredriskError
from credrisk.features.ageing import net_balance, not_due, open_balance, past_due
from credrisk.features.catalogue import feature
from credrisk.features.chosen_rows import ChosenRows
from credrisk.features.exposure import credit_limit
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.items import oldest_due
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.ledger.money import LARGEST_EXACT
from credrisk.ledger.visibility import visible_from

__all__ = ["Groups", "groups", "roots"]

CUSTOMERS_A_BLOCK = 256
NO_HISTORY = "the ledger holds no history of the customers"
NO_REST = "the customer is a group of one, or no item of the other members is open above 0"

FIGURES: dict[str, Callable[[Grid], np.ndarray]] = {
    "accounts": lambda grid: np.ones(grid.shape),
    "open": open_balance,
    "debit": lambda grid: not_due(grid) + past_due(grid),
    "past_due": past_due,
    "late": lambda grid: (past_due(grid) > 0).astype(np.float64),
    "exposure": lambda grid: np.maximum(0.0, net_balance(grid)),
    "limit": lambda grid: np.nan_to_num(credit_limit(grid)),
}
"""What is summed over the members of a group."""


@row_kind
def parents(source: LedgerRows) -> Rows:
    """The parents of the customers, of two in force a later row; those that are no customers are numbered after them.

    ``parent`` is -1 where the row ends the link or names the customer itself.
    """
    name = pl.col("value").str.strip_chars()
    frame = (
        source.ledger.table("customer_history")
        .filter(pl.col("attribute") == "parent_id")
        .select(
            "valid_from",
            "recorded_at",
            name=pl.when(name != "").then(name),
            customer=source.customer,
            seen=visible_from("customer_history").to_physical(),
        )
        .sort("customer", "valid_from", "recorded_at", "name", nulls_last=False)
    )
    customers = source.customers.cast(pl.String)
    named = frame["name"].drop_nulls().unique()
    outside = named.filter(~named.is_in(customers.implode())).sort()
    numbers = pl.DataFrame({"name": pl.concat([customers, outside])}).with_row_index("parent")
    found = frame.join(numbers, on="name", how="left", maintain_order="left")
    parent = pl.col("parent").cast(pl.Int64)
    own = parent == pl.col("customer")
    return row_arrays(found.select("customer", "seen", parent=pl.when(~own).then(parent).fill_null(-1)))


@row_kind
def openings(source: LedgerRows) -> Rows:
    """The day from which each account can be seen; one without an opening date always."""
    opened = visible_from("customers").to_physical().fill_null(-NEVER)
    return row_arrays(source.ledger.table("customers").select(customer=source.customer, seen=opened).sort("customer"))


def roots(parent: np.ndarray) -> np.ndarray:
    """Return the root of every node in every period.

    Parameters
    ----------
    parent
        The parent of each node in each period, of shape (nodes, periods); a node without one is its own.

    Returns
    -------
    numpy.ndarray
        The node at the top, of the same shape; for nodes on a ring, and below one, the smallest node of the ring.

    Notes
    -----
    Pointer jumping: after j rounds a node points to the one 2**j steps above, and knows the smallest node on the way.
    Once the steps outnumber the nodes, it points to a root or into a ring that was walked through wholly.
    """
    period = np.arange(parent.shape[1])
    smallest = np.minimum(np.arange(len(parent))[:, None], parent)
    for _ in range(len(parent).bit_length()):
        further = parent[parent, period]
        if np.array_equal(further, parent):
            break
        smallest = np.minimum(smallest, smallest[parent, period])
        parent = further
    top: np.ndarray = smallest[parent, period]
    return top


@dataclass(frozen=True)
class Groups:
    """The groups of a ledger at the ends of a calendar.

    Attributes
    ----------
    place
        For each customer its place among those that were ever linked, -1 for others.
    member
        Whether each of these is a member of a group, of shape (linked, periods).
    root
        The place of the root of each, of the same shape.
    totals
        The sums of :data:`FIGURES` over the members of each group, of shape (linked, periods), at the root's place.
    rest_due
        For each member the earliest due day of an open item of the other members, infinite where there is none.
    """

    place: np.ndarray
    member: np.ndarray
    root: np.ndarray
    totals: dict[str, np.ndarray]
    rest_due: np.ndarray


def groups(grid: Grid) -> Groups:
    """Return the groups of the whole ledger at the ends of the grid's calendar, taken once."""
    source, key = grid.source, ("groups", grid.calendar)
    if key not in source.shared:
        source.shared[key] = _groups(Grid(source, grid.calendar, 0, len(source.customers)))
    found: Groups = source.shared[key]
    return found


def _groups(whole: Grid) -> Groups:
    rows, (customers, periods) = whole.rows("parents"), whole.shape
    related = rows["parent"] >= 0
    linked = np.unique(np.concatenate([rows["customer"][related], rows["parent"][related]]))
    own = np.isin(rows["customer"], linked)
    never = np.full(int(own.sum()), NEVER)
    entity = np.searchsorted(linked, rows["customer"][own])
    last = whole.in_force(entity, rows["seen"][own], never, len(linked))
    above = np.append(rows["parent"][own], -1)[last]
    above = np.where(above >= 0, np.searchsorted(linked, above), np.arange(len(linked))[:, None])
    root = roots(above)
    place = np.full(customers, -1)
    accounts = linked[linked < customers]
    place[accounts] = np.arange(len(accounts))
    opened = np.full(customers, NEVER)
    opened[whole.rows("openings")["customer"]] = whole.rows("openings")["seen"]
    member = np.zeros(root.shape, dtype=bool)
    member[: len(accounts)] = opened[accounts][:, None] <= whole.ends
    cells = root * periods + np.arange(periods)
    figures, due = _of_members(whole, accounts, member)
    totals = {
        name: np.bincount(cells.reshape(-1), values.reshape(-1), cells.size).reshape(root.shape)
        for name, values in figures.items()
    }
    sizes = np.bincount(cells.reshape(-1), np.abs(figures["open"]).reshape(-1) + figures["debit"].reshape(-1))
    if sizes.max(initial=0.0) >= LARGEST_EXACT or totals["limit"].max(initial=0.0) >= LARGEST_EXACT:
        raise CredriskError(
            "The amounts of a group of customers add up to 2**53 minor units or more and cannot be summed exactly. "
            "What to do: check the amounts, the limits and their currency."
        )
    return Groups(place, member, root, totals, _earliest_of_the_others(cells, due))


def _of_members(whole: Grid, accounts: np.ndarray, member: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the figures of the members and the due days of their oldest open items, block by block of customers."""
    figures = {name: np.zeros(member.shape) for name in FIGURES}
    due = np.full(member.shape, np.inf)
    rows = ChosenRows(whole.source, accounts)
    for first in range(0, len(accounts), CUSTOMERS_A_BLOCK):
        last = min(first + CUSTOMERS_A_BLOCK, len(accounts))
        grid, inside = Grid(rows, whole.calendar, first, last), member[first:last]
        for name, figure in FIGURES.items():
            figures[name][first:last] = np.where(inside, figure(grid), 0.0)
        oldest = oldest_due(grid)
        due[first:last] = np.where(inside & ~np.isnan(oldest), oldest, np.inf)
    return figures, due


def _earliest_of_the_others(cells: np.ndarray, due: np.ndarray) -> np.ndarray:
    """Return the earliest due day among the others of the same cell."""
    first, second = np.full(cells.size, np.inf), np.full(cells.size, np.inf)
    np.minimum.at(first, cells, due)
    alone = np.bincount(cells[due == first[cells]], minlength=cells.size) == 1
    later = due > first[cells]
    np.minimum.at(second, cells[later], due[later])
    earliest: np.ndarray = np.where((due == first[cells]) & alone[cells], second[cells], first[cells])
    return earliest


@measure()
def in_group(grid: Grid, name: str) -> np.ndarray:
    """Return the sum of a figure over the group, the customer's own where it is a group of one."""
    found, own = groups(grid), FIGURES[name](grid).copy()
    first = grid.first
    place = found.place[first : first + grid.shape[0]]
    customer = np.flatnonzero(place >= 0)
    place = place[customer]
    total = found.totals[name][found.root[place], np.arange(grid.shape[1])]
    own[customer] = np.where(found.member[place], total, own[customer])
    return own


@measure()
def rest_of_group(grid: Grid, name: str) -> np.ndarray:
    """Return the sum of a figure over the other members of the group."""
    rest: np.ndarray = in_group(grid, name) - FIGURES[name](grid)
    return rest


@feature(
    unit="count",
    window="today",
    null=NO_HISTORY,
    worse="none",
    says="accounts of its group: {value}",
    formula="number of accounts opened with the same ultimate parent in force, itself included",
)
@measure("customer_history")
def group_size(grid: Grid) -> np.ndarray:
    """How many accounts the customer's group has; 1 where it stands alone."""
    return in_group(grid, "accounts")


@feature(
    unit="money",
    window="today",
    null=NO_HISTORY,
    worse="none",
    says="{value} is open in its group",
    says_below="credits outweigh what is open in its group by {value}",
    says_at_zero="nothing is open in its group",
    formula="sum of open_balance over the group",
)
@measure("customer_history")
def group_open_balance(grid: Grid) -> np.ndarray:
    """Everything open on the accounts of the group."""
    return in_group(grid, "open")


@feature(
    unit="money",
    window="today",
    null=NO_HISTORY,
    worse="none",
    says="its group owes {value} net",
    says_at_zero="its group owes nothing net",
    formula="sum of max(0, net_balance) over the group",
)
@measure("customer_history")
def group_exposure(grid: Grid) -> np.ndarray:
    """What the accounts of the group owe, each net of its own credits and unapplied cash."""
    return in_group(grid, "exposure")


@feature(
    unit="money",
    window="today",
    null=NO_HISTORY,
    worse="higher",
    says="{value} is past due in its group",
    says_at_zero="nothing is past due in its group",
    formula="sum of past_due over the group",
)
@measure("customer_history")
def group_past_due(grid: Grid) -> np.ndarray:
    """What is past due on the accounts of the group."""
    return in_group(grid, "past_due")


@feature(
    unit="share",
    window="today",
    null=f"{NO_HISTORY}, or no item of the group is open above 0",
    worse="higher",
    says="{value} of what is open in its group is past due",
    says_at_zero="nothing of what is open in its group is past due",
    formula="sum of past_due / sum of (not_due + past_due), each over the group",
)
@measure("customer_history")
def group_share_past_due(grid: Grid) -> np.ndarray:
    """The part of the open debit items of the group that is past due."""
    return ratio(in_group(grid, "past_due"), in_group(grid, "debit"))


@feature(
    unit="count",
    window="today",
    null=NO_HISTORY,
    worse="higher",
    says="accounts of its group with something past due: {value}",
    says_at_zero="no account of its group has anything past due",
    formula="number of accounts of the group with past_due > 0",
)
@measure("customer_history")
def group_accounts_past_due(grid: Grid) -> np.ndarray:
    """How many accounts of the group have something past due."""
    return in_group(grid, "late")


@feature(
    unit="share",
    window="today",
    null=f"{NO_HISTORY}, or no account of the group has a credit limit above 0 in force",
    worse="none",
    says="its group uses {value} of its credit limits",
    says_at_zero="its group uses nothing of its credit limits",
    formula="group_exposure / sum of the credit limits in force over the group",
)
@measure("customer_history")
def group_utilisation(grid: Grid) -> np.ndarray:
    """What the group owes against all its credit limits; an account without a limit adds to what is owed alone."""
    return ratio(in_group(grid, "exposure"), in_group(grid, "limit"))


@feature(
    unit="share",
    window="today",
    null=f"{NO_HISTORY}, or the group owes nothing net",
    worse="none",
    says="{value} of what its group owes is its own",
    says_at_zero="it owes nothing of what its group owes",
    formula="max(0, net_balance) / group_exposure; 1 for a group of one",
)
@measure("customer_history")
def share_of_group_exposure(grid: Grid) -> np.ndarray:
    """The customer's own part of what its group owes."""
    return ratio(FIGURES["exposure"](grid), in_group(grid, "exposure"))


@feature(
    unit="share",
    window="today",
    null=f"{NO_HISTORY}; {NO_REST}",
    worse="higher",
    says="{value} of what the others of its group owe is past due",
    says_at_zero="nothing of what the others of its group owe is past due",
    formula="sum of past_due / sum of (not_due + past_due), each over the other members of the group",
)
@measure("customer_history")
def rest_of_group_share_past_due(grid: Grid) -> np.ndarray:
    """The part of the open debit items of the other members that is past due."""
    return ratio(rest_of_group(grid, "past_due"), rest_of_group(grid, "debit"))


@feature(
    unit="days",
    window="today",
    null=f"{NO_HISTORY}; {NO_REST}",
    worse="higher",
    says="the oldest open item of the others of its group is {value} past due",
    says_at_zero="no open item of the others of its group is past due",
    formula="max(0, as_of - earliest due_date of the open items of the other members of the group)",
)
@measure("customer_history")
def rest_of_group_days_past_due(grid: Grid) -> np.ndarray:
    """Days past due of the oldest open item of the other members, 0 when none is past due."""
    found = groups(grid)
    place = found.place[grid.first : grid.first + grid.shape[0]]
    customer = np.flatnonzero(place >= 0)
    place = place[customer]
    due = np.full(grid.shape, np.inf)
    due[customer] = np.where(found.member[place], found.rest_due[place], np.inf)
    return np.where(np.isfinite(due), np.maximum(0.0, grid.ends - np.where(np.isfinite(due), due, 0.0)), np.nan)
