"""What the customer's last balance sheet says: liquidity, own funds, and what they are beside what it owes us.

Which statement counts, and which value of a figure, is said in :mod:`credrisk.features.figures`: the newest period end
with total assets, not 30 months old, every figure as last known on the day.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.ageing import net_balance
from credrisk.features.catalogue import feature
from credrisk.features.figures import ANY, BALANCE, amount, change, figures, of_statement
from credrisk.features.grid import Grid, measure, ratio

NO_FIGURES = "no balance sheet under 30 months old has the figures, or they are in different currencies"
NO_MONEY = "no balance sheet under 30 months old has the figure, or the ledger has no rate at its date"
NO_YEAR_BEFORE = "the figures of this balance sheet or of the one a year before are not known in one currency"


def over(grid: Grid, part: str, whole: str) -> np.ndarray:
    """Return one figure of the balance sheet over another."""
    denominator, numerator = figures(grid, BALANCE, whole, part)
    return ratio(numerator, denominator)


@feature(
    unit="money",
    window="today",
    null=NO_MONEY,
    worse="none",
    says="the balance sheet total is {value}",
    says_at_zero="the balance sheet total is nil",
    formula="total_assets at the rate of the period end",
)
@measure("facts")
def balance_sheet_total(grid: Grid) -> np.ndarray:
    """Total assets of the last balance sheet, in the ledger's currency."""
    return amount(grid, BALANCE, "total_assets")


@feature(
    unit="money",
    window="today",
    null=NO_MONEY,
    worse="lower",
    says="the net worth is {value}",
    says_below="liabilities exceed assets by {value}",
    says_at_zero="the net worth is nil",
    formula="equity at the rate of the period end",
    source="Net worth: total assets less liabilities, as the balance sheet states it",
)
@measure("facts")
def net_worth(grid: Grid) -> np.ndarray:
    """Equity of the last balance sheet, in the ledger's currency; negative when liabilities exceed assets."""
    return amount(grid, BALANCE, "equity")


@feature(
    unit="ratio",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="current assets are {value} times current liabilities",
    says_at_zero="there are no current assets",
    formula="current_assets / current_liabilities",
    source="Current ratio: current assets over current liabilities",
)
@measure("facts")
def current_ratio(grid: Grid) -> np.ndarray:
    """Current assets over current liabilities."""
    return over(grid, "current_assets", "current_liabilities")


@feature(
    unit="ratio",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="cash and receivables are {value} times current liabilities",
    says_at_zero="there is neither cash nor a receivable",
    formula="(cash + receivables) / current_liabilities",
    source="Quick (acid-test) ratio: cash and receivables over current liabilities",
)
@measure("facts")
def quick_ratio(grid: Grid) -> np.ndarray:
    """Cash and receivables over current liabilities."""
    owed, cash, receivables = figures(grid, BALANCE, "current_liabilities", "cash", "receivables")
    return ratio(cash + receivables, owed)


@feature(
    unit="ratio",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="cash is {value} times current liabilities",
    says_at_zero="there is no cash",
    formula="cash / current_liabilities",
    source="Cash ratio: cash over current liabilities",
)
@measure("facts")
def cash_ratio(grid: Grid) -> np.ndarray:
    """Cash over current liabilities."""
    return over(grid, "cash", "current_liabilities")


@feature(
    unit="share",
    window="today",
    null=NO_FIGURES,
    worse="none",
    says="{value} of the assets are cash",
    says_at_zero="none of the assets is cash",
    formula="cash / total_assets",
)
@measure("facts")
def cash_to_assets(grid: Grid) -> np.ndarray:
    """The part of the assets that is cash."""
    return over(grid, "cash", "total_assets")


@feature(
    unit="share",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="own funds are {value} of the assets",
    says_below="liabilities exceed assets by {value} of the assets",
    says_at_zero="there are no own funds",
    formula="equity / total_assets",
    source="Equity ratio: equity over total assets",
)
@measure("facts")
def equity_ratio(grid: Grid) -> np.ndarray:
    """The part of the assets that is paid for by own funds; negative when liabilities exceed assets."""
    return over(grid, "equity", "total_assets")


