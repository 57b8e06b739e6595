"""The model card: what a stored model is, what it rests on, how good it was and what it is not for, to be read.

In the spirit of Mitchell et al. [1]_: written from the fitted model, so that it cannot drift from it.

References
----------
.. [1] Mitchell, M. et al. (2019). Model cards for model reporting. FAT* '19, 220-229.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from credrisk.features.catalogue import catalogue, fingerprint
from credrisk.models.blend import BlendIntensity
from credrisk.models.outcomes import PREFIXES
from credrisk.models.rungs import BOOSTER_ROWS, BOOSTER_ROWS_AN_EVENT_ROW, EVENTS_FOR_BOOSTER, EVENTS_FOR_REGRESSION

if TYPE_CHECKING:
    from credrisk.models.store import FittedState
    from credrisk.models.validation import Validation

__all__ = ["figures_of", "model_card"]

TARGETS = {
    "bad_debt": "a write-off, an insolvency, or a placement that was not recovered",
    "default": "undisputed items 90 or more days past their due date, beyond both thresholds",
    "late30": "items 30 or more days past their due date",
}
RUNGS = {
    "expert_card": "an expert card: stated points, of which nothing is fitted but the level (the choice under "
    f"{EVENTS_FOR_REGRESSION} distinct events)",
    "penalised_regression": "a penalised regression in every feature, drawn to a stated belief (the choice from "
    f"{EVENTS_FOR_REGRESSION} to {EVENTS_FOR_BOOSTER - 1} distinct events)",
    "booster": "an additive booster (one curve a feature, fitted by LightGBM, rising only in the worse direction) "
    f"averaged with the regression (the choice from {EVENTS_FOR_BOOSTER} distinct events)",
}
STRONGEST = 15
"""Features listed: what lies below moves hardly anything."""

MEASURES = ("auc", "capture_10pct", "log_loss", "brier", "calibration_in_the_large", "calibration_slope")


def figures_of(validation: Validation) -> dict[str, Any]:
    """Return what a back-test found, as plain values to be stored with the model."""
    folds, metrics = validation.folds, validation.metrics
    kept = ("model", "measure", "value", "low", "high", "rows", "events", "reason")
    return {
        "months": validation.months,
        "known_on": [day.isoformat() for day in folds["known_on"].to_list()],
        "tested_to": [day.isoformat() for day in folds["tested_to"].to_list()],
        "measures": [{name: row[name] for name in kept} for row in metrics.iter_rows(named=True)],
    }


def model_card(state: FittedState) -> str:
    """Return the card as Markdown."""
    target, evidence = state.parameters["target"], state.evidence
    horizons = ", ".join(f"{horizon}" for horizon in state.parameters["horizons"])
    window = f"{evidence['first_on']} to {evidence['last_on']}" if evidence["first_on"] else "dates were not given"
    lines = [
        f"# Model card: probability of {target.replace('_', ' ')}",
        "",
        f"**What it answers.** How likely a customer that is not in trouble today meets the event ({TARGETS[target]}) "
        f"within {horizons} months, before it leaves in good standing. Output: "
        f"`{PREFIXES[target]}_<months>m`, a probability per customer, not per euro.",
        "",
        f"**What it is.** {RUNGS[state.rung][0].upper()}{RUNGS[state.rung][1:]}. The monthly rate is fitted in the "
        f"intervals {_intervals(state.edges)} months ahead and put together with the rate of leaving.",
        "",
        "## What it rests on",
        "",
        f"- dates of the rows: {window}",
        f"- {evidence['rows']:,} rows of {evidence['customers']:,} customers at risk; "
        f"{evidence['first_events']:,} distinct events within the longest horizon, seen from "
        f"{evidence['event_rows']:,} rows",
        *(
            [
                f"- {evidence['undecided_placements']:,} placements await their verdict; they count as "
                f"{evidence['undecided_events']:.1f} events, as earlier ones let expect"
            ]
            if evidence["undecided_placements"]
            else []
        ),
        f"- share of the rows without event at hand to learn from: {evidence['rows_used_share']:.1%}{_sampled(state)}",
        f"- belief before the ledger spoke: {evidence['prior_rate']:.2%} a year ({evidence['prior_source']})",
        f"- catalogue of features: `{fingerprint(state.feature_names)}`; amounts in {state.currency}",
        f"- customers without a payment record: {state.cold_start.says}",
        *(
            f"- {months} months are not measured: {reason}"
            for months, reason in evidence["unmeasured_horizons"].items()
        ),
        "",
        "## How good it was",
        "",
        *_quality(state),
        "",
        "## What moves it",
        "",
        *_features(state),
        "",
        "## Not for",
        "",
        "- customers already in default or bad debt: it learnt from customers at risk only",
        "- other ledgers, sellers or countries than the one it was fitted on",
        "- consumers: it knows firms that buy on open account",
        "- a decision without a person who may overrule it, or without the reasons beside the number",
        "- horizons beyond the longest above, or after a change of terms or policy that it has not seen",
        "",
    ]
    return "\n".join(lines)


def _sampled(state: FittedState) -> str:
    """Say how many of the rows at hand the curves learn from at most; nothing for other models."""
    if not isinstance(state.intensity, BlendIntensity):
        return ""
    return (
        f"; of these the curves learn from {BOOSTER_ROWS:,} rows times intervals at most, or "
        f"{BOOSTER_ROWS_AN_EVENT_ROW} for each with the event where that is more, every event among them"
    )


def _intervals(edges: np.ndarray) -> str:
    return ", ".join(f"({low:g}, {high:g}]" for low, high in pairwise(edges.tolist()))


def _quality(state: FittedState) -> list[str]:
    calibration = state.calibration
    told = [f"Calibration: {calibration.method} ({calibration.reason})."]
    if any(calibration.floor):
        floors = ", ".join(f"{rate:.2g}" for rate in calibration.floor)
        told.append(f"Events without a sign are spread over all customers: {floors} a month in the intervals.")
    if calibration.observed_to_expected is not None:
        told.append(
            f"On the dates from {calibration.split_on} on, {calibration.observed_to_expected:.2f} times the events "
            "came that a model of the dates before expected."
        )
    figures = state.figures
    if not figures:
        return [*told, "", "No back-test is stored with it: `save(folder, validation=validate(...))` adds it."]
    told += [
        "",
        f"Back-test over {figures['months']} months: fitted on what was known on {', '.join(figures['known_on'])}, "
        f"tested on later dates up to {figures['tested_to'][-1] if figures['tested_to'] else 'none'}.",
        "",
        "| measure | value | 95 % interval | events |",
        "|---|---|---|---|",
    ]
    own = {row["measure"]: row for row in figures["measures"] if row["model"] == "model"}
    told += [_measure_row(own[name]) for name in (*MEASURES, "not_measured") if name in own]
    return told


def _measure_row(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return f"| {row['measure']} | not measured: {row['reason']} | | {row['events']} |"
    interval = "" if row["low"] is None else f"{row['low']:.4g} to {row['high']:.4g}"
    return f"| {row['measure']} | {row['value']:.4g} | {interval} | {row['events']} |"


def _features(state: FittedState) -> list[str]:
    evidence = state.evidence
    dropped = [*evidence["dropped_null"], *evidence["dropped_constant"]]
    told = [
        f"{len(state.features)} features; left out, for they were null or the same in every row: "
        f"{', '.join(dropped) if dropped else 'none'}."
    ]
    if not isinstance(state.intensity, BlendIntensity):
        return [*told, "", "The expert card and the regression name their variables in the documentation of credrisk."]
    share = np.diff(state.edges) / state.edges[-1]
    weight = state.intensity.weight
    spread = {state.features[t.place]: weight * float(np.ptp(t.steps @ share)) for t in state.intensity.curves.tables}
    entries = catalogue(state.features)
    told += [
        f"{len(spread)} of them have a curve; the curves weigh {weight:.0%}, the regression the rest. The widest:",
        "",
        "| feature | unit | window | worse | highest rate to lowest |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(spread, key=lambda name: (-spread[name], name))[:STRONGEST]:
        entry = entries[name]
        told.append(f"| {name} | {entry.unit} | {entry.window} | {entry.worse} | {np.exp(spread[name]):.2f} |")
    return told
