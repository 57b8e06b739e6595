"""The panel: every feature of every customer at every period end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import Feature, catalogue
from credrisk.features.entities import industry_names, visible_industries
from credrisk.features.grid import Grid
from credrisk.features.peers import PEER_INPUTS, peer_medians
from credrisk.features.rows import LedgerRows
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger, LedgerSettings
from credrisk.ledger.money import minor_factor
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["build_panel", "full_panel", "narrow_panel", "panel_calendar"]

CUSTOMERS_PER_BLOCK = 512
"""So few that an array of a block stays in the cache; the numbers do not depend on it."""


@overload
def build_panel(
    ledger: Ledger,
    *,
    calendar: Calendar | None = ...,
    as_of: date | str | None = ...,
    features: Iterable[str] | None = ...,
    output: Literal["pandas"] = ...,
    progress: Progress = ...,
) -> pd.DataFrame: ...
@overload
def build_panel(
    ledger: Ledger,
    *,
    calendar: Calendar | None = ...,
    as_of: date | str | None = ...,
    features: Iterable[str] | None = ...,
    output: Literal["polars"],
    progress: Progress = ...,
) -> pl.DataFrame: ...
def build_panel(
    ledger: Ledger,
    *,
    calendar: Calendar | None = None,
    as_of: date | str | None = None,
    features: Iterable[str] | None = None,
    output: str = "pandas",
    progress: Progress = silent,
) -> Any:
    """Return the features of every customer at every period end, as they could be known at the end of that day.

    A row is what the same call gives on ``ledger.cut(row's as_of)``: nothing seen later enters it. Use it for training
    and scoring; for the open items themselves use the ageing report.

    Parameters
    ----------
    ledger
        The receivables ledger.
    calendar
        The period ends; by default every month-end that the ledger covers.
    as_of
        One date instead of a calendar.
    features
        Names from the catalogue; all by default.
    output
        ``pandas`` or ``polars``.
    progress
        Called after each block of customers.

    Returns
    -------
    DataFrame
        One row per customer and period end, also for customers without activity, sorted by ``customer_id`` and
        ``as_of``; then the features as float64 in the catalogue's order, money in major units of the ledger's
        currency. Null means what the catalogue says; before the ledger's coverage everything is null.

    Raises
    ------
    ParameterError
        When both a calendar and a date are given, a name is not in the catalogue, no month ends in the coverage, or a
        date lies after ``covers_to``: nothing is known of that day.
    DataError
        When a rate is missing that a balance or a flow needs.
    CredriskError
        When a customer's amounts are too large to be summed exactly.

    Examples
    --------
    >>> panel = build_panel(ledger, as_of="2025-03-31", features=["past_due", "dbt_12m"])  # doctest: +SKIP
    """
    check_output(output)
    ends, entries = panel_calendar(ledger.settings, calendar, as_of), catalogue(features)
    rows = LedgerRows(ledger)
    compared = any(entry.question == "peers" for entry in entries.values())
    medians = peer_medians(narrow_panel(rows, ends, progress=progress)) if compared else None
    return given_out(full_panel(rows, ends, entries, medians=medians, progress=progress), output)


def narrow_panel(rows: LedgerRows, ends: Calendar, *, progress: Progress = silent) -> pl.DataFrame:
    """Return what the medians of the industries need: ``industry``, ``as_of`` and the inputs, a row as in the panel."""
    columns = _columns(rows, ends, catalogue(PEER_INPUTS), None, progress, "Comparing customers")
    return _panel({"industry": _industries(rows, ends), "as_of": _dates(rows, ends), **columns})


def _industries(rows: LedgerRows, ends: Calendar) -> pl.Series:
    """Return the industry of each row of the panel as it can be seen on the day, null where it cannot."""
    days = np.array(ends.ends, dtype="datetime64[D]").astype(np.int64)
    places = pl.Series(visible_industries(rows.kind("industries"), days, len(rows.customers)).reshape(-1))
    return industry_names(rows).gather(places.replace(-1, None))


def full_panel(
    rows: LedgerRows,
    ends: Calendar,
    entries: Mapping[str, Feature],
    *,
    medians: pl.DataFrame | None = None,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Return the panel of the customers of some rows.

    Parameters
    ----------
    rows, ends, entries
        The customers, the period ends, the features.
    medians
        The medians over all customers, without which no feature of the industry can be worked out.
    """
    columns = _columns(rows, ends, entries, medians, progress, "Computing features")
    customers = rows.customers.gather(np.repeat(np.arange(len(rows.customers)), len(ends)))
    return _panel({"customer_id": customers, "as_of": _dates(rows, ends), **columns})


def _columns(
    rows: LedgerRows,
    ends: Calendar,
    entries: Mapping[str, Feature],
    medians: pl.DataFrame | None,
    progress: Progress,
    doing: str,
) -> dict[str, np.ndarray]:
    """Return the features by name, block by block of customers, one value a customer and period end."""
    customers, periods = len(rows.customers), len(ends)
    before = np.array([end < rows.settings.covers_from for end in ends])
    columns = {name: np.empty((customers, periods)) for name in entries}
    for first in range(0, customers, CUSTOMERS_PER_BLOCK):
        last = min(first + CUSTOMERS_PER_BLOCK, customers)
        grid = Grid(rows, ends, first, last, medians=medians)
        for name, entry in entries.items():
            values, target = entry.compute(grid), columns[name][first:last]
            # + 0.0 turns the negative zero of 0 x -1 into zero, so that equal panels print alike.
            np.add(values, 0.0, out=target)
            if entry.unit == "money":
                target /= minor_factor(rows.settings.currency)
            if before.any():
                target[:, before] = np.nan
        progress(doing, last, customers)
    return {name: values.reshape(-1) for name, values in columns.items()}


def _panel(columns: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))


def _dates(rows: LedgerRows, ends: Calendar) -> pl.Series:
    return pl.Series(np.tile(np.array(ends.ends, dtype="datetime64[D]"), len(rows.customers)), dtype=pl.Date)


def panel_calendar(settings: LedgerSettings, calendar: Calendar | None, as_of: date | str | None) -> Calendar:
    """Return the period ends of a panel: one date, the calendar given, or every month-end that the ledger covers."""
    last = settings.covers_to
    if as_of is not None:
        if calendar is not None:
            raise ParameterError("as_of", "given instead of a calendar, not beside it", as_of)
        ends = Calendar((to_date(as_of),))
    else:
        ends = calendar or Calendar.month_ends(settings.covers_from, last)
    if ends.ends[-1] > last:
        name = "calendar" if as_of is None else "as_of"
        raise ParameterError(name, f"dates up to {last}, the last day that the ledger covers", str(ends.ends[-1]))
    return ends
