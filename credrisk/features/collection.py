"""How much of what could be collected was collected, and whether more of what is open is past due than before.

What was open when the window began is what the ledger showed then, at today's rates. Fee notes for late payment are
left out throughout: they are no sales, and billing one does not make less collected.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import not_due, past_due, share_past_due
from credrisk.features.catalogue import feature
from credrisk.features.earlier import billed_since, debit_before, past_due_before
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.volume import invoiced_against_last_year

NOTHING_COLLECTABLE = "nothing could be collected in the window, or the ledger does not cover it"
SOURCE = (
    "Collection effectiveness index: (beginning + sales - ending total) / (beginning + sales - ending current); "
    "100 + 1,000 - 120 over 100 + 1,000 - 100 is 98.0 %"
)


def effectiveness(grid: Grid, months: int) -> np.ndarray:
    """Return the collection effectiveness index of the window, as a share of one."""
    collected = debit_before(grid, months) + billed_since(grid, months) - not_due(grid) - past_due(grid)
    return ratio(collected, collected + past_due(grid))


@feature(
    unit="share",
    window="3 months",
    null=NOTHING_COLLECTABLE,
    worse="lower",
    says="{value} of what could be collected over 3 months was cleared",
    says_below="less than nothing of what could be collected over 3 months was cleared ({value} was added)",
    says_at_zero="nothing of what could be collected over 3 months was cleared",
    formula=(
        "C / (C + past_due), C = debit before the window + invoices and debit notes seen in it - (not_due + past_due): "
        "what was cleared; below 0 when debits other than sales (down payments) outweigh it; late fees are left out"
    ),
    source=SOURCE,
)
@measure(months=3)
def collection_effectiveness_3m(grid: Grid) -> np.ndarray:
    """The part of what could be collected in 3 months that was cleared."""
    return effectiveness(grid, 3)


@feature(
    unit="share",
    window="12 months",
    null=NOTHING_COLLECTABLE,
    worse="lower",
    says="{value} of what could be collected over 12 months was cleared",
    says_below="less than nothing of what could be collected over 12 months was cleared ({value} was added)",
    says_at_zero="nothing of what could be collected over 12 months was cleared",
    formula=(
        "C / (C + past_due), C = debit before the window + invoices and debit notes seen in it - (not_due + past_due): "
        "what was cleared; below 0 when debits other than sales (down payments) outweigh it; late fees are left out"
    ),
    source=SOURCE,
)
@measure(months=12)
def collection_effectiveness_12m(grid: Grid) -> np.ndarray:
    """The part of what could be collected in 12 months that was cleared."""
    return effectiveness(grid, 12)


@feature(
    unit="share",
    window="3 months",
    null="no item is open above 0, late fees aside, today or was 3 months ago, or the ledger does not cover the window",
    worse="higher",
    says="{value} more of what is open is past due than 3 months ago",
    says_below="{value} less of what is open is past due than 3 months ago",
    says_at_zero="as much of what is open is past due as 3 months ago",
    formula="share_past_due - the same at the end of (as_of - 3 months), as the ledger then showed it",
)
@measure(months=3)
def share_past_due_change_3m(grid: Grid) -> np.ndarray:
    """How much more of what is open is past due than 3 months ago; negative when less."""
    change: np.ndarray = share_past_due(grid) - ratio(past_due_before(grid, 3), debit_before(grid, 3))
    return change


@feature(
    unit="index",
    window="3 months, and the same 12 months before",
    null=(
        "no item is open above 0, late fees aside, today or was 3 months ago, nothing was invoiced in the 3 months a "
        "year ago, or the ledger does not cover them"
    ),
    worse="higher",
    says="buys more while more of what is open is past due: {value} (growth times rise of the past-due part)",
    says_at_zero="does not both buy more and let more of what is open fall past due",
    formula="max(0, invoiced_against_last_year - 1) x max(0, share_past_due_change_3m)",
)
@measure()
def growth_into_past_due(grid: Grid) -> np.ndarray:
    """Growth of sales x rise of the past-due part: who buys more than a year ago while more of it stays unpaid."""
    growth = np.maximum(0.0, invoiced_against_last_year(grid) - 1.0)
    grows: np.ndarray = growth * np.maximum(0.0, share_past_due_change_3m(grid))
    return grows
