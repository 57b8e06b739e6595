"""One model as it is, or would have been, fitted on a day: for an earlier one, what came true since can judge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import EvidenceError
from credrisk.features.labels import LabelSettings, build_labels
from credrisk.features.panel import build_panel
from credrisk.models.outcomes import Target
from credrisk.models.reference import reference_path
from credrisk.pipeline.monitoring import model_folder
from credrisk.pipeline.probabilities import IN_WORDS, TARGETS, estimate, training_calendar
from credrisk.pipeline.stored_results import stored_record

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger

__all__ = ["ModelOfDay", "model_of_day", "stored_model"]


@dataclass(frozen=True)
class ModelOfDay:
    """A model of a day, saved.

    Attributes
    ----------
    target
        What it predicts: the first of those asked for that could be measured on the day.
    folder
        Where it lies, its reference beside it, as :func:`credrisk.monitor_ledger` takes it.
    why_not
        By target that could not be measured, why.
    rung
        Which answered: booster, penalised_regression or expert_card.
    evidence
        What it learnt from, as :attr:`credrisk.BadDebtModel.evidence_` has it.
    probabilities, reasons
        ``customer_id`` and a column a horizon; ``customer_id, rank, says``: of the customers at risk on the day. Empty
        for a stored model, whose run has them in its ``scores.csv``.
    states
        ``customer_id, status`` of every customer on the day (:func:`~credrisk.features.labels.build_labels`). Empty
        for a stored model.
    """

    target: str
    as_of: date
    folder: Path
    why_not: Mapping[str, str]
    rung: str
    evidence: Mapping[str, Any]
    probabilities: pl.DataFrame = field(default_factory=pl.DataFrame)
    reasons: pl.DataFrame = field(default_factory=pl.DataFrame)
    states: pl.DataFrame = field(default_factory=pl.DataFrame)


def model_of_day(
    ledger: Ledger,
    *,
    as_of: date | str,
    folder: str | PathLike[str],
    targets: Sequence[Target] = TARGETS,
    label_settings: LabelSettings | None = None,
) -> ModelOfDay:
    """Fit the model on what was known on a day, and save it with what monitoring compares with.

    Parameters
    ----------
    as_of
        Nothing known after this day (inclusive) is learnt from.
    folder
        A folder for models is made in it, one a target.
    targets
        In this order; the first that can be measured is taken.

    Raises
    ------
    EvidenceError
        When none can be measured on that day; the reasons are told.
    """
    day, whole = to_date(as_of), Path(folder)
    known = ledger.cut(day)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars")
    labels = build_labels(known, dates=calendar, settings=label_settings, output="polars")
    why_not: dict[str, str] = {}
    for target in targets:
        found = estimate(
            panel,
            labels,
            target=target,
            as_of=day,
            currency=known.settings.currency,
            attributes=known.table("customers"),
            back_test=False,
        )
        if found.model is None or found.reference is None:
            why_not[target] = found.why_not
            continue
        place = whole / target
        found.model.save(place)
        found.reference.write(reference_path(place))
        rung, evidence = str(found.model.rung_), found.model.evidence_
        states = labels.filter(pl.col("as_of") == day).select("customer_id", "status")
        return ModelOfDay(target, day, place, why_not, rung, evidence, found.probabilities, found.reasons, states)
    raise EvidenceError(f"no model could be fitted on {day}: {_told(why_not)}")


def stored_model(results: str | PathLike[str], *, targets: Sequence[Target] = TARGETS) -> ModelOfDay:
    """Return the model that an earlier :func:`credrisk.run` wrote, of the first target that it could measure.

    Parameters
    ----------
    results
        The folder of the run.

    Raises
    ------
    ParameterError
        When the folder holds no finished run.
    EvidenceError
        When the run could measure none of the targets.
    """
    told = stored_record(Path(results))
    day = date.fromisoformat(told["as_of"])
    why_not: dict[str, str] = {}
    for target in targets:
        found = told["targets"][target]
        if found["source"] != "not_measured":
            place = model_folder(Path(results) / "model", target)
            return ModelOfDay(target, day, place, why_not, found["source"], found["evidence"])
        why_not[target] = str(found["why"])
    raise EvidenceError(f"the run of {day} has no model: {_told(why_not)}")


def _told(why_not: Mapping[str, str]) -> str:
    return "; ".join(f"{IN_WORDS[target]}: {why}" for target, why in why_not.items())
