"""Annual statements: which years, the value last known, restatements, ratios by hand, and nothing known later."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from public_world import AS_OF, FACT, facts

from credrisk.decisions.outside_figures import annual_statements


def rows(*given: tuple) -> pl.DataFrame:
    """Rows of facts: measure, start, end, value, unit, known_at."""
    full = [("A1", m, start, end, value, unit, known, "register", None) for m, start, end, value, unit, known in given]
    kinds = {"period_start": pl.Date, "period_end": pl.Date, "known_at": pl.Date, "value": pl.Float64}
    schema = {name: kinds.get(name, pl.String) for name in FACT}
    return pl.DataFrame(full, schema=schema, orient="row")


YEAR = (date(2024, 1, 1), date(2024, 12, 31))


def test_the_last_three_years_with_ratios_worked_out_by_hand():
    found = annual_statements(facts(), as_of=AS_OF)
    assert [each.period_end for each in found] == [date(2024, 12, 31), date(2023, 12, 31), date(2022, 12, 31)]
    last = found[0].ratios
    assert last["revenue_growth"] == pytest.approx(600 / 800 - 1)
    assert last["net_margin"] == pytest.approx(-70 / 600)
    assert last["interest_cover"] == pytest.approx(20 / 25)
    assert last["equity_ratio"] == pytest.approx(45 / 430)  # the restated equity
    assert last["current_ratio"] == pytest.approx(200 / 250)
    assert last["dso_days"] is None
    assert last["dpo_days"] is None
    assert found[2].ratios["revenue_growth"] is None


def test_a_restated_figure_counts_from_the_day_it_is_published():
    before = annual_statements(facts(), as_of=date(2026, 3, 8))[0]
    after = annual_statements(facts(), as_of=date(2026, 3, 9))[0]
    assert before.figures["equity"].value == 120_000
    assert before.restated == ()
    assert after.figures["equity"].value == 45_000
    assert after.restated == ("equity",)
    assert after.figures["equity"].first_value == 120_000
    assert before.known_at == date(2025, 9, 29)
    assert after.known_at == date(2026, 3, 9)


def test_nothing_known_later_is_seen():
    assert annual_statements(facts(), as_of=date(2025, 9, 28))[0].period_end == date(2023, 12, 31)
    assert date(2025, 12, 31) not in [each.period_end for each in annual_statements(facts(), as_of=AS_OF)]


def test_quarters_and_rounding_are_neither_a_year_nor_a_restatement():
    given = rows(
        ("revenue", date(2024, 10, 1), date(2024, 12, 31), 1.0, "EUR", date(2025, 2, 1)),
        ("revenue", *YEAR, 100_000.0, "EUR", date(2025, 3, 1)),
        ("revenue", *YEAR, 100_400.0, "EUR", date(2025, 4, 1)),
        ("equity", None, date(2024, 9, 30), 7.0, "EUR", date(2025, 1, 1)),
    )
    (only,) = annual_statements(given, as_of=date(2025, 5, 1))
    assert only.figures["revenue"].value == 100_400
    assert only.restated == ()
    assert "equity" not in only.figures


def test_figures_of_two_currencies_make_no_ratio_and_no_restatement():
    given = rows(
        ("revenue", *YEAR, 100.0, "EUR", date(2025, 3, 1)),
        ("net_income", *YEAR, 10.0, "USD", date(2025, 3, 1)),
        ("revenue", *YEAR, 120.0, "USD", date(2025, 6, 1)),
    )
    early = annual_statements(given, as_of=date(2025, 4, 1))[0]
    late = annual_statements(given, as_of=date(2025, 7, 1))[0]
    assert early.ratios["net_margin"] is None
    assert late.ratios["net_margin"] == pytest.approx(10 / 120)
    assert late.restated == ()


def test_balances_without_a_year_stand_a_year_apart():
    ends = (date(2023, 12, 31), date(2024, 3, 31), date(2024, 12, 31), date(2024, 6, 30))
    given = rows(*(("total_assets", None, end, 1.0, "EUR", date(2025, 2, 1)) for end in ends))
    found = annual_statements(given, as_of=date(2025, 3, 1))
    assert [each.period_end for each in found] == [date(2024, 12, 31), date(2023, 12, 31)]


def test_over_nothing_there_is_no_ratio():
    given = rows(("revenue", *YEAR, 0.0, "EUR", date(2025, 3, 1)), ("net_income", *YEAR, 5.0, "EUR", date(2025, 3, 1)))
    assert annual_statements(given, as_of=date(2025, 4, 1))[0].ratios["net_margin"] is None
    assert annual_statements(given.clear(), as_of=date(2025, 4, 1)) == []
