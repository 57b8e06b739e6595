"""How good a model has been, in every respect that a validation report asks about.

It takes the predictions of a walk-forward validation apart: ranking and level with intervals, the plain rules on the
same rows and what the model has on them, money, grades, stability over time, segments, drift and leakage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from credrisk.features.catalogue import catalogue
from credrisk.frames import as_polars
from credrisk.models import measures
from credrisk.models.assessment_parts import (
    GRADES,
    WINDOW_NOT_FULL,
    drift_frame,
    grade_frame,
    graded,
    segment_frame,
    stability_frame,
)
from credrisk.models.calibration_tests import ASSET_CORRELATION
from credrisk.models.leakage import leakage_alarms
from credrisk.models.master_scale import MasterScale
from credrisk.models.measures import by_score, captured, taken_first
from credrisk.models.outcomes import PREFIXES
from credrisk.models.resampling import Resamples, interval, resamples_of
from credrisk.models.review_value import Costs
from credrisk.models.validation import BASE_RATE, BASELINES, LEAST_EVENTS, Validation, risk_score, within_date
from credrisk.progress import Progress, silent

__all__ = ["SHARES", "Assessment", "assess"]

SHARES = (0.01, 0.05, 0.10, 0.20)
"""Shares of the customers that are reviewed at each date."""

RANKED: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "auc": measures.auc,
    "gini": measures.gini,
    "ks": measures.ks,
    "average_precision": measures.average_precision,
    "h_measure": measures.h_measure,
    "h_measure_by_rate": measures.h_measure_by_rate,
}
LOWER_IS_BETTER = ("brier", "log_loss")
COMPARED = ("auc", "average_precision", "h_measure", "h_measure_by_rate", "brier", "log_loss")
CURVE_POINTS = 200
TOLD_SHARES = (0.05, 0.1, 0.2, 0.5)
"""Shares of the customers reviewed at which the curves are told in words."""


@dataclass(frozen=True)
class Assessment:
    """What was found; every frame may be empty, and then ``notes`` says why.

    Attributes
    ----------
    measures
        ``model`` (``model``, ``base_rate`` or a plain rule), ``measure``, ``value``, ``low``, ``high`` (95 %) and
        ``reason``. Besides the measures of a ranking and of a probability: ``captured_10pct`` (share of the events
        among the riskiest 10 % of each date), ``money_captured_10pct`` (share of the balance that went bad) and
        ``value_10pct`` (money a date by :class:`~credrisk.models.review_value.Costs`), for 1, 5, 10 and 20 %.
    differences
        ``against``, ``measure``, ``value`` (what the model has on it; above zero the model is better, also where lower
        is better), ``low``, ``high``: paired, on the same resamples.
    best_rule
        The plain rule that captures most events in 10 %; "" where there is none.
    curve
        ``model``, ``reviewed`` (share of the customers), ``captured`` (share of the events), ``money`` (share of the
        money that went bad), ``false_alarms`` (share of the others): the model's and the best rule's.
    grades, graded_by
        See :func:`~credrisk.models.assessment_parts.grade_frame`; empty where there are no grades. The words say which
        grades they are, or why there are none.
    brier
        Parts of the Brier score over the grades (:func:`~credrisk.models.measures.brier_parts`).
    stability, segments, drift, leakage
        By fold, by segment, by feature.
    notes
        What was not measured, and why.
    """

    target: str
    months: int
    rows: int
    customers: int
    events: int
    costs: Costs
    correlation: float
    measures: pl.DataFrame = field(default_factory=pl.DataFrame)
    differences: pl.DataFrame = field(default_factory=pl.DataFrame)
    best_rule: str = ""
    curve: pl.DataFrame = field(default_factory=pl.DataFrame)
    grades: pl.DataFrame = field(default_factory=pl.DataFrame)
    graded_by: str = ""
    brier: dict[str, float] = field(default_factory=dict)
    stability: pl.DataFrame = field(default_factory=pl.DataFrame)
    segments: pl.DataFrame = field(default_factory=pl.DataFrame)
    drift: pl.DataFrame = field(default_factory=pl.DataFrame)
    leakage: pl.DataFrame = field(default_factory=pl.DataFrame)
    notes: tuple[str, ...] = ()

    def value(self, measure: str, *, model: str = "model") -> dict[str, Any] | None:
        """Return ``value``, ``low`` and ``high`` of a measure, None where it was not measured."""
        return _row(self.measures, "model", model, measure)

    def difference(self, measure: str, *, against: str) -> dict[str, Any] | None:
        """Return what the model has on ``against``, None where it was not measured."""
        return _row(self.differences, "against", against, measure)


def assess(
    validation: Validation,
    *,
    scale: MasterScale | None,
    panel: Any = None,
    attributes: Any = None,
    costs: Costs | None = None,
    correlation: float = ASSET_CORRELATION,
    samples: int = 200,
    seed: int = 0,
    progress: Progress = silent,
) -> Assessment:
    """Take the predictions of a validation apart.

    Parameters
    ----------
    validation
        From :func:`~credrisk.models.validation.validate`.
    scale
        Grades of the target; of a bad debt those of its probability within 12 months. None proposes some for the
        tested probabilities.
    panel
        The panel that was validated, for drift and leakage; None leaves these out.
    attributes
        Frame with ``customer_id`` and ``industry``, for that segment; None leaves it out.
    costs
        What reviewing costs and saves; None takes the defaults.
    correlation
        Asset correlation of the null of the grades' tests.
    samples
        Resamples of groups of companies.

    Notes
    -----
    The customers of a date are ranked against each other, and the riskiest share of every date is reviewed: that is how
    a ranking is used. AUC and the like compare all rows.
    """
    costs = costs or Costs()
    rows = validation.predictions
    events = _distinct(rows)
    bare = partial(
        Assessment,
        target=validation.target,
        months=validation.months,
        rows=rows.height,
        customers=rows["customer_id"].n_unique() if rows.height else 0,
        events=events,
        costs=costs,
        correlation=correlation,
    )
    if events < LEAST_EVENTS:
        reasons = validation.metrics["reason"].drop_nulls().unique(maintain_order=True).to_list()
        return bare(notes=tuple(reasons) or ("nothing could be tested",))
    column = f"{PREFIXES[validation.target]}_{validation.months}m"
    rows = rows.with_columns(probability=pl.col(column))
    drawn = resamples_of(rows["group"].to_numpy(), samples=samples, seed=seed)
    notes: list[str] = []
    scores = _scores(rows)
    found: dict[tuple[str, str], np.ndarray] = {}
    for number, (name, score) in enumerate(scores.items()):
        progress("Measuring the ranking", number, len(scores))
        for measure, values in _ranking(rows, score, drawn, costs, notes).items():
            found[name, measure] = values
    event = rows["event"].to_numpy()
    progress("Measuring the level", 0, 0)
    for name in ("model", BASE_RATE):
        probability = rows["probability" if name == "model" else BASE_RATE].to_numpy()
        for measure, of_rows in measures.PROBABILITY_MEASURES.items():
            if name == "model" or measure != "calibration_slope":
                found[name, measure] = drawn.of(partial(of_rows, event, probability))
    told = [{"model": name, "measure": measure} | interval(values) for (name, measure), values in found.items()]
    table = pl.DataFrame(told, schema=_schema("model"), infer_schema_length=None)
    best = _best_rule(table)
    rows, scale, graded_by = graded(rows, scale, target=validation.target, months=validation.months)
    grades, brier = pl.DataFrame(schema=GRADES), dict[str, float]()
    if scale is not None:
        grades = grade_frame(rows, scale, months=validation.months, correlation=correlation)
        brier = measures.brier_parts(
            event, rows["probability"].to_numpy(), scale.positions(rows["graded_by"].to_numpy())
        )
    progress("Testing grades, segments and drift", 0, 0)
    drift = leakage = pl.DataFrame()
    if panel is None:
        notes.append("drift and leakage were not looked at, for the panel was not given")
    else:
        features = as_polars(panel, "panel").with_columns(pl.col("as_of").cast(pl.Date))
        if validation.at_risk.height:
            features = features.join(validation.at_risk, on=["customer_id", "as_of"], how="semi")
        drift = drift_frame(features, rows, known_on=min(validation.folds["known_on"].to_list()))
        leakage = leakage_alarms(rows, features)
        if short := drift.filter(pl.col("drift") == WINDOW_NOT_FULL).height:
            notes.append(
                f"the drift of {short} of {drift.height} features was not judged: on some training date their window "
                "was not full, so nobody had a value"
            )
    return bare(
        measures=table,
        differences=_differences(found),
        best_rule=best,
        curve=pl.concat([_curve(rows, name, scores[name]) for name in ("model", best) if name]),
        grades=grades,
        graded_by=graded_by,
        brier=brier,
        stability=stability_frame(rows, drawn),
        segments=segment_frame(rows, drawn, attributes),
        drift=drift,
        leakage=leakage,
        notes=tuple(dict.fromkeys(notes)),
    )


def _row(frame: pl.DataFrame, key: str, name: str, measure: str) -> dict[str, Any] | None:
    if frame.is_empty():
        return None
    rows = frame.filter((pl.col(key) == name) & (pl.col("measure") == measure) & pl.col("value").is_not_null())
    return rows.row(0, named=True) if rows.height else None


def _schema(key: str) -> dict[str, Any]:
    numbers = dict.fromkeys(("value", "low", "high"), pl.Float64)
    return {key: pl.String, "measure": pl.String} | numbers | {"reason": pl.String}


def _distinct(rows: pl.DataFrame) -> int:
    if rows.is_empty():
        return 0
    return rows.filter(pl.col("event_on").is_not_null()).select("customer_id", "event_on").n_unique()


def _scores(rows: pl.DataFrame) -> dict[str, np.ndarray]:
    """Return the model's probability and the plain rules, each rising with risk."""
    entries = catalogue([name for name in BASELINES if name in rows.columns])
    own = {"model": rows["probability"].to_numpy()}
    return own | {name: risk_score(rows[name], entry) for name, entry in entries.items()}


