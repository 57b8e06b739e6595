"""The limits of a portfolio on one page, and the same tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.decisions.limit_words import BINDING_WORDS
from credrisk.reports.charts import Chart, Size, limit_change_chart, to_svg
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.style import truncated, whole_figure

__all__ = ["ShortTable", "binding_table", "case_table", "change_table", "limit_page", "today_table"]

CHANGES_SHOWN, NAME = 10, 28
CHANGES = Size(620, 300, titled=False)


@dataclass(frozen=True)
class ShortTable:
    """A table in words: ``right`` numbers the columns that stand to the right, ``totals`` the rows that are sums."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    totals: tuple[int, ...] = ()


def binding_table(customers: pl.DataFrame, *, currency: str) -> ShortTable:
    """Say how many customers each bound and budget holds down, with their limits, profits and losses."""
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
            (BINDING_WORDS[row["binding"]], f"{row['customers']:,}", *(whole_figure(row[name]) for name in names))
            for row in rows
        ),
        (1, 2, 3, 4),
    )


def today_table(outcomes: pl.DataFrame, *, currency: str) -> ShortTable:
    """Show the limits on file, those set and the difference: ``means, limits, profit, expected_loss, tail_loss``."""
    return case_table(outcomes, currency=currency, title="What the limits gain over today's")


def case_table(cases: pl.DataFrame, *, currency: str, title: str = "What if") -> ShortTable:
    """Show what-ifs: ``means, limits, profit, expected_loss, tail_loss``, one row a case."""
    names = ("limits", "profit", "expected_loss", "tail_loss")
    return ShortTable(
        f"{title} ({currency})",
        ("Case", "Limits", "Expected profit", "Expected loss", "Tail loss"),
        tuple(
            (row["means"], *("-" if row[name] is None else whole_figure(row[name]) for name in names))
            for row in cases.iter_rows(named=True)
        ),
        (1, 2, 3, 4),
    )


def change_table(customers: pl.DataFrame, *, currency: str, raised: bool, rows: int = CHANGES_SHOWN) -> ShortTable:
    """Show the customers whose limit rises the most, or falls the most; none on file counts as nothing."""
    changed = customers.with_columns(change=pl.col("portfolio_limit") - pl.col("current_limit").fill_null(0.0))
    changed = changed.filter(pl.col("change") > 0 if raised else pl.col("change") < 0)
    shown = changed.sort("change", "customer_id", descending=[raised, False]).head(rows)
    which = f"{shown.height} of {changed.height}" if changed.height > shown.height else f"{shown.height}"
    return ShortTable(
        f"The largest {'raises' if raised else 'cuts'} ({which}; {currency})",
        ("Customer", "Name", "Today", "Limit", "Change", "Profit", "Loss", "What binds"),
        tuple(
            (
                row["customer_id"],
                truncated(str(row["name"] or ""), NAME),
                "none" if row["current_limit"] is None else whole_figure(row["current_limit"]),
                *(
                    whole_figure(row[name])
                    for name in ("portfolio_limit", "change", "expected_profit", "expected_loss")
                ),
                BINDING_WORDS[row["binding"]],
            )
            for row in shown.iter_rows(named=True)
        ),
        (2, 3, 4, 5, 6),
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
    customers: pl.DataFrame,
) -> str:
    """Return the page as text: it needs nothing beside it."""
    plate = Plate("Frontier", "", "", missing=why_no_chart)
    if chart is not None:
        plate = Plate("Frontier", chart.finding, to_svg(chart, name="frontier"))
    changes = drawn(
        ("changes", "From the limits on file", lambda: limit_change_chart(customers, currency=currency, size=CHANGES))
    )
    return rendered(
        "limits.html",
        currency=currency,
        currency_name=currency,
        as_of=day_in_words(as_of),
        headline=headline,
        sentences=list(sentences),
        plate=plate,
        changes=changes[0],
        tables=list(tables),
        policy=policy,
    )
