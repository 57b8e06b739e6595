"""The limits of a portfolio on one page, and the same tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.decisions.limit_words import BINDING_WORDS
from credrisk.reports.charts import Chart, to_svg
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, rendered
from credrisk.reports.style import short_figure, truncated

__all__ = ["ShortTable", "binding_table", "case_table", "change_table", "limit_page"]

CHANGES_SHOWN, NAME = 10, 28


@dataclass(frozen=True)
class ShortTable:
    """A table in words: ``right`` numbers the columns that stand to the right."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]


def binding_table(customers: pl.DataFrame, *, currency: str) -> ShortTable:
    """Say how many customers each budget holds down: ``binding, portfolio_limit, own_optimum, expected_profit``."""
    grouped = customers.group_by("binding").agg(
        pl.len().alias("customers"),
        *(pl.col(name).sort().sum() for name in ("portfolio_limit", "expected_profit", "expected_loss")),
    )
    rows = sorted(grouped.iter_rows(named=True), key=lambda row: (-row["customers"], row["binding"]))
    names = ("portfolio_limit", "expected_profit", "expected_loss")
    return ShortTable(
        f"What holds the limits down ({currency})",
        ("What binds", "Customers", "Limits", "Expected profit", "Expected loss"),
        tuple(
            (BINDING_WORDS[row["binding"]], f"{row['customers']:,}", *(short_figure(row[name]) for name in names))
            for row in rows
        ),
        (1, 2, 3, 4),
    )


def case_table(cases: pl.DataFrame, *, currency: str) -> ShortTable:
    """Show what-ifs: ``means, limits, profit, expected_loss, tail_loss``, one row a case."""
    names = ("limits", "profit", "expected_loss", "tail_loss")
    return ShortTable(
        f"What if ({currency})",
        ("Case", "Limits", "Expected profit", "Expected loss", "Tail loss"),
        tuple(
            (row["means"], *("-" if row[name] is None else short_figure(row[name]) for name in names))
            for row in cases.iter_rows(named=True)
        ),
        (1, 2, 3, 4),
    )


def change_table(customers: pl.DataFrame, *, currency: str, rows: int = CHANGES_SHOWN) -> ShortTable:
    """Show the customers with the largest limits: today's, the new one, what it earns and loses, what binds."""
    shown = customers.sort("portfolio_limit", "customer_id", descending=[True, False]).head(rows)
    names = ("portfolio_limit", "expected_profit", "expected_loss")
    return ShortTable(
        f"The largest limits ({currency})",
        ("Customer", "Today", "Limit", "Profit", "Loss", "What binds"),
        tuple(
            (
                truncated(str(row["name"] or row["customer_id"]), NAME),
                "none" if row["current_limit"] is None else short_figure(row["current_limit"]),
                *(short_figure(row[name]) for name in names),
                BINDING_WORDS[row["binding"]],
            )
            for row in shown.iter_rows(named=True)
        ),
        (1, 2, 3, 4),
    )


def limit_page(
    *,
    as_of: date,
    currency: str,
    headline: str,
    sentences: Sequence[str],
    chart: Chart | None,
    why_no_chart: str,
    tables: Sequence[ShortTable],
    policy: str,
) -> str:
    """Return the page as text: it needs nothing beside it."""
    plate = Plate("Frontier", "", "", missing=why_no_chart)
    if chart is not None:
        plate = Plate("Frontier", chart.finding, to_svg(chart, name="frontier"))
    return rendered(
        "limits.html",
        currency=currency,
        currency_name=currency,
        as_of=day_in_words(as_of),
        headline=headline,
        sentences=list(sentences),
        plate=plate,
        tables=list(tables),
        policy=policy,
    )
