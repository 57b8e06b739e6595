"""The queue and its rivals day by day in simulated worlds whose truth is known: what each brings, seed by seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.decisions.grades import with_used_pd
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue_rivals import QUEUE, RANKINGS, best_by_hand, list_of_day, may_be_contacted
from credrisk.errors import ParameterError
from credrisk.pipeline.queue_replay_days import days_ahead
from credrisk.pipeline.queue_replay_parts import Parts
from credrisk.pipeline.queue_replay_scores import Scorer, fit_scorer, scores_on
from credrisk.progress import Progress, silent
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_mechanism import WORLDS
from credrisk.simulate.queue_replay import replay_world

__all__ = ["AT_DAYS", "NOBODY", "WorldSettings", "WorldsReplayed", "replay_worlds"]

NOBODY = "nobody"
"""Nobody is contacted: what the cash would be without collectors."""

AT_DAYS = (30, 60, 90)
MODEL_SEED = 900
"""The seller on whose past the probabilities are learnt; it is none of those replayed."""

FEWEST_CUSTOMERS = 50
WORKING_DAYS = 5
MEASURES = (
    "cash_ahead",
    "cash_30",
    "cash_60",
    "cash_90",
    "over_60",
    "over_90",
    "dso_days",
    "gain",
    "contacts",
    "penetration",
)


@dataclass(frozen=True)
class WorldSettings:
    """What is replayed.

    Attributes
    ----------
    seeds
        Number of simulated sellers, from ``first_seed`` on.
    customers
        Of each.
    days
        Calendar days of the replay, at least 90.
    weekly_share
        Contacts by hand in a week, as a share of the accounts past due on the first day; spread over the working days.
    world
        What contacts truly do; see :data:`credrisk.simulate.contact_world_mechanism.WORLDS`.
    """

    seeds: int = 5
    customers: int = 600
    days: int = 90
    weekly_share: float = 0.2
    world: str = "usual"
    first_seed: int = 1


@dataclass(frozen=True)
class WorldsReplayed:
    """What came of each ranking.

    Attributes
    ----------
    settings
        As asked.
    days
        ``seed, ranking`` and the columns of :attr:`credrisk.simulate.queue_replay.WorldReplay.days`.
    seeds
        A row per seed and ranking: ``cash_ahead`` (cash beyond that without contacts, on an average working day of the
        replay), ``cash_30, cash_60, cash_90`` (received since the start), ``over_60, over_90,
        dso_days`` (on the last day), ``gain, contacts, penetration, capacity`` (contacts a day).
    summary
        A row per ranking and measure: ``ranking, measure, mean, low, high`` over the seeds, and ``less_queue,
        less_queue_low, less_queue_high``: the ranking's value less the queue's, paired by seed (95 % intervals by
        Student's t; null with one seed).
    currency
        Of the money.
    pd_from
        Where the probabilities come from, in words.
    """

    settings: WorldSettings
    days: pl.DataFrame
    seeds: pl.DataFrame
    summary: pl.DataFrame
    currency: str
    pd_from: str


def replay_worlds(
    settings: WorldSettings, *, policy: Policy, parts: Parts | None = None, progress: Progress = silent
) -> WorldsReplayed:
    """Replay every seed under every ranking, and under nobody; ``parts`` keeps finished seeds.

    The probabilities, and the days in which accounts are expected to pay, are those of models fitted on the past of
    another simulated seller, asked on the first day of each replay from the ledger cut at it. The probabilities stay
    for the days of the replay, the expected days go on (:mod:`credrisk.pipeline.queue_replay_days`). The automatic
    reminders of the policy are left out under every ranking: they take nobody's time. An account is left alone for the
    policy's quiet days, and altogether where an insolvency, a placement or legal action was known on the first day.

    Raises
    ------
    ParameterError
        When a setting is outside its range.
    """
    _check(settings)
    scorer: list[Scorer] = []

    def scorer_of() -> Scorer:
        if not scorer:
            progress("Learning probabilities from another seller's past", 0, 0)
            past = ContactWorld.of(seed=MODEL_SEED, customers=settings.customers)
            scorer.append(fit_scorer(past.simulation.ledger(), as_of=past.as_of))
        return scorer[0]

    frames = []
    for number in range(settings.seeds):
        seed = settings.first_seed + number

        def made(seed: int = seed) -> pl.DataFrame:
            return _one_seed(seed, settings, policy, scorer_of())

        frames.append(parts.part(f"seed {seed}", made) if parts else made())
        progress("Replaying simulated sellers", number + 1, settings.seeds)
    days = pl.concat(frames)
    seeds = _by_seed(days)
    source = f"models fitted on another simulated seller ({settings.customers:,} customers), from the ledger of the day"
    return WorldsReplayed(settings, days, seeds, _summary(seeds), "EUR", source)


def _one_seed(seed: int, settings: WorldSettings, policy: Policy, scorer: Scorer) -> pl.DataFrame:
    """Return the days of one seller under every ranking."""
    world = ContactWorld.of(seed=seed, customers=settings.customers, world=settings.world)
    known = world.simulation.ledger().cut(world.as_of)
    scores = scores_on(known, scorer, as_of=world.as_of).with_columns(lgd=pl.lit(None, pl.Float64))
    scores = scores.join(known.table("credit_events"), on="customer_id", how="anti").drop("expected_days_to_pay")
    ahead = None if scorer.timing is None else days_ahead(known, scorer.timing, as_of=world.as_of, days=settings.days)
    actions = [action.name for action in world.mechanism.actions]
    late = world.accounts().filter(pl.col("past_due") > 0).height
    capacity = max(1, round(settings.weekly_share * late / WORKING_DAYS))
    frames = []
    for ranking in (NOBODY, *RANKINGS):

        def choose(day: date, accounts: pl.DataFrame, ranking: str = ranking) -> pl.DataFrame:
            if ranking == NOBODY:
                return pl.DataFrame(schema={"customer_id": pl.String, "action": pl.String})
            seen = accounts.join(scores, on="customer_id", how="inner", maintain_order="left").with_columns(
                oldest_open_days=pl.when(pl.col("past_due") > 0).then("age_days").otherwise(0.0),
                broken_promises_open=pl.lit(0),
            )
            seen = with_used_pd(seen, policy) if ahead is None else ahead.on(day, with_used_pd(seen, policy))
            free = may_be_contacted(seen, policy, day=day)
            valued = best_by_hand(free, policy, actions=actions)
            luck = np.random.default_rng([seed, day.toordinal()])
            chosen = list_of_day(valued, policy, ranking=ranking, capacity=capacity, luck=luck)
            return chosen.select("customer_id", "action")

        found = replay_world(world, choose, days=settings.days)
        frames.append(
            found.days.with_columns(
                seed=pl.lit(seed),
                ranking=pl.lit(ranking),
                penetration=pl.lit(found.penetration, pl.Float64),
                capacity=pl.lit(capacity),
                gain=pl.col("gain").cast(pl.Float64),
            )
        )
    return pl.concat(frames)


def _by_seed(days: pl.DataFrame) -> pl.DataFrame:
    """Return the measures of each seed and ranking; cash at a day is that of the last working day up to it."""
    keys = ["seed", "ranking"]
    base = days.filter(pl.col("ranking") == NOBODY).select("seed", "day", base="cash")
    ordered = days.join(base, on=["seed", "day"], how="left").sort("seed", "ranking", "day")
    ahead = (pl.col("cash") - pl.col("base")).mean().alias("cash_ahead")
    at = [pl.col("cash").filter(pl.col("day") <= day).last().alias(f"cash_{day}") for day in AT_DAYS]
    last = ("over_60", "over_90", "dso_days", "gain", "contacts", "penetration", "capacity")
    return ordered.group_by(keys, maintain_order=True).agg(ahead, *at, pl.col(*last).last())


def _summary(seeds: pl.DataFrame) -> pl.DataFrame:
    """Return mean and interval over the seeds, and of the difference to the queue, by ranking and measure."""
    rows: list[dict[str, Any]] = []
    queue = seeds.filter(pl.col("ranking") == QUEUE).sort("seed")
    for ranking in (NOBODY, *RANKINGS):
        own = seeds.filter(pl.col("ranking") == ranking).sort("seed")
        for measure in MEASURES:
            values = own[measure].cast(pl.Float64).to_numpy()
            mean, low, high = _interval(values)
            less, less_low, less_high = _interval(values - queue[measure].cast(pl.Float64).to_numpy())
            rows.append(
                {
                    "ranking": ranking,
                    "measure": measure,
                    "mean": mean,
                    "low": low,
                    "high": high,
                    "less_queue": less,
                    "less_queue_low": less_low,
                    "less_queue_high": less_high,
                }
            )
    floats = dict.fromkeys(("mean", "low", "high", "less_queue", "less_queue_low", "less_queue_high"), pl.Float64)
    return pl.DataFrame(rows, schema={"ranking": pl.String, "measure": pl.String, **floats})


def _interval(values: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Return the mean and its 95 % interval by Student's t; null where a value is missing or there is one seed."""
    from scipy.stats import t

    if np.isnan(values).any():
        return None, None, None
    mean, size = float(values.mean()), len(values)
    if size < 2:
        return mean, None, None
    half = float(t.ppf(0.975, size - 1)) * float(values.std(ddof=1)) / math.sqrt(size)
    return mean, mean - half, mean + half


def _check(settings: WorldSettings) -> None:
    if settings.seeds < 1:
        raise ParameterError("seeds", "at least 1", settings.seeds)
    if settings.customers < FEWEST_CUSTOMERS:
        raise ParameterError("customers", f"at least {FEWEST_CUSTOMERS}", settings.customers)
    if settings.world not in WORLDS:
        raise ParameterError("world", f"one of {', '.join(WORLDS)}", settings.world)
    if settings.days < max(AT_DAYS):
        raise ParameterError("days", f"at least {max(AT_DAYS)}", settings.days)
    if not 0.0 < settings.weekly_share <= 1.0:
        raise ParameterError("weekly_share", "above 0 and at most 1", settings.weekly_share)
