"""What a minute of each collector is worth today: the prices at which the work that is worth it just fits the day.

The assignment of contacts to collectors is a linear program: each unit (a customer, or the customers of one payables
desk) takes at most one option (an action by somebody who is able to do it), each collector has so many minutes, the
gain is to be as large as it can be. Written with a column for each pair of contact and collector it has millions. Its
dual has one price for each kind of collector: an option is worth its gain less its minutes at the lowest price of
those who are able, and the best prices make the sum of these surpluses and of the minutes at their prices as low as it
can be. Abilities are by class (owner, language, skill), so one step of the search is one pass over the options [1]_.

The dual is smoothed (a soft minimum over the prices, a soft maximum over the options of a unit), the smoothing is
lowered in steps, and L-BFGS walks down. Whatever the prices, the dual bounds what any assignment can gain from above.

References
----------
.. [1] Fisher, M. L. (1981). The Lagrangian relaxation method for solving integer programming problems. Management
   Science 27(1), 1-18.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Options", "Prices", "minute_prices"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMOOTHING = (0.3, 0.1, 0.03, 0.01)
"""Of the prices and the surpluses, as shares of the price and of the gain of a usual contact; each step starts where
the one before ended."""
STEPS = 60
"""Of L-BFGS at each smoothing."""


@dataclass(frozen=True)
class Options:
    """What could be done for each unit; arrays of shape (options,), those of a unit together.

    Attributes
    ----------
    unit
        Number of the unit, rising from 0, every number present.
    value
        Money that the option gains over leaving the unit to what goes out by itself.
    minutes
        Above 0.
    kind
        Row of ``able``: who may do it.
    able
        Shape (classes, collectors): whether a collector may do the options of a class.
    """

    unit: Ints
    value: Floats
    minutes: Floats
    kind: Ints
    able: Flags

    def chosen(self, keep: Flags) -> tuple[Options, Ints]:
        """Return the options kept, units numbered anew, and the places that they had."""
        places = np.flatnonzero(keep)
        _, unit = np.unique(self.unit[places], return_inverse=True)
        kept = Options(unit.astype(np.int64), self.value[places], self.minutes[places], self.kind[places], self.able)
        return kept, places


@dataclass(frozen=True)
class Prices:
    """Money a minute of each collector, shape (collectors,), and the bound: no assignment gains more."""

    of_collector: Floats
    bound: float


def minute_prices(options: Options, minutes: Floats) -> Prices:
    """Return the price of a minute of each collector who has ``minutes`` (shape (collectors,)) today.

    Only options with a value above 0 should be among them. Collectors with the same abilities have one price.
    """
    abilities, group = np.unique(options.able, axis=1, return_inverse=True)
    group = group.reshape(-1)
    budget: Floats = np.bincount(group, weights=minutes, minlength=abilities.shape[1]).astype(np.float64)
    serves: Flags = np.asarray(abilities & (budget > 0))
    served: Flags = np.asarray(serves.any(axis=1))
    doable = served[options.kind]
    options, _ = options.chosen(doable)
    if not len(options.value):
        return Prices(np.zeros(len(minutes)), 0.0)
    dual = _Dual(options, serves, budget)
    prices = dual.lowest()
    return Prices(prices[group], dual.exact(prices))


class _Dual:
    """The dual function of groups of like collectors, and its smooth neighbours."""

    def __init__(self, options: Options, serves: Flags, budget: Floats) -> None:
        self.options, self.serves, self.budget = options, serves, budget
        self.starts = np.flatnonzero(np.r_[True, np.diff(options.unit) > 0])
        self.usual_gain = float(np.median(options.value))
        self.usual_price = float(np.median(options.value / options.minutes))
        share = np.where(serves, budget, 0.0)
        total = share.sum(axis=1, keepdims=True)
        self.share = np.divide(share, total, out=np.zeros_like(share), where=total > 0)

    def exact(self, prices: Floats) -> float:
        """Return the dual itself."""
        lowest = np.where(self.serves, prices, np.inf).min(axis=1)
        surplus = self.options.value - self.options.minutes * lowest[self.options.kind]
        best = np.maximum.reduceat(surplus, self.starts)
        return float(prices @ self.budget + np.maximum(best, 0.0).sum())

    def lowest(self) -> Floats:
        """Return the prices that make the dual as low as they were found to."""
        from scipy.optimize import minimize

        prices: Floats = np.full(len(self.budget), self._level_price())
        best, best_value = prices, self.exact(prices)
        for share in SMOOTHING:
            found = minimize(
                self._smooth,
                prices / self.usual_price,
                args=(share,),
                jac=True,
                method="L-BFGS-B",
                bounds=[(0.0, None)] * len(prices),
                options={"maxiter": STEPS},
            )
            prices = np.maximum(np.asarray(found.x, dtype=np.float64), 0.0) * self.usual_price
            value = self.exact(prices)
            if value < best_value:
                best, best_value = prices, value
        return best

    def _level_price(self) -> float:
        """Return the one price at which all collectors together would be busy, each option taken alone."""
        density = self.options.value / self.options.minutes
        order = np.argsort(-density, kind="stable")
        used = np.cumsum(self.options.minutes[order])
        last = int(np.searchsorted(used, self.budget.sum()))
        return float(density[order[last]]) if last < len(order) else 0.0

    def _smooth(self, scaled: Floats, share: float) -> tuple[float, Floats]:
        """Return the smooth dual and its gradient, both in units of the usual gain and price."""
        prices = scaled * self.usual_price
        soft_price, soft_gain = share * self.usual_price, share * self.usual_gain
        lowest = np.where(self.serves, prices, np.inf).min(axis=1)
        lowest = np.where(np.isfinite(lowest), lowest, 0.0)
        weights = self.share * np.exp(-(np.where(self.serves, prices, np.inf) - lowest[:, None]) / soft_price)
        total = weights.sum(axis=1, keepdims=True)
        total = np.where(total > 0, total, 1.0)
        weights, soft_lowest = weights / total, lowest - soft_price * np.log(total[:, 0])
        surplus = self.options.value - self.options.minutes * soft_lowest[self.options.kind]
        top = np.maximum(np.maximum.reduceat(surplus, self.starts), 0.0)
        chance = np.exp((surplus - top[self.options.unit]) / soft_gain)
        nothing = np.exp(-top / soft_gain)
        sums = np.add.reduceat(chance, self.starts) + nothing
        value = prices @ self.budget + (top + soft_gain * np.log(sums)).sum()
        chance /= sums[self.options.unit]
        asked = np.bincount(self.options.kind, weights=self.options.minutes * chance, minlength=len(self.serves))
        gradient = self.budget - asked @ weights
        size = self.usual_gain
        return float(value / size), gradient * self.usual_price / size
