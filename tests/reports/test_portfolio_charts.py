"""What the charts of the portfolio say is what its tables hold; too little to draw is said."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from defusedxml import ElementTree
from reports.chart_cases import cohorts
from reports.portfolios import empty, lively, young
from reports.test_charts import spoken

from credrisk.errors import EvidenceError
from credrisk.reports import charts
from credrisk.reports.charts import PAGE, to_svg
from credrisk.reports.portfolio_measures import PortfolioMeasures

DRAWINGS = {
    "ribbon": lambda found: charts.ageing_ribbon_chart(found.history, currency=found.currency, size=PAGE),
    "gap": lambda found: charts.dso_gap_chart(found.dso, size=PAGE),
    "effectiveness": lambda found: charts.effectiveness_chart(found.effectiveness, median=0.8652, size=PAGE),
    "rolls": lambda found: charts.roll_rate_chart(found.roll_rates, size=PAGE),
    "moves": lambda found: charts.item_migration_chart(found.migration, currency=found.currency, size=PAGE),
    "cohorts": lambda found: charts.cohort_chart(found.cohorts, size=PAGE),
    "curve": lambda found: charts.concentration_chart(found.concentration, currency=found.currency, size=PAGE),
    "bars": lambda found: charts.concentration_chart(
        found.concentration.head(5), currency=found.currency, noun="group", size=PAGE
    ),
}


@pytest.fixture(scope="module")
def found() -> PortfolioMeasures:
    return lively()


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_chart_has_a_finding_an_alt_text_and_the_same_bytes_each_time(
    found: PortfolioMeasures, name: str
) -> None:
    chart = DRAWINGS[name](found)
    assert chart.finding
    assert len(chart.alt) > 40
    svg = to_svg(chart, name=name)
    assert svg == to_svg(DRAWINGS[name](found), name=name)
    assert spoken(ElementTree.fromstring(svg)) == (chart.finding, chart.alt)
    assert "<script" not in svg
    assert "nan" not in chart.alt.split()
    assert "\u202e" not in svg


def test_the_findings_are_the_tables(found: PortfolioMeasures) -> None:
    last = found.history.row(-1, named=True)
    debits = last["not_due"] + last["past_due"]
    assert (
        f"({100 * last['past_due'] / debits:.1f} %)"
        in charts.ageing_ribbon_chart(found.history, currency="EUR").finding
    )
    days = found.dso.row(-1, named=True)
    gap = days["dso_3m"] - days["best_possible_dso_3m"]
    assert charts.dso_gap_chart(found.dso).finding.startswith(f"{gap:.0f} of {days['dso_3m']:.0f} days")
    index = found.effectiveness.row(-1, named=True)
    assert charts.effectiveness_chart(found.effectiveness).finding.startswith(f"{100 * index['cei_cash']:.1f} %")
    pooled = found.roll_rates.filter(pl.col("as_of").is_null())
    assert charts.roll_rate_chart(found.roll_rates).finding.startswith(
        f"What is 1-30 days past due is {100 * pooled['rate'][0]:.0f} % of what was not due a month before"
    )
    paid = found.migration.filter(pl.col("outcome") == "paid")["amount"].sum() / found.migration["amount"].sum()
    assert charts.item_migration_chart(found.migration, currency="EUR").finding.startswith(f"{100 * paid:.0f} %")
    share = found.concentration["cumulative"][9]
    finding = f"The 10 largest of {found.concentration.height} debtors owe {100 * share:.0f} %"
    assert charts.concentration_chart(found.concentration, currency="EUR").finding == finding


def test_a_cohort_is_compared_with_the_same_month_a_year_before() -> None:
    rows = [
        {"cohort": date(year, 3, 1), "age_months": age, "open_share": share}
        for year, shares in ((2024, (0.9, 0.4, 0.1, 0.05)), (2025, (0.9, 0.5, 0.2, 0.08)))
        for age, share in enumerate(shares)
    ]
    rows.append({"cohort": date(2025, 4, 1), "age_months": 0, "open_share": 0.8})
    chart = charts.cohort_chart(pl.DataFrame(rows))
    assert chart.finding == "Of Mar 2025's invoices 8.0 % were open 3 months later, of Mar 2024's 5.0 %"


def test_each_of_the_latest_cohorts_has_its_own_colour_and_is_named_in_it() -> None:
    (axes,) = charts.cohort_chart(cohorts(18)).axes
    drawn = [line.get_color() for line in axes.lines if line.get_marker() == "o"]
    legend = axes.get_legend()
    named = [line.get_color() for line in legend.get_lines()]
    assert len(set(drawn)) == len(drawn) == 3
    assert named[:3] == drawn[::-1]
    assert [text.get_text() for text in legend.get_texts()] == ["Nov 2025", "Oct 2025", "Sep 2025", "15 months before"]


@pytest.mark.parametrize("make", [empty, young])
def test_too_little_to_draw_is_said(make) -> None:
    found = make()
    for name, draw in DRAWINGS.items():
        frames = {"rolls": found.roll_rates, "moves": found.migration}
        if name in ("curve", "bars") and found.concentration.height:
            assert draw(found).finding == "A owes everything"
        elif name not in frames or frames[name].height:
            with pytest.raises(EvidenceError):
                draw(found)


def test_words_beside_a_line_at_nil_stand_above_the_months() -> None:
    months = [date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31)]
    history = pl.DataFrame(
        {"as_of": months, "dso_countback": [40.0, 41.0, 42.0], "dso_3m": [41.0, 42.0, 43.0]}
    ).with_columns(best_possible_dso_3m=0.0)
    chart = charts.dso_chart(history, size=PAGE)
    chart.draw_without_rendering()
    (axes,) = chart.axes
    (words,) = (text for text in axes.texts if "were past due" in text.get_text())
    assert words.get_window_extent().y0 >= axes.get_window_extent().y0


def test_the_legend_of_the_ageing_stays_within_the_sheet() -> None:
    buckets = ("not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90")
    history = pl.DataFrame({"as_of": [date(2025, 11, 30), date(2025, 12, 31)]}).with_columns(
        pl.lit(1e6).alias(name) for name in buckets
    )
    chart = charts.ageing_ribbon_chart(history, currency="EUR", size=PAGE)
    chart.draw_without_rendering()
    legend = chart.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["Not due", "1-30", "31-60", "61-90", "Over 90 days"]
    assert legend.get_window_extent().x1 < 0.9 * chart.bbox.x1  # the reader's type may be wider


def test_rates_that_multiply_to_more_than_all_tell_no_share(found: PortfolioMeasures) -> None:
    """Invoices entered late make a bucket more than what rolled into it: 103.4 % of anything reaches nothing."""
    more = found.roll_rates.with_columns(
        rate=pl.when(pl.col("as_of").is_null()).then(1.2).otherwise("rate"), flow_through=pl.lit(1.034)
    )
    finding = charts.roll_rate_chart(more).finding
    assert finding.startswith("What is 1-30 days past due is 120 % of what was not due a month before; the rates")
    assert "103.4 %" not in finding
    few = more.with_columns(flow_through=pl.lit(0.034))
    assert charts.roll_rate_chart(few).finding.endswith("; 3.4 % would reach 91-120 days")


@pytest.mark.parametrize(("count", "name"), [(2, "Bergwerksmaschineninstandhaltung"), (9, "Ace")])
def test_the_figures_behind_the_bars_of_who_owes_stand_within_the_sheet(count: int, name: str) -> None:
    shares = [0.771, *[0.229 / (count - 1)] * (count - 1)]
    rows = [(f"K{place}", name, 1_234_567.0 * share, share) for place, share in enumerate(shares)]
    table = pl.DataFrame(rows, schema=["key", "name", "amount", "share"], orient="row")
    drawn = charts.concentration_chart(table.with_columns(cumulative=pl.lit(1.0)), currency="EUR", size=PAGE)
    drawn.draw_without_rendering()
    ends = [text.get_window_extent().x1 for text in drawn.axes[0].texts if "%" in text.get_text()]
    assert len(ends) == count
    assert max(ends) <= drawn.bbox.x1
    bars = [bar.get_window_extent().width for bar in drawn.axes[0].patches]
    assert max(bars) > 0.2 * drawn.bbox.width


def test_the_published_median_is_read_over_the_lines(found: PortfolioMeasures) -> None:
    drawn = charts.effectiveness_chart(found.effectiveness, median=0.8652, size=PAGE)
    (words,) = [text for text in drawn.axes[0].texts if text.get_text().startswith("published median")]
    assert words.get_bbox_patch() is not None
    assert words.get_zorder() > max(line.get_zorder() for line in drawn.axes[0].lines)
