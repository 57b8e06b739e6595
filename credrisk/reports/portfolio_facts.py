"""The figures of the portfolio page: each with its formula, and with what others report of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.portfolio.benchmarks import Benchmark, latest_benchmark
from credrisk.reports.buckets import bucket_heading
from credrisk.reports.months import month_in_words
from credrisk.reports.portfolio_measures import PortfolioMeasures
from credrisk.reports.style import short_money
from credrisk.reports.totals import total
from credrisk.wording import counted, percent

__all__ = [
    "Fact",
    "ageing_facts",
    "cohort_facts",
    "concentration_facts",
    "dso_facts",
    "effectiveness_facts",
    "loss_facts",
    "roll_facts",
    "utilisation_facts",
]

DASH = "–"


@dataclass(frozen=True)
class Fact:
    """A figure: its name, the figure in words, how it is computed, and the published median where there is one."""

    label: str
    value: str
    formula: str
    benchmark: str = ""


def ageing_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return what is owed, what of it is past due, and what stands apart."""
    row = _last(found.whole)
    if row is None:
        return [Fact("Open balance", short_money(0.0, found.currency), "documents less what is applied to them")]
    debits = row["not_due"] + row["past_due"]
    share_not_due = row["not_due"] / debits if debits else None
    over_90 = row["past_due_over_90"] / debits if debits else None
    money = {name: short_money(row[name], found.currency) for name in ("open_balance", "open_credits", "late_fees")}
    cash = DASH if row["unapplied_cash"] is None else short_money(row["unapplied_cash"], found.currency)
    return [
        Fact("Open balance", money["open_balance"], "buckets + late fees + open credits"),
        Fact("Not due", _share(share_not_due), "not due / open debit items", _median("share_not_due")),
        Fact("Past due", _share(row["share_past_due"]), "past due / open debit items"),
        Fact(
            "Over 90 days",
            _share(over_90, 2),
            "more than 90 days past due / open debit items",
            _median("share_over_90", 2),
        ),
        Fact(
            "Apart",
            f"{money['open_credits']} credits, {cash} cash",
            "open credits and unapplied cash, in no bucket" if cash != DASH else "no receipts: cash is not known",
        ),
    ]


def dso_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return the DSO family at the date."""
    row = _last(found.dso) or {}
    return [
        Fact("DSO, three months", _days(row, "dso_3m"), "balance / sales of 3 months x days", _median("dso_3m", 1)),
        Fact(
            "Best possible DSO",
            _days(row, "best_possible_dso_3m"),
            "not due / sales of 3 months x days",
            _median("best_possible_dso_3m", 1),
        ),
        Fact(
            "Average days delinquent",
            _days(row, "average_days_delinquent"),
            "DSO - best possible DSO",
            _median("average_days_delinquent", 1),
        ),
        Fact("DSO, count-back", _days(row, "dso_countback"), "balance used up by the sales of the latest months"),
        Fact("DSO, one month / a year", _pair(row, "dso_simple", "dso_12m"), "balance / sales x days"),
        Fact("True DSO", _days(row, "dso_true"), "sum of age x open amount / sales of the month of sale"),
        Fact("Days beyond terms", _days(row, "days_beyond_terms"), "sum of amount x days past due / open debit items"),
    ]


def effectiveness_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return the collection effectiveness of the month to the date, and what was cleared other than by cash."""
    row = _last(found.effectiveness) or {}
    money = {name: _money(row.get(name), found.currency) for name in ("cash", "credit_notes", "write_offs", "other")}
    return [
        Fact(
            "As published",
            _share(row.get("cei")),
            "(opening + invoiced - closing) / (opening + invoiced - not yet due)",
            _median("cei"),
        ),
        Fact("Cash only", _share(row.get("cei_cash")), "cash on what could be collected / the same"),
        Fact("Cash", money["cash"], "cash applied to what was open or invoiced in the month"),
        Fact("Credit notes", money["credit_notes"], "lift the published index without money"),
        Fact("Written off", money["write_offs"], "lifts it too; less what was taken back"),
        Fact("Other", money["other"], "deductions, discounts, set-offs, down payments asked for, exchange"),
    ]


