"""The limits that somebody would set who knows the truth: the most expected profit for a true expected loss.

Two of them. The **oracle** knows every customer as the simulator does on the day of the decision: health, traits, the
law of its orders, payments and failure. It does not know the future, so it averages over redrawn ones. The
**clairvoyant** even knows the orders and payments of the year and the intensities on the way, and only not who fails:
no limits beat it in true expected profit. Both are told the loss that each limit leads to, and how the replay counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from credrisk.simulate.clock import Floats
from credrisk.simulate.limit_replay import Economics
from credrisk.simulate.limit_timeline import Timeline
from credrisk.simulate.limit_truth import expected_under_truth
from credrisk.simulate.shipments import Year

__all__ = ["TrueCurves", "best_at_true_loss", "true_curves"]

STEPS = 32
LEAST, MOST = 0.2, 30.0
"""Smallest and largest limit on the grid, in months of the customer's demand; beyond the largest comes no limit."""
UNLIMITED = 1e12
NEIGHBOURS = 10
LOG_PRICES = (0.0, 10.0)
"""Between these logarithms of 1 + price every price of a unit of expected loss is looked for."""
PRICE_ROUNDS = 20
AT_ONCE = 8


@dataclass(frozen=True)
class TrueCurves:
    """True expected profit and loss of each customer at each limit of its grid: (n, points), major units."""

    limit: Floats
    profit: Floats
    loss: Floats


def true_curves(
    years: Sequence[Year], economics: Economics, *, intensity: Floats | None = None, alike: Floats | None = None
) -> TrueCurves:
    """Return the curves of the customers, averaged over several readings of the same year.

    Parameters
    ----------
    years
        The year itself, or redrawn futures of it.
    intensity
        (n, months) true mean intensities, to which those of the redrawn futures are scaled: of few paths the mean is a
        rough one, and limits chosen by it would favour whom luck has spared.
    alike
        (n, traits) what demand depends on, each of about unit spread. With it the margin that a limit lets earn, as a
        share of the customer's demand, is averaged over the customers nearest in these traits as well: with few
        futures the largest demand drawn would pass for the largest that there can be.
    """
    n = len(years[0].customer_id)
    demand = sum(np.bincount(y.shipments.customer, y.shipments.cents, minlength=n) for y in years)
    months = years[0].intensity.shape[1]
    monthly = np.asarray(demand) / 100 / months / len(years)
    grid = np.concatenate([[0.0], np.geomspace(LEAST, MOST, STEPS)])
    limit = np.column_stack([monthly[:, None] * grid, np.full(n, UNLIMITED)])
    profit, loss = np.zeros_like(limit), np.zeros_like(limit)
    if intensity is not None:
        level = intensity / np.mean([year.intensity for year in years], axis=0)
        years = [replace(year, intensity=year.intensity * level) for year in years]
    for year in years:
        timeline = Timeline.of(year)
        for first in range(0, limit.shape[1], AT_ONCE):
            part = slice(first, first + AT_ONCE)
            expected = expected_under_truth(year, limit[:, part], economics, timeline=timeline)
            profit[:, part] += expected.profit / len(years)
            loss[:, part] += expected.loss / len(years)
    if alike is not None:
        profit = _smoothed(profit + loss, monthly, alike) - loss
    return TrueCurves(limit, profit, loss)


def _smoothed(earned: Floats, monthly: Floats, alike: Floats) -> Floats:
    """Average what is earned for each unit of demand over the nearest customers that buy."""
    from scipy.spatial import cKDTree

    buys = np.flatnonzero(monthly > 0)
    share = earned[buys] / monthly[buys, None]
    nearest = cKDTree(alike[buys]).query(alike[buys], k=min(NEIGHBOURS, len(buys)))[1].reshape(len(buys), -1)
    smooth = earned.copy()
    smooth[buys] = share[nearest].mean(axis=1) * monthly[buys, None]
    return smooth


def best_at_true_loss(curves: TrueCurves, year: Year, loss: float, economics: Economics) -> Floats:
    """Return the best limits (n,) at the price of loss at which the true expected loss of ``year`` is ``loss``.

    Where the curves are averages over futures, their own reckoning of the loss is not that of the year that came: the
    price is told by the year, so that what limits are compared at is the same risk.
    """
    row, timeline = np.arange(len(curves.limit)), Timeline.of(year)
    best, nearest = np.zeros(len(row)), np.inf
    low, high = LOG_PRICES
    for _ in range(PRICE_ROUNDS):
        price = (low + high) / 2
        limits = curves.limit[row, np.argmax(curves.profit - np.expm1(price) * curves.loss, axis=1)]
        lost = float(expected_under_truth(year, limits[:, None], economics, timeline=timeline).loss.sum())
        if abs(lost - loss) < nearest:
            best, nearest = limits, abs(lost - loss)
        low, high = (price, high) if lost > loss else (low, price)
    return best
