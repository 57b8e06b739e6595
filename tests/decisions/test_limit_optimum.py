"""The optimum under budgets against the whole linear programme, and against trying everything on tiny portfolios."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from limit_oracle import every_stretch, whole_programme

from credrisk.decisions.default_scenarios import DefaultScenarios
from credrisk.decisions.limit_prices import clearing_prices, scarce_budgets
from credrisk.decisions.limit_problem import Cap, LimitProblem, Prices
from credrisk.decisions.limit_program import Answer, settled


def solved(problem: LimitProblem) -> Answer:
    scarce = scarce_budgets(problem)
    if not scarce.any():
        limit, profit, loss = problem.at(problem.own_optimum)
        return Answer(limit, profit, loss, Prices(), float(profit.sum()))
    return settled(problem, scarce, *clearing_prices(problem, scarce))


def drawn_problem(
    seed: int, *, customers: int, points: int, scenarios: int, concave: bool, shares: tuple[float, float, float]
) -> LimitProblem:
    """Draw curves, failures, one cap of two industries and one of a group; budgets are shares of what is wanted."""
    random = np.random.default_rng(seed)
    limit = np.cumsum(np.column_stack([np.zeros(customers), random.uniform(0.5, 3.0, (customers, points))]), axis=1)
    slope = np.sort(random.uniform(0.05, 0.9, (customers, points)), axis=1)[:, ::-1]
    loss = np.cumsum(np.column_stack([np.zeros(customers), slope * np.diff(limit, axis=1)]), axis=1)
    gain = random.uniform(-0.3, 1.0, (customers, points))
    gain = np.sort(gain, axis=1)[:, ::-1] if concave else gain
    steps = gain * (np.diff(loss, axis=1) if concave else np.diff(limit, axis=1))
    profit = np.cumsum(np.column_stack([np.zeros(customers), steps]), axis=1)
    pd = random.uniform(0.02, 0.4, customers)
    failed = random.random((scenarios, customers)) < pd
    industry = Cap(np.arange(customers, dtype=np.int32) % 2, np.array([np.inf, np.inf]), ("a", "b"))
    group = Cap(np.where(np.arange(customers) < 2, 0, -1).astype(np.int32), np.array([np.inf]), ("g",))
    free = LimitProblem(
        limit,
        profit,
        loss,
        pd,
        {"industry": industry, "group": group},
        level=0.8,
        scenarios=DefaultScenarios.from_indicators(failed),
    )
    wanted = free.uses(*free.at(free.own_optimum))
    caps = {name: replace(cap, most=np.maximum(shares[2] * wanted.caps[name], 0.1)) for name, cap in free.caps.items()}
    return replace(
        free,
        caps=caps,
        expected_loss=max(shares[0] * wanted.expected_loss, 0.01),
        tail_loss=max(shares[1] * wanted.tail_loss, 0.01),
    )


SHARE = st.sampled_from([0.2, 0.4, 0.6, 0.8, 1.1])


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    customers=st.integers(1, 3),
    points=st.integers(1, 3),
    shares=st.tuples(SHARE, SHARE, SHARE),
    concave=st.booleans(),
)
@example(seed=1, customers=3, points=3, shares=(0.4, 0.4, 0.4), concave=False)
def test_a_tiny_portfolio_is_solved_exactly(
    seed: int, customers: int, points: int, shares: tuple[float, float, float], concave: bool
) -> None:
    problem = drawn_problem(seed, customers=customers, points=points, scenarios=12, concave=concave, shares=shares)
    answer = solved(problem)
    best = every_stretch(problem)
    assert problem.kept(problem.uses(answer.limit, answer.profit, answer.loss))
    # The answer leaves 5e-6 of each budget free for the solver's tolerance; at these prices that is worth so much.
    assert answer.profit.sum() == pytest.approx(best, rel=2e-4, abs=2e-5)
    assert answer.profit.sum() <= best * (1 + 1e-7) + 1e-7
    assert answer.bound >= best - 1e-6 * max(1.0, abs(best))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shares=st.tuples(SHARE, SHARE, SHARE), concave=st.booleans())
def test_the_answer_keeps_every_budget_and_states_its_gap(
    seed: int, shares: tuple[float, float, float], concave: bool
) -> None:
    problem = drawn_problem(seed, customers=20, points=6, scenarios=40, concave=concave, shares=shares)
    answer = solved(problem)
    uses = problem.uses(answer.limit, answer.profit, answer.loss)
    assert problem.kept(uses)
    # What is said of each customer is what its curve gives at its limit.
    profit, loss = problem.between(answer.limit)
    np.testing.assert_allclose(profit, answer.profit, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(loss, answer.loss, rtol=1e-9, atol=1e-9)
    relaxed = whole_programme(problem)
    assert answer.profit.sum() <= relaxed * (1 + 1e-7) + 1e-7
    assert answer.bound >= answer.profit.sum()
    if concave:  # otherwise the answer may know better than the envelope
        assert answer.bound >= relaxed * (1 - 1e-7) - 1e-7
        assert (relaxed - answer.profit.sum()) / relaxed < 1e-4
        assert answer.gap < 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_a_larger_portfolio_comes_near_the_whole_programme(seed: int) -> None:
    problem = drawn_problem(seed, customers=600, points=20, scenarios=200, concave=True, shares=(0.7, 0.65, 0.75))
    answer = solved(problem)
    relaxed = whole_programme(problem)
    assert problem.kept(problem.uses(answer.limit, answer.profit, answer.loss))
    assert -1e-7 <= (relaxed - answer.profit.sum()) / relaxed < 1e-3
    assert answer.bound == pytest.approx(relaxed, rel=1e-3)
    assert answer.bound >= relaxed * (1 - 1e-7)


def test_the_price_of_a_budget_is_what_one_more_of_it_earns() -> None:
    problem = drawn_problem(5, customers=200, points=12, scenarios=100, concave=True, shares=(0.6, 2.0, 2.0))
    price = solved(problem).prices.expected_loss
    more = 0.01 * problem.expected_loss
    above, below = (solved(replace(problem, expected_loss=problem.expected_loss + sign * more)) for sign in (1, -1))
    assert price == pytest.approx((above.bound - below.bound) / (2 * more), rel=0.05)
