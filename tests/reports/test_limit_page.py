"""The frontier chart, and the page of the limits: figures in words, nothing from outside, everything escaped."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from credrisk.decisions.limit_words import BINDING_WORDS, today_sentence
from credrisk.errors import EvidenceError
from credrisk.reports.charts import limit_frontier_chart, to_svg
from credrisk.reports.limit_changes import limits_to_change, stopped_at_nothing
from credrisk.reports.limit_page import binding_table, case_table, change_table, limit_page, today_table

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
        "expected_profit": [30_000.0, 2_500.0, 0.0],
        "expected_loss": [900.0, 100.0, 0.0],
        "binding": ["tail_loss", "need", "no_profit"],
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
        ("own need", "1", "20,000", "2,500", "100"),
        ("nothing is earned", "1", "0", "0", "0"),
        ("tail-loss budget", "1", "125,000", "30,000", "900"),
    )
    raised = change_table(CUSTOMERS, currency="EUR", raised=True, rows=1)
    assert raised.title == "The largest raises (1 of 2; EUR)"
    shown = ("1", "Steel & Sons <GmbH>", "none", "125,000", "125,000", "30,000", "900", "tail-loss budget")
    assert raised.rows == (shown,)
    assert [row[:5] for row in change_table(CUSTOMERS, currency="EUR", raised=False).rows] == [
        ("3", "Oak Ltd", "500", "0", "-500")
    ]
    cases = pl.DataFrame({"means": ["As set"], "limits": [1e6], "profit": [2e5], "expected_loss": [1e3]})
    assert case_table(cases.with_columns(tail_loss=None), currency="EUR").rows == (
        ("As set", "1,000,000", "200,000", "1,000", "-"),
    )


def test_every_binding_has_its_words() -> None:
    own = ("need", "loss_appetite", "new_customer", "capacity", "minimum")
    barred = ("warned", "arrears", "recovering", "withdrawn", "idle")
    optimiser = (
        "expected_loss",
        "tail_loss",
        "single_name",
        "group",
        "industry",
        "country",
        "own_optimum",
        "no_profit",
    )
    assert set(BINDING_WORDS) == {*own, *barred, *optimiser}


def test_what_is_gained_over_today() -> None:
    outcomes = pl.DataFrame(
        {
            "means": ["On file today", "As set", "Difference"],
            "limits": [2e6, 1.5e6, -5e5],
            "profit": [1e5, 2e5, 1e5],
            "expected_loss": [5e3, 4e3, -1e3],
            "tail_loss": [2e4, 1e4, -1e4],
        }
    )
    assert today_table(outcomes, currency="EUR").rows[2] == ("Difference", "-500,000", "100,000", "-1,000", "-10,000")
    then, now, _ = outcomes.iter_rows(named=True)
    said = today_sentence(now, then, without=1, currency="EUR")
    assert "100,000 EUR more expected profit, 1,000 EUR less expected loss, 10,000 EUR less tail loss" in said
    assert "1 customer has none" in said


def test_a_stop_where_no_limit_is_left_is_told_apart() -> None:
    limits = pl.DataFrame(
        {
            "action": ["stop", "stop", "stop", "raise"],
            "current_limit": [0.0, None, 5_000.0, 0.0],
            "recommended_limit": [0.0, 0.0, 0.0, 1_000.0],
        }
    )
    assert limits_to_change(limits).height == 2
    assert stopped_at_nothing(limits) == 2


def test_the_page_holds_everything_and_escapes_names() -> None:
    page = limit_page(
        as_of=date(2025, 12, 31),
        currency="EUR",
        headline="Limits of 145 k EUR are expected to earn 32.5 k EUR",
        sentences=["The loss budgets bind.", "One more EUR of tail-loss budget earns 7.50 EUR."],
        chart=limit_frontier_chart(FRONTIER, chosen=CHOSEN, currency="EUR"),
        why_no_chart="",
        tables=[change_table(CUSTOMERS, currency="EUR", raised=True)],
        policy="1 (abc)",
        customers=CUSTOMERS,
    )
    assert "Steel &amp; Sons &lt;GmbH&gt;" in page
    assert page.count("<svg") == 2
    assert "Limits go from" in page
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
        customers=CUSTOMERS.head(0),
    )
    assert "No limit earns anything" in empty
    assert "No limit is on file and none is set." in empty
