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

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from credrisk.errors import ParameterError
from credrisk.models.outcomes import LEFT_FIRST, TARGET_FIRST
from credrisk.models.rows import Rows

__all__ = ["Expanded", "bounded", "cumulative_incidence", "expand", "interval_edges", "measured_horizons", "sampled"]

STANDARD_EDGES = (1, 3, 6, 12, 24, 36)
"""Months at which the rate may change: short first, for the near future is what the ledger tells most about."""

ALWAYS_MEASURED = 12
"""Months up to which a horizon needs no evidence of its own."""

EVENTS_FOR_HORIZON = 5
"""Distinct events that a longer horizon needs in its last interval."""

SHORT_MONTHS = 0.5
"""Months by which the longest observation may fall short of a horizon: months differ in length."""

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
        Events in the interval (0.0 or 1.0); of the target a chance between where a verdict on the row's last day is
        awaited.
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

    @property
    def hit(self) -> np.ndarray:
        """Which entries saw the target for sure."""
        sure: np.ndarray = self.target == 1.0
        return sure

    def repeats(self, first_events: int) -> float:
        """Return from how many rows each of the distinct events is seen, at least 1."""
        return max(1.0, int(self.hit.sum()) / first_events)


def interval_edges(horizons: Sequence[int]) -> np.ndarray:
    """Return the interval bounds in months: the standard ones up to the longest horizon, and every horizon."""
    longest = max(horizons)
    return np.array(sorted({0, *horizons, *(edge for edge in STANDARD_EDGES if edge < longest)}), dtype=float)


def measured_horizons(horizons: Sequence[int], rows: Rows) -> tuple[tuple[int, ...], dict[int, str]]:
    """Return the horizons that the rows can speak of, and why not for the others.

    Up to ``ALWAYS_MEASURED`` months a horizon stands: a ledger holds some months of it, and the rate of the last
    months seen is taken on. Beyond, the oldest rows must have been observed for the whole of it, and events must have
    come so late.
    """
    measured, why_not = list[int](), dict[int, str]()
    observed = float(rows.months.max(initial=0.0))
    outcomes = dataclasses.replace(rows, values=np.empty((len(rows), 0)), waits=None)
    for horizon in horizons:
        before = max((edge for edge in STANDARD_EDGES if edge < horizon), default=0)
        late = len(outcomes.take(rows.months > before).first_event_days(horizon)) if horizon > ALWAYS_MEASURED else 0
        if horizon > ALWAYS_MEASURED and observed < horizon - SHORT_MONTHS:
            why_not[horizon] = f"no customer was observed for {horizon} months: the longest time is {observed:.0f}"
        elif horizon > ALWAYS_MEASURED and late < EVENTS_FOR_HORIZON:
            why_not[horizon] = (
                f"{late} distinct events came more than {before} and within {horizon} months of a date, below the "
                f"{EVENTS_FOR_HORIZON} that this horizon needs"
            )
        else:
            measured.append(horizon)
    return tuple(measured), why_not


def expand(rows: Rows, edges: np.ndarray) -> Expanded:
    """Cut the time at risk of every row into intervals; what lies beyond the last bound is left out (censored)."""
    starts, ends = edges[:-1], edges[1:]
    exposure = np.clip(rows.months[:, None] - starts, 0.0, ends - starts)
    ended_here = (rows.months[:, None] > starts) & (rows.months[:, None] <= ends)
    hit = ended_here & (rows.event == TARGET_FIRST)[:, None]
    at_risk = exposure > 0
    if rows.weight is not None:
        at_risk &= hit | (rows.weight > 0)[:, None]
    row, interval = np.nonzero(at_risk)
    sure = hit[row, interval]
    target = sure.astype(float)
    if rows.chance is not None:
        target += np.where(ended_here[row, interval], rows.chance[row], 0.0)
    return Expanded(
        row=row,
        interval=interval,
        exposure=exposure[row, interval],
        target=target,
        left=(ended_here[row, interval] & (rows.event[row] == LEFT_FIRST)).astype(float),
        weight=np.ones(len(row)) if rows.weight is None else np.where(sure, 1.0, rows.weight[row]),
    )


def sampled(rows: Rows, edges: np.ndarray, max_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Choose rows to learn from: every event of the target, and all rows of a sample of customers.

    Parameters
    ----------
    rows
        All rows, in their order (:meth:`Rows.sorted`); their features are not looked at.
    max_rows
        Rows times intervals at most (more only when the events alone are more).

    Returns
    -------
    chosen
        Whether a row is kept, shape (n_rows,).
    weight
        Their weights as :class:`~credrisk.models.rows.Rows` has them, shape (n_rows,); None when all are kept.
    """
    entries = np.searchsorted(edges[:-1], rows.months, side="left")
    hit = (rows.event == TARGET_FIRST) & (rows.months <= edges[-1])
    if int(entries.sum()) <= max_rows:
        return np.ones(len(rows), dtype=bool), None
    theirs = _sampled_customers(rows.group, entries - hit, max_rows - int(hit.sum()), max_rows, seed)[rows.group]
    exposure = np.minimum(rows.months, edges[-1]) - np.where(hit, rows.months - edges[:-1][entries - 1], 0.0)
    share = exposure[theirs].sum() / exposure.sum()
    return theirs | hit, np.where(theirs, 1.0 / share, 0.0)


def _sampled_customers(group: np.ndarray, entries: np.ndarray, room: int, max_rows: int, seed: int) -> np.ndarray:
    """Return which customers are in the sample: in random order as long as their entries fit into ``room``."""
    size = np.bincount(group, entries, int(group.max()) + 1)
    order = np.random.default_rng(seed).permutation(len(size))
    taken = np.cumsum(size[order]) <= room
    chosen = np.zeros(len(size), dtype=bool)
    chosen[order[taken]] = True
    if not size[chosen].any():
        raise ParameterError("max_rows", f"large enough for {max_rows - room} events and some rows besides", max_rows)
    return chosen


def bounded(expanded: Expanded, rows: Rows, max_rows: int, seed: int) -> Expanded:
    """Keep every event of the target and a sample of customers for the rest, weighted by the inverse of the share.

    The number kept is ``max_rows`` at most (more only when the events alone are more).
    """
    if len(expanded) <= max_rows:
        return expanded
    hit = expanded.hit
    room = max_rows - int(hit.sum())
    taken = (
        ~hit
        & _sampled_customers(rows.group, np.bincount(expanded.row[~hit], minlength=len(rows)), room, max_rows, seed)[
            rows.group[expanded.row]
        ]
    )
    at_risk = expanded.exposure * expanded.weight
    share = at_risk[taken].sum() / at_risk[~hit].sum()
    weight = np.where(hit, 1.0, expanded.weight / share)
    keep = hit | taken
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
