"""The whole portfolio as one linear programme, and tiny ones by trying every stretch of every curve."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from credrisk.decisions.limit_problem import LimitProblem


def whole_programme(problem: LimitProblem) -> float:
    """Return the best profit with every curve replaced by its upper envelope: all points, all scenarios, HiGHS."""
    rows, columns = np.nonzero(np.ones_like(problem.limit, dtype=bool))
    return programme(problem, rows, columns)


def programme(problem: LimitProblem, customer: np.ndarray, place: np.ndarray) -> float:
    points = len(customer)
    limit, profit, loss = (values[customer, place] for values in (problem.limit, problem.profit, problem.loss))
    scenarios = problem.scenarios
    tails = scenarios.count if scenarios is not None and np.isfinite(problem.tail_loss) else 0
    rest = tails + 1 if tails else 0
    table, most = [], []
    if np.isfinite(problem.expected_loss):
        table.append(sparse.csr_matrix(np.concatenate([problem.pd[customer] * loss, np.zeros(rest)])[None, :]))
        most.append([problem.expected_loss])
    for cap in problem.caps.values():
        held = np.flatnonzero(cap.code[customer] >= 0)
        entries = (limit[held], (cap.code[customer][held], held))
        table.append(sparse.csr_matrix(entries, shape=(len(cap.most), points + rest)))
        most.append(cap.most)
    if tails:
        fails = sparse.csr_matrix(
            (np.ones(len(scenarios.failed)), scenarios.failed, scenarios.starts), shape=(tails, problem.customers)
        )
        lost = fails.tocsc()[:, customer].multiply(loss[None, :])
        table.append(sparse.hstack([lost, -np.ones((tails, 1)), -sparse.identity(tails)]))
        most.append(np.zeros(tails))
        worst = np.full(tails, 1 / ((1 - problem.level) * tails))
        table.append(sparse.csr_matrix(np.concatenate([np.zeros(points), [1.0], worst])[None, :]))
        most.append([problem.tail_loss])
    once = sparse.csr_matrix((np.ones(points), (customer, np.arange(points))), shape=(problem.customers, points + rest))
    bounds = [(0, 1)] * points + [(None, None)] * (1 if tails else 0) + [(0, None)] * tails
    done = linprog(
        np.concatenate([-profit, np.zeros(rest)]),
        A_ub=sparse.vstack(table, format="csr") if table else None,
        b_ub=np.concatenate(most) if most else None,
        A_eq=once,
        b_eq=np.ones(problem.customers),
        bounds=bounds,
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
