"""What the customer's last annual accounts say: size, growth, earnings, days to be paid and to pay, our part of them.

Which accounts count, and which value of a figure, is said in :mod:`credrisk.features.figures`: the newest period end
with a year's revenue or net income, not 30 months old, every figure as last known on the day. Figures of the balance
sheet beside them are those of the same period end.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.figures import ANNUAL, amount, change, figures
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.volume import invoiced_12m

NO_FIGURES = "no annual accounts under 30 months old have the figures, or they are in different currencies"
DAYS_A_YEAR = 365


def over(grid: Grid, part: str, whole: str) -> np.ndarray:
    """Return one figure of the annual accounts over another."""
    denominator, numerator = figures(grid, ANNUAL, whole, part)
    return ratio(numerator, denominator)


@feature(
    unit="money",
    window="today",
    null="no annual accounts under 30 months old have it, or the ledger has no rate at their date",
    worse="none",
    says="yearly revenue is {value}",
    says_below="yearly revenue is {value} below zero",
    says_at_zero="there is no revenue",
    formula="revenue of a year at the rate of the period end",
)
@measure("facts")
def revenue(grid: Grid) -> np.ndarray:
    """The customer's yearly revenue, in the ledger's currency."""
    return amount(grid, ANNUAL, "revenue")


@feature(
    unit="share",
    window="today",
    null="revenue of the last year or of the one before is not known in one currency",
    worse="none",
    says="revenue grew by {value} over the year",
    says_below="revenue shrank by {value} over the year",
    says_at_zero="revenue is what it was a year before",
    formula="revenue / revenue a year before - 1",
)
@measure("facts")
def revenue_growth(grid: Grid) -> np.ndarray:
    """Growth of revenue over the year before."""
    now, then = change(grid, ANNUAL, "revenue")
    return ratio(now - then, then)


@feature(
    unit="share",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="{value} of revenue is left after the cost of sales",
    says_below="the cost of sales exceeds revenue by {value} of it",
    says_at_zero="nothing of revenue is left after the cost of sales",
    formula="(revenue - cost_of_sales) / revenue",
    source="Gross margin: revenue less cost of sales over revenue",
)
@measure("facts")
def gross_margin(grid: Grid) -> np.ndarray:
    """What is left of revenue after the cost of sales."""
    sold, cost = figures(grid, ANNUAL, "revenue", "cost_of_sales")
    return ratio(sold - cost, sold)


@feature(
    unit="share",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="{value} of revenue is left as operating result",
    says_below="the operating loss is {value} of revenue",
    says_at_zero="there is neither operating profit nor loss",
    formula="ebit / revenue",
    source="Operating margin: earnings before interest and taxes over revenue",
)
@measure("facts")
def ebit_margin(grid: Grid) -> np.ndarray:
    """Operating result over revenue."""
    return over(grid, "ebit", "revenue")


@feature(
    unit="share",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="{value} of revenue is left as profit",
    says_below="the loss is {value} of revenue",
    says_at_zero="there is neither profit nor loss",
    formula="net_income / revenue",
    source="Net profit margin: net income over revenue",
)
@measure("facts")
def net_margin(grid: Grid) -> np.ndarray:
    """Net income over revenue."""
    return over(grid, "net_income", "revenue")


@feature(
    unit="share",
    window="today",
    null=NO_FIGURES,
    worse="lower",
    says="the profit is {value} of the assets",
    says_below="the loss is {value} of the assets",
    says_at_zero="there is neither profit nor loss on the assets",
    formula="net_income / total_assets",
    source="Return on assets: net income over total assets",
)
@measure("facts")
def return_on_assets(grid: Grid) -> np.ndarray:
    """Net income over total assets."""
    return over(grid, "net_income", "total_assets")


@feature(
    unit="ratio",
    window="today",
    null="the figures are not known, or there is no interest expense",
    worse="lower",
    says="the operating result is {value} times the interest",
    says_below="the operating loss is {value} times the interest",
    says_at_zero="the operating result leaves nothing for the interest",
    formula="ebit / interest_expense",
    source="Interest cover: earnings before interest and taxes over interest expense",
)
@measure("facts")
def interest_cover(grid: Grid) -> np.ndarray:
    """How many times the operating result pays the interest."""
    return over(grid, "ebit", "interest_expense")


@feature(
    unit="ratio",
    window="today",
    null=NO_FIGURES,
    worse="none",
    says="yearly revenue is {value} times the assets",
    says_at_zero="the assets bring no revenue",
    formula="revenue / total_assets",
    source="Asset turnover: revenue over total assets",
)
@measure("facts")
def asset_turnover(grid: Grid) -> np.ndarray:
    """Revenue over total assets."""
    return over(grid, "revenue", "total_assets")


@feature(
    unit="days",
    window="today",
    null=NO_FIGURES,
    worse="higher",
    says="waits {value} for the money of its own customers",
    says_at_zero="its own customers owe it nothing",
    formula="receivables / revenue x 365",
    source="DSO by the year: receivables over revenue x 365",
)
@measure("facts")
def customer_dso_days(grid: Grid) -> np.ndarray:
    """How long the customer waits for its own customers' money."""
    days: np.ndarray = over(grid, "receivables", "revenue") * DAYS_A_YEAR
    return days


