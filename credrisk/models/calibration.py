"""Calibration out of time: does a model that did not know the later months tell good from bad as sharply as it says?

A model fitted on the earlier dates, with only what was known then, predicts the later ones. Several maps of its rates
may be learnt there: none, a slope (Platt's, in the log rate), beta, isotonic, Venn-Abers. Each is learnt for every
horizon interval on its own, for what is seen today fades: a late payer of this month is sooner an average customer
again than a model without that thought says. Which method is taken is decided in time order again: each is learnt on
the earlier half of the later dates and judged on the rest, and the simplest is kept unless another is better beyond
noise. The term structure is rebuilt from the mapped rates, so it stays monotone in the horizon.

The level is not taken from the later part. The final model is fitted on every row, so it has the later months' level
in it already; adding the later part's surplus again would count it twice, and with tens of events it is mostly chance.
The map keeps the final model's expected events in each interval; the later part's observed / expected is reported.

Some customers fail without a sign that any model could have read. A share of the rate may be spread evenly over all of
them; a model without that thought understates the safest, and overstates those in whom many bad signs meet.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from credrisk.models.calibration_maps import (
    Cells,
    beta_map,
    isotonic_map,
    most_probable_slope,
    venn_abers_map,
)
from credrisk.models.intervals import Expanded, expand
from credrisk.models.rows import Rows

__all__ = ["METHODS", "Calibration", "fit_calibration", "identity", "proportional", "split_day"]

METHODS = ("identity", "slope", "beta", "isotonic", "venn_abers")
"""From the simplest to the freest: nothing, a straight line in the log rate, then curves."""

EVENTS_FOR_SLOPE = 20
"""Distinct later events needed for any map, in the judged rows too; and of an interval for a map of its own."""

EVENTS_FOR_CURVE = 100
"""Distinct events among the judged rows from which a curve may be chosen: with fewer its shape is chance."""

BEYOND_NOISE = 2.0
"""Standard errors by which a freer map must be better than the simpler one to be taken in its place."""

CURVES: dict[str, Callable[[Cells], tuple[np.ndarray, np.ndarray]]] = {
    "beta": beta_map,
    "isotonic": isotonic_map,
    "venn_abers": venn_abers_map,
}

EARLY_SHARE, LEARNT_SHARE = 0.6, 0.5
"""Share of the distinct events before the later part; and of those of the later part before the judged rows."""


@dataclass(frozen=True)
class Calibration:
    """A map of log intensities, interval by interval: level + slope * log intensity, or level + a curve; and a floor.

    The rate of that is added to ``floor``.

    Attributes
    ----------
    method
        One of :data:`METHODS`.
    level, slope
        One entry per horizon interval.
    events
        Distinct later events it rests on.
    observed_to_expected
        Later events divided by what the earlier model expected of those rows; None where not measured.
    split_on
        First day of the later part (ISO), "" where there is none.
    reason
        Why this method.
    floor
        Events a month that are added to the mapped rate of everybody, one entry per interval; empty for none.
    knots_in, knots_out
        The curve of each interval: log intensities, rising, and what they become; straight between the knots and, with
        slope 1, beyond them. Empty where there is none.
    scores
        By method, the log likelihood gained over no map on the judged rows, a distinct event, with the intervals as
        heavy as they are wide; empty where nothing was judged.
    score_errors
        Standard errors of ``scores``, over customers.
    """

    method: str
    level: tuple[float, ...]
    slope: tuple[float, ...]
    events: int
    observed_to_expected: float | None
    split_on: str
    reason: str
    floor: tuple[float, ...] = ()
    knots_in: tuple[tuple[float, ...], ...] = ()
    knots_out: tuple[tuple[float, ...], ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    score_errors: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hold a map read from a file to its rules: one curve an interval, and neither they nor the slopes fall."""
        for name in ("knots_in", "knots_out"):
            curves = tuple(tuple(float(knot) for knot in curve) for curve in getattr(self, name))
            object.__setattr__(self, name, curves or ((),) * len(self.slope))
        floor = tuple(float(rate) for rate in self.floor) or (0.0,) * len(self.slope)
        object.__setattr__(self, "floor", floor)
        kept = self.method in METHODS and len(self.knots_in) == len(self.knots_out) == len(self.slope)
        kept = kept and len(self.floor) == len(self.slope) and all(0 <= rate < np.inf for rate in self.floor)
        kept = kept and all(slope > 0 for slope in self.slope)
        for knots in zip(self.knots_in, self.knots_out, strict=kept):
            given, mapped = (np.array(side) for side in knots)
            kept &= len(given) == len(mapped) and bool(np.isfinite(given).all() and np.isfinite(mapped).all())
            kept = kept and bool((np.diff(given) > 0).all() and (np.diff(mapped) >= 0).all())
        if not kept:
            raise ValueError("the calibration map")

    @property
    def curved(self) -> bool:
        """Whether an interval's map is not a straight line, its floor left aside."""
        return any(self.knots_in)

    def apply(self, log_intensity: np.ndarray) -> np.ndarray:
        """Map log intensities, shape (n_rows, n_intervals)."""
        mapped = self.without_floor(log_intensity)
        for interval, rate in enumerate(self.floor):
            if rate > 0:
                mapped[:, interval] = np.logaddexp(mapped[:, interval], np.log(rate))
        return mapped

    def without_floor(self, log_intensity: np.ndarray) -> np.ndarray:
        """Map log intensities but for what is added to everybody's rate."""
        columns = [self._shaped(column, interval) for interval, column in enumerate(log_intensity.T)]
        mapped: np.ndarray = np.array(self.level) + np.stack(columns, axis=1)
        return mapped

    def keeping_total(self, log_intensity: np.ndarray, expanded: Expanded, *, unforeseen: float = 0.0) -> Calibration:
        """Return the map with the levels at which each interval's expected number of events stays what it was.

        Parameters
        ----------
        log_intensity
            The uncalibrated one of every entry of ``expanded``.
        unforeseen
            Share of the expected events that is spread evenly over all months at risk, 0 to below 1.
        """
        exposure = expanded.exposure * expanded.weight
        n_intervals = len(self.slope)
        shaped = np.empty(len(log_intensity))
        for interval in range(n_intervals):
            here = expanded.interval == interval
            shaped[here] = self._shaped(log_intensity[here], interval)
        before = np.bincount(expanded.interval, exposure * np.exp(log_intensity), n_intervals)
        after = np.bincount(expanded.interval, exposure * np.exp(shaped), n_intervals)
        months = np.bincount(expanded.interval, exposure, n_intervals)
        # An interval that nobody was watched in has no total to keep: its rates stay.
        ratio = np.divide((1 - unforeseen) * before, after, out=np.ones(n_intervals), where=months > 0)
        level = np.log(ratio)
        floor = np.divide(unforeseen * before, months, out=np.zeros(n_intervals), where=months > 0)
        return dataclasses.replace(self, level=tuple(level.tolist()), floor=tuple(floor.tolist()))

    def _shaped(self, log_intensity: np.ndarray, interval: int) -> np.ndarray:
        """Return the map of one interval without its level."""
        known, mapped = self.knots_in[interval], self.knots_out[interval]
        if not known:
            return self.slope[interval] * log_intensity
        beyond = log_intensity - np.clip(log_intensity, known[0], known[-1])
        curved: np.ndarray = np.interp(log_intensity, known, mapped) + beyond
        return curved


