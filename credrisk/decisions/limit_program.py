"""The last step to the limits: decide together the customers whose choice is still open at the prices found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from credrisk.decisions.limit_fill import Held, filled
from credrisk.decisions.limit_linear import Open, Solved, linear_answer, taken, whole_answer
from credrisk.decisions.limit_prices import Scarce
from credrisk.decisions.limit_problem import LimitProblem, Prices

__all__ = ["Answer", "settled"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

COLUMNS = 24_000
"""Points of open customers in one programme: HiGHS solves it in a few seconds."""
NEAR = 0.03
"""A point is open if a change of the prices by this share makes it the best."""
FEWEST = 300
"""Customers that are open in any case: the nearest to a change."""
ALL = 3_000
"""Up to so many points in all every one of them is open."""
WHOLE = 60
"""Up to so many points in all a curve that is not concave is decided in whole numbers: exact for a small portfolio."""
ROUNDS = 8
ENOUGH = 1e-6
"""A gap below this is not worth another round."""
WORTHWHILE = 0.9
"""Another round must be hoped to bring the gap below this share of the last one."""
SLACK, NOISE = 1e-3, 1e-4
"""Share of a budget left over, and share of the whole profit: below both a price says nothing."""
NOTHING = 1e-7
"""A weight below this is the solver's noise."""
CUSTOMERS_AT_ONCE = 4_096


@dataclass(frozen=True)
class Answer:
    """Limits within every budget, and what no limits can exceed.

    Attributes
    ----------
    limit, profit, loss : (n,)
        Money; ``loss`` is what the customer loses if it fails.
    """

    limit: Array
    profit: Array
    loss: Array
    prices: Prices
    bound: float

    @property
    def gap(self) -> float:
        """Return ``(bound - profit) / |bound|``, 0 where both are 0."""
        missing = self.bound - float(self.profit.sum())
        return max(missing, 0.0) / abs(self.bound) if self.bound else 0.0


def settled(problem: LimitProblem, scarce: Scarce, prices: Prices, bound: float) -> Answer:
    """Return feasible limits near the prices given, with better prices and a lower bound where these are found.

    The customers whose best point the smallest changes of the prices would move are decided together by a linear
    programme (HiGHS), the others stay at their best point. Its own prices begin the next round. Where a curve is not
    concave its weights may lie on points that are no neighbours: the customer then gets the best limit that uses no
    more of any budget than the weights do, and what is left of the budgets goes to whoever makes the most of it.
    """
    best = _scaled_down(problem, prices, bound)
    for _ in range(ROUNDS):
        before = best.gap
        if before <= ENOUGH:
            break
        found = _round(problem, scarce, prices, best.bound)
        if found is None:
            break
        prices = found.prices
        lowest = min(found.bound, best.bound)
        priced = found.prices if found.bound < best.bound else best.prices
        keep = found if found.profit.sum() > best.profit.sum() else best
        best = replace(keep, prices=priced, bound=lowest)
        if best.gap > WORTHWHILE * before:
            break
    return replace(best, prices=_without_noise(problem, best))


def _without_noise(problem: LimitProblem, answer: Answer) -> Prices:
    """Drop the prices that weigh next to nothing and whose budgets are not used up: they are left from the search."""
    uses, prices, least = problem.uses(answer.limit, answer.profit, answer.loss), answer.prices, answer.bound * NOISE
    caps = {}
    for name, price in prices.caps.items():
        most = problem.caps[name].most
        caps[name] = np.where((uses.caps[name] < (1 - SLACK) * most) & (price * most < least), 0.0, price)
    expected, tail = prices.expected_loss, prices.tail_loss
    if uses.expected_loss < (1 - SLACK) * problem.expected_loss and expected * problem.expected_loss < least:
        expected = 0.0
    if uses.tail_loss < (1 - SLACK) * problem.tail_loss and tail * problem.tail_loss < least:
        tail = 0.0
    return Prices(expected, tail, prices.tail, caps)


