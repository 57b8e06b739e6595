"""Would it have worked? The model as it would have been fitted at past dates, judged on what came after.

Walk-forward: at each fold's date the model sees only rows dated before it and only what was known on that day, as the
labels are re-censored there. It scores the rows from that date to the next fold's, all of whose horizons are observed.
Model and plain baselines are measured on the same rows, with intervals from resampling customers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import clone

from credrisk.dates import months_after
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.catalogue import Feature, catalogue
from credrisk.frames import as_polars
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.master_scale import GRADED_MONTHS
from credrisk.models.measures import PROBABILITY_MEASURES, RANKING_MEASURES, by_score
from credrisk.models.outcomes import PREFIXES, observed_incidence, recensored, training_rows, waits_of
from credrisk.models.resampling import Resamples, interval, resamples_of
from credrisk.progress import Progress, silent

__all__ = ["BASELINES", "BASE_RATE", "CONTEXT", "LEAST_EVENTS", "Validation", "risk_score", "validate", "with_groups"]

BASELINES = ("past_due", "share_past_due", "dbt_12m", "oldest_open_days")
"""What a credit department ranks by without a model."""

BASE_RATE = "base_rate"
CAPTURE = "capture_10pct"
"""The baseline that gives every row the training rows' own share of events (cumulative incidence)."""

LEAST_EVENTS = 5
"""Distinct events in the tests below which no measure is given: chance would be all there is to see."""

CONTEXT = ("open_balance", "invoiced_12m", "tenure_months", "past_due_over_90")
"""Features that stay with the test rows, where the panel holds them: what was at stake, and with whom."""

