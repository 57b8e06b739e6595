"""What of the balance is not covered, and how insurers and guarantors change their cover.

A contract is cut on the day from which a row could be seen that covers less than the one it replaces while that was in
force: less is a smaller limit x share in the same currency, or nothing where the new row is past its last day. A
contract that runs out is not cut. Debit is within the terms of the cover where the payment terms of its item are no
longer than the longest that a contract in force allows; one that states none allows any.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import net_balance, not_due, past_due
from credrisk.features.catalogue import feature
from credrisk.features.exposure import contracts_in_force, covered
from credrisk.features.grid import Grid, measure, ratio, spread
from credrisk.features.limit_changes import SPAN, last_of_day
from credrisk.features.rows import LedgerRows, Rows, row_kind


@row_kind
def cover_cuts(source: LedgerRows) -> Rows:
    """The days on which a contract of cover was reduced or withdrawn."""
    rows = source.kind("cover")
    seen, row = last_of_day(rows, rows["contract"])
    replaced = np.concatenate([row[:1], row[:-1]])
    insured = rows["limit"] * rows["share"]
    now, before = (np.where(rows["ended"][each] > seen, insured[each], 0.0) for each in (row, replaced))
    same = [rows[name][row] == rows[name][replaced] for name in ("contract", "currency")]
    cut = np.logical_and(*same) & (now < before)
    return {"customer": rows["customer"][row][cut], "seen": seen[cut], "event": seen[cut]}


@feature(
    unit="count",
    window="12 months",
    null="the ledger holds no cover or does not cover the window",
    worse="higher",
    says="cover was cut over 12 months: {value} times",
    says_at_zero="cover was not cut over 12 months",
    formula="number of days in the window on which a contract was reduced or withdrawn, each contract by itself",
)
@measure("cover", months=12)
def cover_cuts_12m(grid: Grid) -> np.ndarray:
    """How often insurers and guarantors reduced or withdrew their cover in 12 months."""
    return grid.trailing("cover_cuts", 12)


@feature(
    unit="money",
    window="today",
    null="the ledger holds no cover",
    worse="none",
    says="{value} of the net balance is not covered",
    says_at_zero="nothing is open that is not covered",
    formula="max(0, net_balance) - covered",
)
@measure()
def uncovered(grid: Grid) -> np.ndarray:
    """What no insurance or guarantee would pay of the net balance."""
    bare: np.ndarray = np.maximum(0.0, net_balance(grid)) - covered(grid)
    return bare


@feature(
    unit="share",
    window="today",
    null="the ledger holds no cover, or the net balance is not above 0",
    worse="none",
    says="{value} of the net balance is covered",
    says_at_zero="nothing of the net balance is covered",
    formula="covered / net_balance",
)
@measure()
def covered_share(grid: Grid) -> np.ndarray:
    """The part of the net balance that insurance and the like would pay."""
    return ratio(covered(grid), net_balance(grid))


@feature(
    unit="share",
    window="today",
    null="no cover is in force, or no item is open above 0",
    worse="none",
    says="{value} of the open debit is within the terms of the cover",
    says_at_zero="nothing of the open debit is within the terms of the cover",
    formula=(
        "open debit items with due_date - document_date <= the greatest max_terms_days of the contracts in force "
        "/ (not_due + past_due), within 0 and 1"
    ),
)
@measure("cover")
def eligible_share(grid: Grid) -> np.ndarray:
    """The part of the open debit on items whose payment terms the cover allows."""
    rows, owed = grid.rows("cover"), grid.rows("owed")
    row, period = contracts_in_force(grid)
    bound = np.full(grid.shape, -1)
    np.maximum.at(bound, (rows["customer"][row], period), rows["max_terms"][row])
    pairs = np.unique(rows["customer"] * SPAN + rows["max_terms"])
    first = np.searchsorted(pairs, owed["customer"] * SPAN)
    last = np.searchsorted(pairs, (owed["customer"] + 1) * SPAN)
    row, pair = spread(first, last)
    allowed = owed["terms"][row] <= pairs[pair] % SPAN
    row, pair = row[allowed], pair[allowed]
    width = len(grid.source.currencies)
    place = pair * width + owed["currency"][row]
    balances = grid.balance(place, grid.column(owed["seen"][row]), owed["amount"][row], len(pairs) * width)
    customer = grid.line_customer
    chosen = np.searchsorted(pairs, customer[:, None] * SPAN + np.maximum(bound[customer], 0))
    in_force = bound[customer] >= 0
    at = np.where(in_force, chosen * width + grid.line_currency[:, None], 0)
    lines = np.zeros((grid.line_count, grid.shape[1]))
    np.copyto(lines, balances[at, np.arange(grid.shape[1])] if len(pairs) else 0.0, where=in_force)
    share = np.clip(ratio(grid.translated(lines), not_due(grid) + past_due(grid)), 0.0, 1.0)
    return np.where(bound >= 0, share, np.nan)