def _scaled_down(problem: LimitProblem, prices: Prices, bound: float) -> Answer:
    """Raise all prices together until the limits they lead to keep every budget."""
    on_loss, on_limit = problem.unit_prices(prices)

    def at(factor: float) -> tuple[Places, bool]:
        place, _ = problem.best_points(on_loss * factor, on_limit * factor)
        return place, problem.kept(problem.uses(*problem.at(place)))

    low, high = 1.0, 1.0
    place, kept = at(high)
    while not kept:
        low, high = high, high * (1.02 if high < 1.5 else 4)
        if high > 1e9:
            return Answer(*problem.at(np.zeros(problem.customers, dtype=np.int64)), prices, bound)
        place, kept = at(high)
    for _ in range(6 if high > 1.0 else 0):
        middle = (low + high) / 2
        tried, kept = at(middle)
        low, high, place = (low, middle, tried) if kept else (middle, high, place)
    return Answer(*filled(problem, problem.at(place), on_loss=on_loss, on_limit=on_limit), prices, bound)


def _round(problem: LimitProblem, scarce: Scarce, prices: Prices, bound: float) -> Answer | None:
    opened = _open(problem, scarce, prices)
    solved = linear_answer(problem, scarce, opened)
    if solved is None:
        return None
    _, net = problem.best_points(*problem.unit_prices(solved.prices))
    lowest = min(bound, problem.bound(solved.prices, net))
    whole = _whole(problem, scarce, opened, solved)
    weight, most = whole if whole is not None else (solved.weight, lowest)
    held = _lowered(problem, opened, weight, taken(problem, opened, weight))
    if not problem.kept(problem.uses(*held)):
        return None
    on_loss, on_limit = problem.unit_prices(solved.prices)
    return Answer(*filled(problem, held, on_loss=on_loss, on_limit=on_limit), solved.prices, min(lowest, most))


def _whole(problem: LimitProblem, scarce: Scarce, opened: Open, solved: Solved) -> tuple[Array, float] | None:
    """Return exact weights and the exact bound of a small portfolio whose programme splits a customer; else None."""
    everybody = len(opened.members) == int((problem.own_optimum > 0).sum())
    if not everybody or len(opened.customer) > WHOLE or not _split(opened, solved.weight).any():
        return None
    inside = whole_answer(problem, scarce, opened, within=True)
    outside = whole_answer(problem, scarce, opened, within=False)
    if inside is None or outside is None:
        return None
    return inside[0], outside[1]


def _open(problem: LimitProblem, scarce: Scarce, prices: Prices) -> Open:
    """Pick the points that the smallest relative changes of the prices make the best, and 0 for each customer."""
    some = np.flatnonzero(problem.own_optimum > 0)
    on_loss, on_limit = problem.unit_prices(prices)
    place, net = problem.best_points(on_loss, on_limit)
    limit, profit, loss = problem.at(place)
    if int((problem.own_optimum[some] + 1).sum()) <= ALL:
        points = np.arange(problem.limit.shape[1])
        rows, columns = np.nonzero(points[None, :] <= problem.own_optimum[some, None])
        customer = some[rows]
    else:
        customer, columns = _most_open(problem, scarce, on_loss, on_limit, place, net)
    members = np.unique(customer)
    for values in (limit, profit, loss):
        values[members] = 0.0
    order = np.lexsort((columns, customer))
    return Open(customer[order], columns[order], members, limit, profit, loss)


