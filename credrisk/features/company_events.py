"""What registers, courts and the press say happened at the customer.

Kinds of events fall into families (:data:`~credrisk.ledger.event_kinds.FAMILIES`); six of them are adverse. An event
is seen from the day it was known, and belongs to a window of days by the day it happened: (as_of - 90 days, as_of]. A
kind of no family and an event of a match that is not sure count nowhere, and what another source has told before
(:mod:`credrisk.features.told_before`) counts once. A count of 0 means that nothing is known, also where nobody looked:
the ledger does not say who was looked up.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.catalogue import feature
from credrisk.features.entities import entity_rows, is_sure
from credrisk.features.grid import Grid, measure
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.features.told_before import told_before
from credrisk.ledger.event_kinds import FAMILIES, plain_kinds

__all__ = ["ADVERSE"]

ADVERSE = ("insolvency", "judgment", "late_filing", "auditor", "default", "delisting")
"""Families of bad news."""

FILED = ("late_filing", "auditor", "default", "delisting", "management", "filing")
"""Families of what a company files or a register records."""

PLACES = {family: place for place, family in enumerate(FAMILIES)}
KIND_PLACES = {kind: place for place, kind in enumerate(kind for kinds in FAMILIES.values() for kind in kinds)}
NOT_COVERED = "the ledger holds no events or does not cover the window"


@row_kind
def happenings(source: LedgerRows) -> Rows:
    """Events of the families, with the places of family and kind; ``again``: another source has told it before."""
    family = {kind: PLACES[name] for name, kinds in FAMILIES.items() for kind in kinds}
    kind = plain_kinds()
    frame = (
        entity_rows(source, "events")
        .filter(is_sure())
        .with_columns(family=kind.replace_strict(family, default=None, return_dtype=pl.Int32), kind=kind, known="own")
        .drop_nulls("family")
        .sort("customer", "happened_on", "known", "source", "kind", "url", nulls_last=True)
    )
    adverse = pl.col("family").is_in([PLACES[name] for name in ADVERSE])
    bad, other = frame.filter(adverse), frame.filter(~adverse)
    judged = pl.concat([bad.with_columns(told_before(bad)), other.with_columns(again=False)])
    places = judged.with_columns(pl.col("kind").replace_strict(KIND_PLACES, return_dtype=pl.Int32))
    columns = ("customer", "family", "kind", "seen", "again")
    ordered = places.select(*columns, event=pl.col("happened_on").to_physical())
    return row_arrays(ordered.sort("customer", "event", "seen", "kind", "again"))


@row_kind
def happenings_once(source: LedgerRows) -> Rows:
    """Events of the families without what another source has told before: what is counted."""
    rows = source.kind("happenings")
    return {name: values[~rows["again"]] for name, values in rows.items()}


@row_kind
def adverse_happenings(source: LedgerRows) -> Rows:
    """Events of the adverse families."""
    rows = source.kind("happenings")
    adverse = np.isin(rows["family"], [PLACES[family] for family in ADVERSE])
    return {name: values[adverse] for name, values in rows.items()}


@measure()
def by_family(grid: Grid, days: int) -> np.ndarray:
    """Return the events of each family in the window of ``days`` days, of shape (families, customers, periods)."""
    rows = grid.rows("happenings_once")
    place, height = rows["family"] * grid.shape[0] + rows["customer"], len(FAMILIES) * grid.shape[0]
    counts = _in_window(grid, days, rows, place, height).reshape(len(FAMILIES), *grid.shape)
    return np.where(covered_days(grid, days), counts, np.nan)


def _in_window(grid: Grid, days: int, rows: Rows, place: np.ndarray, height: int) -> np.ndarray:
    entered = grid.column(np.maximum(rows["event"], rows["seen"]))
    left = np.maximum(entered, 1 + np.searchsorted(grid.ends - days, rows["event"], side="left"))
    moved = grid.flow(place, entered, None, height) - grid.flow(place, left, None, height)
    counts: np.ndarray = moved.cumsum(axis=1)[:, 1:-1]
    return counts


def covered_days(grid: Grid, days: int) -> np.ndarray:
    """Tell for each period end whether its window of ``days`` days lies within what the ledger covers."""
    first = np.datetime64(grid.source.settings.covers_from, "D").astype(np.int64)
    covered: np.ndarray = grid.ends - days + 1 >= first
    return covered


def counted(grid: Grid, days: int, *families: str) -> np.ndarray:
    """Return how many events of some families lie in the window of ``days`` days."""
    total: np.ndarray = by_family(grid, days)[[PLACES[family] for family in families]].sum(axis=0)
    return total


def of_kinds(grid: Grid, kinds: tuple[str, ...], *, once: bool = False) -> Rows:
    """Return the block's events of some kinds, sorted by customer and the day they happened; each once, to count."""
    rows = grid.rows("happenings_once" if once else "happenings")
    own = np.isin(rows["kind"], [KIND_PLACES[kind] for kind in kinds])
    return {name: values[own] for name, values in rows.items()}


def counted_kinds(grid: Grid, days: int, *kinds: str) -> np.ndarray:
    """Return how many events of some kinds lie in the window of ``days`` days."""
    rows = of_kinds(grid, kinds, once=True)
    counts = _in_window(grid, days, rows, rows["customer"], grid.shape[0])
    return np.where(covered_days(grid, days), counts, np.nan)


def days_since(grid: Grid, kinds: tuple[str, ...]) -> np.ndarray:
    """Return the days since the last event of some kinds happened, null where none is known."""
    rows = of_kinds(grid, kinds)
    entered = np.maximum(rows["event"], rows["seen"])
    never = np.full(len(entered), NEVER)
    # Rows stand in the order of the day they happened: the last one seen is the latest.
    last = grid.in_force(rows["customer"], entered, never, grid.shape[0])
    event = np.append(rows["event"].astype(np.float64), np.nan)[last]
    days: np.ndarray = grid.ends - event
    return days


