"""Which kind of model the evidence can bear, and fitting it: expert card, penalised regression or booster."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from credrisk.models.booster import BoosterSettings, fit_booster
from credrisk.models.expert import fit_card
from credrisk.models.intervals import Expanded
from credrisk.models.prior import Prior, blended_rate
from credrisk.models.regression import fit_regression
from credrisk.models.rows import Rows

__all__ = ["RUNGS", "Intensity", "fit_intensity", "rung_for"]

RUNGS = ("expert_card", "penalised_regression", "booster")

EVENTS_FOR_REGRESSION, EVENTS_FOR_BOOSTER = 30, 100
"""Distinct events from which a regression and a booster may be fitted.

On simulated ledgers (docs/results.md shows others) the booster's AUC less the regression's is -0.010 +- 0.007 for bad
debts at 25 to 110 events, -0.004 +- 0.003 for late payment at 110 to 225, +0.002 +- 0.008 for defaults at 75 to 270
and +0.006 +- 0.003 for bad debts at 115 to 307: the order turns between 100 and 200, within noise of the line drawn
here. Under 30 events the card does no worse than either. (Measured with a booster whose trees combine features.)
"""


class Intensity(Protocol):
    """A fitted monthly rate of the target in every horizon interval."""

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        ...

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what each feature adds to the weighted sum of the log rates, (n_rows, n_features), and the base."""
        ...


def rung_for(first_events: int) -> str:
    """Return the rung that ``first_events`` distinct events can bear."""
    if first_events < EVENTS_FOR_REGRESSION:
        return "expert_card"
    return "penalised_regression" if first_events < EVENTS_FOR_BOOSTER else "booster"


def fit_intensity(
    rung: str,
    rows: Rows,
    expanded: Expanded,
    features: tuple[str, ...],
    *,
    edges: np.ndarray,
    first_events: int,
    prior: Prior,
    settings: BoosterSettings,
) -> Intensity:
    """Fit the intensity of the target at one rung.

    Parameters
    ----------
    expanded
        ``rows`` cut into intervals, perhaps sampled.
    first_events
        Distinct events among them, at least 1.
    """
    if rung == "booster":
        return fit_booster(rows.values, features, expanded, edges=edges, first_events=first_events, settings=settings)
    at_risk = expanded.exposure * expanded.weight
    rate = blended_rate(prior, first_events=first_events, observed_rate=float(expanded.target.sum() / at_risk.sum()))
    if rung == "penalised_regression":
        return fit_regression(
            rows.values,
            features,
            expanded,
            edges=edges,
            first_events=first_events,
            prior=prior,
        )
    months = np.bincount(expanded.row, at_risk, len(rows))
    seen = months > 0
    return fit_card(rows.values[seen], features, months=months[seen], rate=rate, n_intervals=len(edges) - 1)
