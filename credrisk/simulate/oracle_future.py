"""From today's state to a booked bad debt: futures of a customer that is alive, as the labels would tell them.

A failure is not yet a bad debt. An insolvency is one on the day on which it is learned; a customer that stops paying
is placed with a collector some months later, and only if it owed more than the threshold; whoever had gone quiet for
half a year before counts as having left. Each future draws health, orders and balances month by month; the failure is
not drawn but weighed by its chance, so that few futures give a steady probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from credrisk.simulate.clock import Clock, Flags, Floats, Ints
from credrisk.simulate.failure import INSOLVENCY_SHARE, LEAVES_A_YEAR
from credrisk.simulate.health import MARKET_PERSISTENCE, OWN_PERSISTENCE
from credrisk.simulate.oracle_delays import HEALTH_GRID, DelayTables
from credrisk.simulate.oracle_evidence import LONG_AGO, Evidence
from credrisk.simulate.oracle_filter import STATE_SD, demand_shape
from credrisk.simulate.oracle_signs import monthly_failures
from credrisk.simulate.sales import SEASON

__all__ = ["Presence", "booked_bad_debts", "owed_enough"]

QUIET_DAYS = 180
"""After so many days without balance, invoice and order a customer has left in good standing (LabelSettings)."""
LEAST_OWED = 500.0
"""A placement or write-off up to this amount is no bad debt (LabelSettings, major units)."""
AMOUNT_SD = 0.5
PLACED_FROM, PLACED_TO = 95, 150
LEAD_DAYS = 9.2
"""Mean days from order to invoice."""


@dataclass(frozen=True)
class Presence:
    """Customers as they are on the day, one row a future.

    ``customer`` is the place in the evidence; ``state`` the own state (health less mean and market part).
    """

    customer: Ints
    mean_health: Floats
    loading: Floats
    habit_days: Floats
    rate: Floats
    state: Floats


def owed_enough(evidence: Evidence) -> Floats:
    """Return the chance that what a document of each customer leaves unpaid is above the threshold."""
    typical = np.where(np.isnan(evidence.typical), np.log(5000.0), evidence.typical)
    return np.asarray(ndtr((typical - np.log(LEAST_OWED)) / AMOUNT_SD))


def booked_bad_debts(
    rng: np.random.Generator,
    evidence: Evidence,
    now: Presence,
    market: float,
    tables: DelayTables,
    *,
    months: int,
) -> Floats:
    """Return for each future the chance of a bad debt booked within ``months`` and before leaving, shape (futures,)."""
    size, today = len(now.customer), evidence.as_of
    ahead = Clock.of(evidence.clock.day(today + 1), months)
    starts = ahead.month_starts[ahead.warm_up :] - 1 - today
    season = SEASON[ahead.calendar_months[ahead.warm_up :]]
    horizon = int(starts[-1])
    terms = evidence.terms[now.customer].astype(np.float64)
    enough = owed_enough(evidence)[now.customer]
    factor, state = np.full(size, market), now.state.copy()
    health = now.mean_health + now.loading * factor + state
    owing, until = _balance_today(rng, evidence, now, health, tables)
    marked = np.zeros(size, dtype=bool)
    alive, chance = np.ones(size), np.zeros(size)
    for month in range(months):
        begins, length = float(starts[month]), float(starts[month + 1] - starts[month])
        state = OWN_PERSISTENCE * state + STATE_SD * np.sqrt(1 - OWN_PERSISTENCE**2) * rng.normal(size=size)
        factor = MARKET_PERSISTENCE * factor + np.sqrt(1 - MARKET_PERSISTENCE**2) * rng.normal(size=size)
        health = now.mean_health + now.loading * factor + state
        mean, shape = demand_shape(health)
        demand = now.rate * season[month] * mean * rng.standard_gamma(shape) / shape
        orders = rng.poisson(demand)
        some, share = orders > 0, 1 / np.maximum(orders, 1)
        first = np.where(some, begins + length * (1 - rng.random(size) ** share), np.inf)
        last = np.where(some, begins + length * rng.random(size) ** share, -np.inf)
        last = np.maximum(last, np.where(some, first, -np.inf))
        lasts = LEAD_DAYS + terms + np.maximum(now.habit_days + _mean_days(tables, health), 2 - terms)

        falls = begins + length * rng.random(size)
        traded = first <= falls
        gone = marked | _quiet(until, np.where(traded, first, falls))
        lingers = rng.integers(10, 40, size) - LEAD_DAYS
        next_order = begins + length + rng.exponential(length / np.maximum(now.rate * mean, 1e-3))
        owed = (owing > falls) | (np.minimum(first, next_order) <= falls + lingers)
        learned = falls + np.minimum(rng.gamma(1.5, 5.0, size), 40.0)
        active_until = np.where(traded, first + lasts, until)
        insolvent = (learned <= horizon) & ~gone & ~_quiet(active_until, learned)
        placed = falls + rng.integers(PLACED_FROM, PLACED_TO, size) + 1.0
        stopped = (placed <= horizon) & ~gone & owed
        fails = monthly_failures(health)
        booked = INSOLVENCY_SHARE * insolvent + (1 - INSOLVENCY_SHARE) * enough * stopped
        chance += alive * -np.expm1(-fails) * booked
        alive *= np.exp(-fails) * (1 - LEAVES_A_YEAR / 12)

        marked |= _quiet(until, np.where(some, first, begins + length))
        owing = np.maximum(owing, last + lasts)
        until = np.maximum(until, last + lasts)
    return chance


def _quiet(until: Floats, day: Floats) -> Flags:
    """Tell where the customer was marked as gone between today and ``day``, active ``until`` then."""
    return (until + QUIET_DAYS > 0) & (until + QUIET_DAYS < day)


def _mean_days(tables: DelayTables, health: Floats) -> Floats:
    return np.interp(health, HEALTH_GRID, tables.mean_days)


def _balance_today(
    rng: np.random.Generator, evidence: Evidence, now: Presence, health: Floats, tables: DelayTables
) -> tuple[Floats, Floats]:
    """Return the days (from today) until which today's balance, and today's activity, would last."""
    ends, size = evidence.balance_end[now.customer], len(now.customer)
    is_open = ends > LONG_AGO
    beyond = _mean_days(tables, health)
    lasts = ends - evidence.as_of + now.habit_days + beyond
    lasts = np.maximum(lasts, 1 + (15 + beyond) * rng.random(size))
    owing = np.where(is_open, lasts, -np.inf)
    quiet = (evidence.quiet_since[now.customer] - evidence.as_of).astype(np.float64)
    return owing, np.where(is_open, lasts, quiet)
