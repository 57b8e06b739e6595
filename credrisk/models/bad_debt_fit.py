"""How the bad-debt model is fitted: horizons, strength of the evidence, rows, rates, calibration, newcomers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from credrisk.errors import EvidenceError
from credrisk.features.catalogue import catalogue
from credrisk.models.booster import BoosterSettings
from credrisk.models.calibration import Calibration, fit_calibration, identity, split_day
from credrisk.models.cold_start import fit_cold_start
from credrisk.models.evidence import evidence_of, usable
from credrisk.models.fitted import Fitted
from credrisk.models.intervals import Expanded, bounded, expand, interval_edges, measured_horizons, sampled
from credrisk.models.leaving import fit_leaving
from credrisk.models.prior import Prior
from credrisk.models.rows import Rows
from credrisk.models.rungs import ROWS_AN_EVENT_ROW, Intensity, fit_intensity, rung_for
from credrisk.models.undecided import undecided_evidence, with_chances

__all__ = ["FitSettings", "Reader", "fit_rows"]

Reader = Callable[[Rows], np.ndarray]
"""Gives the features of rows whose features are not held."""

CALIBRATION_ROWS = 50_000
"""Rows times intervals from which the model of the earlier dates learns, and at least so many for each that meets the
target: all events and a sample of the rest. It only has to show how sharp such a model is, its time comes on top of the
final one's, and ten others to an event tell nearly all that all the others would: 10 / 11 of the information."""


_ADD = {
    "bad debt": " If there were any, add them: write-offs (applications of the kind write_off), insolvencies, "
    "decisions to write off and agency placements (the table credit_events)."
}
"""Where the events of a target come from, by the target in words."""


@dataclass(frozen=True)
class FitSettings:
    """What the user asked for, checked.

    Attributes
    ----------
    event
        The target in words, for messages.
    horizons
        Months, rising.
    rung
        ``auto`` or the rung to take.
    unforeseen
        Share of the events taken to come without a sign in the ledger, spread over all customers; none where no
        feature is of the catalogue, nor for the expert card.
    max_rows
        Rows times intervals to learn from at most.
    """

    event: str
    horizons: tuple[int, ...]
    rung: str
    prior: Prior
    unforeseen: float
    max_rows: int
    booster: BoosterSettings

    def intensity(
        self, rung: str, rows: Rows, expanded: Expanded, features: tuple[str, ...], edges: np.ndarray, first_events: int
    ) -> Intensity:
        """Fit the rate of the target on ``rows`` cut into intervals."""
        return fit_intensity(
            rung,
            rows,
            expanded,
            features,
            edges=edges,
            first_events=first_events,
            prior=self.prior,
            settings=self.booster,
        )


def fit_rows(
    names: list[str], rows: Rows, settings: FitSettings, *, read: Reader | None, dated: bool
) -> tuple[Fitted, str, dict[str, Any]]:
    """Fit on sorted rows.

    Parameters
    ----------
    names
        Names of the features.
    read
        Gives the features of the rows learnt from where ``rows`` does not hold them.
    dated
        Whether the rows have dates; without them nothing is calibrated out of time.

    Returns
    -------
    fitted, rung, evidence
        The model, the rung taken and what it rests on.

    Raises
    ------
    EvidenceError
        When no horizon can be measured, or no row met the event within the longest that can.
    """
    horizons, unmeasured = measured_horizons(settings.horizons, rows)
    if not horizons:
        raise EvidenceError(f"No horizon can be measured: {'; '.join(unmeasured.values())}.")
    edges = interval_edges(horizons)
    first_events = len(rows.first_event_days(edges[-1]))
    if first_events == 0:
        raise EvidenceError(
            f"No {settings.event} within {edges[-1]:.0f} months in {len(rows)} rows at risk: "
            f"a probability cannot be estimated from this ledger.{_ADD.get(settings.event, '')}"
        )
    rows = with_chances(rows)
    evidence = evidence_of(rows, edges[-1], first_events, dated) | undecided_evidence(rows)
    evidence["unmeasured_horizons"] = {str(horizon): reason for horizon, reason in unmeasured.items()}
    chosen, weight = sampled(rows, edges, settings.max_rows, settings.booster.seed)
    if weight is not None:
        rows = dataclasses.replace(rows, weight=weight).take(chosen)
    if read is not None:
        rows = dataclasses.replace(rows, values=read(rows))
    features, rows, dropped = usable(names, rows)
    expanded = expand(rows, edges)
    evidence |= dropped
    evidence |= {
        "rows_used_share": float(1 / expanded.weight.max()),
        "prior_rate": settings.prior.rate,
        "prior_source": settings.prior.source,
    }
    rung = rung_for(first_events) if settings.rung == "auto" else settings.rung
    leaving = fit_leaving(rows.values, features, expanded, n_intervals=len(edges) - 1)
    calibration = _calibration(rows, features, edges, rung, settings, dated=dated)
    intensity = settings.intensity(rung, rows, expanded, features, edges, first_events)
    log_rates = intensity.log_intensity(rows.values)
    of_ledger = rung != "expert_card" and not set(features).isdisjoint(catalogue())
    calibration = calibration.keeping_total(
        log_rates[expanded.row, expanded.interval], expanded, unforeseen=settings.unforeseen if of_ledger else 0.0
    )
    nothing = np.full((1, len(features)), np.nan)
    cold_start = fit_cold_start(
        rows.values,
        features,
        expanded,
        calibration.apply(log_rates)[expanded.row, expanded.interval],
        log_rate_of_nulls=calibration.apply(intensity.log_intensity(nothing))[0],
        widths=np.diff(edges),
        first_events=first_events,
    )
    evidence["cold_start"] = cold_start.says
    return Fitted(features, edges, leaving, cold_start, intensity, calibration), rung, evidence


def _calibration(
    rows: Rows, features: tuple[str, ...], edges: np.ndarray, rung: str, settings: FitSettings, *, dated: bool
) -> Calibration:
    """Fit on the earlier dates with what was known then, and learn the map on the later ones."""
    n_intervals = len(edges) - 1
    if not dated:
        return identity("the rows were given without dates", n_intervals=n_intervals)
    if rung == "expert_card":
        reason = "the level of the card is the ledger's own rate blended with the prior"
        return identity(reason, n_intervals=n_intervals)
    day = split_day(rows.first_event_days(edges[-1]), rows.day)
    if day is None:
        return identity("no date has events on both sides of it", n_intervals=n_intervals)
    split_on = str(np.datetime64(day, "D"))
    early, later = with_chances(rows.known_on(day), known_on=day), rows.take(rows.day >= day)
    early_events = len(early.first_event_days(edges[-1]))
    if early_events == 0:
        return identity(f"no event was known before {split_on}", n_intervals=n_intervals, split_on=split_on)
    expanded = expand(early, edges)
    most = max(CALIBRATION_ROWS, ROWS_AN_EVENT_ROW * int(expanded.target.sum()))
    expanded = bounded(expanded, early, min(settings.max_rows, most), settings.booster.seed)
    intensity = settings.intensity(rung, early, expanded, features, edges, early_events)
    predicted = dataclasses.replace(later, values=intensity.log_intensity(later.values))
    return fit_calibration(predicted, edges=edges, split_on=split_on)
