"""What can be estimated from this ledger: one model a target, with its evidence, or the reason why not.

Three targets: ``bad_debt`` (the probability that is called PD), ``default`` (90 or more days past due) and ``late30``
(30 or more). A target that the ledger cannot support stays null with its reason; none stands in for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.models.outcomes import Target, training_rows
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    from credrisk.ledger.ledger import LedgerSettings
    from credrisk.models.bad_debt import BadDebtModel
    from credrisk.models.reference import Reference
    from credrisk.models.validation import Validation

__all__ = ["IN_WORDS", "TARGETS", "Estimate", "estimate", "fitted", "training_calendar"]

TARGETS: tuple[Target, ...] = ("bad_debt", "default", "late30")
IN_WORDS = {
    "bad_debt": "bad debt",
    "default": "default (90 or more days past due)",
    "late30": "paying 30 or more days late",
}
BURN_IN_SHARE = 4
"""Training dates start after a quarter of the coverage (12 months at most): before that most windows are null."""
PER_HUNDRED = 100
"""What is expected of the level of probabilities; a difference that rounding hides is none to tell."""


@dataclass(frozen=True)
class Estimate:
    """One target: its model and back-test, or why there is none.

    Attributes
    ----------
    probabilities
        ``customer_id`` and one column a horizon for the customers at risk today; empty when there is no model.
    reasons
        ``customer_id, rank, says`` for the same customers.
    why_not
        The reason in words when ``model`` is None.
    reference
        What the customers looked like when the model was fitted, for monitoring.
    """

    target: str
    model: BadDebtModel | None
    validation: Validation | None
    probabilities: pl.DataFrame
    reasons: pl.DataFrame
    why_not: str = ""
    reference: Reference | None = None

    @property
    def source(self) -> str:
        """Which rung answered: booster, penalised_regression, expert_card or not_measured."""
        return str(self.model.rung_) if self.model is not None else "not_measured"


def training_calendar(settings: LedgerSettings, as_of: date) -> Calendar:
    """Return the months counted back from ``as_of`` that the ledger covers, the burn-in left out."""
    covered = 0
    while months_after(as_of, -(covered + 1)) >= settings.covers_from:
        covered += 1
    burn_in = min(12, covered // BURN_IN_SHARE)
    return Calendar.months_back(as_of, max(covered - burn_in, 0) + 1)


def fitted(
    panel: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    target: Target,
    currency: str,
    seed: int = 0,
    progress: Progress = silent,
) -> BadDebtModel:
    """Fit one target on the rows of the training dates.

    Raises
    ------
    EvidenceError
        When the ledger cannot support the target: no one at risk was observed, or nothing happened.
    """
    from credrisk.models.bad_debt import BadDebtModel

    rows = training_rows(panel, labels, target=target)
    if rows.X.is_empty():
        raise EvidenceError("no customer at risk was observed for any time after a month end")
    progress(f"Fitting the probability of {IN_WORDS[target]}", 0, 0)
    model = BadDebtModel(target=target, seed=seed)
    return model.fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups, currency=currency)


def estimate(
    panel: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    target: Target,
    as_of: date,
    currency: str,
    attributes: pl.DataFrame | None = None,
    groups: pl.DataFrame | None = None,
    seed: int = 0,
    back_test: bool = True,
    progress: Progress = silent,
) -> Estimate:
    """Fit, back-test and score one target.

    Parameters
    ----------
    panel, labels
        Rows (customer_id, as_of) of the training dates, today's included.
    target
        ``bad_debt``, ``default`` or ``late30``.
    attributes
        The customers table, whose categories the reference keeps.
    groups
        Group of companies by customer, for the intervals of the back-test.
    back_test
        False leaves the back-test out.
    """
    from credrisk.models.reference import reference_of
    from credrisk.models.validation import validate

    names = list(catalogue())
    today = panel.join(
        labels.filter((pl.col("as_of") == as_of) & pl.col(f"{target}_at_risk")).select("customer_id", "as_of"),
        on=["customer_id", "as_of"],
        how="inner",
        maintain_order="left",
    )
    words = IN_WORDS[target]
    try:
        model = fitted(panel, labels, target=target, currency=currency, seed=seed, progress=progress)
    except EvidenceError as error:
        return Estimate(target, None, None, pl.DataFrame(), pl.DataFrame(), str(error).rstrip("."))
    learnt = training_rows(panel, labels, target=target)
    reference = reference_of(
        model,
        learnt.X,
        as_of=learnt.as_of,
        customers=learnt.groups,
        observed_to=as_of,
        attributes=attributes,
    )
    validation = None
    if back_test:
        progress(f"Back-testing the probability of {words}", 0, 0)
        validation = validate(panel, labels, target=target, currency=currency, groups=groups, seed=seed)
    ids = today.select("customer_id")
    if today.is_empty():
        return Estimate(target, model, validation, pl.DataFrame(), pl.DataFrame(), reference=reference)
    probabilities = pl.concat([ids, model.predict_pd(today.select(names), output="polars")], how="horizontal")
    explained = model.explain(today.select(names), top=3, currency=currency, output="polars")
    reasons = explained.join(ids.with_row_index("row"), on="row", how="left", maintain_order="left").select(
        "customer_id", "rank", "says"
    )
    return Estimate(target, model, validation, probabilities, reasons, reference=reference)


def notes_on(estimates: Mapping[str, Estimate]) -> list[str]:
    """Say in words what could not be estimated, and which answers rest on little evidence."""
    notes = []
    for target, found in estimates.items():
        words = IN_WORDS[target]
        if found.model is None:
            notes.append(f"The probability of {words} is not measured: {found.why_not}.")
        elif found.source != "booster":
            notes.append(
                f"The probability of {words} comes from the {found.source.replace('_', ' ')}: "
                f"first events in the ledger: {found.model.evidence_['first_events']}."
            )
        if found.validation is not None and (off := level_note(found.validation.metrics, words)):
            notes.append(off)
    return notes


def level_note(metrics: pl.DataFrame, words: str) -> str:
    """Say that the back-test found the level of the probabilities wrong; "" where chance explains the difference."""
    rows = metrics.filter((pl.col("model") == "model") & (pl.col("measure") == "calibration_in_the_large"))
    for row in rows.drop_nulls(["value", "low", "high"]).rows(named=True):
        if round(100 * row["low"]) > PER_HUNDRED or round(100 * row["high"]) < PER_HUNDRED:
            side = "low" if row["low"] > 1 else "high"
            told = f"{100 * row['value']:.0f} came (95 % interval {100 * row['low']:.0f} to {100 * row['high']:.0f}"
            return (
                f"Back-test of {words}: the probabilities were too {side}; for every 100 expected {told}, from "
                f"{row['events']} distinct events). Levels move with the market: mind it in expected losses."
            )
    return ""