def roll_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return the pooled roll rates with their intervals."""
    if found.roll_rates.is_empty():
        return []
    facts = []
    for row in found.roll_rates.filter(pl.col("as_of").is_null()).iter_rows(named=True):
        spread = "" if row["low"] is None else f" ({percent(row['low'])} to {percent(row['high'])})"
        steps = f"{bucket_heading(row['from_bucket'])} to {bucket_heading(row['to_bucket'])}"
        facts.append(
            Fact(
                steps,
                DASH if row["rate"] is None else percent(row["rate"]) + spread,
                f"balance in the next bucket a month later / balance; pooled over {counted(row['months'], 'month')}",
            )
        )
    return facts


def cohort_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return how the latest cohort that is three months old stands."""
    old = found.cohorts.filter(pl.col("age_months") == 3).sort("cohort") if found.cohorts.height else found.cohorts
    row = _last(old)
    if row is None:
        return []
    month = month_in_words(row["cohort"])
    return [
        Fact(f"{month}, three months later", f"{_share(row['open_share'])} open", "still open / invoiced in the month"),
        Fact("Paid", _share(row["paid_share"]), "cash applied / invoiced"),
        Fact("Credited", _share(row["credited_share"]), "credit notes applied / invoiced"),
        Fact("Written off", _share(row["written_off_share"]), "written off / invoiced"),
    ]


def loss_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return the bad debt of the year to the date."""
    row = _last(found.bad_debt) or {}
    return [
        Fact(
            "Bad debt to sales", _share(row.get("ratio"), 2), "written off in 12 months / invoiced in 12 months, gross"
        ),
        Fact("Net of recoveries", _share(row.get("net_ratio"), 2), "(written off - recovered) / invoiced"),
        Fact(
            "Written off",
            _money(row.get("written_off_12m"), found.currency),
            "write-offs on invoices, less what was taken back",
        ),
        Fact("Recovered", _money(row.get("recovered_12m"), found.currency), "received on what was written off"),
    ]


def concentration_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return the concentration by customer and by group."""
    facts = []
    for row in found.concentration_summary.filter(pl.col("by").is_in(["customer", "group"])).iter_rows(named=True):
        name = row["by"].capitalize() + "s"
        tops = DASH if row["top_1"] is None else f"{percent(row['top_1'])}, {percent(row['top_10'])}"
        few = DASH if row["effective_number"] is None else f"{row['effective_number']:.0f} of {row['debtors']:,}"
        facts += [
            Fact(f"{name}: largest, ten largest", tops, "owed by them / owed by all"),
            Fact(f"{name}: as many equal ones", few, "1 / sum of squared shares (Herfindahl)"),
        ]
    return facts


def utilisation_facts(found: PortfolioMeasures) -> list[Fact]:
    """Return how much of the limits is used, and how much stands above them."""
    used, limited = found.utilisation, found.utilisation.filter(pl.col("limit").is_not_null())
    granted, inside = total(limited, "limit"), limited.select(pl.min_horizontal("exposure", "limit").sum()).item()
    over = limited.filter(pl.col("over_limit") > 0)
    without = used.filter(pl.col("limit").is_null() & (pl.col("exposure") > 0))
    return [
        Fact(
            "Limits in use",
            _share(inside / granted if granted else None),
            "what is owed within limits / limits in force",
        ),
        Fact(
            "Above their limit",
            f"{counted(over.height, 'customer')}, {short_money(total(over, 'over_limit'), found.currency)}",
            "net balance less limit, where above 0",
        ),
        Fact(
            "Without a limit",
            f"{counted(without.height, 'customer')}, {short_money(total(without, 'exposure'), found.currency)}",
            "owed by customers without a limit in force",
        ),
    ]


def _last(frame: pl.DataFrame) -> dict[str, Any] | None:
    return frame.row(-1, named=True) if frame.height else None


def _share(share: float | None, decimals: int = 1) -> str:
    return DASH if share is None else percent(share, decimals)


def _money(amount: float | None, currency: str) -> str:
    return DASH if amount is None else short_money(amount, currency)


def _days(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return DASH if value is None else f"{value:.1f} days"


def _pair(row: dict[str, Any], first: str, second: str) -> str:
    return f"{_days(row, first)} / {_days(row, second)}"


def _median(measure: str, decimals: int = 1) -> str:
    found = latest_benchmark(measure)
    return "" if found is None else _in_words(found, decimals)


def _in_words(found: Benchmark, decimals: int) -> str:
    figure = percent(found.median, decimals) if found.unit == "share" else f"{found.median:.{decimals}f} days"
    year, quarter = found.quarter.split("-Q")
    return f"{figure} (quarter {quarter} of {year}). {found.compare}"
