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
from credrisk.pipeline.provision_files import EARLIER, read_booked
from credrisk.pipeline.stored_results import read_results, stored_timing
from credrisk.portfolio.provision.against_pd import provision_against_pd
from credrisk.portfolio.provision.backtest import provision_backtest
from credrisk.portfolio.provision.both_ends import both_ends
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.in_default import with_defaults_told
from credrisk.portfolio.provision.journal import provision_journal
from credrisk.portfolio.provision.movement import provision_movement
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario
from credrisk.progress import Progress
from credrisk.reports.provision_pack import ProvisionPack

if TYPE_CHECKING:
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["days_to_pay", "opening_settings", "provision_pack"]


def provision_pack(
    ledger: Ledger,
    *,
    as_of: date,
    settings: ProvisionSettings,
    opening: date | Path | None = None,
    opening_scenarios: tuple[Scenario, ...] = (),
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
        What stood in the last balance sheet: the folder that ``credrisk provision`` wrote then, whose closing is taken
        as it was booked; or its date, on which the allowance is worked out again. Without it there is no movement and
        no journal entry.
    opening_scenarios
        The forecast of the last balance sheet date, where the opening is worked out again; none where it is empty.
    results
        Folder of a run of the same ledger and day: the allowance is compared with its probabilities.
    policy
        The policy of that run; None where it does not matter.
    said
        Further lines for the settings: versions.

    Raises
    ------
    ParameterError
        When ``opening`` is not before ``as_of``, or the run is of another ledger or day; when a forecast is given for
        an opening that was booked, or for none.
    DataError
        When what was booked cannot be read or does not add up.
    """
    report = progress or (lambda stage, done, total: None)
    booked = read_booked(opening) if isinstance(opening, Path) else None
    opened_on = booked.as_of if booked is not None else opening if isinstance(opening, date) else None
    if opened_on is not None and opened_on >= as_of:
        raise ParameterError("opening", f"a day before {as_of}", opened_on.isoformat(), remedy=EARLIER)
    covers = ledger.settings
    if isinstance(opening, date) and not covers.covers_from <= opening <= covers.covers_to:
        rule = f"within what the ledger covers ({covers.covers_from} to {covers.covers_to}) to be worked out again"
        remedy = "give the folder that credrisk provision wrote then, or a ledger whose export covers the day"
        raise ParameterError("opening", rule, opening.isoformat(), remedy=remedy)
    if opening_scenarios and not isinstance(opening, date):
        raise ParameterError("opening_scenario", "given with a date as the opening", opening_scenarios[0].name)
    then = opening_settings(settings, opening_scenarios)
    stored = None if results is None else read_results(results, ledger=ledger, policy=policy, as_of=as_of)
    report("Measuring past losses", 0, 0)
    found = provision(ledger, as_of=as_of, settings=settings, series=series, output="polars")
    movement = ends = None
    if opened_on is not None:
        report("Explaining the movement", 0, 0)
        before = booked or provision(ledger, as_of=opened_on, settings=then, output="polars")
        movement = provision_movement(ledger, opening=before, closing=found, output="polars")
        ends = both_ends(before, found)
    report("Judging past provisions", 0, 0)
    tested = provision_backtest(ledger, as_of=as_of, settings=settings, output="polars")
    compared = None
    if results is not None and stored is not None:
        report("Comparing with the probabilities", 0, 0)
        days = days_to_pay(ledger, as_of=as_of, timing=stored_timing(results)[0])
        compared = provision_against_pd(found, scores=stored.scores, days_to_pay=days, output="polars")
        found = replace(with_defaults_told(found, scores=stored.scores), reconciliation=compared.customers)
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
        ends=ends,
        names=dict(names.drop_nulls().iter_rows()),
        settings={**(said or {}), **{name.replace("_", " "): text for name, text in settings.said().items()}},
    )


def opening_settings(settings: ProvisionSettings, scenarios: tuple[Scenario, ...] = ()) -> ProvisionSettings:
    """Return today's choices without today's estimates: an earlier day had a forecast and recoveries of its own.

    The election of later collections has a date of its own there, and that of conditions that persist is no more than
    the lack of a forecast.
    """
    return settings.changed(
        scenarios=scenarios or (Scenario("as in the past", 1.0),),
        elasticity=0.0,
        recovery={},
        later_collections_to=None,
        current_conditions_persist=False,
    )


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
