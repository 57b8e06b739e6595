"""The measures of a portfolio on one page: each under the question it answers, with chart, formula and benchmark."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.portfolio.benchmarks import BENCHMARKS, CAVEAT, latest_benchmark
from credrisk.reports.columns import TABLES
from credrisk.reports.key_columns import KEY_HEADINGS
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.portfolio_facts import (
    Fact,
    ageing_facts,
    cohort_facts,
    concentration_facts,
    dso_facts,
    effectiveness_facts,
    loss_facts,
    roll_facts,
    utilisation_facts,
)
from credrisk.reports.portfolio_measures import FILES, PortfolioMeasures
from credrisk.reports.style import short_money
from credrisk.reports.views import View, view_of
from credrisk.wording import counted, percent

if TYPE_CHECKING:
    from credrisk.reports.charts import Chart

__all__ = ["Section", "measures_headline", "measures_page"]

ROWS_SHOWN = 15


@dataclass(frozen=True)
class Section:
    """One question: its charts, its figures and its table."""

    key: str
    short: str
    question: str
    why: str
    plates: tuple[Plate, ...]
    facts: tuple[Fact, ...]
    views: tuple[tuple[str, View], ...]


def measures_headline(found: PortfolioMeasures) -> str:
    """Say how much is owed, how much of it is past due, and how many days of sales are lateness."""
    if found.whole.is_empty():
        return "Nothing is owed"
    row = found.whole.row(0, named=True)
    words = f"{short_money(row['open_balance'], found.currency)} open"
    if row["share_past_due"] is not None:
        words += f", {percent(row['share_past_due'], 1)} past due"
    late = found.dso["average_days_delinquent"][-1]
    if late is None:
        return words
    return f"{words}, {counted(round(late), 'day')} of sales {'is' if round(late) == 1 else 'are'} lateness"


def measures_page(found: PortfolioMeasures) -> str:
    """Return the page as text: self-contained, everything from the ledger escaped."""
    return rendered(
        "measures.html",
        currency=found.currency,
        found=found,
        as_of=day_in_words(found.as_of),
        covers=tuple(day_in_words(day) for day in found.covers),
        headline=measures_headline(found),
        sections=_sections(found),
        notes=[f"{subject}: {reason}" for subject, reason in found.notes],
        caveat=CAVEAT,
        survey=BENCHMARKS[-1],
        definitions=(),  # each formula stands beside its measure
        settings=list(found.settings.items()),
    )


def _sections(found: PortfolioMeasures) -> list[Section]:
    from credrisk.reports import charts
    from credrisk.reports.charts import Size

    size, tables, currency = Size(560, 330, titled=False), found.tables(), found.currency
    key = KEY_HEADINGS[found.by].lower()
    published = latest_benchmark("cei")

    def view(name: str, frame: pl.DataFrame | None = None, *, rows: int = ROWS_SHOWN) -> View:
        shown = tables[name] if frame is None else frame
        # The page names the currency once; only where a row has one of its own it stands in the table.
        columns = [column.name for column in TABLES[name] if column.name != "currency" or found.by == "currency"]
        return view_of(name, shown.head(rows), columns, total=tables[name].height, file=FILES[name], rows=rows)

    def plates(*drawings: tuple[str, str, Callable[[], Chart]]) -> tuple[Plate, ...]:
        return tuple(drawn(*drawings))

    return [
        Section(
            "ageing",
            "Ageing",
            "How much is owed, and how old is it?",
            "What grows old is at risk. Watch the dark bands: they were light ones a month before.",
            plates(
                (
                    "ribbon",
                    "Open items by days past due",
                    lambda: charts.ageing_ribbon_chart(found.history, currency=currency, size=size),
                )
            ),
            tuple(ageing_facts(found)),
            ((f"Ageing by {key}, most past due first", view("portfolio_ageing", _most_late(found.ageing))),),
        ),
        Section(
            "dso",
            "DSO",
            "How many days of sales are outstanding, and how many of these are lateness?",
            "Terms make the lower line, lateness the gap. Collection changes the gap alone.",
            plates(("gap", "DSO and best possible DSO", lambda: charts.dso_gap_chart(found.dso, size=size))),
            tuple(dso_facts(found)),
            (("Month by month, latest first", view("portfolio_dso", _latest(found.dso))),),
        ),
        Section(
            "effectiveness",
            "Effectiveness",
            "How much of what could be collected came in, and was it cash?",
            "A write-off or a credit note clears an item too and lifts the published index. The cash-only index counts "
            "money.",
            plates(
                (
                    "cei",
                    "Collection effectiveness by month",
                    lambda: charts.effectiveness_chart(
                        found.effectiveness, median=published.median if published else None, size=size
                    ),
                )
            ),
            tuple(effectiveness_facts(found)),
            (
                ("Month by month, latest first", view("portfolio_effectiveness", _latest(found.effectiveness))),
                *(
                    [(f"The last month by {key}, largest first", view("portfolio_effectiveness_by", _largest(found)))]
                    if found.by != "portfolio"
                    else []
                ),
            ),
        ),
        Section(
            "rolls",
            "Roll rates",
            "How much of each bucket rolls on, and where did the rest go?",
            "Ratios of balances net everything. The matrix beside them follows each item: cash, credit notes, losses.",
            plates(
                ("rolls", "Roll rates by month", lambda: _of_some(found.roll_rates, charts.roll_rate_chart)(size=size)),
                (
                    "moves",
                    f"From {found.migration_start} to {found.as_of}" if found.migration_start else "Item migration",
                    lambda: _of_some(found.migration, charts.item_migration_chart)(currency=currency, size=size),
                ),
            ),
            tuple(roll_facts(found)),
            (),
        ),
        Section(
            "cohorts",
            "Cohorts",
            "Do later months pay slower than earlier ones?",
            "Each line is a month of invoices as it is paid off. A line above the others is a month that pays slower.",
            plates(("cohorts", "Invoices by month", lambda: charts.cohort_chart(found.cohorts, size=size))),
            tuple(cohort_facts(found)),
            (),
        ),
        Section(
            "losses",
            "Losses",
            "How much of what was sold was lost?",
            "Losses follow sales by months: a growing seller looks better than it is.",
            (),
            tuple(loss_facts(found)),
            (("Twelve months to each date, latest first", view("portfolio_bad_debt", _latest(found.bad_debt))),),
        ),
        Section(
            "concentration",
            "Concentration",
            "How much hangs on few?",
            "Members of a group fail together, so the groups count, not the account numbers alone.",
            plates(
                (
                    "curve",
                    "What the largest debtors owe",
                    lambda: charts.concentration_chart(found.concentration, currency=currency, size=size),
                )
            ),
            tuple(concentration_facts(found)),
            (
                ("By what the debtors have in common", view("portfolio_concentration_summary")),
                ("The largest debtors", view("portfolio_concentration", rows=10)),
            ),
        ),
        Section(
            "limits",
            "Limits",
            "Who uses more than was granted?",
            "Exposure here is the net balance on the books, without orders on the way.",
            (),
            tuple(utilisation_facts(found)),
            (("The most used limits", view("portfolio_utilisation", rows=10)),),
        ),
    ]


def _of_some(frame: pl.DataFrame, draw: Callable[..., Chart]) -> Callable[..., Chart]:
    """Return the drawing of a frame; of an empty one it says that there is nothing to draw."""

    def drawing(**options: object) -> Chart:
        if frame.is_empty():
            raise EvidenceError("Not measured: see the notes at the top.")
        return draw(frame, **options)

    return drawing


def _most_late(frame: pl.DataFrame) -> pl.DataFrame:
    keys: Sequence[str] = frame.columns[:1]
    return frame.sort("past_due", *keys, descending=[True, *(False for _ in keys)], nulls_last=True)


def _latest(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort("as_of", descending=True)


def _largest(found: PortfolioMeasures) -> pl.DataFrame:
    return found.effectiveness_by.sort("opening", descending=True, nulls_last=True, maintain_order=True)
