"""Can the customer carry its debt: what it earns and what flows in beside what it owes to banks and others.

The figures are those of the last annual accounts (see :mod:`credrisk.features.figures`). Debt is what bears interest:
short-term debt and long-term debt, both of which must be known, for one that is not stated need not be nil. EBITDA is
EBIT plus depreciation (and amortisation).
"""

from __future__ import annotations

import numpy as np

from credrisk.features.annual_accounts import over
from credrisk.features.catalogue import feature
from credrisk.features.figures import ANNUAL, figures
from credrisk.features.grid import Grid, measure, ratio

NO_FIGURES = "no annual accounts under 30 months old have the figures, or they are in different currencies"


@feature(
    unit="ratio",
    window="today",
    null=f"{NO_FIGURES}, or EBITDA is not above 0",
    worse="higher",
    says="its debt is {value} times EBITDA",
    says_at_zero="it has no debt",
    formula="(short_term_debt + long_term_debt) / (ebit + depreciation)",
    source="Debt to EBITDA: interest-bearing debt over earnings before interest, taxes, depreciation and amortisation",
)
@measure("facts")
def debt_to_ebitda(grid: Grid) -> np.ndarray:
    """How many years of EBITDA the debt amounts to; null where there is none to pay it from."""
    ebit, worn, short, long = figures(grid, ANNUAL, "ebit", "depreciation", "short_term_debt", "long_term_debt")
    return ratio(short + long, ebit + worn)


@feature(
    unit="share",
    window="today",
    null=NO_FIGURES,
    worse="higher",
    says="interest-bearing debt pays for {value} of the assets",
    says_at_zero="no interest-bearing debt pays for the assets",
    formula="(short_term_debt + long_term_debt) / total_assets",
)
@measure("facts")
def debt_to_assets(grid: Grid) -> np.ndarray:
    """The part of the assets that interest-bearing debt pays for."""
    assets, short, long = figures(grid, ANNUAL, "total_assets", "short_term_debt", "long_term_debt")
    return ratio(short + long, assets)


@feature(
    unit="ratio",
    window="today",
    null=f"{NO_FIGURES}, or there is no short-term debt",
    worse="lower",
    says="cash is {value} times the debt due within a year",
    says_at_zero="there is no cash for the debt due within a year",
    formula="cash / short_term_debt",
)
@measure("facts")
def cash_to_short_term_debt(grid: Grid) -> np.ndarray:
    """Cash beside the debt that is due within a year."""
    return over(grid, "cash", "short_term_debt")


@feature(
    unit="ratio",
    window="today",
    null=f"{NO_FIGURES}, or neither liabilities nor equity are known",
    worse="lower",
    says="a year's operating cash flow is {value} times the liabilities",
    says_below="a year's operating cash outflow is {value} times the liabilities",
    says_at_zero="operations bring no cash",
    formula="operating_cash_flow / liabilities; liabilities not stated: total_assets - equity",
    source="Beaver 1966: cash flow over total debt, the best single ratio of his sample",
)
@measure("facts")
def cash_flow_to_liabilities(grid: Grid) -> np.ndarray:
    """What operations bring in a year beside all that is owed."""
    assets, equity, stated, flow = figures(grid, ANNUAL, "total_assets", "equity", "liabilities", "operating_cash_flow")
    owed = np.where(np.isnan(stated), assets - equity, stated)
    return ratio(flow, np.where(np.isnan(assets), np.nan, owed))  # the unit is that of the assets
