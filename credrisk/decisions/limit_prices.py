"""Which prices of the budgets clear them: each price rises while its budget is overdrawn and falls while it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credrisk.decisions.default_scenarios import tail_weights
from credrisk.decisions.limit_problem import LimitProblem, Prices, Uses

__all__ = ["Scarce", "clearing_prices", "scarce_budgets"]

Array = npt.NDArray[np.float64]

ROUNDS = 70
NARROWS, WIDENS, WIDEST = 0.5, 1.25, 1.5
"""How the step of a log price changes when its budget's sign turns, when it does not, and its most."""
FIRST_STEP, FINE = 0.7, 2e-4
NEW_TAIL = 0.15
"""Weight of the latest tail in the averaged one: a cut that the last rounds agree on."""
TINY = 1e-300
LOWEST = 1e-7
"""A price so much below where it began is none."""


@dataclass(frozen=True)
class Scarce:
    """Which budgets the customers' own optima exceed: no other can ever bind, as every price only lowers all limits."""

    expected_loss: bool
    tail_loss: bool
    caps: dict[str, npt.NDArray[np.bool_]]

    def any(self) -> bool:
        """Tell whether there is one."""
        return self.expected_loss or self.tail_loss or any(bool(held.any()) for held in self.caps.values())


def scarce_budgets(problem: LimitProblem) -> Scarce:
    """Find the budgets that the customers' own optima exceed."""
    uses = problem.uses(*problem.at(problem.own_optimum))
    caps = {name: used > problem.caps[name].most for name, used in uses.caps.items()}
    return Scarce(
        uses.expected_loss > problem.expected_loss,
        uses.tail_loss > problem.tail_loss,
        {name: over for name, over in caps.items() if over.any()},
    )


def clearing_prices(problem: LimitProblem, scarce: Scarce, *, start: Prices | None = None) -> tuple[Prices, float]:
    """Return the prices of the lowest upper bound found, and that bound.

    All prices move at once, each by a step of its logarithm that is halved whenever its budget turns from overdrawn to
    not, or back. The tail is an average over the rounds of the worst scenarios' weights, each of them a cut of the
    tail budget. What is left of the gap closes :func:`~credrisk.decisions.limit_program.settled`.
    """
    limit, profit, loss = problem.at(problem.own_optimum)
    uses = problem.uses(limit, profit, loss)
    first = _first_prices(problem, scarce, uses) if start is None else _raised(start, problem, scarce, uses)
    log = _log(first, scarce)
    tail = first.tail
    floor, step, before = (
        log + np.log(LOWEST),
        np.full(len(log), FIRST_STEP if start is None else 0.1),
        np.zeros(len(log)),
    )
    best, lowest = first, np.inf
    for _ in range(ROUNDS):
        prices = _prices(log, tail, problem, scarce, floor)
        place, net = problem.best_points(*problem.unit_prices(prices))
        bound = problem.bound(prices, net)
        if bound < lowest:
            best, lowest = prices, bound
        limit, profit, loss = problem.at(place)
        over = _overdrawn(problem, scarce, limit, loss)
        if tail is not None and problem.scenarios is not None:
            losses = problem.scenarios.losses(loss)
            latest = tail_weights(losses, problem.level)
            over[int(scarce.expected_loss)] = latest @ losses - problem.tail_loss
            tail = (1 - NEW_TAIL) * tail + NEW_TAIL * latest
        sign = np.sign(over)
        step = np.where(sign * before > 0, np.minimum(step * WIDENS, WIDEST), step)
        step = np.where(sign * before < 0, step * NARROWS, step)
        log, before = np.maximum(log + sign * step, floor), sign
        if bool(np.all((step < FINE) | (log <= floor))):
            break
    return best, lowest


def _first_prices(problem: LimitProblem, scarce: Scarce, uses: Uses) -> Prices:
    """Begin at a share of what a unit of each budget earns on average."""
    worth = max(uses.profit, 1e-12)
    tail = None
    if scarce.tail_loss and problem.scenarios is not None:
        _, _, loss = problem.at(problem.own_optimum)
        tail = tail_weights(problem.scenarios.losses(loss), problem.level)
    mean = worth / max(float(sum(problem.at(problem.own_optimum)[0])), 1e-12)
    return Prices(
        0.2 * worth / uses.expected_loss if scarce.expected_loss else 0.0,
        0.2 * worth / uses.tail_loss if scarce.tail_loss else 0.0,
        tail,
        {name: np.where(over, 0.2 * mean, 0.0) for name, over in scarce.caps.items()},
    )


def _raised(start: Prices, problem: LimitProblem, scarce: Scarce, uses: Uses) -> Prices:
    """Take the prices of a neighbouring problem; where one has none, begin low."""
    first = _first_prices(problem, scarce, uses)

    def price(known: float, anew: float) -> float:
        return max(known, 1e-3 * anew)

    caps = {
        name: np.maximum(start.caps.get(name, np.zeros_like(anew)), 1e-3 * anew) for name, anew in first.caps.items()
    }
    return Prices(
        price(start.expected_loss, first.expected_loss) if scarce.expected_loss else 0.0,
        price(start.tail_loss, first.tail_loss) if scarce.tail_loss else 0.0,
        (start.tail if start.tail is not None else first.tail) if scarce.tail_loss else None,
        caps,
    )


def _log(prices: Prices, scarce: Scarce) -> Array:
    parts = [[prices.expected_loss]] * scarce.expected_loss + [[prices.tail_loss]] * scarce.tail_loss
    caps = [prices.caps[name][over] for name, over in scarce.caps.items()]
    values = np.concatenate([np.asarray(part, dtype=np.float64) for part in [*parts, *caps]])
    return np.asarray(np.log(np.maximum(values, TINY)), dtype=np.float64)


def _prices(log: Array, tail: Array | None, problem: LimitProblem, scarce: Scarce, floor: Array) -> Prices:
    values = np.where(log <= floor, 0.0, np.exp(log))
    taken = int(scarce.expected_loss) + int(scarce.tail_loss)
    caps = {}
    for name, over in scarce.caps.items():
        caps[name] = np.zeros(len(over))
        caps[name][over] = values[taken : taken + int(over.sum())]
        taken += int(over.sum())
    expected = float(values[0]) if scarce.expected_loss else 0.0
    tail_price = float(values[int(scarce.expected_loss)]) if scarce.tail_loss else 0.0
    return Prices(expected, tail_price, tail, caps)


def _overdrawn(problem: LimitProblem, scarce: Scarce, limit: Array, loss: Array) -> Array:
    """Return by how much each scarce budget is overdrawn; that of the tail loss is left to the caller."""
    parts: list[Array] = []
    if scarce.expected_loss:
        parts.append(np.array([problem.pd @ loss - problem.expected_loss]))
    if scarce.tail_loss:
        parts.append(np.zeros(1))
    for name, over in scarce.caps.items():
        cap = problem.caps[name]
        parts.append((cap.sums(limit) - cap.most)[over])
    return np.concatenate(parts)
