"""The lists of one simulated seller on one day: credrisk's, those of simple rules, and what each is truly worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from queue_seed import world_of

from credrisk.decisions.contact_effects import ContactEffects, measure_contact_effects
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.ledger.ledger import Ledger
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_gains import CASH_DAYS
from credrisk.simulate.contact_world_mechanism import ACTIONS, world_mechanism
from credrisk.simulate.contact_world_offers import draw_offers
from credrisk.simulate.contact_world_oracle import chosen_gain

__all__ = ["CAPACITY_SHARE", "LOGGED_CONTACTS", "RULES", "Day", "measured", "simple_lists", "worth_of"]

CAPACITY_SHARE = 0.2
RULES = ("largest first", "oldest first", "risk x amount", "random")
RANDOM_DRAWS = 10
LOGGED_CONTACTS = 500
"""Contacts whose outcome is known when the effects are measured."""
LOG_DAYS, LOG_EVERY, OUTCOME_DAYS = 365, 7, 91
CALL_FROM = 5


def unconstrained(policy: Policy) -> Policy:
    """Return the policy without places kept for small accounts: what is judged is the ranking."""
    return replace(policy, collection=replace(policy.collection, coverage_floor_share=0.0))


def measured(world: ContactWorld, name: str, *, contacts: int | None = LOGGED_CONTACTS) -> ContactEffects:
    """Measure the effects from the first lists of the year before, of the same seller and in the same kind of world.

    Where ``contacts`` is null, from all lists of a year whose outcomes are known.
    """
    year = LOG_DAYS if contacts is None else LOG_DAYS - OUTCOME_DAYS
    began = world.as_of - timedelta(days=year + OUTCOME_DAYS)
    before = ContactWorld.on(world.simulation, as_of=began, mechanism=world_mechanism(name))
    days = [began + timedelta(days=k) for k in range(1, year, LOG_EVERY)]
    offers = draw_offers(before, days=days, actions=[action.name for action in ACTIONS])
    if contacts is not None:
        made = (offers["action"] != "none").cum_sum()
        offers = offers.filter(offers["date"] <= offers["date"].filter(made <= contacts).max())
    return measure_contact_effects(offers.drop("days_gained", "lost"), policy=Policy.default(), as_of=world.as_of)


@dataclass(frozen=True)
class Day:
    """One seller on the day: its ledger without cover (an insurer's deadline would outrank every value) and scores."""

    seed: int
    world: ContactWorld
    ledger: Ledger
    scores: pl.DataFrame
    plain: pl.DataFrame
    capacity: int

    @classmethod
    def of(cls, seed: int, folder: Path) -> Day:
        world, policy = world_of(seed), unconstrained(Policy.default())
        tables = {**world.simulation.tables, "settings": world.simulation.settings_table()}
        ledger = Ledger.read({key: table for key, table in tables.items() if key != "cover"}).cut(world.as_of)
        scores = pl.read_parquet(folder / f"scores-{seed}.parquet")
        plain = collection_queue(ledger, as_of=world.as_of, scores=scores, policy=policy, capacity=0, output="polars")
        capacity = round(CAPACITY_SHARE * plain.filter(pl.col("past_due") > 0).height)
        plain.with_columns(as_of=pl.lit(world.as_of)).write_parquet(folder / f"plain-{seed}.parquet")
        return cls(seed, world, ledger, scores, plain, capacity)

    @property
    def free(self) -> pl.DataFrame:
        return self.plain.filter(pl.col("hold").is_null())

    def queue(
        self, *, days_known: bool = True, effects: ContactEffects | None = None, floor: bool = False
    ) -> pl.DataFrame:
        """Return credrisk's own list: ``customer_id, action``."""
        policy = Policy.default() if floor else unconstrained(Policy.default())
        scores = self.scores if days_known else self.scores.drop("expected_days_to_pay")
        found = collection_queue(
            self.ledger,
            as_of=self.world.as_of,
            scores=scores,
            policy=policy,
            capacity=self.capacity,
            effects=effects,
            output="polars",
        )
        return found.filter("contact_today").select("customer_id", "action")


def simple_lists(plain: pl.DataFrame, capacity: int, seed: int) -> dict[str, pl.DataFrame]:
    """Return the lists of the simple rules: a call for the first ones, a reminder by mail for all others.

    Of all actions the call serves these rules best on the development seeds.
    """
    late = plain.filter(pl.col("hold").is_null() & (pl.col("past_due") > 0))
    callable_ = late.filter(pl.col("oldest_open_days") >= CALL_FROM)
    keys = {
        "largest first": pl.col("chased"),
        "oldest first": pl.col("oldest_open_days"),
        "risk x amount": pl.col("pd_used") * pl.col("chased"),
    }

    def calls(ranked: pl.DataFrame) -> pl.DataFrame:
        called = ranked.head(capacity).select("customer_id", action=pl.lit("call"))
        mailed = late.filter(pl.col("oldest_open_days") <= 60).join(called, on="customer_id", how="anti")
        return pl.concat([called, mailed.select("customer_id", action=pl.lit("reminder_email"))])

    found = {name: calls(callable_.sort(key, "customer_id", descending=[True, False])) for name, key in keys.items()}
    rng = np.random.default_rng(seed)
    for draw in range(RANDOM_DRAWS):
        found[f"random {draw}"] = calls(callable_[rng.permutation(callable_.height)])
    return found


def worth_of(lists: dict[str, pl.DataFrame], gains: pl.DataFrame, known: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return the true gain of each list, the cash it brings forward (by the true days), its contacts by hand."""
    worth = {}
    for name, chosen in lists.items():
        came = known.join(chosen.select("customer_id", "action"), on=["customer_id", "action"], how="inner")
        worth[name] = {
            "gain": chosen_gain(gains, chosen),
            **{f"cash_{cut}": float(came[f"cash_{cut}"].sum()) for cut in CASH_DAYS},
            "contacts": float(chosen.filter(pl.col("action") != "reminder_email").height),
        }
    draws = [worth.pop(name) for name in list(worth) if name.startswith("random ")]
    if draws:
        worth["random"] = {key: float(np.mean([draw[key] for draw in draws])) for key in draws[0]}
    return worth
