"""Off-policy values against a slow oracle, exact cases, and the truth of a small world."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from offer_world import OfferWorld, target_of

from credrisk.errors import DataError, ParameterError
from credrisk.models.off_policy import logged_value, off_policy_value
from credrisk.models.offer_nuisance import expected_outcomes
from credrisk.models.offer_rows import offer_rows


@pytest.fixture(scope="module")
def world() -> OfferWorld:
    return OfferWorld.draw(7, customers=800, dates=4, rule="top", pulls={"call": 0.25})


def by_amount(world: OfferWorld) -> pl.DataFrame:
    return target_of(world, world.offers["amount"].to_numpy())


def test_each_method_is_its_formula_row_by_row() -> None:
    world = OfferWorld.draw(1, customers=12, dates=3, rule="top", pulls={"call": 0.2, "letter": 0.1})
    rows, random = offer_rows(world.offers), np.random.default_rng(0)
    target = random.dirichlet(np.ones(3), len(rows))
    outcome, expected, money = (
        random.normal(size=len(rows)),
        random.normal(size=(len(rows), 3)),
        random.uniform(1, 5, len(rows)),
    )
    found = logged_value(rows, target, outcome, expected=expected, money=money)
    ips, weights, dr = 0.0, 0.0, 0.0
    for i in range(len(rows)):
        own = rows.actions.index(rows.frame["action"][i])
        weight = target[i, own] / rows.frame["probability"][i]
        ips += weight * money[i] * outcome[i]
        weights += weight
        dr += money[i] * (
            sum(target[i, a] * expected[i, a] for a in range(3)) + weight * (outcome[i] - expected[i, own])
        )
    assert found.value["ips"] == pytest.approx(ips / len(rows))
    assert found.value["snips"] == pytest.approx(ips / weights)
    assert found.value["dr"] == pytest.approx(dr / len(rows))
    assert found.mean_weight == pytest.approx(weights / len(rows))


def test_the_logged_list_itself_is_worth_what_it_brought(world: OfferWorld) -> None:
    offers = world.offers
    own = pl.DataFrame(world.chances, schema=["none", "call"])
    found = off_policy_value(offers, target=own, money="amount", output="polars")
    brought = (offers["amount"] * offers["paid_90"]).mean()
    assert found["mean_weight"].to_list() == pytest.approx([1.0] * 3)
    assert found["ess"].to_list() == pytest.approx([offers.height] * 3)
    value, se = dict(found.select("method", "value").iter_rows()), dict(found.select("method", "se").iter_rows())
    assert value["ips"] == pytest.approx(brought)
    assert value["snips"] == pytest.approx(brought)
    assert abs(value["dr"] - brought) < 4 * se["dr"]


def test_doubly_robust_has_no_error_where_the_outcomes_are_known(world: OfferWorld) -> None:
    rows = offer_rows(world.offers)
    expected = np.column_stack([rows.column("pd"), rows.column("pd") + 0.3])
    outcome = expected[np.arange(len(rows)), rows.arm]
    target = by_amount(world).to_numpy()[rows.place]
    found = logged_value(rows, target, outcome, expected=expected)
    assert found.value["dr"] == pytest.approx((target * expected).sum(axis=1).mean())


def test_values_hold_the_truth_within_their_error(world: OfferWorld) -> None:
    target = by_amount(world)
    truth = (world.offers["amount"].to_numpy() * world.value(target.to_numpy())).mean()
    found = off_policy_value(world.offers, target=target, money="amount", output="polars")
    for row in found.iter_rows(named=True):
        assert abs(row["value"] - truth) < 4 * row["se"], row
    se = dict(found.select("method", "se").iter_rows())
    assert se["dr"] < min(se["ips"], se["snips"])
    assert found["customers"].to_list() == [800] * 3
    assert (found["ess"] < world.offers.height / 2).all()


def test_order_of_the_rows_and_pandas_change_nothing(world: OfferWorld) -> None:
    target = by_amount(world)
    found = off_policy_value(world.offers, target=target, output="polars")
    order = np.random.default_rng(3).permutation(world.offers.height)
    shuffled = off_policy_value(world.offers[order].to_pandas(), target=target[order].to_pandas())
    assert pl.from_pandas(shuffled).equals(found)


def test_a_target_that_the_log_does_not_hold_has_a_mean_weight_far_from_one() -> None:
    world = OfferWorld.draw(2, customers=300, dates=2, rule="fixed", pulls={"call": 0.25})
    smallest = target_of(world, -world.offers["amount"].to_numpy())
    found = off_policy_value(world.offers, target=smallest, method=["ips"], output="polars")
    assert found["mean_weight"][0] < 0.8


def test_clipped_weights_are_counted(world: OfferWorld) -> None:
    found = off_policy_value(world.offers, target=by_amount(world), method=["ips"], clip=5.0, output="polars")
    assert found["largest_weight"][0] == 5.0
    assert found["clipped"][0] > 0
    free = off_policy_value(world.offers, target=by_amount(world), method=["ips"], output="polars")
    assert free["clipped"][0] == 0
    assert free["largest_weight"][0] == pytest.approx(20.0)


def test_what_is_expected_of_a_customer_is_learnt_from_the_others(world: OfferWorld) -> None:
    rows = offer_rows(world.offers)
    outcome = rows.column("open_days_90")
    mine = rows.customer == rows.customer[0]
    changed = np.where(mine, 90 - outcome, outcome)
    before, after = expected_outcomes(rows, outcome), expected_outcomes(rows, changed)
    same_part = rows.fold == rows.fold[0]
    # Which learner is taken may hang on one row; where the same is, this customer's part has not changed at all.
    assert np.allclose(before[same_part], after[same_part])
    assert not np.allclose(before[~same_part], after[~same_part])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda o: o.with_columns(probability=pl.lit(None, pl.Float64)), "not logged"),
        (lambda o: o.with_columns(probability=pl.lit(0.0)), "not above 0"),
        (lambda o: o.drop("action"), "columns are missing"),
        (lambda o: o.with_columns(action=pl.lit(None, pl.String)), "action is empty"),
        (lambda o: pl.concat([o.head(1), o.slice(0, o.height - 1)]), "several rows on one date"),
    ],
)
def test_offers_that_cannot_be_valued_are_refused(world: OfferWorld, change, says: str) -> None:
    with pytest.raises(DataError, match=says):
        off_policy_value(change(world.offers), target=by_amount(world))


def test_targets_that_are_none_are_refused(world: OfferWorld) -> None:
    with pytest.raises(DataError, match="add up to 1"):
        off_policy_value(world.offers, target=by_amount(world).with_columns(none=pl.lit(0.9)))
    with pytest.raises(DataError, match="call"):
        off_policy_value(world.offers, target=by_amount(world).drop("call"))
    with pytest.raises(ParameterError, match="method"):
        off_policy_value(world.offers, target=by_amount(world), method=["naive"])
    with pytest.raises(ParameterError, match="outcome"):
        off_policy_value(world.offers, target=by_amount(world), outcome="amount")
    with pytest.raises(ParameterError, match="clip"):
        off_policy_value(world.offers, target=by_amount(world), clip=0.0)
