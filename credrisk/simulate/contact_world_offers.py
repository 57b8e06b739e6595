"""A history of offered contacts with known truth: what was on the list, by which chance, and what came of it.

Each list day stands for itself: nobody was contacted since ``world.as_of``, so that the outcome of an offer is that of
one action and not of a course of them. Every past-due account of the day that one of the actions fits is one row,
offered an action or ``none``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.simulate.clock import NEVER, Flags, Floats, Ints, Streams
from credrisk.simulate.contact_world import ContactWorld, visible_accounts
from credrisk.simulate.contact_world_gains import YEAR_DAYS, mean_lgd, moved_days
from credrisk.simulate.contact_world_items import Pieces
from credrisk.simulate.contact_world_mechanism import NONE

__all__ = ["LOGGING", "draw_offers"]

LOGGING = ("explore", "overlap", "unlogged", "no_overlap")
CUT_DAYS = 90.0
OVERLAP = 0.05
"""Least chance of either arm under ``overlap`` and ``unlogged``."""
LEAST_AMOUNT = 50.0
SLOPE = 1.2
"""Log odds of being chosen a standard deviation of the logging score."""


def draw_offers(
    world: ContactWorld,
    *,
    days: Sequence[date],
    logging: str = "explore",
    actions: Sequence[str] = ("call",),
    capacity_share: float = 0.2,
    epsilon: float = 0.1,
    done_share: float = 1.0,
    seed: int = 0,
) -> pl.DataFrame:
    """Draw the offers of some list days and what came of them.

    Parameters
    ----------
    days
        List days, ``as_of`` or later.
    logging
        How the list was made:

        * ``explore``: by chased money, the share ``capacity_share`` of the accounts; a share ``epsilon`` of the places
          goes to accounts drawn at random;
        * ``overlap``: chances rise with money and age, both logged, and stay within 5 and 95 %;
        * ``unlogged``: chances rise with money and with the hidden delay to come, which is not logged; the probability
          is unknown (null);
        * ``no_overlap``: exactly the accounts above a quantile of money.
    actions
        What a chosen account may be offered, each as likely, of those that its age allows.
    done_share
        Share of offers that are carried out; the others do nothing.

    Returns
    -------
    polars.DataFrame
        ``customer_id, date, action, probability`` (of the offered action), ``done, amount, age_days, due_items,
        disputed_share, open_days_90`` (by money, 0 to 90), ``paid_30, paid_60, paid_90`` (shares of ``amount``),
        ``lost`` (share lost within 12 months; null where these are not over on ``world.last_day``), and the truth:
        ``days_gained`` (expected days of ``open_days_90`` that the offered action wins for this account, 0 for none).
        Sorted by date and id.
    """
    if logging not in LOGGING:
        raise ParameterError("logging", f"one of {', '.join(LOGGING)}", logging)
    if not 0 < capacity_share < 1:
        raise ParameterError("capacity_share", "above 0 and below 1", capacity_share)
    places = np.array([world.mechanism.place(name) for name in actions])
    streams = Streams(int(world.simulation.parameters["seed"]))
    rng = streams(f"offers {seed}")
    frames = [_offers_of(world, rng, day, logging, places, capacity_share, epsilon, done_share) for day in days]
    return pl.concat(frames).sort("date", "customer_id")


def _offers_of(
    world: ContactWorld,
    rng: np.random.Generator,
    day: date,
    logging: str,
    places: Ints,
    capacity_share: float,
    epsilon: float,
    done_share: float,
) -> pl.DataFrame:
    t = world.day_number(day)
    seen = visible_accounts(world, world.with_failures(world.pieces, t), t)
    bounds = [(world.mechanism.actions[place].from_days, world.mechanism.actions[place].to_days) for place in places]
    fits_age = pl.any_horizontal(*(pl.col("age_days").is_between(low, high) for low, high in bounds))
    late = seen.filter((pl.col("past_due") > 0) & (pl.col("chased") >= LEAST_AMOUNT) & fits_age)
    number = {name: code for code, name in enumerate(world.customer_id)}
    who = np.array([number[name] for name in late["customer_id"]], dtype=np.int64)
    asked = world.asked_for(world.pieces, t)
    days, failed = _days(world, asked, t)
    amount, age = late["chased"].to_numpy(), late["age_days"].to_numpy()
    chance = _chances(world, logging, amount, age, _mean(asked, days, world)[who], capacity_share, epsilon)

    fits = np.array([(age >= low) & (age <= high) for low, high in bounds]).T
    chosen = rng.random(len(who)) < chance
    turn = (rng.random(len(who)) * fits.sum(axis=1)).astype(np.int64)
    pick = np.argmax(np.cumsum(fits, axis=1) > turn[:, None], axis=1)
    action = np.where(chosen, places[pick], -1)
    probability = np.where(chosen, chance / np.maximum(fits.sum(axis=1), 1), 1 - chance)
    done = chosen & (rng.random(len(who)) < done_share)
    luck = rng.random(len(who))

    mechanism, health = world.mechanism, world.health(t)
    kept, near, far, reach = np.ones(len(who)), np.ones(len(who)), np.ones(len(who)), np.zeros(len(who))
    for place in places:
        mine = action == place
        near[mine], far[mine] = mechanism.kept_shares(int(place), world.reason[who[mine]], health[who[mine]])
        reach[mine] = mechanism.actions[place].reach
    kept = np.where(done, np.where(luck < reach, near, far), 1.0)
    n = len(world.reason)
    least = mechanism.least_days

    def after(share: Floats) -> Floats:
        by_customer = np.ones(n)
        by_customer[who] = share
        return _outcome(days, failed, moved_days(days, by_customer[asked.customer], asked.moves, least))

    came, alone = after(kept), after(np.ones(len(who)))
    expected = reach * _open(asked, after(near), n)[who] + (1 - reach) * _open(asked, after(far), n)[who]
    base = _open(asked, alone, n)[who]
    over = t + int(YEAR_DAYS) <= world.truth.world.clock.end
    lost = mean_lgd() * _share(asked, (came >= YEAR_DAYS) & (failed < YEAR_DAYS), n)[who]
    names = [NONE, *(item.name for item in mechanism.actions)]
    return pl.DataFrame(
        {
            "customer_id": late["customer_id"],
            "date": pl.repeat(day, len(who), eager=True, dtype=pl.Date),
            "action": [names[code + 1] for code in action],
            "probability": pl.Series(probability) if logging != "unlogged" else pl.repeat(None, len(who), eager=True),
            "done": done,
            "amount": amount,
            "age_days": age,
            "due_items": late["due_items"],
            "disputed_share": late["disputed"] / late["past_due"],
            "open_days_90": _open(asked, came, n)[who],
            **{f"paid_{cut}": _share(asked, came <= cut, n)[who] for cut in (30, 60, 90)},
            "lost": pl.Series(lost) if over else pl.repeat(None, len(who), eager=True),
            "days_gained": np.where(chosen, done_share * (base - expected), 0.0),
        },
        schema_overrides={
            "customer_id": pl.String,
            "action": pl.String,
            "probability": pl.Float64,
            "done": pl.Boolean,
            "lost": pl.Float64,
        },
    )


def _chances(
    world: ContactWorld, logging: str, amount: Floats, age: Floats, hidden: Floats, share: float, epsilon: float
) -> Floats:
    """Return the chance of each account to be chosen."""
    size = len(amount)
    top = np.zeros(size, dtype=bool)
    top[np.argsort(-amount, kind="stable")[: round(share * size)]] = True
    if logging == "explore":
        return np.asarray(np.where(top, 1 - epsilon, 0.0) + epsilon * top.mean())
    if logging == "no_overlap":
        return np.asarray(top, dtype=float)
    second = age if logging == "overlap" else hidden
    score = _standard(np.log(amount)) + _standard(np.log1p(np.maximum(second, 0.0)))
    chance = 1 / (1 + np.exp(-(np.log(share / (1 - share)) + SLOPE * score / np.sqrt(2))))
    return np.asarray(np.clip(chance, OVERLAP, 1 - OVERLAP))


def _standard(values: Floats) -> Floats:
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))


def _days(world: ContactWorld, asked: Pieces, t: int) -> tuple[Floats, Floats]:
    """Return the days until each piece is paid if nobody asks, and until its customer fails (inf: never)."""
    gone = world.truth.world.outcomes.failed[asked.customer]
    days = np.where(asked.day >= NEVER, float(NEVER), (asked.day - t).astype(float))
    return days, np.where(gone >= NEVER, np.inf, np.maximum(gone - t, 0).astype(float))


def _outcome(days: Floats, failed: Floats, moved: Floats) -> Floats:
    """Return the days until payment, at least a year for what a failure came before; a failed one is not moved."""
    moved = np.where(failed <= 0, days, moved)
    return np.where(moved < failed, moved, float(NEVER))


def _open(asked: Pieces, days: Floats, n: int) -> Floats:
    return _weighted(asked, np.minimum(days, CUT_DAYS), n)


def _share(asked: Pieces, which: Flags, n: int) -> Floats:
    return _weighted(asked, which.astype(float), n)


def _weighted(asked: Pieces, values: Floats, n: int) -> Floats:
    owed = np.bincount(asked.customer, asked.cents, minlength=n)
    total = np.bincount(asked.customer, asked.cents * values, minlength=n)
    return np.asarray(total / np.where(owed > 0, owed, 1))


def _mean(asked: Pieces, days: Floats, world: ContactWorld) -> Floats:
    """Return the hidden delay to come of each customer, by money, cut at a year."""
    return _weighted(asked, np.minimum(days, YEAR_DAYS), len(world.reason))
