"""The lists of one simulated seller on one day: credrisk's, those of simple rules, and what each is truly worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from queue_seed import world_of

from credrisk.decisions.contact_effects import ContactEffects, measure_contact_effects
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.ledger.ledger import Ledger
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_mechanism import ACTIONS, world_mechanism
from credrisk.simulate.contact_world_offers import draw_offers
from credrisk.simulate.contact_world_oracle import best_contacts, chosen_gain
from credrisk.simulate.contact_world_run import start_run

__all__ = ["CAPACITY_SHARE", "LOGGED", "RULES", "lists_of", "worth_of"]

CAPACITY_SHARE = 0.2
RULES = ("largest first", "oldest first", "risk x amount", "random")
RANDOM_DRAWS = 10
CASH_DAYS = (30, 60, 90)
LOGGED = {"500 logged contacts": 500, "a year of logged lists": None}
"""Contacts whose outcome is known when the effects are measured."""
LOG_DAYS, LOG_EVERY, OUTCOME_DAYS = 365, 7, 91
CALL_FROM = 5


def unconstrained(policy: Policy) -> Policy:
    """Return the policy without places kept for small accounts: what is judged is the ranking."""
    return replace(policy, collection=replace(policy.collection, coverage_floor_share=0.0))


def measured(world: ContactWorld, name: str, policy: Policy, contacts: int | None) -> ContactEffects:
    """Measure the effects from lists of the year before, of the same seller and in the same kind of world."""
    began = world.as_of - timedelta(days=LOG_DAYS)
    before = ContactWorld.on(world.simulation, as_of=began, mechanism=world_mechanism(name))
    days = [began + timedelta(days=k) for k in range(1, LOG_DAYS - OUTCOME_DAYS, LOG_EVERY)]
    offers = draw_offers(before, days=days, actions=[action.name for action in ACTIONS])
    if contacts is not None:
        made = (offers["action"] != "none").cum_sum()
        offers = offers.filter(offers["date"] <= offers["date"].filter(made <= contacts).max())
    return measure_contact_effects(offers.drop("days_gained", "lost"), policy=policy, as_of=world.as_of)


def lists_of(
    seed: int, folder: Path, name: str = "usual"
) -> tuple[ContactWorld, dict[str, pl.DataFrame], dict[str, Any]]:
    """Return the world, the list of each rule (``customer_id, action``), and what there is to choose from."""
    policy = Policy.default()
    world = world_of(seed, name)
    tables = {**world.simulation.tables, "settings": world.simulation.settings_table()}
    ledger = Ledger.read({key: table for key, table in tables.items() if key != "cover"}).cut(world.as_of)
    scores = pl.read_parquet(folder / f"scores-{seed}.parquet")
    plain = collection_queue(
        ledger, as_of=world.as_of, scores=scores, policy=unconstrained(policy), capacity=0, output="polars"
    )
    late = plain.filter(pl.col("past_due") > 0)
    capacity = round(CAPACITY_SHARE * late.height)

    def queue(frame: pl.DataFrame, rules: Policy, effects: ContactEffects | None = None) -> pl.DataFrame:
        found = collection_queue(
            ledger, as_of=world.as_of, scores=frame, policy=rules, capacity=capacity, effects=effects, output="polars"
        )
        return found.filter("contact_today").select("customer_id", "action")

    found = {
        "queue, priors only": queue(scores.drop("expected_days_to_pay"), unconstrained(policy)),
        "queue, expected days to pay": queue(scores, unconstrained(policy)),
    }
    facts: dict[str, Any] = {
        "capacity": capacity,
        "past_due": late.height,
        "free": plain.filter(pl.col("hold").is_null()),
    }
    for words, contacts in LOGGED.items():
        effects = measured(world, name, policy, contacts)
        found[f"queue, {words}"] = queue(scores, unconstrained(policy), effects)
        facts[words] = {"ranking": effects.ranking, "why": effects.why, "report": effects.report()}
    found["queue, with the policy's places for small accounts"] = queue(scores, policy)
    found |= simple_lists(plain, capacity, world.as_of, seed)
    return world, found, facts


def simple_lists(plain: pl.DataFrame, capacity: int, as_of: date, seed: int) -> dict[str, pl.DataFrame]:
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


def worth_of(world: ContactWorld, lists: dict[str, pl.DataFrame], gains: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return the true gain of each list, and the cash received beyond that without any contact."""
    alone = cash_of(world, None)
    worth = {}
    for name, chosen in lists.items():
        cash = cash_of(world, chosen)
        worth[name] = {
            "gain": chosen_gain(gains, chosen),
            **{f"cash_{day}": cash[day] - alone[day] for day in CASH_DAYS},
            "contacts": float(chosen.filter(pl.col("action") != "reminder_email").height),
        }
    draws = [worth.pop(name) for name in list(worth) if name.startswith("random ")]
    if draws:
        worth["random"] = {key: float(np.mean([draw[key] for draw in draws])) for key in draws[0]}
    return worth


def cash_of(world: ContactWorld, chosen: pl.DataFrame | None) -> dict[int, float]:
    """Return the cash received up to so many days after the list."""
    run = start_run(world)
    run.step(world.as_of, chosen)
    received, total = {}, 0.0
    for day in CASH_DAYS:
        total += float(run.step(world.as_of + timedelta(days=day))["amount"].sum())
        received[day] = total
    return received


def oracle_list(gains: pl.DataFrame, free: pl.DataFrame, capacity: int) -> pl.DataFrame:
    """Return the best list under the same capacity, among those that may be contacted."""
    return best_contacts(gains, capacity=capacity, among=free["customer_id"]).select("customer_id", "action")
