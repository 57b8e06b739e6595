"""What the customer takes off its payments, and what the seller gives up: deductions, discounts, write-offs, credits.

A deduction, discount or write-off is an application of that kind to a debit item, on the day it was applied. A negative
one takes back; a reversal is not counted, for it does not say what it takes back. Shares are of what was invoiced in
the window, whenever the items themselves were invoiced, so they may exceed 1.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.item_rows import MOVEMENT_KINDS
from credrisk.features.rows import LedgerRows, Rows, row_kind
from credrisk.features.volume import invoiced_12m

NOT_MEASURED = "the ledger holds no applications or does not cover the window, or nothing was invoiced in it"
NOT_COVERED = "the ledger holds no applications or does not cover the window"
TAKEN_OFF = ("deduction", "discount", "write_off")
DILUTION = "Comptroller of the Currency, Comptroller's Handbook, Asset-Based Lending: dilution"


@row_kind
def taken_off(source: LedgerRows) -> Rows:
    """Deductions, discounts and write-offs of debit items: ``amount``, and a column for each kind, 1 or 0."""
    kinds = [MOVEMENT_KINDS.index(kind) for kind in TAKEN_OFF]
    which = source.moves["debit"] & np.isin(source.moves["kind"], kinds)
    rows = source.movements(which, "customer", "currency", "seen", "event", "amount", "kind", "due")
    of_kind, due = rows.pop("kind"), rows.pop("due")
    rows |= {kind: (of_kind == place).astype(np.float64) for kind, place in zip(TAKEN_OFF, kinds, strict=True)}
    rows |= {"late": (rows["event"] > due).astype(np.float64), "amount": -rows["amount"]}
    return source.translated(rows)


@row_kind
def credit_notes(source: LedgerRows) -> Rows:
    """Credit notes issued: ``amount``, above 0."""
    which = ~source.moves["debit"] & source.moves["opening"]
    rows = source.movements(which, "customer", "currency", "seen", "event", "amount")
    return source.translated({**rows, "amount": -rows["amount"]})


@measure()
def given_up(grid: Grid, kind: str) -> np.ndarray:
    """Return what was taken off in 12 months by applications of a kind."""
    rows = grid.rows("taken_off")
    return grid.trailing("taken_off", 12, rows["amount"] * rows[kind])


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="deductions over 12 months: {value}",
    says_at_zero="nothing was deducted over 12 months",
    formula="number of applications of kind deduction above 0 applied in the window",
)
@measure("applications", months=12)
def deductions_12m(grid: Grid) -> np.ndarray:
    """How often the customer deducted something in 12 months."""
    rows = grid.rows("taken_off")
    return grid.trailing("taken_off", 12, rows["deduction"] * (rows["raw"] > 0))


@feature(
    unit="share",
    window="12 months",
    null=NOT_MEASURED,
    worse="none",
    says="deductions of 12 months come to {value} of what was invoiced",
    says_below="deductions taken back over 12 months come to {value} of what was invoiced",
    says_at_zero="nothing was deducted over 12 months",
    formula="sum of deductions applied in the window / invoiced_12m",
    source="Deduction rate: deductions over gross sales",
)
@measure("applications", months=12)
def deduction_rate_12m(grid: Grid) -> np.ndarray:
    """What the customer deducted in 12 months against what was invoiced."""
    return ratio(given_up(grid, "deduction"), invoiced_12m(grid))


@feature(
    unit="share",
    window="12 months",
    null=NOT_MEASURED,
    worse="none",
    says="discounts of 12 months come to {value} of what was invoiced",
    says_below="discounts taken back over 12 months come to {value} of what was invoiced",
    says_at_zero="no discount was taken over 12 months",
    formula="sum of discounts applied in the window / invoiced_12m",
)
@measure("applications", months=12)
def discount_rate_12m(grid: Grid) -> np.ndarray:
    """The discounts taken in 12 months against what was invoiced."""
    return ratio(given_up(grid, "discount"), invoiced_12m(grid))


@feature(
    unit="share",
    window="12 months",
    null="no discount was taken in the window, or the ledger does not cover it",
    worse="higher",
    says="{value} of the discounts of 12 months were taken after the due date",
    says_at_zero="no discount of 12 months was taken after the due date",
    formula="discounts with applied_on > due_date / discounts of 12 months, within 0 and 1",
)
@measure("applications", months=12)
def unearned_discount_share_12m(grid: Grid) -> np.ndarray:
    """The part of the discounts of 12 months that came too late to be earned: after the item was due."""
    rows = grid.rows("taken_off")
    late = grid.trailing("taken_off", 12, rows["amount"] * rows["discount"] * rows["late"])
    share: np.ndarray = np.clip(ratio(late, given_up(grid, "discount")), 0.0, 1.0)
    return share


@feature(
    unit="share",
    window="12 months",
    null=NOT_MEASURED,
    worse="higher",
    says="write-offs of 12 months come to {value} of what was invoiced",
    says_below="what was taken back of losses written off comes over 12 months to {value} of what was invoiced",
    says_at_zero="nothing was written off over 12 months",
    formula="sum of write-offs applied in the window / invoiced_12m",
    source="Bad debt to sales: write-offs over credit sales",
)
@measure("applications", months=12)
def write_off_rate_12m(grid: Grid) -> np.ndarray:
    """What was written off in 12 months against what was invoiced."""
    return ratio(given_up(grid, "write_off"), invoiced_12m(grid))


@feature(
    unit="share",
    window="12 months",
    null=NOT_MEASURED,
    worse="none",
    says="credit notes, deductions and discounts of 12 months come to {value} of what was invoiced",
    says_below="credits taken back over 12 months come to {value} of what was invoiced",
    says_at_zero="nothing of the invoices of 12 months was credited or deducted",
    formula="(credit notes dated, and deductions and discounts applied, in the window) / invoiced_12m",
    source=DILUTION,
)
@measure("applications", months=12)
def dilution_12m(grid: Grid) -> np.ndarray:
    """What melts from the invoices other than by cash or loss: credit notes, deductions and discounts."""
    credited = grid.trailing("credit_notes", 12, grid.rows("credit_notes")["amount"])
    return ratio(credited + given_up(grid, "deduction") + given_up(grid, "discount"), invoiced_12m(grid))
