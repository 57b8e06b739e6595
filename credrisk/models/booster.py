"""The booster: one LightGBM model for the monthly rate of the event in every horizon interval.

Each tree looks at one feature, and at the interval: the log rate is a sum of one curve a feature and interval, which
:mod:`~credrisk.models.additive` holds exactly. Nothing of LightGBM's is needed to score.

The label of a row and interval is events / exposure and its weight the exposure in months, so LightGBM's Poisson loss
is the likelihood of a piecewise constant rate. Directions come from the catalogue: the rate can only rise where the
catalogue says that more is worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from credrisk.features.catalogue import catalogue
from credrisk.models.additive import AdditiveIntensity, tables_of
from credrisk.models.intervals import Expanded

__all__ = ["INTERVAL_FEATURES", "BoosterSettings", "dataset", "fit_booster", "interval_columns", "parameters"]

INTERVAL_FEATURES = ("horizon_interval", "horizon_months")
"""The number of the interval and its width in months, put after the features, without a direction."""

DIRECTIONS = {"higher": 1, "lower": -1, "none": 0}

EVENTS_IN_LEAF = 3
"""Distinct events that a leaf must expect: fewer say nothing about a rate."""

POISSON_DAMPING = 0.7
"""LightGBM's default ``poisson_max_delta_step``: it multiplies the Hessian of the Poisson loss by exp(0.7)."""


ROWS_FOR_BINS = 20_000
"""Rows times intervals, drawn at random, from which the steps of the features are laid out."""

BATCH = 4096
"""Rows handed to LightGBM at one time: the matrix of rows times intervals is never held."""


@dataclass(frozen=True)
class BoosterSettings:
    """Size and speed of the booster; the defaults suit some hundreds of events.

    Attributes
    ----------
    shrinkage_events
        Distinct events by which a leaf's step is shrunk to none (LightGBM's lambda_l2, in events).
    """

    trees: int
    leaves: int
    learning_rate: float
    shrinkage_events: float
    threads: int
    seed: int


def fit_booster(
    values: np.ndarray,
    features: tuple[str, ...],
    expanded: Expanded,
    *,
    edges: np.ndarray,
    first_events: int,
    settings: BoosterSettings,
) -> AdditiveIntensity:
    """Fit the intensity of the target.

    Parameters
    ----------
    values
        Features of the rows, shape (n_rows, n_features), float32 or float64.
    expanded
        The rows cut into intervals.
    first_events
        Distinct events: one event is seen from many rows, and only distinct ones are evidence.
    """
    import lightgbm

    widths = np.diff(edges)
    trained = lightgbm.train(
        parameters(features, expanded, first_events=first_events, settings=settings),
        dataset(values, features, expanded, widths=widths, settings=settings),
        num_boost_round=settings.trees,
    )
    months = np.bincount(expanded.row, expanded.exposure * expanded.weight, len(values))
    trees = [tree["tree_structure"] for tree in trained.dump_model()["tree_info"]]
    return tables_of(trees, features, interval_columns(widths), values=values, weight=months)


def interval_columns(widths: np.ndarray) -> np.ndarray:
    """Return what the booster sees of each interval: its number and width, shape (n_intervals, 2)."""
    return np.column_stack([np.arange(len(widths), dtype=float), widths])


def parameters(
    features: tuple[str, ...], expanded: Expanded, *, first_events: int, settings: BoosterSettings
) -> dict[str, Any]:
    """Return LightGBM's parameters; what is counted in events is put on the scale of the rows."""
    repeats = expanded.repeats(first_events)
    unit = repeats * float(np.exp(POISSON_DAMPING))
    entries = catalogue(features)
    interval = [len(features), len(features) + 1]
    return _binning(settings) | {
        "objective": "poisson",
        "poisson_max_delta_step": POISSON_DAMPING,
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_sum_hessian_in_leaf": EVENTS_IN_LEAF * unit,
        "min_data_in_leaf": 20,
        "lambda_l2": settings.shrinkage_events * unit,
        "feature_fraction": 0.5,
        "monotone_constraints": [*(DIRECTIONS[entries[name].worse] for name in features), 0, 0],
        "interaction_constraints": [[place, *interval] for place in range(len(features))] or [interval],
        "deterministic": True,
        "force_row_wise": True,
        "seed": settings.seed,
    }


def dataset(
    values: np.ndarray,
    features: tuple[str, ...],
    expanded: Expanded,
    *,
    widths: np.ndarray,
    settings: BoosterSettings,
    reference: Any = None,
) -> Any:
    """Return LightGBM's data of every row and interval at risk; the steps of ``reference`` where that is given."""
    import lightgbm

    columns = interval_columns(widths)

    class Design(lightgbm.Sequence):  # type: ignore[misc]
        batch_size = BATCH

        def __len__(self) -> int:
            return len(expanded)

        def __getitem__(self, index: slice | np.ndarray) -> np.ndarray:
            interval = columns[expanded.interval[index]]
            return np.concatenate([values[expanded.row[index]].astype(np.float64, copy=False), interval], axis=-1)

    design, names = Design(), [*features, *INTERVAL_FEATURES]
    binning = _binning(settings) | {"feature_pre_filter": False}
    if reference is None:
        random = np.random.default_rng(settings.seed)
        some = np.sort(random.permutation(len(expanded))[:ROWS_FOR_BINS])
        reference = lightgbm.Dataset(design[some], feature_name=names, params=binning)
    return lightgbm.Dataset(
        design,
        label=expanded.target / expanded.exposure,
        weight=expanded.exposure * expanded.weight,
        feature_name=names,
        reference=reference,
        params=binning,
    )


def _binning(settings: BoosterSettings) -> dict[str, Any]:
    return {
        "max_bin": 63,
        "bin_construct_sample_cnt": ROWS_FOR_BINS,
        "num_threads": settings.threads,
        "verbosity": -1,
    }
