"""What a model has to beat: logistic regression with fair preprocessing, plain LightGBM, one logistic step on a score.

Each is given as a class with ``fit(X, event)`` and ``probability(X)`` on Polars frames with nulls.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import polars as pl

__all__ = ["Logistic", "OneStep", "Plain", "PlainBooster"]

LEAST_NULL_SHARE = 0.005
"""A column gets a missing flag from this share of nulls on."""


class Plain(Protocol):
    """A model of an event from columns."""

    def fit(self, X: pl.DataFrame, event: np.ndarray) -> Plain:
        """Learn."""
        ...

    def probability(self, X: pl.DataFrame) -> np.ndarray:
        """Return the probability of the event."""
        ...


class Logistic:
    """Columns on a normal scale by their quantiles, nulls at the median with a flag, ridge penalty ``1 / c``."""

    def __init__(self, c: float) -> None:
        self.c = c

    def fit(self, X: pl.DataFrame, event: np.ndarray) -> Logistic:
        """Learn scale and coefficients from the training rows only."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import QuantileTransformer

        values = _values(X)
        null = np.isnan(values)
        self._flags = np.nonzero((null.mean(axis=0) >= LEAST_NULL_SHARE) & (null.mean(axis=0) < 1))[0]
        self._middle = np.array([np.median(column[~np.isnan(column)]) for column in values.T])
        self._scale = QuantileTransformer(output_distribution="normal", n_quantiles=1000, subsample=None)
        self._scale.fit(np.where(null, self._middle, values))
        self._model = LogisticRegression(C=self.c, max_iter=2000).fit(self._design(values), event)
        return self

    def probability(self, X: pl.DataFrame) -> np.ndarray:
        """Return the probability of the event."""
        found: np.ndarray = self._model.predict_proba(self._design(_values(X)))[:, 1]
        return found

    def _design(self, values: np.ndarray) -> np.ndarray:
        null = np.isnan(values)
        scaled = self._scale.transform(np.where(null, self._middle, values)).clip(-4, 4)
        return np.column_stack([scaled, null[:, self._flags].astype(float)])


class PlainBooster:
    """LightGBM as it comes, averaged over seeds: rows and columns are sampled at 80 % so that seeds differ."""

    def __init__(self, trees: int, seeds: int = 5, **parameters: Any) -> None:
        self.trees, self.seeds, self.parameters = trees, seeds, parameters

    def fit(self, X: pl.DataFrame, event: np.ndarray) -> PlainBooster:
        """Learn one model a seed."""
        import lightgbm

        self._models = []
        for seed in range(self.seeds):
            parameters = {
                "objective": "binary",
                "bagging_fraction": 0.8,
                "bagging_freq": 1,
                "feature_fraction": 0.8,
                "seed": seed,
                "num_threads": 1,
                "deterministic": True,
                "force_row_wise": True,
                "verbosity": -1,
                **self.parameters,
            }
            self._models.append(
                lightgbm.train(parameters, lightgbm.Dataset(_values(X), label=event), num_boost_round=self.trees)
            )
        return self

    def probability(self, X: pl.DataFrame) -> np.ndarray:
        """Return the mean probability over the seeds."""
        values = _values(X)
        found: np.ndarray = np.mean([model.predict(values, num_threads=1) for model in self._models], axis=0)
        return found


class OneStep:
    """A published score and one logistic step: level and slope from the training rows; a null takes the median."""

    def __init__(self, column: str) -> None:
        self.column = column

    def fit(self, X: pl.DataFrame, event: np.ndarray) -> OneStep:
        """Learn the step on the score by rank-preserving compression, so that outliers do not lead."""
        from sklearn.linear_model import LogisticRegression

        score = X[self.column].to_numpy()
        self._middle = float(np.nanmedian(score))
        self._model = LogisticRegression(C=1e6, max_iter=2000).fit(self._design(X), event)
        return self

    def probability(self, X: pl.DataFrame) -> np.ndarray:
        """Return the probability of the event."""
        found: np.ndarray = self._model.predict_proba(self._design(X))[:, 1]
        return found

    def _design(self, X: pl.DataFrame) -> np.ndarray:
        score = X[self.column].fill_null(self._middle).to_numpy()
        return np.arcsinh(score)[:, None]


def _values(X: pl.DataFrame) -> np.ndarray:
    return np.asarray(X.cast(pl.Float64).fill_null(np.nan).to_numpy(), dtype=float)
