"""Calibration out of time: does a model that did not know the later months tell good from bad as sharply as it says?

A model fitted on the earlier dates, with only what was known then, predicts the later ones. What is learnt there is the
slope of a log-linear map of the interval intensities: below 1 where the model overstates its differences, above 1 where
it understates them. The term structure is rebuilt from the mapped intensities, so it stays monotone.

The level is not taken from the later part. The final model is fitted on every row, so it has the later months' level in
it already; adding the later part's surplus again would count it twice, and with tens of events it is mostly chance. The
map keeps the final model's expected number of events, and the later part's observed / expected is reported.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from credrisk.models.intervals import Expanded

__all__ = ["Calibration", "fit_calibration", "identity", "split_day"]

EVENTS_FOR_SLOPE = 20
"""Distinct later events needed to change the slope."""

LEVEL_SD, SLOPE_SD = 0.5, 0.25
"""Standard deviations of the beliefs that the level is right (0) and the slope is right (1), in log rate."""

LEAST_SLOPE = 0.1
"""A model may be flattened, never turned round."""

MOST_STEPS, LONGEST_STEP = 50, 0.5
"""Bounds of Newton's method."""

EARLY_SHARE = 0.6
"""Share of the distinct events that the earlier part should hold."""


@dataclass(frozen=True)
class Calibration:
    """A log-linear map of log intensities: level + slope * log intensity.

    Attributes
    ----------
    method
        ``identity`` or ``slope``.
    level, slope
        The map.
    events
        Distinct later events it rests on.
    observed_to_expected
        Later events divided by what the earlier model expected of those rows; None where not measured.
    split_on
        First day of the later part (ISO), "" where there is none.
    reason
        Why this method.
    """

    method: str
    level: float
    slope: float
    events: int
    observed_to_expected: float | None
    split_on: str
    reason: str

    def apply(self, log_intensity: np.ndarray) -> np.ndarray:
        """Map log intensities."""
        return self.level + self.slope * log_intensity

    def keeping_total(self, log_intensity: np.ndarray, exposure: np.ndarray) -> Calibration:
        """Return the map with the level at which the expected number of events stays what it was."""
        before = float(exposure @ np.exp(log_intensity))
        after = float(exposure @ np.exp(self.slope * log_intensity))
        return dataclasses.replace(self, level=float(np.log(before / after)))


def identity(reason: str, *, events: int = 0, split_on: str = "", ratio: float | None = None) -> Calibration:
    """Return the map that changes nothing, with the reason."""
    return Calibration("identity", 0.0, 1.0, events, ratio, split_on, reason)


def split_day(event_days: np.ndarray, row_days: np.ndarray) -> int | None:
    """Return the first row day of the later part: the day by which ``EARLY_SHARE`` of the events had happened.

    None when no row day leaves events on both sides.
    """
    if not len(event_days):
        return None
    wanted = np.quantile(event_days, EARLY_SHARE, method="higher")
    later = np.unique(row_days[row_days >= wanted])
    if not len(later) or later[0] == row_days.min() or not (event_days > later[0]).any():
        return None
    return int(later[0])


def fit_calibration(log_intensity: np.ndarray, later: Expanded, *, first_events: int, split_on: str) -> Calibration:
    """Learn the map from the later rows.

    Parameters
    ----------
    log_intensity
        The earlier model's log rate for every entry of ``later``.
    later
        The later rows cut into intervals.
    first_events
        Distinct events among them.
    split_on
        First day of the later part.

    Notes
    -----
    Maximises the Poisson log likelihood, divided by the number of rows that see the same event, plus the log of the
    normal beliefs, over level and slope by Newton's method; the level is then left aside.
    """
    exposure = later.exposure * later.weight
    expected = exposure * np.exp(log_intensity)
    events = float(later.target.sum())
    ratio = events / float(expected.sum())
    if first_events < EVENTS_FOR_SLOPE:
        reason = f"{first_events} later events, below the {EVENTS_FOR_SLOPE} that a slope needs"
        return identity(reason, events=first_events, split_on=split_on, ratio=ratio)
    repeats = max(1.0, events / first_events)
    away = log_intensity - float(np.average(log_intensity, weights=expected))
    level, slope = 0.0, 1.0
    for _ in range(MOST_STEPS):
        rate = expected * np.exp(level + (slope - 1) * away) / repeats
        surplus = rate - later.target / repeats
        gradient = np.array([surplus.sum() + level / LEVEL_SD**2, surplus @ away + (slope - 1) / SLOPE_SD**2])
        cross = float(rate @ away)
        hessian = np.array([[rate.sum() + 1 / LEVEL_SD**2, cross], [cross, float(rate @ away**2) + 1 / SLOPE_SD**2]])
        step = np.clip(np.linalg.solve(hessian, gradient), -LONGEST_STEP, LONGEST_STEP)
        level, slope = level - float(step[0]), slope - float(step[1])
        if np.abs(step).max() < 1e-10:
            break
    return Calibration(
        "slope", 0.0, max(slope, LEAST_SLOPE), first_events, ratio, split_on, f"{first_events} later events"
    )
