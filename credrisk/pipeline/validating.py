"""Would the model have worked on this ledger? Panel, walk-forward validation and assessment, as one report."""

from __future__ import annotations

from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credrisk import __version__
from credrisk.atomic import new_folder
from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.catalogue import fingerprint
from credrisk.features.labels import LabelSettings, build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.no_documents import refuse_unknown_documents
from credrisk.models.assessment import assess
from credrisk.models.calibration_tests import ASSET_CORRELATION
from credrisk.models.master_scale import MasterScale
from credrisk.models.outcomes import IN_WORDS, PREFIXES
from credrisk.models.review_value import Costs
from credrisk.models.validation import validate
from credrisk.pipeline.partition_links import company_groups
from credrisk.pipeline.probabilities import training_calendar
from credrisk.progress import Progress, silent
from credrisk.reports.calibration import calibration_groups
from credrisk.reports.validation_page import ValidationPack, validation_json, validation_page

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger

__all__ = ["VALIDATION_FILES", "master_scale_of", "validate_ledger", "write_validation"]

VALIDATION_FILES = ("validation.html", "validation.json")
REVIEW_COST = Costs().review_cost


def validate_ledger(
    ledger: Ledger,
    *,
    target: str = "bad_debt",
    months: int = 12,
    folds: int = 3,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    review_cost: float = REVIEW_COST,
    correlation: float = ASSET_CORRELATION,
    label_settings: LabelSettings | None = None,
    samples: int = 200,
    seed: int = 0,
    progress: Progress = silent,
) -> ValidationPack:
    """Validate the model of one target on a ledger, as it would have been fitted at past dates.

    Parameters
    ----------
    ledger
        From :meth:`credrisk.Ledger.read`.
    target
        ``bad_debt``, ``default`` or ``late30``.
    months
        Horizon of the test.
    folds
        Dates at which the model is fitted anew, at most.
    as_of
        Nothing known after this day is used. Default: the last day the ledger covers.
    policy
        Its grades (for ``bad_debt``; for others some are proposed), margin and loss given default are taken. Default:
        the one shipped.
    review_cost
        Cost of looking into one customer, in the ledger's currency.
    correlation
        Asset correlation of the null of the grades' tests.
    label_settings
        What counts as default, bad debt and late.
    samples
        Resamples of the customers for the intervals.

    Returns
    -------
    ValidationPack
        What :func:`write_validation` writes. Where nothing can be measured it says why.

    Raises
    ------
    ParameterError
        When a parameter breaks its rule, or ``as_of`` lies outside what the ledger covers.
    DataError
        When no document is known by ``as_of``.
    """
    if target not in PREFIXES:
        raise ParameterError("target", f"one of {', '.join(PREFIXES)}", target)
    if months < 1 or folds < 1:
        raise ParameterError("months and folds", "1 or more", (months, folds))
    day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
    first, last = ledger.settings.covers_from, ledger.settings.covers_to
    if not first <= day <= last:
        raise ParameterError("as_of", f"within what the ledger covers ({first} to {last})", day.isoformat())
    rules = policy if policy is not None else Policy.default()
    costs = Costs(review_cost=review_cost, margin=rules.economics.margin, lgd=rules.economics.lgd_uninsured)
    known = ledger.cut(day)
    refuse_unknown_documents(known, ledger, day)
    progress("Computing features", 0, 0)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars", progress=progress)
    progress("Labelling what happened", 0, 0)
    labels = build_labels(known, dates=calendar, settings=label_settings, output="polars")
    currency = known.settings.currency
    validation = validate(
        panel,
        labels,
        target=target,
        months=months,
        folds=folds,
        samples=1,  # the intervals are the assessment's
        currency=currency,
        groups=company_groups(known),
        seed=seed,
        progress=progress,
    )
    found = assess(
        validation,
        scale=master_scale_of(rules) if target == "bad_debt" else None,
        panel=panel,
        attributes=known.table("customers"),
        costs=costs,
        correlation=correlation,
        samples=samples,
        seed=seed,
        progress=progress,
    )
    calibration = pl.DataFrame()
    if validation.predictions.height:
        try:
            probability = f"{PREFIXES[target]}_{months}m"
            calibration = calibration_groups(validation.predictions, probability=probability)
        except EvidenceError:
            calibration = pl.DataFrame()
    return ValidationPack(
        as_of=day,
        currency=currency,
        event=IN_WORDS[target],
        assessment=found,
        folds=validation.folds,
        calibration=calibration,
        covers=(first, last),
        notes=_notes(validation.folds, found.notes),
        settings={
            "credrisk": __version__,
            "Policy": f"version {rules.version}, hash {rules.hash[:12]}",
            "Catalogue of features": fingerprint(),
            "Asset correlation": f"{correlation:g}",
            "Resamples": str(samples),
        },
    )


def write_validation(folder: str | PathLike[str], pack: ValidationPack, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write ``validation.html`` and ``validation.json``: both or neither. Return their paths."""
    with new_folder(folder, overwrite=overwrite) as draft:
        for name, text in zip(VALIDATION_FILES, (validation_page(pack), validation_json(pack)), strict=True):
            (draft / name).write_bytes(text.encode("utf-8"))
    return tuple(Path(folder) / name for name in VALIDATION_FILES)


def master_scale_of(policy: Policy) -> MasterScale:
    """Return the grades of a policy as a scale of the probability of a bad debt within 12 months."""
    return MasterScale(policy.grade_names, tuple(grade.pd_from for grade in policy.grades))


def _notes(folds: pl.DataFrame, notes: tuple[str, ...]) -> tuple[str, ...]:
    told = [f"{note[:1].upper()}{note[1:]}." for note in notes]
    told += [
        f"Fold {row['fold']} (known on {row['known_on']}) was not measured: {row['reason'].rstrip('.')}."
        for row in folds.filter(pl.col("reason").is_not_null()).iter_rows(named=True)
    ]
    rungs = [rung for rung in folds["rung"].drop_nulls().unique(maintain_order=True) if rung != "booster"]
    if rungs:
        words = " and the ".join(str(rung).replace("_", " ") for rung in rungs)
        told.append(f"Few events: in some folds what was tested is the {words}.")
    return tuple(told)
