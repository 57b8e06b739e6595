"""The frontier chart, and the page of the limits: figures in words, nothing from outside, everything escaped."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from credrisk.errors import EvidenceError
from credrisk.reports.charts import limit_frontier_chart, to_svg
from credrisk.reports.limit_page import binding_table, case_table, change_table, limit_page

FRONTIER = pl.DataFrame(
    {
        "of": ["expected_loss"] * 2 + ["tail_loss"] * 2,
        "share": [0.5, 1.0] * 2,
        "budget": [10_000.0, 20_000.0, 40_000.0, 80_000.0],
        "profit": [800_000.0, 1_000_000.0, 700_000.0, 1_000_000.0],
        "expected_loss": [10_000.0, 20_000.0, 9_000.0, 20_000.0],
        "tail_loss": [42_000.0, 80_000.0, 40_000.0, 80_000.0],
        "price": [20.0, 0.0, 7.5, 0.0],
    }
)
CHOSEN = {"profit": 800_000.0, "expected_loss": 10_000.0, "tail_loss": 42_000.0}
CUSTOMERS = pl.DataFrame(
    {
        "customer_id": ["1", "2", "3"],
        "name": ["Steel & Sons <GmbH>", None, "Oak Ltd"],
        "current_limit": [None, 10_000.0, 500.0],
        "portfolio_limit": [125_000.0, 20_000.0, 0.0],
        "own_optimum": [300_000.0, 20_000.0, 0.0],
        "expected_profit": [30_000.0, 2_500.0, 0.0],
        "expected_loss": [900.0, 100.0, 0.0],
        "binding": ["tail_loss", "own_bounds", "no_profit"],
    }
)


def test_the_chart_says_what_half_the_loss_earns() -> None:
    chart = limit_frontier_chart(FRONTIER, chosen=CHOSEN, currency="EUR", today={**CHOSEN, "tail_loss": None})
    assert chart.finding == "800 k EUR expected profit; half the expected loss would earn 80 % of the most"
    assert "800 k at 10 k" in chart.alt
    assert "limits set" in to_svg(chart)
    with pytest.raises(EvidenceError, match="No limit earns"):
        limit_frontier_chart(FRONTIER.with_columns(profit=0.0), chosen=CHOSEN, currency="EUR")


def test_tables_in_words() -> None:
    assert binding_table(CUSTOMERS, currency="EUR").rows == (
        ("nothing is earned", "1", "0", "0", "0"),
        ("own need", "1", "20 k", "2.5 k", "100"),
        ("tail-loss budget", "1", "125 k", "30 k", "900"),
    )
    shown = change_table(CUSTOMERS, currency="EUR", rows=2).rows
    assert shown[0] == ("Steel & Sons <GmbH>", "none", "125 k", "30 k", "900", "tail-loss budget")
    assert shown[1][:2] == ("2", "10 k")
    cases = pl.DataFrame({"means": ["As set"], "limits": [1e6], "profit": [2e5], "expected_loss": [1e3]})
    assert case_table(cases.with_columns(tail_loss=None), currency="EUR").rows == (
        ("As set", "1 m", "200 k", "1 k", "-"),
    )


def test_the_page_holds_everything_and_escapes_names() -> None:
    page = limit_page(
        as_of=date(2025, 12, 31),
        currency="EUR",
        headline="Limits of 145 k EUR are expected to earn 32.5 k EUR",
        sentences=["The loss budgets bind.", "One more EUR of tail-loss budget earns 7.50 EUR."],
        chart=limit_frontier_chart(FRONTIER, chosen=CHOSEN, currency="EUR"),
        why_no_chart="",
        tables=[change_table(CUSTOMERS, currency="EUR")],
        policy="1 (abc)",
    )
    assert "Steel &amp; Sons &lt;GmbH&gt;" in page
    assert "<svg" in page
    assert "earns 7.50" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    empty = limit_page(
        as_of=date(2025, 12, 31),
        currency="EUR",
        headline="Limits of 0 EUR",
        sentences=["No budget and no cap binds."],
        chart=None,
        why_no_chart="No limit earns anything, so there is no frontier.",
        tables=[],
        policy="1 (abc)",
    )
    assert "No limit earns anything" in empty
