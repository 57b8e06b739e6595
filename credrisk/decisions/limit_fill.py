"""What rounding down leaves of the budgets is given to the customers that make the most of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credrisk.decisions.limit_problem import LimitProblem

__all__ = ["Held", "filled"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Held = tuple[Array, Array, Array]
"""Limit, profit and loss if default of every customer, each (n,)."""

PASSES = 12
TRIED = 2_000
"""Customers tried in a pass: those that earn the most for the budgets that they take, at the prices."""
CUSTOMERS_AT_ONCE = 4_096
LEFT = 1e-9
"""Share of each budget that is never used, so that the order of a sum breaks none."""


def filled(problem: LimitProblem, held: Held, *, on_loss: Array, on_limit: Array) -> Held:
    """Raise limits one after the other as long as every budget is kept, the best use of the budgets first.

    Parameters
    ----------
    held
        Within every budget.
    on_loss, on_limit : (n,)
        What a customer's loss if it fails and its limit cost at the prices: they rank the raises.
    """
    limit, profit, loss = (values.copy() for values in held)
    room = _Room.of(problem, limit, loss)
    highest = problem.own_optimum.copy()
    for _ in range(PASSES):
        point, ratio = _best_raise(problem, (limit, profit, loss), on_loss, on_limit, highest)
        order = np.argsort(-ratio, kind="stable")[:TRIED]
        order = order[ratio[order] > 0]
        if not len(order):
            break
        fails = room.scenarios_of(order)
        for place, customer in enumerate(order):
            at = point[customer]
            more = problem.limit[customer, at] - limit[customer], problem.loss[customer, at] - loss[customer]
            if room.takes(customer, *more, fails[place]):
                limit[customer], profit[customer] = problem.limit[customer, at], problem.profit[customer, at]
                loss[customer] = problem.loss[customer, at]
            else:
                highest[customer] = at - 1
    return limit, profit, loss


def _best_raise(
    problem: LimitProblem, held: Held, on_loss: Array, on_limit: Array, highest: Places
) -> tuple[Places, Array]:
    """Return the point above each customer's limit that earns the most for what it costs, and that ratio, (n,)."""
    best, ratio = np.zeros(problem.customers, dtype=np.int64), np.zeros(problem.customers)
    points = np.arange(problem.limit.shape[1])
    for first in range(0, problem.customers, CUSTOMERS_AT_ONCE):
        part = slice(first, first + CUSTOMERS_AT_ONCE)
        limit, profit, loss = (values[part, None] for values in held)
        more = problem.profit[part] - profit
        cost = on_loss[part, None] * (problem.loss[part] - loss) + on_limit[part, None] * (problem.limit[part] - limit)
        value = np.divide(more, cost, out=np.full_like(more, np.inf), where=cost > 0)
        raises = (problem.limit[part] > limit) & (points[None, :] <= highest[part, None]) & (more > 0)
        value[~raises] = 0.0
        best[part] = value.argmax(axis=1)
        ratio[part] = value.max(axis=1)
    return best, ratio


@dataclass
class _Room:
    """What is left of every budget, kept up to date raise by raise."""

    problem: LimitProblem
    expected_loss: float
    caps: dict[str, Array]
    losses: Array | None
    worst: int
    rest: float

    @classmethod
    def of(cls, problem: LimitProblem, limit: Array, loss: Array) -> _Room:
        caps = {name: cap.most * (1 - LEFT) - cap.sums(limit) for name, cap in problem.caps.items()}
        losses, size = None, 0.0
        if problem.scenarios is not None and np.isfinite(problem.tail_loss):
            losses, size = problem.scenarios.losses(loss), (1 - problem.level) * problem.scenarios.count
        left = problem.expected_loss * (1 - LEFT) - float(problem.pd @ loss)
        return cls(problem, left, caps, losses, int(size), size - int(size))

    def scenarios_of(self, customers: Places) -> list[Places]:
        """Return the scenarios in which each of the customers fails."""
        if self.losses is None or self.problem.scenarios is None:
            return [np.empty(0, dtype=np.int64)] * len(customers)
        drawn = self.problem.scenarios
        number = np.full(drawn.customers, -1)
        number[customers] = np.arange(len(customers))
        among = number[drawn.failed]
        scenario = np.repeat(np.arange(drawn.count), np.diff(drawn.starts))[among >= 0]
        among = among[among >= 0]
        order = np.argsort(among, kind="stable")
        ends = np.cumsum(np.bincount(among, minlength=len(customers)))
        return np.split(scenario[order], ends[:-1])

    def takes(self, customer: int, limit: float, loss: float, fails: Places) -> bool:
        """Take the raise where every budget has room for it."""
        expected = float(self.problem.pd[customer]) * loss
        if expected > self.expected_loss:
            return False
        held = [
            (room, code)
            for name, room in self.caps.items()
            if (code := int(self.problem.caps[name].code[customer])) >= 0
        ]
        if any(limit > room[code] for room, code in held):
            return False
        if self.losses is not None and len(fails):
            raised = self.losses.copy()
            raised[fails] += loss
            if self._tail(raised) > self.problem.tail_loss * (1 - LEFT):
                return False
            self.losses = raised
        self.expected_loss -= expected
        for room, code in held:
            room[code] -= limit
        return True

    def _tail(self, losses: Array) -> float:
        count = len(losses)
        border = count - self.worst - 1
        parted = np.partition(losses, max(border, 0))
        total = parted[border + 1 :].sum()
        return float(total + self.rest * parted[max(border, 0)]) / (self.worst + self.rest)
