"""Who the customer is and its figures now and earlier, for the credit memo; and what the memo has to do without."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from credrisk.decisions.policy import Policy
from credrisk.features.catalogue import catalogue
from credrisk.reports.months import day_in_words
from credrisk.wording import in_words, money

__all__ = ["FigureGroup", "account_lines", "counted_parts", "figure_groups", "lacking"]

LINES = (
    ("Customer number", "customer_id"),
    ("Country", "country"),
    ("Industry", "industry"),
    ("Segment", "segment"),
    ("Account opened", "opened_on"),
    ("Group (parent)", "parent_id"),
    ("Company number", "company_number"),
    ("LEI", "lei"),
    ("VAT number", "vat_id"),
    ("Collector", "collector"),
)

GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Balance",
        (
            ("Net balance", "net_balance", ""),
            ("Past due", "past_due", ""),
            ("Share past due", "share_past_due", "industry_share_past_due"),
            ("Oldest open item, days past due", "oldest_open_days", ""),
            ("In dispute", "disputed_open", ""),
            ("Use of the limit", "utilisation", "industry_utilisation"),
            ("Highest balance, 12 months", "peak_balance_12m", ""),
            ("Net exposure of the group", "group_exposure", ""),
        ),
    ),
    (
        "Payment",
        (
            ("Terms, days", "terms_days", ""),
            ("Days beyond terms, 3 months", "dbt_3m", "industry_dbt_3m"),
            ("Days beyond terms, 12 months", "dbt_12m", ""),
            ("Paid late, share of 12 months", "share_paid_late_12m", "industry_share_paid_late_12m"),
            ("Broken promises, 12 months", "broken_promises_12m", ""),
            ("DSO, 3 months", "dso_3m", "industry_dso_3m"),
        ),
    ),
    (
        "Business",
        (
            ("Sales, 12 months", "invoiced_12m", ""),
            ("Sales, 3 months", "invoiced_3m", ""),
            ("Orders in hand", "open_orders", ""),
            ("Customer for, months", "tenure_months", ""),
            ("Insured part of the balance", "covered", ""),
        ),
    ),
    (
        "Latest statement known",
        (
            ("Revenue", "revenue", ""),
            ("Net margin", "net_margin", ""),
            ("Net worth", "net_worth", ""),
            ("Equity ratio", "equity_ratio", ""),
            ("Current ratio", "current_ratio", ""),
            ("Age of the statement, days", "statement_age_days", ""),
        ),
    ),
)
"""Heading, feature, and the feature that says the same of its industry."""

FLAGS = {
    "delivered_uninvoiced": "delivered_not_invoiced",
    "open_orders": "open_orders",
    "unapplied": "less_unapplied_cash",
    "security": "less_security",
}
"""The key of the policy that says whether a part of the exposure counts."""

UNLESS = {
    "facts": "No statement or other outside figure is in the ledger: no financial capacity, no statement figures.",
    "events": "No outside events are in the ledger: registers, courts and the press were not looked at.",
    "orders": "No orders are in the ledger: neither orders in hand nor goods not yet invoiced count as exposure.",
    "contacts": "No contacts are in the ledger: what was said to the customer is not known here.",
    "disputes": "No disputes are in the ledger: every open item counts as undisputed.",
    "promises": "No promises to pay are in the ledger.",
    "cover": "No cover is in the ledger: the whole limit counts as uninsured.",
    "customer_history": "No history of attributes is in the ledger: no limit, no terms and no group is on file.",
}
"""What follows from a table that the ledger does not have."""


@dataclass(frozen=True)
class FigureGroup:
    """A heading and its lines: ``(heading, now, earlier, industry)``, "–" where nothing was measured."""

    heading: str
    lines: tuple[tuple[str, str, str, str], ...]


def account_lines(customer: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and text of what master data say, the accounts of its group counted."""
    lines = [(label, _text(customer.get(name))) for label, name in LINES if customer.get(name) not in (None, "")]
    size = now.get("group_size")
    if size is not None and size > 1:
        lines.append(("Accounts in the group", f"{size:,.0f}"))
    return lines


def counted_parts(exposure: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """Return the parts of the exposure that the policy counts, and their sum."""
    rules = policy.exposure
    return {name: value for name, value in exposure.items() if name not in FLAGS or getattr(rules, FLAGS[name])}


def figure_groups(
    now: Mapping[str, Any], before: Mapping[str, Any], exposure: Mapping[str, Any], policy: Policy, currency: str
) -> list[FigureGroup]:
    """Return the figures in their groups; a line that is measured nowhere is left out, and so is an empty group."""
    found, counted = [], counted_parts(exposure, policy)
    for heading, wanted in GROUPS:
        lines = [
            (label, _figure(now, name, currency), _figure(before, name, currency), _figure(now, peers, currency))
            for label, name, peers in wanted
        ]
        measured = tuple(line for line in lines if line[1:] != ("–", "–", "–"))
        if measured:
            found.append(FigureGroup(heading, measured))
    parts = (
        ("Open items", "open_items"),
        ("Delivered, not invoiced", "delivered_uninvoiced"),
        ("Open orders", "open_orders"),
        ("Less unapplied cash and credits", "unapplied"),
        ("Less security", "security"),
        ("Exposure as the policy counts it", "exposure"),
        ("Exposure of the group", "group_exposure"),
    )
    lines = [
        (
            f"{label} (not counted)" if exposure[name] and name not in counted and name in FLAGS else label,
            money(exposure[name], currency) if exposure[name] is not None else "–",
            "",
            "",
        )
        for label, name in parts
        if name in exposure
    ]
    return [*([FigureGroup("Exposure", tuple(lines))] if lines else []), *found]


def lacking(
    missing: Sequence[str], customer: Mapping[str, Any], now: Mapping[str, Any], limits: Mapping[str, Any]
) -> list[str]:
    """Say what the memo has to do without, each with what follows from it."""
    found = [UNLESS[name] for name in UNLESS if name in missing]
    if "facts" not in missing and now.get("net_worth") is None and now.get("revenue") is None:
        found.append("No statement of this customer is known, or only an old one: no financial capacity.")
    if limits.get("current_limit") is None:
        found.append("No limit of this customer is on file.")
    if now.get("dbt_12m") is None:
        found.append("Nothing was paid in the last 12 months: days beyond terms are not measured.")
    if not customer.get("industry"):
        found.append("The industry of the customer is not known: no comparison with its peers.")
    return found


def _figure(row: Mapping[str, Any], name: str, currency: str) -> str:
    value = row.get(name) if name else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    unit = catalogue()[name].unit
    if unit in ("days", "months", "count"):
        return f"{round(value):,}"  # the heading names the unit
    return in_words(value, unit, currency)


def _text(value: Any) -> str:
    return day_in_words(value) if isinstance(value, date) else str(value)
