"""The penalised regression, for some tens of events: a log-linear rate in every feature, shrunk to a stated belief.

No variable is picked by its fit: with so few events a search would find noise. All are taken, each on a normal scale by
its quantiles, so outliers cannot lead. Before the data speak a few named ones are believed to count (``BELIEFS``) in
the worse direction of the catalogue and the others nothing; a coefficient may not take the wrong sign. Many small
effects that each rest on a belief tell more than a few that rest on tens of events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from credrisk.features.catalogue import catalogue
from credrisk.models.intervals import Expanded
from credrisk.models.normal_scores import KNOTS, normal_scores, quantiles_of
from credrisk.models.prior import Prior

__all__ = ["BELIEFS", "RegressionIntensity", "fit_regression"]

BELIEFS = {
    "payment_strain": (0.5, 0.1),
    "days_beyond_habit_faded": (0.06, 0.06),
    "dbt_12m": (0.06, 0.06),
    "oldest_open_days": (0.06, 0.06),
    "broken_promises_12m": (0.06, 0.06),
    "share_paid_late_30_12m": (0.06, 0.06),
    "dbt_trend": (0.06, 0.06),
    "share_past_due": (0.06, 0.06),
    "days_since_last_payment": (0.06, 0.06),
    "days_late_sd_12m": (0.06, 0.06),
    "disputed_open": (0.06, 0.06),
    "utilisation": (0.06, 0.06),
}
"""Variables believed to count before the data speak (how it has paid, what is open, what it promised): the believed log
rate per normal unit in the worse direction of each, and its standard deviation.

Payment strain counts most, a factor of 1.6 a normal unit: it is what the others measure less well.
Chosen on simulated ledgers of other seeds than those on the results page.
"""

DIRECTED_SD, FREE_SD, DECLARED_SD = 0.05, 0.03, 0.1
"""Standard deviation of the log rate per normal unit, around none, of every other feature: with a worse direction,
without one (or of an indicator of nulls), and with one where the user declared it, who adds few and knows why."""

SIGNS = {"higher": 1.0, "lower": -1.0, "none": 0.0}

INTERVAL_SD = 0.5
"""Standard deviation of an interval's log rate around the level."""

MOST_STEPS, LEAST_GAIN, SMALLEST_SCALE = 100, 1e-10, 1e-6
"""Bounds of Newton's method: steps, fall of the loss at which to stop, smallest share of a step."""

NULL_SHARE = 0.02
"""A variable with a belief gets a null indicator where at least this share of rows is null, and this share is not."""

ROWS_AT_ONCE = 50_000
"""Rows whose share of the second derivative is formed at one time."""


