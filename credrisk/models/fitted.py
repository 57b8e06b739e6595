"""What a fitted model computes: its features, rates, curves and calibration, turned into probabilities and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.models.calibration import Calibration, proportional
from credrisk.models.cold_start import ColdStart
from credrisk.models.intervals import cumulative_incidence
from credrisk.models.leaving import LeavingIntensity
from credrisk.models.rows import as_values
from credrisk.models.rungs import Intensity

__all__ = ["Fitted"]

ROWS_AT_ONCE = 100_000
"""Rows scored at one time: memory holds their features as numbers once, not those of the whole panel."""


@dataclass(frozen=True)
class Fitted:
    """The parts of a fitted model of the bad debt, the default or the late payment.

    Attributes
    ----------
    features
        Features computed with, in the order of the columns of ``values`` below.
    edges
        Bounds of the horizon intervals, months, shape (n_intervals + 1,), from 0.
    intensity, leaving
        Monthly rates of the target and of leaving in good standing.
    cold_start
        What a customer without a payment record is given.
    calibration
        The map of the log rates.
    """

    features: tuple[str, ...]
    edges: np.ndarray
    leaving: LeavingIntensity
    cold_start: ColdStart
    intensity: Intensity
    calibration: Calibration

    def values(self, frame: pl.DataFrame) -> np.ndarray:
        """Return the features as numbers, NaN = null, shape (n_rows, n_features)."""
        return as_values(frame.select(self.features)) if self.features else np.empty((frame.height, 0))

    def log_rate(self, values: np.ndarray) -> np.ndarray:
        """Return the calibrated log monthly rates, shape (n_rows, n_intervals)."""
        log_rate: np.ndarray = self.calibration.apply(self.intensity.log_intensity(values))
        log_rate += self.cold_start.added(values)[:, None]
        return log_rate

    def probabilities(self, frame: pl.DataFrame, horizons: Sequence[float]) -> np.ndarray:
        """Return the probabilities within each horizon, NaN beyond the last measured one, a block of rows at a time."""
        found = np.full((frame.height, len(horizons)), np.nan)
        known = [place for place, horizon in enumerate(horizons) if horizon <= self.edges[-1]]
        for start in range(0, frame.height, ROWS_AT_ONCE):
            values = self.values(frame[start : start + ROWS_AT_ONCE])
            found[start : start + ROWS_AT_ONCE, known] = cumulative_incidence(
                self.log_rate(values),
                self.leaving.log_intensity(values),
                self.edges,
                [horizons[place] for place in known],
            )
        return found

    def contributions(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return contributions to the calibrated mean log rate, intervals weighted by their width, and the base.

        The columns are ``cold_start.told``: the features, and ``no_payment_record`` where the model can tell it.
        """
        share = np.diff(self.edges) / self.edges[-1]
        calibration = self.calibration
        if calibration.curved:
            parts, _ = self.intensity.contributions(values, share)
            rates = self.intensity.log_intensity(values)
            parts, base = proportional(parts, rates, share, calibration.without_floor)
        else:
            parts, base = self.intensity.contributions(values, share * np.array(calibration.slope))
            base = base + share @ np.array(calibration.level)
        if any(calibration.floor):
            # What comes without a sign is no feature's doing, so that a feature's part does not depend on the others.
            rates = self.intensity.log_intensity(values)
            base = base + (calibration.apply(rates) - calibration.without_floor(rates)) @ share
        return self.cold_start.parts_told(parts, values), base
