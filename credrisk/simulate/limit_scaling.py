"""Rules made comparable: each scaled by one factor until its true expected loss is the one asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credrisk.simulate.clock import Floats
from credrisk.simulate.limit_replay import Economics
from credrisk.simulate.limit_timeline import Timeline
from credrisk.simulate.limit_truth import expected_under_truth
from credrisk.simulate.shipments import Year

__all__ = ["Scaled", "scaled_to_loss"]

ROUNDS = 24
CLOSE = 1e-4
"""Of the loss asked for: near enough, since single shipments pass or do not."""


@dataclass(frozen=True)
class Scaled:
    """Limits scaled to a true expected loss.

    Attributes
    ----------
    limits
        (n, rules) in major units.
    factor
        (rules,); where even unlimited multiples lose less than asked for, one that turns nothing away.
    loss
        (rules,) the true expected loss reached.
    """

    limits: Floats
    factor: Floats
    loss: Floats


def scaled_to_loss(year: Year, limits: npt.ArrayLike, loss: float, economics: Economics) -> Scaled:
    """Scale each vector of limits by one factor so that its true expected loss is ``loss``.

    Bisection on the logarithm of the factor. The loss rises with the factor in steps, and not strictly (a shipment
    that passes may keep a later one out), so that what is reached is given back; the nearest one tried is taken.

    Parameters
    ----------
    limits
        (n, rules) in major units; a limit of 0 stays 0.
    loss
        Major units, over all customers.
    """
    base = np.asarray(limits, dtype=float)
    timeline = Timeline.of(year)
    rules = base.shape[1]
    demand = np.bincount(year.shipments.customer, year.shipments.cents, minlength=len(base)) + year.opening.clip(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        enough = np.where(base > 0, demand[:, None] / 100 / base, 0.0)
    high = np.log(np.maximum(enough.max(axis=0), 1e-9))
    low = high - 30
    best, nearest, reached = high.copy(), np.full(rules, np.inf), np.zeros(rules)
    trial = high.copy()
    for _ in range(ROUNDS):
        expected = expected_under_truth(year, base * np.exp(trial), economics, timeline=timeline).loss.sum(axis=0)
        nearer = np.abs(expected - loss) < nearest
        best, reached = np.where(nearer, trial, best), np.where(nearer, expected, reached)
        nearest = np.minimum(nearest, np.abs(expected - loss))
        below = expected < loss
        low, high = np.where(below, trial, low), np.where(below, high, trial)
        if np.all((nearest <= CLOSE * loss) | (high - low < 1e-9)):
            break
        trial = (low + high) / 2
    return Scaled(base * np.exp(best), np.exp(best), reached)