@dataclass(frozen=True)
class RegressionIntensity:
    """A fitted regression.

    Attributes
    ----------
    features
        Names of the features given.
    used
        Positions of the variables among them.
    knots
        Quantiles of each variable, shape (n_used, KNOTS).
    centres
        Mean of each column of the design (variables, then null indicators) over the training rows.
    coefficients
        One per column of the design.
    flagged
        Positions, among ``used``, of the variables with a null indicator.
    intercepts
        Log monthly rate in each interval at the centre.
    """

    features: tuple[str, ...]
    used: tuple[int, ...]
    knots: np.ndarray
    centres: np.ndarray
    coefficients: np.ndarray
    flagged: tuple[int, ...]
    intercepts: np.ndarray

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        total = np.zeros(len(values))
        for _, term in self._terms(values):
            total += term
        log_rate: np.ndarray = total[:, None] + self.intercepts
        return log_rate

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each feature's term against the mean training row, and the mean intercept they add up from."""
        parts = np.zeros(values.shape[::-1]).T
        for place, term in self._terms(values):
            parts[:, place] += term * interval_weights.sum()
        return parts, np.full(len(values), float(interval_weights @ self.intercepts))

    def _terms(self, values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each variable's position and what it adds to the log rate, then the same of the null indicators."""
        for column, place in enumerate(self.used):
            scores = normal_scores(values[:, place], self.knots[column])
            yield place, (scores - self.centres[column]) * self.coefficients[column]
        for column, variable in enumerate(self.flagged, start=len(self.used)):
            null = np.isnan(values[:, self.used[variable]])
            yield self.used[variable], (null - self.centres[column]) * self.coefficients[column]


def fit_regression(
    values: np.ndarray,
    features: tuple[str, ...],
    expanded: Expanded,
    *,
    edges: np.ndarray,
    first_events: int,
    prior: Prior,
) -> RegressionIntensity:
    """Fit the intensity of the target as the most probable one under the stated beliefs.

    Parameters
    ----------
    first_events
        Distinct events. One event is seen from many rows, so the likelihood counts each row as its share of an event.
    prior
        What is believed of the level.
    """
    entries = catalogue(features)
    used = tuple(place for place, column in enumerate(values.T) if _varies(column))
    chosen = values[:, list(used)]
    knots = np.array([quantiles_of(column) for column in chosen.T]).reshape(len(used), KNOTS)
    null_share = np.isnan(chosen).mean(axis=0)
    believed = np.array([features[place] in BELIEFS for place in used], dtype=bool)
    flagged = tuple(
        int(i) for i in np.nonzero(believed & (null_share >= NULL_SHARE) & (null_share <= 1 - NULL_SHARE))[0]
    )
    columns = _design(chosen, knots, flagged)
    centres = columns.mean(axis=0)
    sign = np.array([SIGNS[entries[features[place]].worse] for place in used], dtype=float)
    computed = catalogue()
    own = np.array(
        [
            BELIEFS.get(name, (0.0, DIRECTED_SD if name in computed else DECLARED_SD))
            for name in (features[place] for place in used)
        ]
    ).reshape(len(used), 2)
    no_belief = np.zeros(len(flagged))
    beliefs = _Beliefs(
        sign=np.concatenate([sign, no_belief]),
        mean=np.concatenate([own[:, 0] * sign, no_belief]),
        sd=np.concatenate([np.where(sign == 0, FREE_SD, own[:, 1]), no_belief + FREE_SD]),
    )
    repeats = expanded.repeats(first_events)
    shape = (len(values), len(edges) - 1)
    cell = expanded.row * shape[1] + expanded.interval
    weight = expanded.weight / repeats
    exposure = np.bincount(cell, expanded.exposure * weight, shape[0] * shape[1]).reshape(shape)
    events = np.bincount(cell, expanded.target * weight, shape[0] * shape[1]).reshape(shape)
    coefficients, intercepts = _most_probable(columns - centres, exposure, events, beliefs, prior)
    counts = np.nonzero(coefficients[: len(used)] != 0)[0]
    kept = np.array(sorted({*counts.tolist(), *flagged}), dtype=np.int64)
    column = np.concatenate([kept, len(used) + np.arange(len(flagged))])
    return RegressionIntensity(
        features=features,
        used=tuple(used[place] for place in kept),
        knots=knots[kept],
        centres=centres[column],
        coefficients=coefficients[column],
        flagged=tuple(int(place) for place in np.searchsorted(kept, flagged)),
        intercepts=intercepts,
    )


@dataclass(frozen=True)
class _Beliefs:
    """Normal beliefs of the coefficients.

    Attributes
    ----------
    sign
        1 where the coefficient may not be negative, -1 where not positive, 0 where free.
    mean, sd
        Mean and standard deviation of each.
    """

    sign: np.ndarray
    mean: np.ndarray
    sd: np.ndarray


def _most_probable(
    design: np.ndarray, exposure: np.ndarray, events: np.ndarray, beliefs: _Beliefs, prior: Prior
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and interval intercepts that maximise the posterior.

    Parameters
    ----------
    design
        Columns of the rows, shape (n_rows, n_columns).
    exposure, events
        Months at risk and events by row and interval, shape (n_rows, n_intervals).
    beliefs
        What is believed of each column.

    Notes
    -----
    Newton's method on minus the log posterior, which is convex, over the coefficients, the level and each interval's
    departure from it. A coefficient at its bound that the gradient would push beyond it stays there; a step is halved
    until the loss falls.
    """
    n_columns, n_intervals = design.shape[1], exposure.shape[1]
    centre = np.concatenate([beliefs.mean, [prior.log_monthly_rate], np.zeros(n_intervals)])
    precision = 1 / np.concatenate([beliefs.sd, [prior.log_sd], np.full(n_intervals, INTERVAL_SD)]) ** 2
    bounded = np.concatenate([beliefs.sign, np.zeros(1 + n_intervals)])

    def expected(theta: np.ndarray) -> tuple[float, np.ndarray]:
        intercepts = theta[n_columns] + theta[n_columns + 1 :]
        log_rate = np.clip((design @ theta[:n_columns])[:, None] + intercepts, -50.0, 20.0)
        counts = exposure * np.exp(log_rate)
        loss = counts.sum() - (events * log_rate).sum() + (precision * (theta - centre) ** 2).sum() / 2
        return float(loss), counts

    theta = centre.copy()
    loss, counts = expected(theta)
    for _ in range(MOST_STEPS):
        surplus = counts - events
        by_interval = surplus.sum(axis=0)
        gradient = np.concatenate([design.T @ surplus.sum(axis=1), [by_interval.sum()], by_interval])
        gradient += precision * (theta - centre)
        free = (bounded == 0) | (bounded * theta > 0) | (bounded * gradient < 0)
        step = np.zeros(len(theta))
        hessian = _hessian(design, counts) + np.diag(precision)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        scale = 1.0
        while scale > SMALLEST_SCALE:
            moved = theta - scale * step
            moved = np.where(bounded * moved < 0, 0.0, moved)
            moved_loss, moved_counts = expected(moved)
            if moved_loss <= loss:
                break
            scale /= 2
        else:
            break
        gained, theta, loss, counts = loss - moved_loss, moved, moved_loss, moved_counts
        if gained < LEAST_GAIN:
            break
    return theta[:n_columns], theta[n_columns] + theta[n_columns + 1 :]


def _hessian(design: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the second derivatives of the expected counts by coefficients, level and departures."""
    by_row, by_interval = counts.sum(axis=1), counts.sum(axis=0)
    across = design.T @ counts
    level = across.sum(axis=1, keepdims=True)
    curve = np.zeros((design.shape[1], design.shape[1]))
    for start in range(0, len(design), ROWS_AT_ONCE):
        part = design[start : start + ROWS_AT_ONCE]
        curve += (part * by_row[start : start + ROWS_AT_ONCE, None]).T @ part
    return np.block(
        [
            [curve, level, across],
            [level.T, by_interval.sum(), by_interval[None, :]],
            [across.T, by_interval[:, None], np.diag(by_interval)],
        ]
    )


def _varies(column: np.ndarray) -> bool:
    """Tell whether the measured values differ: a window longer than the history is null in every early row."""
    measured = column[~np.isnan(column)]
    return len(measured) > 0 and bool((measured != measured[0]).any())


def _design(chosen: np.ndarray, knots: np.ndarray, flagged: tuple[int, ...]) -> np.ndarray:
    """Return the variables as normal scores, then the null indicators; each column lies in one piece."""
    columns = np.empty((chosen.shape[1] + len(flagged), len(chosen))).T
    for place, quantiles in enumerate(knots):
        columns[:, place] = normal_scores(chosen[:, place], quantiles)
    columns[:, chosen.shape[1] :] = np.isnan(chosen[:, list(flagged)])
    return columns
