"""The limits of all customers at once: the most profit for the risk that the company is ready to carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.decisions.budgets import Budgets
from credrisk.decisions.default_scenarios import DefaultScenarios, check_level, tail_loss
from credrisk.decisions.factor_model import FactorModel
from credrisk.decisions.limit_binding import binding_budgets
from credrisk.decisions.limit_prices import clearing_prices, scarce_budgets
from credrisk.decisions.limit_problem import LimitProblem, Prices
from credrisk.decisions.limit_program import Answer, settled
from credrisk.decisions.members import members_of
from credrisk.errors import ParameterError
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    from credrisk.decisions.limit_curves import LimitCurves

__all__ = ["PortfolioLimits", "optimise_limits", "optimum"]

Array = npt.NDArray[np.float64]

JUDGED = 10
"""Scenarios the tail loss is judged on, as a multiple of those it is optimised on: fresh ones of the same model."""
CLOSE = 0.005
"""The tightened budget is found when the judged tail loss is this near to the budget, from below."""
TIGHTENINGS = 5
OPTIMISED, FRESH = 0, 1
"""Streams of a seed: the scenarios optimised on, and those that judge."""


@dataclass(frozen=True)
class PortfolioLimits:
    """Limits that together keep every budget, what they earn, and what one more of each budget would earn.

    Attributes
    ----------
    customer_id
        n ids, in the order of the curves.
    limit, own_optimum : (n,)
        The limit, and what it would be if nothing were scarce.
    profit, expected_loss, loss_if_default : (n,)
        Of 12 months, at the limit.
    binding
        What keeps each customer below its own optimum: ``expected_loss, tail_loss, single_name, group, industry,
        country``, or ``own_bounds`` (the highest limit it was given); ``own_optimum`` where nothing does, ``no_profit``
        where no limit earns anything.
    prices
        Profit for one more of each budget.
    used
        Of each budget and cap; the tail loss as judged on fresh scenarios where there is a factor model. None where
        there are no scenarios.
    tail_budget
        What the scenarios were held to: below the budget by what they flatter, so that fresh ones keep it.
    tail_in_sample
        The tail loss in the scenarios optimised on.
    fresh
        The scenarios that judged; None without a model.
    bound, gap
        What no limits can exceed in the same scenarios, and ``(bound - profit) / |bound|``, both before ``step``.
    step_cost
        Profit given up by rounding down to whole steps.
    """

    customer_id: list[str]
    limit: Array
    own_optimum: Array
    profit: Array
    expected_loss: Array
    loss_if_default: Array
    binding: list[str]
    prices: Prices
    budgets: Budgets
    problem: LimitProblem
    tail_loss: float | None
    tail_budget: float | None
    tail_in_sample: float | None
    fresh: DefaultScenarios | None
    bound: float
    gap: float
    step_cost: float

    def customers(self) -> pl.DataFrame:
        """Return one row a customer."""
        return pl.DataFrame(
            {
                "customer_id": self.customer_id,
                "portfolio_limit": self.limit,
                "own_optimum": self.own_optimum,
                "expected_profit": self.profit,
                "expected_loss": self.expected_loss,
                "loss_if_default": self.loss_if_default,
                "binding": self.binding,
            }
        )

    def budget_table(self) -> pl.DataFrame:
        """Return one row a budget: ``kind, name, used, budget, price``; of the caps those that hold somebody down.

        ``price`` is the profit that one more of the budget would earn; 0 where it does not bind.
        """
        rows: list[tuple[str, str, float | None, float, float]] = []
        if self.budgets.expected_loss is not None:
            used = float(self.expected_loss.sum())
            rows.append(("expected_loss", "", used, self.budgets.expected_loss, self.prices.expected_loss))
        if self.budgets.tail_loss is not None:
            rows.append(("tail_loss", "", self.tail_loss, self.budgets.tail_loss, self.prices.tail_loss))
        for kind, price in self.prices.caps.items():
            cap = self.problem.caps[kind]
            used_by = cap.sums(self.limit)
            rows += [
                (kind, cap.names[place], float(used_by[place]), float(cap.most[place]), float(price[place]))
                for place in np.flatnonzero(price > 0)
            ]
        names = {"kind": pl.String, "name": pl.String, "used": pl.Float64, "budget": pl.Float64, "price": pl.Float64}
        return pl.DataFrame(rows, schema=names, orient="row")


def optimise_limits(
    curves: LimitCurves,
    *,
    budgets: Budgets,
    members: Any = None,
    model: FactorModel | None = None,
    scenarios: DefaultScenarios | int = 1_000,
    most: Array | None = None,
    seed: int = 0,
    step: float = 0.0,
    progress: Progress = silent,
) -> PortfolioLimits:
    """Find the limits that earn the most together within the budgets.

    Parameters
    ----------
    curves
        What every limit of every customer earns and draws; from :func:`~credrisk.decisions.limit_curves.limit_curves`.
    budgets
        In money; see :class:`~credrisk.decisions.budgets.Budgets`.
    members
        Frame ``customer_id, group, industry, country``. Default: those of ``model``, else unknown.
    model
        How customers fail together. Needed for a tail budget unless ``scenarios`` are given.
    scenarios
        How many to draw from the model, or the scenarios themselves (these are then taken as the truth: nothing
        judges them).
    most : (n,)
        The highest limit of each customer, such as what it needs or what its own funds bear.
    seed
        Of the scenarios: the same seed gives the same limits.
    step
        Limits are rounded down to a multiple of it, which uses less of every budget; one step to who wants less than
        that, where nothing is scarce for it. 0 leaves them as they are.

    Raises
    ------
    ParameterError
        When a tail budget has no scenarios, or fewer than its level needs (1,000 up to 95 %, 10,000 at 99 %).

    Notes
    -----
    Given a price of each budget every customer's best limit is its own affair: the best point of its curve after the
    prices. The prices are found by raising those of overdrawn budgets and lowering the others; the tail budget enters
    by the mean failures of its worst scenarios, averaged over the rounds. Linear programmes over the customers whose
    best point is still open settle the rest. ``gap`` is measured against the dual bound, so it holds for any prices.

    A tail loss is lower in the scenarios that limits were optimised on than in others. With a model it is therefore
    judged on ten times as many fresh scenarios, and the scenarios optimised on are held to a lower budget until the
    fresh ones keep the stated one.
    """
    parts = model.members if members is None and model is not None else members_of(members, curves.customer_id)
    drawn, fresh = _scenarios(curves, budgets, model, scenarios, seed, progress)
    progress("Setting the limits", 0, 0)
    problem = budgets.problem(curves, parts, drawn, most=most)
    answer, judged = _answer(problem, fresh)
    limit, profit, loss, step_cost = answer.limit, answer.profit, answer.loss, 0.0
    if step > 0:
        limit = _whole_steps(limit, step, problem, budgets.highest(len(limit), most))
        profit, loss = problem.between(limit)
        step_cost = float(answer.profit.sum() - profit.sum())
    in_sample = tail_loss(drawn.losses(loss), budgets.tail_level) if drawn is not None else None
    seen = tail_loss(fresh.losses(loss), budgets.tail_level) if fresh is not None else in_sample
    uncapped = _uncapped_optimum(curves)
    return PortfolioLimits(
        customer_id=list(curves.customer_id),
        limit=limit,
        own_optimum=uncapped,
        profit=profit,
        expected_loss=problem.pd * loss,
        loss_if_default=loss,
        binding=binding_budgets(problem, answer, budgets, uncapped),
        prices=answer.prices,
        budgets=budgets,
        problem=problem,
        tail_loss=seen,
        tail_budget=judged if budgets.tail_loss is not None else None,
        tail_in_sample=in_sample,
        fresh=fresh,
        bound=answer.bound,
        gap=answer.gap,
        step_cost=step_cost,
    )


def _whole_steps(limit: Array, step: float, problem: LimitProblem, highest: Array) -> Array:
    """Return limits rounded down to whole steps; a first step to who never wants as much, where the caps have room.

    Beyond the end of its curve nothing more is drawn, so that the step uses no more of a loss budget.
    """
    down = np.minimum(np.floor(limit / step + 1e-9) * step, limit)
    all_wanted = (limit > 0) & (limit >= problem.limit[:, -1] * (1 - 1e-9))
    up = np.where((down == 0) & all_wanted & (highest >= step), step, down)
    for cap in problem.caps.values():
        full = cap.sums(up) > cap.most
        up = np.where(np.append(full, False)[cap.code], down, up)
    return np.asarray(up, dtype=np.float64)


def _uncapped_optimum(curves: LimitCurves) -> Array:
    rows = np.arange(len(curves.pd))
    return np.asarray(curves.limit[rows, curves.profit.argmax(axis=1)], dtype=np.float64)


def _scenarios(
    curves: LimitCurves,
    budgets: Budgets,
    model: FactorModel | None,
    scenarios: DefaultScenarios | int,
    seed: int,
    progress: Progress,
) -> tuple[DefaultScenarios | None, DefaultScenarios | None]:
    """Return the scenarios to optimise on and the fresh ones to judge by."""
    if isinstance(scenarios, DefaultScenarios):
        if scenarios.customers != len(curves.pd):
            raise ParameterError("scenarios", f"of the {len(curves.pd)} customers of the curves", scenarios.customers)
        check_level(budgets.tail_level, scenarios.count)
        return scenarios, None
    if model is None:
        if budgets.tail_loss is not None:
            raise ParameterError("model", "given where there is a tail budget, or scenarios instead", None)
        return None, None
    if len(model.pd) != len(curves.pd):
        raise ParameterError("model", f"of the {len(curves.pd)} customers of the curves", len(model.pd))
    check_level(budgets.tail_level, scenarios)
    progress("Drawing scenarios", 0, 0)
    drawn = model.scenarios(scenarios, seed=seed, stream=OPTIMISED)
    return drawn, model.scenarios(JUDGED * scenarios, seed=seed, stream=FRESH)


def _answer(problem: LimitProblem, fresh: DefaultScenarios | None) -> tuple[Answer, float]:
    """Return the limits and the tail budget that the scenarios were held to so that the fresh ones keep the stated."""
    stated = problem.tail_loss
    start: Prices | None = None
    held = stated
    if fresh is not None and np.isfinite(stated) and problem.scenarios is not None:
        # The ratio of judged to optimised is all but the same before the last step, which takes most of the time.
        for _ in range(2):
            tried = replace(problem, tail_loss=held)
            scarce = scarce_budgets(tried)
            if not scarce.any():
                break
            start, _ = clearing_prices(tried, scarce, start=start)
            loss = tried.at(tried.best_points(*tried.unit_prices(start))[0])[2]
            judged, optimised = _tails(problem, fresh, loss)
            held = min(stated, stated * optimised / judged) if judged > 0 else stated
    best: tuple[Answer, float] | None = None
    for _ in range(TIGHTENINGS):
        answer = optimum(replace(problem, tail_loss=held), start)
        start = answer.prices
        if fresh is None or not np.isfinite(stated):
            return answer, held
        judged, optimised = _tails(problem, fresh, answer.loss)
        keeps = judged <= stated
        if keeps and (best is None or answer.profit.sum() > best[0].profit.sum()):
            best = answer, held
        if keeps and (judged >= (1 - CLOSE) * stated or answer.prices.tail_loss == 0):
            break
        tighter = min(stated, (1 - CLOSE / 4) * optimised * stated / judged)
        if tighter == held:
            break
        held = tighter
    while best is None and fresh is not None:
        held *= 1 - 4 * CLOSE
        answer = optimum(replace(problem, tail_loss=held), start)
        if _tails(problem, fresh, answer.loss)[0] <= stated:
            best = answer, held
    return best if best is not None else (answer, held)


def _tails(problem: LimitProblem, fresh: DefaultScenarios, loss: Array) -> tuple[float, float]:
    drawn = problem.scenarios
    optimised = tail_loss(drawn.losses(loss), problem.level) if drawn is not None else 0.0
    return tail_loss(fresh.losses(loss), problem.level), optimised


def optimum(problem: LimitProblem, start: Prices | None = None) -> Answer:
    """Solve one problem, from the prices of a neighbouring one where these are known."""
    scarce = scarce_budgets(problem)
    if not scarce.any():
        limit, profit, loss = problem.at(problem.own_optimum)
        return Answer(limit, profit, loss, Prices(), float(profit.sum()))
    prices, bound = clearing_prices(problem, scarce, start=start)
    return settled(problem, scarce, prices, bound)
