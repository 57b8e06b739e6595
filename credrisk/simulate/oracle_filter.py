"""How is a customer today, given all that the ledger shows? The posterior of its health, draw by draw of its traits.

A particle filter with the health path summed out: each particle is one guess of the fixed traits, and given them the
own state is an AR(1) on a grid, filtered exactly month by month. Nothing is resampled, so nothing is lost to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from credrisk.simulate.clock import Floats, Ints
from credrisk.simulate.health import INDUSTRY_LOADING, OWN_PERSISTENCE, OWN_SD
from credrisk.simulate.oracle_delays import EDGES, HEALTH_GRID, DelayTables, Small, squeeze_chance
from credrisk.simulate.oracle_evidence import Evidence
from credrisk.simulate.oracle_particles import Particles
from credrisk.simulate.sales import SEASON

__all__ = ["STATES", "Block", "demand_shape", "filter_block", "grid_places", "table_places", "transition"]

STATE_SD = float(np.hypot(OWN_SD, INDUSTRY_LOADING))
"""Own and industry state fade at the same pace, so their sum is one state; the industry's share is not told apart."""
STRIDE = 2
STATES = np.arange(-3.5, 3.5 + 1e-9, STRIDE * (HEALTH_GRID[1] - HEALTH_GRID[0]))
"""Own state on the grid; every second place of the health grid."""
MOST_ORDERS = 40
LOG_RATES = np.arange(np.log(0.2), np.log(8.5), 0.1)


@dataclass(frozen=True)
class Block:
    """Posterior of a block of customers: ``log_weight`` (customers, particles, states), before the items still open."""

    log_weight: Floats
    places: Ints
    """(customers, particles): place in the health grid of the lowest state, this month."""


def transition() -> Floats:
    """Return the chances (from, to) of the own state from one month to the next."""
    sd = STATE_SD * np.sqrt(1 - OWN_PERSISTENCE**2)
    away = (STATES[None, :] - OWN_PERSISTENCE * STATES[:, None]) / sd
    chance = np.exp(-0.5 * away**2)
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def grid_places(particles: Particles, which: slice, market: float) -> Ints:
    """Return the place in the health grid of the lowest state for each customer and particle."""
    middle = particles.mean_health[which] + particles.loading[which] * market
    step = HEALTH_GRID[1] - HEALTH_GRID[0]
    place = np.rint((middle + STATES[0] - HEALTH_GRID[0]) / step).astype(np.int64)
    return np.asarray(np.clip(place, 0, len(HEALTH_GRID) - 1 - STRIDE * (len(STATES) - 1)), dtype=np.int64)


def demand_shape(health: Floats) -> tuple[Floats, Floats]:
    """Return mean and gamma shape of demand at each health."""
    state = np.clip(health, -3.0, 1.5)
    return np.exp(0.2 * state), np.clip(6.0 * np.exp(0.7 * state), 1.0, 12.0)


def order_table() -> Small:
    """Return log probabilities (orders, log rate, health) of a number of orders in a month."""
    mean, shape = demand_shape(HEALTH_GRID)
    expected = np.exp(LOG_RATES)[None, :, None] * mean
    count = np.arange(MOST_ORDERS + 1)[:, None, None]
    share = expected / (expected + shape)
    told = gammaln(count + shape) - gammaln(shape) - gammaln(count + 1) + shape * np.log1p(-share)
    return np.asarray(told + count * np.log(share), dtype=np.float32)


def filter_block(
    evidence: Evidence,
    particles: Particles,
    signs: Small,
    tables: DelayTables,
    market: Floats,
    which: slice,
) -> Block:
    """Run the filter over the covered months for the customers ``which``."""
    first, last = which.start, which.stop
    size = (last - first, particles.rate.shape[1], len(STATES))
    reach = STRIDE * np.arange(len(STATES))
    items = evidence.items
    begin, end = np.searchsorted(items.customer, [first, last])
    used = begin + np.flatnonzero(~items.unpaid[begin:end] & (items.discount[begin:end] != 1))
    used = used[np.argsort(items.month[used], kind="stable")]
    by_month = np.searchsorted(items.month[used], np.arange(evidence.clock.months + 1))
    days = items.paid - items.due
    counts, step = order_table(), np.asarray(transition(), dtype=np.float32)
    log_rate = np.log(particles.rate[which])
    season = np.log(SEASON[evidence.clock.calendar_months])
    squeezed = np.log(squeeze_chance(HEALTH_GRID)).astype(np.float32)
    free = np.log1p(-squeeze_chance(HEALTH_GRID)).astype(np.float32)
    start = np.exp(-0.5 * (STATES / STATE_SD) ** 2).astype(np.float32)
    state = np.broadcast_to(start / start.sum(), size).copy()
    total = particles.log_weight[which].copy()
    row = np.arange(last - first)
    for month in range(evidence.clock.months):
        if month:
            state = (state.reshape(-1, len(STATES)) @ step).reshape(size)
        places = grid_places(particles, which, market[month])
        spots = places[:, :, None] + reach
        told = signs[which, month][row[:, None, None], spots]
        seen = evidence.orders[which, month]
        some = np.flatnonzero(seen >= 0)
        level = np.clip(np.rint((log_rate[some] + season[month] - LOG_RATES[0]) / 0.1), 0, len(LOG_RATES) - 1)
        at = (np.minimum(seen[some], MOST_ORDERS)[:, None] * len(LOG_RATES) + level.astype(np.int64)) * len(HEALTH_GRID)
        told[some] += counts.ravel()[at[:, :, None] + spots[some]]
        chosen = used[by_month[month] : by_month[month + 1]]
        if len(chosen):
            owner, rank = _ranks(items.customer[chosen] - first)
            touched = np.unique(owner)
            plain, tight = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
            for turn in range(int(rank.max()) + 1):
                mine = rank == turn
                who, late = owner[mine], days[chosen[mine]]
                at = table_places(evidence.run[first:last][who], particles, which, who, late) + places[who]
                spot = at[:, :, None] + reach
                plain[who] += tables.density[0].ravel()[spot]
                tight[who] += tables.density[1].ravel()[spot]
            spot = spots[touched]
            told[touched] += np.logaddexp(free[spot] + plain[touched], squeezed[spot] + tight[touched])
        top = told.max(axis=2, keepdims=True)
        state *= np.exp(told - top)
        norm = state.sum(axis=2, keepdims=True)
        state /= np.maximum(norm, 1e-30)
        total += (np.log(np.maximum(norm, 1e-30)) + top)[:, :, 0]
    return Block(np.log(np.maximum(state, 1e-30)) + total[:, :, None], places)


def _ranks(owner: Ints) -> tuple[Ints, Ints]:
    """Return the owners and the turn of each row among the rows of its owner."""
    order = np.argsort(owner, kind="stable")
    ranked = owner[order]
    begins = np.r_[True, ranked[1:] != ranked[:-1]]
    place = np.arange(len(owner))
    turn = np.empty(len(owner), dtype=np.int64)
    turn[order] = place - np.maximum.accumulate(np.where(begins, place, 0))
    return owner, turn


def table_places(run: Ints, particles: Particles, which: slice, who: Ints, days: Ints) -> Ints:
    """Return (rows, particles): where in the flat delay table the row's health begins."""
    bins = DelayTables.bins(days[:, None] - particles.habit_days[which][who])
    group = run[:, None] * 3 + particles.spread[which][who]
    return (group * (len(EDGES) - 1) + bins) * len(HEALTH_GRID)