def _money(rows: pl.DataFrame, name: str) -> np.ndarray | None:
    return rows[name].fill_null(np.nan).to_numpy() if name in rows.columns else None


def _ranking(
    rows: pl.DataFrame, score: np.ndarray, drawn: Resamples, costs: Costs, notes: list[str]
) -> dict[str, np.ndarray]:
    event, place = rows["event"].to_numpy(), within_date(rows, score)
    owed, sold = _money(rows, "open_balance"), _money(rows, "invoiced_12m")
    dates = rows["as_of"].n_unique()
    lost = None if owed is None else event * np.maximum(np.nan_to_num(owed), 0.0)
    gain = None
    if owed is None:
        notes.append("money captured was not measured, for the panel holds no open_balance")
    if owed is None or sold is None:
        notes.append("the value of a review was not measured, for the panel lacks open_balance or invoiced_12m")
    else:
        gain = costs.gain(event=event, exposure=owed, sales_12m=sold)
    parts: dict[str, list[np.ndarray]] = {}
    order = np.argsort(score, kind="stable")  # sorting what is sorted costs next to nothing, sample by sample
    for weight in drawn.of_rows(order).parts():
        sides = by_score(event[order], score[order], weight)
        for name, measure in RANKED.items():
            parts.setdefault(name, []).append(measure(*sides))
    order = np.argsort(place, kind="stable")
    event, place = event[order], place[order]
    lost, gain = (None if amount is None else amount[order] for amount in (lost, gain))
    for weight in drawn.of_rows(order).parts():
        good, bad = by_score(event, place, weight)
        sums = {"captured": bad}
        if lost is not None:
            sums["money_captured"] = by_score(lost, place, weight)[1]
        for share in SHARES:
            for name, amount in sums.items():
                parts.setdefault(f"{name}_{share:.0%}", []).append(captured(good + bad, amount, share=share))
        if gain is not None:
            money = by_score(gain, place, weight)[1]
            for share in SHARES:
                value = taken_first(good + bad, money, share=share) / dates
                parts.setdefault(f"value_{share:.0%}", []).append(value)
    return {name.replace("%", "pct"): np.concatenate(found) for name, found in parts.items()}


