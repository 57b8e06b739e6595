"""What each action truly gains, in closed form for given payment days.

The true expected gain of an action against none, over 12 months and for each amount ``A`` that is asked for, due to be
paid in ``u`` days without the action and ``v`` with it, in a world where the customer survives the first ``t`` days
with probability ``S(t)`` and then loses the share ``lgd``::

    gain = A lgd (S(v) - S(u))                       loss avoided
         + A cost_of_funds / 365 (u - v) S(max(u, v))  time won
         - cost - fee - goodwill

with ``u`` and ``v`` cut at 365 days, in closed form: the mean over reaching somebody or not. ``S`` knows the health of
the day and nothing after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from credrisk.simulate.clock import NEVER, Flags, Floats, Ints
from credrisk.simulate.contact_world_items import Pieces
from credrisk.simulate.failure import FAILURE_KINDS
from credrisk.simulate.limit_truth import MEAN_LGD

if TYPE_CHECKING:
    from credrisk.simulate.contact_world import ContactWorld

__all__ = ["CASH_DAYS", "YEAR_DAYS", "gains_of", "mean_lgd", "moved_days", "survival"]

YEAR_DAYS = 365.0
CASH_DAYS = (30, 60, 90)
STOPPED_PAYING = FAILURE_KINDS.index("stopped_paying")
"""Of these failures an agency may still bring money; of an insolvent's balance nobody may."""


def mean_lgd() -> float:
    """Return the share of a failed balance that is lost on average."""
    return float(np.mean(MEAN_LGD))


def survival(hazard: Floats, days: Floats, customer: Ints) -> Floats:
    """Return the probability of not failing within so many days (at most 365), by the monthly hazard (n, 12)."""
    total = np.concatenate([np.zeros((len(hazard), 1)), np.cumsum(hazard, axis=1)], axis=1)
    place = np.clip(days, 0.0, YEAR_DAYS) * 12 / YEAR_DAYS
    month = np.minimum(place.astype(np.int64), 11)
    within = place - month
    return np.asarray(np.exp(-(total[customer, month] + within * hazard[customer, month])))


def moved_days(days: Floats, kept: Floats, moves: Flags, least: float) -> Floats:
    """Return the days until payment once an action has left the share ``kept`` of them."""
    earlier = np.maximum(days * kept, np.minimum(days, least))
    return np.where(moves & (days < NEVER // 2), earlier, days)


def gains_of(world: ContactWorld, asked: Pieces, cents: Floats, t: int) -> pl.DataFrame:
    """Return the frame of :meth:`ContactWorld.gains` for pieces that are asked for; ``cents`` may be weighted."""
    mechanism, n = world.mechanism, len(world.reason)
    outcomes = world.truth.world.outcomes
    failed, stopped = outcomes.failed <= t, (outcomes.failed <= t) & (outcomes.kind == STOPPED_PAYING)
    hazard, health, lgd = world.hazard(t), world.health(t), mean_lgd()
    age = np.full(n, -10_000)
    np.maximum.at(age, asked.customer, t - asked.due)
    who = np.flatnonzero(np.bincount(asked.customer, minlength=n) > 0)
    owner, amount = asked.customer, cents / 100
    days = np.where(asked.day >= NEVER, float(NEVER), (asked.day - t).astype(float))
    dead = failed[owner]
    u = np.minimum(days, YEAR_DAYS)
    base = np.where(dead, 0.0, survival(hazard, u, owner))
    owed = np.bincount(owner, amount, minlength=n)
    ids = np.array(world.customer_id)
    frames = []
    for place, action in enumerate(mechanism.actions):
        loss, time, collected, won = (np.zeros(len(owner)) for _ in range(4))
        cash = {cut: -amount * base * (u <= cut) for cut in CASH_DAYS}
        for chance, kept in zip(
            (action.reach, 1 - action.reach), mechanism.kept_shares(place, world.reason, health), strict=True
        ):
            v = np.minimum(moved_days(days, kept[owner], asked.moves & ~dead, mechanism.least_days), YEAR_DAYS)
            lives = np.where(dead, 0.0, survival(hazard, v, owner))
            loss += chance * amount * lgd * (lives - base)
            time += chance * amount * world.cost_of_funds / YEAR_DAYS * (u - v) * np.minimum(lives, base)
            won += chance * amount * (u - v)
            collected += chance * amount * lives * (v < YEAR_DAYS)
            for cut in CASH_DAYS:
                cash[cut] += chance * amount * lives * (v <= cut)
        recovered = np.where(stopped[owner], action.reach * action.recovered_share * amount, 0.0)
        loss, collected = loss + recovered, collected + recovered
        sums = {
            name: np.bincount(owner, values, minlength=n)[who]
            for name, values in (("loss", loss), ("time", time), ("collected", collected), ("won", won))
        }
        sooner = {f"cash_{cut}": np.bincount(owner, values, minlength=n)[who] for cut, values in cash.items()}
        cost = action.cost + action.goodwill + action.fee_share * sums["collected"]
        frames.append(
            pl.DataFrame(
                {
                    "customer_id": ids[who],
                    "action": np.repeat(action.name, len(who)),
                    "allowed": (age[who] >= action.from_days) & (age[who] <= action.to_days),
                    "uses_capacity": np.repeat(action.uses_capacity, len(who)),
                    "gain": sums["loss"] + sums["time"] - cost,
                    "loss_avoided": sums["loss"],
                    "time_value": sums["time"],
                    "cost": cost,
                    "days_accelerated": sums["won"] / owed[who],
                    **sooner,
                },
                schema_overrides={"customer_id": pl.String, "action": pl.String},
            )
        )
    return pl.concat(frames).sort("customer_id", "action")