@feature(
    unit="count",
    window="90 days",
    null=NOT_COVERED,
    worse="higher",
    says="adverse events that became known over 90 days: {value}",
    says_at_zero="no adverse event is known over 90 days",
    formula="count of events of the adverse families in 90 days",
)
@measure("events")
def adverse_events_90d(grid: Grid) -> np.ndarray:
    """Bad news of 90 days: insolvency notices, judgments, late filings, auditors, defaults, delistings."""
    return counted(grid, 90, *ADVERSE)


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="adverse events that became known over 365 days: {value}",
    says_at_zero="no adverse event is known over 365 days",
    formula="count of events of the adverse families in 365 days",
)
@measure("events")
def adverse_events_365d(grid: Grid) -> np.ndarray:
    """Bad news of 365 days: insolvency notices, judgments, late filings, auditors, defaults, delistings."""
    return counted(grid, 365, *ADVERSE)


@feature(
    unit="count",
    window="90 days",
    null=NOT_COVERED,
    worse="higher",
    says="judgments for unpaid debts over 90 days: {value}",
    says_at_zero="no judgment for an unpaid debt over 90 days",
    formula="count of events of the family judgment in 90 days",
)
@measure("events")
def payment_judgments_90d(grid: Grid) -> np.ndarray:
    """Judgments for unpaid debts in 90 days."""
    return counted(grid, 90, "judgment")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="judgments for unpaid debts over 365 days: {value}",
    says_at_zero="no judgment for an unpaid debt over 365 days",
    formula="count of events of the family judgment in 365 days",
)
@measure("events")
def payment_judgments_365d(grid: Grid) -> np.ndarray:
    """Judgments for unpaid debts in 365 days."""
    return counted(grid, 365, "judgment")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="accounts or reports filed late over 365 days: {value}",
    says_at_zero="no accounts or reports were late over 365 days",
    formula="count of events of the family late_filing in 365 days",
)
@measure("events")
def late_filings_365d(grid: Grid) -> np.ndarray:
    """Accounts and reports that were late in 365 days."""
    return counted(grid, 365, "late_filing")


@feature(
    unit="count",
    window="90 days",
    null=NOT_COVERED,
    worse="none",
    says="filings over 90 days: {value}",
    says_at_zero="no filing over 90 days",
    formula="count of events in 90 days, filed or registered: all families but insolvency, judgment, lei, news",
)
@measure("events")
def filings_90d(grid: Grid) -> np.ndarray:
    """What the company filed or a register recorded in 90 days."""
    return counted(grid, 90, *FILED)


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="none",
    says="filings over 365 days: {value}",
    says_at_zero="no filing over 365 days",
    formula="count of events in 365 days, filed or registered: all families but insolvency, judgment, lei, news",
)
@measure("events")
def filings_365d(grid: Grid) -> np.ndarray:
    """What the company filed or a register recorded in 365 days."""
    return counted(grid, 365, *FILED)


@feature(
    unit="count",
    window="90 days",
    null=NOT_COVERED,
    worse="none",
    says="changes in the management over 90 days: {value}",
    says_at_zero="no change in the management over 90 days",
    formula="count of events of the family management in 90 days",
)
@measure("events")
def management_changes_90d(grid: Grid) -> np.ndarray:
    """Changes in the management in 90 days."""
    return counted(grid, 90, "management")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="none",
    says="changes in the management over 365 days: {value}",
    says_at_zero="no change in the management over 365 days",
    formula="count of events of the family management in 365 days",
)
@measure("events")
def management_changes_365d(grid: Grid) -> np.ndarray:
    """Changes in the management in 365 days."""
    return counted(grid, 365, "management")


@feature(
    unit="count",
    window="90 days",
    null=NOT_COVERED,
    worse="none",
    says="news over 90 days: {value}",
    says_at_zero="no news over 90 days",
    formula="count of events of the family news in 90 days",
)
@measure("events")
def news_90d(grid: Grid) -> np.ndarray:
    """News about the customer in 90 days."""
    return counted(grid, 90, "news")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="none",
    says="news over 365 days: {value}",
    says_at_zero="no news over 365 days",
    formula="count of events of the family news in 365 days",
)
@measure("events")
def news_365d(grid: Grid) -> np.ndarray:
    """News about the customer in 365 days."""
    return counted(grid, 365, "news")


@feature(
    unit="days",
    window="today",
    null="no adverse event is known",
    worse="lower",
    says="the last adverse event was {value} ago",
    says_at_zero="the last adverse event was today",
    formula="as_of - happened_on of the last event of an adverse family",
)
@measure("events")
def days_since_adverse_event(grid: Grid) -> np.ndarray:
    """Days since the last bad news happened."""
    days: np.ndarray = grid.ends - grid.latest("adverse_happenings")
    return days


@feature(
    unit="count",
    window="today",
    null="the ledger holds no events",
    worse="higher",
    says="notices of insolvency known: {value}",
    says_at_zero="no notice of insolvency is known",
    formula="count of events of the family insolvency up to as_of",
)
@measure("events")
def insolvency_notices(grid: Grid) -> np.ndarray:
    """Notices of insolvency ever known."""
    rows = grid.rows("happenings_once")
    own = rows["family"] == PLACES["insolvency"]
    column = grid.column(np.maximum(rows["event"], rows["seen"]))[own]
    return grid.balance(rows["customer"][own], column, None, grid.shape[0]).astype(np.float64)
