"""Which accounts form a group on each day, and what is summed over it.

What a group is stands in :mod:`credrisk.features.group`. Parents are dated; the tree of every period end is walked up
at once, and the figures of the members are taken once over all customers of the ledger, not block by block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.errors import CredriskError
from credrisk.features.ageing import net_balance, not_due, open_balance, past_due
from credrisk.features.chosen_rows import ChosenRows
from credrisk.features.company_events import ADVERSE, counted, insolvency_notices
from credrisk.features.exposure import credit_limit
from credrisk.features.grid import Grid
from credrisk.features.items import oldest_due
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.ledger.money import LARGEST_EXACT
from credrisk.ledger.visibility import visible_from

__all__ = ["FIGURES", "Groups", "groups", "roots"]

CUSTOMERS_A_BLOCK = 256

FIGURES: dict[str, Callable[[Grid], np.ndarray]] = {
    "accounts": lambda grid: np.ones(grid.shape),
    "open": open_balance,
    "debit": lambda grid: not_due(grid) + past_due(grid),
    "past_due": past_due,
    "late": lambda grid: (past_due(grid) > 0).astype(np.float64),
    "exposure": lambda grid: np.maximum(0.0, net_balance(grid)),
    "limit": lambda grid: np.nan_to_num(credit_limit(grid)),
    "adverse": lambda grid: np.nan_to_num(counted(grid, 365, *ADVERSE)),
    "insolvencies": lambda grid: np.nan_to_num(insolvency_notices(grid)),
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


def known_from(source: LedgerRows, accounts: np.ndarray) -> np.ndarray:
    """Return the day from which each account is known: the first of its opening, documents and receipts.

    One in the customers table without an opening date is always known; one in none of these tables never is.
    """
    opened = visible_from("customers").to_physical().fill_null(-NEVER)
    listed = row_arrays(source.ledger.table("customers").select(customer=source.customer, seen=opened))
    place = np.full(len(source.customers), -1)
    place[accounts] = np.arange(len(accounts))
    known = np.full(len(accounts), NEVER)
    for rows in (listed, source.seen_documents, source.seen_receipts):
        own = np.flatnonzero(place[rows["customer"]] >= 0)
        np.minimum.at(known, place[rows["customer"][own]], rows["seen"][own])
    return known


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
    below
        Whether each of the linked accounts has a parent, of the shape of ``member``.
    """

    place: np.ndarray
    member: np.ndarray
    root: np.ndarray
    totals: dict[str, np.ndarray]
    rest_due: np.ndarray
    below: np.ndarray


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
    member = np.zeros(root.shape, dtype=bool)
    member[: len(accounts)] = known_from(whole.source, accounts)[:, None] <= whole.ends
    cells = root * periods + np.arange(periods)
    figures, due = _of_members(whole, accounts, member)
    totals = {
        name: np.bincount(cells.reshape(-1), values.reshape(-1), cells.size).reshape(root.shape)
        for name, values in figures.items()
    }
    gross = np.bincount(cells.reshape(-1), np.abs(figures["open"]).reshape(-1))
    if max(sums.max(initial=0.0) for sums in (gross, *totals.values())) >= LARGEST_EXACT:
        raise CredriskError(
            "The amounts of a group of customers add up to 2**53 minor units or more and cannot be summed exactly. "
            "What to do: check the amounts, the limits and their currency."
        )
    below = member & (above != np.arange(len(linked))[:, None])[: len(member)]
    return Groups(place, member, root, totals, _earliest_of_the_others(cells, due), below)


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
