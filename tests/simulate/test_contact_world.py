"""The contact world: its books agree with the ledger, its gains with a slow count, its worlds with what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.movements import item_movements
from credrisk.simulate.clock import NEVER
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_gains import mean_lgd
from credrisk.simulate.contact_world_mechanism import ACTIONS, REASONS, WORLDS, Mechanism, world_mechanism
from credrisk.simulate.contact_world_offers import LOGGING, draw_offers
from credrisk.simulate.contact_world_oracle import best_contacts, chosen_gain, expected_gains, redrawn_days
from credrisk.simulate.contact_world_run import start_run

FIXED = "5e79f49c1cfbbfcb"
"""Of the parameters as they were before any ranking was looked at. Who changes them starts all comparisons anew."""


@pytest.fixture(scope="module")
def world() -> ContactWorld:
    return ContactWorld.of(seed=5, customers=400)


def test_the_parameters_are_those_that_were_fixed_beforehand() -> None:
    assert Mechanism().hash == FIXED


def test_the_truth_is_not_the_shipped_prior_but_costs_what_the_policy_says() -> None:
    shipped = {action.name: action for action in Policy.default().collection.actions}
    assert {action.name for action in ACTIONS} <= set(shipped)
    for action in ACTIONS:
        prior = shipped[action.name]
        assert action.reach != prior.reach
        for name in ("cost", "fee_share", "goodwill", "uses_capacity", "from_days", "to_days"):
            assert getattr(action, name) == getattr(prior, name)


def test_what_is_owed_is_what_the_ledger_shows(world: ContactWorld) -> None:
    ledger, t = world.simulation.ledger().cut(world.as_of), world.day_number(None)
    movements = item_movements(ledger).group_by("document_id", "customer_id", "currency").agg(pl.col("amount").sum())
    owed = in_ledger_currency(movements.filter(pl.col("amount") > 0), ["amount"], ledger, world.as_of)
    books = owed.group_by("customer_id").agg(pl.col("amount").sum()).sort("customer_id")
    # What only waits for its posting is open in the books and paid in truth: its piece is paid today.
    now = world.pieces.take(world.pieces.known <= t)
    mine = np.bincount(now.customer, now.cents, minlength=400) / 100
    there = pl.DataFrame({"customer_id": world.customer_id, "mine": mine}).filter(pl.col("mine") > 0)
    both = books.join(there, on="customer_id", how="full", coalesce=True).fill_null(0.0)
    assert both.height > 50
    assert ((both["amount"] - both["mine"]).abs() <= 0.005 * both["amount"] + 0.05).all()
    assert (now.day >= t).all()
    assert world.pieces.cents.min() > 0
    seen = world.accounts()
    assert seen["customer_id"].is_sorted()
    assert (seen["past_due"] >= seen["disputed"] - 0.01).all()


def test_gains_are_the_mean_over_reach_and_failure_counted_slowly(world: ContactWorld) -> None:
    t, n = world.day_number(None), 200_000
    gains = world.gains()
    asked = world.asked_for(world.pieces, t)
    alive = (world.truth.world.outcomes.failed > t)[asked.customer] & asked.moves & (asked.day < NEVER)
    rng = np.random.default_rng(3)
    hazard, health = world.hazard(t), world.health(t)
    checked = 0
    for customer in np.unique(asked.customer[alive])[:6]:
        mine = asked.take(asked.customer == customer)
        edges = np.concatenate([[0], np.cumsum(hazard[customer])])
        draws = rng.exponential(size=n)
        fails = np.interp(draws, edges, np.arange(13) * 365 / 12, right=np.inf)
        for name in ("call", "reminder_email"):
            place = world.mechanism.place(name)
            near, far = world.mechanism.kept_shares(place, world.reason[[customer]], health[[customer]])
            reached = rng.random(n) < world.mechanism.actions[place].reach
            kept = np.where(reached, near[0], far[0])
            loss, time = np.zeros(n), np.zeros(n)
            for cents, day, moves in zip(mine.cents, mine.day, mine.moves, strict=True):
                u = min(float(day - t), 365.0)
                v = np.minimum(np.maximum((day - t) * kept, min(day - t, 2.0)), 365.0) if moves else np.full(n, u)
                loss += cents / 100 * mean_lgd() * ((fails > v).astype(float) - (fails > u))
                time += cents / 100 * world.cost_of_funds / 365 * (u - v) * (fails > max(u, float(v.max())))
            row = gains.filter((pl.col("customer_id") == world.customer_id[customer]) & (pl.col("action") == name))
            error = loss.std() / np.sqrt(n)
            assert row["loss_avoided"].item() == pytest.approx(loss.mean(), abs=4 * error + 1e-9)
            assert row["time_value"].item() == pytest.approx(time.mean(), rel=0.02, abs=1e-6)
            checked += 1
    assert checked >= 6


@pytest.mark.parametrize("name", WORLDS)
def test_the_worlds_do_what_they_say(world: ContactWorld, name: str) -> None:
    gains = world.in_world(name).gains()
    won = gains["days_accelerated"]
    if name == "zero":
        assert won.abs().max() == 0
        assert (gains["gain"] <= -gains["cost"] + 1e-9).all()
    if name == "negative":
        assert won.max() <= 0
        assert won.min() < 0
    if name == "by_reason":
        reasons = world.account_truth().select("customer_id", "reason")
        by = gains.join(reasons, on="customer_id").group_by("reason").agg(pl.col("days_accelerated").sum())
        days = dict(by.iter_rows())
        assert days["their_process"] > 0
        assert days["cannot_pay"] == 0
        assert all(days.get(reason, 0) <= 0 for reason in ("dispute", "our_error"))
    with pytest.raises(ParameterError, match="world"):
        world_mechanism("good")


def test_reasons_follow_the_state_of_the_account() -> None:
    rules, n = Mechanism(), 4
    health = np.array([1.5, -2.0, 1.5, 1.5])
    flags = {"squeezed": np.array([0.0, 1, 0, 0]), "late_habit": np.array([0.0, 0, 1, 0])}
    shares = rules.reason_shares(health, **flags, disputed=np.array([0.0, 0, 0, 1]))
    assert shares.sum(axis=1) == pytest.approx(np.ones(n))
    of = {reason: shares[:, code] for code, reason in enumerate(REASONS)}
    assert of["cannot_pay"][1] > 0.8 > of["cannot_pay"][0]
    assert of["their_process"][2] > of["their_process"][0]
    assert of["dispute"][3] > 0.5


def test_the_same_seed_gives_the_same_world(world: ContactWorld) -> None:
    again = ContactWorld.of(seed=5, customers=400)
    assert again.accounts().equals(world.accounts())
    assert again.gains().equals(world.gains())


def test_nobody_who_knows_less_beats_the_clairvoyant(world: ContactWorld) -> None:
    known, expected = world.gains(), expected_gains(world, draws=60)
    assert expected.select("customer_id", "action").equals(known.select("customer_id", "action"))
    for capacity in (0, 5, 20):
        best = best_contacts(known, capacity=capacity)
        other = best_contacts(expected, capacity=capacity)
        assert chosen_gain(known, best) >= chosen_gain(known, other) - 1e-9
        assert chosen_gain(expected, other) >= chosen_gain(expected, best) - 1e-9
        by_hand = best.join(known.filter("uses_capacity"), on=["customer_id", "action"])
        assert by_hand.height <= capacity
        assert best["customer_id"].is_unique().all()


def test_the_choice_is_the_best_of_all_choices() -> None:
    gains = pl.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b", "c", "c"],
            "action": ["mail", "call"] * 3,
            "allowed": [True] * 5 + [False],
            "uses_capacity": [False, True] * 3,
            "gain": [8.0, 10.0, 1.0, 6.0, -1.0, 50.0],
        }
    )
    # One call: b gains 5 beyond its mail, a only 2; c may not be called and is not mailed at a loss.
    best = dict(best_contacts(gains, capacity=1).select("customer_id", "action").iter_rows())
    assert best == {"a": "mail", "b": "call"}


def test_redrawn_days_are_still_open_and_carry_the_same_money(world: ContactWorld) -> None:
    t = world.day_number(None)
    found = redrawn_days(world, draws=60)
    asked = world.asked_for(world.pieces, t)
    assert found.cents.sum() == pytest.approx(asked.cents.sum())
    assert (found.asked.day > t).all()
    assert 0.5 < found.own_share <= 1


def test_a_run_without_contacts_is_the_world_itself_and_calls_bring_money_forward(world: ContactWorld) -> None:
    end = world.as_of + timedelta(days=60)
    cash = {}
    for rule in ("nobody", "all"):
        run = start_run(world)
        received = []
        for offset in (1, 15, 29):
            day = world.as_of + timedelta(days=offset)
            late = run.accounts(day).filter(pl.col("age_days") >= 5)
            actions = late.select("customer_id", action=pl.lit("call" if rule == "all" else "none"))
            received.append(run.step(day, actions))
        received.append(run.step(end))
        cash[rule] = pl.concat(received)
        assert cash[rule]["date"].is_between(world.as_of, end, closed="right").all()
        if rule == "nobody":
            assert run.contacts.is_empty()
            assert run.accounts(end).drop("last_contact_on").equals(world.accounts(end))
        else:
            assert run.contacts["reached"].mean() == pytest.approx(0.6, abs=0.2)
    by = {
        rule: frame.filter(pl.col("date") <= world.as_of + timedelta(45))["amount"].sum()
        for rule, frame in cash.items()
    }
    assert by["all"] > by["nobody"]


def test_a_run_refuses_what_it_cannot_do(world: ContactWorld) -> None:
    run = start_run(world)
    day = world.as_of + timedelta(days=3)
    twice = pl.DataFrame({"customer_id": ["C001", "C001"], "action": ["call", "letter"]})
    with pytest.raises(DataError, match="several"):
        run.step(day, twice)
    with pytest.raises(DataError, match="not in the world"):
        run.step(day, pl.DataFrame({"customer_id": ["X"], "action": ["call"]}))
    with pytest.raises(ParameterError, match="action"):
        run.step(day, pl.DataFrame({"customer_id": ["C001"], "action": ["sing"]}))
    run.step(day)
    with pytest.raises(ParameterError, match="not before"):
        run.step(world.as_of)
    with pytest.raises(ParameterError, match="day"):
        world.gains(date(2030, 1, 1))


@pytest.mark.parametrize("logging", LOGGING)
def test_offers_tell_their_chances(world: ContactWorld, logging: str) -> None:
    days = [world.as_of + timedelta(days=14 * k) for k in range(8)]
    offers = draw_offers(world, days=days, logging=logging, actions=("call", "letter"))
    assert offers["open_days_90"].is_between(0, 90).all()
    assert (offers["paid_30"] <= offers["paid_60"]).all()
    assert (offers["paid_60"] <= offers["paid_90"]).all()
    chance = offers["probability"]
    if logging == "unlogged":
        assert chance.is_null().all()
    elif logging == "no_overlap":
        assert (chance == 1).all() or chance.filter(offers["action"] == "none").eq(1).all()
    else:
        assert chance.is_between(0, 1, closed="right").all()
        contacted = (offers["action"] != "none").mean()
        assert 0.05 < contacted < 0.5
    assert (offers.filter(pl.col("action") == "none")["days_gained"] == 0).all()


def test_offers_in_the_zero_world_do_nothing_and_the_same_offers_do_elsewhere(world: ContactWorld) -> None:
    days = [world.as_of + timedelta(days=14 * k) for k in range(8)]
    zero = draw_offers(world.in_world("zero"), days=days)
    usual = draw_offers(world, days=days)
    same = ["customer_id", "date", "action", "probability", "amount"]
    assert zero.select(same).equals(usual.select(same))
    assert zero["days_gained"].abs().max() == pytest.approx(0, abs=1e-9)
    saved = zero["open_days_90"] - usual["open_days_90"]
    assert saved.min() > -1e-9
    assert saved.sum() > 0


def test_the_truth_of_an_offer_is_the_mean_of_what_comes_of_it(world: ContactWorld) -> None:
    days = [world.as_of + timedelta(days=30)]
    base = draw_offers(world.in_world("zero"), days=days, epsilon=1.0, capacity_share=0.9)
    saved, truth = [], []
    for seed in range(60):
        drawn = draw_offers(world, days=days, epsilon=1.0, capacity_share=0.9, seed=seed)
        both = drawn.join(base.select("customer_id", alone="open_days_90"), on="customer_id").filter(
            pl.col("action") == "call"
        )
        saved.append((both["alone"] - both["open_days_90"]).mean())
        truth.append(both["days_gained"].mean())
    error = np.std(saved) / np.sqrt(len(saved))
    assert np.mean(saved) == pytest.approx(np.mean(truth), abs=4 * error)


def test_a_simulation_under_a_scenario_is_refused(world: ContactWorld) -> None:
    simulation = replace(world.simulation, parameters={**world.simulation.parameters, "scenario": "recession"})
    with pytest.raises(ParameterError, match="scenario"):
        ContactWorld.on(simulation, as_of=world.as_of, mechanism=Mechanism())
