"""What comes of an account under each action, and how likely each was offered: learnt on other customers' rows.

Both are means to an end. Neither need be right: the doubly robust estimates use what is left of the outcome, and with
logged chances their mean is that of the truth whatever is learnt here. So two plain learners stand by, a penalised
linear one on covariates, squares and products and a small boosted one, and the one that does better on customers it did
not see is taken. No row of a customer is ever predicted from another row of that customer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from credrisk.models.offer_rows import FOLDS, OfferRows

__all__ = ["expected_outcomes", "logged_chances", "offer_chances"]

ROWS_FOR_TREES = 2_000
"""Rows from which the boosted learner is tried."""

COVARIATES_FOR_PRODUCTS = 12
"""Covariates up to which the linear learner gets the products of pairs as well."""

RIDGE, RIDGE_OF_ACTION = 10.0, 30.0
"""Rows as many as which the penalties count: of the common model, and of an action's difference from it."""

INVERSE_PENALTIES = (1.0, 100.0)
"""Of the linear learner of chances; the weaker one follows a list that is all but a rule."""

TREES: dict[str, Any] = {
    "num_leaves": 12,
    "learning_rate": 0.07,
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "seed": 0,
}
ROUNDS = 100
LEAST_CHANCE = 1e-4


def expected_outcomes(rows: OfferRows, outcome: np.ndarray) -> np.ndarray:
    """Return the expected outcome of each row under each action, learnt on other customers, (n_rows, n_actions).

    One model for all rows, whatever was offered, and on what it leaves a linear difference for each action, shrunk to
    none: an action that was seldom offered gets little of its own.
    """
    design = _design(rows.features)
    learners: list[Callable[[np.ndarray], np.ndarray]] = [lambda learn: _linear(design, outcome, learn)]
    if len(rows) >= ROWS_FOR_TREES and rows.features.shape[1]:
        learners.append(lambda learn: _boosted(rows.features, outcome, learn))
    plain = np.column_stack([np.ones(len(rows)), rows.features])
    penalty = np.full(plain.shape[1], RIDGE_OF_ACTION)
    penalty[0] = 1.0
    own = (np.arange(len(rows)), rows.arm)
    found = []
    for learner in learners:
        expected = np.zeros((len(rows), len(rows.actions)))
        for fold in range(FOLDS):
            here, learn = rows.fold == fold, rows.fold != fold
            if not here.any() or not learn.any():
                continue
            common = learner(learn)
            for arm in range(len(rows.actions)):
                there = learn & (rows.arm == arm)
                difference = _ridge(plain[there], outcome[there] - common[there], penalty)
                expected[here, arm] = common[here] + plain[here] @ difference
        found.append(expected)
    return min(found, key=lambda expected: float(np.square(outcome - expected[own]).sum()))


def offer_chances(rows: OfferRows) -> np.ndarray:
    """Return the estimated chance of each action for each row, learnt on other customers, (n_rows, n_actions)."""
    if not rows.features.shape[1]:
        return _shares(rows)
    design = _design(rows.features)
    candidates = [_chances_linear(design, rows, inverse) for inverse in INVERSE_PENALTIES]
    if len(rows) >= ROWS_FOR_TREES:
        candidates.append(_chances_boosted(rows))
    candidates.append(_shares(rows))
    own = (np.arange(len(rows)), rows.arm)
    return max(candidates, key=lambda chances: float(np.log(np.maximum(chances[own], LEAST_CHANCE)).sum()))


def logged_chances(rows: OfferRows, chance: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return a chance for every row, smoothed over the covariates from the rows whose logged chance tells it.

    Shape (n_rows,). A log holds the chance of what was offered, not of what was not. Outcomes have no say in it.
    """
    if known.sum() < ROWS_FOR_TREES // 10 or not rows.features.shape[1]:
        found = np.full(len(rows), chance[known].mean() if known.any() else 0.0)
    else:
        found = _boosted(rows.features, chance, known)
    clipped: np.ndarray = np.clip(found, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return clipped


def _design(features: np.ndarray) -> np.ndarray:
    """Return covariates, their squares and, of few, the products of pairs."""
    count = features.shape[1]
    parts = [features, np.square(features) - 1.0]
    if 1 < count <= COVARIATES_FOR_PRODUCTS:
        first, second = np.triu_indices(count, 1)
        parts.append(features[:, first] * features[:, second])
    return np.column_stack(parts)


def _ridge(design: np.ndarray, outcome: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    coefficients: np.ndarray = np.linalg.solve(design.T @ design + np.diag(penalty), design.T @ outcome)
    return coefficients


def _linear(design: np.ndarray, outcome: np.ndarray, learn: np.ndarray) -> np.ndarray:
    """Return what the linear model of some rows expects of all."""
    full = np.column_stack([np.ones(len(design)), design])
    penalty = np.full(full.shape[1], RIDGE)
    penalty[0] = 1e-6
    expected: np.ndarray = full @ _ridge(full[learn], outcome[learn], penalty)
    return expected


def _boosted(features: np.ndarray, outcome: np.ndarray, learn: np.ndarray) -> np.ndarray:
    """Return what the boosted model of some rows expects of all."""
    import lightgbm

    data = lightgbm.Dataset(features[learn], outcome[learn])
    trained = lightgbm.train({**TREES, "objective": "regression"}, data, num_boost_round=ROUNDS)
    return np.asarray(trained.predict(features, num_threads=1), dtype=np.float64)


def _shares(rows: OfferRows) -> np.ndarray:
    """Return each action's share of the other customers' rows: the chance where nothing tells accounts apart."""
    found = np.zeros((len(rows), len(rows.actions)))
    for number in range(FOLDS):
        here = rows.fold == number
        counts = np.bincount(rows.arm[~here], minlength=len(rows.actions))
        found[here] = counts / max(counts.sum(), 1)
    return found


def _chances_linear(design: np.ndarray, rows: OfferRows, inverse_penalty: float) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    found = _shares(rows)
    for number in range(FOLDS):
        here = rows.fold == number
        known = np.unique(rows.arm[~here])
        if here.any() and len(known) > 1:
            fitted = LogisticRegression(C=inverse_penalty, max_iter=2_000, tol=1e-3).fit(design[~here], rows.arm[~here])
            found[here] = 0.0
            found[np.ix_(here, known)] = fitted.predict_proba(design[here])
    return found


def _chances_boosted(rows: OfferRows) -> np.ndarray:
    import lightgbm

    found = _shares(rows)
    count = len(rows.actions)
    for number in range(FOLDS):
        here = rows.fold == number
        if not here.any() or count < 2:
            continue
        objective = {"objective": "binary"} if count == 2 else {"objective": "multiclass", "num_class": count}
        data = lightgbm.Dataset(rows.features[~here], rows.arm[~here])
        trained = lightgbm.train({**TREES, **objective}, data, num_boost_round=ROUNDS)
        chances = trained.predict(rows.features[here], num_threads=1)
        found[here] = np.column_stack([1 - chances, chances]) if count == 2 else chances
    return found
