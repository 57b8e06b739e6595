"""The measures of a back-test and the names of models, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from credrisk.reports.totals import has_values
from credrisk.wording import counted, percent

__all__ = [
    "Measure",
    "in_figures",
    "measure_of",
    "model_name",
    "model_words",
    "not_measured",
    "undecided_words",
    "what_was_tested",
]


@dataclass(frozen=True)
class Measure:
    """How a measure is written."""

    words: str
    percent: bool = False


_MEASURES = {
    "auc": Measure("AUC"),
    "roc_auc": Measure("AUC"),
    "ap": Measure("Average precision"),
    "average_precision": Measure("Average precision"),
    "brier": Measure("Brier score"),
    "brier_score": Measure("Brier score"),
    "log_loss": Measure("Log loss"),
    "ks": Measure("Kolmogorov-Smirnov"),
    "gini": Measure("Gini"),
    "h_measure": Measure("H-measure"),
    "h_measure_by_rate": Measure("H-measure, at the rate of events"),
    "value_1pct": Measure("Net value at 1 %"),
    "value_5pct": Measure("Net value at 5 %"),
    "value_10pct": Measure("Net value at 10 %"),
    "value_20pct": Measure("Net value at 20 %"),
    "calibration_slope": Measure("Calibration slope"),
    "calibration_in_the_large": Measure("Observed / expected"),
}


def measure_of(name: str) -> Measure:
    """Return how the measure called ``name`` is written; ``capture_10`` is the capture at 10 %."""
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if "capture" in key:
        share = re.search(r"\d+", key)
        what = "Money captured" if key.startswith("money") else "Capture"
        return Measure(f"{what} at {share.group()} %" if share else what, percent=True)
    return _MEASURES.get(key, Measure(name.replace("_", " ").capitalize()))


def in_figures(name: str, value: float | None) -> str | None:
    """Write a value of a measure: a share in per cent, anything else with three decimals; None where not measured."""
    if value is None:
        return None
    return percent(value) if measure_of(name).percent else f"{value:.3f}"


def model_name(metrics: pl.DataFrame) -> str | None:
    """Return the name of the model: the one that stands first, or None where nothing was measured."""
    return None if metrics.is_empty() or "model" not in metrics.columns else str(metrics["model"][0])


def model_words(name: str) -> str:
    """Write the name of a model or of the baseline column."""
    known = {
        "past_due": "Past due",
        "share_past_due": "Share past due",
        "dbt_12m": "Days beyond terms, 12 months",
        "dbt_3m": "Days beyond terms, 3 months",
        "oldest_open_days": "Oldest past due",
        "booster": "credrisk (booster)",
        "penalised_regression": "credrisk (regression)",
        "expert_card": "credrisk (expert card)",
        "model": "credrisk",
        "base_rate": "Same rate for everyone",
    }
    return known.get(name, name.replace("_", " ").capitalize())


def not_measured(metrics: pl.DataFrame, notes: Sequence[str]) -> str:
    """Return why there is no back-test: the reasons that the metrics give, else the notes; "" where there is one."""
    if has_values(metrics, "value"):
        return ""
    reasons = (
        metrics["reason"].drop_nulls().unique(maintain_order=True).to_list() if "reason" in metrics.columns else []
    )
    sentences = [f"{reason[:1].upper()}{reason[1:]}".rstrip(".") + "." for reason in reasons]
    return " ".join(["The probabilities were not back-tested.", *(sentences or notes)])


def what_was_tested(folds: pl.DataFrame, in_use: str) -> str:
    """Say in a sentence that the back-test judged another kind of model than the one in use, where it did."""
    if "rung" not in folds.columns or not in_use:
        return ""
    tested = [str(rung).replace("_", " ") for rung in folds["rung"].drop_nulls().unique(maintain_order=True)]
    if not tested or tested == [in_use.replace("_", " ")]:
        return ""
    return (
        f"What was tested is the {' and the '.join(tested)}, for at those dates the ledger held fewer events; "
        f"the model in use is the {in_use.replace('_', ' ')}."
    )


def undecided_words(rows: int) -> str:
    """Say how many rows a back-test left out for want of a verdict on a placement; "" where there are none."""
    if not rows:
        return ""
    return (
        f"{counted(rows, 'row')} of the tested dates await the verdict of a placement and are left out; some will turn "
        "out bad debts, so the level that was seen is too low."
    )
