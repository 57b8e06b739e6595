"""How long the customer has been known, and on which terms it buys."""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.exposure import agreed
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.limit_changes import steps_in_force, value_on
from credrisk.features.rows import LedgerRows, Rows, row_kind
from credrisk.features.volume import invoiced
from credrisk.features.windows import window_starts

DAYS_A_MONTH = 365.25 / 12


@row_kind
def terms_steps(source: LedgerRows) -> Rows:
    """The terms agreed, as known from day to day."""
    rows = source.kind("terms")
    return steps_in_force(rows, rows["customer"])


@measure()
def invoice_terms(grid: Grid, months: int) -> np.ndarray:
    """Return the money-weighted terms of the invoices in the window, whether covered or not."""
    rows = grid.rows("billed")
    weighted = grid.trailing_product("billed", months, rows["amount"], rows["terms"])
    return ratio(weighted, invoiced(grid, months))


@feature(
    unit="months",
    window="today",
    null="the account has neither an opening date nor a document",
    worse="none",
    says="a customer for {value}",
    says_at_zero="a customer for less than a month",
    formula="(as_of - the earlier of opened_on and the first invoice or debit note seen) / 30.4375",
)
@measure()
def tenure_months(grid: Grid) -> np.ndarray:
    """Months since the account was opened or first invoiced."""
    since = np.fmin(grid.earliest("accounts"), grid.earliest("billed"))
    months: np.ndarray = (grid.ends - since) / DAYS_A_MONTH
    return months


@feature(
    unit="days",
    window="today",
    null="no terms are agreed, and nothing was invoiced in 12 months or the ledger does not cover them",
    worse="none",
    says="payment terms are {value}",
    says_at_zero="payment terms are cash on invoice",
    formula="customer_history terms_days in force; else sum(amount x (due_date - document_date)) / invoiced_12m",
)
@measure()
def terms_days(grid: Grid) -> np.ndarray:
    """Terms agreed; where none are, the money-weighted terms of the invoices of 12 months."""
    granted = agreed(grid, "terms")
    return np.where(np.isnan(granted), np.where(grid.covered(12), invoice_terms(grid, 12), np.nan), granted)


@feature(
    unit="days",
    window="12 months",
    null="no terms are agreed today, or none were 12 months ago, or the ledger does not cover the window",
    worse="none",
    says="the terms agreed are {value} longer than 12 months ago",
    says_below="the terms agreed are {value} shorter than 12 months ago",
    says_at_zero="the terms agreed are those of 12 months ago",
    formula="customer_history terms_days in force today - the same in force, as known then, 12 months before",
)
@measure("customer_history", months=12)
def terms_change_12m(grid: Grid) -> np.ndarray:
    """By how many days the terms agreed were made longer in 12 months."""
    before = value_on(grid, "terms_steps", window_starts(grid.calendar, 12))
    change: np.ndarray = agreed(grid, "terms") - before
    return change


@feature(
    unit="days",
    window="3 and 12 months",
    null="nothing was invoiced in 3 months, or the ledger does not cover 12",
    worse="none",
    says="invoices of 3 months have terms {value} longer than those of 12",
    says_below="invoices of 3 months have terms {value} shorter than those of 12",
    says_at_zero="invoices of 3 months have the terms of those of 12",
    formula="mean of (due_date - document_date) of the invoices of 3 months - that of 12, weighted with the money",
)
@measure(months=12)
def invoice_terms_trend(grid: Grid) -> np.ndarray:
    """How much longer the terms of the invoices have become of late."""
    trend: np.ndarray = invoice_terms(grid, 3) - invoice_terms(grid, 12)
    return trend
