"""Effects of offers: published values, oracles, coverage of the truth, and silence without overlap."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from offer_world import OfferWorld

from credrisk.models.contact_effect import Chances, contact_effects, holm, offered_chances
from credrisk.models.contact_effect_study import Study, study_of
from credrisk.models.hidden_confounding import residual_t, robustness_value
from credrisk.models.offer_rows import OfferRows, offer_rows

PRIOR = {"call": 5.0, "letter": 3.5, "escalation": 9.0}


def everybody(rows: OfferRows) -> dict[str, np.ndarray]:
    return dict.fromkeys(rows.actions, np.ones(len(rows), dtype=bool))


def studied(world: OfferWorld) -> tuple[Study, OfferRows]:
    rows = offer_rows(world.offers)
    return study_of(rows, prior_days=PRIOR, eligible=everybody(rows)), rows


def test_holm_is_that_of_the_worked_example() -> None:
    # p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") in R.
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert len(holm(np.zeros(0))) == 0


def test_robustness_values_are_those_published() -> None:
    # Cinelli and Hazlett (2020), table 1, Darfur: t = 4.18, 783 degrees of freedom: 13.9 % and, at 5 %, 7.6 %.
    assert robustness_value(4.184, 783) == pytest.approx(0.139, abs=5e-4)
    assert robustness_value(4.184, 783, level=0.05) == pytest.approx(0.076, abs=5e-4)
    assert robustness_value(0.5, 783, level=0.05) == 0.0


def test_residual_t_is_that_of_least_squares_where_every_customer_has_one_row() -> None:
    random = np.random.default_rng(1)
    offered, noise = random.normal(size=400), random.normal(size=400)
    outcome = 0.3 * offered + noise
    t, degrees = residual_t(offered, outcome, np.arange(400))
    slope = offered @ outcome / (offered @ offered)
    left = outcome - slope * offered
    usual = slope / np.sqrt(left @ left / 399 / (offered @ offered))
    assert t == pytest.approx(usual, rel=0.1)
    # What counts is t / sqrt(degrees): the partial correlation behind it, whatever the clusters.
    assert t / degrees**0.5 == pytest.approx(usual / 399**0.5, rel=5e-3)


def test_without_covariates_the_effect_is_the_weighted_difference_of_means() -> None:
    world = OfferWorld.draw(3, customers=600, dates=1, rule="top", pulls={"call": 0.25})
    bare = world.offers.select("customer_id", "date", "action", "probability", "open_days_90")
    rows = offer_rows(bare)
    y, chance = rows.column("open_days_90"), rows.probability
    none = np.zeros((len(rows), 2))
    (found,) = contact_effects(rows, y, offered_chances(rows), eligible=everybody(rows), expected=none)
    called = rows.arm == 1
    means = [np.average(y[group], weights=1 / chance[group]) for group in (called, ~called)]
    assert found.estimate is not None
    assert found.estimate.value == pytest.approx(means[0] - means[1])


@pytest.mark.parametrize(("rule", "log"), [("top", True), ("confounded", False)])
def test_the_truth_lies_within_four_errors(rule: str, log: bool) -> None:
    world = OfferWorld.draw(4, customers=800, dates=4, rule=rule, pulls={"call": 0.25}, log=log)
    study, rows = studied(world)
    won = study.days_won("call")
    truth = world.won("call")[rows.place][study.of("call").region].mean()
    assert won is not None
    assert abs(won.value - truth) < 4 * won.se
    assert study.chances.source == ("logged" if log else "estimated")
    # The plain difference of means is confounded: the accounts that are called pay late.
    y, called = rows.column("open_days_90"), rows.arm == 1
    assert abs(y[~called].mean() - y[called].mean() - truth) > 4 * won.se
    assert (study.robustness("call") is None) == log


def test_several_actions_are_each_measured_against_none() -> None:
    pulls = {"call": 0.3, "letter": 0.0, "escalation": -0.3}
    world = OfferWorld.draw(5, customers=900, dates=3, rule="confounded", pulls=pulls, log=False)
    study, rows = studied(world)
    for action in pulls:
        won = study.days_won(action)
        truth = world.won(action)[rows.place][study.of(action).region].mean()
        assert won is not None
        assert abs(won.value - truth) < 4 * won.se, action


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_list_that_follows_a_rule_shows_no_effect(seed: int, log: bool) -> None:
    world = OfferWorld.draw(seed, customers=300, dates=4, rule="fixed", pulls={"call": 0.25}, log=log)
    study, _ = studied(world)
    assert study.of("call").estimate is None
    assert study.of("call").why
    assert study.days_won("call") is None
    assert study.cells == {}


def test_too_few_offers_show_no_effect() -> None:
    world = OfferWorld.draw(6, customers=40, dates=2, rule="confounded", pulls={"call": 0.25})
    few = world.offers.filter((pl.col("action") == "none") | (pl.int_range(pl.len()) < 10))
    rows = offer_rows(few)
    study = study_of(rows, prior_days=PRIOR, eligible=everybody(rows))
    assert study.of("call").estimate is None


def test_rows_that_could_not_go_either_way_are_left_out_whatever_was_done() -> None:
    world = OfferWorld.draw(8, customers=400, dates=2, rule="top", pulls={"call": 0.25})
    rows = offer_rows(world.offers)
    certain = rows.column("amount") > np.quantile(rows.column("amount"), 0.8)
    chance = np.where(certain, 0.99995, 0.5)
    estimated = np.column_stack([1 - chance, chance])
    chances = Chances("logged", np.where(rows.arm == 1, chance, 1 - chance), estimated)
    (found,) = contact_effects(rows, rows.column("open_days_90"), chances, eligible=everybody(rows))
    assert (found.region == ~certain).all()
    assert found.overlap == pytest.approx((~certain).mean())


def test_a_rare_draw_is_enough_where_it_is_logged() -> None:
    # Half a percent drawn either way: what was drawn against the rule is all that tells.
    world = OfferWorld.draw(13, customers=4_000, dates=4, rule="top", pulls={"call": 0.6}, explore=0.01)
    study, rows = studied(world)
    won, effect = study.days_won("call"), study.of("call")
    assert won is not None
    assert effect.region.all()
    assert effect.ess < effect.offers / 20
    assert abs(won.value - world.won("call")[rows.place].mean()) < 4 * won.se


def test_money_weighted_days_are_the_weighted_mean_of_the_scores() -> None:
    world = OfferWorld.draw(9, customers=500, dates=2, rule="top", pulls={"call": 0.25})
    study, rows = studied(world)
    amount = rows.column("amount")
    won, region = study.days_won_by_money("call", amount), study.of("call").region
    assert won is not None
    assert won.value == pytest.approx(np.average(-study.of("call").scores, weights=amount[region]))
