"""The annual statements of a company as they were known on a day, with their ratios, and what was restated.

A statement is what is known of one period end. A figure of a year counts where its period is 350 to 380 days long or
its start is not given; a balance stands at the instant. Of several values of a figure the one known last counts, and
it is restated where an earlier known value differs by more than half a per cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from credrisk.features.figures import DAYS_OF_A_YEAR, DAYS_TO_THE_YEAR_BEFORE

__all__ = ["FLOWS", "AnnualStatement", "Figure", "annual_statements"]

FLOWS = (
    "revenue",
    "cost_of_sales",
    "ebit",
    "depreciation",
    "interest_expense",
    "net_income",
    "operating_cash_flow",
)
BALANCES = (
    "total_assets",
    "current_assets",
    "cash",
    "receivables",
    "inventory",
    "current_liabilities",
    "payables",
    "short_term_debt",
    "long_term_debt",
    "liabilities",
    "equity",
    "employees",
)
CARRIERS = ("revenue", "net_income")
RESTATED_FROM = 0.005
"""Relative change from which another value is a restatement and no rounding."""
DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Figure:
    """A figure as last known: ``first_value`` is what was published first, ``known_at`` the day of the last value."""

    value: float
    unit: str
    known_at: date
    first_value: float
    source: str
    url: str

    @property
    def restated(self) -> bool:
        """Tell whether the figure was published differently before."""
        return abs(self.value - self.first_value) > RESTATED_FROM * max(abs(self.value), abs(self.first_value))


@dataclass(frozen=True)
class AnnualStatement:
    """What is known of one year: ``figures`` by measure, ``ratios`` by name (None where a part is missing)."""

    period_end: date
    known_at: date
    figures: Mapping[str, Figure]
    ratios: Mapping[str, float | None]

    @property
    def restated(self) -> tuple[str, ...]:
        """Return the measures that were published differently before."""
        return tuple(name for name, figure in self.figures.items() if figure.restated)


def annual_statements(facts: pl.DataFrame, *, as_of: date, years: int = 3) -> list[AnnualStatement]:
    """Return the last annual statements known on a day, the newest first.

    Parameters
    ----------
    facts
        Rows of the ledger's table ``facts`` about one company.
    as_of
        Only what was known by then counts (``known_at <= as_of``).
    years
        How many at most.

    Returns
    -------
    list of AnnualStatement
        Their period ends are those with the revenue or net income of a year; where none is known, those with total
        assets that lie 330 to 400 days before the one after them.
    """
    if facts.is_empty():
        return []
    length = (pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
    of_a_year = pl.col("measure").is_in(FLOWS) & length.is_between(*DAYS_OF_A_YEAR).fill_null(True)
    known = (
        facts.filter((pl.col("known_at") <= as_of) & (pl.col("period_end") <= as_of) & pl.col("value").is_finite())
        .filter(of_a_year | pl.col("measure").is_in(BALANCES))
        .sort("period_end", "measure", "known_at", "source", "value")
    )
    ends = _period_ends(known)[:years]
    at: dict[date, dict[str, Figure]] = {end: {} for end in ends}
    for (end, measure), rows in known.group_by(["period_end", "measure"], maintain_order=True):
        if end in at:
            at[end][str(measure)] = _figure(rows)
    statements = []
    for end in ends:
        before = next((other for other in ends if _year_before(other, end)), None)
        known_at = max(figure.known_at for figure in at[end].values())
        statements.append(AnnualStatement(end, known_at, at[end], _ratios(at[end], at[before] if before else {})))
    return statements


def _period_ends(known: pl.DataFrame) -> list[date]:
    annual = known.filter(pl.col("measure").is_in(CARRIERS))["period_end"].unique().sort(descending=True).to_list()
    if annual:
        return annual
    chosen: list[date] = []
    for end in known.filter(pl.col("measure") == "total_assets")["period_end"].unique().sort(descending=True):
        if not chosen or _year_before(end, chosen[-1]):
            chosen.append(end)
    return chosen


def _year_before(earlier: date, later: date) -> bool:
    low, high = DAYS_TO_THE_YEAR_BEFORE
    return low <= (later - earlier).days <= high


def _figure(rows: pl.DataFrame) -> Figure:
    """Return the value known last, and the one first known in its unit."""
    last: dict[str, Any] = rows.row(-1, named=True)
    first = rows.filter(pl.col("unit").eq_missing(pl.lit(last["unit"], pl.String))).row(0, named=True)
    url = str(last.get("url") or "")
    unit = str(last["unit"] or "").upper()
    return Figure(last["value"], unit, last["known_at"], first["value"], str(last["source"]), url)


def _ratios(now: Mapping[str, Figure], before: Mapping[str, Figure]) -> dict[str, float | None]:
    days = _ratio(now, "receivables", "revenue")
    to_pay = _ratio(now, "payables", "cost_of_sales")
    growth = None
    if "revenue" in now and "revenue" in before and now["revenue"].unit == before["revenue"].unit:
        growth = now["revenue"].value / before["revenue"].value - 1 if before["revenue"].value > 0 else None
    return {
        "revenue_growth": growth,
        "net_margin": _ratio(now, "net_income", "revenue"),
        "interest_cover": _ratio(now, "ebit", "interest_expense"),
        "equity_ratio": _ratio(now, "equity", "total_assets"),
        "current_ratio": _ratio(now, "current_assets", "current_liabilities"),
        "dso_days": None if days is None else DAYS_A_YEAR * days,
        "dpo_days": None if to_pay is None else DAYS_A_YEAR * to_pay,
    }


def _ratio(figures: Mapping[str, Figure], above: str, below: str) -> float | None:
    """Return a ratio of two figures of one currency; None without both, or over nothing or less."""
    if above not in figures or below not in figures:
        return None
    one, other = figures[above], figures[below]
    return one.value / other.value if one.unit == other.unit and other.value > 0 else None
