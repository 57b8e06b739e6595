"""The pages of `credrisk promises` and `credrisk disputes`: what broke, what is open, why, and what to pursue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from credrisk.reports.case_page import CaseTable, case_page, case_table
from credrisk.reports.charts import Size, promise_funnel_chart
from credrisk.reports.months import day_in_words
from credrisk.reports.page import drawn
from credrisk.reports.style import short_money
from credrisk.wording import counted, percent

__all__ = [
    "dispute_tables",
    "disputes_headline",
    "disputes_page",
    "promise_tables",
    "promises_headline",
    "promises_page",
]

SHOWN = 25
CUSTOMERS_SHOWN = 15
FUNNEL = Size(500, 250, titled=False)


def promises_headline(ratios: pl.DataFrame) -> str:
    """Say the share kept of all promises, by number and by money."""
    row = ratios.row(0, named=True)
    if not row["judged"]:
        return "No promise has fallen due yet"
    money = row["kept_money_ratio"]
    in_money = f", {percent(money)} of the money" if money is not None else ""
    return f"{row['kept']:,} of {counted(row['judged'], 'promise')} kept ({percent(row['kept_ratio'])}{in_money})"


def promise_tables(
    promises: pl.DataFrame,
    broken: pl.DataFrame,
    by_customer: pl.DataFrame,
    *,
    days: int,
    currency: str,
    names: Mapping[str, str | None],
) -> list[CaseTable]:
    """Return the lists: what broke lately, what is open with its odds, and who keeps its word.

    ``names`` are those of the customers.
    """
    promises, broken, by_customer = (_named(frame, names) for frame in (promises, broken, by_customer))
    lately = "today" if days == 1 else f"in the last {days} days"
    base = [
        ("customer_id", "Customer", "text"),
        ("name", "Name", "name"),
        ("document_id", "Document", "text"),
        ("due_on", "Due", "date"),
    ]
    is_open = promises.filter(pl.col("state") == "open").sort("due_on", "promise_id")
    return [
        case_table(
            f"Broken {lately} ({_of(broken)}; {currency})",
            broken.head(SHOWN),
            [
                *base,
                ("promised", "Promised", "money"),
                ("received_in_time", "Came in time", "money"),
                ("outstanding", "Still lacks", "money"),
            ],
            note="Not replaced by a new promise and not paid since, the largest first.",
        ),
        case_table(
            f"Open promises ({_of(is_open)}; {currency})",
            is_open.head(SHOWN),
            [
                *base,
                ("promised", "Promised", "money"),
                ("received_in_time", "Came so far", "money"),
                ("p_kept", "Odds", "share"),
                ("p_kept_from", "Odds from", "text"),
            ],
        ),
        case_table(
            f"Who keeps its word ({min(by_customer.height, CUSTOMERS_SHOWN)} of {by_customer.height}; {currency})",
            by_customer.head(CUSTOMERS_SHOWN),
            [
                ("customer_id", "Customer", "text"),
                ("name", "Name", "name"),
                ("judged", "Fallen due", "count"),
                ("kept", "Kept", "count"),
                ("partly_kept", "In part", "count"),
                ("broken", "Broken", "count"),
                ("kept_ratio", "Kept", "share"),
                ("promised_judged", "Promised", "money"),
                ("kept_money_ratio", "Money in time", "share"),
                ("mean_days_late", "Days late", "days"),
            ],
            note="By promised money, the largest first.",
        ),
    ]


def promises_page(
    *,
    as_of: date,
    currency: str,
    headline: str,
    sentences: list[str],
    tables: list[CaseTable],
    grace_days: int,
    tolerance: float,
    promises: pl.DataFrame,
) -> str:
    """Return the page of promises; ``promises`` are drawn as a funnel."""
    lacking = f", {percent(tolerance)} of the amount may lack" if tolerance else ""
    return case_page(
        kind="Promises to pay",
        as_of=as_of,
        when=f"As of {day_in_words(as_of)}.",
        currency=currency,
        headline=headline,
        sentences=sentences,
        tables=tables,
        plates=drawn(
            (
                "funnel",
                "What became of the promises",
                lambda: promise_funnel_chart(promises, currency=currency, size=FUNNEL),
            )
        )
        if promises.height
        else (),
        footer=f"Made by credrisk. A promise is kept by money that came by its due date plus {grace_days} days{lacking}"
        "; every payment counts for one promise. Every promise is in promises.csv beside this page.",
    )


def dispute_tables(
    owners: pl.DataFrame,
    causes: pl.DataFrame,
    times: pl.DataFrame,
    deductions: pl.DataFrame,
    *,
    currency: str,
    names: Mapping[str, str | None],
) -> list[CaseTable]:
    """Return what is open by owner, the root causes, the resolution times and what to pursue.

    ``names`` are those of the customers.
    """
    deductions = _named(deductions, names)
    buckets = [name for name in owners.columns if name[0].isdigit() or name.startswith("over ")]
    return [
        case_table(
            f"Whose turn it is ({currency})",
            owners,
            [
                ("owner", "Owner", "text"),
                ("disputes", "Open", "count"),
                ("disputed", "In dispute", "money"),
                *((name, f"{name} days", "money") for name in buckets),
                ("oldest_days", "Oldest, days", "days"),
                ("mean_days", "Mean, days", "days"),
            ],
        ),
        case_table(
            f"Root causes of 12 months ({currency})",
            causes,
            [
                ("cause", "Cause", "text"),
                ("opened", "Opened", "count"),
                ("claimed", "Claimed", "money"),
                ("open_now", "Open", "count"),
                ("disputed", "In dispute", "money"),
                ("days_lost", "Days lost", "number"),
                ("share_of_days", "Share", "share"),
                ("valid_share", "Justified", "share"),
            ],
            note="Days lost: days of sales outstanding that these disputes stood for, on average over the 12 months.",
        ),
        case_table(
            "How long they take",
            times,
            [
                (times.columns[0], "Cause", "text"),
                ("disputes", "Disputes", "count"),
                ("ended", "Ended", "count"),
                ("median_days", "Half within, days", "days"),
                ("ended_within_30", "Within 30", "share"),
                ("ended_within_60", "Within 60", "share"),
                ("ended_within_90", "Within 90", "share"),
                *([("why_not", "Not measured", "text")] if times["why_not"].drop_nulls().len() else []),
            ],
            note="Open disputes count with the days they have lasted so far.",
        ),
        case_table(
            f"Deductions: pursue or write off ({_of(deductions)}; {currency})",
            deductions.head(SHOWN),
            [
                ("customer_id", "Customer", "text"),
                ("name", "Name", "name"),
                ("document_id", "Document", "text"),
                ("kind", "Kind", "text"),
                ("amount", "Amount", "money"),
                ("deadline", "Contest by", "date"),
                ("net_value", "Net value", "money"),
                ("decision", "Decision", "text"),
                ("because", "Because", "text"),
            ],
        ),
    ]


def disputes_page(*, as_of: date, currency: str, headline: str, sentences: list[str], tables: list[CaseTable]) -> str:
    """Return the page of disputes and deductions."""
    return case_page(
        kind="Disputes and deductions",
        as_of=as_of,
        when=f"As of {day_in_words(as_of)}.",
        currency=currency,
        headline=headline,
        sentences=sentences,
        tables=tables,
        footer="Made by credrisk. Every dispute is in disputes.csv and every deduction in deductions.csv beside this "
        "page.",
    )


def disputes_headline(owners: pl.DataFrame, *, currency: str) -> str:
    """Say what is in dispute today."""
    if not owners.height:
        return "Nothing is in dispute"
    total, count = float(owners["disputed"].sum()), int(owners["disputes"].sum())
    return f"{short_money(total, currency)} in {counted(count, 'open dispute')}"


def _named(frame: pl.DataFrame, names: Mapping[str, str | None]) -> pl.DataFrame:
    called = [names.get(each) for each in frame["customer_id"].to_list()]
    return frame.with_columns(name=pl.Series(called, dtype=pl.String))


def _of(frame: pl.DataFrame) -> str:
    return f"{SHOWN} of {frame.height:,}" if frame.height > SHOWN else f"{frame.height}"
