"""Measures of several models on the same rows, and their differences, with intervals from resampling groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from credrisk.models.measures import PROBABILITY_MEASURES, RANKING_MEASURES, by_score
from credrisk.models.resampling import resamples_of

__all__ = ["Compared", "compare", "interval"]

CHUNK = 100


@dataclass(frozen=True)
class Compared:
    """Measure by model: an array whose first entry is the value on the rows, the rest those of the resamples."""

    drawn: Mapping[str, Mapping[str, np.ndarray]]

    def cell(self, model: str, measure: str, digits: int = 3) -> str:
        """Return value and 95 % interval."""
        return interval(self.drawn[model][measure], digits)

    def difference(self, model: str, other: str, measure: str, digits: int = 3) -> str:
        """Return how far the model is from another one, paired, with its 95 % interval."""
        return interval(self.drawn[model][measure] - self.drawn[other][measure], digits, sign="+")


def compare(
    event: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    group: np.ndarray,
    measures: Sequence[str],
    *,
    samples: int = 1000,
    seed: int = 0,
    row_weight: np.ndarray | None = None,
) -> Compared:
    """Measure every model on the same resamples of groups; ``row_weight`` weighs the rows themselves."""
    drawn: dict[str, dict[str, list[np.ndarray]]] = {name: {m: [] for m in measures} for name in probabilities}
    for chunk in range(0, samples, CHUNK):
        weight = resamples_of(group, samples=min(CHUNK, samples - chunk), seed=seed + chunk).weights()
        weight = weight if chunk == 0 else weight[1:]
        weight = weight if row_weight is None else weight * row_weight
        for name, probability in probabilities.items():
            good, bad = by_score(event, probability, weight)
            for measure in measures:
                if measure in RANKING_MEASURES:
                    value = RANKING_MEASURES[measure](good, bad)
                else:
                    value = PROBABILITY_MEASURES[measure](event, probability, weight)
                drawn[name][measure].append(value)
    return Compared({name: {m: np.concatenate(v) for m, v in found.items()} for name, found in drawn.items()})


def interval(values: np.ndarray, digits: int = 3, sign: str = "") -> str:
    """Return the first value with the 2.5 and 97.5 % points of the rest."""
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return f"{values[0]:{sign}.{digits}f} ({low:{sign}.{digits}f} to {high:{sign}.{digits}f})"
