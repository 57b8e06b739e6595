"""The best probability there is: of a booked bad debt within 12 months, for who sees the books, and for who sees all.

:func:`visible_pd` uses only what the ledger shows by the date, and all that is known of how the simulator works: no
model that learns from the same ledger can do better on average, but for what the approximations named in
``docs/simulator.md`` give away. :func:`latent_pd` is told the hidden state as well and bounds what better data could
do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.progress import Progress, silent
from credrisk.simulate.clock import Floats
from credrisk.simulate.oracle_delays import HEALTH_GRID, delay_tables
from credrisk.simulate.oracle_evidence import read_evidence
from credrisk.simulate.oracle_filter import STATES, STRIDE, Block, filter_block
from credrisk.simulate.oracle_future import Presence, booked_bad_debts
from credrisk.simulate.oracle_particles import Particles, draw_particles
from credrisk.simulate.oracle_signs import health_signs, market_path
from credrisk.simulate.oracle_today import owed_now, weigh_today

__all__ = ["latent_pd", "visible_pd"]

AT_ONCE = 200
"""Customers filtered together: a block stays in the cache."""
LEAST, MOST = 1e-5, 1 - 1e-5


def visible_pd(
    ledger: Ledger,
    as_of: date,
    customer_ids: Sequence[str],
    *,
    months: int = 12,
    particles: int = 64,
    futures: int = 256,
    seed: int = 0,
    progress: Progress = silent,
) -> Floats:
    """Return the probability of a bad debt given what a simulated ledger shows at the end of ``as_of``.

    Parameters
    ----------
    ledger
        A simulated ledger (scenario ``none``); it is cut at ``as_of``, so what came later changes nothing.
    as_of
        Last day of a covered month.
    customer_ids
        Customers at risk on that day (:func:`~credrisk.features.labels.build_labels`).
    months
        Calendar months from the day after ``as_of``.
    particles
        Guesses of each customer's fixed traits.
    futures
        Futures drawn for each customer.
    seed
        Seed of all draws.

    Returns
    -------
    numpy.ndarray
        Shape (customers,): probability that ``bad_debt`` is booked within ``months`` and before leaving.

    Raises
    ------
    ParameterError
        When ``as_of`` is not the last day of a covered month.
    """
    ids = tuple(customer_ids)
    seen = ledger.cut(as_of)
    evidence = read_evidence(seen, as_of, ids)
    place = pl.DataFrame({"customer_id": ids, "customer": np.arange(len(ids))})
    signs = health_signs(seen, evidence, place)
    market, tables = market_path(seen, evidence), delay_tables()
    rng = np.random.default_rng(seed)
    drawn = draw_particles(rng, evidence, particles)
    enough = owed_now(evidence)
    chance = np.zeros(len(ids))
    for first in range(0, len(ids), AT_ONCE):
        progress("Filtering customers", first, len(ids))
        which = slice(first, min(first + AT_ONCE, len(ids)))
        block = filter_block(evidence, drawn, signs, tables, market, which)
        now = weigh_today(evidence, drawn, block, tables, which)
        life = now.alive.sum(axis=(1, 2))
        picked = _pick(rng, drawn, block, now.alive, which, futures, float(market[-1]))
        ahead = booked_bad_debts(rng, evidence, picked, float(market[-1]), tables, months=months)
        ahead = ahead.reshape(-1, futures).mean(axis=1)
        total = life + now.insolvent + now.stopped + now.gone
        chance[which] = (life * ahead + now.insolvent + now.stopped * enough[which]) / total
    progress("Filtering customers", len(ids), len(ids))
    # Only who pays in the end is placed and stays at risk: it cannot fail within the simulated months.
    return np.clip(np.where(evidence.placed, 0.0, chance), LEAST, MOST)


def latent_pd(
    ledger: Ledger,
    truth: Mapping[str, pl.DataFrame],
    as_of: date,
    customer_ids: Sequence[str],
    *,
    months: int = 12,
    futures: int = 256,
    seed: int = 0,
) -> Floats:
    """Return the probability of a bad debt given the hidden state of the day and the open ledger.

    As :func:`visible_pd`, but health, mean health, habit, order rate and whether the customer has already failed or
    left are taken from ``truth`` (:attr:`~credrisk.simulate.Simulation.truth`).
    """
    ids = tuple(customer_ids)
    evidence = read_evidence(ledger.cut(as_of), as_of, ids)
    rows = pl.DataFrame({"customer_id": ids}, schema={"customer_id": pl.String})
    for name in ("customers", "outcomes"):
        rows = rows.join(truth[name], on="customer_id", how="left", maintain_order="left")
    state = truth["health"].filter(pl.col("month_end") == as_of).select("customer_id", "health", "factor")
    rows = rows.join(state, on="customer_id", how="left", maintain_order="left")
    if rows["mean_health"].null_count():
        raise DataError("Customers are not in the truth.", table="truth", columns=["customer_id"])
    market = float(state["factor"][0])
    failed = rows.select((pl.col("failed_on") <= as_of).fill_null(False)).to_series().to_numpy()
    left = rows.select((pl.col("left_on") <= as_of).fill_null(False)).to_series().to_numpy()
    insolvent = failed & (rows["kind"] == "insolvency").fill_null(False).to_numpy()
    who = np.repeat(np.arange(len(ids)), futures)
    mean, loading, habit, rate = (
        rows[name].to_numpy() for name in ("mean_health", "market_loading", "habit_days", "orders_a_month")
    )
    own = rows["health"].fill_null(0.0).to_numpy() - mean - loading * market
    rng = np.random.default_rng(seed)
    chance = np.zeros(len(ids))
    for part in np.array_split(np.arange(len(ids)), max(1, len(who) // 1_000_000)):
        rowwise = np.repeat(part, futures)
        now = Presence(rowwise, mean[rowwise], loading[rowwise], habit[rowwise], rate[rowwise], own[rowwise])
        ahead = booked_bad_debts(rng, evidence, now, market, delay_tables(), months=months)
        chance[part] = ahead.reshape(-1, futures).mean(axis=1)
    chance = np.where(failed, np.where(insolvent, 1.0, owed_now(evidence)), chance)
    return np.clip(np.where(left | evidence.placed, 0.0, chance), LEAST, MOST)


def _pick(
    rng: np.random.Generator,
    particles: Particles,
    block: Block,
    alive: Floats,
    which: slice,
    futures: int,
    market: float,
) -> Presence:
    """Draw living states of each customer from their weights, evenly spread."""
    n = which.stop - which.start
    flat = alive.reshape(n, -1)
    flat = np.where(flat.sum(axis=1, keepdims=True) > 0, flat, 1.0)
    share = np.cumsum(flat / flat.sum(axis=1, keepdims=True), axis=1)
    wanted = (np.arange(futures) + rng.random((n, futures))) / futures
    offset = np.arange(n)[:, None]
    at = np.searchsorted((share + offset).ravel(), (wanted * share[:, -1:] + offset).ravel())
    at = np.clip(at.reshape(n, futures) - offset * flat.shape[1], 0, flat.shape[1] - 1)
    one, state = np.divmod(at, len(STATES))
    row = np.repeat(np.arange(n), futures)
    one, state = one.ravel(), state.ravel()
    step = HEALTH_GRID[1] - HEALTH_GRID[0]
    health = HEALTH_GRID[0] + step * (block.places[row, one] + STRIDE * (state + rng.random(len(row)) - 0.5))
    mean, loading = particles.mean_health[which][row, one], particles.loading[which][row, one]
    return Presence(
        customer=which.start + row,
        mean_health=mean,
        loading=loading,
        habit_days=particles.habit_days[which][row, one],
        rate=particles.rate[which][row, one],
        state=health - mean - loading * market,
    )
