"""Time ahead cut into horizon intervals: exposure and events in each, and the probability put together from them.

Forward intensity [1]_: the rate of the event in the intervals (0, 1], (1, 3], (3, 6], (6, 12] months after the as-of
date, given that nothing has happened before the interval. The probability within a horizon is the cumulative
incidence under two causes, so it rises with the horizon by construction.

References
----------
.. [1] Duan, J.-C., Sun, J., Wang, T. (2012). Multiperiod corporate default prediction: a forward intensity approach.
   Journal of Econometrics 170(1), 191-209.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from credrisk.errors import ParameterError
from credrisk.models.outcomes import LEFT_FIRST, TARGET_FIRST
from credrisk.models.rows import Rows

__all__ = ["Expanded", "bounded", "cumulative_incidence", "expand", "interval_edges"]

STANDARD_EDGES = (1, 3, 6, 12, 24, 36)
"""Months at which the rate may change: short first, for the near future is what the ledger tells most about."""

LOG_INTENSITY_BOUNDS = (-25.0, 4.0)
"""Log events a month, from 1e-11 to 55: beyond these a number is an artefact, and exp stays finite."""


@dataclass(frozen=True)
class Expanded:
    """Rows cut into intervals: one entry per row and interval in which it was at risk.

    Attributes
    ----------
    row, interval
        Position of the row and number of the interval.
    exposure
        Months at risk in the interval, > 0.
    target, left
        Events in the interval (0.0 or 1.0).
    weight
        Inverse of the share sampled (1.0 when nothing was left out).
    """

    row: np.ndarray
    interval: np.ndarray
    exposure: np.ndarray
    target: np.ndarray
    left: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.row)


def interval_edges(horizons: Sequence[int]) -> np.ndarray:
    """Return the interval bounds in months: the standard ones up to the longest horizon, and every horizon."""
    longest = max(horizons)
    return np.array(sorted({0, *horizons, *(edge for edge in STANDARD_EDGES if edge < longest)}), dtype=float)


def expand(rows: Rows, edges: np.ndarray) -> Expanded:
    """Cut the time at risk of every row into intervals; what lies beyond the last bound is left out (censored)."""
    starts, ends = edges[:-1], edges[1:]
    exposure = np.clip(rows.months[:, None] - starts, 0.0, ends - starts)
    ended_here = (rows.months[:, None] > starts) & (rows.months[:, None] <= ends)
    row, interval = np.nonzero(exposure > 0)
    ended = ended_here[row, interval]
    event = rows.event[row]
    return Expanded(
        row=row,
        interval=interval,
        exposure=exposure[row, interval],
        target=(ended & (event == TARGET_FIRST)).astype(float),
        left=(ended & (event == LEFT_FIRST)).astype(float),
        weight=np.ones(len(row)),
    )


def bounded(expanded: Expanded, rows: Rows, max_rows: int, seed: int) -> Expanded:
    """Keep every event of the target and a sample of customers for the rest, weighted by the inverse of the share.

    The number kept is ``max_rows`` at most (more only when the events alone are more).
    """
    if len(expanded) <= max_rows:
        return expanded
    hit = expanded.target > 0
    group = rows.group[expanded.row]
    size = np.bincount(group[~hit], minlength=int(group.max()) + 1)
    order = np.random.default_rng(seed).permutation(len(size))
    taken = np.cumsum(size[order]) <= max_rows - int(hit.sum())
    chosen = np.zeros(len(size), dtype=bool)
    chosen[order[taken]] = True
    sampled = ~hit & chosen[group]
    if not sampled.any():
        raise ParameterError("max_rows", f"large enough for {int(hit.sum())} events and some rows besides", max_rows)
    share = expanded.exposure[sampled].sum() / expanded.exposure[~hit].sum()
    weight = np.where(hit, 1.0, 1.0 / share)
    keep = hit | sampled
    return Expanded(
        expanded.row[keep],
        expanded.interval[keep],
        expanded.exposure[keep],
        expanded.target[keep],
        expanded.left[keep],
        weight[keep],
    )


def cumulative_incidence(
    log_target: np.ndarray, log_left: np.ndarray, edges: np.ndarray, horizons: Sequence[float]
) -> np.ndarray:
    """Return the probability that the target comes within each horizon, and before the customer leaves.

    In an interval with constant monthly rates a (target) and b (leaving) and width w, of those still there
    a / (a + b) * (1 - exp(-(a + b) w)) meet the target.

    Parameters
    ----------
    log_target, log_left
        Log monthly rates, shape (n_rows, n_intervals).
    edges
        Interval bounds in months, shape (n_intervals + 1,).
    horizons
        Months, each within the last bound.

    Returns
    -------
    numpy.ndarray
        Shape (n_rows, n_horizons), in [0, 1], rising with the horizon.
    """
    low, high = LOG_INTENSITY_BOUNDS
    target = np.exp(np.clip(log_target, low, high))
    total = target + np.exp(np.clip(log_left, low, high))
    widths = np.diff(edges)
    before = np.cumsum(total * widths, axis=1) - total * widths
    result = np.empty((len(target), len(horizons)))
    for place, horizon in enumerate(horizons):
        reach = np.clip(horizon - edges[:-1], 0.0, widths)
        met = np.exp(-before) * (target / total) * -np.expm1(-total * reach)
        result[:, place] = met.sum(axis=1)
    return np.clip(result, 0.0, 1.0)
