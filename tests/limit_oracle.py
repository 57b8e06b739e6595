"""The whole portfolio as one linear programme, and tiny ones by trying every stretch of every curve."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from credrisk.decisions.limit_problem import LimitProblem


def whole_programme(problem: LimitProblem) -> float:
    """Return the best profit with every curve replaced by its upper envelope: all points, all scenarios, HiGHS."""
    points = np.arange(problem.limit.shape[1])
    rows, columns = np.nonzero(points[None, :] <= problem.own_optimum[:, None])  # no price makes a later one the best
    return programme(problem, rows, columns)


def programme(problem: LimitProblem, customer: np.ndarray, place: np.ndarray) -> float:
    """Return the best profit with weights on these points that sum to 1 by customer; -inf where there are none.

    Variables: the weights, each customer's limit and loss if it fails, the tail's border and the excess over it.
    """
    points, customers, scenarios = len(customer), problem.customers, problem.scenarios
    limit, profit, loss = (values[customer, place] for values in (problem.limit, problem.profit, problem.loss))
    tails = scenarios.count if scenarios is not None and np.isfinite(problem.tail_loss) else 0
    rest = tails + 1 if tails else 0
    every = np.arange(points)

    def wide(weights: sparse.spmatrix | None, limits: Any, losses: Any, tail: Any, rows: int) -> sparse.spmatrix:
        parts = (weights, points), (limits, customers), (losses, customers), (tail, rest)
        return sparse.hstack([sparse.csr_matrix((rows, width)) if part is None else part for part, width in parts])

    each = sparse.identity(customers)
    equal = [
        wide(sparse.csr_matrix((np.ones(points), (customer, every)), (customers, points)), None, None, None, customers),
        wide(sparse.csr_matrix((limit, (customer, every)), (customers, points)), -each, None, None, customers),
        wide(sparse.csr_matrix((loss, (customer, every)), (customers, points)), None, -each, None, customers),
    ]
    table, most = [], []
    if np.isfinite(problem.expected_loss):
        table.append(wide(None, None, sparse.csr_matrix(problem.pd[None, :]), None, 1))
        most.append([problem.expected_loss])
    for cap in problem.caps.values():
        held = np.flatnonzero(cap.code >= 0)
        sums = sparse.csr_matrix((np.ones(len(held)), (cap.code[held], held)), (len(cap.most), customers))
        finite = np.isfinite(cap.most)
        table.append(wide(None, sums[finite], None, None, int(finite.sum())))
        most.append(cap.most[finite])
    if tails:
        fails = sparse.csr_matrix(
            (np.ones(len(scenarios.failed)), scenarios.failed, scenarios.starts), (tails, customers)
        )
        table.append(wide(None, None, fails, sparse.hstack([-np.ones((tails, 1)), -sparse.identity(tails)]), tails))
        most.append(np.zeros(tails))
        worst = np.concatenate([[1.0], np.full(tails, 1 / ((1 - problem.level) * tails))])
        table.append(wide(None, None, None, sparse.csr_matrix(worst[None, :]), 1))
        most.append([problem.tail_loss])
    lower = np.concatenate([np.zeros(points + 2 * customers), [-np.inf] * (rest > 0), np.zeros(tails)])
    upper = np.concatenate([np.ones(points), np.full(2 * customers + rest, np.inf)])
    done = linprog(
        np.concatenate([-profit, np.zeros(2 * customers + rest)]),
        A_ub=sparse.vstack(table, format="csr") if table else None,
        b_ub=np.concatenate(most) if most else None,
        A_eq=sparse.vstack(equal, format="csr"),
        b_eq=np.concatenate([np.ones(customers), np.zeros(2 * customers)]),
        bounds=np.column_stack([lower, upper]),
        method="highs",
    )
    if done.status == 2:  # these stretches alone exceed a budget
        return -np.inf
    assert done.status == 0, done.message
    return float(-done.fun)


def every_stretch(problem: LimitProblem) -> float:
    """Return the exact optimum of a tiny portfolio: the best of a linear programme for every choice of stretches."""
    stretches = problem.limit.shape[1] - 1
    best = 0.0
    customer = np.repeat(np.arange(problem.customers), 2)
    for chosen in product(range(stretches), repeat=problem.customers):
        place = np.column_stack([chosen, np.add(chosen, 1)]).ravel()
        best = max(best, programme(problem, customer, place))
    return best
