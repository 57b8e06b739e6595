"""Fitting a scorecard: choose on later dates, calibrate there, then fit again on every row.

The order of time is kept throughout: bins and coefficients that are judged on the later rows come from the earlier ones
with what was known when the later began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import EvidenceError
from credrisk.features.catalogue import SELLERS_CONDUCT, catalogue
from credrisk.models.binning import Bins, Worse, bin_variable
from credrisk.models.calibration import split_day
from credrisk.models.horizon_outcome import horizon_counts, watched
from credrisk.models.points_card import PointsCard, Scale
from credrisk.models.pooling import BinRules, Counts
from credrisk.models.rows import Rows
from credrisk.models.scorecard_choice import CONDUCT, EXCLUDED, UNDIRECTED, Candidate, choose, later_value, unfounded
from credrisk.models.woe_regression import fit_level, fit_slope, fit_woe_regression

__all__ = ["CardSettings", "fit_card"]

EVENTS_A_VARIABLE = 10
"""Distinct events for each variable on the card: the rule of ten."""

LEAST_EVENTS = 10
"""Distinct events below which no card is fitted; the expert card of BadDebtModel stands in."""

FEW_EVENTS = 30
"""Distinct events below which a card is fitted with a warning."""

FEW_EVENTS_SAID = (
    "Only {events} distinct events within {months} months: below about 30 the points are little more than chance, and "
    "the expert card of BadDebtModel is the more honest answer."
)

EVENTS_FOR_SLOPE = 20
"""Distinct later events from which on the spread of the scores is calibrated out of time."""

LEAST_DOUBLINGS = 0.25
"""How often a variable must double the odds from its worst bin to its best: below, it only fills lines of the card."""

LEAST_SLOPE = 0.1
"""Scores may be flattened, never turned round."""

WATCHED_LATER = 0.2
"""Share of the later rows that must be watched for the months over which they are judged."""


@dataclass(frozen=True)
class CardSettings:
    """How a card is fitted; ``given`` are the variables where they were not to be chosen, ``excluded`` never stand."""

    months: int
    scale: Scale
    whole_points: bool
    most_variables: int
    iv_bounds: tuple[float, float]
    bins: BinRules
    specials: Mapping[str, tuple[float, ...]]
    worse: Mapping[str, Worse]
    given: tuple[str, ...]
    excluded: tuple[str, ...]
    dated: bool

    def barred(self, name: str) -> str:
        """Return why a variable is no candidate, "" where it is one: some of the catalogue have to be asked for."""
        entry = catalogue().get(name)
        if name in self.excluded:
            return EXCLUDED
        if entry is None or name in self.given or name in self.worse:
            return ""
        if entry.question in SELLERS_CONDUCT:
            return CONDUCT
        return UNDIRECTED if entry.worse == "none" else ""

    def binned(self, column: pl.Series, counts: Counts) -> Bins:
        """Bin a variable in its worse direction."""
        entry = catalogue().get(column.name)
        worse = self.worse.get(column.name, entry.worse if entry is not None else "none")
        specials = self.specials.get(column.name, ())
        return bin_variable(column, counts, worse=worse, specials=specials, rules=self.bins)


@dataclass(frozen=True)
class _Split:
    """The earlier rows as they were known at the split, and the later ones."""

    early: Rows
    early_counts: Counts
    later: Rows
    later_counts: Counts


def fit_card(
    frame: pl.DataFrame, rows: Rows, settings: CardSettings
) -> tuple[PointsCard, pl.DataFrame, dict[str, Any]]:
    """Return the card, what became of each candidate, and what it rests on.

    Parameters
    ----------
    frame
        The candidates, in the order in which ties are decided.
    rows
        The outcomes; the one value of a row is its position in ``frame``.

    Raises
    ------
    EvidenceError
        With too few events, too few rows watched for the horizon, or no variable that holds on later dates.
    """
    months = settings.months
    counts = horizon_counts(rows, months)
    events = round(float(counts.events.sum()))
    if events < LEAST_EVENTS:
        raise EvidenceError(
            f"{events} distinct events within {months} months: a scorecard needs {LEAST_EVENTS} or more. "
            f"BadDebtModel answers with its expert card."
        )
    evidence: dict[str, Any] = {
        "rows": len(rows),
        "customers": len(np.unique(rows.group)),
        "events": events,
        "warning": FEW_EVENTS_SAID.format(events=events, months=months) if events < FEW_EVENTS else None,
        "watched_share": float(watched(rows.event, rows.months, np.array([float(months)]))[0]),
        "split_on": None,
        "later_events": None,
        "later_months": None,
        "slope": 1.0,
        "reason": "no date has events on both sides" if settings.dated else "the rows were given without dates",
    }
    split = _split(rows, months, evidence) if settings.dated else None
    chosen, report = _chosen(frame, rows, counts, split, settings, events)
    if not chosen:
        raise EvidenceError("No variable tells later goods from later bads: a scorecard cannot be fitted.")
    if split is not None:
        _calibrate(frame, chosen, split, settings, evidence)
    card, report = _card(frame, chosen, rows, counts, settings, float(evidence["slope"]), report)
    return card, report, evidence


def _split(rows: Rows, months: int, evidence: dict[str, Any]) -> _Split | None:
    """Split by date: the earlier rows with what was known at the split, and the later ones.

    The later rows may not have been watched for the whole horizon; then their outcome is that within the longest
    shorter one, for ranking and slope need no more.
    """
    day = split_day(rows.first_event_days(months), rows.day)
    if day is None:
        return None
    early, later = rows.known_on(day), rows.take(rows.day >= day)
    whole = np.arange(months, 0, -1, dtype=float)
    reached = whole[watched(later.event, later.months, whole) >= WATCHED_LATER]
    if not len(reached):
        evidence["reason"] = "the later rows were not watched for a month"
        return None
    try:
        early_counts = horizon_counts(early, months)
        later_counts = horizon_counts(later, float(reached[0]))
    except EvidenceError as error:
        evidence["reason"] = f"the rows cannot be split by date: {str(error).rstrip('.')}"
        return None
    evidence["split_on"] = str(np.datetime64(day, "D"))
    evidence["later_events"] = round(float(later_counts.events.sum()))
    evidence["later_months"] = int(reached[0])
    return _Split(early, early_counts, later, later_counts)


def _chosen(
    frame: pl.DataFrame, rows: Rows, counts: Counts, split: _Split | None, settings: CardSettings, events: int
) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Choose the variables; without later rows the choice rests on all of them."""
    split = split or _Split(rows, counts, rows, counts)
    entries = catalogue()
    early_frame, later_frame = frame[_positions(split.early)], frame[_positions(split.later)]
    candidates, barred = [], {}
    for name in frame.columns:
        if why := settings.barred(name):
            barred[name] = why
            continue
        bins = settings.binned(early_frame[name], split.early_counts)
        woe, later_woe = (np.array(bins.woe)[bins.place(part[name])] for part in (early_frame, later_frame))
        question = entries[name].question if name in entries else name
        value = later_value(later_woe, split.later_counts)
        has_value = bins.place(later_frame[name]) < len(bins) - 1
        measured = later_value(later_woe[has_value], split.later_counts.take(has_value))
        candidates.append(Candidate(question, bins, woe, later_woe, value, measured))
    most = min(settings.most_variables, max(2, events // EVENTS_A_VARIABLE))
    chosen, report = choose(candidates, split.early_counts, split.later_counts, most=most, iv_bounds=settings.iv_bounds)
    left_out = {
        "variable": list(barred),
        "question": [entries[name].question if name in entries else name for name in barred],
        "decision": list(barred.values()),
    }
    others = pl.DataFrame(left_out, schema=dict.fromkeys(left_out, pl.String))
    report = pl.concat([report, others], how="diagonal")
    if settings.given:
        return settings.given, report.with_columns(decision=pl.lit("given"))
    return chosen, report


def _calibrate(
    frame: pl.DataFrame, chosen: tuple[str, ...], split: _Split, settings: CardSettings, evidence: dict[str, Any]
) -> None:
    """Learn from the later rows how far the scores may spread."""
    if evidence["later_events"] < EVENTS_FOR_SLOPE:
        evidence["reason"] = f"fewer than {EVENTS_FOR_SLOPE} later events: the spread is left as it was fitted"
        return
    early, later = frame[_positions(split.early)], frame[_positions(split.later)]
    bins = [settings.binned(early[name], split.early_counts) for name in chosen]
    coefficients, intercept = fit_woe_regression(_woe(bins, early), split.early_counts)
    log_odds = intercept + _woe(bins, later) @ coefficients
    evidence["slope"] = max(fit_slope(log_odds, split.later_counts), LEAST_SLOPE)
    evidence["reason"] = "the spread of the scores is that of the later rows"


def _card(
    frame: pl.DataFrame,
    chosen: tuple[str, ...],
    rows: Rows,
    counts: Counts,
    settings: CardSettings,
    slope: float,
    report: pl.DataFrame,
) -> tuple[PointsCard, pl.DataFrame]:
    """Fit on all rows.

    A variable that would count the wrong way, or by its nulls alone, or hardly at all unless it was given, is left out.
    """
    frame = frame[_positions(rows)]
    bins = [settings.binned(frame[name], counts) for name in chosen]
    for one in [one for one in bins if unfounded(one)]:
        bins.remove(one)
        report = _decided(report, one.variable, unfounded(one))
    while True:
        if not bins:
            raise EvidenceError(
                "Every variable counts the wrong way, hardly at all, by its nulls alone or on too few events with a "
                "value: a scorecard cannot be fitted."
            )
        woe = _woe(bins, frame)
        coefficients, intercept = fit_woe_regression(woe, counts)
        doublings = slope * coefficients * np.array([_span(one) for one in bins]) / np.log(2)
        if (coefficients > 0).all() and (settings.given or (doublings >= LEAST_DOUBLINGS).all()):
            break
        wrong_way = bool((coefficients <= 0).any())
        dropped = bins.pop(int(coefficients.argmin() if wrong_way else doublings.argmin())).variable
        why = "counts the wrong way beside the others" if wrong_way else "hardly moves the score beside the others"
        report = _decided(report, dropped, why)
    log_odds = slope * (intercept + woe @ coefficients)
    level = slope * intercept + fit_level(log_odds, counts)
    scale = settings.scale

    def worth(points: float) -> float:
        # Adding 0 turns a rounded -0 into 0.
        return round(points) + 0.0 if settings.whole_points else points

    card = PointsCard(
        variables=tuple(bins),
        coefficients=tuple((slope * coefficients).tolist()),
        points=tuple(
            tuple(worth(scale.factor * slope * beta * woe) for woe in one.woe)
            for one, beta in zip(bins, coefficients.tolist(), strict=True)
        ),
        base=worth(scale.offset + scale.factor * level),
        scale=scale,
    )
    return card, report


def _decided(report: pl.DataFrame, variable: str, why: str) -> pl.DataFrame:
    decision = pl.when(pl.col("variable") == variable).then(pl.lit(why)).otherwise("decision")
    return report.with_columns(decision=decision)


def _positions(rows: Rows) -> np.ndarray:
    """Return where the rows stand in the frame given: their one value is their position."""
    return rows.values[:, 0].astype(np.int64)


def _span(bins: Bins) -> float:
    """Return how far apart the best and the worst bin that hold rows are."""
    held = [woe for woe, share in zip(bins.woe, bins.share, strict=True) if share > 0]
    return max(held) - min(held)


def _woe(bins: Sequence[Bins], frame: pl.DataFrame) -> np.ndarray:
    return np.column_stack([np.array(one.woe)[one.place(frame[one.variable])] for one in bins])
