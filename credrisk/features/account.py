"""How long the customer has been known, and on which terms it buys."""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.exposure import agreed
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.volume import invoiced_12m

DAYS_A_MONTH = 365.25 / 12


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
    rows, granted = grid.rows("billed"), agreed(grid, "terms")
    on_invoices = ratio(grid.trailing_product("billed", 12, rows["amount"], rows["terms"]), invoiced_12m(grid))
    return np.where(np.isnan(granted), on_invoices, granted)
