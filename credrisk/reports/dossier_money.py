"""What a company owes and how it pays, for its dossier: from the ledger, and from a run where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import months_after
from credrisk.reports.months import day_in_words
from credrisk.reports.style import short_money
from credrisk.wording import money, percent

if TYPE_CHECKING:
    from credrisk.reports.dossier import Dossier

__all__ = ["money_lines", "money_tiles"]

MONTHS_BEFORE = 6
"""The trend of the days beyond terms is told against so many months before."""


def money_tiles(dossier: Dossier) -> list[tuple[str, str, str]]:
    """Return label, value and note of what stands first: balance, past due, days beyond terms, limit, risk."""
    now, currency = dossier.now, dossier.currency
    limit = dossier.limits.get("current_limit", now.get("credit_limit"))
    used = now.get("utilisation")
    recommended = dossier.limits.get("recommended_limit")
    notes = [
        f"{percent(used)} used" if used is not None else "",
        f"recommended {short_money(recommended, currency)}" if recommended is not None else "",
    ]
    risk = dossier.scores.get("pd_12m")
    tiles = [
        ("Balance", _short(now.get("net_balance"), currency), ""),
        ("Past due", _short(now.get("past_due"), currency), _oldest(now)),
        ("Days beyond terms", _days(now.get("dbt_3m")), _trend(dossier)),
        ("Credit limit", "none" if limit is None else short_money(limit, currency), "; ".join(n for n in notes if n)),
    ]
    if dossier.scores:
        grade = dossier.scores.get("grade")
        note = " ".join(
            part for part in (f"grade {grade}" if grade else "", str(dossier.scores.get("status") or "")) if part
        ).replace("_", " ")
        tiles.append(("PD within 12 months", percent(risk, 2) if risk is not None else "not measured", note))
    return tiles


def money_lines(dossier: Dossier) -> list[tuple[str, str]]:
    """Return label and text of the further figures of the ledger, those that are not measured left out."""
    now, currency = dossier.now, dossier.currency

    def amount(name: str) -> str:
        return "" if now.get(name) is None else money(now[name], currency)

    lines = [
        ("Terms", _days(now.get("terms_days"))),
        ("DSO, 3 months", _days(now.get("dso_3m"))),
        ("Sales, 12 months", amount("invoiced_12m")),
        ("In dispute", amount("disputed_open")),
        (
            "Broken promises, 12 months",
            "" if now.get("broken_promises_12m") is None else f"{now['broken_promises_12m']:,.0f}",
        ),
        ("Covered by insurance or security", amount("covered")),
        (
            "Expected loss",
            "" if dossier.scores.get("expected_loss") is None else money(dossier.scores["expected_loss"], currency),
        ),
    ]
    return [(label, text) for label, text in lines if text and text != "not measured"]


def _short(value: Any, currency: str) -> str:
    return "not measured" if value is None else short_money(float(value), currency)


def _days(value: Any) -> str:
    if value is None:
        return "not measured"
    shown = round(float(value)) + 0
    return f"{shown:,} {'day' if abs(shown) == 1 else 'days'}"


def _oldest(now: Any) -> str:
    if not now.get("past_due") or now.get("oldest_open_days") is None:
        return ""
    return f"the oldest {_days(now['oldest_open_days'])} late"


def _trend(dossier: Dossier) -> str:
    """Say the days beyond terms of six months before."""
    if dossier.history.is_empty() or dossier.now.get("dbt_3m") is None:
        return ""
    day = months_after(dossier.ledger_to, -MONTHS_BEFORE)
    before = dossier.history.filter(pl.col("as_of") == day)["dbt_3m"].to_list()
    return f"{_days(before[0])} on {day_in_words(day)}" if before and before[0] is not None else ""
