"""Defaults come at the rate of the PDs, and together as the bivariate normal says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import multivariate_normal, norm

from credrisk.decisions.default_scenarios import DefaultScenarios, check_level, tail_loss, tail_weights
from credrisk.decisions.factor_model import FactorModel, factor_model, pd_in_bad_year
from credrisk.errors import DataError, ParameterError

SCENARIOS = 20_000


def model(
    pd: list[float], *, correlation: float = 0.2, group_link: float = 0.3, **columns: list[str | None]
) -> FactorModel:
    ids = [f"C{place}" for place in range(len(pd))]
    members = pl.DataFrame({"customer_id": ids, **columns})
    return factor_model(pd, members=members, customer_id=ids, correlation=correlation, group_link=group_link)


def indicators(scenarios: DefaultScenarios) -> np.ndarray:
    failed = np.zeros((scenarios.count, scenarios.customers), dtype=bool)
    failed[np.repeat(np.arange(scenarios.count), np.diff(scenarios.starts)), scenarios.failed] = True
    return failed


def test_marginal_rates_are_the_pds() -> None:
    pd = [0.0, 0.001, 0.01, 0.05, 0.2, 0.6, 1.0]
    many = model(
        pd * 40, industry=[f"i{place % 3}" for place in range(280)], group=[f"g{place // 4}" for place in range(280)]
    )
    rate = many.scenarios(SCENARIOS, seed=1).failure_rate().reshape(40, 7)
    assert (rate[:, 0] == 0).all()
    assert (rate[:, -1] == 1).all()
    error = np.sqrt(np.array(pd) * (1 - np.array(pd)) / SCENARIOS)
    # 280 rates, each within five standard errors of its own.
    assert (np.abs(rate - pd) <= 5 * error + 1e-12).all()


def test_pairs_fail_together_as_the_bivariate_normal_says() -> None:
    drawn = model(
        [0.05, 0.1, 0.05, 0.1, 0.1],
        industry=["steel", "steel", "food", "food", "steel"],
        country=["DE", "DE", "DE", "FR", "FR"],
        group=["g", "g", None, None, "h"],
    )
    expected = {(0, 1): 0.2 + 0.3, (0, 2): 0.2 * 0.75, (0, 3): 0.2 * 0.5, (3, 4): 0.2 * 0.75, (1, 4): 0.2 * 0.75}
    scenarios = 200_000
    failed = indicators(drawn.scenarios(scenarios, seed=2))
    for (one, other), correlation in expected.items():
        assert drawn.asset_correlation(one, other) == pytest.approx(correlation)
        joint = multivariate_normal.cdf(
            norm.ppf(drawn.pd[[one, other]]), mean=[0, 0], cov=[[1, correlation], [correlation, 1]]
        )
        seen = (failed[:, one] & failed[:, other]).mean()
        assert seen == pytest.approx(joint, abs=4 * np.sqrt(joint * (1 - joint) / scenarios))


def test_a_bad_year_is_the_basel_formula() -> None:
    """Basel II, illustrative IRB risk weights (June 2004, annex 3): PD 1 %, LGD 45 %, 2.5 years: 92.32 %."""
    pd, lgd, years = 0.01, 0.45, 2.5
    share = (1 - np.exp(-50 * pd)) / (1 - np.exp(-50))
    correlation = 0.12 * share + 0.24 * (1 - share)
    maturity = (0.11852 - 0.05478 * np.log(pd)) ** 2
    bad = pd_in_bad_year(np.array([pd]), correlation=correlation, quantile=0.999)[0]
    capital = lgd * (bad - pd) * (1 + (years - 2.5) * maturity) / (1 - 1.5 * maturity)
    assert 12.5 * 1.0 * capital == pytest.approx(0.9232, abs=5e-5)


def test_a_large_uniform_portfolio_has_the_quantiles_of_vasicek() -> None:
    """With one industry and country the share that fails has a known distribution (Vasicek 2002)."""
    many = model([0.03] * 2000, correlation=0.12, group_link=0.0)
    share = many.scenarios(SCENARIOS, seed=3).losses(np.full(2000, 1 / 2000))
    for quantile in (0.5, 0.9, 0.95, 0.99):
        known = float(pd_in_bad_year(np.array([0.03]), correlation=0.12, quantile=quantile)[0])
        below = (share <= known).mean()
        # 2,000 names are not infinitely many: their own luck blurs the share by up to 0.5 %.
        assert below == pytest.approx(quantile, abs=0.006 + 4 * np.sqrt(quantile * (1 - quantile) / SCENARIOS))


def test_the_same_seed_gives_the_same_scenarios_and_a_stream_others() -> None:
    drawn = model([0.1] * 50)
    first, again, other = (drawn.scenarios(100, seed=4, stream=stream) for stream in (0, 0, 1))
    assert np.array_equal(first.failed, again.failed)
    assert not np.array_equal(indicators(first), indicators(other))
    # A longer draw begins with the shorter one.
    assert np.array_equal(indicators(drawn.scenarios(160, seed=4))[:96], indicators(first)[:96])


def test_losses_and_rates_are_those_of_the_indicators() -> None:
    random = np.random.default_rng(5)
    failed = random.random((300, 40)) < random.uniform(0, 0.3, 40)
    failed[[0, 7, 299]] = False
    scenarios = DefaultScenarios.from_indicators(failed)
    loss, weights = random.uniform(0, 100, 40), random.dirichlet(np.ones(300))
    np.testing.assert_allclose(scenarios.losses(loss), failed @ loss)
    np.testing.assert_allclose(scenarios.failure_rate(weights), weights @ failed)
    np.testing.assert_allclose(scenarios.failure_rate(), failed.mean(axis=0))
    few = np.where(np.arange(300) < 10, 0.1, 0.0)
    np.testing.assert_allclose(scenarios.failure_rate(few), few @ failed)
    rows = np.array([299, 3, 3, 0])
    assert np.array_equal(indicators(scenarios.those(rows)), failed[rows])


@pytest.mark.parametrize(("level", "expected"), [(0.8, 9.5), (0.75, 9.2), (0.95, 10.0)])
def test_the_tail_loss_is_the_mean_of_the_worst(level: float, expected: float) -> None:
    """Of 1 to 10: the worst two; the worst two and half of the third; half of the worst (by hand)."""
    losses = np.arange(1.0, 11.0)
    assert tail_loss(losses, level) == pytest.approx(expected)
    assert tail_weights(losses, level).sum() == pytest.approx(1)


def test_a_far_tail_needs_many_scenarios() -> None:
    check_level(0.95, 1_000)
    check_level(0.99, 10_000)
    with pytest.raises(ParameterError, match="10,000"):
        check_level(0.99, 9_999)
    with pytest.raises(ParameterError, match="1,000"):
        check_level(0.95, 999)
    with pytest.raises(ParameterError, match="100,000"):
        check_level(0.999, 10_000)
    with pytest.raises(ParameterError, match="tail_level"):
        check_level(0.3, 10_000)


def test_wrong_figures_are_named() -> None:
    with pytest.raises(ParameterError, match="pd must be"):
        model([0.1, 1.2])
    with pytest.raises(ParameterError, match="pd must be"):
        model([float("nan")])
    with pytest.raises(ParameterError, match="group_link"):
        model([0.1], correlation=0.8, group_link=0.3)
    with pytest.raises(ParameterError, match="correlation"):
        model([0.1], correlation=1.0)
    twice = pl.DataFrame({"customer_id": ["a", "a"], "group": ["x", "y"]})
    with pytest.raises(DataError, match="several rows"):
        factor_model([0.1], members=twice, customer_id=["a"], correlation=0.1, group_link=0.1)
