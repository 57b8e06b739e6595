"""Calibration out of time: does a model that did not know the later months tell good from bad as sharply as it says?

A model fitted on the earlier dates, with only what was known then, predicts the later ones. What is learnt there is,
for each horizon interval, the slope of a log-linear map of its intensity: below 1 where the model overstates its
differences, above 1 where it understates them. An interval has its own slope, for what is seen today fades: a late
payer of this month is sooner an average customer again than a model without that thought says. The term structure is
rebuilt from the mapped intensities, so it stays monotone.

The level is not taken from the later part. The final model is fitted on every row, so it has the later months' level
in it already; adding the later part's surplus again would count it twice, and with tens of events it is mostly chance.
The map keeps the final model's expected events in each interval; the later part's observed / expected is reported.
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
    """A log-linear map of log intensities, interval by interval: level + slope * log intensity.

    Attributes
    ----------
    method
        ``identity`` or ``slope``.
    level, slope
        The map, one entry per horizon interval.
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
    level: tuple[float, ...]
    slope: tuple[float, ...]
    events: int
    observed_to_expected: float | None
    split_on: str
    reason: str

    def apply(self, log_intensity: np.ndarray) -> np.ndarray:
        """Map log intensities, shape (n_rows, n_intervals)."""
        mapped: np.ndarray = np.array(self.level) + np.array(self.slope) * log_intensity
        return mapped

    def keeping_total(self, log_intensity: np.ndarray, expanded: Expanded) -> Calibration:
        """Return the map with the levels at which each interval's expected number of events stays what it was.

        ``log_intensity`` is the uncalibrated one of every entry of ``expanded``.
        """
        exposure = expanded.exposure * expanded.weight
        n_intervals = len(self.slope)
        mapped = np.exp(np.array(self.slope)[expanded.interval] * log_intensity)
        before = np.bincount(expanded.interval, exposure * np.exp(log_intensity), n_intervals)
        after = np.bincount(expanded.interval, exposure * mapped, n_intervals)
        level = np.log(np.divide(before, after, out=np.ones(n_intervals), where=after > 0))
        return dataclasses.replace(self, level=tuple(level.tolist()))


def identity(
    reason: str, *, n_intervals: int, events: int = 0, split_on: str = "", ratio: float | None = None
) -> Calibration:
    """Return the map that changes nothing, with the reason."""
    return Calibration("identity", (0.0,) * n_intervals, (1.0,) * n_intervals, events, ratio, split_on, reason)


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


def fit_calibration(
    log_intensity: np.ndarray, later: Expanded, *, n_intervals: int, first_events: int, split_on: str
) -> Calibration:
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
    """
    expected = later.exposure * later.weight * np.exp(log_intensity)
    ratio = float(later.target.sum()) / float(expected.sum())
    if first_events < EVENTS_FOR_SLOPE:
        reason = f"{first_events} later events, below the {EVENTS_FOR_SLOPE} that a slope needs"
        return identity(reason, n_intervals=n_intervals, events=first_events, split_on=split_on, ratio=ratio)
    slopes = []
    for interval in range(n_intervals):
        here = later.interval == interval
        slopes.append(_slope(log_intensity[here], expected[here], later.target[here], first_events))
    return Calibration(
        "slope", (0.0,) * n_intervals, tuple(slopes), first_events, ratio, split_on, f"{first_events} later events"
    )


def _slope(log_intensity: np.ndarray, expected: np.ndarray, target: np.ndarray, first_events: int) -> float:
    """Return the most probable slope of one interval; 1 where it saw too few events.

    Maximises the Poisson log likelihood, divided by the number of rows that see the same event, plus the log of the
    normal beliefs, over level and slope by Newton's method; the level is then left aside.
    """
    events = float(target.sum())
    if events < EVENTS_FOR_SLOPE:
        return 1.0
    repeats = max(1.0, events / first_events)
    away = log_intensity - float(np.average(log_intensity, weights=expected))
    level, slope = 0.0, 1.0
    for _ in range(MOST_STEPS):
        rate = expected * np.exp(level + (slope - 1) * away) / repeats
        surplus = rate - target / repeats
        gradient = np.array([surplus.sum() + level / LEVEL_SD**2, surplus @ away + (slope - 1) / SLOPE_SD**2])
        cross = float(rate @ away)
        hessian = np.array([[rate.sum() + 1 / LEVEL_SD**2, cross], [cross, float(rate @ away**2) + 1 / SLOPE_SD**2]])
        step = np.clip(np.linalg.solve(hessian, gradient), -LONGEST_STEP, LONGEST_STEP)
        level, slope = level - float(step[0]), slope - float(step[1])
        if np.abs(step).max() < 1e-10:
            break
    return max(slope, LEAST_SLOPE)
