"""The penalised regression, for 30 to 99 events: a log-linear rate in few variables, shrunk to a stated belief.

The variables are named beforehand, not picked by their fit: with so few events a search would find noise. Each is put
on a normal scale by its quantiles, so outliers cannot lead. A coefficient is believed to be ``BELIEF`` in the worse
direction of the catalogue before the data speak, and may not take the other sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.features.catalogue import catalogue
from credrisk.models.intervals import Expanded
from credrisk.models.prior import Prior

__all__ = ["CANDIDATES", "RegressionIntensity", "fit_regression"]

CANDIDATES = (
    "dbt_12m",
    "oldest_open_days",
    "broken_promises_12m",
    "share_paid_late_30_12m",
    "dbt_trend",
    "share_past_due",
    "days_since_last_payment",
    "days_late_sd_12m",
    "disputed_open",
    "utilisation",
)
"""Variables in order of trust; the first that the panel holds are taken.

Different trade questions come first (how it has paid, what is open, what it promised): the second measure of the same
thing adds little. All but the last have a worse direction, so their reasons explain themselves.
"""

EVENTS_A_VARIABLE = 4
"""Events needed for each further variable: under the rule of ten, for the belief carries a coefficient that the events
cannot."""

BELIEF, BELIEF_SD = 0.25, 0.2
"""Believed log rate per normal unit in the worse direction, and its standard deviation."""

INTERVAL_SD = 0.5
"""Standard deviation of an interval's log rate around the level."""

KNOTS = 21
"""Quantiles kept of each variable."""

MOST_STEPS, LEAST_GAIN, SMALLEST_SCALE = 100, 1e-10, 1e-6
"""Bounds of Newton's method: steps, fall of the loss at which to stop, smallest share of a step."""

NULL_SHARE = 0.02
"""A variable gets a null indicator where at least this share of rows is null, and this share is not."""


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
        log_rate: np.ndarray = self._terms(values).sum(axis=1, keepdims=True) + self.intercepts
        return log_rate

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each feature's term against the mean training row, and the mean intercept they add up from."""
        terms = self._terms(values) * interval_weights.sum()
        parts = np.zeros(values.shape)
        for column, place in enumerate(self.used):
            parts[:, place] = terms[:, column]
        for column, variable in enumerate(self.flagged, start=len(self.used)):
            parts[:, self.used[variable]] += terms[:, column]
        return parts, np.full(len(values), float(interval_weights @ self.intercepts))

    def _terms(self, values: np.ndarray) -> np.ndarray:
        columns = _columns(values[:, list(self.used)], self.knots, self.flagged)
        terms: np.ndarray = (columns - self.centres) * self.coefficients
        return terms


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
    telling = [name for name, column in zip(features, values.T, strict=True) if _varies(column)]
    by_trust = [name for name in CANDIDATES if name in telling]
    rest = [name for name in telling if name not in CANDIDATES and entries[name].worse != "none"]
    count = max(2, first_events // EVENTS_A_VARIABLE)
    used = tuple(features.index(name) for name in (by_trust or rest)[:count])
    chosen = values[:, list(used)]
    knots = np.array([_quantiles(column) for column in chosen.T]).reshape(len(used), KNOTS)
    null_share = np.isnan(chosen).mean(axis=0)
    flagged = tuple(int(i) for i in np.nonzero((null_share >= NULL_SHARE) & (null_share <= 1 - NULL_SHARE))[0])
    columns = _columns(chosen, knots, flagged)
    centres = columns.mean(axis=0)
    sign = np.array([{"higher": 1.0, "lower": -1.0, "none": 0.0}[entries[features[i]].worse] for i in used])
    sign = np.concatenate([sign, np.zeros(len(flagged))])
    repeats = max(1.0, float(expanded.target.sum()) / first_events)
    shape = (len(values), len(edges) - 1)
    cell = expanded.row * shape[1] + expanded.interval
    weight = expanded.weight / repeats
    exposure = np.bincount(cell, expanded.exposure * weight, shape[0] * shape[1]).reshape(shape)
    events = np.bincount(cell, expanded.target * weight, shape[0] * shape[1]).reshape(shape)
    coefficients, intercepts = _most_probable(columns - centres, exposure, events, sign, prior)
    return RegressionIntensity(
        features=features,
        used=used,
        knots=knots,
        centres=centres,
        coefficients=coefficients,
        flagged=flagged,
        intercepts=intercepts,
    )


def _most_probable(
    design: np.ndarray, exposure: np.ndarray, events: np.ndarray, sign: np.ndarray, prior: Prior
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and interval intercepts that maximise the posterior.

    Parameters
    ----------
    design
        Columns of the rows, shape (n_rows, n_columns).
    exposure, events
        Months at risk and events by row and interval, shape (n_rows, n_intervals).
    sign
        1 where the coefficient may not be negative, -1 where not positive, 0 where free.

    Notes
    -----
    Newton's method on minus the log posterior, which is convex, over the coefficients, the level and each interval's
    departure from it. A coefficient at its bound that the gradient would push beyond it stays there; a step is halved
    until the loss falls.
    """
    n_columns, n_intervals = design.shape[1], exposure.shape[1]
    centre = np.concatenate([BELIEF * sign, [prior.log_monthly_rate], np.zeros(n_intervals)])
    precision = (
        1 / np.concatenate([np.full(n_columns, BELIEF_SD), [prior.log_sd], np.full(n_intervals, INTERVAL_SD)]) ** 2
    )
    bounded = np.concatenate([sign, np.zeros(1 + n_intervals)])

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
    return np.block(
        [
            [(design * by_row[:, None]).T @ design, level, across],
            [level.T, by_interval.sum(), by_interval[None, :]],
            [across.T, by_interval[:, None], np.diag(by_interval)],
        ]
    )


def _varies(column: np.ndarray) -> bool:
    """Tell whether the measured values differ: a window longer than the history is null in every early row."""
    measured = column[~np.isnan(column)]
    return len(measured) > 0 and bool((measured != measured[0]).any())


def _quantiles(column: np.ndarray) -> np.ndarray:
    quantiles: np.ndarray = np.quantile(column[~np.isnan(column)], np.linspace(0.01, 0.99, KNOTS))
    return quantiles


def _columns(chosen: np.ndarray, knots: np.ndarray, flagged: tuple[int, ...]) -> np.ndarray:
    """Return the variables as normal scores of their quantiles (null = 0, the middle), then the null indicators."""
    from scipy.special import ndtri

    null = np.isnan(chosen)
    levels = np.linspace(0.01, 0.99, KNOTS)
    scores = np.zeros(chosen.shape)
    for place, quantiles in enumerate(knots):
        column = np.where(null[:, place], quantiles[0], chosen[:, place])
        low = np.searchsorted(quantiles, column, side="left")
        high = np.searchsorted(quantiles, column, side="right")
        tied = 0.5 * (levels[low.clip(max=KNOTS - 1)] + levels[(high - 1).clip(min=0)])
        between = np.interp(column, quantiles, levels)
        scores[:, place] = np.where(null[:, place], 0.0, ndtri(np.where(high > low, tied, between)))
    return np.column_stack([scores, null[:, list(flagged)].astype(float)])
