"""A model as a folder: ``model.json``, ``MODEL_CARD.md`` to be read, and ``manifest.json`` with their hashes.

Every array is checked for its shape, order and finite numbers. A model read back scores the same to the last bit.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from os import PathLike
from typing import Any

import numpy as np

from credrisk.errors import CredriskError, ModelFileError
from credrisk.features.catalogue import fingerprint
from credrisk.models.additive import AdditiveIntensity, FeatureTable
from credrisk.models.blend import BlendIntensity
from credrisk.models.calibration import Calibration
from credrisk.models.cold_start import ColdStart
from credrisk.models.expert import CardIntensity
from credrisk.models.fitted import Fitted
from credrisk.models.intervals import interval_edges
from credrisk.models.leaving import LeavingIntensity, band_count
from credrisk.models.model_card import model_card
from credrisk.models.model_files import (
    CARD,
    MANIFEST,
    array_of,
    json_of,
    positions_of,
    read_files,
    sha256_of,
    text_of,
    write_files,
)
from credrisk.models.normal_scores import KNOTS
from credrisk.models.outcomes import PREFIXES
from credrisk.models.regression import RegressionIntensity
from credrisk.models.rungs import RUNGS, Intensity

__all__ = ["FILES", "FittedState", "hash_of", "read_model", "write_model"]

FORMAT, VERSION = "credrisk model", 4
MODEL = "model.json"
FILES = (MANIFEST, MODEL, CARD)
FIT_AGAIN = "fit it again on the ledger and save it; credrisk run writes the models of a ledger into OUT/model."


@dataclasses.dataclass(frozen=True)
class FittedState(Fitted):
    """All that a fitted model consists of: what it computes with, and what is told of it."""

    parameters: dict[str, Any]
    currency: str
    rung: str
    feature_names: tuple[str, ...]
    evidence: dict[str, Any]
    figures: dict[str, Any]


def write_model(folder: str | PathLike[str], state: FittedState, *, overwrite: bool) -> None:
    """Write the model, whole or not at all."""
    files = {MODEL: text_of(_as_json(state)), CARD: model_card(state)}
    write_files(folder, files, kind=FORMAT, version=VERSION, overwrite=overwrite)


def hash_of(state: FittedState) -> str:
    """Return the SHA-256 of all that the model computes with, so not of the figures of a back-test stored later."""
    content = _as_json(state)
    del content["figures"]
    return sha256_of(text_of(content))


def read_model(folder: str | PathLike[str]) -> FittedState:
    """Read a model that :func:`write_model` wrote.

    Raises
    ------
    ModelFileError
        When a file is missing, changed, damaged or from another catalogue of features.
    """
    stored = json_of(read_files(folder, (MODEL, CARD), kind=FORMAT, version=VERSION)[MODEL], MODEL)
    try:
        return _state_of(stored)
    except ModelFileError:
        raise
    except (CredriskError, ArithmeticError, LookupError, TypeError, ValueError) as wrong:
        raise ModelFileError(f"{MODEL} is damaged: {wrong}") from wrong


def _as_json(state: FittedState) -> dict[str, Any]:
    return {
        "catalogue": fingerprint(state.feature_names),
        "parameters": state.parameters,
        "currency": state.currency,
        "rung": state.rung,
        "feature_names": state.feature_names,
        "features": state.features,
        "edges": state.edges,
        "evidence": state.evidence,
        "calibration": dataclasses.asdict(state.calibration),
        "leaving": state.leaving.log_rates,
        "cold_start": state.cold_start.shift,
        "figures": state.figures,
        "intensity": _intensity_as_json(state.intensity),
    }


def _intensity_as_json(intensity: Any) -> dict[str, Any]:
    if isinstance(intensity, BlendIntensity):
        parts = {name: _intensity_as_json(getattr(intensity, name)) for name in ("curves", "regression")}
        return parts | {"weight": intensity.weight}
    if isinstance(intensity, AdditiveIntensity):
        tables = [{"place": t.place, "bounds": t.bounds, "steps": t.steps} for t in intensity.tables]
        return {"intercepts": intensity.intercepts, "tables": tables}
    names = {field.name for field in dataclasses.fields(intensity)} - {"features"}
    return {name: getattr(intensity, name) for name in sorted(names)}


def _state_of(stored: dict[str, Any]) -> FittedState:
    feature_names, features = tuple(stored["feature_names"]), tuple(stored["features"])
    if not all(isinstance(name, str) for name in feature_names) or not set(features) <= set(feature_names):
        raise ValueError("the names of the features")
    if fingerprint(feature_names) != stored["catalogue"]:
        raise ModelFileError("The model was fitted on another catalogue of features.", remedy=FIT_AGAIN)
    edges = array_of(stored["edges"], (None,))
    unmeasured = stored["evidence"]["unmeasured_horizons"]
    horizons = [horizon for horizon in stored["parameters"]["horizons"] if str(horizon) not in unmeasured]
    if not np.array_equal(edges, interval_edges(horizons)):
        raise ValueError("the interval bounds")
    given = stored["calibration"]
    by_interval = {part: array_of(given[part], (len(edges) - 1,)) for part in ("level", "slope", "floor")}
    calibration = Calibration(**{**given, **{part: tuple(entries.tolist()) for part, entries in by_interval.items()}})
    if stored["parameters"]["target"] not in PREFIXES or stored["rung"] not in RUNGS:
        raise ValueError("the target or the rung")
    leaving = LeavingIntensity(features, array_of(stored["leaving"], (band_count(), len(edges) - 1)))
    return FittedState(
        parameters={**stored["parameters"], "horizons": tuple(stored["parameters"]["horizons"])},
        currency=str(stored["currency"]),
        rung=stored["rung"],
        feature_names=feature_names,
        features=features,
        edges=edges,
        evidence=_evidence_of(stored["evidence"], feature_names),
        calibration=calibration,
        leaving=leaving,
        cold_start=ColdStart(features, float(array_of([stored["cold_start"]], (1,))[0])),
        intensity=_intensity_of(stored, features, len(edges) - 1),
        figures=dict(stored["figures"]),
    )


def _intensity_of(stored: dict[str, Any], features: tuple[str, ...], n_intervals: int) -> Intensity:
    given, rung = stored["intensity"], stored["rung"]
    if rung == "booster":
        curves = _curves_of(given["curves"], features, n_intervals)
        weight = given["weight"]
        if not isinstance(weight, float) or not 0 <= weight <= 1:
            raise ValueError("the weight of the curves")
        return BlendIntensity(curves, _regression_of(given["regression"], features, n_intervals), weight)
    if rung == "expert_card":
        level = array_of([given["log_base"], given["level"]], (2,))
        mean_points = array_of(given["mean_points"], (len(features),))
        return CardIntensity(features, float(level[0]), mean_points, float(level[1]), n_intervals)
    return _regression_of(given, features, n_intervals)


def _curves_of(given: dict[str, Any], features: tuple[str, ...], n_intervals: int) -> AdditiveIntensity:
    tables = tuple(_table_of(table, len(features), n_intervals) for table in given["tables"])
    if sorted({table.place for table in tables}) != [table.place for table in tables]:
        raise ValueError("the order of the curves")
    return AdditiveIntensity(features, array_of(given["intercepts"], (n_intervals,)), tables)


def _regression_of(given: dict[str, Any], features: tuple[str, ...], n_intervals: int) -> RegressionIntensity:
    used, flagged = positions_of(given["used"], len(features)), positions_of(given["flagged"], len(given["used"]))
    columns, knots = len(used) + len(flagged), array_of(given["knots"], (len(used), KNOTS))
    if (np.diff(knots, axis=1) < 0).any():
        raise ValueError("the quantiles of a variable fall")
    return RegressionIntensity(
        features=features,
        used=used,
        knots=knots,
        centres=array_of(given["centres"], (columns,)),
        coefficients=array_of(given["coefficients"], (columns,)),
        flagged=flagged,
        intercepts=array_of(given["intercepts"], (n_intervals,)),
    )


def _evidence_of(given: dict[str, Any], feature_names: tuple[str, ...]) -> dict[str, Any]:
    """Return the evidence, every entry that a card, a report or monitoring reads held to its rule."""
    first, last, unmeasured = given["first_on"], given["last_on"], given["unmeasured_horizons"]
    days = [_day(day) for day in (first, last) if day is not None]
    rules: dict[str, bool] = {
        name: type(given[name]) is int and given[name] >= least
        for name, least in (
            ("rows", 1),
            ("customers", 1),
            ("first_events", 1),
            ("event_rows", 1),
            ("left_rows", 0),
            ("undecided_placements", 0),
        )
    }
    rules |= {
        "first_on and last_on": len(days) != 1 and days == sorted(days),
        "rows_used_share": isinstance(given["rows_used_share"], int | float) and 0 < given["rows_used_share"] <= 1,
        "undecided_events": isinstance(given["undecided_events"], float)
        and 0 <= given["undecided_events"] <= given["undecided_placements"],
        "prior_rate": isinstance(given["prior_rate"], float) and 0 < given["prior_rate"] < 1,
        "prior_source": isinstance(given["prior_source"], str),
        "cold_start": isinstance(given["cold_start"], str),
        "unmeasured_horizons": all(isinstance(reason, str) for reason in unmeasured.values()),
    }
    rules |= {
        name: isinstance(given[name], list) and set(given[name]) <= set(feature_names)
        for name in ("dropped_null", "dropped_constant")
    }
    broken = [name for name, kept in rules.items() if not kept]
    if broken:
        raise ValueError(f"the evidence ({', '.join(broken)})")
    return dict(given)


def _day(text: Any) -> date:
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError) as wrong:
        raise ValueError(f"the evidence ({text!r} is no day)") from wrong
    if day.isoformat() != text:
        raise ValueError(f"the evidence ({text!r} is no day)")
    return day


def _table_of(given: dict[str, Any], n_features: int, n_intervals: int) -> FeatureTable:
    (place,) = positions_of([given["place"]], n_features)
    bounds = array_of(given["bounds"], (None,))
    if not (np.diff(bounds) > 0).all():
        raise ValueError("the bounds of a curve do not rise")
    return FeatureTable(place, bounds, array_of(given["steps"], (len(bounds) + 2, n_intervals)))
