"""The open customers' points as a linear programme, or one in whole numbers, for HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credrisk.decisions.limit_prices import Scarce
from credrisk.decisions.limit_problem import LimitProblem, Prices

__all__ = ["Open", "Solved", "linear_answer", "taken", "whole_answer"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

WITHIN = 5e-6
"""Share of each budget left free, so that the solver's tolerance (1e-7, in whole numbers 1e-6) exceeds none."""
TAIL_ROUNDS = 15
SMALLEST = 1e-9


@dataclass(frozen=True)
class Open:
    """The points still open, sorted by customer and place, and what the other customers use already.

    Attributes
    ----------
    customer, place : (points,)
    members
        The open customers, sorted.
    limit, profit, loss : (n,)
        Of the customers that are settled; 0 for the open ones.
    """

    customer: Places
    place: Places
    members: Places
    limit: Array
    profit: Array
    loss: Array


@dataclass(frozen=True)
class Solved:
    """Weights of the open points, (points,), which sum to 1 by customer, and the prices of the budgets."""

    weight: Array
    prices: Prices


@dataclass(frozen=True)
class _Programme:
    """Minimise ``cost @ v`` with ``table @ v <= most``, the weights of each customer summing to 1."""

    cost: Array
    table: Any
    most: Array
    once: Any
    upper: Array
    scale: float
    tail_size: float
    rows: Places


def taken(problem: LimitProblem, opened: Open, weight: Array) -> tuple[Array, Array, Array]:
    """Return limit, profit and loss if default of every customer, (n,), at these weights of the open points."""

    def total(settled: Array, values: Array) -> Array:
        open_part = weight * values[opened.customer, opened.place]
        return settled + np.bincount(opened.customer, weights=open_part, minlength=problem.customers)

    return (
        total(opened.limit, problem.limit),
        total(opened.profit, problem.profit),
        total(opened.loss, problem.loss),
    )


def linear_answer(problem: LimitProblem, scarce: Scarce, opened: Open) -> Solved | None:
    """Solve the linear programme; None where it has no solution.

    Of the scenarios only the worst are rows; those that turn out worse than the tail's border are added until none is.
    """
    from scipy.optimize import linprog

    rows = _first_rows(problem, scarce, opened)
    for _ in range(TAIL_ROUNDS):
        asked = _programme(problem, scarce, opened, rows, within=True)
        done = linprog(
            asked.cost,
            A_ub=asked.table,
            b_ub=asked.most,
            A_eq=asked.once,
            b_eq=np.ones(len(opened.members)),
            bounds=np.column_stack([np.zeros(len(asked.upper)), asked.upper]),
            method="highs",
        )
        if done.x is None:
            return None
        weight = np.asarray(done.x[: len(opened.customer)])
        worse = _worse(problem, opened, weight, rows, done.x)
        if not len(worse):
            dual = np.maximum(-done.ineqlin.marginals, 0.0) * asked.scale
            return Solved(weight, _dual_prices(problem, scarce, asked, dual))
        rows = np.sort(np.concatenate([rows, worse]))
    return None


def whole_answer(problem: LimitProblem, scarce: Scarce, opened: Open, *, within: bool) -> tuple[Array, float] | None:
    """Return weights on neighbouring points only, and what no such weights can exceed, or None without a solution."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows = _first_rows(problem, scarce, opened)
    points = len(opened.customer)
    ends = np.flatnonzero(np.diff(opened.customer) == 0)
    stretches = len(ends)
    member = np.searchsorted(opened.members, opened.customer)
    for _ in range(TAIL_ROUNDS):
        asked = _programme(problem, scarce, opened, rows, within=within)
        width = len(asked.cost)
        at = np.arange(stretches)
        touching = sparse.csr_matrix(
            (-np.ones(2 * stretches), (np.concatenate([ends, ends + 1]), np.concatenate([at, at]))),
            shape=(points, stretches),
        )
        only_one = sparse.csr_matrix((np.ones(stretches), (member[ends], at)), shape=(len(opened.members), stretches))
        wider = [
            LinearConstraint(
                sparse.hstack([asked.table, sparse.csr_matrix((len(asked.most), stretches))]), -np.inf, asked.most
            ),
            LinearConstraint(sparse.hstack([asked.once, sparse.csr_matrix(only_one.shape)]), 1.0, 1.0),
            LinearConstraint(sparse.hstack([sparse.csr_matrix((len(opened.members), width)), only_one]), 1.0, 1.0),
            LinearConstraint(
                sparse.hstack([sparse.identity(points), sparse.csr_matrix((points, width - points)), touching]),
                -np.inf,
                0.0,
            ),
        ]
        done = milp(
            np.concatenate([asked.cost, np.zeros(stretches)]),
            constraints=wider,
            integrality=np.concatenate([np.zeros(width), np.ones(stretches)]),
            bounds=Bounds(0.0, np.concatenate([asked.upper, np.ones(stretches)])),
            options={"mip_rel_gap": 1e-9},
        )
        if done.x is None:
            return None
        weight = np.clip(done.x[:points], 0.0, 1.0)
        worse = _worse(problem, opened, weight, rows, done.x)
        if not len(worse):
            return weight, -float(done.mip_dual_bound) * asked.scale + float(opened.profit.sum())
        rows = np.sort(np.concatenate([rows, worse]))
    return None


def _first_rows(problem: LimitProblem, scarce: Scarce, opened: Open) -> Places:
    """Return the scenarios that are worst with the open customers half way up; none without a scarce tail budget."""
    if not scarce.tail_loss or problem.scenarios is None:
        return np.empty(0, dtype=np.int64)
    highest = np.zeros(problem.customers)
    np.maximum.at(highest, opened.customer, problem.loss[opened.customer, opened.place])
    losses = problem.scenarios.losses(opened.loss + 0.5 * highest)
    size = int(np.ceil((1 - problem.level) * problem.scenarios.count))
    return np.sort(np.argsort(-losses, kind="stable")[: max(2 * size, 30)])


def _worse(problem: LimitProblem, opened: Open, weight: Array, rows: Places, found: Array) -> Places:
    """Return the scenarios that are no rows although they lose more than the tail's border."""
    if not len(rows) or problem.scenarios is None:
        return np.empty(0, dtype=np.int64)
    border = float(found[len(weight)]) * problem.tail_loss
    losses = problem.scenarios.losses(taken(problem, opened, weight)[2])
    beyond = np.flatnonzero(losses > border + 1e-7 * problem.tail_loss)
    return np.setdiff1d(beyond, rows)


