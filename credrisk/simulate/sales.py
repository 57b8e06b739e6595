"""Orders and the invoices they become: seasonal, lower and more erratic as health falls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import Clock, Floats, Ints, Rows, posted, workday
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.health import Health

__all__ = ["DOCUMENT_KINDS", "Documents", "Orders", "draw_sales"]

DOCUMENT_KINDS = ("invoice", "debit_note", "credit_note", "late_fee", "down_payment")
SEASON = np.array([0.86, 0.92, 1.05, 1.02, 1.04, 1.08, 0.95, 0.82, 1.08, 1.10, 1.12, 0.96])
SMALLEST_ORDER = 8_000
"""Minor units."""


@dataclass
class Orders(Rows):
    """One row an order; amounts in minor units, tax included."""

    customer: Ints
    day: Ints
    cents: Ints
    closed: Ints
    """Day of the last invoice, or of the cancellation."""


@dataclass
class Documents(Rows):
    """One row an open-item document; amounts in minor units, credit notes negative."""

    customer: Ints
    day: Ints
    due: Ints
    cents: Ints
    kind: Ints
    order: Ints
    """Row of the order; -1 for none."""
    recorded: Ints


def draw_sales(
    rng: np.random.Generator, accounts: Accounts, health: Health, outcomes: Outcomes, clock: Clock
) -> tuple[Orders, Documents]:
    """Draw every order and the documents it becomes."""
    counts = rng.poisson(_order_rates(rng, accounts, health, clock))
    customer, month = (index.astype(np.int64) for index in np.nonzero(counts))
    repeats = counts[customer, month]
    customer, month = np.repeat(customer, repeats), np.repeat(month, repeats)
    length = clock.month_starts[month + 1] - clock.month_starts[month]
    day = workday(clock.month_starts[month] + (rng.random(len(month)) * length).astype(np.int64))
    weakness = np.clip(-health.health[customer, month], 0.0, 3.0)
    typical = accounts.monthly_sales / accounts.orders_a_month
    amount = typical[customer] * np.exp((0.4 + 0.12 * weakness) * rng.normal(size=len(customer)))
    cents = np.maximum(np.round(amount * 100).astype(np.int64), SMALLEST_ORDER)
    lead = 2 + np.minimum(rng.gamma(1.8, 4.0, len(customer)), 40).astype(np.int64)
    orders = Orders(customer, day, cents, day + lead)
    orders = orders.take((day >= accounts.opened[customer]) & (day <= outcomes.orders_until[customer]))
    return _invoice(rng, orders, accounts, outcomes)


def _order_rates(rng: np.random.Generator, accounts: Accounts, health: Health, clock: Clock) -> Floats:
    """Return expected orders by customer and month: rate x season x demand; demand is erratic in bad health."""
    state = np.clip(health.health, -3.0, 1.5)
    shape = np.clip(6.0 * np.exp(0.7 * state), 1.0, 12.0)
    demand = np.exp(0.2 * state) * rng.gamma(shape) / shape
    season = SEASON[clock.calendar_months]
    return np.asarray(accounts.orders_a_month[:, None] * season[None, :] * demand)


def _invoice(
    rng: np.random.Generator, orders: Orders, accounts: Accounts, outcomes: Outcomes
) -> tuple[Orders, Documents]:
    """Bill the orders: whole, in two deliveries, or in three instalments; nothing is delivered to who has stopped."""
    size = len(orders)
    instalments = accounts.instalments[orders.customer] & (rng.random(size) < 0.5)
    twice = ~instalments & (rng.random(size) < 0.28)
    first_share, gap = rng.uniform(0.3, 0.7, size), rng.integers(4, 21, size)
    parts = np.where(instalments, 3, np.where(twice, 2, 1))
    order = np.repeat(np.arange(size), parts)
    part = np.arange(len(order)) - np.repeat(np.cumsum(parts) - parts, parts)
    whole = orders.cents[order]
    first = np.where(instalments[order], whole // 3, np.round(first_share[order] * whole).astype(np.int64))
    last = whole - first * (parts[order] - 1)
    cents = np.where(parts[order] == 1, whole, np.where(part == parts[order] - 1, last, first))
    customer = orders.customer[order]
    day = workday(orders.closed[order] + np.where(twice[order] & (part == 1), gap[order], 0))
    due = day + accounts.terms_at(customer, day) + np.where(instalments[order], 30 * part, 0)
    u = rng.random(len(order))
    down = (u < 0.004) & ~instalments[order]
    kind = np.where(down, 4, np.where(u > 0.994, 1, 0))
    due = np.where(down, day + 7, due)
    documents = Documents(customer, day, due, cents, kind, order, posted(rng, day, late=0.03))
    billed = day <= outcomes.deliveries_until[customer]
    closed = np.zeros(size, dtype=np.int64)
    np.maximum.at(closed, order, np.where(billed, day, np.minimum(day, outcomes.failed[customer])))
    closed = np.maximum(closed, orders.day)
    return Orders(orders.customer, orders.day, orders.cents, closed), documents.take(billed)