def _differences(found: dict[tuple[str, str], np.ndarray]) -> pl.DataFrame:
    told = []
    for (name, measure), values in found.items():
        compared = measure in COMPARED or measure.endswith("pct")
        if name == "model" or not compared or ("model", measure) not in found:
            continue
        apart = found["model", measure] - values
        told.append({"against": name, "measure": measure} | interval(-apart if measure in LOWER_IS_BETTER else apart))
    return pl.DataFrame(told, schema=_schema("against"), infer_schema_length=None)


def _best_rule(table: pl.DataFrame) -> str:
    rules = table.filter(
        pl.col("model").is_in(BASELINES) & (pl.col("measure") == "captured_10pct") & pl.col("value").is_not_null()
    ).sort("value", "model", descending=[True, False])
    return str(rules["model"][0]) if rules.height else ""


def _curve(rows: pl.DataFrame, name: str, score: np.ndarray) -> pl.DataFrame:
    """Return some ``CURVE_POINTS`` points of the curves, from nobody reviewed to everybody.

    At the shares that are told in words both neighbours are kept, so that a line between them gives the measure itself.
    """
    event, place, one = rows["event"].to_numpy(), within_date(rows, score), np.ones((1, rows.height))
    good, bad = by_score(event, place, one)
    owed = _money(rows, "open_balance")
    money = None if owed is None else by_score(event * np.maximum(np.nan_to_num(owed), 0.0), place, one)[1]

    def from_the_top(amount: np.ndarray) -> np.ndarray:
        summed = np.concatenate([[0.0], np.cumsum(amount[0, ::-1])])
        return summed / summed[-1] if summed[-1] > 0 else np.full(len(summed), np.nan)

    frame = pl.DataFrame(
        {
            "reviewed": from_the_top(good + bad),
            "captured": from_the_top(bad),
            "money": np.full(good.shape[1] + 1, np.nan) if money is None else from_the_top(money),
            "false_alarms": from_the_top(good),
        }
    ).with_columns(pl.all().fill_nan(None))
    reviewed = frame["reviewed"].to_numpy()
    at = np.searchsorted(reviewed, np.append(np.linspace(0, 1, CURVE_POINTS + 1), TOLD_SHARES))
    kept = np.unique(np.append(at, np.maximum(at[-len(TOLD_SHARES) :] - 1, 0)))
    return frame[np.append(kept[kept < frame.height - 1], frame.height - 1)].select(
        pl.lit(name).alias("model"), pl.all()
    )
