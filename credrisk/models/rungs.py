"""Which kind of model the evidence can bear, and fitting it: expert card, penalised regression or booster."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np

from credrisk.models.blend import blended, booster_weight
from credrisk.models.booster import BoosterSettings, fit_booster
from credrisk.models.expert import fit_card
from credrisk.models.intervals import Expanded, bounded
from credrisk.models.prior import Prior, blended_rate
from credrisk.models.regression import fit_regression
from credrisk.models.rows import Rows

__all__ = [
    "BOOSTER_ROWS",
    "BOOSTER_ROWS_AN_EVENT_ROW",
    "EVENTS_FOR_BOOSTER",
    "EVENTS_FOR_REGRESSION",
    "ROWS_AN_EVENT_ROW",
    "RUNGS",
    "Intensity",
    "fit_intensity",
    "rung_for",
]

RUNGS = ("expert_card", "penalised_regression", "booster")

EVENTS_FOR_REGRESSION, EVENTS_FOR_BOOSTER = 10, 100
"""Distinct events from which a regression and a booster may be fitted.

The regression starts from the card's own thought (how it pays, what is open, what it promised) as a belief and needs
few events to better it: on 20 simulated ledgers with about 25 events its log loss is below the card's on 17, on 16 with
about 15 events on 14 (docs/results.md shows other seeds). Under 10 events there is next to nothing to learn from. With
24 bad debts a booster's log loss is higher by 0.0026 (0.0008 to 0.0047); with 58 to 89 defaults on five ledgers the two
are level, the booster ahead where the events are most.
"""


REGRESSION_ROWS, ROWS_AN_EVENT_ROW = 150_000, 10
"""Rows times intervals from which the regression beside the booster learns, and at least so many for each that meets
the target: all events and a sample of the rest, for its few hundred coefficients need no more."""

BOOSTER_ROWS, BOOSTER_ROWS_AN_EVENT_ROW = 500_000, 60
"""The same of the booster, which learns hundreds of curves."""


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
        hits = int(expanded.target.sum())
        most = max(BOOSTER_ROWS, BOOSTER_ROWS_AN_EVENT_ROW * hits)
        values, some = _sample(rows, expanded, most, settings.seed)
        curves = fit_booster(values, features, some, edges=edges, first_events=first_events, settings=settings)
        most = max(REGRESSION_ROWS, ROWS_AN_EVENT_ROW * hits)
        values, some = _sample(rows, expanded, most, settings.seed)
        beside = fit_regression(values, features, some, edges=edges, first_events=first_events, prior=prior)
        return blended(curves, beside, booster_weight(first_events), values, some)
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


def _sample(rows: Rows, expanded: Expanded, most: int, seed: int) -> tuple[np.ndarray, Expanded]:
    """Return the features of so many rows times intervals at most, and these, all events among them."""
    if len(expanded) <= most:
        return rows.values, expanded
    fewer = bounded(expanded, rows, most, seed)
    seen, place = np.unique(fewer.row, return_inverse=True)
    return rows.values[seen], dataclasses.replace(fewer, row=place)
