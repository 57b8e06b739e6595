"""What of the balance is not covered, and how insurers and guarantors change their cover.

A contract is cut on the day from which a row could be seen that covers less than the one it replaces while that was in
force: less is a smaller limit x share in the same currency, or nothing where the new row is past its last day. A
contract that runs out is not cut. Debit is within the terms of the cover where the payment terms of its item are no
longer than the longest that a contract in force allows; one that states none allows any. What a contract would pay is
reckoned on the items within its own terms. An insurer expects deliveries to stop, and what is past due to be reported,
a stated number of days past due; of several contracts the shortest counts.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import net_balance, not_due, oldest_open_days, past_due
from credrisk.features.catalogue import feature
from credrisk.features.exposure import contracts_in_force, covered
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.limit_changes import SPAN, last_of_day
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_kind
from credrisk.features.windows import spread


@row_kind
def cover_cuts(source: LedgerRows) -> Rows:
    """The days on which a contract of cover was reduced or withdrawn; ``amount`` is what limit x share lost."""
    rows = source.kind("cover")
    seen, row = last_of_day(rows, rows["contract"])
    replaced = np.concatenate([row[:1], row[:-1]])
    insured = rows["limit"] * rows["share"]
    now, before = (np.where(rows["ended"][each] > seen, insured[each], 0.0) for each in (row, replaced))
    same = [rows[name][row] == rows[name][replaced] for name in ("contract", "currency")]
    cut = np.logical_and(*same) & (now < before)
    lost = np.rint(before[cut]) - np.rint(now[cut])
    columns = {name: rows[name][row][cut] for name in ("customer", "currency")}
    return source.translated({**columns, "seen": seen[cut], "event": seen[cut], "amount": lost})


@feature(
    unit="count",
    window="12 months",
    null="the ledger holds no cover or does not cover the window",
    worse="higher",
    says="cuts of cover over 12 months: {value}",
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


@measure("cover")
def lengths_of_terms(grid: Grid) -> np.ndarray:
    """Return customer x SPAN + longest terms of every row of cover, each once, rising."""
    rows = grid.rows("cover")
    return np.unique(rows["customer"] * SPAN + rows["max_terms"])


@measure("cover")
def debit_within_terms(grid: Grid) -> np.ndarray:
    """Return the open debit but late fees within each of :func:`lengths_of_terms` by period."""
    owed, pairs, width = grid.rows("owed"), lengths_of_terms(grid), len(grid.source.currencies)
    first = np.searchsorted(pairs, owed["customer"] * SPAN)
    last = np.searchsorted(pairs, (owed["customer"] + 1) * SPAN)
    row, pair = spread(first, last)
    allowed = owed["terms"][row] <= pairs[pair] % SPAN
    row, pair = row[allowed], pair[allowed]
    place = pair * width + owed["currency"][row]
    balances = grid.balance(place, grid.column(owed["seen"][row]), owed["amount"][row], len(pairs) * width)
    if width > 1:
        place, period = np.nonzero(balances)
        rate = grid.rates_at_ends(place % width, period)
        balances[place, period] = np.rint(balances[place, period] * rate)
    within: np.ndarray = balances.reshape(len(pairs), width, grid.shape[1]).sum(axis=1)
    return within


@feature(
    unit="share",
    window="today",
    null="no cover is in force, or no item is open above 0, late fees aside",
    worse="none",
    says="{value} of the open debit is within the terms of the cover",
    says_at_zero="nothing of the open debit is within the terms of the cover",
    formula=(
        "open debit items but late fees with due_date - document_date <= the greatest max_terms_days of the contracts "
        "in force / (not_due + past_due), within 0 and 1"
    ),
)
@measure("cover")
def eligible_share(grid: Grid) -> np.ndarray:
    """The part of the open debit on items whose payment terms the cover allows."""
    rows, pairs = grid.rows("cover"), lengths_of_terms(grid)
    row, period = contracts_in_force(grid)
    bound = np.full(grid.shape, -1)
    np.maximum.at(bound, (rows["customer"][row], period), rows["max_terms"][row])
    customer, period = np.nonzero(bound >= 0)
    pair = np.searchsorted(pairs, customer * SPAN + bound[customer, period])
    within = np.full(grid.shape, np.nan)
    within[customer, period] = debit_within_terms(grid)[pair, period]
    share: np.ndarray = np.clip(ratio(within, not_due(grid) + past_due(grid)), 0.0, 1.0)
    return share


@feature(
    unit="share",
    window="today",
    null="the ledger holds no cover, or the net balance is not above 0",
    worse="none",
    says="{value} of the net balance is insured and within the terms of the cover",
    says_at_zero="nothing of the net balance is insured and within the terms of the cover",
    formula=(
        "min(B, sum over contracts in force of max(0, insured_share x min(limit, B, E) - deductible)) / B, "
        "B = max(0, net_balance), E = open debit items but late fees with due_date - document_date <= max_terms_days "
        "of the contract"
    ),
)
@measure("cover")
def eligible_insured_share(grid: Grid) -> np.ndarray:
    """The part of the net balance that cover would pay, each contract only on the items within its terms."""
    rows, owed = grid.rows("cover"), np.maximum(0.0, net_balance(grid))
    row, period = contracts_in_force(grid)
    customer, rate = rows["customer"][row], grid.rates_at_ends(rows["currency"][row], period)
    pair = np.searchsorted(lengths_of_terms(grid), customer * SPAN + rows["max_terms"][row])
    eligible = np.minimum(owed[customer, period], debit_within_terms(grid)[pair, period])
    limit, deductible = (np.rint(rows[name][row] * rate) for name in ("limit", "deductible"))
    pays = np.rint(np.maximum(0.0, rows["share"][row] * np.minimum(limit, eligible) - deductible))
    total = np.zeros(grid.shape)
    np.add.at(total, (customer, period), pays)
    return ratio(np.minimum(owed, total), owed)


@feature(
    unit="days",
    window="today",
    null="the ledger holds no cover, or cover was never cut",
    worse="none",
    says="cover was last cut {value} ago",
    says_at_zero="cover was cut today",
    formula="as_of - the last day on which a contract was reduced or withdrawn",
)
@measure("cover")
def days_since_cover_cut(grid: Grid) -> np.ndarray:
    """Days since an insurer or guarantor last reduced or withdrew its cover."""
    days: np.ndarray = grid.ends - grid.latest("cover_cuts")
    return days


@feature(
    unit="share",
    window="12 months",
    null="the ledger holds no cover or does not cover the window, or none is in force and none was cut in it",
    worse="higher",
    says="cuts of 12 months took {value} of the cover",
    says_at_zero="no cover was cut over 12 months",
    formula=(
        "L / (L + sum of limit x insured_share of the contracts in force), L = what limit x insured_share lost by the "
        "cuts in the window, at the rate of the day"
    ),
)
@measure("cover", months=12)
def cover_cut_share_12m(grid: Grid) -> np.ndarray:
    """The part of the cover that was cut away in 12 months."""
    rows = grid.rows("cover")
    row, period = contracts_in_force(grid)
    rate = grid.rates_at_ends(rows["currency"][row], period)
    insured = np.zeros(grid.shape)
    np.add.at(insured, (rows["customer"][row], period), np.rint(np.rint(rows["limit"] * rows["share"])[row] * rate))
    lost = grid.trailing("cover_cuts", 12, grid.rows("cover_cuts")["amount"])
    return ratio(lost, lost + insured)


def beyond(grid: Grid, threshold: str) -> np.ndarray:
    """Return by how many days the oldest open item is beyond the shortest threshold of the contracts in force."""
    rows = grid.rows("cover")
    row, period = contracts_in_force(grid)
    days = np.full(grid.shape, NEVER)
    np.minimum.at(days, (rows["customer"][row], period), rows[threshold][row])
    return np.where(days < NEVER, oldest_open_days(grid) - days, np.nan)


@feature(
    unit="days",
    window="today",
    null="no cover in force states when deliveries must stop, or no item is open above 0, late fees aside",
    worse="higher",
    says="the oldest open item is {value} beyond the day on which cover of new deliveries stops",
    says_below="the oldest open item is {value} short of the day on which cover of new deliveries stops",
    says_at_zero="the oldest open item is at the day on which cover of new deliveries stops",
    formula="oldest_open_days - the least stop_shipment_dpd of the contracts in force",
)
@measure("cover")
def days_beyond_stop_shipment(grid: Grid) -> np.ndarray:
    """How far what is past due is beyond the day from which new deliveries are not covered; negative before."""
    return beyond(grid, "stop_shipment")


@feature(
    unit="days",
    window="today",
    null="no cover in force states when what is past due must be reported, or no item is open above 0, late fees aside",
    worse="higher",
    says="the oldest open item is {value} beyond the day by which the insurer must be told",
    says_below="the oldest open item is {value} short of the day by which the insurer must be told",
    says_at_zero="the oldest open item is at the day by which the insurer must be told",
    formula="oldest_open_days - the least report_overdue_dpd of the contracts in force",
)
@measure("cover")
def days_beyond_report_overdue(grid: Grid) -> np.ndarray:
    """How far what is past due is beyond the day by which it must be reported to the insurer; negative before."""
    return beyond(grid, "report_overdue")
