"""The booster: one LightGBM model for the monthly rate of the event in every horizon interval.

The label of a row and interval is events / exposure and its weight the exposure in months, so LightGBM's Poisson loss
is the likelihood of a piecewise constant rate. Directions come from the catalogue: the rate can only rise where the
catalogue says that more is worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from credrisk.features.catalogue import catalogue
from credrisk.models.intervals import Expanded

__all__ = ["INTERVAL_FEATURES", "BoosterIntensity", "BoosterSettings", "fit_booster"]

INTERVAL_FEATURES = ("horizon_interval", "horizon_months")
"""The number of the interval and its width in months, put after the features, without a direction."""

DIRECTIONS = {"higher": 1, "lower": -1, "none": 0}

EVENTS_IN_LEAF = 3
"""Distinct events that a leaf must expect: fewer say nothing about a rate."""

PRIOR_EVENTS_IN_LEAF = 5
"""Distinct events by which a leaf's step is shrunk to none (LightGBM's lambda_l2, in events)."""

POISSON_DAMPING = 0.7
"""LightGBM's default ``poisson_max_delta_step``: it multiplies the Hessian of the Poisson loss by exp(0.7)."""


@dataclass(frozen=True)
class BoosterSettings:
    """Size and speed of the booster; the defaults suit some hundreds of events."""

    trees: int
    leaves: int
    learning_rate: float
    threads: int
    seed: int


@dataclass(frozen=True)
class BoosterIntensity:
    """A fitted booster.

    Attributes
    ----------
    text
        LightGBM's own text form.
    booster
        The ``lightgbm.Booster`` read from ``text``, so that a stored model scores the same to the last bit.
    features
        Names of the features, without the interval's.
    widths
        Widths of the intervals in months.
    """

    text: str
    booster: Any
    features: tuple[str, ...]
    widths: np.ndarray
    threads: int

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        if not len(values):
            return np.empty((0, len(self.widths)))
        flat = self.booster.predict(self._design(values), raw_score=True, num_threads=self.threads)
        return np.asarray(flat).reshape(len(values), len(self.widths))

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return TreeSHAP contributions to the weighted sum of the intervals' log intensities.

        Returns
        -------
        contributions
            Shape (n_rows, n_features).
        base
            Shape (n_rows,): the mean over training rows and what the intervals add; with the contributions the sum.
        """
        n_intervals, n_features = len(self.widths), len(self.features)
        if not len(values):
            return np.empty((0, n_features)), np.empty(0)
        flat = self.booster.predict(self._design(values), pred_contrib=True, num_threads=self.threads)
        parts = np.asarray(flat).reshape(len(values), n_intervals, -1)
        summed = np.einsum("rif,i->rf", parts, interval_weights)
        return summed[:, :n_features], summed[:, n_features:].sum(axis=1)

    def _design(self, values: np.ndarray) -> np.ndarray:
        rows = np.repeat(np.arange(len(values)), len(self.widths))
        intervals = np.tile(np.arange(len(self.widths)), len(values))
        return design(values, rows, intervals, self.widths)


def design(values: np.ndarray, row: np.ndarray, interval: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return the booster's matrix: the features of each row, then its interval's number and width."""
    return np.column_stack([values[row], interval.astype(float), widths[interval]])


def fit_booster(
    values: np.ndarray,
    features: tuple[str, ...],
    expanded: Expanded,
    *,
    edges: np.ndarray,
    first_events: int,
    settings: BoosterSettings,
) -> BoosterIntensity:
    """Fit the intensity of the target.

    Parameters
    ----------
    values
        Features of the rows, shape (n_rows, n_features).
    expanded
        The rows cut into intervals.
    first_events
        Distinct events: one event is seen from many rows, and only distinct ones are evidence.
    """
    import lightgbm

    widths = np.diff(edges)
    weight = expanded.exposure * expanded.weight
    repeats = max(1.0, float(expanded.target.sum()) / first_events)
    unit = repeats * float(np.exp(POISSON_DAMPING))
    entries = catalogue(features)
    parameters = {
        "objective": "poisson",
        "poisson_max_delta_step": POISSON_DAMPING,
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_sum_hessian_in_leaf": EVENTS_IN_LEAF * unit,
        "min_data_in_leaf": 20,
        "lambda_l2": PRIOR_EVENTS_IN_LEAF * unit,
        "feature_fraction": 0.5,
        "max_bin": 63,
        "bin_construct_sample_cnt": 20_000,
        "monotone_constraints": [*(DIRECTIONS[entries[name].worse] for name in features), 0, 0],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": settings.threads,
        "seed": settings.seed,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        design(values, expanded.row, expanded.interval, widths),
        label=expanded.target / expanded.exposure,
        weight=weight,
        feature_name=[*features, *INTERVAL_FEATURES],
        params={name: parameters[name] for name in ("max_bin", "bin_construct_sample_cnt", "num_threads", "verbosity")}
        | {"feature_pre_filter": False},
        free_raw_data=True,
    )
    trained = lightgbm.train(parameters, data, num_boost_round=settings.trees)
    text = trained.model_to_string()
    return booster_of(text, features, widths, settings.threads)


def booster_of(text: str, features: tuple[str, ...], widths: np.ndarray, threads: int) -> BoosterIntensity:
    """Read a booster from LightGBM's text (checked by the caller when it comes from outside)."""
    import lightgbm

    booster = lightgbm.Booster(model_str=text)
    return BoosterIntensity(text, booster, features, widths, threads)
