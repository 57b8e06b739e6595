"""Firm-years of US listed firms as rows to learn from: ratios of 18 items, declared with their worse direction.

Reads the file that ``../shared/data/american-bankruptcy/ABOUT.md`` describes. A firm-year is seen on 30 April of the
year after its fiscal year, when its statement is public, and its label is known twelve months later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from credrisk.features.altman import WEIGHTS
from credrisk.features.catalogue import Unit, Worse, declare

__all__ = ["SOURCE", "FirmYears", "declare_ratios", "firm_years", "read_items", "z_score"]

SOURCE = "Lombardo et al., Future Internet 14(8), 244 (2022), CC BY 4.0"

ITEMS = {
    "Current assets": "current",
    "Cost of goods sold": "cost",
    "Depreciation and amortization": "depreciation",
    "EBITDA": "ebitda",
    "Inventory": "inventory",
    "Net Income": "income",
    "Total Receivable": "receivable",
    "Market Value": "market",
    "Net Sales": "sales",
    "Total Assets": "assets",
    "Total Long-term Debt": "long_debt",
    "EBIT": "ebit",
    "Gross Profit": "gross",
    "Total Current Liabilities": "short",
    "Retained Earnings": "retained",
    "Total Liabilities": "liabilities",
    "Total Operating Expenses": "expenses",
}
"""The items used; net sales and total revenue are the same figure in this file."""

RATIOS: dict[str, tuple[str, Unit, Worse, str]] = {
    "working_capital_to_assets": ("liquidity", "ratio", "lower", "working capital is {value} of assets"),
    "current_ratio_year": ("liquidity", "ratio", "lower", "current assets are {value} times current liabilities"),
    "quick_ratio_year": ("liquidity", "ratio", "lower", "quick assets are {value} times current liabilities"),
    "short_debt_to_assets": ("liquidity", "ratio", "higher", "current liabilities are {value} of assets"),
    "current_to_assets": ("structure", "ratio", "none", "current assets are {value} of assets"),
    "liabilities_to_assets": ("leverage", "ratio", "higher", "liabilities are {value} of assets"),
    "long_debt_to_assets": ("leverage", "ratio", "higher", "long-term debt is {value} of assets"),
    "equity_to_liabilities": ("leverage", "ratio", "lower", "book equity is {value} of liabilities"),
    "market_to_liabilities": ("leverage", "ratio", "lower", "market value is {value} of liabilities"),
    "liabilities_at_market": ("leverage", "ratio", "higher", "liabilities are {value} of the firm at market"),
    "retained_to_assets": ("profitability", "ratio", "lower", "retained earnings are {value} of assets"),
    "ebit_to_assets": ("profitability", "ratio", "lower", "EBIT is {value} of assets"),
    "ebitda_to_assets": ("profitability", "ratio", "lower", "EBITDA is {value} of assets"),
    "income_to_assets": ("profitability", "ratio", "lower", "net income is {value} of assets"),
    "income_at_market": ("profitability", "ratio", "lower", "net income is {value} of the firm at market"),
    "ebitda_to_liabilities": ("coverage", "ratio", "lower", "EBITDA is {value} of liabilities"),
    "income_to_liabilities": ("coverage", "ratio", "lower", "net income is {value} of liabilities"),
    "gross_margin_year": ("margins", "ratio", "lower", "gross profit is {value} of sales"),
    "ebit_margin_year": ("margins", "ratio", "lower", "EBIT is {value} of sales"),
    "net_margin_year": ("margins", "ratio", "lower", "net income is {value} of sales"),
    "expenses_to_sales": ("margins", "ratio", "higher", "operating expenses are {value} of sales"),
    "sales_to_assets": ("activity", "ratio", "none", "sales are {value} of assets"),
    "receivable_days": ("activity", "days", "none", "receivables stand for {value} of sales"),
    "stock_days": ("activity", "days", "none", "inventory stands for {value} of cost"),
    "depreciation_to_assets": ("activity", "ratio", "none", "depreciation is {value} of assets"),
    "market_to_sales": ("market", "ratio", "none", "market value is {value} of sales"),
    "market_to_book": ("market", "ratio", "none", "market value is {value} of book equity"),
    "log_assets": ("size", "index", "none", "log assets in million dollars are {value}"),
    "log_sales": ("size", "index", "none", "log sales in million dollars are {value}"),
    "log_market": ("size", "index", "lower", "log market value in million dollars is {value}"),
    "log_market_share": ("size", "index", "lower", "log share of the year's market value is {value}"),
    "z_services": ("altman", "index", "lower", "Altman's Z'' is {value}"),
    "z_listed": ("altman", "index", "lower", "Altman's Z is {value}"),
    "market_growth_year": ("change", "ratio", "lower", "market value changed by {value} in logs"),
    "sales_growth_year": ("change", "ratio", "none", "sales changed by {value} in logs"),
    "assets_growth_year": ("change", "ratio", "none", "assets changed by {value} in logs"),
    "income_change": ("change", "ratio", "lower", "net income changed by {value} of its size"),
    "leverage_change": ("change", "ratio", "higher", "liabilities to assets changed by {value}"),
    "liquidity_change": ("change", "ratio", "lower", "working capital to assets changed by {value}"),
    "profit_change": ("change", "ratio", "lower", "EBIT to assets changed by {value}"),
    "losses_two_years": ("losses", "count", "higher", "years with a loss of the last two: {value}"),
}
"""Ratio by name: question, unit, worse direction, words. A direction is set where accounting leaves no doubt."""


@dataclass(frozen=True)
class FirmYears:
    """Rows of a task: ratios, outcome, day and firm, row by row."""

    X: pl.DataFrame
    event: np.ndarray
    as_of: np.ndarray
    firm: np.ndarray
    year: np.ndarray

    def take(self, mask: np.ndarray) -> FirmYears:
        """Return the rows of a mask."""
        kept = self.X.filter(pl.Series(mask))
        return FirmYears(kept, self.event[mask], self.as_of[mask], self.firm[mask], self.year[mask])

    def years(self, first: int, last: int) -> FirmYears:
        """Return the firm-years from ``first`` to ``last``, both included."""
        return self.take((self.year >= first) & (self.year <= last))

    def outcome(self) -> pl.DataFrame:
        """Return ``event`` and ``months`` as the models take them: known at the end of the twelve months."""
        return pl.DataFrame({"event": self.event, "months": np.full(len(self.event), 12.0)})


def declare_ratios() -> None:
    """Declare the ratios to the catalogue."""
    for name, (question, unit, worse, says) in RATIOS.items():
        null = "an item is missing, a denominator is not above 0, or the year before is not in the file"
        declare(
            name, unit=unit, null=null, worse=worse, says=says, window="fiscal year", source=SOURCE, question=question
        )


def read_items(folder: Path) -> pl.DataFrame:
    """Return firm, year, the items in million dollars and the label, sorted."""
    frame = pl.read_parquet(folder / "american_bankruptcy_1999_2014.parquet")
    items = [pl.col(given).alias(name) for given, name in ITEMS.items()]
    return frame.select(
        pl.col("company_name").alias("firm"), "year", *items, bankrupt=pl.col("bankrupt_next_year").cast(pl.Int8)
    ).sort("firm", "year")


def z_score(items: pl.DataFrame, score: str) -> np.ndarray:
    """Return one of Altman's scores, NaN where assets or liabilities are not above 0.

    Book equity below 0 is kept, unlike in the catalogue: to leave out the firms nearest to failure would flatter
    whatever is compared with it.
    """
    column = {name: items[name].to_numpy() for name in ITEMS.values()}
    assets, liabilities = (np.where(column[name] > 0, column[name], np.nan) for name in ("assets", "liabilities"))
    own = column["market"] if score == "altman_z" else column["assets"] - column["liabilities"]
    x = [
        (column["current"] - column["short"]) / assets,
        column["retained"] / assets,
        column["ebit"] / assets,
        own / liabilities,
        column["sales"] / assets,
    ]
    total: np.ndarray = sum(
        (weight * part for weight, part in zip(WEIGHTS[score], x, strict=True)), start=np.zeros(len(assets))
    )
    return total


def firm_years(items: pl.DataFrame) -> FirmYears:
    """Return the rows with their ratios, nulls where a ratio is not defined."""

    def over(top: pl.Expr, bottom: pl.Expr) -> pl.Expr:
        return pl.when(bottom > 0).then(top / bottom)

    def log(value: pl.Expr) -> pl.Expr:
        return pl.when(value > 0).then(value.log())

    c = {name: pl.col(name) for name in ITEMS.values()}
    last = {name: pl.when(pl.col("before") == pl.col("year") - 1).then(pl.col(f"{name}_before")) for name in c}
    equity, working = c["assets"] - c["liabilities"], c["current"] - c["short"]
    at_market = c["liabilities"] + c["market"]
    swing = c["income"].abs() + last["income"].abs()
    columns = {
        "working_capital_to_assets": over(working, c["assets"]),
        "current_ratio_year": over(c["current"], c["short"]),
        "quick_ratio_year": over(c["current"] - c["inventory"], c["short"]),
        "short_debt_to_assets": over(c["short"], c["assets"]),
        "current_to_assets": over(c["current"], c["assets"]),
        "liabilities_to_assets": over(c["liabilities"], c["assets"]),
        "long_debt_to_assets": over(c["long_debt"], c["assets"]),
        "equity_to_liabilities": over(equity, c["liabilities"]),
        "market_to_liabilities": over(c["market"], c["liabilities"]),
        "liabilities_at_market": over(c["liabilities"], at_market),
        "retained_to_assets": over(c["retained"], c["assets"]),
        "ebit_to_assets": over(c["ebit"], c["assets"]),
        "ebitda_to_assets": over(c["ebitda"], c["assets"]),
        "income_to_assets": over(c["income"], c["assets"]),
        "income_at_market": over(c["income"], at_market),
        "ebitda_to_liabilities": over(c["ebitda"], c["liabilities"]),
        "income_to_liabilities": over(c["income"], c["liabilities"]),
        "gross_margin_year": over(c["gross"], c["sales"]),
        "ebit_margin_year": over(c["ebit"], c["sales"]),
        "net_margin_year": over(c["income"], c["sales"]),
        "expenses_to_sales": over(c["expenses"], c["sales"]),
        "sales_to_assets": over(c["sales"], c["assets"]),
        "receivable_days": over(365 * c["receivable"], c["sales"]),
        "stock_days": over(365 * c["inventory"], c["cost"]),
        "depreciation_to_assets": over(c["depreciation"], c["assets"]),
        "market_to_sales": over(c["market"], c["sales"]),
        "market_to_book": over(c["market"], equity),
        "log_assets": log(c["assets"]),
        "log_sales": log(c["sales"]),
        "log_market": log(c["market"]),
        "log_market_share": log(c["market"] / c["market"].sum().over("year")),
        "market_growth_year": log(c["market"] / last["market"]),
        "sales_growth_year": log(c["sales"] / last["sales"]),
        "assets_growth_year": log(c["assets"] / last["assets"]),
        "income_change": over(c["income"] - last["income"], swing),
        "leverage_change": over(c["liabilities"], c["assets"]) - over(last["liabilities"], last["assets"]),
        "liquidity_change": over(working, c["assets"]) - over(last["current"] - last["short"], last["assets"]),
        "profit_change": over(c["ebit"], c["assets"]) - over(last["ebit"], last["assets"]),
        "losses_two_years": (c["income"] < 0).cast(pl.Float64) + (last["income"] < 0).cast(pl.Float64),
    }
    with_before = items.with_columns(
        pl.col("year").shift(1).over("firm").alias("before"),
        *(pl.col(name).shift(1).over("firm").alias(f"{name}_before") for name in c),
    )
    X = with_before.select(**columns).with_columns(
        z_services=pl.Series(z_score(items, "altman_z_services")).fill_nan(None),
        z_listed=pl.Series(z_score(items, "altman_z")).fill_nan(None),
    )
    X = X.select(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in RATIOS)
    year = items["year"].to_numpy()
    seen = np.array([date(int(y) + 1, 4, 30) for y in year], dtype="datetime64[D]")
    return FirmYears(X, items["bankrupt"].to_numpy().astype(int), seen, items["firm"].to_numpy(), year)
