"""What is said of contacts: nothing where there is nothing, harm where there is harm, and never from the future."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offer_world import FIRST, OfferWorld

from credrisk.decisions.contact_effect_gate import judged_ranking, list_chances
from credrisk.decisions.contact_effect_prior import eligible_rows, offer_priors
from credrisk.decisions.contact_effects import EFFECT_SOURCES, REPORT, ContactEffects, measure_contact_effects
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, EvidenceError, ModelFileError
from credrisk.models.offer_rows import offer_rows

AS_OF = date(2025, 12, 31)
POLICY = Policy.default()
CALL = next(action for action in POLICY.collection.actions if action.name == "call")


@pytest.fixture(scope="module")
def usual() -> tuple[OfferWorld, ContactEffects]:
    world = OfferWorld.draw(21, customers=500, dates=4, rule="top", pulls={"call": 0.25})
    return world, measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF)


@pytest.fixture(scope="module")
def harmful() -> tuple[OfferWorld, ContactEffects]:
    world = OfferWorld.draw(22, customers=900, dates=4, rule="confounded", pulls={"call": -0.8}, log=True)
    return world, measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF)


def test_the_report_has_its_columns_and_says_it_in_words(usual: tuple[OfferWorld, ContactEffects]) -> None:
    world, effects = usual
    report = effects.report()
    assert dict(report.schema) == REPORT
    row = report.row(0, named=True)
    called = world.offers.filter(pl.col("action") == "call")
    assert (row["action"], row["offers"], row["prior"]) == ("call", called.height, CALL.reach * CALL.days_accelerated)
    assert row["lower"] < row["estimate"] < row["upper"]
    assert row["ess"] < row["offers"]
    assert f"{row['lower']:.1f} to {row['upper']:.1f}" in row["said"]
    assert row["sensitivity_bound"] is None
    assert effects.source == "logged"
    assert effects.offers == world.offers.height
    assert effects.customers == 500


def test_in_the_zero_world_effects_are_claimed_no_oftener_than_the_level_says() -> None:
    claimed = 0
    for seed in range(1, 11):
        world = OfferWorld.draw(seed, customers=300, dates=4, rule="confounded", pulls={"call": 0.0}, log=False)
        row = measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF).report().row(0, named=True)
        quiet = row["status"] == "no_measurable_effect"
        assert quiet == row["said"].startswith("No measurable effect of a call: ")
        assert quiet == (row["lower"] < 0 < row["upper"])
        claimed += not quiet
    # Of 10 at 5 %, three or more would come up once in 90 times.
    assert claimed <= 2


def test_harm_is_found_and_the_list_then_calls_nobody(harmful: tuple[OfferWorld, ContactEffects]) -> None:
    world, effects = harmful
    row = effects.report().row(0, named=True)
    assert row["status"] == "measured"
    assert row["upper"] < 0
    assert "delays payment by" in row["said"]
    assert effects.ranking == "gain"
    used = effects.of(world.offers.head(20)).filter(pl.col("action") == "call")
    assert (used["days_accelerated"] < 0).all()
    assert (used["loss_avoided_share"] < 0).all()
    assert set(used["effect_source"]) == {"measured"}
    difference = effects.evaluation.filter((pl.col("ranking") == "difference") & (pl.col("method") == "dr"))
    assert difference["value"][0] > 0
    assert (effects.evaluation["ess"] > 0).all()


def test_harm_of_all_contacts_together_empties_the_list_where_single_actions_may_not_steer() -> None:
    pulls = {"call": -0.9, "letter": -0.9}
    world = OfferWorld.draw(23, customers=300, dates=3, rule="confounded", pulls=pulls)
    effects = measure_contact_effects(world.offers.drop("amount"), policy=POLICY, as_of=AS_OF)
    assert effects.ranking == "amount_x_timing"
    assert effects.pooled["status"][0] == "harmful"
    assert effects.level <= 0
    assert "They delay payment" in effects.pooled["said"][0]
    by_hand = offer_priors(POLICY).filter("by_hand")["action"].to_list()
    used = effects.of(world.offers.head(5)).filter(pl.col("action").is_in(by_hand))
    assert (used["days_accelerated"] <= 0).all()
    assert (used["loss_avoided_share"] <= 0).all()
    assert set(used["effect_source"]) == {"pooled"}


def test_the_avoided_share_follows_the_days(harmful: tuple[OfferWorld, ContactEffects]) -> None:
    world, effects = harmful
    used = effects.of(world.offers.head(20)).filter(pl.col("action") == "call")
    ratio = CALL.loss_avoided_share / CALL.days_accelerated
    assert used["loss_avoided_share"].to_numpy() == pytest.approx(ratio * used["days_accelerated"].to_numpy())


def test_what_may_not_steer_the_list_leaves_the_priors(usual: tuple[OfferWorld, ContactEffects]) -> None:
    world, effects = usual
    assert effects.ranking == "amount_x_timing"
    assert "not shown to be no worse" in effects.why
    used = effects.of(world.offers.head(3))
    assert used.height == 3 * len(POLICY.collection.actions)
    assert used["customer_id"].to_list() == sorted(used["customer_id"].to_list())
    priors = offer_priors(POLICY)
    for row in used.iter_rows(named=True):
        prior = priors.row(by_predicate=pl.col("action") == row["action"], named=True)
        level = effects.level if prior["by_hand"] else 1.0
        assert row["days_accelerated"] == prior["prior_days"] * level
        assert row["loss_avoided_share"] == prior["prior_share"] * level
        assert row["effect_source"] == ("pooled" if prior["by_hand"] else "policy_prior")
        assert (row["measured_days"] is None) == (row["action"] != "call")
    assert effects.report()["used"][0] == CALL.reach * CALL.days_accelerated * effects.level


def test_without_overlap_the_estimate_is_left_off_and_the_prior_named() -> None:
    world = OfferWorld.draw(3, customers=250, dates=4, rule="fixed", pulls={"call": 0.25}, log=False)
    effects = measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF)
    row = effects.report().row(0, named=True)
    assert row["status"] == "not_identified"
    assert row["estimate"] is None
    assert row["lower"] is None
    assert "Not identified" in row["said"]
    assert "The policy's prior stands: 5.0 days" in row["said"]
    assert (effects.ranking, effects.evaluation.height) == ("amount_x_timing", 0)
    used = effects.of(world.offers.head(1))
    sources = dict(used.select("action", "effect_source").iter_rows())
    assert sources["call"] == "not_identified"
    assert sources["letter"] == "policy_prior"
    assert set(sources.values()) <= set(EFFECT_SOURCES)


def test_unknown_chances_come_with_a_bound_for_what_was_not_logged() -> None:
    world = OfferWorld.draw(4, customers=500, dates=3, rule="confounded", pulls={"call": 0.5}, log=False)
    effects = measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF)
    row = effects.report().row(0, named=True)
    assert effects.source == "estimated"
    assert 0 < row["sensitivity_bound"] < 1
    assert f"{100 * row['sensitivity_bound']:.1f} %" in row["sensitivity"]


@settings(max_examples=6, deadline=None)
@given(days=st.integers(95, 240), seed=st.integers(0, 99))
def test_nothing_after_as_of_has_a_say(days: int, seed: int) -> None:
    world = OfferWorld.draw(5, customers=60, dates=9, rule="confounded", pulls={"call": 0.25}, spacing=21)
    as_of = FIRST + timedelta(days=days)
    known = pl.col("date") <= as_of - timedelta(days=90)
    random = np.random.default_rng(seed)
    noise = pl.Series(random.uniform(0, 90, world.offers.height))
    # What is not known yet is drawn anew: outcomes of windows still open, and the offers made after the day.
    changed = world.offers.with_columns(
        open_days_90=pl.when(known).then("open_days_90").otherwise(noise),
        paid_90=pl.when(known).then("paid_90").otherwise(noise / 90),
        action=pl.when(known).then("action").otherwise(pl.lit("letter")),
    )
    cut = world.offers.filter(known)
    first, *others = (
        measure_contact_effects(offers, policy=POLICY, as_of=as_of) for offers in (cut, world.offers, changed)
    )
    for other in others:
        assert other.report().equals(first.report())
        assert other.cells.equals(first.cells)
        assert other.evaluation.equals(first.evaluation)


def test_the_ninetieth_day_belongs_to_the_window() -> None:
    world = OfferWorld.draw(6, customers=40, dates=1, rule="confounded", pulls={"call": 0.25})
    with pytest.raises(EvidenceError, match="90 days old"):
        measure_contact_effects(world.offers, policy=POLICY, as_of=FIRST + timedelta(days=89))
    assert measure_contact_effects(world.offers, policy=POLICY, as_of=FIRST + timedelta(days=90)).offers == 40


def test_offers_that_were_not_carried_out_count_as_offers() -> None:
    world = OfferWorld.draw(11, customers=250, dates=3, rule="confounded", pulls={"call": 0.25})
    offers = world.offers.with_columns(done=pl.int_range(pl.len()) % 4 != 0)
    effects = measure_contact_effects(offers, policy=POLICY, as_of=AS_OF)
    row = effects.report().row(0, named=True)
    called = offers.filter(pl.col("action") == "call")
    assert row["offers"] == called.height
    assert row["done_share"] == pytest.approx(called["done"].mean())
    assert f"{100 * row['done_share']:.0f} % of them carried out" in row["said"]
    plain = measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF).report()
    assert plain["estimate"][0] == row["estimate"]
    assert plain["done_share"][0] is None


def test_order_and_pandas_change_nothing(usual: tuple[OfferWorld, ContactEffects]) -> None:
    world, effects = usual
    order = np.random.default_rng(1).permutation(world.offers.height)
    again = measure_contact_effects(world.offers[order].to_pandas(), policy=POLICY, as_of=AS_OF.isoformat())
    assert again.report().equals(effects.report())
    assert again.evaluation.equals(effects.evaluation)


def test_saved_effects_come_back_and_changed_ones_are_refused(
    harmful: tuple[OfferWorld, ContactEffects], tmp_path: Path
) -> None:
    world, effects = harmful
    file = tmp_path / "effects.json"
    effects.save(file)
    loaded = ContactEffects.load(file)
    assert loaded.of(world.offers.head(5)).equals(effects.of(world.offers.head(5)))
    assert loaded.report().equals(effects.report())
    assert loaded.pooled.equals(effects.pooled)
    assert loaded.level == effects.level
    assert loaded.evaluation.equals(effects.evaluation)
    assert (loaded.as_of, loaded.ranking, loaded.policy_hash) == (AS_OF, "gain", POLICY.hash)
    content = json.loads(file.read_text())
    content["effects"]["cells"][0]["days"] = 99.0
    file.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    with pytest.raises(ModelFileError, match="SHA-256"):
        ContactEffects.load(file)
    file.write_text("{}\n")
    with pytest.raises(ModelFileError, match="contact effects"):
        ContactEffects.load(file)
    with pytest.raises(ModelFileError, match="cannot be read"):
        ContactEffects.load(tmp_path / "nowhere.json")


def test_actions_that_the_policy_does_not_have_are_refused() -> None:
    world = OfferWorld.draw(7, customers=40, dates=2, rule="confounded", pulls={"smoke_signal": 0.2})
    with pytest.raises(DataError, match="smoke_signal"):
        measure_contact_effects(world.offers, policy=POLICY, as_of=AS_OF)


def test_an_action_is_open_to_accounts_of_its_age() -> None:
    world = OfferWorld.draw(8, customers=200, dates=1, rule="confounded", pulls={"escalation": 0.2, "call": 0.1})
    rows = offer_rows(world.offers)
    open_to = eligible_rows(rows, POLICY)
    age, broken = rows.column("age_days"), rows.column("broken_promises")
    assert (open_to["escalation"] == (age >= 60)).all()
    assert (open_to["call"] == (age + 30 * broken >= 5)).all()
    bare = offer_rows(world.offers.drop("age_days"))
    assert eligible_rows(bare, POLICY)["escalation"].all()


def test_offers_without_amounts_are_measured_but_may_not_steer() -> None:
    world = OfferWorld.draw(9, customers=250, dates=4, rule="confounded", pulls={"call": 0.25})
    effects = measure_contact_effects(world.offers.drop("amount"), policy=POLICY, as_of=AS_OF)
    assert effects.ranking == "amount_x_timing"
    assert "amounts" in effects.why
    assert effects.report()["estimate_by_money"][0] is None
    assert effects.report()["estimate"][0] is not None


def test_effects_are_learnt_on_earlier_offers_where_the_log_is_long() -> None:
    from credrisk.models.contact_effect_study import study_of

    world = OfferWorld.draw(10, customers=300, dates=10, rule="confounded", pulls={"call": 0.25}, spacing=28)
    rows = offer_rows(world.offers)
    prior_days = dict(offer_priors(POLICY).select("action", "prior_days").iter_rows())
    study = study_of(rows, prior_days=prior_days, eligible=eligible_rows(rows, POLICY))
    gate = judged_ranking(study, POLICY)
    assert "from earlier offers" in gate.why
    later = world.offers.filter(pl.col("date") >= rows.frame["date"].sort()[len(rows) // 2])
    assert gate.evaluation["offers"].unique().to_list()[0] <= later.height


def test_a_list_takes_the_highest_scores_of_each_day_up_to_its_places() -> None:
    world = OfferWorld.draw(12, customers=40, dates=3, rule="confounded", pulls={"call": 0.2, "letter": 0.1})
    rows, random = offer_rows(world.offers), np.random.default_rng(1)
    score, action = random.normal(size=len(rows)).round(1), random.integers(1, 3, len(rows))
    places = pl.Series([7] * len(rows))
    chances = list_chances(rows, action, score, places)
    assert (chances.sum(axis=1) == 1).all()
    days, names = rows.frame["date"].to_list(), rows.frame["customer_id"].to_list()
    for day in set(days):
        here = [place for place, own in enumerate(days) if own == day and score[place] > 0]
        best = sorted(here, key=lambda place: (-score[place], names[place]))[:7]
        assert {place for place in here if chances[place, 0] == 0} == set(best)
        assert all(chances[place, action[place]] == 1 for place in best)
    assert (chances[score <= 0, 0] == 1).all()
