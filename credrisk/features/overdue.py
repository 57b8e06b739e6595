"""How old the open debit is, as shares of it, and how it has been paid down: figures beside the ageing buckets."""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import (
    NOTHING_OPEN,
    not_due,
    open_credits,
    past_due,
    past_due_31_60,
    past_due_61_90,
    past_due_over_90,
    trade_balance,
    unapplied_cash,
)
from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.volume import invoiced_3m


@feature(
    unit="share",
    window="today",
    null=NOTHING_OPEN,
    worse="higher",
    says="{value} of what is open is more than 30 days past due",
    says_at_zero="nothing of what is open is more than 30 days past due",
    formula="(past_due_31_60 + past_due_61_90 + past_due_over_90) / (not_due + past_due)",
    source="Delinquency rates of the ageing report: share of receivables past due, over 30, over 60, over 90 days",
)
@measure()
def share_over_30(grid: Grid) -> np.ndarray:
    """The part of the open debit items that is more than 30 days past due."""
    late = past_due_31_60(grid) + past_due_61_90(grid) + past_due_over_90(grid)
    return ratio(late, not_due(grid) + past_due(grid))


@feature(
    unit="share",
    window="today",
    null=NOTHING_OPEN,
    worse="higher",
    says="{value} of what is open is more than 60 days past due",
    says_at_zero="nothing of what is open is more than 60 days past due",
    formula="(past_due_61_90 + past_due_over_90) / (not_due + past_due)",
    source="Delinquency rates of the ageing report: share of receivables past due, over 30, over 60, over 90 days",
)
@measure()
def share_over_60(grid: Grid) -> np.ndarray:
    """The part of the open debit items that is more than 60 days past due."""
    return ratio(past_due_61_90(grid) + past_due_over_90(grid), not_due(grid) + past_due(grid))


@feature(
    unit="share",
    window="today",
    null=NOTHING_OPEN,
    worse="higher",
    says="{value} of what is open is more than 90 days past due",
    says_at_zero="nothing of what is open is more than 90 days past due",
    formula="past_due_over_90 / (not_due + past_due)",
    source="Delinquency rates of the ageing report: share of receivables past due, over 30, over 60, over 90 days",
)
@measure()
def share_over_90(grid: Grid) -> np.ndarray:
    """The part of the open debit items that is more than 90 days past due."""
    return ratio(past_due_over_90(grid), not_due(grid) + past_due(grid))


@feature(
    unit="share",
    window="today",
    null=NOTHING_OPEN,
    worse="none",
    says="credits not yet applied come to {value} of what is open",
    says_at_zero="no credit is open",
    formula="-open_credits / (not_due + past_due); may exceed 1",
)
@measure()
def open_credit_share(grid: Grid) -> np.ndarray:
    """What is left of credits, against the open debit items."""
    return ratio(-open_credits(grid), not_due(grid) + past_due(grid))


@feature(
    unit="share",
    window="today",
    null=f"the ledger holds no receipts, or {NOTHING_OPEN}",
    worse="none",
    says="cash not yet applied comes to {value} of what is open",
    says_below="more cash is applied than was received, by {value} of what is open",
    says_at_zero="all cash received is applied",
    formula="unapplied_cash / (not_due + past_due); may exceed 1",
)
@measure("receipts")
def unapplied_cash_share(grid: Grid) -> np.ndarray:
    """Cash received and not yet applied, against the open debit items."""
    return ratio(unapplied_cash(grid), not_due(grid) + past_due(grid))


@feature(
    unit="ratio",
    window="3 months",
    null="nothing was invoiced in the window, or the ledger does not cover it",
    worse="higher",
    says="what is past due is {value} times the invoices of 3 months",
    says_at_zero="nothing is past due",
    formula="past_due / invoiced_3m",
)
@measure()
def past_due_to_invoiced_3m(grid: Grid) -> np.ndarray:
    """What is past due against what is being bought."""
    return ratio(past_due(grid), invoiced_3m(grid))


@feature(
    unit="ratio",
    window="3 months",
    null="nothing was invoiced in the window, or the ledger does not cover it",
    worse="none",
    says="what is open is {value} times the invoices of 3 months",
    says_below="credits outweigh what is open by {value} times the invoices of 3 months",
    says_at_zero="nothing is open",
    formula="(open_balance - late_fees) / invoiced_3m",
)
@measure()
def balance_to_invoiced_3m(grid: Grid) -> np.ndarray:
    """What is open, late fees left out, against what is being bought."""
    return ratio(trade_balance(grid), invoiced_3m(grid))
