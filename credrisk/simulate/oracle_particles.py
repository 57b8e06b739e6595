"""What might a customer be like? Draws of its fixed traits: habit, spread, mean health, market loading, order rate.

Priors are the simulator's own draws. Habit and order rate are proposed near what the ledger shows and weighted back to
the prior; the others are drawn from it, in strata, so that few draws cover it evenly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from credrisk.simulate.accounts import HABIT_DAYS, HABIT_SHARES
from credrisk.simulate.clock import Floats, Ints
from credrisk.simulate.oracle_delays import SPREADS
from credrisk.simulate.oracle_evidence import Evidence
from credrisk.simulate.sales import SEASON

__all__ = ["Particles", "draw_particles"]

LOG_RATE_MEAN, LOG_RATE_BY_SIZE, LOG_RATE_SD = -0.8, 0.4, 0.45
LEAST_RATE, MOST_RATE = 0.3, 6.0
LOG_SALES_MEAN, LOG_SALES_BY_SIZE = 8.7, 1.05
SAFE_SHARE, SAFE_SHARE_OF_BIG, BIG = 0.04, 0.08, 0.7
MEAN_BY_SIZE, MEAN_IF_SAFE, MEAN_BASE, MEAN_SD = 0.12, 0.6, -0.05, 0.5
LEAST_LOADING, MOST_LOADING = 0.05, 0.35
FROM_PRIOR = 0.2
"""Share of the habits proposed from the prior rather than near the payments seen."""


@dataclass(frozen=True)
class Particles:
    """Traits of each customer, all of shape (customers, particles).

    ``log_weight`` corrects the proposals to the prior; ``spread`` is 0, 1 or 2 (days of 1 to 2, 2 to 3, 3 to 4).
    """

    habit_days: Floats
    spread: Ints
    mean_health: Floats
    loading: Floats
    rate: Floats
    log_weight: Floats


def draw_particles(rng: np.random.Generator, evidence: Evidence, size: int) -> Particles:
    """Draw ``size`` particles a customer."""
    n = len(evidence)
    rate, rate_weight, big = _rates(rng, evidence, size)
    safe_prior = np.asarray(SAFE_SHARE + SAFE_SHARE_OF_BIG * (big > BIG), dtype=np.float64)
    centre, width = _centres(evidence)
    near = np.arange(size) >= FROM_PRIOR * size
    z = ndtri(_strata(rng, n, int(near.sum())))
    days = np.empty((n, size))
    days[:, near] = centre[:, None] + width[:, None] * z
    prior = ~near
    days[:, prior] = _habits(rng, n, int(prior.sum()))
    usual, safe = _habit_density(days, safe_prior)
    # The mixture is what was proposed, whichever of its parts a draw came from.
    plain = _habit_density(days, np.full(days.shape, SAFE_SHARE))
    proposed = (1 - FROM_PRIOR) * _normal(days, centre[:, None], width[:, None]) + FROM_PRIOR * (plain[0] + plain[1])
    is_safe = rng.random((n, size)) < safe / (usual + safe)
    mean = MEAN_BY_SIZE * big + MEAN_IF_SAFE * is_safe + MEAN_BASE + MEAN_SD * ndtri(_strata(rng, n, size))
    return Particles(
        habit_days=days,
        spread=rng.permuted(np.tile(np.arange(size) % SPREADS, (n, 1)), axis=1),
        mean_health=mean,
        loading=LEAST_LOADING + (MOST_LOADING - LEAST_LOADING) * _strata(rng, n, size),
        rate=rate,
        log_weight=np.log(usual + safe) - np.log(proposed) + rate_weight,
    )


def _strata(rng: np.random.Generator, n: int, size: int) -> Floats:
    """Return uniform draws, one in each of ``size`` equal parts, in random order."""
    return rng.permuted((np.arange(size) + rng.random((n, size))) / size, axis=1)


def _normal(x: Floats, mean: Floats | float, sd: Floats | float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((x - mean) / sd) ** 2) / (np.sqrt(2 * np.pi) * sd))


def _habit_density(days: Floats, safe_share: Floats) -> tuple[Floats, Floats]:
    """Return the prior density of the habit, split into the usual customers and the slow but safe ones."""
    edges = np.cumsum((0.0, *HABIT_SHARES))
    usual = sum((edges[k + 1] - edges[k]) * _normal(days, *HABIT_DAYS[k]) for k in range(len(HABIT_SHARES)))
    return (1 - safe_share) * usual, safe_share * _normal(days, *HABIT_DAYS[3])


def _habits(rng: np.random.Generator, n: int, size: int) -> Floats:
    kind = np.where(rng.random((n, size)) < SAFE_SHARE, 3, rng.choice(3, (n, size), p=HABIT_SHARES))
    mean, sd = np.array(HABIT_DAYS)[kind].transpose(2, 0, 1)
    return np.asarray(mean + sd * rng.normal(size=(n, size)))


def _centres(evidence: Evidence) -> tuple[Floats, Floats]:
    """Return where the habit lies by the better third of the payments, and how sure that is."""
    n, items = len(evidence), evidence.items
    used = ~items.unpaid & (items.discount != 1)
    who, delay = items.customer[used], (items.paid - items.due)[used].astype(np.float64)
    order = np.lexsort((delay, who))
    who, delay = who[order], delay[order]
    size = np.bincount(who, minlength=n)
    begins = np.cumsum(size) - size
    centre, width = np.full(n, -1.0), np.full(n, 8.0)
    some = np.flatnonzero(size > 0)
    centre[some] = delay[begins[some] + (0.4 * (size[some] - 1)).astype(np.int64)] - 0.3
    twice = np.where(evidence.run == 2, 1.7, 1.0)
    width[some] = twice[some] * np.maximum(0.9, 4.5 / np.sqrt(size[some]))
    return centre, width


def _rates(rng: np.random.Generator, evidence: Evidence, size: int) -> tuple[Floats, Floats, Floats]:
    """Return orders a month, log weights, and the size of the customer that its sales imply."""
    n = len(evidence)
    season = np.broadcast_to(SEASON[evidence.clock.calendar_months], evidence.orders.shape)
    exposure = np.where(evidence.orders >= 0, season, 0.0).sum(axis=1)
    count = np.maximum(evidence.orders, 0).sum(axis=1)
    centre = np.log((count + 0.7) / (exposure + 1.4))[:, None]
    sd = np.sqrt(1 / (count + 0.8) + 0.01)[:, None]
    drawn = centre + sd * ndtri(_strata(rng, n, size))
    low, high = np.log(LEAST_RATE), np.log(MOST_RATE)
    log_rate = np.clip(drawn, low, high)
    # Mean log amount is log(monthly sales / rate): given the rate it tells the size.
    typical = np.where(np.isnan(evidence.typical), LOG_SALES_MEAN - LOG_RATE_MEAN, evidence.typical)[:, None]
    big = (typical + log_rate - LOG_SALES_MEAN) / LOG_SALES_BY_SIZE
    mean = LOG_RATE_MEAN + LOG_RATE_BY_SIZE * big
    prior = _normal(log_rate, mean, LOG_RATE_SD)
    proposed = _normal(log_rate, centre, sd)
    at_low, at_high = log_rate <= low, log_rate >= high
    # The simulator clips the rate: all that lies beyond has its probability at the limit.
    prior = np.where(at_low, ndtr((low - mean) / LOG_RATE_SD), prior)
    prior = np.where(at_high, ndtr((mean - high) / LOG_RATE_SD), prior)
    proposed = np.where(at_low, ndtr((low - centre) / sd), proposed)
    proposed = np.where(at_high, ndtr((centre - high) / sd), proposed)
    weight = np.log(np.maximum(prior, 1e-30)) - np.log(np.maximum(proposed, 1e-30)) - 0.5 * big**2
    return np.exp(log_rate), weight, np.asarray(big)
