"""What changed since last time, on one page: a line a customer, then each with its changes, then what is not known."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk import __version__
from credrisk.decisions.watch import Watch
from credrisk.reports.memo_outside import web_address
from credrisk.reports.months import day_in_words
from credrisk.reports.page import rendered
from credrisk.reports.style import short_money, truncated, whole_figure
from credrisk.wording import counted, money

__all__ = ["customer_lines", "gap_lines", "watch_headline", "watch_page"]

CUSTOMERS_SHOWN, CHANGES_SHOWN = 100, 12
LONGEST = 240
NAME = 80
WORSE = ("urgent", "serious", "watch")


def watch_headline(found: Watch) -> str:
    """Return in a sentence how many customers changed, how urgently, and the money at stake with them."""
    since = day_in_words(found.since)
    if found.customers.is_empty():
        return f"Nothing changed since {since} that this watch can see"
    worse = found.customers.filter(pl.col("severity").is_in(WORSE))
    levels = [
        f"{number} {level}" for level in WORSE if (number := found.customers.filter(pl.col("severity") == level).height)
    ]
    said = f"{counted(found.customers.height, 'customer')} of {found.watched:,} changed since {since}"
    if not levels:
        return f"{said}, none for the worse"
    stake = short_money(float(worse["exposure"].sum()), found.currency)
    return f"{said}: {', '.join(levels)}; {stake} at stake with these"


def watch_page(found: Watch) -> str:
    """Return the page as text."""
    shown = found.customers.head(CUSTOMERS_SHOWN)
    return rendered(
        "watch.html",
        currency=found.currency,
        watch=found,
        since=day_in_words(found.since),
        as_of=day_in_words(found.as_of),
        ledger_to=day_in_words(found.ledger_to),
        headline=watch_headline(found),
        lines=customer_lines(found, rows=CUSTOMERS_SHOWN),
        left=found.customers.height - shown.height,
        details=[_detail(found, row) for row in shown.iter_rows(named=True)],
        gaps=gap_lines(found),
        material=money(found.material, found.currency),
        version=__version__,
    )


def customer_lines(found: Watch, *, rows: int) -> list[dict[str, Any]]:
    """Return a line a customer, in order: how urgent, who, what stands first, money at stake, whom to tell."""
    return [
        {
            "place": place,
            "severity": row["severity"],
            "customer": row["customer_id"],
            "name": truncated(str(row["name"] or ""), NAME),
            "headline": truncated(row["headline"], LONGEST),
            "more": row["changes"] - 1,
            "exposure": "–" if row["exposure"] is None else whole_figure(row["exposure"]),
            "past_due": "–" if row["past_due"] is None else whole_figure(row["past_due"]),
            "tell": truncated(row["tell"] or "", LONGEST),
            "deadline": day_in_words(row["insurer_deadline"]) if row["insurer_deadline"] else "",
        }
        for place, row in enumerate(found.customers.head(rows).iter_rows(named=True))
    ]


def _detail(found: Watch, customer: dict[str, Any]) -> dict[str, Any]:
    rows = found.changes.filter(pl.col("customer_id") == customer["customer_id"])
    return {
        "customer": customer["customer_id"],
        "name": truncated(str(customer["name"] or ""), NAME),
        "more": max(0, rows.height - CHANGES_SHOWN),
        "changes": [
            {
                "severity": row["severity"],
                "what": truncated(row["what"], LONGEST),
                "why": row["why"],
                "known": day_in_words(row["known_at"]),
                "source": truncated(str(row["source"]), 40),
                "url": web_address(row["url"]),
                "tell": truncated(row["tell"] or "", LONGEST),
            }
            for row in rows.head(CHANGES_SHOWN).iter_rows(named=True)
        ],
    }


def gap_lines(found: Watch) -> list[tuple[str, str, str]]:
    """Return what was not measured, why, and for how many customers."""
    return [
        (truncated(row["what"], 40), truncated(row["reason"], LONGEST), f"{row['customers']:,}")
        for row in found.unmeasured.iter_rows(named=True)
    ]
