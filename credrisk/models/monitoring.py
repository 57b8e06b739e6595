"""Does a fitted model still hold on a later ledger? Drift of its inputs and scores, and what came true since.

Inputs can be judged at once, outcomes only when their horizon has passed. An alert says what was found, how serious it
is, and what it asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import EvidenceError, ParameterError
from credrisk.frames import as_polars
from credrisk.models.assessment_parts import GRADES, grade_frame, graded
from credrisk.models.calibration_tests import ASSET_CORRELATION, events_tail, jeffreys_interval, jeffreys_p
from credrisk.models.master_scale import GRADED_MONTHS, MasterScale
from credrisk.models.monitoring_inputs import (
    ALARM,
    ATTENTION_NEEDED,
    LEVEL,
    NOTE,
    drift_of,
    new_categories,
    numbers_of,
    past_of,
    score_of,
)
from credrisk.models.outcomes import PREFIXES
from credrisk.models.reference import Reference

if TYPE_CHECKING:
    from credrisk.models.bad_debt import BadDebtModel

__all__ = ["ALARM", "ATTENTION_NEEDED", "NOTE", "Monitoring", "monitor", "times_as_many"]

NEAR = 0.15
"""So far from a whole number a ratio is still *about* it."""


@dataclass(frozen=True)
class Monitoring:
    """What monitoring found.

    Attributes
    ----------
    alerts
        ``severity`` (alarm, attention or note), ``subject``, ``message``, ``remedy``; the serious ones first.
    drift
        ``feature``, ``psi``, ``limit``, ``null_before`` (the most on a training date), ``null_after``, ``drift``.
    score
        ``psi``, ``limit``, ``mean_before``, ``mean_now`` of the probability.
    realised
        ``months``, ``from`` (the cohort's date), ``customers``, ``events``, ``expected``, ``observed_to_expected`` with
        ``low`` and ``high``, ``p_jeffreys``, ``p_too_low``, ``p_too_high`` (under the common factor).
    grades
        The tests by grade over the longest horizon that has passed, the only ones that raise an alert
        (:func:`~credrisk.models.assessment_parts.grade_frame`).
    graded_by
        Which grades they are, in words, or why there are none.
    notes
        What could not be judged, and why.
    """

    target: str
    as_of: date
    customers: int
    reference_from: date
    reference_to: date
    alerts: pl.DataFrame
    drift: pl.DataFrame
    score: dict[str, float | None]
    realised: pl.DataFrame
    grades: pl.DataFrame
    probability: np.ndarray = field(repr=False, default_factory=lambda: np.array([]))
    notes: tuple[str, ...] = ()
    graded_by: str = ""

    @property
    def worst(self) -> str:
        """The most serious severity; "" where nothing was raised."""
        raised = self.alerts["severity"].to_list()
        return next((severity for severity in (ALARM, ATTENTION_NEEDED) if severity in raised), "")


def monitor(
    model: BadDebtModel,
    panel: Any,
    labels: Any,
    *,
    reference: Reference,
    scale: MasterScale | None,
    as_of: date | str,
    attributes: Any = None,
    correlation: float = ASSET_CORRELATION,
) -> Monitoring:
    """Compare a later day with the time when the model was fitted.

    Parameters
    ----------
    model
        The fitted model.
    panel, labels
        Output of ``build_panel`` and ``build_labels`` of the later ledger, with rows of ``as_of`` and, for what came
        true, of the days 3, 6 and 12 months (the horizons that the model could measure) before it. Rows of the last
        reference date tell whether the ledger still says of the past what it said.
    reference
        From :func:`~credrisk.models.reference.reference_of`.
    scale
        Grades of the target; of a bad debt those of its probability within 12 months. None proposes some for the
        probabilities that are tested.
    as_of
        The day that is judged. Only what was known by then may be in panel and labels.
    attributes
        The customers table, for categories that are new.

    Raises
    ------
    ParameterError
        When the reference belongs to another model.
    EvidenceError
        When no customer is at risk on the day.

    Notes
    -----
    Outcomes count only from cohorts dated on or after the last day of which the model learnt what happened
    (``reference.observed_to``): what it has learnt from proves nothing.
    """
    day = to_date(as_of)
    names = [str(name) for name in model.feature_names_in_]
    if reference.model != model.hash_ or set(reference.features) != set(names):
        raise ParameterError("reference", "the reference of this model", f"that of another one of {reference.target}")
    features = as_polars(panel, "panel").with_columns(pl.col("as_of").cast(pl.Date))
    told = as_polars(labels, "labels").with_columns(pl.col("as_of").cast(pl.Date))
    key = ["customer_id", "as_of"]
    at_risk = told.filter(pl.col(f"{model.target}_at_risk")).select(key)
    now = features.filter(pl.col("as_of") == day).join(at_risk, on=key, how="semi")
    if now.is_empty():
        raise EvidenceError(f"no customer is at risk on {day}")
    alerts: list[dict[str, str]] = []
    drift = drift_of(now, reference, alerts)
    notes: list[str] = []
    then = features.filter(pl.col("as_of") == reference.last_on).join(at_risk, on=key, how="semi")
    if then.is_empty():
        notes.append(
            f"Whether the ledger tells the past as it did was not judged: no row of {reference.last_on} was given."
        )
    else:
        past_of(then, reference, alerts)
    probability = _probability(model, now, reference.months)
    score = score_of(probability, reference, alerts)
    new_categories(attributes, reference, alerts)
    realised, grades, graded_by, unjudged = _realised(model, features, told, reference, scale, day, correlation, alerts)
    order = {ALARM: 0, ATTENTION_NEEDED: 1, NOTE: 2}
    schema = dict.fromkeys(("severity", "subject", "message", "remedy"), pl.String)
    return Monitoring(
        target=model.target,
        as_of=day,
        customers=now.height,
        reference_from=reference.first_on,
        reference_to=reference.last_on,
        alerts=pl.DataFrame(sorted(alerts, key=lambda one: order[one["severity"]]), schema=schema),
        drift=drift,
        score=score,
        realised=realised,
        grades=grades,
        graded_by=graded_by,
        probability=probability,
        notes=(*notes, *unjudged),
    )


def _probability(model: BadDebtModel, rows: pl.DataFrame, months: int) -> np.ndarray:
    names = [str(name) for name in model.feature_names_in_]
    found = model.predict_pd(rows.select(names), horizons=[months], output="polars").to_series()
    return numbers_of(found)


def _realised(
    model: BadDebtModel,
    features: pl.DataFrame,
    labels: pl.DataFrame,
    reference: Reference,
    scale: MasterScale | None,
    day: date,
    correlation: float,
    alerts: list[dict[str, str]],
) -> tuple[pl.DataFrame, pl.DataFrame, str, list[str]]:
    found: list[dict[str, Any]] = []
    notes: list[str] = []
    last = pl.DataFrame()
    learnt = reference.observed_to
    for months, reason in model.evidence_["unmeasured_horizons"].items():
        notes.append(f"What came true within {months} months is not judged, for its probability is null: {reason}.")
    for months in model.measured_horizons_:
        cohort = months_after(day, -months)
        if cohort < learnt:
            notes.append(
                f"What came true within {months} months can be judged from {months_after(learnt, months)} on: the "
                f"model learnt until {learnt}."
            )
            continue
        rows, undecided = _cohort(model, features, labels, cohort, months)
        if undecided:
            notes.append(
                f"{undecided} of the customers of {cohort} await the verdict of a placement and are left out of what "
                f"came true within {months} months: some will turn out bad debts."
            )
        if rows.is_empty():
            notes.append(f"No customer of {cohort} was at risk and observed for {months} months.")
            continue
        row = _one_horizon(rows, cohort, months, correlation)
        found.append(row)
        last = rows
        _realised_alerts(row, model.target, alerts)
    grades, graded_by = pl.DataFrame(schema=GRADES), ""
    if found:
        months = found[-1]["months"]
        last, scale, graded_by = graded(last, scale, target=model.target, months=months)
        if scale is not None:
            grades = grade_frame(last, scale, months=months, correlation=correlation)
            _grade_alert(months, grades, model.target, alerts)
    numbers = (*("expected", "observed_to_expected", "low", "high", "p_jeffreys", "p_too_low", "p_too_high"),)
    schema = {"months": pl.Int64, "from": pl.Date, "customers": pl.Int64, "events": pl.Int64}
    return pl.DataFrame(found, schema={**schema, **dict.fromkeys(numbers, pl.Float64)}), grades, graded_by, notes


def _cohort(
    model: BadDebtModel, features: pl.DataFrame, labels: pl.DataFrame, cohort: date, months: int
) -> tuple[pl.DataFrame, int]:
    """Return ``as_of, event``, probability and that of the grade of who was at risk on a day and observed since.

    And how many are left out, for the verdict of a placement is not known.
    """
    target, end = model.target, months_after(cohort, months)
    own_end = f"{target}_observed_to" if f"{target}_observed_to" in labels.columns else "observed_to"
    on, left = pl.col(f"{target}_on"), pl.col("left_on")
    happened = ((on <= end) & (left.is_null() | (on <= left))).fill_null(False)
    at_risk = labels.filter((pl.col("as_of") == cohort) & pl.col(f"{target}_at_risk") & (pl.col("observed_to") >= end))
    outcome = at_risk.filter((pl.col(own_end) >= end) | happened).select(
        "customer_id", "as_of", event=happened.cast(pl.Float64)
    )
    undecided = at_risk.height - outcome.height
    rows = features.join(outcome, on=["customer_id", "as_of"], how="inner").sort("customer_id")
    if rows.is_empty():
        return rows, undecided
    found = {"probability": _probability(model, rows, months)}
    if target == "bad_debt" and model.measured_horizons_[-1] >= GRADED_MONTHS:
        found[f"{PREFIXES[target]}_{GRADED_MONTHS}m"] = _probability(model, rows, GRADED_MONTHS)
    told = rows.select("as_of", "event").with_columns(pl.Series(name, values) for name, values in found.items())
    return told, undecided


def _one_horizon(rows: pl.DataFrame, cohort: date, months: int, correlation: float) -> dict[str, Any]:
    n, events = rows.height, int(rows["event"].sum())
    pd = float(rows["probability"].to_numpy().mean())
    low, high = jeffreys_interval(events, n)
    at_least, at_most = events_tail([pd], [n], events, correlation=correlation)
    return {
        "months": months,
        "from": cohort,
        "customers": n,
        "events": events,
        "expected": pd * n,
        "observed_to_expected": events / (pd * n) if pd > 0 else None,
        "low": float(low) / pd if pd > 0 else None,
        "high": float(high) / pd if pd > 0 else None,
        "p_jeffreys": jeffreys_p(pd, events=events, customers=n),
        "p_too_low": at_least,
        "p_too_high": at_most,
    }


def _realised_alerts(row: dict[str, Any], target: str, alerts: list[dict[str, str]]) -> None:
    since = f"Of the customers at risk on {row['from']}, {row['events']} met the event within {row['months']} months; "
    since += f"{row['expected']:.1f} were expected"
    outside = _outside(row)
    if row["p_too_low"] < LEVEL:
        severity, words = ALARM, f"{since}: more than a bad year explains."
        remedy = "Raise the level of the probabilities: fit the model anew, or scale them until then."
    elif row["p_jeffreys"] < LEVEL:
        severity, words = ATTENTION_NEEDED, f"{since}: more than chance, within what a bad year explains."
        remedy = "See whether the market explains it; fit the model anew if it lasts."
    elif row["p_too_high"] < LEVEL:
        severity, words = ATTENTION_NEEDED, f"{since}: fewer than chance explains."
        limits = "limits may be tighter than they need be" if target == "bad_debt" else "fit the model anew if it lasts"
        remedy = f"The probabilities are too high: {limits}."
    elif outside:
        severity, words = ATTENTION_NEEDED, f"{since}: {outside}."
        remedy = "See whether the next cohort says the same and whether the market explains it; fit anew if it lasts."
    else:
        severity = ""
    if severity:
        subject = f"came true, {row['months']} months"
        alerts.append({"severity": severity, "subject": subject, "message": words, "remedy": remedy})


def _outside(row: dict[str, Any]) -> str:
    """Say how the events lie to those expected where the 95 % interval of the ratio excludes 1; else nothing.

    The tests above ask for 1 % and the alarm for more than a bad year: what lies between is said, but alarms nobody.
    """
    ratio, low, high = (row[name] for name in ("observed_to_expected", "low", "high"))
    if ratio is None or low <= 1 <= high:
        return ""
    interval = f"(95 % interval {low:.2f} to {high:.2f}, so not 1"
    if low > 1:
        chance = f"; the chance of so many is {100 * row['p_jeffreys']:.1f} %, and only below {100 * LEVEL:.0f} %"
        return f"{times_as_many(ratio)} came true {interval}{chance} is tested as more than chance)"
    return f"only {ratio:.2f} times as many came true {interval})"


def times_as_many(ratio: float) -> str:
    """Say a ratio of counts above 1 in words: ``about twice as many``."""
    for whole, words in ((2, "about twice as many"), (3, "about three times as many")):
        if abs(ratio / whole - 1) <= NEAR:
            return words
    return f"{ratio:.1f} times as many"


def _grade_alert(months: int, grades: pl.DataFrame, target: str, alerts: list[dict[str, str]]) -> None:
    low = grades.filter(pl.col("p_too_low_holm") < LEVEL)["grade"].to_list()
    if low:
        named = f"{'grade' if len(low) == 1 else 'grades'} {', '.join(low)}"
        alerts.append(
            {
                "severity": ALARM,
                "subject": f"grades, {months} months",
                "message": f"More came true than the probability of {named} can explain.",
                "remedy": "Do not raise limits in these grades before the model is fitted anew."
                if target == "bad_debt"
                else "Fit the model anew before these grades are relied on.",
            }
        )
