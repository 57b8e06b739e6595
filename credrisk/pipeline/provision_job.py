"""The provision end to end: allowance, movement, journal, back-test, comparison with the probabilities, notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.payment_items import payment_items
from credrisk.pipeline.stored_results import read_results, stored_timing
from credrisk.portfolio.provision.against_pd import provision_against_pd
from credrisk.portfolio.provision.backtest import provision_backtest
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.journal import provision_journal
from credrisk.portfolio.provision.movement import provision_movement
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.progress import Progress
from credrisk.reports.provision_tables import ProvisionPack

if TYPE_CHECKING:
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["days_to_pay", "provision_pack"]


def provision_pack(
    ledger: Ledger,
    *,
    as_of: date,
    settings: ProvisionSettings,
    opening: date | None = None,
    results: Path | None = None,
    policy: Any = None,
    series: Any = None,
    said: dict[str, str] | None = None,
    progress: Progress | None = None,
) -> ProvisionPack:
    """Return everything that page, workbook and CSV files of the provision show.

    Parameters
    ----------
    opening
        The last balance sheet date; without it there is no movement and no journal entry.
    results
        Folder of a run of the same ledger and day: the allowance is compared with its probabilities.
    policy
        The policy of that run; None where it does not matter.
    said
        Further lines for the settings: versions.

    Raises
    ------
    ParameterError
        When ``opening`` is not before ``as_of``, or the run is of another ledger or day.
    """
    report = progress or (lambda stage, done, total: None)
    if opening is not None and opening >= as_of:
        raise ParameterError("opening", f"a day before {as_of}", opening.isoformat())
    stored = None if results is None else read_results(results, ledger=ledger, policy=policy, as_of=as_of)
    report("Measuring past losses", 0, 0)
    found = provision(ledger, as_of=as_of, settings=settings, series=series, output="polars")
    movement = None
    if opening is not None:
        report("Explaining the movement", 0, 0)
        before = provision(ledger, as_of=opening, settings=_at(settings), series=series, output="polars")
        movement = provision_movement(ledger, opening=before, closing=found, output="polars")
    report("Judging past provisions", 0, 0)
    tested = provision_backtest(ledger, as_of=as_of, settings=settings, output="polars")
    compared = None
    if results is not None and stored is not None:
        report("Comparing with the probabilities", 0, 0)
        days = days_to_pay(ledger, as_of=as_of, timing=stored_timing(results)[0])
        compared = provision_against_pd(found, scores=stored.scores, days_to_pay=days, output="polars")
        found = replace(found, reconciliation=compared.customers)
    notes, sentences = provision_disclosure(found, movement=movement, output="polars")
    names = ledger.cut(as_of).table("customers").select(pl.col("customer_id").cast(pl.String), "name")
    return ProvisionPack(
        found=found,
        movement=movement,
        journal=provision_journal(movement, accounts=settings.accounts, output="polars") if movement else None,
        backtest=tested,
        comparison=compared,
        disclosure=notes,
        statements=sentences,
        names=dict(names.drop_nulls().iter_rows()),
        settings={**(said or {}), **{name.replace("_", " "): text for name, text in settings.said().items()}},
    )


def _at(settings: ProvisionSettings) -> ProvisionSettings:
    """Return the settings for an earlier day: the election of later collections has a date of its own there."""
    return settings.changed(later_collections_to=None) if settings.later_collections_to else settings


def days_to_pay(ledger: Ledger, *, as_of: date, timing: PaymentTiming | None) -> pl.DataFrame | None:
    """Return ``document_id, days`` until each open item is expected to be paid, by a run's own model; None without one.

    Days are cut at the horizon of the forecast, as :func:`~credrisk.models.days_to_pay.expected_days_to_pay` has it.

    Parameters
    ----------
    timing
        Of the run that the probabilities come from, one made now or one made before: the customer's mean over its items
        is not the life of each, so the two must not be mixed.
    """
    if timing is None:
        return None
    made = timing.distribution(payment_items(ledger.cut(as_of), as_of=as_of), as_of=as_of)
    still_open = np.clip(1.0 - np.cumsum(made.paid, axis=1), 0.0, 1.0)
    return pl.DataFrame(
        {"document_id": made.item_id, "days": 1.0 + still_open[:, :-1].sum(axis=1)},
        schema={"document_id": pl.String, "days": pl.Float64},
    )
