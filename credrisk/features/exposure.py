"""How much of what was granted is used, and how much of it is covered.

Of the rows of a limit or a contract of cover that could be seen on the day, the one with the latest (valid_from,
recorded_at) counts. A row with an empty value ends a limit; a row past its last valid day ends the cover, and the row
it replaced does not come back. Limits are in the ledger's currency.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import net_balance
from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.rows import NEVER

NO_LIMIT = "no credit limit is in force"


@measure()
def agreed(grid: Grid, kind: str) -> np.ndarray:
    """Return the value in force of a dated attribute of the customers, NaN where there is none."""
    rows = grid.rows(kind)
    never = np.full(len(rows["seen"]), NEVER)
    in_force = grid.in_force(rows["customer"], rows["seen"], never, grid.shape[0])
    value: np.ndarray = np.append(rows["value"], np.nan)[in_force]
    return value


@feature(
    unit="money",
    window="today",
    null=NO_LIMIT,
    worse="none",
    says="the credit limit is {value}",
    says_at_zero="the credit limit is nil",
    formula="customer_history credit_limit in force",
)
@measure("customer_history")
def credit_limit(grid: Grid) -> np.ndarray:
    """The credit limit in force."""
    return grid.minor(agreed(grid, "credit_limits"))


@feature(
    unit="share",
    window="today",
    null="no credit limit is in force, or it is 0",
    worse="none",
    says="{value} of the credit limit is used",
    says_at_zero="nothing of the credit limit is used",
    formula="max(0, net_balance) / credit_limit",
    source="Credit limit utilisation, as ERP systems check it: receivables against the limit",
)
@measure()
def utilisation(grid: Grid) -> np.ndarray:
    """The part of the credit limit that is used; above 1 when exceeded."""
    return ratio(np.maximum(0.0, net_balance(grid)), credit_limit(grid))


@feature(
    unit="money",
    window="today",
    null=NO_LIMIT,
    worse="none",
    says="{value} of the credit limit is free",
    says_below="the net balance is {value} above the credit limit",
    says_at_zero="nothing of the credit limit is free",
    formula="credit_limit - net_balance",
)
@measure()
def headroom(grid: Grid) -> np.ndarray:
    """What is left of the credit limit; negative when exceeded."""
    return credit_limit(grid) - net_balance(grid)


@feature(
    unit="money",
    window="today",
    null=NO_LIMIT,
    worse="higher",
    says="the credit limit is exceeded by {value}",
    says_at_zero="the credit limit is kept",
    formula="max(0, net_balance - credit_limit)",
)
@measure()
def over_limit(grid: Grid) -> np.ndarray:
    """By how much the credit limit is exceeded, 0 when it is not."""
    return np.maximum(0.0, -headroom(grid))


@measure()
def contracts_in_force(grid: Grid) -> np.ndarray:
    """Return the rows of cover in force at each period end, as (row, period) in two lines."""
    rows = grid.rows("cover")
    contracts, place = np.unique(rows["contract"], return_inverse=True)
    never = np.full(len(place), NEVER)
    latest = grid.in_force(place, rows["seen"], never, len(contracts))
    contract, period = np.nonzero((latest >= 0) & (np.append(rows["ended"], NEVER)[latest] > grid.ends))
    return np.stack([latest[contract, period], period])


@feature(
    unit="money",
    window="today",
    null="the ledger holds no cover",
    worse="none",
    says="{value} of the net balance is covered",
    says_at_zero="nothing of the net balance is covered",
    formula=(
        "min(B, sum over contracts in force of max(0, insured_share x min(limit, B) - deductible)), "
        "B = max(0, net_balance); no share stated: 1 for guarantees, letters of credit and security, else 0"
    ),
)
@measure("cover")
def covered(grid: Grid) -> np.ndarray:
    """What insurance, guarantees and the like would pay of the net balance."""
    rows, owed = grid.rows("cover"), np.maximum(0.0, net_balance(grid))
    row, period = contracts_in_force(grid)
    customer, currency = rows["customer"][row], rows["currency"][row]
    rate = grid.rates_at_ends(currency, period)
    balance = owed[customer, period]
    limit, deductible = np.rint(rows["limit"][row] * rate), np.rint(rows["deductible"][row] * rate)
    pays = np.rint(np.maximum(0.0, rows["share"][row] * np.minimum(limit, balance) - deductible))
    total = np.zeros(grid.shape)
    np.add.at(total, (customer, period), pays)
    return np.minimum(owed, total)
