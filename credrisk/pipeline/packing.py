"""What the reports show: the results of a run put together, with where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from credrisk import __version__
from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import fingerprint
from credrisk.models.outcomes import PREFIXES
from credrisk.pipeline.open_items_alone import NO_DSO, no_invoice_settled, without_dso
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.history import portfolio_history
from credrisk.reports.calibration import calibration_groups
from credrisk.reports.headline import headline_of
from credrisk.reports.pack import Pack

if TYPE_CHECKING:
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.findings import Check
    from credrisk.ledger.ledger import Ledger, LedgerSettings
    from credrisk.models.validation import Validation
    from credrisk.pipeline.probabilities import Estimate

__all__ = ["make_pack"]

JUDGED = {"bad_debt": "bad debt", "default": "default", "late30": "late payment"}
"""What a back-test is about, in the singular."""
LONGEST_HISTORY = 36
"""Months of portfolio history that the charts show at most."""


def make_pack(
    known: Ledger,
    *,
    check: Check,
    scores: pl.DataFrame,
    limits: pl.DataFrame,
    queue: pl.DataFrame,
    estimates: Mapping[str, Estimate],
    policy: Policy,
    as_of: date,
    capacity: int,
    notes: Sequence[str],
) -> Pack:
    """Return the pack of a run; ``known`` is the ledger cut at ``as_of``."""
    currency = known.settings.currency
    months = months_covered(known.settings, as_of)
    history = portfolio_history(known, dates=Calendar.months_back(as_of, months), output="polars")
    only_open = no_invoice_settled(known)
    if only_open:
        history = without_dso(history)
    by_customer = ageing(known, as_of=as_of, by="customer", output="polars")
    validation = next((found.validation for found in estimates.values() if found.validation is not None), None)
    headline = headline_of(
        ageing=by_customer,
        history=history,
        scores=scores,
        limits=limits,
        queue=queue,
        currency=currency,
        capacity=capacity,
    )
    return Pack(
        as_of=as_of,
        currency=currency,
        headline=headline | ({"DSO": NO_DSO} if only_open else {}),
        ageing=by_customer,
        scores=scores,
        limits=limits,
        queue=queue,
        findings=check.to_frame(output="polars"),
        intake=check.intake,
        judged=JUDGED[validation.target] if validation is not None else "bad debt",
        metrics=validation.metrics if validation is not None else pl.DataFrame(),
        folds=validation.folds if validation is not None else pl.DataFrame(),
        in_use=estimates[validation.target].source if validation is not None else "",
        calibration=_calibration(validation),
        history=history,
        notes=tuple(notes),
        settings=_origins(estimates, policy),
        covers=(known.settings.covers_from, known.settings.covers_to),
        capacity=capacity,
    )


def months_covered(settings: LedgerSettings, as_of: date) -> int:
    """Return how many months back from ``as_of`` the ledger covers, at least one."""
    months = 1
    while months < LONGEST_HISTORY and months_after(as_of, -months) >= settings.covers_from:
        months += 1
    return months


def _calibration(validation: Validation | None) -> pl.DataFrame:
    if validation is None or validation.predictions.is_empty():
        return pl.DataFrame()
    probability = f"{PREFIXES[validation.target]}_{validation.months}m"
    try:
        return calibration_groups(validation.predictions, probability=probability)
    except EvidenceError:
        return pl.DataFrame()


def _origins(estimates: Mapping[str, Estimate], policy: Policy) -> dict[str, str]:
    models = {
        f"Model for {target.replace('_', ' ')}": (
            f"{found.source.replace('_', ' ')}, {found.model.evidence_['first_events']} first events"
            if found.model is not None
            else "not measured"
        )
        for target, found in estimates.items()
    }
    return {
        "credrisk": __version__,
        "Policy": f"version {policy.version}, hash {policy.hash[:12]}",
        **models,
        "Catalogue of features": fingerprint(),
    }
