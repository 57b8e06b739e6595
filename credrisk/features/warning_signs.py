"""Which single signs of trouble registers, courts and auditors gave, and how long ago.

Counts and windows are those of :mod:`credrisk.features.company_events`: an event is seen from the day it was known and
belongs to a window of days by the day it happened. A count of 0 means that nothing is known, also where nobody looked.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.company_events import FILED, NOT_COVERED, counted, counted_kinds, days_since
from credrisk.features.grid import Grid, measure
from credrisk.ledger.event_kinds import FAMILIES

NONE_KNOWN = "none is known"


@feature(
    unit="days",
    window="today",
    null=NONE_KNOWN,
    worse="lower",
    says="the last judgment for an unpaid debt was {value} ago",
    says_at_zero="a judgment for an unpaid debt is of today",
    formula="as_of - happened_on of the last event of the family judgment",
)
@measure("events")
def days_since_judgment(grid: Grid) -> np.ndarray:
    """Days since the last judgment for an unpaid debt."""
    return days_since(grid, FAMILIES["judgment"])


@feature(
    unit="days",
    window="today",
    null=NONE_KNOWN,
    worse="lower",
    says="the last notice of insolvency was {value} ago",
    says_at_zero="a notice of insolvency is of today",
    formula="as_of - happened_on of the last event of the family insolvency",
)
@measure("events")
def days_since_insolvency_notice(grid: Grid) -> np.ndarray:
    """Days since the last notice of insolvency."""
    return days_since(grid, FAMILIES["insolvency"])


@feature(
    unit="days",
    window="today",
    null=NONE_KNOWN,
    worse="none",
    says="the last filing was {value} ago",
    says_at_zero="the last filing is of today",
    formula="as_of - happened_on of the last event that is filed or registered: all families but insolvency, judgment, "
    "lei, news",
)
@measure("events")
def days_since_filing(grid: Grid) -> np.ndarray:
    """Days since the company last filed something, or a register recorded something of it."""
    return days_since(grid, tuple(kind for family in FILED for kind in FAMILIES[family]))


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="charges on its assets registered over 365 days: {value}",
    says_at_zero="no charge on its assets was registered over 365 days",
    formula="count of events of kind charge_registered in 365 days",
)
@measure("events")
def charges_registered_365d(grid: Grid) -> np.ndarray:
    """Charges registered in 365 days: what is charged to a lender is not there for suppliers."""
    return counted_kinds(grid, 365, "charge_registered")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="directors and officers who resigned over 365 days: {value}",
    says_at_zero="no director or officer resigned over 365 days",
    formula="count of events of the kinds director_resigned and officer_resigned in 365 days",
)
@measure("events")
def officer_resignations_365d(grid: Grid) -> np.ndarray:
    """Resignations of directors and officers in 365 days."""
    return counted_kinds(grid, 365, "director_resigned", "officer_resigned")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="doubts that it can go on over 365 days: {value}",
    says_at_zero="no doubt that it can go on was stated over 365 days",
    formula="count of events of kind going_concern_doubt in 365 days",
    source="ISA 570: material uncertainty related to going concern",
)
@measure("events")
def going_concern_doubts_365d(grid: Grid) -> np.ndarray:
    """How often, in 365 days, auditors or directors doubted that the company can go on."""
    return counted_kinds(grid, 365, "going_concern_doubt")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="changes of auditor, doubts and withdrawn statements over 365 days: {value}",
    says_at_zero="no change of auditor, doubt or withdrawn statement over 365 days",
    formula="count of events of the family auditor in 365 days",
)
@measure("events")
def auditor_events_365d(grid: Grid) -> np.ndarray:
    """What went wrong between the company and its auditors in 365 days."""
    return counted(grid, 365, "auditor")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="defaults on other debts over 365 days: {value}",
    says_at_zero="no default on another debt over 365 days",
    formula="count of events of the family default in 365 days",
)
@measure("events")
def defaults_elsewhere_365d(grid: Grid) -> np.ndarray:
    """Defaults on other debts, and debts called in early, in 365 days."""
    return counted(grid, 365, "default")


@feature(
    unit="count",
    window="365 days",
    null=NOT_COVERED,
    worse="higher",
    says="delistings and notices of them over 365 days: {value}",
    says_at_zero="no delisting and no notice of one over 365 days",
    formula="count of events of the family delisting in 365 days",
)
@measure("events")
def delistings_365d(grid: Grid) -> np.ndarray:
    """Delistings by an exchange, and notices of them, in 365 days."""
    return counted(grid, 365, "delisting")
