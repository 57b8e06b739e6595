"""The measures of the portfolio that the pack shows, each with the reason where it is not measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.features.calendar import Calendar
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.packing import months_covered
from credrisk.pipeline.portfolio_measures import MONTHS
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.bad_debt_ratio import bad_debt_ratio
from credrisk.portfolio.benchmarks import latest_benchmarks
from credrisk.portfolio.cohorts import cohort_curves
from credrisk.portfolio.concentration import owed_by_keys, shares_of, summary_of
from credrisk.portfolio.dso import dso_family
from credrisk.portfolio.effectiveness import collection_effectiveness_table
from credrisk.portfolio.history import portfolio_history
from credrisk.portfolio.keys import By
from credrisk.portfolio.migration import item_migration
from credrisk.portfolio.period_ends import begins_before
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.portfolio.roll_rates import roll_rates
from credrisk.portfolio.utilisation import utilisation
from credrisk.progress import Progress
from credrisk.reports.book import AGEING_KEYS

__all__ = ["EDGES", "measured", "report_measures", "report_provision"]

EDGES = (30, 60, 90)
CONCENTRATED_BY: tuple[By, ...] = ("customer", "group", "country", "industry")


def report_measures(known: Ledger, *, as_of: date, missing: dict[str, str], progress: Progress) -> dict[str, Any]:
    """Return the portfolio's measures by the names of :class:`credrisk.reports.book.Book`.

    Parameters
    ----------
    known
        The ledger cut at ``as_of``.
    missing
        Takes the reason of each part that is not measured.
    """
    months = Calendar.months_back(as_of, months_covered(known.settings, as_of))
    progress("Ageing the balance", 0, 0)
    found: dict[str, Any] = {
        "ageing": ageing(known, as_of=as_of, by="customer", edges=EDGES, output="polars"),
        "history": portfolio_history(known, dates=months, output="polars"),
        "ageing_by": _ageing_by(known, as_of),
    }
    progress("Measuring collection", 0, 0)
    found |= {
        "dso": dso_family(known, dates=months, output="polars"),
        "cei": collection_effectiveness_table(known, dates=months, output="polars"),
        "cei_by": _cei_by(known, as_of),
        "roll_rates": measured("roll_rates", missing, lambda: _roll_rates(known, months.ends[-MONTHS - 1 :])),
        "migration": measured("migration", missing, lambda: _migration(known, as_of)),
        "cohorts": measured("cohorts", missing, lambda: _cohorts(known, as_of)),
        "bad_debt_ratio": bad_debt_ratio(known, dates=months, output="polars"),
        "benchmarks": pl.DataFrame(list(latest_benchmarks().values())),
    }
    progress("Measuring concentration", 0, 0)
    owed, currency = owed_by_keys(known, day=as_of, keys=CONCENTRATED_BY), known.settings.currency
    found |= {
        "concentration": {by: shares_of(rows, currency) for by, rows in owed.items()},
        "concentration_summary": pl.concat(summary_of(rows, by, currency) for by, rows in owed.items()),
        "utilisation": utilisation(known, as_of=as_of, output="polars"),
    }
    return found


def report_provision(
    known: Ledger, *, as_of: date, settings: ProvisionSettings | None, missing: dict[str, str]
) -> Provision | None:
    """Return the loss allowance of what is open, or None with the reason among ``missing``."""
    try:
        return provision(known, as_of=as_of, settings=settings, output="polars")
    except EvidenceError as reason:
        missing["provision"] = str(reason)
        return None


def measured(name: str, missing: dict[str, str], measure: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Return what is measured, or nothing with the reason among ``missing``."""
    try:
        return measure()
    except EvidenceError as reason:
        missing[name] = str(reason)
        return pl.DataFrame()


def _ageing_by(known: Ledger, day: date) -> Mapping[str, pl.DataFrame]:
    """Return the ageing by every key that is told of more than one."""
    found = {key: ageing(known, as_of=day, by=key, edges=EDGES, output="polars") for key in AGEING_KEYS}
    return {key: frame for key, frame in found.items() if frame[key].drop_nulls().n_unique() > 1}


def _cei_by(known: Ledger, day: date) -> Mapping[str, pl.DataFrame]:
    """Return the effectiveness of the last month by collector, where there is more than one."""
    table = collection_effectiveness_table(known, dates=[day], by="collector", output="polars")
    return {"collector": table} if table["collector"].drop_nulls().n_unique() > 1 else {}


def _roll_rates(known: Ledger, ends: tuple[date, ...]) -> pl.DataFrame:
    if len(ends) < 2:
        raise EvidenceError("The ledger covers a single month-end.")
    return roll_rates(known, dates=ends, edges=EDGES, output="polars")


def _migration(known: Ledger, day: date) -> pl.DataFrame:
    start = months_after(day, -1)
    if begins_before(known, start):
        raise EvidenceError(f"The ledger begins on {known.settings.covers_from}, after {start}.")
    return item_migration(known, start=start, end=day, output="polars")


def _cohorts(known: Ledger, day: date) -> pl.DataFrame:
    curves = cohort_curves(known, as_of=day, months=MONTHS, output="polars")
    if not curves.height:
        raise EvidenceError("The ledger covers no whole month of invoices, or says nothing of what paid them.")
    return curves
