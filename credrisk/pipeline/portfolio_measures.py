"""Every measure of a portfolio at one date, taken together for the page and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.bad_debt_ratio import bad_debt_ratio
from credrisk.portfolio.cohorts import cohort_curves
from credrisk.portfolio.concentration import owed_by_keys, shares_of, summary_of
from credrisk.portfolio.dso import dso_family
from credrisk.portfolio.effectiveness import collection_effectiveness_table
from credrisk.portfolio.history import portfolio_history
from credrisk.portfolio.keys import By
from credrisk.portfolio.migration import item_migration
from credrisk.portfolio.period_ends import begins_before
from credrisk.portfolio.roll_rates import roll_rates
from credrisk.portfolio.utilisation import utilisation
from credrisk.progress import Progress, silent
from credrisk.reports.portfolio_measures import PortfolioMeasures

__all__ = ["MONTHS", "measure_portfolio"]

MONTHS = 24
"""Months over which roll rates are pooled, here and in the pack, and how far the charts go back."""

SPLITS: tuple[By, ...] = (
    "customer",
    "group",
    "country",
    "industry",
    "segment",
    "collector",
    "currency",
    "seller_entity",
)
"""The keys whose concentration is told, where the ledger holds them."""


def measure_portfolio(
    ledger: Ledger,
    *,
    as_of: date,
    by: By = "group",
    months: int = MONTHS,
    settings: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> PortfolioMeasures:
    """Return every measure of the portfolio at a date and over the months before it.

    Parameters
    ----------
    as_of
        The day to stand on, inclusive: one that the ledger covers.
    by
        What ageing and collection effectiveness are split by.
    months
        How many months back the measures go, as far as the ledger covers them.
    settings
        What the page says of how it was made.

    Raises
    ------
    DataError
        When a rate is missing, or what is open does not tie out.
    ParameterError
        When the ledger does not cover ``as_of``: what it lacks would look like nothing owed.
    """
    first, last = ledger.settings.covers_from, ledger.settings.covers_to
    if not first <= as_of <= last:
        raise ParameterError("as_of", f"within what the ledger covers ({first} to {last})", as_of.isoformat())
    back = [months_after(as_of, -month) for month in range(months, -1, -1)]
    dates = [day for day in back if day >= first] or [as_of]
    notes: list[tuple[str, str]] = []
    progress("Ageing", 0, 0)
    split, whole = (ageing(ledger, as_of=as_of, by=key, output="polars") for key in (by, "portfolio"))
    history = portfolio_history(ledger, dates=dates, output="polars")
    progress("Days of sales and collection effectiveness", 0, 0)
    family = dso_family(ledger, dates=dates, output="polars")
    effectiveness = collection_effectiveness_table(ledger, dates=dates, output="polars")
    of_keys = collection_effectiveness_table(ledger, dates=[as_of], by=by, output="polars")
    progress("Roll rates and migration", 0, 0)
    start = months_after(as_of, -1)
    rolls, moved = pl.DataFrame(), pl.DataFrame()
    if len(dates) > 1:
        rolls = roll_rates(ledger, dates=dates, output="polars")
    else:
        notes.append(("Roll rates", f"the ledger covers no month before {as_of}"))
    if begins_before(ledger, start):
        notes.append(("Item migration", f"the month begins before the ledger's coverage ({first})"))
    else:
        try:
            moved = item_migration(ledger, start=start, end=as_of, output="polars")
        except EvidenceError as missing:
            notes.append(("Item migration", str(missing)))
    progress("Cohorts and losses", 0, 0)
    cohorts = cohort_curves(ledger, as_of=as_of, months=months, output="polars")
    losses = bad_debt_ratio(ledger, dates=dates, output="polars")
    progress("Concentration and limits", 0, 0)
    owed, code = owed_by_keys(ledger.cut(as_of), day=as_of, keys=SPLITS), ledger.settings.currency
    summary = pl.concat(summary_of(rows, key, code) for key, rows in owed.items())
    used = utilisation(ledger, as_of=as_of, output="polars")
    if used["limit"].null_count() == used.height:
        notes.append(("Use of credit limits", "the ledger holds no credit limit in force"))
    return PortfolioMeasures(
        as_of=as_of,
        currency=code,
        by=by,
        covers=(first, last),
        ageing=split,
        whole=whole,
        history=history,
        dso=family,
        effectiveness=effectiveness,
        effectiveness_by=of_keys,
        roll_rates=rolls,
        migration=moved,
        migration_start=start if moved.height else None,
        cohorts=cohorts,
        bad_debt=losses,
        concentration=shares_of(owed["customer"], code),
        concentration_summary=summary.filter((pl.col("known_share") > 0) | (pl.col("by") == "customer")),
        utilisation=used,
        notes=tuple(notes),
        settings=settings or {},
    )
