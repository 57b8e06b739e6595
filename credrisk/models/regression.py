"""The penalised regression, for 30 to 99 events: a log-linear rate in few variables, shrunk to a stated belief.

The variables are named beforehand, not picked by their fit: with so few events a search would find noise. Each is put
on a normal scale by its quantiles, so outliers cannot lead. A coefficient is believed to be ``BELIEF`` in the worse
direction of the catalogue before the data speak, and may not take the other sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from credrisk.features.catalogue import catalogue
from credrisk.models.intervals import Expanded

__all__ = ["CANDIDATES", "RegressionIntensity", "fit_regression"]

CANDIDATES = (
    "oldest_open_days",
    "share_past_due",
    "dbt_12m",
    "broken_promises_12m",
    "utilisation",
    "days_since_last_payment",
    "tenure_months",
    "share_paid_late_30_12m",
    "dbt_trend",
    "disputed_open",
)
"""Variables in order of trust; the first that the panel holds are taken."""

EVENTS_A_VARIABLE = 8
"""Events needed for each further variable (the rule of ten, a little eased by the belief)."""

BELIEF, BELIEF_SD = 0.25, 0.35
"""Believed log rate per normal unit in the worse direction, and its standard deviation."""

INTERVAL_SD = 0.5
"""Standard deviation of an interval's log rate around the level."""

KNOTS = 21
"""Quantiles kept of each variable."""

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
    widths
        Widths of the intervals in months.
    """

    features: tuple[str, ...]
    used: tuple[int, ...]
    knots: np.ndarray
    centres: np.ndarray
    coefficients: np.ndarray
    flagged: tuple[int, ...]
    intercepts: np.ndarray
    widths: np.ndarray

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        return self._terms(values).sum(axis=1)[:, None] + self.intercepts

    def contributions(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each feature's term against the mean training row, and the mean intercept they add up from."""
        terms = self._terms(values)
        parts = np.zeros(values.shape)
        for column, place in enumerate(self.used):
            parts[:, place] = terms[:, column]
        for column, variable in enumerate(self.flagged, start=len(self.used)):
            parts[:, self.used[variable]] += terms[:, column]
        base = float(np.average(self.intercepts, weights=self.widths))
        return parts, np.full(len(values), base)

    def _terms(self, values: np.ndarray) -> np.ndarray:
        columns = _columns(values[:, list(self.used)], self.knots, self.flagged)
        return (columns - self.centres) * self.coefficients


def fit_regression(
    values: np.ndarray,
    features: tuple[str, ...],
    expanded: Expanded,
    *,
    edges: np.ndarray,
    first_events: int,
    prior_log_rate: float,
    prior_worth: float,
) -> RegressionIntensity:
    """Fit the intensity of the target as the most probable one under the stated beliefs.

    Parameters
    ----------
    first_events
        Distinct events. One event is seen from many rows, so the likelihood counts each row as its share of an event.
    prior_log_rate, prior_worth
        Log of the believed monthly rate, and how many events that belief is worth.
    """
    from scipy.optimize import minimize

    entries = catalogue(features)
    by_trust = [name for name in CANDIDATES if name in features]
    rest = [name for name in features if name not in CANDIDATES and entries[name].worse != "none"]
    count = max(2, first_events // EVENTS_A_VARIABLE)
    used = tuple(features.index(name) for name in (by_trust or rest)[:count])
    chosen = values[:, list(used)]
    knots = np.array([_quantiles(column) for column in chosen.T]).reshape(len(used), KNOTS)
    null_share = np.isnan(chosen).mean(axis=0)
    flagged = tuple(int(i) for i in np.nonzero((null_share >= NULL_SHARE) & (null_share <= 1 - NULL_SHARE))[0])
    columns = _columns(chosen, knots, flagged)
    centres = columns.mean(axis=0)
    design = (columns - centres)[expanded.row]

    sign = np.array([{"higher": 1.0, "lower": -1.0, "none": 0.0}[entries[features[i]].worse] for i in used])
    belief = np.concatenate([BELIEF * sign, np.zeros(len(flagged))])
    bounds = [(0.0, None) if s > 0 else (None, 0.0) if s < 0 else (None, None) for s in sign]
    bounds += [(None, None)] * (len(flagged) + len(edges))
    repeats = max(1.0, float(expanded.target.sum()) / first_events)
    loss = _posterior(design, expanded, belief, len(edges) - 1, repeats, prior_log_rate, prior_worth)
    start = np.concatenate([belief, [prior_log_rate], np.zeros(len(edges) - 1)])
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
    width = design.shape[1]
    return RegressionIntensity(
        features=features,
        used=used,
        knots=knots,
        centres=centres,
        coefficients=fitted[:width],
        flagged=flagged,
        intercepts=fitted[width] + fitted[width + 1 :],
        widths=np.diff(edges),
    )


def _posterior(
    design: np.ndarray,
    expanded: Expanded,
    belief: np.ndarray,
    n_intervals: int,
    repeats: float,
    prior_log_rate: float,
    prior_worth: float,
) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Return minus the log posterior and its gradient: coefficients, level, then one departure per interval."""
    width = design.shape[1]
    exposure = expanded.exposure * expanded.weight / repeats
    events = expanded.target / repeats

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        slope, level, departure = theta[:width], theta[width], theta[width + 1 :]
        log_rate = np.clip(design @ slope + level + departure[expanded.interval], -50.0, 20.0)
        expected = exposure * np.exp(log_rate)
        away = level - prior_log_rate
        value = (
            expected.sum()
            - events @ log_rate
            + ((slope - belief) ** 2).sum() / (2 * BELIEF_SD**2)
            + prior_worth * (np.exp(away) - away)
            + (departure**2).sum() / (2 * INTERVAL_SD**2)
        )
        surplus = expected - events
        gradient = np.concatenate(
            [
                design.T @ surplus + (slope - belief) / BELIEF_SD**2,
                [surplus.sum() + prior_worth * (np.exp(away) - 1.0)],
                np.bincount(expanded.interval, surplus, n_intervals) + departure / INTERVAL_SD**2,
            ]
        )
        return float(value), gradient

    return loss


def _quantiles(column: np.ndarray) -> np.ndarray:
    return np.quantile(column[~np.isnan(column)], np.linspace(0.01, 0.99, KNOTS))


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
