"""What the customer has on order: open orders, late deliveries, orders against a year ago and against the limit.

An order counts from its date with its whole amount, and is open until the day it is closed; one that is never closed
stays open. What of an open order is already delivered or not yet invoiced is known only as of the extract
(``open_amount``, ``delivered_uninvoiced``), so no feature uses it: past rows could not have it. The ledger does not say
that an order was cancelled, so no feature counts cancellations. Open orders in other currencies are translated at the
period-end rate, orders placed in a window at the rate of their day.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.ageing import net_balance
from credrisk.features.catalogue import feature
from credrisk.features.exposure import credit_limit
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.features.volume import invoiced
from credrisk.ledger.visibility import visible_from

NO_ORDERS = "the ledger holds no orders or does not cover the window"
NOTHING_ON_ORDER = "the ledger holds no orders, or nothing is on order"
NO_LIMIT = "the ledger holds no orders, or no credit limit above 0 is in force"


@row_kind
def orders(source: LedgerRows) -> Rows:
    """Every order: ``closed`` is the day from which it is no longer open, ``late`` the first day of late delivery."""
    frame = (
        source.ledger.table("orders")
        .select(
            customer=source.customer,
            currency=source.currency,
            seen=visible_from("orders").to_physical(),
            event=pl.col("order_date").to_physical(),
            closed=pl.col("closed_on").to_physical().fill_null(NEVER),
            late=(pl.col("requested_delivery").to_physical() + 1).fill_null(NEVER),
            amount="amount",
        )
        .sort("customer")
    )
    return source.translated(row_arrays(frame))


@measure()
def ordered(grid: Grid, months: int) -> np.ndarray:
    """Return what was ordered in the window, whether covered or not."""
    return grid.trailing("orders", months, grid.rows("orders")["amount"])


def standing(grid: Grid, enters: np.ndarray) -> np.ndarray:
    """Return the amounts of orders from the days ``enters`` on until they are closed, in the ledger's currency."""
    rows = grid.rows("orders")
    enter, total = grid.column(enters), np.zeros(grid.shape)
    leave = np.maximum(enter, grid.column(rows["closed"]))
    periods = np.arange(grid.shape[1])
    for currency in np.unique(rows["currency"]):
        own = rows["currency"] == currency
        customer, amounts = rows["customer"][own], rows["raw"][own]
        held = grid.balance(customer, enter[own], amounts, len(total))
        held = held - grid.balance(customer, leave[own], amounts, len(total))
        needed = periods[(held != 0).any(axis=0)]
        rates = grid.rates_at_ends(np.full(len(needed), currency), needed)
        total[:, needed] += np.rint(held[:, needed] * np.nan_to_num(rates))
    return total


@feature(
    unit="money",
    window="today",
    null="the ledger holds no orders",
    worse="none",
    says="{value} is on order",
    says_at_zero="nothing is on order",
    formula="sum of the amounts of orders with order_date <= as_of and no closed_on by then",
)
@measure("orders")
def open_orders(grid: Grid) -> np.ndarray:
    """What is on order and not closed."""
    return standing(grid, grid.rows("orders")["seen"])


@feature(
    unit="share",
    window="today",
    null=NOTHING_ON_ORDER,
    worse="none",
    says="{value} of what is on order should have been delivered by now",
    says_at_zero="nothing on order is late for delivery",
    formula="amounts of open orders with requested_delivery < as_of / open_orders",
)
@measure("orders")
def late_delivery_share(grid: Grid) -> np.ndarray:
    """The part of what is on order whose requested delivery has passed: disputes follow, or the account is held."""
    rows = grid.rows("orders")
    return ratio(standing(grid, np.maximum(rows["seen"], rows["late"])), open_orders(grid))


@feature(
    unit="money",
    window="3 months",
    null=NO_ORDERS,
    worse="none",
    says="{value} was ordered over 3 months",
    says_at_zero="nothing was ordered over 3 months",
    formula="sum of orders dated in the window",
)
@measure("orders", months=3)
def ordered_3m(grid: Grid) -> np.ndarray:
    """What was ordered in 3 months."""
    return ordered(grid, 3)


@feature(
    unit="ratio",
    window="3 months, and the same 12 months before",
    null="the ledger holds no orders or does not cover the window, or nothing was ordered in the 3 months a year ago",
    worse="none",
    says="the last 3 months' orders are {value} times those of a year ago",
    says_at_zero="nothing was ordered over 3 months, after orders a year ago",
    formula="ordered_3m / ordered in (as_of - 15 months, as_of - 12 months]",
)
@measure("orders", months=15)
def ordered_against_last_year(grid: Grid) -> np.ndarray:
    """The last quarter's orders against the same quarter of a year ago."""
    return ratio(ordered(grid, 3), ordered(grid, 15) - ordered(grid, 12))


@feature(
    unit="ratio",
    window="3 months",
    null="the ledger holds no orders or does not cover the window, or nothing was invoiced in it",
    worse="none",
    says="orders of 3 months are {value} times the invoices",
    says_at_zero="nothing was ordered over 3 months, while something was invoiced",
    formula="ordered_3m / invoiced_3m",
    source="Book-to-bill ratio",
)
@measure("orders", months=3)
def book_to_bill_3m(grid: Grid) -> np.ndarray:
    """What was ordered in 3 months against what was invoiced; below 1 the order book shrinks."""
    return ratio(ordered(grid, 3), invoiced(grid, 3))


@feature(
    unit="days",
    window="today",
    null="the ledger holds no orders, or nothing was ever ordered",
    worse="none",
    says="the last order was {value} ago",
    says_at_zero="the last order is of today",
    formula="as_of - date of the last order",
)
@measure("orders")
def days_since_last_order(grid: Grid) -> np.ndarray:
    """Days since the customer last ordered."""
    days: np.ndarray = grid.ends - grid.latest("orders")
    return days


@feature(
    unit="share",
    window="today",
    null=NO_LIMIT,
    worse="none",
    says="what is on order comes to {value} of the credit limit",
    says_at_zero="nothing is on order",
    formula="open_orders / credit_limit",
)
@measure("orders")
def open_orders_to_limit(grid: Grid) -> np.ndarray:
    """What is on order against the credit limit."""
    return ratio(open_orders(grid), credit_limit(grid))


@feature(
    unit="share",
    window="today",
    null=NO_LIMIT,
    worse="none",
    says="balance and open orders use {value} of the credit limit",
    says_at_zero="neither balance nor open orders use the credit limit",
    formula="max(0, net_balance + open_orders) / credit_limit",
    source="Credit exposure as ERP systems check it: receivables and open sales values against the limit",
)
@measure("orders")
def utilisation_with_orders(grid: Grid) -> np.ndarray:
    """The part of the credit limit that is used once the open orders are invoiced; above 1 it will be exceeded."""
    return ratio(np.maximum(0.0, net_balance(grid) + open_orders(grid)), credit_limit(grid))