@feature(
    unit="days",
    window="today",
    null="no annual accounts under 30 months old have the figures in one currency, or the cost of sales is not above 0",
    worse="higher",
    says="pays its own suppliers after {value}",
    says_at_zero="owes its own suppliers nothing",
    formula="payables / cost_of_sales x 365",
    source="DPO by the year: trade payables over cost of sales x 365",
)
@measure("facts")
def customer_dpo_days(grid: Grid) -> np.ndarray:
    """How long the customer takes to pay its suppliers, of which we are one."""
    days: np.ndarray = over(grid, "payables", "cost_of_sales") * DAYS_A_YEAR
    return days


@feature(
    unit="days",
    window="today",
    null="no annual accounts under 30 months old have the figures in one currency, or the cost of sales is not above 0",
    worse="higher",
    says="its stock lasts {value}",
    says_at_zero="it has no stock",
    formula="inventory / cost_of_sales x 365",
    source="Days inventory outstanding: inventory over cost of sales x 365",
)
@measure("facts")
def inventory_days(grid: Grid) -> np.ndarray:
    """How long the customer's stock lasts at its cost of sales."""
    days: np.ndarray = over(grid, "inventory", "cost_of_sales") * DAYS_A_YEAR
    return days


@feature(
    unit="count",
    window="today",
    null="the net income of the last year or of the one before is not known",
    worse="higher",
    says="{value} of the last two years ended with a loss",
    says_at_zero="none of the last two years ended with a loss",
    formula="count of net_income < 0 in the last annual accounts and those a year before",
    source="Ohlson 1980, INTWO: net income negative in the last two years",
)
@measure("facts")
def losses_in_two_years(grid: Grid) -> np.ndarray:
    """How many of the last two business years ended with a loss."""
    (now,), (then,) = figures(grid, ANNUAL, "net_income"), figures(grid, ANNUAL, "net_income", before=True)
    return np.where(np.isnan(now + then), np.nan, (now < 0) * 1.0 + (then < 0))


@feature(
    unit="share",
    window="12 months",
    null="revenue is not known or not above 0, or the ledger does not cover 12 months",
    worse="none",
    says="our sales over 12 months are {value} of its revenue",
    says_at_zero="we sold it nothing over 12 months",
    formula="invoiced_12m / revenue",
)
@measure("facts")
def share_of_customer_revenue_12m(grid: Grid) -> np.ndarray:
    """What we invoiced beside the customer's revenue: how much it depends on us, or we on its size."""
    return ratio(invoiced_12m(grid), revenue(grid))
