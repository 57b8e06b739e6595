"""The monthly pack of a ledger and a finished run of it: everything measured on the day of the run, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.decisions.dispute_ageing import dispute_ageing
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_ledger import promise_ledger
from credrisk.errors import EvidenceError
from credrisk.features.calendar import Calendar
from credrisk.ledger.ledger import Ledger
from credrisk.models.cash_forecast import cash_forecast
from credrisk.pipeline.packing import months_covered
from credrisk.pipeline.report_customers import balance_trail, report_customers
from credrisk.pipeline.report_items import report_items
from credrisk.pipeline.stored_results import stored_timing
from credrisk.pipeline.stored_run import StoredRun, read_run
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.concentration import concentration, concentration_summary
from credrisk.portfolio.dso import dso_family
from credrisk.portfolio.effectiveness import collection_effectiveness_table
from credrisk.portfolio.history import portfolio_history
from credrisk.portfolio.keys import By
from credrisk.progress import Progress, silent
from credrisk.reports.book import AGEING_KEYS, Book
from credrisk.reports.headline import headline_of

__all__ = ["book_of"]

EDGES = (30, 60, 90)
CONCENTRATED_BY: tuple[By, ...] = ("customer", "group", "country", "industry")
QUARTER = 3
"""Months of the effectiveness of each collector: of what the published medians are."""
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
    progress("Ageing the balance", 0, 0)
    by_customer = ageing(known, as_of=day, by="customer", edges=EDGES, output="polars")
    months = Calendar.months_back(day, months_covered(known.settings, day))
    history = portfolio_history(known, dates=months, output="polars")
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
        headline=_headline(by_customer, history, run, known.settings.currency),
        ageing=by_customer,
        scores=run.scores,
        limits=run.limits,
        queue=run.queue,
        findings=check.to_frame(output="polars"),
        intake=check.intake,
        judged=run.judged,
        metrics=run.metrics,
        folds=run.folds,
        in_use=run.in_use,
        history=history,
        notes=run.notes,
        settings=run.origins,
        covers=(known.settings.covers_from, known.settings.covers_to),
        customers=report_customers(known, ageing=by_customer, scores=run.scores, limits=run.limits, queue=run.queue),
        items=report_items(known, as_of=day, promises=promises, edges=EDGES),
        trail=_part("trail", missing, lambda: balance_trail(known, as_of=day, months=TRAIL_MONTHS)),
        ageing_by=_ageing_by(known, day),
        dso=dso_family(known, dates=months, output="polars"),
        cei=collection_effectiveness_table(known, dates=months, output="polars"),
        cei_by=_cei_by(known, day),
        concentration={by: concentration(known, as_of=day, by=by, output="polars") for by in CONCENTRATED_BY},
        concentration_summary=pl.concat(
            concentration_summary(known, as_of=day, by=by, output="polars") for by in CONCENTRATED_BY
        ),
        promises=promises,
        disputes=disputes,
        cash=cash,
        cash_totals=totals,
        stamp=run.stamp,
        missing=missing,
    )


def _part(name: str, missing: dict[str, str], measure: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Return what is measured, or nothing with the reason among ``missing``."""
    try:
        return measure()
    except EvidenceError as reason:
        missing[name] = str(reason)
        return pl.DataFrame()


def _ageing_by(known: Ledger, day: date) -> Mapping[str, pl.DataFrame]:
    """Return the ageing by every key that is told of somebody."""
    found = {key: ageing(known, as_of=day, by=key, edges=EDGES, output="polars") for key in AGEING_KEYS}
    return {key: frame for key, frame in found.items() if frame[key].drop_nulls().n_unique() > 1}


def _cei_by(known: Ledger, day: date) -> Mapping[str, pl.DataFrame]:
    """Return the effectiveness of the last quarter by collector, where there is more than one."""
    table = collection_effectiveness_table(known, dates=[day], by="collector", months=QUARTER, output="polars")
    return {"collector": table} if table["collector"].drop_nulls().n_unique() > 1 else {}


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


def _headline(by_customer: pl.DataFrame, history: pl.DataFrame, run: StoredRun, currency: str) -> dict[str, Any]:
    return headline_of(
        ageing=by_customer,
        history=history,
        scores=run.scores,
        limits=run.limits,
        queue=run.queue,
        currency=currency,
    )
