"""How late does a customer of given health and habit pay? The oracle's law of payment, read off the simulator itself.

Between health and the day on which cash arrives stand noise, squeezes, payment runs and collectors; no formula gives
their joint law. So it is counted: reference worlds are drawn with the simulator's own parts and with nobody failing,
and the delay beyond the customer's habit is tabulated by health, spread and payment run. The worlds have seeds of
their own and share nothing with the ledger that is judged.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt

from credrisk.simulate.accounts import draw_accounts
from credrisk.simulate.clock import NEVER, Clock, Floats, Ints, Streams, workday
from credrisk.simulate.collection import SQUEEZE_CHANCE, collect, draw_dunning_stops, plan_payments
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.health import draw_health, stress
from credrisk.simulate.sales import draw_sales

__all__ = ["HEALTH_GRID", "RUNS", "SPREADS", "DelayTables", "delay_tables", "squeeze_chance"]

Small = npt.NDArray[np.float32]

HEALTH_GRID = np.arange(-5.0, 4.0 + 1e-9, 0.125)
"""Health at which every table of the oracle is held."""
COARSE = 0.25
RUNS, SPREADS = 4, 3
"""Payment runs (the fourth: not known), and spreads of 1 to 2, 2 to 3 and 3 to 4 days."""

EARLIEST, LATEST = -30, 260
"""Days beyond the habit that the tables hold; what lies outside counts as the end."""
EDGES = np.r_[np.arange(EARLIEST, 31), np.arange(33, 61, 3), np.arange(66, 121, 6), np.arange(135, LATEST, 15), LATEST]
WORLDS, CUSTOMERS, MONTHS, FIRST_SEED = 8, 3000, 60, 7_000_001
STRANGE = 0.002
"""Share of payments that follow no law of the tables (corrected postings, set-offs): no single one may decide."""
LATER_THAN_SHIFT = 1.2
"""Every second world is this much weaker, so that the tables know weak health from many cases."""


@dataclass(frozen=True)
class DelayTables:
    """The law of the days by which a payment comes later than the customer's habit.

    Attributes
    ----------
    density, tail
        (squeezed or not, run x spread, bin of days, health): log probability of a day in the bin, and of a payment
        later than the bin. ``squeezed`` is a month in which the customer cannot pay anybody.
    mean_days
        (health,): mean days beyond the habit, squeezes included.
    """

    density: Small
    tail: Small
    mean_days: Floats

    @staticmethod
    def bins(days: npt.NDArray[np.floating]) -> Ints:
        """Return the bin of each number of days beyond the habit (rounded to whole days)."""
        whole = np.clip(np.rint(days), EARLIEST, LATEST - 1).astype(np.int64) - EARLIEST
        return np.asarray(_BIN_OF_DAY[whole], dtype=np.int64)


_BIN_OF_DAY = np.searchsorted(EDGES, np.arange(EARLIEST, LATEST), side="right") - 1


def squeeze_chance(health: Floats) -> Floats:
    """Return the chance that in a month nothing is paid for long."""
    return np.minimum(SQUEEZE_CHANCE * stress(health), 0.95)


@cache
def delay_tables() -> DelayTables:
    """Count the reference worlds (about half a minute, once a process)."""
    levels = np.arange(HEALTH_GRID[0], HEALTH_GRID[-1] + 1e-9, COARSE)
    counts = np.zeros((2, 3 * SPREADS, len(EDGES) - 1, len(levels)))
    total, size = np.zeros((2, len(levels)))
    for world in range(WORLDS):
        group, days, health, squeezed = _world(FIRST_SEED + world, shift=LATER_THAN_SHIFT * (world % 2))
        level = np.clip(np.rint((health - levels[0]) / COARSE), 0, len(levels) - 1).astype(np.int64)
        np.add.at(counts, (squeezed, group, DelayTables.bins(days), level), 1.0)
        np.add.at(total, level, np.minimum(days, LATEST))
        np.add.at(size, level, 1.0)
    # A squeeze outweighs habit and run: one table for all.
    counts[1] = counts[1].sum(axis=0, keepdims=True)
    unknown = counts.reshape(2, 3, SPREADS, *counts.shape[2:]).sum(axis=1)
    counts = np.concatenate([counts, unknown], axis=1)
    distance = levels[:, None] - levels[None, :]
    near = np.exp(-0.5 * (distance / 0.2) ** 2)
    far = np.exp(-0.5 * (distance / 0.6) ** 2)
    # Weak support is borrowed from further away, at a small weight.
    counts = counts @ near + 0.02 * (counts @ far)
    width = np.diff(EDGES).astype(np.float64)[:, None]
    share = counts / np.maximum(counts.sum(axis=2, keepdims=True), 1e-9)
    share = (1 - STRANGE) * share + STRANGE * width / width.sum()
    later = np.maximum(1 - np.cumsum(share, axis=2), 1e-7) + 0.5 * STRANGE
    place = np.clip((HEALTH_GRID - levels[0]) / COARSE, 0, len(levels) - 1)
    below = np.minimum(place.astype(np.int64), len(levels) - 2)
    part = place - below

    def fine(table: Floats) -> Floats:
        return np.asarray(table[..., below] * (1 - part) + table[..., below + 1] * part)

    mean = (total @ near) / np.maximum(size @ near, 1e-9)
    density, tail = (np.log(fine(table)).astype(np.float32) for table in (share / width, later))
    return DelayTables(density, tail, fine(mean))


def _world(seed: int, *, shift: float) -> tuple[Ints, Floats, Floats, Ints]:
    """Return run and spread, days beyond the habit, health and squeeze of the documents of a world without failures."""
    clock, streams = Clock.of(date(2000, 1, 1), MONTHS), Streams(seed)
    accounts = draw_accounts(streams("accounts"), customers=CUSTOMERS, clock=clock)
    accounts.discount[:] = False
    drawn = draw_health(streams("health"), accounts, clock)
    health = dataclasses.replace(drawn, health=drawn.health - shift)
    never = np.full(CUSTOMERS, NEVER, dtype=np.int64)
    nobody = Outcomes(never, 0 * never, never, np.full(CUSTOMERS, np.nan), never, never)
    _, documents = draw_sales(streams("sales"), accounts, health, nobody, clock)
    held = np.zeros(len(documents), dtype=np.int64)
    meant = plan_payments(streams("payments"), accounts, health, documents, held, clock)
    stops = draw_dunning_stops(streams("dunning stops"), accounts, clock)
    plan = collect(streams("collection"), accounts, health, nobody, documents, meant, stops, clock)[0]
    again = streams("payments")
    again.normal(size=len(documents))
    squeezed = again.random(health.health.shape) < SQUEEZE_CHANCE * stress(health.health)
    month = clock.month_of(documents.due)
    kept = np.flatnonzero((documents.due < clock.end - LATEST) & (documents.due > clock.start) & ~plan.offset)
    customer, month = documents.customer[kept], month[kept]
    days = workday(plan.last[kept]) - documents.due[kept] - accounts.habit_days[customer]
    spread = np.clip(accounts.spread_days[customer].astype(np.int64) - 1, 0, SPREADS - 1)
    group = accounts.run[customer] * SPREADS + spread
    return group, days, health.health[customer, month], squeezed[customer, month].astype(np.int64)
