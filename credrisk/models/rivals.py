"""Would a plainer model have done as well? The usual rivals, fitted at the same past dates and asked for the same rows.

Each rival is a probability within one fixed horizon, learnt as people learn it: from the rows whose whole horizon had
been observed by the date of the fold, the censored ones dropped. Two are boosters on all features, one a logistic
regression on all features, and four know one thing about the customer: how long its oldest item has been open, how late
it pays, an index of its payments, its Altman Z. A single figure becomes a probability by a logistic step, with nulls as
a level of their own, so that it is judged on what it knows and not on how it is scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.errors import DataError
from credrisk.features.catalogue import catalogue
from credrisk.frames import as_polars
from credrisk.models.outcomes import recensored
from credrisk.models.rows import feature_matrix
from credrisk.models.validation import Validation
from credrisk.progress import Progress, silent

__all__ = ["RIVALS", "SINGLE", "NormalScores", "complete_rows", "rival_predictions"]

SINGLE = {
    "ageing": "oldest_open_days",
    "average_days_late": "dbt_12m",
    "paydex_style": "paydex_style_12m",
    "altman_z": "altman_z_private",
}
"""The figure that each single-figure rival knows."""

LEAST_ROWS_IN_LEAF = 100
"""Rows in a leaf of both boosters: a customer has many rows, so that LightGBM's 20 would be one or two customers."""

PENALTIES = (0.0003, 0.003, 0.03)
"""Inverse penalties (scikit-learn's C) that the logistic regression chooses from in time order."""

SINGLE_C = 1e6
"""Inverse penalty of a logistic step: none to speak of."""

DIRECTIONS = {"higher": 1, "lower": -1, "none": 0}

LARGEST_QUANTILE = 0.999
"""Normal scores end at this quantile and its mirror, so that no value lies beyond 3.1."""

Predict = Callable[[np.ndarray], np.ndarray]


class NormalScores:
    """Columns as normal scores of their ranks in the training rows, nulls as 0 with a column of their own.

    Parameters
    ----------
    values
        Training rows, shape (n_rows, n_columns), NaN = null.

    Notes
    -----
    Tied values share the score of their middle rank. A null column is added where some but not all rows are null.
    """

    def __init__(self, values: np.ndarray) -> None:
        self._sorted = [np.sort(column[~np.isnan(column)]) for column in values.T]
        null = np.isnan(values)
        self._flagged = np.nonzero(null.any(axis=0) & ~null.all(axis=0))[0]

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return the scores and then the null columns, shape (n_rows, n_columns + n_flagged)."""
        from scipy.special import ndtri

        null = np.isnan(values)
        scores = np.zeros(values.shape)
        for place, known in enumerate(self._sorted):
            if not len(known):
                continue
            column = np.where(null[:, place], known[0], values[:, place])
            middle = np.searchsorted(known, column, side="left") + np.searchsorted(known, column, side="right")
            share = np.clip(middle / (2 * len(known)), 1 - LARGEST_QUANTILE, LARGEST_QUANTILE)
            scores[:, place] = np.where(null[:, place], 0.0, ndtri(share))
        return np.column_stack([scores, null[:, self._flagged].astype(float)])


def complete_rows(panel: Any, labels: Any, *, known_on: Any, target: str, months: int) -> pl.DataFrame:
    """Return the panel rows whose whole horizon had been observed by ``known_on``, with ``event`` (0 or 1).

    Parameters
    ----------
    panel, labels
        Output of ``build_panel`` and ``build_labels`` for the same dates.
    known_on
        Day up to which anything was known; the horizon of a row may end on it.
    months
        Calendar months.

    Notes
    -----
    The event counts when it came before leaving, as in :func:`~credrisk.models.validation.validate`.
    """
    panel = as_polars(panel, "panel").with_columns(pl.col("as_of").cast(pl.Date))
    labels = recensored(
        as_polars(labels, "labels").with_columns(pl.col("as_of").cast(pl.Date)), known_on, target=target
    )
    own_end = f"{target}_observed_to"
    observed_to = pl.col(own_end) if own_end in labels.columns else pl.col("observed_to")
    ends = {day: months_after(day, months) for day in labels["as_of"].unique()}
    on = pl.col(f"{target}_on")
    told = (
        labels.with_columns(ends_on=pl.col("as_of").replace_strict(ends, return_dtype=pl.Date))
        .filter(pl.col(f"{target}_at_risk") & (pl.col("ends_on") <= observed_to))
        .select(
            "customer_id",
            "as_of",
            event=((on <= pl.col("ends_on")) & (pl.col("left_on").is_null() | (on <= pl.col("left_on"))))
            .fill_null(False)
            .cast(pl.Float64),
        )
    )
    joined: pl.DataFrame = panel.join(told, on=["customer_id", "as_of"], how="inner").sort("customer_id", "as_of")
    return joined


def rival_predictions(
    panel: Any,
    labels: Any,
    validation: Validation,
    *,
    rivals: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Return the probability of every rival for every test row of a walk-forward validation.

    Parameters
    ----------
    panel, labels
        What the validation was made from.
    validation
        Its ``predictions`` say which rows, its ``folds`` what was known.
    rivals
        Names of :data:`RIVALS`; None takes all.
    seed
        Seed of the boosters.

    Returns
    -------
    polars.DataFrame
        ``fold``, ``customer_id``, ``as_of``, ``event`` and a column a rival. Null where a fold has no complete row with
        the event and none without, or where the panel lacks the figure or holds no value of it.

    Raises
    ------
    DataError
        When the validation measured no row.
    """
    if validation.predictions.is_empty():
        raise DataError("The validation measured no row, so there is nothing to compare.", table="predictions")
    names = list(RIVALS) if rivals is None else list(rivals)
    panel = as_polars(panel, "panel").with_columns(pl.col("as_of").cast(pl.Date))
    features = [name for name in catalogue() if name in panel.columns]
    key = ["customer_id", "as_of"]
    parts = []
    for fold in validation.folds.iter_rows(named=True):
        tests = validation.predictions.filter(pl.col("fold") == fold["fold"]).select("fold", *key, "event")
        if tests.is_empty():
            continue
        train = complete_rows(
            panel, labels, known_on=fold["known_on"], target=validation.target, months=validation.months
        ).sort("as_of", "customer_id")
        asked = tests.join(panel, on=key, how="left", maintain_order="left")
        columns: dict[str, np.ndarray | None] = {}
        for number, name in enumerate(names):
            progress("Fitting the rivals", number, len(names))
            columns[name] = _fold_prediction(name, train, asked, features, seed)
        parts.append(
            tests.with_columns(
                pl.Series(name, column, pl.Float64) if column is not None else pl.lit(None, pl.Float64).alias(name)
                for name, column in columns.items()
            )
        )
    return pl.concat(parts)


