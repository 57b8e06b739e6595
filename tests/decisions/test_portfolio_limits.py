"""Limits for all customers at once: budgets and caps kept, also in fresh scenarios; prices and bindings in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr

from credrisk.decisions.budgets import Budgets
from credrisk.decisions.default_scenarios import DefaultScenarios, tail_loss
from credrisk.decisions.factor_model import FactorModel, factor_model
from credrisk.decisions.limit_curves import LimitCurves
from credrisk.decisions.limit_frontier import limit_frontier, tail_by_correlation
from credrisk.decisions.limit_words import price_sentences
from credrisk.decisions.policy import Policy
from credrisk.decisions.portfolio_bounds import portfolio_bounds
from credrisk.decisions.portfolio_limits import PortfolioLimits, optimise_limits
from credrisk.errors import ParameterError

CUSTOMERS = 240


def lognormal_below(limit: np.ndarray, mean: np.ndarray, spread: float) -> np.ndarray:
    """Return E[min(X, limit)] of a lognormal X."""
    z = (np.log(np.maximum(limit, 1e-12)) - mean) / spread
    return np.where(limit > 0, np.exp(mean + spread**2 / 2) * ndtr(z - spread) + limit * (1 - ndtr(z)), 0.0)


def book(seed: int = 0, customers: int = CUSTOMERS) -> tuple[LimitCurves, pl.DataFrame]:
    random = np.random.default_rng(seed)
    size = random.lognormal(9, 1.2, (customers, 1))
    limit = size * np.concatenate([[0], np.geomspace(0.05, 8, 40)])
    pd = np.clip(random.lognormal(-3.8, 0.9, customers), 1e-4, 0.6)
    good, bad = lognormal_below(limit, np.log(size), 0.5), lognormal_below(limit, np.log(size) + 0.3, 0.7)
    profit = (1 - pd)[:, None] * random.uniform(0.1, 1.0, (customers, 1)) * good - pd[:, None] * 0.8 * bad - 0.01 * good
    ids = [f"C{place:04d}" for place in range(customers)]
    members = pl.DataFrame(
        {
            "customer_id": ids,
            "group": [f"g{place // 3}" if place < 30 else None for place in range(customers)],
            "industry": [("steel", "food", None)[place % 3] for place in range(customers)],
            "country": [("DE", "FR")[place % 2] for place in range(customers)],
        }
    )
    return LimitCurves(ids, limit, profit, bad, pd, np.full(customers, 0.8)), members


def factors(curves: LimitCurves, members: pl.DataFrame) -> FactorModel:
    return factor_model(curves.pd, members=members, customer_id=curves.customer_id, correlation=0.12, group_link=0.3)


def freely(curves: LimitCurves, members: pl.DataFrame) -> PortfolioLimits:
    return optimise_limits(curves, members=members, budgets=Budgets())


@pytest.fixture(scope="module")
def tight() -> tuple[LimitCurves, pl.DataFrame, PortfolioLimits]:
    curves, members = book()
    free = freely(curves, members)
    model = factors(curves, members)
    tail = tail_loss(model.scenarios(2_000, seed=9).losses(free.loss_if_default), 0.95)
    sums = {
        name: free.limit[(members["industry"] == name).fill_null(False).to_numpy()].sum() for name in ("steel", "food")
    }
    budgets = Budgets(
        expected_loss=0.95 * float(free.expected_loss.sum()),
        tail_loss=0.6 * tail,
        single_name=float(np.quantile(free.limit, 0.97)),
        group=float(np.quantile(free.limit, 0.9)),
        industry={"steel": 0.5 * sums["steel"]},
        country=1e12,
    )
    return curves, members, optimise_limits(curves, budgets=budgets, model=model, seed=1)


def test_no_cap_and_no_budget_is_broken(tight: tuple[LimitCurves, pl.DataFrame, PortfolioLimits]) -> None:
    curves, members, found = tight
    budgets = found.budgets
    assert (found.limit >= 0).all()
    assert found.limit.max() <= budgets.single_name
    assert (found.limit <= found.own_optimum + 1e-9).all()
    held = members.with_columns(limit=found.limit)
    assert (
        held.filter(pl.col("group").is_not_null()).group_by("group").agg(pl.col("limit").sum())["limit"].max()
        <= budgets.group
    )
    assert held.filter(pl.col("industry") == "steel")["limit"].sum() <= budgets.industry["steel"]
    profit, draw = curves.at(found.limit)
    np.testing.assert_allclose(found.profit, profit, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found.expected_loss, curves.pd * curves.lgd * draw, rtol=1e-9, atol=1e-9)
    assert found.expected_loss.sum() <= budgets.expected_loss
    assert found.tail_in_sample <= found.tail_budget <= budgets.tail_loss
    assert found.gap < 1e-4


def test_the_tail_budget_holds_in_fresh_scenarios(tight: tuple[LimitCurves, pl.DataFrame, PortfolioLimits]) -> None:
    curves, members, found = tight
    losses = factors(curves, members).scenarios(50_000, seed=77, stream=7).losses(found.loss_if_default)
    assert found.prices.tail_loss > 0
    assert tail_loss(losses, 0.95) <= 1.05 * found.budgets.tail_loss
    # It is used up, too: the correction is no blanket reserve.
    assert tail_loss(losses, 0.95) >= 0.95 * found.budgets.tail_loss


def test_without_the_judges_the_scenarios_flatter(tight: tuple[LimitCurves, pl.DataFrame, PortfolioLimits]) -> None:
    curves, members, found = tight
    drawn = factors(curves, members).scenarios(1_000, seed=1)
    trusting = optimise_limits(curves, members=members, budgets=found.budgets, scenarios=drawn)
    assert trusting.tail_budget == found.budgets.tail_loss > found.tail_budget
    assert trusting.profit.sum() > found.profit.sum()


def test_every_customer_is_told_what_binds(tight: tuple[LimitCurves, pl.DataFrame, PortfolioLimits]) -> None:
    _, members, found = tight
    table = found.customers().join(members, on="customer_id")
    assert table.filter(pl.col("binding") == "industry")["industry"].unique().to_list() in ([], ["steel"])
    assert table.filter(pl.col("binding") == "group")["group"].null_count() == 0
    at_own = table.filter(pl.col("binding") == "own_optimum")
    np.testing.assert_allclose(at_own["portfolio_limit"], at_own["own_optimum"], rtol=1e-5)
    at_cap = table.filter(pl.col("binding") == "single_name")
    assert at_cap.height > 0
    np.testing.assert_allclose(at_cap["portfolio_limit"], found.budgets.single_name, rtol=1e-9)
    assert (
        table.filter(pl.col("binding") == "tail_loss")["portfolio_limit"]
        < table.filter(pl.col("binding") == "tail_loss")["own_optimum"]
    ).all()


def test_prices_are_said_in_words(tight: tuple[LimitCurves, pl.DataFrame, PortfolioLimits]) -> None:
    said = price_sentences(tight[2], currency="EUR")
    text = " ".join(said)
    # Only one of the two has a price, and the sentence on the other agrees.
    assert said[0].startswith("The tail-loss budget binds")
    assert "The expected-loss budget does not bind" in text
    assert f"One more EUR of tail-loss budget earns {tight[2].prices.tail_loss:,.2f} EUR." in text
    assert "The expected-loss budget does not bind" in text
    assert "No country is at its cap." in text
    assert "single-name cap" in text
    assert "flatter" in text


def test_nothing_binds_and_only_caps_bind() -> None:
    curves, members = book(1)
    free = freely(curves, members)
    assert set(free.binding) <= {"own_optimum", "no_profit"}
    assert free.gap == 0
    assert (
        price_sentences(free, currency="EUR")[0]
        == "No budget and no cap binds: the limits are each customer's own optimum."
    )
    np.testing.assert_array_equal(free.limit, curves.limit[np.arange(CUSTOMERS), curves.profit.argmax(axis=1)])
    wide = Budgets(expected_loss=1e12, single_name=float(np.quantile(free.limit, 0.9)))
    capped = optimise_limits(curves, members=members, budgets=wide)
    assert price_sentences(capped, currency="EUR")[0].startswith("Only caps bind")
    np.testing.assert_allclose(capped.limit, np.minimum(free.limit, wide.single_name), rtol=1e-9)
    bounded = optimise_limits(curves, members=members, budgets=Budgets(), most=0.5 * free.limit)
    assert set(bounded.binding) <= {"own_bounds", "no_profit"}
    assert "within what it needs" in price_sentences(bounded, currency="EUR")[0]


def test_a_loss_price_bounds_everybody_and_no_price_nobody(
    tight: tuple[LimitCurves, pl.DataFrame, PortfolioLimits],
) -> None:
    curves, _, found = tight
    bounds = portfolio_bounds(found, curves=curves, recommended=found.limit)
    np.testing.assert_array_equal(bounds["limit"], found.limit)
    curves, members = book(1)
    free = freely(curves, members)
    assert portfolio_bounds(free, curves=curves, recommended=free.limit)["limit"].null_count() == CUSTOMERS


def test_what_is_kept_beyond_the_portfolios_limits_breaks_no_budget_and_no_cap() -> None:
    curves, members = book(1)
    free = freely(curves, members)
    kept = 1.5 * free.limit
    caps = {"group": float(1.2 * free.limit.sum())}
    roomy = optimise_limits(curves, members=members, budgets=Budgets(**caps), most=free.limit)
    assert not portfolio_bounds(roomy, curves=curves, recommended=kept)["limit"].count()
    # of the groups only those that keep more than their cap are held, and nobody else is
    sums = roomy.problem.caps["group"].sums(free.limit)
    capped = optimise_limits(curves, members=members, budgets=Budgets(group=float(1.2 * sums.max())), most=free.limit)
    bounds = portfolio_bounds(capped, curves=curves, recommended=kept)
    over = set(np.flatnonzero(1.5 * sums > 1.2 * sums.max()))
    held = [code in over for code in capped.problem.caps["group"].code]
    assert 0 < sum(held) < CUSTOMERS
    assert bounds["limit"].is_not_null().to_list() == held
    used = float(free.expected_loss.sum())
    lossy = optimise_limits(curves, members=members, budgets=Budgets(expected_loss=1.001 * used), most=free.limit)
    assert lossy.prices.expected_loss == 0
    assert portfolio_bounds(lossy, curves=curves, recommended=free.limit)["limit"].null_count() == CUSTOMERS
    assert portfolio_bounds(lossy, curves=curves, recommended=kept)["limit"].to_list() == lossy.limit.tolist()


def test_shares_of_the_policy_become_money() -> None:
    policy = Policy.default()
    spread = {"need_by_industry": {"a": 1e5, "b": 6e4, "c": 4e4}, "need_by_country": {"DE": 2e5}}
    budgets = Budgets.from_policy(policy, sales_12m=1e6, total_need=2e5, customers=10, **spread)
    appetite = policy.appetite
    assert budgets.expected_loss == pytest.approx(appetite.expected_loss_share * 1e6)
    assert budgets.tail_loss == pytest.approx(appetite.tail_loss_share * 1e6)
    assert budgets.industry == pytest.approx(appetite.industry_share * 2e5)
    assert budgets.country is None
    assert (budgets.single_name, budgets.group) == (appetite.single_name, appetite.group)
    nothing = Budgets.from_policy(policy, sales_12m=0.0, total_need=0.0, customers=10, **spread)
    assert nothing.expected_loss is nothing.tail_loss is nothing.industry is None
    few = Budgets.from_policy(policy, sales_12m=1e6, total_need=2e5, customers=9, **spread)
    assert few.expected_loss is few.tail_loss is few.industry is None
    assert (few.single_name, few.group) == (appetite.single_name, appetite.group)


@pytest.mark.parametrize(
    ("need_by", "capped"),
    [
        ({"a": 1e5}, False),
        ({"a": 6e4, "b": 4e4}, False),  # twice 40 % is not the whole
        ({"a": 6e4, "b": 2e4, "c": 2e4}, True),
        ({"a": 3e4}, True),  # 70 % are of unknown industry, which no cap holds
        ({"a": 7e4}, False),
        ({}, True),
    ],
)
def test_a_share_that_no_mix_could_keep_is_no_cap(need_by: dict[str, float], capped: bool) -> None:
    policy = Policy.default().changed({"appetite.industry_share": 0.4, "appetite.country_share": 0.4})
    given = {"sales_12m": 1e6, "total_need": 1e5, "customers": 10}
    budgets = Budgets.from_policy(policy, **given, need_by_industry=need_by, need_by_country=need_by)
    assert budgets.industry == budgets.country == (pytest.approx(4e4) if capped else None)


def test_a_group_is_counted_once_and_unknown_industries_are_held_to_no_cap() -> None:
    curves, members = book(2)
    free = freely(curves, members)
    found = optimise_limits(curves, members=members, budgets=Budgets(industry=1.0, group=0.0))
    unknown = members["industry"].is_null().to_numpy() & members["group"].is_null().to_numpy()
    np.testing.assert_allclose(found.limit[unknown], free.limit[unknown])
    assert found.limit[(members["industry"] == "steel").fill_null(False).to_numpy()].sum() <= 1.0
    assert (found.limit[members["group"].is_not_null().to_numpy()] == 0).all()


def test_a_higher_pd_never_raises_the_limit_at_given_prices() -> None:
    curves, members = book(3)
    budgets = Budgets(expected_loss=0.5 * float(freely(curves, members).expected_loss.sum()))
    found = optimise_limits(curves, members=members, budgets=budgets)
    prices = found.prices
    for factor in (1.2, 2.0, 5.0):
        pd = np.minimum(factor * curves.pd, 1.0)
        good = (curves.profit + (curves.pd * curves.lgd)[:, None] * curves.draw_at_default) / (1 - curves.pd)[:, None]
        profit = (1 - pd)[:, None] * good - (pd * curves.lgd)[:, None] * curves.draw_at_default
        worse = replace(found.problem, profit=profit, pd=pd)
        before = found.problem.best_points(*found.problem.unit_prices(prices))[0]
        assert (worse.best_points(*worse.unit_prices(prices))[0] <= before).all()


def test_steps_round_down_and_are_paid_for() -> None:
    curves, members = book(4)
    budgets = Budgets(expected_loss=0.6 * float(freely(curves, members).expected_loss.sum()))
    fine, coarse = (optimise_limits(curves, members=members, budgets=budgets, step=step) for step in (0.0, 500.0))
    np.testing.assert_allclose(coarse.limit % 500, 0, atol=1e-9)
    assert (coarse.limit <= fine.limit).all()
    assert coarse.step_cost == pytest.approx(fine.profit.sum() - coarse.profit.sum())
    assert coarse.expected_loss.sum() <= budgets.expected_loss


def test_the_same_seed_gives_the_same_limits_in_any_order() -> None:
    curves, members = book(5, customers=60)
    budgets = Budgets(expected_loss=0.6 * float(freely(curves, members).expected_loss.sum()))
    first = optimise_limits(curves, members=members, budgets=budgets)
    order = np.random.default_rng(0).permutation(60)
    shuffled = LimitCurves(
        [curves.customer_id[place] for place in order],
        *(getattr(curves, name)[order] for name in ("limit", "profit", "draw_at_default", "pd", "lgd")),
    )
    again = optimise_limits(shuffled, members=members, budgets=budgets)
    assert again.profit.sum() == pytest.approx(first.profit.sum(), rel=1e-5)
    np.testing.assert_array_equal(first.limit, optimise_limits(curves, members=members, budgets=budgets).limit)


@pytest.mark.parametrize("size", [1, 2])
def test_one_customer_and_two(size: int) -> None:
    curves, members = book(6, customers=size)
    free = freely(curves, members)
    budgets = Budgets(expected_loss=0.5 * float(free.expected_loss.sum()) + 1e-9)
    found = optimise_limits(curves, members=members, budgets=budgets)
    assert found.expected_loss.sum() <= budgets.expected_loss
    assert found.gap < 1e-4


def test_no_budget_at_all_for_losses() -> None:
    curves, members = book(7, customers=40)
    found = optimise_limits(
        curves, budgets=Budgets(expected_loss=0.0, tail_loss=0.0), model=factors(curves, members), seed=1
    )
    assert found.limit.sum() == 0


def test_the_frontier_rises_and_bends() -> None:
    curves, members = book(8, customers=80)
    found = optimise_limits(
        curves, budgets=Budgets(tail_level=0.95), model=factors(curves, members), scenarios=1_000, seed=1
    )
    frontier = limit_frontier(found, shares=(0.25, 0.5, 0.75, 1.0))
    for of in ("expected_loss", "tail_loss"):
        one = frontier.filter(pl.col("of") == of)
        assert (one[of] <= one["budget"] * (1 + 1e-9)).all()
        gains = np.diff(np.concatenate([[0.0], one["profit"]]))
        assert (gains > 0).all()
        assert (np.diff(gains) < 0).all()
        assert one["price"].to_list() == sorted(one["price"].to_list(), reverse=True)
    assert frontier.filter(pl.col("share") == 1.0)["profit"].to_list() == pytest.approx([found.profit.sum()] * 2)


def test_less_budget_less_limit() -> None:
    curves, members = book(9, customers=50)
    budgets = Budgets(expected_loss=0.8 * float(freely(curves, members).expected_loss.sum()))
    before = optimise_limits(curves, members=members, budgets=budgets)
    after = optimise_limits(curves, members=members, budgets=budgets.losses_times(0.8))
    assert after.limit.sum() < before.limit.sum()


def test_the_tail_grows_with_the_correlation() -> None:
    curves, members = book(10, customers=100)
    found = freely(curves, members)
    table = tail_by_correlation(
        found, curves, correlations=(0.04, 0.12, 0.24), group_link=0.3, members=members, scenarios=4_000
    )
    tails = table["tail_loss"].to_list()
    assert tails == sorted(tails)
    assert tails[-1] > 1.2 * tails[0]


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"budgets": Budgets(tail_loss=1.0)}, "model"),
        ({"budgets": Budgets(industry={"nowhere": 1.0})}, "budgets.industry"),
        (
            {"budgets": Budgets(), "scenarios": DefaultScenarios.from_indicators(np.zeros((1000, 3), dtype=bool))},
            "scenarios",
        ),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, Any], parameter: str) -> None:
    curves, members = book(0, customers=20)
    with pytest.raises(ParameterError, match=parameter):
        optimise_limits(curves, members=members, **given)


def test_a_far_tail_is_refused_with_few_scenarios() -> None:
    curves, members = book(0, customers=20)
    with pytest.raises(ParameterError, match="10,000"):
        optimise_limits(curves, budgets=Budgets(tail_loss=1.0, tail_level=0.99), model=factors(curves, members))
    with pytest.raises(ParameterError, match="expected_loss"):
        Budgets(expected_loss=-1.0)
