"""EDGAR's company facts: every figure as each filing stated it, so that an as-of date sees what was known then.

A figure is known from the day its filing was filed, and is often restated later: of a large company's figures, about
a fifth of those reported more than once. ``frame`` sits only on the last statement and is not read, for it looks
ahead; ``fy`` and ``fp`` describe the filing, not the figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from credrisk.errors import SourceError
from credrisk.sources.sec_submissions import filing_url

__all__ = ["MEASURES", "last_known", "measure_rows", "read_facts"]

MEASURES: dict[str, tuple[str, ...]] = {
    "revenue": (
        "us-gaap:Revenues",
        "us-gaap:RevenueFromContractWithCustomerExcludingAssessedTax",
        "us-gaap:RevenueFromContractWithCustomerIncludingAssessedTax",
        "us-gaap:SalesRevenueNet",
        "ifrs-full:Revenue",
    ),
    "net_income": ("us-gaap:NetIncomeLoss", "us-gaap:ProfitLoss", "ifrs-full:ProfitLoss"),
    "ebit": ("us-gaap:OperatingIncomeLoss", "ifrs-full:ProfitLossFromOperatingActivities"),
    "interest_expense": (
        "us-gaap:InterestExpense",
        "us-gaap:InterestExpenseNonoperating",
        "us-gaap:InterestExpenseDebt",
        "ifrs-full:FinanceCosts",
    ),
    "total_assets": ("us-gaap:Assets", "ifrs-full:Assets"),
    "goodwill": ("us-gaap:Goodwill", "ifrs-full:Goodwill"),
    "intangible_assets": (
        "us-gaap:IntangibleAssetsNetExcludingGoodwill",
        "us-gaap:FiniteLivedIntangibleAssetsNet",
        "ifrs-full:IntangibleAssetsOtherThanGoodwill",
    ),
    "current_assets": ("us-gaap:AssetsCurrent", "ifrs-full:CurrentAssets"),
    "current_liabilities": ("us-gaap:LiabilitiesCurrent", "ifrs-full:CurrentLiabilities"),
    "liabilities": ("us-gaap:Liabilities", "ifrs-full:Liabilities"),
    "equity": (
        "us-gaap:StockholdersEquity",
        "us-gaap:StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
        "ifrs-full:Equity",
    ),
    "retained_earnings": ("us-gaap:RetainedEarningsAccumulatedDeficit", "ifrs-full:RetainedEarnings"),
    "cash": (
        "us-gaap:CashAndCashEquivalentsAtCarryingValue",
        "us-gaap:CashCashEquivalentsRestrictedCashAndRestrictedCashEquivalents",
        "ifrs-full:CashAndCashEquivalents",
    ),
    "receivables": (
        "us-gaap:AccountsReceivableNetCurrent",
        "us-gaap:ReceivablesNetCurrent",
        "ifrs-full:TradeAndOtherCurrentReceivables",
    ),
    "inventory": ("us-gaap:InventoryNet", "ifrs-full:Inventories"),
    "payables": (
        "us-gaap:AccountsPayableCurrent",
        "us-gaap:AccountsPayableTradeCurrent",
        "us-gaap:AccountsPayableAndAccruedLiabilitiesCurrent",
        "ifrs-full:TradeAndOtherCurrentPayables",
    ),
    "cost_of_sales": (
        "us-gaap:CostOfRevenue",
        "us-gaap:CostOfGoodsAndServicesSold",
        "us-gaap:CostOfGoodsSold",
        "ifrs-full:CostOfSales",
    ),
    "depreciation": (
        "us-gaap:DepreciationDepletionAndAmortization",
        "us-gaap:DepreciationAmortizationAndAccretionNet",
        "ifrs-full:DepreciationAndAmortisationExpense",
    ),
    "operating_cash_flow": (
        "us-gaap:NetCashProvidedByUsedInOperatingActivities",
        "ifrs-full:CashFlowsFromUsedInOperatingActivities",
    ),
    "short_term_debt": (
        "us-gaap:DebtCurrent",
        "us-gaap:LongTermDebtCurrent",
        "us-gaap:ShortTermBorrowings",
        "ifrs-full:CurrentPortionOfNoncurrentBorrowings",
    ),
    "long_term_debt": (
        "us-gaap:LongTermDebtNoncurrent",
        "us-gaap:LongTermDebt",
        "ifrs-full:NoncurrentPortionOfNoncurrentBorrowings",
    ),
}
"""Measures of a company and the tags that state them, the best first."""

FIGURE = {
    "tag": pl.String,
    "unit": pl.String,
    "period_start": pl.String,
    "period_end": pl.String,
    "value": pl.Float64,
    "filed": pl.String,
    "form": pl.String,
    "accession": pl.String,
}


def read_facts(content: Any) -> pl.DataFrame:
    """Read a company-facts body into one row per statement of a figure.

    Returns
    -------
    polars.DataFrame
        ``tag`` (with its taxonomy: ``us-gaap:Assets``), ``unit``, ``period_start`` (null for a figure at one
        instant), ``period_end``, ``value``, ``filed``, ``form``, ``accession``.

    Raises
    ------
    SourceError
        When the body has another shape.
    """
    try:
        rows = list(_rows(content["facts"]))
        return pl.DataFrame(rows, schema=FIGURE, orient="row").with_columns(
            pl.col("period_start", "period_end", "filed").str.to_date("%Y-%m-%d")
        )
    except (KeyError, TypeError, AttributeError, ValueError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"the company facts are not readable ({type(error).__name__}).") from None


def last_known(figures: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Return one row per tag, unit and period: as last filed on or before ``as_of``."""
    key = ["tag", "unit", "period_start", "period_end"]
    seen = figures.filter(pl.col("filed") <= as_of).sort(*key, "filed", "accession")
    return seen.unique(subset=key, keep="last", maintain_order=True)


