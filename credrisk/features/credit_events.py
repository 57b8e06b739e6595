"""What the seller itself recorded about a failing customer: placements, legal action, write-off decisions, insolvency.

The rows are those of ``credit_events``, each from the day it was known. What registers and newspapers say stands under
company events; what was written off in the books, under deductions.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure
from credrisk.features.rows import LedgerRows, Rows, row_arrays, row_kind
from credrisk.ledger.visibility import visible_from

NOT_COVERED = "the ledger holds no credit events or does not cover the window"
ADVERSE = ("insolvency", "placement", "legal_action", "write_off_decision")


@row_kind
def troubles(source: LedgerRows) -> Rows:
    """Credit events but recoveries: a column for placements and one for legal action, 1 or 0."""
    frame = (
        source.ledger.table("credit_events")
        .filter(pl.col("kind").is_in(ADVERSE))
        .select(
            customer=source.customer,
            seen=visible_from("credit_events").to_physical(),
            event=pl.col("date").to_physical(),
            placement=(pl.col("kind") == "placement").cast(pl.Float64),
            legal_action=(pl.col("kind") == "legal_action").cast(pl.Float64),
        )
        .sort("customer", "event", "seen", "placement", "legal_action")
    )
    return row_arrays(frame)


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="higher",
    says="placements with a third party over 12 months: {value}",
    says_at_zero="nothing was placed with a third party over 12 months",
    formula="number of credit events of kind placement dated in the window",
)
@measure("credit_events", months=12)
def placements_12m(grid: Grid) -> np.ndarray:
    """How often the account was placed with a collection agency or the like in 12 months."""
    return grid.trailing("troubles", 12, grid.rows("troubles")["placement"])


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="higher",
    says="legal actions over 12 months: {value}",
    says_at_zero="no legal action was taken over 12 months",
    formula="number of credit events of kind legal_action dated in the window",
)
@measure("credit_events", months=12)
def legal_actions_12m(grid: Grid) -> np.ndarray:
    """How often legal action was taken in 12 months."""
    return grid.trailing("troubles", 12, grid.rows("troubles")["legal_action"])


@feature(
    unit="days",
    window="today",
    null="no insolvency, placement, legal action or write-off decision is known",
    worse="lower",
    says="the last placement, legal action, write-off decision or insolvency was {value} ago",
    says_at_zero="a placement, legal action, write-off decision or insolvency is of today",
    formula="as_of - date of the last credit event other than a recovery",
)
@measure("credit_events")
def days_since_credit_event(grid: Grid) -> np.ndarray:
    """Days since the customer last was in such trouble."""
    days: np.ndarray = grid.ends - grid.latest("troubles")
    return days
