"""Invoices whose true distribution of the payment day is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

FIRST = date(2024, 1, 1)


def geometric_world(*, items: int, days: int, hazard: float, customers: int, seed: int) -> pl.DataFrame:
    """Return invoices opened evenly over ``days``, due on the day of opening, paid with one hazard a day.

    All are paid in the end; whoever asks earlier must not look at it.
    """
    random = np.random.default_rng(seed)
    opened = random.integers(0, days, items)
    took = random.geometric(hazard, items) - 1
    return framed(random, opened, opened, opened + took, customers)


def habit_world(*, items: int, days: int, customers: int, seed: int) -> pl.DataFrame:
    """Return invoices of 30 days whose customers pay around a day of their own, some days early or late."""
    random = np.random.default_rng(seed)
    opened = random.integers(0, days, items)
    customer = random.integers(0, customers, items)
    habit = random.integers(-10, 25, customers)
    due = opened + 30
    settled = due + habit[customer] + np.round(random.normal(0, 4, items)).astype(int)
    return framed(random, opened, due, np.maximum(settled, opened), customers, customer)


def framed(
    random: np.random.Generator,
    opened: np.ndarray,
    due: np.ndarray,
    settled: np.ndarray,
    customers: int,
    customer: np.ndarray | None = None,
) -> pl.DataFrame:
    if customer is None:
        customer = random.integers(0, customers, len(opened))

    def days(numbers: np.ndarray) -> list[date]:
        return [FIRST + timedelta(days=int(number)) for number in numbers]

    return pl.DataFrame(
        {
            "item_id": [f"I{number:05d}" for number in range(len(opened))],
            "customer_id": [f"C{number:03d}" for number in customer],
            "opened_on": days(opened),
            "due_on": days(due),
            "amount": np.round(random.lognormal(7, 1, len(opened)), 2),
            "settled_on": days(settled),
        }
    )
