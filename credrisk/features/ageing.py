"""What is open today and how old it is.

Open items are documents less applications, as far as they could be seen on the day. What is left above 0 on an item,
of whatever kind but one, is debit: buckets hold it by days past the original due date; due today is not past due, 1-30
means 1 to 30 days inclusive. What is left above 0 on fee notes for late payment (kind ``late_fee``) is owed, but no
sale: it has no age and stands apart in ``late_fees``. What is left below 0 (credit notes, invoices paid twice) and
unapplied cash stand apart too and never hide in a bucket, so
``not_due + past_due_1_30 + ... + past_due_over_90 + late_fees + open_credits = open_balance`` and
``net_balance = open_balance - unapplied_cash``, exactly. Balances in other currencies are translated at the period-end
rate, each component by itself.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.items import oldest_due

NEVER_NULL = "never null from the start of the ledger's coverage"
NOTHING_OPEN = "no item is open above 0, late fees aside"


@measure()
def debits_beyond(grid: Grid, days: int) -> np.ndarray:
    """Return the debit more than ``days`` days past due, by (customer, currency), fee notes left out.

    A change of an item enters on the later of due + days + 1 and the day it could be seen.
    """
    rows = grid.rows("owed")
    return grid.line_balance("owed", grid.column(np.maximum(rows["seen"], rows["due"] + days + 1)))


@measure()
def debits(grid: Grid) -> np.ndarray:
    """Return all debit but that of fee notes, by (customer, currency)."""
    return grid.line_balance("owed", grid.column(grid.rows("owed")["seen"]))


@measure()
def fees_owed(grid: Grid) -> np.ndarray:
    """Return what is left above 0 on fee notes, by (customer, currency)."""
    return grid.line_balance("fees", grid.column(grid.rows("fees")["seen"]))


@measure()
def trade_balance(grid: Grid) -> np.ndarray:
    """Return the open balance without late fees: what is left of sales, credits deducted."""
    return not_due(grid) + past_due(grid) + open_credits(grid)


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="none",
    says="{value} is open",
    says_below="credits outweigh what is open by {value}",
    says_at_zero="nothing is open",
    formula="documents less applications = not_due + past_due + late_fees + open_credits",
    source="Accounts receivable balance of the subledger, as the ageing report ties to it",
)
@measure()
def open_balance(grid: Grid) -> np.ndarray:
    """Everything open: debit by bucket, late fees and credits."""
    return trade_balance(grid) + late_fees(grid)


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="none",
    says="{value} is open and not yet due",
    says_at_zero="nothing is open that is not yet due",
    formula="what is left above 0 on items but late fees with as_of - due_date <= 0",
    source="Ageing report by days past due: current, 1-30, 31-60, 61-90, over 90",
)
@measure()
def not_due(grid: Grid) -> np.ndarray:
    """Open debit items due today or later."""
    return grid.translated(debits(grid) - debits_beyond(grid, 0))


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="higher",
    says="{value} is 1 to 30 days past due",
    says_at_zero="nothing is 1 to 30 days past due",
    formula="what is left above 0 on items but late fees with 1 <= as_of - due_date <= 30",
    source="Ageing report by days past due: current, 1-30, 31-60, 61-90, over 90",
)
@measure()
def past_due_1_30(grid: Grid) -> np.ndarray:
    """Open debit items 1 to 30 days past due."""
    return grid.translated(debits_beyond(grid, 0) - debits_beyond(grid, 30))


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="higher",
    says="{value} is 31 to 60 days past due",
    says_at_zero="nothing is 31 to 60 days past due",
    formula="what is left above 0 on items but late fees with 31 <= as_of - due_date <= 60",
    source="Ageing report by days past due: current, 1-30, 31-60, 61-90, over 90",
)
@measure()
def past_due_31_60(grid: Grid) -> np.ndarray:
    """Open debit items 31 to 60 days past due."""
    return grid.translated(debits_beyond(grid, 30) - debits_beyond(grid, 60))


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="higher",
    says="{value} is 61 to 90 days past due",
    says_at_zero="nothing is 61 to 90 days past due",
    formula="what is left above 0 on items but late fees with 61 <= as_of - due_date <= 90",
    source="Ageing report by days past due: current, 1-30, 31-60, 61-90, over 90",
)
@measure()
def past_due_61_90(grid: Grid) -> np.ndarray:
    """Open debit items 61 to 90 days past due."""
    return grid.translated(debits_beyond(grid, 60) - debits_beyond(grid, 90))


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="higher",
    says="{value} is more than 90 days past due",
    says_at_zero="nothing is more than 90 days past due",
    formula="what is left above 0 on items but late fees with as_of - due_date > 90",
    source="Ageing report by days past due: current, 1-30, 31-60, 61-90, over 90",
)
@measure()
def past_due_over_90(grid: Grid) -> np.ndarray:
    """Open debit items more than 90 days past due."""
    return grid.translated(debits_beyond(grid, 90))


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="none",
    says="{value} is open on fee notes for late payment",
    says_at_zero="no fee note for late payment is open",
    formula="what is left above 0 on documents of kind late_fee, due or not; in no bucket",
)
@measure()
def late_fees(grid: Grid) -> np.ndarray:
    """Open fee notes for late payment: owed, but neither sales nor part of the ageing."""
    return grid.translated(fees_owed(grid))


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="none",
    says="credits of {value} are not yet applied",
    says_below="credits of {value} are not yet applied",
    says_at_zero="no credit is open",
    formula="what is left below 0 on items: credit notes, invoices paid twice (negative or 0)",
)
@measure()
def open_credits(grid: Grid) -> np.ndarray:
    """What is left of credit notes and overpaid items, negative."""
    return grid.translated(grid.line_balance("credits", grid.column(grid.rows("credits")["seen"])))


@feature(
    unit="money",
    window="today",
    null="the ledger holds no receipts",
    worse="none",
    says="{value} of cash received is not yet applied",
    says_below="{value} more cash is applied than was received",
    says_at_zero="all cash received is applied",
    formula="receipts less their applications",
    source="Unapplied (on-account) cash, as receivables systems list it beside the ageing",
)
@measure("receipts")
def unapplied_cash(grid: Grid) -> np.ndarray:
    """Cash received that is not yet applied to documents."""
    return grid.translated(grid.line_balance("cash", grid.column(grid.rows("cash")["seen"])))


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="none",
    says="the net balance is {value}",
    says_below="the account is {value} in credit",
    says_at_zero="the net balance is nil",
    formula="open_balance - unapplied_cash (0 where the ledger holds no receipts)",
)
@measure()
def net_balance(grid: Grid) -> np.ndarray:
    """What the customer owes after credits and unapplied cash."""
    net: np.ndarray = open_balance(grid) - np.nan_to_num(unapplied_cash(grid))
    return net


@feature(
    unit="money",
    window="today",
    null=NEVER_NULL,
    worse="higher",
    says="{value} is past due",
    says_at_zero="nothing is past due",
    formula="past_due_1_30 + past_due_31_60 + past_due_61_90 + past_due_over_90",
    source="Ageing report by days past due: current, 1-30, 31-60, 61-90, over 90",
)
@measure()
def past_due(grid: Grid) -> np.ndarray:
    """Open debit items at least one day past due."""
    return past_due_1_30(grid) + past_due_31_60(grid) + past_due_61_90(grid) + past_due_over_90(grid)


@feature(
    unit="share",
    window="today",
    null=NOTHING_OPEN,
    worse="higher",
    says="{value} of what is open is past due",
    says_at_zero="nothing of what is open is past due",
    formula="past_due / (not_due + past_due)",
    source="Delinquency rates of the ageing report: share of receivables past due, over 30, over 60, over 90 days",
)
@measure()
def share_past_due(grid: Grid) -> np.ndarray:
    """The part of the open debit items that is past due."""
    return ratio(past_due(grid), not_due(grid) + past_due(grid))


@feature(
    unit="days",
    window="today",
    null=NOTHING_OPEN,
    worse="higher",
    says="the oldest open item is {value} past due",
    says_at_zero="no open item is past due",
    formula="max(0, as_of - earliest due_date of the items but late fees with something left above 0)",
)
@measure()
def oldest_open_days(grid: Grid) -> np.ndarray:
    """Days past due of the oldest past-due item, 0 when none is past due."""
    days: np.ndarray = np.maximum(0.0, grid.ends - oldest_due(grid))
    return days
