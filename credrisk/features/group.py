"""How the group stands to which the customer belongs.

A group is a tree of accounts by the parent in force on the day (``parent_id`` of the customer history): all accounts
with the same ultimate parent. The parent need not be an account; a name that is none links the accounts that name it.
Accounts that name each other in a ring are one group. Its members are the accounts known by the day: opened, or with a
document or receipt (one not known yet, or a name that is no account, only links). An account without parent and
subsidiaries, or not known yet, is a group of one: its figures are its own. Debts of one member are not set off against
credits of another, for no law does so by itself: exposure is the sum of what each member owes net.

What happened at a parent that is no account is not known here: company events are those of accounts.

The figures of a group are taken once over all customers of the ledger; groups lie whole within a partition.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.company_events import covered_days
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.group_tree import FIGURES, groups

NO_HISTORY = "the ledger holds no history of the customers"
NO_EVENTS = "the ledger holds no history of the customers or no events, or does not cover the window"
NO_REST = "the customer is a group of one, or no item but late fees of the other members is open above 0"


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
    formula="number of accounts known by the day with the same ultimate parent in force, itself included",
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
    null=f"{NO_HISTORY}, or no item but late fees of the group is open above 0",
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
    source="Credit limit utilisation, as ERP systems check it for a credit group",
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


@feature(
    unit="count",
    window="today",
    null=NO_HISTORY,
    worse="none",
    says="parents in force: {value}",
    says_at_zero="no parent of it is known",
    formula="1 where a parent_id other than itself is in force, else 0",
)
@measure("customer_history")
def parent_known(grid: Grid) -> np.ndarray:
    """Whether the customer belongs to a parent, as far as is known."""
    found = groups(grid)
    place = found.place[grid.first : grid.first + grid.shape[0]]
    known = np.zeros(grid.shape)
    known[place >= 0] = found.below[place[place >= 0]]
    return known


@feature(
    unit="count",
    window="365 days",
    null=NO_EVENTS,
    worse="higher",
    says="adverse events at the others of its group over 365 days: {value}",
    says_at_zero="no adverse event is known at the others of its group over 365 days",
    formula="sum of adverse_events_365d over the other members of the group",
)
@measure("customer_history", "events")
def rest_of_group_adverse_events_365d(grid: Grid) -> np.ndarray:
    """Bad news of 365 days about the parent and the sisters that are accounts too."""
    return np.where(covered_days(grid, 365), rest_of_group(grid, "adverse"), np.nan)


@feature(
    unit="count",
    window="today",
    null="the ledger holds no history of the customers or no events",
    worse="higher",
    says="notices of insolvency known at the others of its group: {value}",
    says_at_zero="no notice of insolvency is known at the others of its group",
    formula="sum of insolvency_notices over the other members of the group",
)
@measure("customer_history", "events")
def rest_of_group_insolvency_notices(grid: Grid) -> np.ndarray:
    """Notices of insolvency ever known about the parent and the sisters that are accounts too."""
    return rest_of_group(grid, "insolvencies")