def _fold_prediction(
    name: str, train: pl.DataFrame, asked: pl.DataFrame, features: list[str], seed: int
) -> np.ndarray | None:
    event = train["event"].to_numpy()
    if not 0 < event.sum() < len(event):
        return None
    if name in SINGLE:
        features = [SINGLE[name]]
        if SINGLE[name] not in train.columns or train[SINGLE[name]].is_null().all():
            return None
    values = feature_matrix(train.select(features))[1]
    fit = RIVALS[name]
    predict = fit(values, event, train["as_of"].to_physical().to_numpy(), tuple(features), seed)
    return predict(feature_matrix(asked.select(features))[1])


def _directed_booster(
    values: np.ndarray, event: np.ndarray, day: np.ndarray, features: tuple[str, ...], seed: int
) -> Predict:
    """LightGBM for the horizon with the directions of the forward intensity's booster; of a size that stands alone."""
    entries = catalogue(features)
    directions = [DIRECTIONS[entries[name].worse] for name in features]
    own = {"num_leaves": 4, "learning_rate": 0.1, "monotone_constraints": directions}
    return _lightgbm(values, event, own | {"feature_fraction": 0.5, "max_bin": 63}, 200, seed)


def _plain_booster(
    values: np.ndarray, event: np.ndarray, day: np.ndarray, features: tuple[str, ...], seed: int
) -> Predict:
    """LightGBM for the horizon as it comes: 100 trees of 31 leaves at 0.1, no directions."""
    return _lightgbm(values, event, {}, 100, seed)


def _lightgbm(values: np.ndarray, event: np.ndarray, own: dict[str, Any], trees: int, seed: int) -> Predict:
    import lightgbm

    parameters = {
        "objective": "binary",
        "min_data_in_leaf": LEAST_ROWS_IN_LEAF,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    } | own
    data = lightgbm.Dataset(values, label=event, params={"feature_pre_filter": False, "verbosity": -1})
    booster = lightgbm.train(parameters, data, num_boost_round=trees)

    def predict(asked: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(asked, num_threads=1))

    return predict


def _logistic(values: np.ndarray, event: np.ndarray, day: np.ndarray, features: tuple[str, ...], seed: int) -> Predict:
    """Logistic regression on normal scores and null columns, its L2 penalty chosen on the latest third of the dates."""
    dates = np.unique(day)
    border = dates[-max(1, len(dates) // 3)]
    early, late = day < border, day >= border
    choice = PENALTIES[0]
    if 0 < event[early].sum() < early.sum() and event[late].sum() > 0:
        losses = []
        for penalty in PENALTIES:
            told = np.clip(_fitted_logistic(values[early], event[early], penalty)(values[late]), 1e-9, 1 - 1e-9)
            losses.append(-(event[late] * np.log(told) + (1 - event[late]) * np.log1p(-told)).mean())
        choice = PENALTIES[int(np.argmin(losses))]
    return _fitted_logistic(values, event, choice)


def _single(values: np.ndarray, event: np.ndarray, day: np.ndarray, features: tuple[str, ...], seed: int) -> Predict:
    """One logistic step on the normal score of a figure and whether it is null."""
    return _fitted_logistic(values, event, SINGLE_C)


def _fitted_logistic(values: np.ndarray, event: np.ndarray, penalty: float) -> Predict:
    from sklearn.linear_model import LogisticRegression

    scores = NormalScores(values)
    fitted = LogisticRegression(C=penalty, max_iter=500, tol=1e-4).fit(scores.transform(values), event)

    def predict(asked: np.ndarray) -> np.ndarray:
        told: np.ndarray = fitted.predict_proba(scores.transform(asked))[:, 1]
        return told

    return predict


RIVALS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...], int], Predict]] = {
    "direct_booster": _directed_booster,
    "plain_lightgbm": _plain_booster,
    "logistic_regression": _logistic,
    **dict.fromkeys(SINGLE, _single),
}
"""How each rival is fitted: (features, events, days, feature names, seed) -> probabilities of other rows."""
