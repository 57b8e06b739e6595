"""A model whose every answer can be worked out by hand: the log rate is linear in the features, a null adds 0."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from credrisk.frames import as_polars


@dataclass(frozen=True)
class LinearModel:
    """Contributions are slope x (value - mean); the probability within 12 months is 1 - exp(-12 x rate)."""

    slopes: dict[str, float]
    means: dict[str, float] = field(default_factory=dict)
    nulls: dict[str, float] = field(default_factory=dict)
    base: float = -7.0
    currency_: str = "EUR"

    def contributions(self, X: Any, *, output: str = "pandas") -> pl.DataFrame:
        frame = as_polars(X, "X")
        assert set(frame.columns) == set(self.slopes), "a model refuses what it was not fitted on"
        return frame.select(
            *(
                (slope * (pl.col(name) - self.means.get(name, 0.0))).fill_null(self.nulls.get(name, 0.0)).alias(name)
                for name, slope in self.slopes.items()
            ),
            base=pl.lit(self.base),
        )

    def predict_proba(self, X: Any) -> np.ndarray:
        rate = np.exp(self.contributions(X).to_numpy().sum(axis=1))
        return np.column_stack([np.exp(-12 * rate), -np.expm1(-12 * rate)])
