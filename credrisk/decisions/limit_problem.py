"""The limits of all customers as one problem: what each limit earns, what it uses of every budget, at which prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from credrisk.decisions.default_scenarios import DefaultScenarios, tail_loss

if TYPE_CHECKING:
    from credrisk.decisions.limit_curves import LimitCurves

__all__ = ["Cap", "LimitProblem", "Prices", "Uses", "capped_curves"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

CUSTOMERS_AT_ONCE = 2_048
"""Curves worked on at a time: their points fit into the processor's cache."""


@dataclass(frozen=True)
class Cap:
    """The sum of the limits of the customers with code j is at most ``most[j]``; code -1 is held to none.

    Attributes
    ----------
    code : (n,)
    most : (m,)
        Money.
    names
        What the m sums are called.
    """

    code: npt.NDArray[np.int32]
    most: Array
    names: tuple[str, ...]

    def sums(self, values: Array) -> Array:
        """Return the sum of ``values`` (n,) by code, (m,)."""
        held = self.code >= 0
        return np.bincount(self.code[held], weights=values[held], minlength=len(self.most)).astype(np.float64)

    def spread(self, prices: Array) -> Array:
        """Return the price that each customer meets, (n,), from those by code, (m,)."""
        return np.append(prices, 0.0)[self.code]


@dataclass(frozen=True)
class Prices:
    """What one more unit of each budget would earn: at these prices every customer decides alone.

    Attributes
    ----------
    expected_loss, tail_loss
        Profit for one more of either budget.
    tail : (scenarios,)
        How the tail loss weighs the scenarios: each by at most ``1 / ((1 - level) x scenarios)``, all by 1 at most.
        None without a tail budget.
    caps
        By name of the cap (m,): profit for one more of limit.
    """

    expected_loss: float = 0.0
    tail_loss: float = 0.0
    tail: Array | None = None
    caps: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Uses:
    """What a choice of limits earns and uses."""

    profit: float
    expected_loss: float
    tail_loss: float
    caps: Mapping[str, Array]


@dataclass(frozen=True)
class LimitProblem:
    """Maximise the sum of profits under the budgets; everything is linear between the points of the curves.

    Attributes
    ----------
    limit, profit, loss : (n, K + 1)
        Money by point: the limit, what it earns in 12 months, what it loses when the customer fails. ``limit`` and
        ``loss`` never fall along a row; the first point is 0 in all three.
    pd : (n,)
    expected_loss, tail_loss
        Budgets; infinite where there is none.
    level
        The tail loss is the mean of the worst ``1 - level`` of the scenarios.
    """

    limit: Array
    profit: Array
    loss: Array
    pd: Array
    caps: Mapping[str, Cap] = field(default_factory=dict)
    expected_loss: float = np.inf
    tail_loss: float = np.inf
    level: float = 0.95
    scenarios: DefaultScenarios | None = None

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return len(self.pd)

    @cached_property
    def own_optimum(self) -> Places:
        """Place of each customer's best point where nothing is scarce, (n,): no price makes a higher one the best."""
        return np.asarray(self.profit.argmax(axis=1), dtype=np.int64)

    def unit_prices(self, prices: Prices) -> tuple[Array, Array]:
        """Return what a customer's loss if it fails and its limit cost at these prices, both (n,)."""
        on_loss = prices.expected_loss * self.pd
        if prices.tail_loss > 0 and self.scenarios is not None and prices.tail is not None:
            on_loss = on_loss + prices.tail_loss * self.scenarios.failure_rate(prices.tail)
        on_limit = np.zeros(self.customers)
        for name, price in prices.caps.items():
            on_limit += self.caps[name].spread(price)
        return on_loss, on_limit

    def best_points(self, on_loss: Array, on_limit: Array) -> tuple[Places, Array]:
        """Return each customer's best point at these prices and what it earns after them, both (n,).

        Of equally good points the lowest is taken.
        """
        best, net = np.empty(self.customers, dtype=np.int64), np.empty(self.customers)
        for first in range(0, self.customers, CUSTOMERS_AT_ONCE):
            part = slice(first, first + CUSTOMERS_AT_ONCE)
            value = self.profit[part] - on_loss[part, None] * self.loss[part]
            if on_limit[part].any():
                value -= on_limit[part, None] * self.limit[part]
            best[part] = value.argmax(axis=1)
            net[part] = value.max(axis=1)
        return best, net

    def bound(self, prices: Prices, net: Array) -> float:
        """Return what no choice of limits can exceed: the customers' net profits plus the budgets at their prices."""
        total = float(net.sum())
        for price, budget in ((prices.expected_loss, self.expected_loss), (prices.tail_loss, self.tail_loss)):
            if price > 0:
                total += price * budget
        return total + sum(float(price @ self.caps[name].most) for name, price in prices.caps.items())

    def at(self, place: Places) -> tuple[Array, Array, Array]:
        """Return limit, profit and loss if default at one point of each customer, each (n,)."""
        rows = np.arange(self.customers)
        return self.limit[rows, place], self.profit[rows, place], self.loss[rows, place]

    def between(self, limits: Array) -> tuple[Array, Array]:
        """Return profit and loss if default at any limits (n,), linear between the points."""
        rows = np.arange(self.customers)
        after = np.minimum((self.limit <= limits[:, None]).sum(axis=1), self.limit.shape[1] - 1)
        low, high = self.limit[rows, after - 1], self.limit[rows, after]
        share = np.divide(limits - low, high - low, out=np.zeros_like(limits), where=high > low)
        share = np.clip(share, 0.0, 1.0)

        def mixed(values: Array) -> Array:
            below, above = values[rows, after - 1], values[rows, after]
            return np.asarray(below + share * (above - below), dtype=np.float64)

        return mixed(self.profit), mixed(self.loss)

    def uses(self, limit: Array, profit: Array, loss: Array) -> Uses:
        """Return what a choice earns and uses, from each customer's limit, profit and loss if default, (n,)."""
        tail = tail_loss(self.scenarios.losses(loss), self.level) if self.scenarios is not None else 0.0
        sums = {name: cap.sums(limit) for name, cap in self.caps.items()}
        return Uses(float(profit.sum()), float(self.pd @ loss), tail, sums)

    def kept(self, uses: Uses) -> bool:
        """Tell whether no budget and no cap is exceeded, to the last digit."""
        return (
            uses.expected_loss <= self.expected_loss
            and uses.tail_loss <= self.tail_loss
            and all(bool(np.all(used <= self.caps[name].most)) for name, used in uses.caps.items())
        )


def capped_curves(curves: LimitCurves, most: Array) -> tuple[Array, Array, Array]:
    """Return limit, profit and loss if default of the curves up to the highest limit of each customer, (n, K + 1).

    The points beyond it are put on it, so that no answer can lie above.
    """
    limit = np.asarray(curves.limit, dtype=np.float64)
    profit = np.array(curves.profit, dtype=np.float64)
    loss = np.asarray(curves.lgd, dtype=np.float64)[:, None] * np.asarray(curves.draw_at_default, dtype=np.float64)
    beyond = limit > most[:, None]
    cut = np.flatnonzero(beyond.any(axis=1))
    if len(cut):
        whole = LimitProblem(limit[cut], profit[cut], loss[cut], np.zeros(len(cut)))
        for values, there in zip((profit, loss), whole.between(most[cut]), strict=True):
            values[cut] = np.where(beyond[cut], there[:, None], values[cut])
    return np.minimum(limit, most[:, None]), profit, loss