@feature(
    unit="ratio",
    window="today",
    null="the figures are not known, they are in different currencies, or equity is not above 0",
    worse="higher",
    says="liabilities are {value} times own funds",
    says_at_zero="there are no liabilities",
    formula="liabilities / equity; liabilities not stated: total_assets - equity",
    source="Debt-to-equity ratio: liabilities over equity",
)
@measure("facts")
def debt_to_equity(grid: Grid) -> np.ndarray:
    """Liabilities over own funds."""
    assets, equity, stated = figures(grid, BALANCE, "total_assets", "equity", "liabilities")
    return ratio(np.where(np.isnan(stated), assets - equity, stated), equity)


@feature(
    unit="share",
    window="today",
    null=NO_YEAR_BEFORE,
    worse="none",
    says="total assets grew by {value} over the year",
    says_below="total assets shrank by {value} over the year",
    says_at_zero="total assets are what they were a year before",
    formula="total_assets / total_assets a year before - 1",
)
@measure("facts")
def assets_growth(grid: Grid) -> np.ndarray:
    """Growth of the assets over the year before the last balance sheet."""
    now, then = change(grid, BALANCE, "total_assets")
    return ratio(now - then, then)


@feature(
    unit="share",
    window="today",
    null=NO_YEAR_BEFORE,
    worse="lower",
    says="own funds rose by {value} of the assets over the year",
    says_below="own funds fell by {value} of the assets over the year",
    says_at_zero="own funds are what they were a year before",
    formula="(equity - equity a year before) / total_assets",
)
@measure("facts")
def equity_change(grid: Grid) -> np.ndarray:
    """Change of own funds over the year before the last balance sheet, beside its assets."""
    now, then = change(grid, BALANCE, "equity")
    assets, equity = figures(grid, BALANCE, "total_assets", "equity")
    in_one_currency = ~np.isnan(equity)
    return np.where(in_one_currency, ratio(now - then, assets), np.nan)


@feature(
    unit="count",
    window="today",
    null="the equity of the last balance sheet or of the one a year before is not known",
    worse="higher",
    says="liabilities exceed assets in {value} of the last two yearly balance sheets",
    says_at_zero="own funds were not negative in the last two years",
    formula="count of equity < 0 in the last balance sheet and the one a year before",
)
@measure("facts")
def negative_equity_in_two_years(grid: Grid) -> np.ndarray:
    """How many of the last balance sheet and the one a year before show liabilities above assets."""
    (now,), (then,) = figures(grid, BALANCE, "equity"), figures(grid, BALANCE, "equity", before=True)
    return np.where(np.isnan(now + then), np.nan, (now < 0) * 1.0 + (then < 0))


@feature(
    unit="share",
    window="today",
    null="net worth is not known, or not above 0",
    worse="higher",
    says="it owes us {value} of its net worth",
    says_at_zero="it owes us nothing beside its net worth",
    formula="max(0, net_balance) / net_worth",
)
@measure("facts")
def net_balance_to_net_worth(grid: Grid) -> np.ndarray:
    """What the customer owes us beside its own funds."""
    return ratio(np.maximum(0.0, net_balance(grid)), net_worth(grid))


@feature(
    unit="days",
    window="today",
    null="no statement under 30 months old is known",
    worse="higher",
    says="the last statement known is {value} old",
    says_at_zero="the last statement known is of today",
    formula="as_of - period_end of the newest statement",
)
@measure("facts")
def statement_age_days(grid: Grid) -> np.ndarray:
    """Days since the period end of the last statement, balance sheet or annual accounts."""
    days: np.ndarray = grid.ends - of_statement(grid, ANY, "end")
    return days


@feature(
    unit="days",
    window="today",
    null="no statement under 30 months old is known",
    worse="higher",
    says="the last statement came out {value} after the period end",
    says_at_zero="the last statement came out on the period end",
    formula="max(0, first known_at of the newest statement - its period_end)",
)
@measure("facts")
def reporting_delay_days(grid: Grid) -> np.ndarray:
    """Days from the period end of the last statement to the day it was first known."""
    delay = of_statement(grid, ANY, "first_known") - of_statement(grid, ANY, "end")
    days: np.ndarray = np.maximum(0.0, delay)
    return days