def _most_open(
    problem: LimitProblem, scarce: Scarce, on_loss: Array, on_limit: Array, place: Places, net: Array
) -> tuple[Places, Places]:
    """Return the points of the customers that are nearest to a change, at most ``COLUMNS`` of them."""
    nearness = np.full(problem.limit.shape, np.inf)
    points = np.arange(problem.limit.shape[1])
    for first in range(0, problem.customers, CUSTOMERS_AT_ONCE):
        part = slice(first, first + CUSTOMERS_AT_ONCE)
        at, by_loss, by_limit = place[part, None], on_loss[part, None], on_limit[part, None]
        loss, limit = problem.loss[part], problem.limit[part]
        behind = net[part, None] - (problem.profit[part] - by_loss * loss - by_limit * limit)
        moved = by_loss * np.abs(loss - np.take_along_axis(loss, at, axis=1))
        moved += by_limit * np.abs(limit - np.take_along_axis(limit, at, axis=1))
        near = np.divide(behind, moved, out=np.full_like(moved, np.inf), where=moved > 0)
        near[points[None, :] > problem.own_optimum[part, None]] = np.inf
        nearness[part] = np.maximum(near, 0.0)
    nearest = nearness.min(axis=1)
    needed = _needed(problem, scarce, place, nearest)
    nearest[needed] = -1.0
    order = np.argsort(nearest, kind="stable")
    order = order[np.isfinite(nearest[order])]
    order = order[: max(int((nearest[order] <= NEAR).sum()), FEWEST)][: COLUMNS // 4]
    close = nearness[order] <= np.minimum(np.maximum(2 * nearest[order[-1]], 0.0), NEAR)
    rows, at = np.arange(len(order)), place[order]
    close[rows, nearness[order].argmin(axis=1)] = True
    for column in (at, at // 2, at * 3 // 4, np.maximum(at - 1, 0), np.minimum(at + 1, problem.own_optimum[order])):
        close[rows, column] = True
    close[:, 0] = True
    fits = np.cumsum(close.sum(axis=1)) <= COLUMNS
    rows, columns = np.nonzero(close[fits])
    return order[fits][rows], columns


def _needed(problem: LimitProblem, scarce: Scarce, place: Places, nearest: Array) -> npt.NDArray[np.bool_]:
    """Mark the customers that an overdrawn cap needs: the nearest to a change whose limits make up what is too much."""
    limit = problem.at(place)[0]
    marked = np.zeros(problem.customers, dtype=bool)
    for name, over in scarce.caps.items():
        cap = problem.caps[name]
        held = np.flatnonzero(np.append(over, False)[cap.code] & np.isfinite(nearest))
        held = held[np.lexsort((nearest[held], cap.code[held]))]
        code = cap.code[held]
        excess = np.maximum(cap.sums(limit) - cap.most, 0.0)[code]
        running = np.cumsum(limit[held])
        first = np.flatnonzero(np.diff(code, prepend=-1))
        before = np.repeat((running - limit[held])[first], np.diff(np.append(first, len(code))))
        marked[held[running - limit[held] - before <= excess]] = True
    return marked


def _by_member(opened: Open, values: npt.NDArray[np.bool_] | Places, ends: str) -> Places:
    """Return the lowest or highest place of each open customer among the points marked."""
    member = np.searchsorted(opened.members, opened.customer)
    marked = np.flatnonzero(values)
    if ends == "lowest":
        found = np.full(len(opened.members), np.iinfo(np.int64).max)
        np.minimum.at(found, member[marked], opened.place[marked])
    else:
        found = np.full(len(opened.members), -1)
        np.maximum.at(found, member[marked], opened.place[marked])
    return found


def _split(opened: Open, weight: Array) -> npt.NDArray[np.bool_]:
    """Tell of each open customer whether its weights lie on points that are no neighbours."""
    used = weight > NOTHING
    return _by_member(opened, used, "highest") - _by_member(opened, used, "lowest") > 1


def _lowered(problem: LimitProblem, opened: Open, weight: Array, held: Held) -> Held:
    """Put split customers on the best limit of their own curve that uses no more than their weights do."""
    rows = opened.members[_split(opened, weight)]
    if not len(rows):
        return held
    limit, profit, loss = (values.copy() for values in held)
    within = (problem.limit[rows] <= limit[rows, None]) & (problem.loss[rows] <= loss[rows, None])
    below = np.where(within, problem.profit[rows], -np.inf).argmax(axis=1)
    last = within.sum(axis=1) - 1  # neither falls along a curve, so that the points within are the first ones
    after = np.minimum(last + 1, problem.limit.shape[1] - 1)
    each = np.arange(len(rows))
    steps = []
    for values, most in ((problem.limit[rows], limit[rows]), (problem.loss[rows], loss[rows])):
        step = values[each, after] - values[each, last]
        steps.append(np.divide(most - values[each, last], step, out=np.ones(len(rows)), where=step > 0))
    share = np.clip(np.minimum(*steps), 0.0, 1.0)
    for curve, values in ((problem.profit, profit), (problem.limit, limit), (problem.loss, loss)):
        low, high, best = curve[rows, last], curve[rows, after], curve[rows, below]
        between = low + share * (high - low)
        if values is profit:
            higher = between > best
        values[rows] = np.where(higher, between, best)
    return limit, profit, loss
