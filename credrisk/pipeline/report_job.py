"""The monthly pack of a ledger and a finished run of it: everything measured on the day of the run, put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from credrisk.decisions.dispute_ageing import dispute_ageing
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_ledger import promise_ledger
from credrisk.errors import EvidenceError
from credrisk.ledger.ledger import Ledger
from credrisk.models.cash_forecast import cash_forecast
from credrisk.pipeline.provision_job import days_to_pay
from credrisk.pipeline.report_customers import balance_trail, report_customers
from credrisk.pipeline.report_items import report_items
from credrisk.pipeline.report_measures import EDGES, measured, report_measures, report_provision
from credrisk.pipeline.stored_results import stored_timing
from credrisk.pipeline.stored_run import read_run
from credrisk.portfolio.provision.against_pd import PD_COLUMNS, provision_against_pd
from credrisk.portfolio.provision.in_default import with_defaults_told
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.progress import Progress, silent
from credrisk.reports.book import Book
from credrisk.reports.headline import headline_of

__all__ = ["book_of"]

TRAIL_MONTHS = 13
"""Month-ends of balance and limit on a customer's card: a year and the day it begins with."""
NO_PROMISES = "The ledger holds no table of promises."
NO_DISPUTES = "The ledger holds no table of disputes."


def book_of(
    ledger: Ledger,
    results: Path,
    *,
    policy: Policy | None = None,
    as_of: date | None = None,
    provision_settings: ProvisionSettings | None = None,
    title: str = "Receivables portfolio",
    progress: Progress = silent,
) -> Book:
    """Return the pack of a finished run.

    Parameters
    ----------
    ledger
        The ledger that the run was made from (with the same public folder beside it); nothing known after the day of
        the run is used.
    results
        The ``--out`` folder of :command:`credrisk run`.
    policy
        The policy of the run; the shipped one where None.
    as_of
        The day that is asked for; that of the run where None.
    provision_settings
        The accounting choices of the provision; those shipped where None.

    Raises
    ------
    ParameterError, DataError
        As :func:`credrisk.pipeline.stored_run.read_run`.
    """
    rules = policy or Policy.default()
    progress("Reading the results", 0, 0)
    run = read_run(results, ledger=ledger, policy=rules, as_of=as_of)
    day, known = run.as_of, ledger.cut(run.as_of)
    missing: dict[str, str] = {}
    measures = report_measures(known, as_of=day, missing=missing, progress=progress)
    by_customer = measures["ageing"]
    progress("Providing for losses", 0, 0)
    allowance = report_provision(known, as_of=day, settings=provision_settings, missing=missing)
    if allowance is not None and set(PD_COLUMNS) <= set(run.scores.columns):
        days = days_to_pay(known, as_of=day, timing=stored_timing(results)[0])
        compared = provision_against_pd(allowance, scores=run.scores, days_to_pay=days, output="polars")
        allowance = replace(with_defaults_told(allowance, scores=run.scores), reconciliation=compared.customers)
    grace = rules.collection.promise_grace_days
    progress("Judging promises and disputes", 0, 0)
    promises = disputes = pl.DataFrame()
    if known.has("promises"):
        promises = promise_ledger(known, as_of=day, grace_days=grace, output="polars")
    else:
        missing["promises"] = NO_PROMISES
    if known.has("disputes"):
        disputes = dispute_ageing(known, as_of=day, output="polars")
    else:
        missing["disputes"] = NO_DISPUTES
    if not run.metrics.height:
        missing["metrics"] = "The run made no back-test."
    progress("Forecasting the cash", 0, 0)
    cash, totals = _cash(known, results, day, missing)
    progress("Putting the customers together", 0, 0)
    check = ledger.check()
    return Book(
        as_of=day,
        currency=known.settings.currency,
        title=title,
        headline=headline_of(
            ageing=by_customer,
            history=measures["history"],
            scores=run.scores,
            limits=run.limits,
            queue=run.queue,
            currency=known.settings.currency,
        ),
        **measures,
        scores=run.scores,
        limits=run.limits,
        queue=run.queue,
        findings=check.to_frame(output="polars"),
        intake=check.intake,
        judged=run.judged,
        metrics=run.metrics,
        folds=run.folds,
        in_use=run.in_use,
        notes=run.notes,
        settings=run.origins,
        covers=(known.settings.covers_from, known.settings.covers_to),
        customers=report_customers(known, ageing=by_customer, scores=run.scores, limits=run.limits, queue=run.queue),
        items=report_items(known, as_of=day, promises=promises, edges=EDGES),
        trail=measured("trail", missing, lambda: balance_trail(known, as_of=day, months=TRAIL_MONTHS)),
        provision=allowance,
        promises=promises,
        disputes=disputes,
        cash=cash,
        cash_totals=totals,
        stamp=run.stamp,
        missing=missing,
    )


def _cash(known: Ledger, results: Path, day: date, missing: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    timing, why = stored_timing(results)
    if timing is None:
        missing["cash"] = why
        return pl.DataFrame(), pl.DataFrame()
    try:
        forecast = cash_forecast(known, as_of=day, timing=timing)
    except EvidenceError as reason:
        missing["cash"] = str(reason)
        return pl.DataFrame(), pl.DataFrame()
    return forecast.weeks, forecast.totals
