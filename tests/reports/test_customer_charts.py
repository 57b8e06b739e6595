"""The charts of one customer draw the figures they are given, and say why where there is nothing to draw."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from reports.memos import history

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.reports.charts import (
    balance_and_limit_chart,
    days_beyond_terms_chart,
    exposure_chart,
    sales_chart,
    to_svg,
)
from credrisk.reports.charts.customer import MEMO

PARTS = {"open_items": 100.0, "open_orders": 30.0, "unapplied": 20.0, "security": 0.0, "exposure": 110.0}


def bars(chart):
    return [(patch.get_x(), patch.get_width()) for patch in chart.axes[0].patches]


def test_the_waterfall_adds_up_step_by_step():
    chart = exposure_chart(PARTS, limit=100.0, currency="EUR", size=MEMO)
    assert bars(chart) == [(0, 100), (100, 30), (110, 20), (0, 110)]
    assert chart.finding == "110 EUR is at stake, 110 % of the limit of 100 EUR"
    assert "Unapplied cash -20 EUR" in chart.alt
    assert len(to_svg(chart)) > 1000


def test_more_paid_than_owed_falls_below_nothing():
    chart = exposure_chart({"open_items": 50.0, "unapplied": 80.0, "exposure": 0.0}, limit=None, currency="EUR")
    assert bars(chart)[:2] == [(0, 50), (-30, 80)]
    assert chart.finding == "0 EUR is at stake"


@pytest.mark.parametrize("parts", [{}, {"open_items": 0.0, "exposure": 0.0}, {"open_items": 5.0, "exposure": None}])
def test_nothing_owed_is_no_chart(parts):
    with pytest.raises(EvidenceError, match="Nothing is owed"):
        exposure_chart(parts, limit=5.0, currency="EUR")


def test_balance_days_and_sales_draw_the_history():
    rows = history()
    balance = balance_and_limit_chart(rows, currency="EUR")
    drawn = [list(line.get_ydata()) for line in balance.axes[0].lines]
    assert drawn[0] == pytest.approx([value / 1000 for value in rows["net_balance"]])
    assert drawn[1][6:] == [100.0] * 19
    over = rows.filter(pl.col("net_balance") > pl.col("credit_limit")).height
    assert f"above the limit at {over} of 25 month-ends" in balance.finding
    days = days_beyond_terms_chart(rows)
    assert days.finding == "Pays 17 days beyond terms, 11 days beyond terms in Mar 2025"
    sales = sales_chart(rows, currency="EUR")
    now, then = (150_000 + 3_000 * step for step in (24, 12))
    assert sales.finding == f"{now / 3000:.3g} k EUR a month, {100 * (now / then - 1):.0f} % more than a year before"
    before = next(line for line in sales.axes[0].lines if line.get_label() == "a year before")
    assert list(before.get_ydata())[-1] == pytest.approx(then / 3000)


def test_a_customer_that_keeps_within_its_limit():
    rows = history().with_columns(credit_limit=pl.lit(1e6), dbt_3m=pl.lit(-1.0))
    assert "never above the limit in 25 month-ends" in balance_and_limit_chart(rows, currency="EUR").finding
    assert days_beyond_terms_chart(rows).finding == "Pays 1 day early, 1 day early in Mar 2025"
    assert days_beyond_terms_chart(rows.with_columns(dbt_3m=pl.lit(0.2))).finding.startswith("Pays on terms, on terms")


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (lambda rows: balance_and_limit_chart(rows, currency="EUR"), "net_balance"),
        (days_beyond_terms_chart, "dbt_3m"),
        (lambda rows: sales_chart(rows, currency="EUR"), "invoiced_3m"),
    ],
)
def test_no_history_is_no_chart(draw, name):
    rows = history()
    last = pl.when(pl.col("as_of") < date(2026, 3, 31)).then(name).alias(name)
    for empty in (pl.DataFrame(), rows.with_columns(pl.lit(None, pl.Float64).alias(name)), rows.with_columns(last)):
        with pytest.raises(EvidenceError):
            draw(empty)
    with pytest.raises(EvidenceError, match="single month-end"):
        draw(rows.filter(pl.col("as_of") > months_after(date(2026, 3, 31), -1)))


def test_nothing_bought_and_nothing_owed_are_drawn_as_such():
    rows = history().with_columns(
        net_balance=pl.lit(0.0), invoiced_3m=pl.lit(0.0), credit_limit=pl.lit(None, pl.Float64)
    )
    assert balance_and_limit_chart(rows, currency="EUR").finding == "0 EUR owed"
    assert sales_chart(rows, currency="EUR").finding == "0 EUR a month"