def _programme(problem: LimitProblem, scarce: Scarce, opened: Open, rows: Places, *, within: bool) -> _Programme:
    from scipy import sparse

    points, tails = len(opened.customer), len(rows)
    width = points + (tails + 1 if tails else 0)
    limit = problem.limit[opened.customer, opened.place]
    profit = problem.profit[opened.customer, opened.place]
    loss = problem.loss[opened.customer, opened.place]
    free, size = 1 - WITHIN if within else 1.0, 0.0
    blocks, most = [], []
    if scarce.expected_loss:
        budget = max(problem.expected_loss, SMALLEST)
        blocks.append(sparse.csr_matrix((problem.pd[opened.customer] * loss / budget)[None, :]))
        most.append(np.array([free * problem.expected_loss - float(problem.pd @ opened.loss)]) / budget)
    for name, over in scarce.caps.items():
        cap, codes = problem.caps[name], np.flatnonzero(over)
        code = cap.code[opened.customer]
        held = np.flatnonzero(np.append(over, False)[code])
        row, amount = np.searchsorted(codes, code[held]), np.maximum(cap.most[codes], SMALLEST)
        blocks.append(sparse.csr_matrix((limit[held] / amount[row], (row, held)), shape=(len(codes), points)))
        most.append((free * cap.most - cap.sums(opened.limit))[codes] / amount)
    ordinary = sum(map(len, most))
    table = sparse.vstack([sparse.csr_matrix((0, points)), *blocks], format="csr")
    if tails and problem.scenarios is not None:
        budget = max(problem.tail_loss, SMALLEST)
        some = problem.scenarios.those(rows)
        entries = (np.ones(len(some.failed)), some.failed, some.starts)
        fails = sparse.csr_matrix(entries, shape=(tails, problem.customers)).tocsc()[:, opened.customer]
        size = (1 - problem.level) * problem.scenarios.count
        mean = np.concatenate([np.zeros(points), [1.0], np.full(tails, 1 / size)])
        table = sparse.vstack(
            [
                sparse.hstack([table, sparse.csr_matrix((ordinary, tails + 1))]),
                sparse.csr_matrix(mean[None, :]),
                sparse.hstack([fails.multiply(loss[None, :] / budget), -np.ones((tails, 1)), -sparse.identity(tails)]),
            ],
            format="csr",
        )
        most += [np.array([free * problem.tail_loss / budget]), -some.losses(opened.loss) / budget]
    scale = max(float(np.abs(profit).max(initial=0.0)), SMALLEST)
    member = np.searchsorted(opened.members, opened.customer)
    once = sparse.csr_matrix((np.ones(points), (member, np.arange(points))), shape=(len(opened.members), width))
    return _Programme(
        np.concatenate([-profit / scale, np.zeros(width - points)]),
        table,
        np.concatenate([np.empty(0), *most]),
        once,
        np.concatenate([np.ones(points), np.full(width - points, np.inf)]),
        scale,
        size,
        rows,
    )


def _dual_prices(problem: LimitProblem, scarce: Scarce, asked: _Programme, dual: Array) -> Prices:
    """Turn the shadow prices of the rows (which are scaled by their budgets) into prices of money."""
    expected, row = 0.0, 0
    if scarce.expected_loss:
        expected, row = float(dual[0]) / max(problem.expected_loss, SMALLEST), 1
    caps = {}
    for name, over in scarce.caps.items():
        codes = np.flatnonzero(over)
        caps[name] = np.zeros(len(over))
        caps[name][codes] = dual[row : row + len(codes)] / np.maximum(problem.caps[name].most[codes], SMALLEST)
        row += len(codes)
    price, tail = 0.0, None
    if len(asked.rows) and problem.scenarios is not None:
        tail = np.zeros(problem.scenarios.count)
        if dual[row] > 0:
            # They sum to less than 1 where the tail reaches down to scenarios without a loss.
            tail[asked.rows] = np.minimum(dual[row + 1 :] / dual[row], 1 / asked.tail_size)
            price = float(dual[row]) / max(problem.tail_loss, SMALLEST)
    return Prices(expected, price, tail, caps)
