"""How regularly the customer buys: its usual gap between invoices, silent months, few large invoices or many small.

Invoices and debit notes, as in the volume features. Several on one day are one day of invoicing.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.order_statistics import greatest
from credrisk.features.rows import LedgerRows, Rows, row_kind
from credrisk.features.spans import pack, unpack
from credrisk.features.volume import days_since_last_invoice, invoiced, invoiced_12m

MONTHS = 12
NOT_COVERED = "the ledger does not cover the window"
NOT_INVOICED = "nothing was invoiced in the window, or the ledger does not cover it"
FEW_DAYS = "invoices fell on fewer than two days of the window, or the ledger does not cover it"


@row_kind
def invoice_days(source: LedgerRows) -> Rows:
    """The days on which a customer was invoiced, each once, seen from when the first of its invoices was seen."""
    rows = source.billed
    key, seen = pack(rows["customer"], rows["event"]), rows["seen"]
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key)
        key, seen = key[order], seen[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    customer, event = unpack(key[first])
    return {"customer": customer, "event": event, "seen": np.minimum.reduceat(seen, first) if len(first) else seen}


@measure()
def days_invoiced(grid: Grid) -> np.ndarray:
    """Return on how many days of 12 months the customer was invoiced."""
    return grid.trailing("invoice_days", MONTHS)


@feature(
    unit="days",
    window="12 months",
    null=FEW_DAYS,
    worse="none",
    says="is invoiced every {value} on average",
    formula="(last - first day of invoicing in the window) / (days of invoicing in the window - 1)",
)
@measure(months=MONTHS)
def invoice_gap_12m(grid: Grid) -> np.ndarray:
    """The usual days from one invoice to the next."""
    event = grid.rows("invoice_days")["event"].astype(np.float64)
    first, last = -greatest(grid, "invoice_days", MONTHS, -event), grid.latest("invoice_days")
    return ratio(last - first, days_invoiced(grid) - 1.0)


@feature(
    unit="ratio",
    window="12 months",
    null=FEW_DAYS,
    worse="none",
    says="the last invoice is {value} times as long ago as is usual from one to the next",
    says_at_zero="the last invoice is of today",
    formula="days_since_last_invoice / invoice_gap_12m",
)
@measure()
def silence_to_gap_12m(grid: Grid) -> np.ndarray:
    """How long the customer has bought nothing, against its own usual gap; above 1 it is overdue to buy."""
    return ratio(days_since_last_invoice(grid), invoice_gap_12m(grid))


@measure()
def by_month(grid: Grid) -> np.ndarray:
    """Return what was invoiced in each of the 12 months back from the period end, of shape (months, ...)."""
    through = [np.zeros(grid.shape), *(invoiced(grid, month) for month in range(1, MONTHS + 1))]
    return np.diff(np.stack(through), axis=0)


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="months without an invoice in the last 12: {value}",
    says_at_zero="something was invoiced in every one of 12 months",
    formula="number of the 12 months back from as_of in which nothing (or 0) was invoiced",
)
@measure(months=MONTHS)
def silent_months_12m(grid: Grid) -> np.ndarray:
    """In how many of 12 months nothing was invoiced."""
    silent: np.ndarray = (by_month(grid) == 0).sum(axis=0).astype(np.float64)
    return silent


@feature(
    unit="index",
    window="12 months",
    null=NOT_INVOICED,
    worse="none",
    says="concentration of the year's invoices in few months: {value} (0.08 when even, 1 when all in one)",
    formula="sum over the 12 months back from as_of of (invoiced in the month / invoiced_12m)^2",
    source="Herfindahl-Hirschman index, over months",
)
@measure(months=MONTHS)
def invoicing_concentration_12m(grid: Grid) -> np.ndarray:
    """How far the year's invoices are concentrated in few months."""
    concentration: np.ndarray = (ratio(by_month(grid), invoiced_12m(grid)) ** 2).sum(axis=0)
    return concentration


@feature(
    unit="share",
    window="12 months",
    null=NOT_INVOICED,
    worse="none",
    says="the largest invoice of 12 months makes up {value} of the year's",
    formula="greatest invoice or debit note dated in the window / invoiced_12m",
)
@measure(months=MONTHS)
def largest_invoice_share_12m(grid: Grid) -> np.ndarray:
    """The largest invoice's part of what was invoiced in 12 months."""
    amounts = np.nan_to_num(grid.rows("billed")["amount"])
    return ratio(greatest(grid, "billed", MONTHS, amounts), invoiced_12m(grid))
