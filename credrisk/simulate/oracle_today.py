"""Is the customer still alive today? It may have failed, or left, without the books saying so yet.

Hypotheses of a failure some days ago (insolvent, or just not paying any more) and of having left are weighed against
life: what stays unpaid since, that no order came, that collectors fell silent, that the limit was or was not withdrawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import gamma

from credrisk.simulate.clock import Floats, Ints
from credrisk.simulate.failure import INSOLVENCY_SHARE, LEAVES_A_YEAR
from credrisk.simulate.oracle_delays import HEALTH_GRID, DelayTables, squeeze_chance
from credrisk.simulate.oracle_evidence import LONG_AGO, Evidence
from credrisk.simulate.oracle_filter import STATES, STRIDE, Block, demand_shape, table_places
from credrisk.simulate.oracle_future import LEAST_OWED
from credrisk.simulate.oracle_particles import Particles
from credrisk.simulate.oracle_signs import monthly_failures
from credrisk.simulate.sales import SEASON

__all__ = ["Today", "owed_now", "weigh_today"]

DAYS_A_MONTH = 30.4375
FAILED_AGO = np.array([0, 7, 14, 21, 28, 35, 49, 63, 77, 91, 105, 119, 147, 175])
LEFT_AGO = np.array([0, 30, 60, 90, 120, 150, 180, 240, 300, 365])
"""Edges, in days before the date, of the hypotheses; a failure longer ago that was never booked counts as leaving."""
NOT_ASKED = 0.22
"""Chance that an account which is due a contact gets none in a week."""
MOST_WEEKS = 8
ASKED_AFTER_FAILURE = 30
LINGERS = (10, 40)
WITHDRAWN_AFTER = (15, 70)
"""Days after which the limit is withdrawn: insolvent, and not paying any more."""
OLDEST_GROUP = 8


@dataclass(frozen=True)
class Today:
    """Weights of a block: ``alive`` (customers, particles, states) and, relative to the same base, the sums of others.

    ``insolvent``, ``stopped`` and ``gone`` are (customers,).
    """

    alive: Floats
    insolvent: Floats
    stopped: Floats
    gone: Floats


def weigh_today(evidence: Evidence, particles: Particles, block: Block, tables: DelayTables, which: slice) -> Today:
    """Weigh life, failure and leaving for the customers ``which``."""
    n, today = which.stop - which.start, evidence.as_of
    base = block.log_weight - block.log_weight.max(axis=(1, 2), keepdims=True)
    base = np.exp(base)
    spots = block.places[:, :, None] + STRIDE * np.arange(len(STATES))
    everybody = np.arange(n)
    live = base * _unpaid(evidence, particles, block, tables, which, everybody, np.full(n, today))
    silent = evidence.silent_from[which]
    live *= _not_asked(silent, np.full(n, today))[:, None, None]
    hazard = monthly_failures(HEALTH_GRID)[spots] / DAYS_A_MONTH
    rate = particles.rate[which]
    mean, shape = (table[spots] for table in demand_shape(HEALTH_GRID))
    failed = np.zeros((2, n))
    for kind in (0, 1):
        share = (INSOLVENCY_SHARE, 1 - INSOLVENCY_SHARE)[kind]
        for near, far in pairwise(FAILED_AGO):
            fits = share * _fits(evidence, which, kind, int(near), int(far))
            rows = np.flatnonzero(fits > 1e-9)
            if not len(rows):
                continue
            ago = 0.5 * (near + far)
            day = np.full(len(rows), int(today - ago))
            told = _unpaid(evidence, particles, block, tables, which, rows, day)
            told *= base[rows] * hazard[rows] * (far - near)
            missed = max(ago - kind * 0.5 * sum(LINGERS), 0.0)
            told *= _no_orders_owed(rate[rows], mean[rows], shape[rows], evidence, missed)
            asked = _not_asked(silent[rows], np.minimum(day + ASKED_AFTER_FAILURE - 1, today))
            failed[kind, rows] += fits[rows] * asked * told.sum(axis=(1, 2))
    gone = np.zeros(n)
    last = np.maximum(evidence.last_order[which], LONG_AGO)
    for near, far in pairwise(LEFT_AGO):
        share = np.clip((today - near - last) / (far - near), 0.0, 1.0)
        rows = np.flatnonzero(share > 0)
        per_day = LEAVES_A_YEAR / 12 / DAYS_A_MONTH
        unbooked = 0.5 * hazard[rows] if near >= FAILED_AGO[-1] else 0.0
        told = live[rows] * (per_day + unbooked) * (far - near)
        told = told * _no_orders_owed(rate[rows], mean[rows], shape[rows], evidence, 0.5 * (near + far))
        gone[rows] += share[rows] * told.sum(axis=(1, 2))
    known = evidence.notice[which]
    failed[0] = np.where(known, 1.0, failed[0])
    live = np.where(known[:, None, None], 0.0, live)
    _limit_withdrawn(evidence, which, live, failed, gone)
    return Today(live, failed[0], failed[1], gone)


def _unpaid(
    evidence: Evidence,
    particles: Particles,
    block: Block,
    tables: DelayTables,
    which: slice,
    rows: Ints,
    day: Ints,
) -> Floats:
    """Return the chance (rows, particles, states) that what is unpaid was still so on ``day`` (one for each row)."""
    items, reach = evidence.items, STRIDE * np.arange(len(STATES))
    size = (len(rows), particles.rate.shape[1], len(STATES))
    begin, end = np.searchsorted(items.customer, [which.start, which.stop])
    unpaid = begin + np.flatnonzero(items.unpaid[begin:end])
    turn = np.full(which.stop - which.start, -1)
    turn[rows] = np.arange(len(rows))
    owner = turn[items.customer[unpaid] - which.start]
    unpaid, owner = unpaid[owner >= 0], owner[owner >= 0]
    chance = np.ones(size)
    group = np.minimum(evidence.clock.months - 1 - items.month[unpaid], OLDEST_GROUP)
    for month in np.unique(group):
        mine = np.flatnonzero(group == month)
        touched = np.unique(owner[mine])
        plain, tight = np.zeros((2, *size), dtype=np.float32)
        # Several documents of one customer and month are added one after the other.
        left = mine
        while len(left):
            who, once = np.unique(owner[left], return_index=True)
            chosen = left[once]
            late = day[who] - items.due[unpaid[chosen]]
            at = table_places(evidence.run[which][rows[who]], particles, which, rows[who], late)
            spot = (at + block.places[rows[who]])[:, :, None] + reach
            plain[who] += tables.tail[0].ravel()[spot]
            tight[who] += tables.tail[1].ravel()[spot]
            left = np.delete(left, once)
        spot = block.places[rows[touched]][:, :, None] + reach
        squeezed = squeeze_chance(HEALTH_GRID)[spot]
        chance[touched] *= (1 - squeezed) * np.exp(plain[touched]) + squeezed * np.exp(tight[touched])
    return chance


def _no_orders_owed(rate: Floats, mean: Floats, shape: Floats, evidence: Evidence, days: float) -> Floats:
    """Return how much likelier it is that no order came in the last ``days`` when none could come."""
    if days <= 0:
        return np.ones(mean.shape)
    months = max(days / DAYS_A_MONTH, 1.0)
    recent = evidence.clock.calendar_months[-int(np.ceil(months)) :]
    expected = rate[:, :, None] * mean * float(SEASON[recent].mean()) * days / DAYS_A_MONTH
    return np.asarray((1 + expected / (shape * months)) ** (shape * months))


def _not_asked(first: Ints, last: Ints) -> Floats:
    """Return the chance that no Monday from ``first`` to ``last`` brought a contact."""
    weeks = (last + 3) // 7 - (first + 2) // 7
    return np.asarray(NOT_ASKED ** np.clip(weeks, 0, MOST_WEEKS))


def _fits(evidence: Evidence, which: slice, kind: int, near: int, far: int) -> Floats:
    """Return how well a failure ``near`` to ``far`` days ago fits the last signs of life and the credit file."""
    today = evidence.as_of
    ago = np.linspace(near, far, 8)[:-1] + (far - near) / 14
    day = today - ago[None, :]
    fits = (day >= evidence.last_life[which, None]) & (day >= evidence.last_contact[which, None] - ASKED_AFTER_FAILURE)
    trade = np.maximum(evidence.last_order, evidence.last_bill)[which, None]
    if kind == 0:
        told = gamma.sf(ago, 1.5, scale=5.0) * (ago < 40) * np.clip((12 - ago) / 12, 0, 1)
        told = told * (day >= trade)
    else:
        told = np.clip((LINGERS[1] - (trade - day)) / (LINGERS[1] - LINGERS[0]), 0, 1)
    since = ago - WITHDRAWN_AFTER[kind]
    told = told * np.where(since < 0, 1.0, np.where(since < 3, 0.2, np.where(since < 17, 0.02, 1e-4)))
    return np.asarray((fits * told).mean(axis=1))


def _limit_withdrawn(evidence: Evidence, which: slice, live: Floats, failed: Floats, gone: Floats) -> None:
    """A limit of nil is certain failure: its day tells which kind."""
    withdrawn = evidence.withdrawn[which]
    hit = np.flatnonzero((withdrawn > LONG_AGO) & ~evidence.notice[which])
    day = withdrawn[hit] - WITHDRAWN_AFTER[0]
    ago = evidence.as_of - day
    first = gamma.sf(ago, 1.5, scale=5.0) * (ago < 40) * np.clip((12 - ago) / 12, 0, 1)
    first = first * (day >= evidence.last_life[which][hit])
    second = (withdrawn[hit] - WITHDRAWN_AFTER[1] >= evidence.last_life[which][hit]).astype(np.float64)
    second = np.where(first + second > 0, second, 1.0)
    failed[0, hit], failed[1, hit] = first, second
    live[hit], gone[hit] = 0.0, 0.0


def owed_now(evidence: Evidence) -> Floats:
    """Return the chance that a customer which failed before today owes enough to be booked as a bad debt."""
    something = evidence.balance_end > LONG_AGO
    return np.where(evidence.open_money > LEAST_OWED, 1.0, np.where(something, 0.5, 0.03))
