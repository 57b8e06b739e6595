"""What keeps each customer's limit below the one that would earn the most if nothing were scarce."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from credrisk.decisions.budgets import Budgets
from credrisk.decisions.limit_problem import LimitProblem
from credrisk.decisions.limit_program import Answer

__all__ = ["binding_budgets"]

Array = npt.NDArray[np.float64]

SAME = 1e-6
"""Limits this near to each other, relatively, are the same."""


def binding_budgets(problem: LimitProblem, answer: Answer, budgets: Budgets, uncapped: Array) -> list[str]:
    """Return by customer the budget whose price, times what the limit saves of it, weighs the most.

    Parameters
    ----------
    uncapped : (n,)
        Each customer's best limit without any budget, cap or bound of its own.
    """
    limit, _, loss = problem.at(problem.own_optimum)
    fewer, less = limit - answer.limit, loss - answer.loss
    saved = {"expected_loss": answer.prices.expected_loss * problem.pd * less}
    if answer.prices.tail_loss > 0 and answer.prices.tail is not None and problem.scenarios is not None:
        saved["tail_loss"] = answer.prices.tail_loss * problem.scenarios.failure_rate(answer.prices.tail) * less
    for kind, price in answer.prices.caps.items():
        saved[kind] = problem.caps[kind].spread(price) * fewer
    kinds, values = np.array(list(saved)), np.column_stack(list(saved.values()))
    heaviest = np.where(values.max(axis=1) > 0, kinds[values.argmax(axis=1)], "own_optimum").astype(object)
    at_optimum = fewer <= SAME * limit
    heaviest[at_optimum] = "own_optimum"
    cut = at_optimum & (uncapped > limit * (1 + SAME))
    single_name = np.inf if budgets.single_name is None else budgets.single_name
    heaviest[cut] = np.where(limit[cut] < single_name * (1 - SAME), "own_bounds", "single_name")
    heaviest[uncapped <= 0] = "no_profit"
    return [str(kind) for kind in heaviest]
