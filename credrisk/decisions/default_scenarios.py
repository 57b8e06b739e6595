"""Which customers fail in which scenario, and what a scenario or its worst few per cent cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credrisk.errors import ParameterError

__all__ = ["DefaultScenarios", "check_level", "scenarios_needed", "tail_loss", "tail_weights"]

Array = npt.NDArray[np.float64]

FEWEST, FEWEST_FAR = 1_000, 10_000
FAR = 0.95
"""Up to this level 1,000 scenarios will do (50 in the tail at 95 %); beyond it 10,000 are needed (100 at 99 %)."""
FEWEST_IN_TAIL = 100
"""Beyond that level the tail holds at least so many scenarios: 100,000 are needed at 99.9 %."""

ENTRIES_AT_ONCE = 4_000_000
"""Defaults summed at a time, so that the temporary stays at 32 MB."""


@dataclass(frozen=True)
class DefaultScenarios:
    """Defaults by scenario as lists of places: 100 thousand customers x 1,000 scenarios take some 12 MB.

    Attributes
    ----------
    customers
        How many customers there are.
    starts : (scenarios + 1,)
        Where the defaults of each scenario begin in ``failed``; the last entry is their number.
    failed : (defaults,)
        Places of the failing customers, scenario after scenario.
    """

    customers: int
    starts: npt.NDArray[np.int64]
    failed: npt.NDArray[np.int32]

    @classmethod
    def from_indicators(cls, failed: npt.NDArray[np.bool_]) -> DefaultScenarios:
        """Take a matrix (scenarios, customers) that is true where the customer fails."""
        if failed.ndim != 2:
            raise ParameterError("failed", "a matrix of scenarios x customers", failed.shape)
        starts = np.concatenate([[0], np.cumsum(failed.sum(axis=1, dtype=np.int64))]).astype(np.int64)
        return cls(failed.shape[1], starts, np.nonzero(failed)[1].astype(np.int32))

    @classmethod
    def joined(cls, parts: Sequence[DefaultScenarios]) -> DefaultScenarios:
        """Put blocks of scenarios of the same customers one after the other."""
        counts = np.concatenate([np.diff(part.starts) for part in parts])
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(parts[0].customers, starts, np.concatenate([part.failed for part in parts]))

    @property
    def count(self) -> int:
        """How many scenarios there are."""
        return len(self.starts) - 1

    def losses(self, loss_if_default: Array) -> Array:
        """Return the loss of each scenario, (scenarios,), from what each customer loses when it fails, (customers,)."""
        summed = np.zeros(self.count)
        first = 0
        while first < self.count:
            last = int(np.searchsorted(self.starts, self.starts[first] + ENTRIES_AT_ONCE, side="right")) - 1
            last = min(max(last, first + 1), self.count)
            begin = self.starts[first:last]
            filled = self.starts[first + 1 : last + 1] > begin
            if filled.any():
                values = loss_if_default[self.failed[self.starts[first] : self.starts[last]]]
                summed[first:last][filled] = np.add.reduceat(values, (begin - self.starts[first])[filled])
            first = last
        return summed

    def failure_rate(self, weights: Array | None = None) -> Array:
        """Return how often each customer fails, (customers,), with ``weights`` (scenarios,) that sum to 1."""
        if weights is None:
            return np.bincount(self.failed, minlength=self.customers) / self.count
        used = np.flatnonzero(weights)
        if 2 * len(used) < self.count:
            places = np.concatenate([self.failed[self.starts[row] : self.starts[row + 1]] for row in used])
            spread = np.repeat(weights[used], np.diff(self.starts)[used])
        else:
            places, spread = self.failed, np.repeat(weights, np.diff(self.starts))
        return np.bincount(places, weights=spread, minlength=self.customers).astype(np.float64)

    def those(self, rows: npt.NDArray[np.int64]) -> DefaultScenarios:
        """Return some of the scenarios, in the order asked for."""
        counts = np.diff(self.starts)[rows]
        places = [self.failed[self.starts[row] : self.starts[row + 1]] for row in rows]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return DefaultScenarios(self.customers, starts, np.concatenate([np.empty(0, np.int32), *places]))


def tail_weights(losses: Array, level: float) -> Array:
    """Return the weights, (scenarios,), whose sum with ``losses`` is the mean of the worst ``1 - level`` of them.

    The scenario at the border counts in part where ``(1 - level) x scenarios`` is no whole number.
    """
    size = (1 - level) * len(losses)
    order = np.argsort(-losses, kind="stable")
    weights = np.zeros(len(losses))
    weights[order] = np.clip(size - np.arange(len(losses)), 0.0, 1.0) / size
    return weights


def tail_loss(losses: Array, level: float) -> float:
    """Return the mean loss of the worst ``1 - level`` of the scenarios (conditional value at risk). [1]_

    References
    ----------
    .. [1] R. T. Rockafellar and S. Uryasev, "Conditional value-at-risk for general loss distributions", Journal of
       Banking & Finance 26 (2002), 1443-1471.
    """
    return float(tail_weights(losses, level) @ losses)


def scenarios_needed(level: float) -> int:
    """Return the fewest scenarios from which a tail of this level is measured."""
    return FEWEST if level <= FAR else max(FEWEST_FAR, round(FEWEST_IN_TAIL / (1 - level)))


def check_level(level: float, scenarios: int) -> None:
    """Refuse a tail that so few scenarios do not show.

    Raises
    ------
    ParameterError
        When the level is not from 0.5 to below 1, or there are fewer scenarios than it needs.
    """
    if not 0.5 <= level < 1:
        raise ParameterError("tail_level", "from 0.5 to below 1", level)
    if scenarios < scenarios_needed(level):
        rule = f"at least {scenarios_needed(level):,} at a tail level of {level:g}"
        raise ParameterError("scenarios", rule, scenarios)