def identity(
    reason: str, *, n_intervals: int, events: int = 0, split_on: str = "", ratio: float | None = None
) -> Calibration:
    """Return the map that changes nothing, with the reason."""
    return Calibration("identity", (0.0,) * n_intervals, (1.0,) * n_intervals, events, ratio, split_on, reason)


def split_day(event_days: np.ndarray, row_days: np.ndarray, *, share: float = EARLY_SHARE) -> int | None:
    """Return the first row day of the later part: the day by which ``share`` of the events had happened.

    None when no row day leaves events on both sides.
    """
    if not len(event_days):
        return None
    wanted = np.quantile(event_days, share, method="higher")
    later = np.unique(row_days[row_days >= wanted])
    if not len(later) or later[0] == row_days.min() or not (event_days > later[0]).any():
        return None
    return int(later[0])


def fit_calibration(later: Rows, *, edges: np.ndarray, split_on: str) -> Calibration:
    """Choose a map and learn it from the later rows.

    Parameters
    ----------
    later
        The later rows; ``values`` hold the earlier model's log rate in each interval, shape (n_rows, n_intervals).
    edges
        Interval bounds in months, shape (n_intervals + 1,).
    split_on
        First day of the later part.

    Notes
    -----
    Under ``EVENTS_FOR_SLOPE`` later events nothing is changed. Where the judged rows hold fewer, they cannot decide,
    and no map is taken either. Else, from the simplest method on, the choice moves to a freer one where that is better
    than the present choice by more than ``BEYOND_NOISE`` standard errors of the paired difference over customers; a
    curve (beta, isotonic, Venn-Abers) may be chosen only from ``EVENTS_FOR_CURVE`` judged events on. Each
    method is judged with the level that suits it best, interval by interval, for the level is set apart from the shape.
    """
    n_intervals = len(edges) - 1
    expanded, log_rate = _cells_of(later, edges)
    events = len(later.first_event_days(edges[-1]))
    at_risk = expanded.exposure * expanded.weight
    ratio = float(expanded.target.sum()) / float((at_risk * np.exp(log_rate)).sum())

    def unchanged(reason: str) -> Calibration:
        return identity(reason, n_intervals=n_intervals, events=events, split_on=split_on, ratio=ratio)

    if events < EVENTS_FOR_SLOPE:
        return unchanged(f"{events} later events, below the {EVENTS_FOR_SLOPE} that a slope needs")
    day = split_day(later.first_event_days(edges[-1]), later.day, share=LEARNT_SHARE)
    judged = later.take(later.day >= day) if day is not None else later.take(np.zeros(len(later), dtype=bool))
    judged_events = len(judged.first_event_days(edges[-1]))
    if day is None or judged_events < EVENTS_FOR_SLOPE:
        reason = f"{judged_events} events in the judged rows, below the {EVENTS_FOR_SLOPE} that a choice needs"
        return unchanged(reason)
    gains = _gains(later.known_on(day), judged, edges)
    allowed = METHODS if judged_events >= EVENTS_FOR_CURVE else ("identity", "slope")
    chosen = _choice({name: gains[name] for name in allowed})
    scores = {name: float(gain.sum()) / judged_events for name, gain in gains.items()}
    errors = {name: _standard_error(gain) / judged_events for name, gain in gains.items()}
    best = max(allowed, key=lambda name: scores[name])
    reason = f"{events} later events; of {', '.join(allowed)}, judged on {judged_events} of them, "
    if chosen == best:
        reason += f"{chosen} did best"
    else:
        reason += f"{best} did best, but no better than {chosen} beyond noise"
    return dataclasses.replace(
        _learnt(chosen, later, edges),
        events=events,
        observed_to_expected=ratio,
        split_on=split_on,
        reason=reason,
        scores=scores,
        score_errors=errors,
    )


