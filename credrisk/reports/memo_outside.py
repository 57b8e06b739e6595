"""What registers, statements and the press say of the customer, each with its dates and source: for the credit memo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.outside_figures import annual_statements
from credrisk.decisions.red_flags import red_flags
from credrisk.reports.months import day_in_words
from credrisk.reports.style import truncated

__all__ = ["Happening", "OutsideFlag", "Statement", "happenings", "outside_flags", "statements", "web_address"]

MONTHS_BACK = 36
"""How far back events are told."""
MOST = 12
"""Events, figures and warnings told at most."""
LONGEST, LONGEST_CODE = 240, 16
"""Characters of an event's text, and of a unit, that are printed."""


@dataclass(frozen=True)
class Statement:
    """A figure from outside: its latest value and the one before, when it was made known, and by whom."""

    measure: str
    value: str
    period_end: str
    earlier: str
    known_at: str
    source: str
    url: str


@dataclass(frozen=True)
class Happening:
    """Something that happened at the customer: when, when it was known, what, and where it stands."""

    happened_on: str
    known_at: str
    kind: str
    text: str
    source: str
    url: str


@dataclass(frozen=True)
class OutsideFlag:
    """A red flag from outside: how urgent, what, why it matters, since when it was known, and who says so."""

    severity: str
    what: str
    why: str
    known_at: str
    source: str
    url: str


def outside_flags(facts: pl.DataFrame, events: pl.DataFrame, ratings: pl.DataFrame, as_of: date) -> list[OutsideFlag]:
    """Return the red flags of public information, the most urgent first, twelve at most: those of the dossier."""
    found = red_flags(
        as_of=as_of,
        events=events,
        statements=annual_statements(facts, as_of=as_of),
        ratings=ratings,
        now={},
        ledger_to=as_of,
        currency="",
    )
    return [
        OutsideFlag(
            flag.severity,
            truncated(flag.what, LONGEST),
            flag.why,
            day_in_words(flag.known_at),
            truncated(flag.source, LONGEST_CODE),
            web_address(flag.url),
        )
        for flag in found[:MOST]
    ]


def statements(facts: pl.DataFrame) -> list[Statement]:
    """Return the latest figure of each measure beside the one of the period before, the newest first.

    Of a period the figure made known last counts; ``url`` is given only where it is a web address.
    """
    if facts.is_empty():
        return []
    latest = (
        facts.sort("measure", "period_end", "known_at", "source")
        .unique(["measure", "period_end"], keep="last", maintain_order=True)
        .sort("period_end", descending=True, maintain_order=True)
    )
    found = []
    for (measure,), rows in latest.group_by("measure", maintain_order=True):
        row = rows.row(0, named=True)
        before = rows.row(1, named=True) if rows.height > 1 else None
        earlier = f"{_value(before)} ({day_in_words(before['period_end'])})" if before else ""
        found.append(
            Statement(
                _words(str(measure)),
                _value(row),
                day_in_words(row["period_end"]),
                earlier,
                day_in_words(row["known_at"]),
                str(row["source"]),
                web_address(row.get("url")),
            )
        )
    return found[:MOST]


def happenings(events: pl.DataFrame, as_of: date) -> list[Happening]:
    """Return what happened in the last 36 months, the newest first, twelve at most."""
    if events.is_empty():
        return []
    recent = events.filter(pl.col("happened_on") > months_after(as_of, -MONTHS_BACK))
    return [
        Happening(
            day_in_words(row["happened_on"]),
            day_in_words(row["known_at"]),
            _words(row["kind"]),
            truncated(row.get("text") or "", LONGEST),
            str(row["source"]),
            web_address(row.get("url")),
        )
        for row in recent.sort("happened_on", "known_at", "kind", "source", descending=True)
        .head(MOST)
        .iter_rows(named=True)
    ]


def _words(name: str) -> str:
    words = name.replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}"


def _value(row: dict[str, Any]) -> str:
    value, unit = float(row["value"]), str(row.get("unit") or "")
    decimals = 0 if abs(value) >= 1000 or value == round(value) else 2
    return f"{value:,.{decimals}f} {unit.upper() if len(unit) == 3 else truncated(unit, LONGEST_CODE)}".strip()


def web_address(url: object) -> str:
    """Return a web address, or nothing where it is something else that a browser might run."""
    text = str(url or "").strip()
    return text if text.startswith(("https://", "http://")) else ""