def measure_rows(figures: pl.DataFrame, *, cik: str) -> list[dict[str, Any]]:
    """Return the measures as rows of the ledger's table ``facts``, one per measure, period and filing date.

    What several tags, units or filings of one day state is decided by what was known that day: the best tag of
    :data:`MEASURES`, then the currency that the filing uses most, then the later filing number. Only amounts of money
    are taken. Quarter, year-to-date and year stay apart by ``period_start``.
    """
    ranked = pl.DataFrame(
        [(tag, measure, rank) for measure, tags in MEASURES.items() for rank, tag in enumerate(tags)],
        schema={"tag": pl.String, "measure": pl.String, "rank": pl.Int64},
        orient="row",
    )
    key = ["measure", "period_start", "period_end", "filed"]
    chosen = (
        figures.join(ranked, on="tag", how="inner")
        .filter(pl.col("unit").str.contains(r"^[A-Z]{3}$"))
        .with_columns(used=pl.len().over("accession", "unit"))
        .sort(*key, "rank", "used", "unit", "accession", descending=[*[False] * 5, True, False, True])
        .unique(subset=key, keep="first", maintain_order=True)
    )
    return [
        {
            "measure": row["measure"],
            "period_start": row["period_start"],
            "period_end": row["period_end"],
            "value": row["value"],
            "unit": row["unit"],
            "known_at": row["filed"],
            "url": filing_url(cik, row["accession"]),
        }
        for row in chosen.iter_rows(named=True)
    ]


def _rows(facts: Any) -> Iterator[tuple[Any, ...]]:
    for taxonomy, tags in facts.items():
        for tag, content in tags.items():
            for unit, statements in content["units"].items():
                for one in statements:
                    if one["val"] is not None:
                        yield (
                            f"{taxonomy}:{tag}",
                            unit,
                            one.get("start"),
                            one["end"],
                            float(one["val"]),
                            one["filed"],
                            one["form"],
                            one["accn"],
                        )
