"""A saved model judged on a later ledger: the panel of the days that matter, the comparison, the report."""

from __future__ import annotations

from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credrisk import __version__
from credrisk.atomic import new_folder
from credrisk.dates import months_after, to_date
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError, ModelFileError, ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.labels import LabelSettings, build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.no_documents import refuse_unknown_documents
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.calibration_tests import ASSET_CORRELATION
from credrisk.models.model_files import MANIFEST
from credrisk.models.monitoring import monitor
from credrisk.models.outcomes import IN_WORDS, training_rows
from credrisk.models.reference import RECENT_DATES, Reference, reference_of, reference_path
from credrisk.pipeline.validating import master_scale_of
from credrisk.progress import Progress, silent
from credrisk.reports.monitoring_page import MonitoringPack, monitoring_json, monitoring_page

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger

__all__ = ["MONITORING_FILES", "model_folder", "monitor_ledger", "write_monitoring"]

MONITORING_FILES = ("monitoring.html", "monitoring.json")


def monitor_ledger(
    ledger: Ledger,
    *,
    model: str | PathLike[str],
    as_of: date | str | None = None,
    policy: Policy | None = None,
    correlation: float = ASSET_CORRELATION,
    label_settings: LabelSettings | None = None,
    progress: Progress = silent,
) -> MonitoringPack:
    """Judge a saved model on a later ledger.

    Parameters
    ----------
    ledger
        A later ledger of the same seller.
    model
        Folder of one saved model. Its reference is read from beside it (``<folder>.reference.json``); where there is
        none it is rebuilt from the training dates as this ledger tells them, and the notes say so.
    as_of
        The day that is judged. Default: the last day the ledger covers.
    policy
        Its grades are taken, for bad debt. Default: the one shipped.
    correlation
        Asset correlation of the null of the tests.
    label_settings
        What counts as default, bad debt and late: as when the model was fitted.

    Raises
    ------
    ParameterError
        When ``as_of`` lies outside the coverage or not after the training dates, or the currencies differ.
    ModelFileError
        When the model or its reference is missing, damaged or from another catalogue of features.
    DataError
        When no document is known by ``as_of``.
    EvidenceError
        When no customer is at risk, or a missing reference cannot be rebuilt.
    """
    fitted = BadDebtModel.load(model)
    day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
    first, last = ledger.settings.covers_from, ledger.settings.covers_to
    if not first <= day <= last:
        raise ParameterError("as_of", f"within what the ledger covers ({first} to {last})", day.isoformat())
    if fitted.currency_ != ledger.settings.currency:
        rule = f"fitted on amounts in {ledger.settings.currency}, the currency of the ledger"
        raise ParameterError("model", rule, fitted.currency_)
    learnt = fitted.evidence_["last_on"]
    if learnt is not None and day <= date.fromisoformat(learnt):
        raise ParameterError("as_of", f"after the last date that the model learnt from ({learnt})", day.isoformat())
    known = ledger.cut(day)
    refuse_unknown_documents(known, ledger, day)
    place = reference_path(model)
    reference = Reference.read(place) if place.exists() else None
    progress("Computing features", 0, 0)
    months = fitted.measured_horizons_[-1]
    horizons = Calendar.months_back(day, months + 1)
    names = [str(name) for name in fitted.feature_names_in_]
    panel = build_panel(known, calendar=horizons, features=names, output="polars", progress=progress)
    labels = build_labels(known, dates=horizons, settings=label_settings, output="polars")
    notes: list[str] = []
    if reference is None:
        reference = _rebuilt(known, fitted, names, label_settings, progress)
        notes.append(f"{place.name} is missing: the reference was rebuilt from {reference.last_on} back as told today.")
    if reference.last_on not in set(panel["as_of"]) and reference.last_on >= first:
        dates = Calendar.months_back(reference.last_on, 1)
        past = build_panel(known, calendar=dates, features=names, output="polars")
        panel = pl.concat([panel, past])
        labels = pl.concat([labels, build_labels(known, dates=dates, settings=label_settings, output="polars")])
    progress("Comparing with the reference", 0, 0)
    rules = policy if policy is not None else Policy.default()
    found = monitor(
        fitted,
        panel,
        labels,
        reference=reference,
        scale=master_scale_of(rules) if fitted.target == "bad_debt" else None,
        as_of=day,
        attributes=known.table("customers"),
        correlation=correlation,
    )
    return MonitoringPack(
        as_of=day,
        currency=fitted.currency_,
        event=IN_WORDS[fitted.target],
        found=found,
        notes=(*notes, *found.notes),
        settings={
            "credrisk": __version__,
            "Model": f"{fitted.rung_.replace('_', ' ')}, learnt to {learnt}",
            "Reference": f"{reference.rows:,} rows of {reference.customers:,} customers",
            "Asset correlation": f"{correlation:g}",
        },
    )


def write_monitoring(folder: str | PathLike[str], pack: MonitoringPack, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write ``monitoring.html`` and ``monitoring.json``: both or neither. Return their paths."""
    with new_folder(folder, overwrite=overwrite) as draft:
        for name, text in zip(MONITORING_FILES, (monitoring_page(pack), monitoring_json(pack)), strict=True):
            (draft / name).write_bytes(text.encode("utf-8"))
    return tuple(Path(folder) / name for name in MONITORING_FILES)


def model_folder(folder: str | PathLike[str], target: str) -> Path:
    """Return the folder of one model: ``folder`` itself, or the one of ``target`` that ``credrisk run`` wrote in it.

    Raises
    ------
    ModelFileError
        When neither holds a model.
    """
    place = Path(folder)
    for one in (place, place / target):
        if (one / MANIFEST).is_file():
            return one
    raise ModelFileError(
        f"{folder} holds no saved model of {target}. What to do: give the folder `model` that credrisk run writes, or "
        "one that BadDebtModel.save wrote."
    )


def _rebuilt(
    known: Ledger, fitted: BadDebtModel, names: list[str], settings: LabelSettings | None, progress: Progress
) -> Reference:
    learnt = fitted.evidence_["last_on"]
    if learnt is None:
        raise EvidenceError("the model was fitted without dates, so its reference cannot be rebuilt")
    last = date.fromisoformat(learnt)
    covered = 0
    while covered < RECENT_DATES and months_after(last, -covered) >= known.settings.covers_from:
        covered += 1
    if not covered:
        raise EvidenceError(f"the ledger does not reach back to {last}, the last date that the model learnt from")
    progress("Rebuilding the reference", 0, 0)
    dates = Calendar.months_back(last, covered)
    panel = build_panel(known, calendar=dates, features=names, output="polars")
    labels = build_labels(known, dates=dates, settings=settings, output="polars")
    rows = training_rows(panel, labels, target=fitted.target)
    return reference_of(
        fitted,
        rows.X,
        as_of=rows.as_of,
        customers=rows.groups,
        # Training dates are a month apart: had more been observed, the next date would be among them.
        observed_to=months_after(last, 1),
        attributes=known.table("customers"),
    )