METRICS = {
    "model": pl.String,
    "measure": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "rows": pl.Int64,
    "events": pl.Int64,
    "reason": pl.String,
}
FOLDS = {
    "fold": pl.Int64,
    "known_on": pl.Date,
    "tested_to": pl.Date,
    "rung": pl.String,
    "train_rows": pl.Int64,
    "train_events": pl.Int64,
    "rows": pl.Int64,
    "events": pl.Int64,
    "auc": pl.Float64,
    "brier": pl.Float64,
    "calibration_in_the_large": pl.Float64,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Validation:
    """What walk-forward validation found.

    Attributes
    ----------
    metrics
        Pooled over the folds: ``model`` (``model`` or a baseline), ``measure``, ``value``, ``low`` and ``high``
        (2.5 and 97.5 % over resampled customers), ``rows``, ``events`` (distinct), ``reason``. Where nothing could be
        measured, one row with measure ``not_measured`` and the reason.
    folds
        One row per fold: ``fold``, ``known_on`` (what was known on that day was used), ``tested_to``, ``rung``,
        ``train_rows``, ``train_events``, ``rows``, ``events`` (distinct), ``auc``, ``brier``,
        ``calibration_in_the_large``, ``reason`` (why a fold was not measured).
    predictions
        One row per test row: ``fold``, ``customer_id``, ``group``, ``as_of``, the probability (named by target and
        months; for a bad debt also ``pd_12m``, by which it is graded), ``event`` (0 or 1), ``event_on``, ``base_rate``,
        the baselines, and what the panel holds of ``CONTEXT``.
    target, months
        What was predicted, and how far ahead.
    at_risk
        ``customer_id, as_of`` of all rows at risk, tested or not: who the tested ones are compared with.
    undecided
        Rows of the tested dates that were left out, for the verdict of a placement was not known.
    """

    metrics: pl.DataFrame
    folds: pl.DataFrame
    predictions: pl.DataFrame
    target: str
    months: int
    at_risk: pl.DataFrame = field(default_factory=pl.DataFrame)
    undecided: int = 0


def validate(
    panel: Any,
    labels: Any,
    *,
    target: str = "bad_debt",
    months: int = 12,
    model: BadDebtModel | None = None,
    folds: int = 3,
    samples: int = 200,
    currency: str = "EUR",
    groups: Any = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Validation:
    """Fit at past dates, test on what came after.

    Parameters
    ----------
    panel, labels
        Output of ``build_panel`` and ``build_labels`` for the same dates.
    target
        ``bad_debt``, ``default`` or ``late30``.
    months
        Horizon of the test.
    model
        Model to copy for each fold; None takes the defaults for ``months`` (and, for a bad debt, the 12 months by
        which it is graded).
    folds
        Number of folds at most. Their dates split the later half of the testable dates evenly.
    samples
        Resamples of the customers for the intervals.
    groups
        Frame with ``customer_id`` and ``group`` (the group of companies): whole groups are resampled. None takes every
        customer, and so does one that the frame lacks, as a group of its own.

    Notes
    -----
    A test row is at risk at its date and observed for ``months`` calendar months; its event is 1 when the target came
    within them (and before leaving). Where labels tell of placements that await a verdict (``bad_debt_waits``), a date
    is tested only when the slowest verdict on a placement within its months would be known by the last day: the
    undecided rows are bad debts in part, and dates without one are too good to stand for all. Where no date is old
    enough, the decided rows of all are tested and ``undecided`` counts the others. A null baseline takes the median of
    the others. Training rows of a fold may be of the customers it tests, at earlier dates: that is how the model will
    be used.
    """
    if folds < 1 or samples < 1:
        raise ParameterError("folds and samples", "1 or more", (folds, samples))
    panel = as_polars(panel, "panel").with_columns(pl.col("as_of").cast(pl.Date))
    labels = as_polars(labels, "labels").with_columns(pl.col("as_of").cast(pl.Date))
    if model is None:
        by_grade = {GRADED_MONTHS} if target == "bad_debt" else set[int]()
        model = BadDebtModel(horizons=tuple(sorted({months} | by_grade)))
    if months > max(model.horizons):
        raise ParameterError("months", f"at most the model's longest horizon ({max(model.horizons)})", months)
    model = clone(model).set_params(target=target)
    tests, undecided = _test_rows(labels, target, months)
    fold_rows: list[dict[str, Any]] = []
    predictions: list[pl.DataFrame] = []
    cuts = _cuts(tests, labels, folds)
    for number, (known_on, until) in enumerate(cuts, start=1):
        progress("Validating", number - 1, len(cuts))
        tested = tests.filter((pl.col("as_of") >= known_on) & (pl.col("as_of") <= until))
        told, scored = _run_fold(panel, labels, tested, model, known_on, months, currency)
        fold_rows.append({"fold": number, "known_on": known_on, "tested_to": until} | told)
        if scored is not None:
            predictions.append(scored.insert_column(0, pl.lit(number, dtype=pl.Int64).alias("fold")))
    progress("Validating", len(cuts), len(cuts))
    pooled = with_groups(pl.concat(predictions), groups) if predictions else pl.DataFrame()
    metrics = _metrics(pooled, fold_rows, target, months, samples, seed)
    at_risk = labels.filter(pl.col(f"{target}_at_risk")).select("customer_id", "as_of")
    return Validation(metrics, pl.DataFrame(fold_rows, schema=FOLDS), pooled, target, months, at_risk, undecided)


def _test_rows(labels: pl.DataFrame, target: str, months: int) -> tuple[pl.DataFrame, int]:
    """Return customer, date and outcome of the rows at risk whose whole horizon is observed; how many are undecided."""
    ends = pl.DataFrame(
        {"as_of": (dates := labels["as_of"].unique().sort()), "ends_on": [months_after(d, months) for d in dates]},
        schema_overrides={"ends_on": pl.Date},
    )
    own_end = f"{target}_observed_to"
    observed_to = pl.col(own_end) if own_end in labels.columns else pl.col("observed_to")
    on = pl.col(f"{target}_on")
    before_leaving = pl.col("left_on").is_null() | (on <= pl.col("left_on"))
    passed = (
        labels.join(ends, on="as_of", how="left")
        .filter(pl.col(f"{target}_at_risk") & (pl.col("ends_on") <= pl.col("observed_to")))
        .with_columns(event_on=pl.when((on <= pl.col("ends_on")) & before_leaving).then(on))
        .with_columns(decided=(pl.col("ends_on") <= observed_to) | pl.col("event_on").is_not_null())
    )
    slowest = _slowest_verdict(labels, target)
    known = passed.filter(pl.col("ends_on") + pl.duration(days=slowest) <= pl.col("observed_to"))
    tested = known if known.height else passed
    rows = (
        tested.filter("decided")
        .select("customer_id", "as_of", "event_on", event=pl.col("event_on").is_not_null().cast(pl.Float64))
        .sort("customer_id", "as_of")
    )
    return rows, tested.height - rows.height


def _slowest_verdict(labels: pl.DataFrame, target: str) -> int:
    """Return the most days that a verdict on a placement takes; 0 where no placement waited."""
    if f"{target}_waits" not in labels.columns:
        return 0
    days = waits_of(labels[f"{target}_waits"].unique()).select((pl.col("verdict") - pl.col("placed")).dt.total_days())
    return int(days.to_series().max() or 0)  # type: ignore[arg-type] # days are whole numbers


def _cuts(tests: pl.DataFrame, labels: pl.DataFrame, folds: int) -> list[tuple[date, date]]:
    """Return the first and last test date of each fold: the later half of the testable dates, split evenly."""
    dates: list[date] = tests["as_of"].unique().sort().to_list()
    first = labels["as_of"].min()
    usable = [day for day in dates[len(dates) // 2 :] if day != first]
    parts = np.array_split(np.arange(len(usable)), min(folds, len(usable))) if usable else []
    return [(usable[int(part[0])], usable[int(part[-1])]) for part in parts]


def _run_fold(
    panel: pl.DataFrame,
    labels: pl.DataFrame,
    tested: pl.DataFrame,
    model: BadDebtModel,
    known_on: date,
    months: int,
    currency: str,
) -> tuple[dict[str, Any], pl.DataFrame | None]:
    """Fit with what was known on ``known_on`` and score the test rows."""
    target = model.target
    train = training_rows(panel, recensored(labels, known_on, target=target), target=target)
    told: dict[str, Any] = {"train_rows": train.X.height, "rows": tested.height, "events": _distinct(tested)}
    try:
        if not train.X.height:
            raise EvidenceError("no row had been observed for any time by then")
        fitted = clone(model).fit(train.X, train.y, as_of=train.as_of, groups=train.groups, currency=currency)
    except EvidenceError as none:
        return told | {"train_events": 0, "reason": str(none)}, None
    if months > fitted.measured_horizons_[-1]:
        reasons = {int(horizon): why for horizon, why in fitted.evidence_["unmeasured_horizons"].items()}
        reason = reasons[min(horizon for horizon in reasons if horizon >= months)]
        return told | {"train_events": fitted.evidence_["first_events"], "reason": reason}, None
    key = ["customer_id", "as_of"]
    features = train.X.columns
    joined = tested.join(panel.select(*key, *features), on=key, how="inner").sort(key)
    graded = model.target == "bad_debt" and months != GRADED_MONTHS <= fitted.measured_horizons_[-1]
    asked = [months, GRADED_MONTHS] if graded else [months]
    predicted = fitted.predict_pd(joined.select(features), horizons=asked, output="polars")
    probability = predicted.to_series()
    share = observed_incidence(train.y, months)
    scored = joined.select(*key, *predicted, "event", "event_on", pl.lit(share).alias(BASE_RATE)).with_columns(
        joined[name].cast(pl.Float64) for name in dict.fromkeys((*BASELINES, *CONTEXT)) if name in features
    )
    told |= {"train_events": fitted.evidence_["first_events"], "rung": fitted.rung_, "rows": scored.height}
    event, one = scored["event"].to_numpy(), resamples_of(np.arange(scored.height), samples=0, seed=0)
    for row in _measured("model", ["auc", "brier", "calibration_in_the_large"], event, probability.to_numpy(), one):
        told[row["measure"]] = row["value"]
    return told, scored


def _metrics(
    pooled: pl.DataFrame, fold_rows: list[dict[str, Any]], target: str, months: int, samples: int, seed: int
) -> pl.DataFrame:
    events = _distinct(pooled) if pooled.height else 0
    if events < LEAST_EVENTS:
        if not fold_rows:
            reason = f"no date has both a history before it and {months} observed months after it"
        elif not pooled.height:
            reason = "; ".join(sorted({row["reason"] for row in fold_rows}))
        else:
            reason = f"{events} distinct events in the test rows, below the {LEAST_EVENTS} that a measure needs"
        empty = {"model": "model", "measure": "not_measured", "rows": pooled.height, "events": events}
        return pl.DataFrame([empty | {"reason": reason}], schema=METRICS)
    event = pooled["event"].to_numpy()
    group = pooled["group"].to_numpy()
    drawn = resamples_of(group, samples=samples, seed=seed)
    probabilities = {"model": pooled[f"{PREFIXES[target]}_{months}m"], BASE_RATE: pooled[BASE_RATE]}
    entries = catalogue([name for name in BASELINES if name in pooled.columns])
    rankings = {name: risk_score(pooled[name], entry) for name, entry in entries.items()}
    found: list[dict[str, Any]] = []
    for name, series in probabilities.items():
        measures = [m for m in PROBABILITY_MEASURES if name == "model" or m != "calibration_slope"]
        found += _measured(name, measures, event, series.to_numpy(), drawn)
    for name, score in ({"model": probabilities["model"].to_numpy()} | rankings).items():
        found += _measured(name, [m for m in RANKING_MEASURES if m != CAPTURE], event, score, drawn)
        # Customers are reviewed at a date, so the tenth is of each date, as in the assessment.
        found += _measured(name, [CAPTURE], event, within_date(pooled, score), drawn)
    return pl.DataFrame([row | {"rows": len(event), "events": events} for row in found], schema=METRICS)


def _measured(
    name: str, measures: list[str], event: np.ndarray, score: np.ndarray, drawn: Resamples
) -> list[dict[str, Any]]:
    """Return value and interval of each measure of one model."""
    values: dict[str, list[np.ndarray]] = {measure: [] for measure in measures}
    for part in drawn.parts():
        sides = by_score(event, score, part) if set(measures) & set(RANKING_MEASURES) else None
        for measure in measures:
            if sides and measure in RANKING_MEASURES:
                values[measure].append(RANKING_MEASURES[measure](*sides))
            else:
                values[measure].append(PROBABILITY_MEASURES[measure](event, score, part))
    return [{"model": name, "measure": measure} | interval(np.concatenate(parts)) for measure, parts in values.items()]


def within_date(rows: pl.DataFrame, score: np.ndarray) -> np.ndarray:
    """Return the place of each row among the rows of its date, from 0 (safest) to 1 (riskiest)."""
    ranked = rows.select("as_of", score=pl.Series(score)).select(
        ((pl.col("score").rank("average") - 0.5) / pl.len()).over("as_of")
    )
    return ranked.to_series().to_numpy()


def with_groups(rows: pl.DataFrame, groups: Any) -> pl.DataFrame:
    """Add ``group``: what ``groups`` says of the customer, else the customer itself."""
    own = pl.col("customer_id").cast(pl.String)
    if groups is None:
        return rows.with_columns(group=own)
    known = as_polars(groups, "groups").select(pl.col("customer_id").cast(pl.String), pl.col("group").cast(pl.String))
    joined = rows.with_columns(own).join(
        known.unique("customer_id"), on="customer_id", how="left", maintain_order="left"
    )
    return joined.with_columns(pl.coalesce("group", "customer_id"))


def risk_score(values: pl.Series, entry: Feature) -> np.ndarray:
    """Return a feature as a score that rises with risk, nulls at the median."""
    values = values.cast(pl.Float64).fill_nan(None)
    middle = values.median()
    score = values.fill_null(0.0 if middle is None else middle).to_numpy()
    return -score if entry.worse == "lower" else score


def _distinct(rows: pl.DataFrame) -> int:
    return rows.filter(pl.col("event_on").is_not_null()).select("customer_id", "event_on").n_unique()
