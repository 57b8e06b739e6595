"""A validation on one page and as JSON: first the verdict in words, then charts, then every figure."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from credrisk.models.assessment import Assessment
from credrisk.reports.columns import TABLES
from credrisk.reports.html import measures_table
from credrisk.reports.measures import measure_of, model_words
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.validation_terms import VALIDATION_TERMS
from credrisk.reports.verdict import SHARED, verdicts
from credrisk.reports.views import view_of

__all__ = ["ValidationPack", "own_features", "rows_of", "validation_json", "validation_page"]

FIRST_MEASURES = ("auc", "captured_10pct", "money_captured_10pct", "value_10pct", "log_loss", "brier")
IN_TABLE = (
    *("auc", "gini", "ks", "average_precision", "h_measure", "h_measure_by_rate", "captured_1pct", "captured_5pct"),
    *("captured_10pct", "captured_20pct", "money_captured_10pct", "brier", "log_loss", "calibration_slope"),
    "calibration_in_the_large",
)
FEATURES_SHOWN = 15


@dataclass(frozen=True)
class ValidationPack:
    """What the page and the JSON show.

    Attributes
    ----------
    event
        What was predicted, in words, in the singular.
    assessment, folds
        From :func:`~credrisk.models.assessment.assess` and :class:`~credrisk.models.validation.Validation`.
    calibration
        As :func:`~credrisk.reports.calibration.calibration_groups` returns it; empty where nothing was measured.
    notes
        What was not measured, or on little evidence, in words.
    settings
        Label -> text.
    """

    as_of: date
    currency: str
    event: str
    assessment: Assessment
    folds: pl.DataFrame
    calibration: pl.DataFrame = field(default_factory=pl.DataFrame)
    covers: tuple[date, date] | None = None
    notes: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    title: str = "Validation of the model"


def validation_page(pack: ValidationPack) -> str:
    """Return the page as text: self-contained, everything from the ledger escaped."""
    found = pack.assessment
    return rendered(
        "validation.html",
        currency=pack.currency,
        pack=pack,
        as_of=day_in_words(pack.as_of),
        covers=tuple(day_in_words(day) for day in pack.covers) if pack.covers else (),
        verdicts=verdicts(found, event=pack.event, currency=pack.currency),
        measured=not found.measures.is_empty(),
        drawings=_plates(pack),
        metrics=_measures(found),
        folds=view_of("folds", pack.folds, [column.name for column in TABLES["folds"]]),
        differences=_view("differences", _differences(found)),
        grades=_view("tested_grades", found.grades),
        stability=_view("stability", found.stability),
        segments=_view("segments", found.segments),
        drift=_view("drift", found.drift, rows=FEATURES_SHOWN),
        leakage=_view("leakage", found.leakage, rows=FEATURES_SHOWN),
        value=_view("review_value", _value(found)),
        costs=found.costs,
        definitions=list(VALIDATION_TERMS.items()),
        settings=list(pack.settings.items()),
    )


def validation_json(pack: ValidationPack) -> str:
    """Return every figure of the page, and why any is missing, as JSON text."""
    found = pack.assessment
    frames = ("measures", "differences", "curve", "grades", "stability", "segments", "drift", "leakage")
    content = {
        "as_of": pack.as_of.isoformat(),
        "currency": pack.currency,
        "covers": [day.isoformat() for day in pack.covers] if pack.covers else None,
        "target": found.target,
        "months": found.months,
        "rows": found.rows,
        "customers": found.customers,
        "events": found.events,
        "verdicts": [dataclasses.asdict(one) for one in verdicts(found, event=pack.event, currency=pack.currency)],
        "best_rule": found.best_rule or None,
        "costs": dataclasses.asdict(found.costs),
        "asset_correlation": found.correlation,
        "graded_by": found.graded_by or None,
        "brier_parts": found.brier,
        "folds": rows_of(pack.folds),
        "calibration_groups": rows_of(pack.calibration),
        **{name: rows_of(getattr(found, name)) for name in frames},
        "not_measured": list(pack.notes),
        "settings": dict(pack.settings),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as plain JSON values, a dictionary a row."""
    return [{name: _plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plates(pack: ValidationPack) -> list[Plate]:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    found, event = pack.assessment, pack.event
    auc = found.value("auc")
    return drawn(
        ("cap", "What reviewing finds", lambda: charts.capture_curve_chart(found.curve, event=event, size=PAGE)),
        (
            "cap-money",
            "What it finds in money",
            lambda: charts.capture_curve_chart(found.curve, event=event, money=True, size=PAGE),
        ),
        (
            "value",
            "What it is worth",
            lambda: charts.review_value_chart(
                found.measures, best_rule=found.best_rule, currency=pack.currency, size=PAGE
            ),
        ),
        ("grade-level", "Level by grade", lambda: charts.grade_level_chart(found.grades, event=event, size=PAGE)),
        ("calibration", "Level by group", lambda: charts.calibration_chart(pack.calibration, event=event, size=PAGE)),
        (
            "roc",
            "Telling apart",
            lambda: charts.roc_chart(found.curve, auc=auc["value"] if auc else None, event=event, size=PAGE),
        ),
        ("stability", "Over time", lambda: charts.stability_chart(found.stability, size=PAGE)),
        ("segments", "Segments", lambda: charts.segment_chart(found.segments, size=PAGE)),
        ("drift", "Drift", lambda: charts.drift_chart(own_features(found.drift), size=PAGE)),
    )


def own_features(drift: pl.DataFrame) -> pl.DataFrame:
    """Leave out the features that are the same for many customers: they show the market, not the customers."""
    if drift.is_empty():
        return drift
    return drift.filter(~pl.any_horizontal(*(pl.col("feature").str.starts_with(start) for start in SHARED)))


def _measures(found: Assessment) -> dict[str, Any] | None:
    if found.measures.is_empty():
        return None
    order = {name: place for place, name in enumerate(IN_TABLE)}
    shown = found.measures.filter(pl.col("measure").is_in(IN_TABLE))
    return measures_table(
        shown.with_columns(rows=pl.lit(found.rows), events=pl.lit(found.events)).sort(
            pl.col("model") != "model",
            pl.col("model"),
            pl.col("measure").replace_strict(order, return_dtype=pl.Int64),
            maintain_order=True,
        )
    )


def _differences(found: Assessment) -> pl.DataFrame:
    if found.differences.is_empty():
        return found.differences
    shown = found.differences.filter(pl.col("measure").is_in(FIRST_MEASURES)).drop("reason")
    return shown.with_columns(
        against=in_words(shown["against"], model_words),
        measure=in_words(shown["measure"], lambda name: measure_of(name).words),
    )


def _value(found: Assessment) -> pl.DataFrame:
    if found.measures.is_empty():
        return found.measures
    shown = found.measures.filter(
        pl.col("measure").str.starts_with("value_") & pl.col("model").is_in(["model", found.best_rule])
    )
    return shown.select(
        model=in_words(shown["model"], model_words),
        reviewed=pl.col("measure").str.extract(r"_(\d+)pct").cast(pl.Float64) / 100,
        value="value",
        low="low",
        high="high",
    )


def in_words(names: pl.Series, words: Callable[[str], str]) -> pl.Series:
    """Return the names as a reader knows them."""
    return pl.Series(names.name, [words(name) for name in names], dtype=pl.String)


def _view(table: str, frame: pl.DataFrame, *, rows: int = 60) -> Any:
    return view_of(table, frame, [column.name for column in TABLES[table]], rows=rows)