def proportional(
    parts: np.ndarray, log_intensity: np.ndarray, share: np.ndarray, apply: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return contributions to a mean log rate that a curve has changed, and the base they add up from.

    Parameters
    ----------
    parts
        Contributions to the mean log rate before the curve, shape (n_rows, n_features).
    log_intensity, share
        The log rates before the curve, shape (n_rows, n_intervals), and the weight of each interval.
    apply
        The curve.

    Notes
    -----
    What the curve makes of the whole is shared in proportion to the parts: the Aumann-Shapley value of a function of a
    sum. The base is the curve's value where every part is none.
    """
    total = parts.sum(axis=1)
    mapped, without = (apply(rates) @ share for rates in (log_intensity, log_intensity - total[:, None]))
    stretch = np.divide(mapped - without, total, out=np.zeros(len(total)), where=np.abs(total) > 1e-9)
    stretched = parts * stretch[:, None]
    return stretched, mapped - stretched.sum(axis=1)


def _cells_of(rows: Rows, edges: np.ndarray) -> tuple[Expanded, np.ndarray]:
    """Return the rows cut into intervals, and the predicted log rate of each entry."""
    expanded = expand(rows, edges)
    return expanded, rows.values[expanded.row, expanded.interval]


def _distinct_events(rows: Rows, expanded: Expanded, n_intervals: int) -> np.ndarray:
    """Return the distinct events of each interval: in one as long as six months up to six rows see the same event."""
    hits = [expanded.row[(expanded.interval == interval) & expanded.hit] for interval in range(n_intervals)]
    return np.array([len(rows.take(hit).first_event_days(np.inf)) for hit in hits])


def _learnt(method: str, rows: Rows, edges: np.ndarray) -> Calibration:
    """Learn one method's map for each interval that saw events enough; the levels are left at 0."""
    n_intervals = len(edges) - 1
    slope = [1.0] * n_intervals
    knots: list[tuple[np.ndarray, np.ndarray]] = [(np.empty(0), np.empty(0))] * n_intervals
    expanded, log_rate = _cells_of(rows, edges)
    events = _distinct_events(rows, expanded, n_intervals)
    for interval in range(n_intervals):
        if method == "identity" or events[interval] < EVENTS_FOR_SLOPE:
            continue
        here = expanded.interval == interval
        repeats = float(expanded.hit[here].sum()) / events[interval]
        months = expanded.exposure[here] * expanded.weight[here] / repeats
        cells = Cells(log_rate[here], months, expanded.target[here] / repeats)
        if method == "slope":
            slope[interval] = most_probable_slope(cells)
        else:
            knots[interval] = CURVES[method](cells)
    knots_in, knots_out = (tuple(tuple(curve[side].tolist()) for curve in knots) for side in (0, 1))
    plain = identity("", n_intervals=n_intervals)
    return dataclasses.replace(plain, method=method, slope=tuple(slope), knots_in=knots_in, knots_out=knots_out)


def _gains(learnt: Rows, judged: Rows, edges: np.ndarray) -> dict[str, np.ndarray]:
    """Return the log likelihood that each method gains over no map on the judged rows, by customer.

    One event is seen from many rows of its customer: the sums are divided by that number, which sets their common scale
    and no choice. The judged rows, the latest of all, have been watched for a short time mostly; each interval's part
    is weighted so that the intervals count as in the whole horizon, by their widths, and so however many rows see an
    event in it.
    """
    expanded = expand(judged, edges)
    at_risk = expanded.exposure * expanded.weight
    n_intervals = len(edges) - 1
    repeats = expanded.repeats(max(len(judged.first_event_days(edges[-1])), 1))
    observed = np.bincount(expanded.interval, expanded.target, n_intervals)
    watched = np.bincount(expanded.interval, at_risk, n_intervals)
    wanted = np.diff(edges) * watched.sum() / edges[-1]
    weight = np.divide(wanted, watched, out=np.zeros(n_intervals), where=watched > 0)[expanded.interval] / repeats
    customer = np.unique(judged.group[expanded.row], return_inverse=True)[1]

    def likelihood(method: str) -> np.ndarray:
        log_rate = _learnt(method, learnt, edges).apply(judged.values)[expanded.row, expanded.interval]
        expected = np.bincount(expanded.interval, at_risk * np.exp(log_rate), n_intervals)
        level = np.log(np.maximum(observed, 0.5) / np.where(expected > 0, expected, 1.0))
        log_rate = log_rate + level[expanded.interval]
        return np.bincount(customer, weight * (expanded.target * log_rate - at_risk * np.exp(log_rate)))

    by_method = {method: likelihood(method) for method in METHODS}
    return {method: told - by_method["identity"] for method, told in by_method.items()}


def _standard_error(gain: np.ndarray) -> float:
    """Return the standard error of the sum of one number a customer."""
    return float(np.sqrt(((gain - gain.mean()) ** 2).sum()))


def _choice(gains: Mapping[str, np.ndarray]) -> str:
    chosen = METHODS[0]
    for method, gain in gains.items():
        more = gain - gains[chosen]
        if more.sum() > BEYOND_NOISE * _standard_error(more):
            chosen = method
    return chosen
