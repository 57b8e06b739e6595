"""The limits side by side in words, what binds, what the limit is expected to earn, and how it moves: for the memo."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from credrisk.decisions.policy import Policy
from credrisk.reports.months import day_in_words
from credrisk.wording import money

__all__ = [
    "BINDING",
    "LimitBar",
    "headline_of",
    "limit_bars",
    "outcome_tiles",
    "sensitivity",
    "terms_of_limit",
]

BINDING = {
    "need": "the customer's need",
    "capacity": "the customer's financial capacity",
    "peers": "what comparable customers have",
    "cover": "the cover",
    "expected_profit": "expected profit",
    "loss_appetite": "the loss appetite",
    "portfolio": "the budgets of the portfolio",
    "new_customer": "the rule for new customers",
    "cap": "the policy's cap on a single name",
    "minimum": "the policy's minimum",
    "arrears": "the arrears",
    "recovering": "the default it is recovering from",
    "withdrawn": "the limit having been set to 0",
    "idle": "no purchase for long",
    "in_default": "the default",
    "bad_debt": "the bad debt",
}

SIDE_BY_SIDE = (
    ("need", "need", "Need", "What it is expected to buy, for as long as it stays unpaid."),
    ("capacity_limit", "capacity", "Financial capacity", "What its own funds carry, by grade."),
    ("peer_limit", "peer", "Peers", "What customers of the same industry, size and grade have."),
    ("cover_limit", "cover", "Cover", "What insurer, guarantor or bank would pay of new shipments."),
    ("expected_profit_limit", "expected_profit", "Expected profit", "Up to here a further unit of limit earns money."),
    ("loss_appetite_limit", "loss_appetite", "Loss appetite", "Fully drawn, the expected loss stays within appetite."),
    ("portfolio_limit", "portfolio", "Portfolio", "What the budgets of the whole portfolio leave for it."),
)
"""Column, stem of the column with its arithmetic, heading, and what the limit is; the first five always stand there."""

ALWAYS = 5

UNBOUNDED = ("expected_profit",)
"""Where there is no figure, more is always better: only the caps bind."""

CHANGES = {
    "pd_doubled": "PD twice as high",
    "pd_halved": "PD half as high",
    "margin_up": "margin a fifth higher",
    "margin_down": "margin a fifth lower",
    "lgd_up": "loss given default a fifth higher",
    "lgd_down": "loss given default a fifth lower",
}


@dataclass(frozen=True)
class LimitBar:
    """One of the limits: its amount in words, how long its bar is, and its arithmetic.

    ``share`` is of the longest bar among the five limits, today's and the recommended one; others may be longer.
    """

    heading: str
    amount: str
    share: float | None
    says: str
    binds: bool = False
    kind: str = "limit"


def headline_of(limits: Mapping[str, Any], currency: str) -> dict[str, str]:
    """Return the recommendation in a line, what binds, and the reasons as they stand in the list of limits."""
    action, limit, today = limits.get("action"), _number(limits, "recommended_limit"), _number(limits, "current_limit")
    new = money(limit, currency)
    sentence = {
        "grant": f"Grant {new}",
        "raise": f"Raise to {new} from {money(today, currency)}",
        "lower": f"Lower to {new} from {money(today, currency)}"
        if limit
        else f"Withdraw the limit of {money(today, currency)}",
        "keep": f"Keep {new}",
        "stop": "Stop: no new shipments on credit",
    }.get(str(action), "No limit was recommended")
    if action == "keep" and today is None:
        sentence = "Grant nothing"
    binding = str(limits.get("binding") or "")
    return {
        "sentence": sentence,
        "binds": BINDING.get(binding, binding.replace("_", " ")),
        "reasons": str(limits.get("reasons") or ""),
        "tone": "less" if action in ("stop", "lower") else "more-credit" if action in ("grant", "raise") else "same",
    }


def outcome_tiles(limits: Mapping[str, Any], currency: str) -> list[tuple[str, str, str]]:
    """Return label, value and note of what the limit is expected to lose and to earn, and until when it holds."""
    tiles = []
    for name, label, note in (
        ("expected_loss", "Expected loss", "12 months, at the recommended limit"),
        ("expected_profit", "Expected profit", "12 months, after losses and funding"),
    ):
        if (value := _number(limits, name)) is not None:
            tiles.append((label, money(value, currency), note))
    if isinstance(review := limits.get("review_on"), date):
        lapses = limits.get("expires_on")
        note = f"lapses on {day_in_words(lapses)} without one" if isinstance(lapses, date) else "expires without one"
        tiles.append(("Next review", day_in_words(review), note))
    return tiles


def terms_of_limit(limits: Mapping[str, Any], currency: str) -> list[str]:
    """Return the sentences on limits for a time: temporary, and for the season."""
    said = []
    for stem, words in (("temporary", "Temporary limit"), ("seasonal", "Limit for the season")):
        amount = _number(limits, f"{stem}_limit")
        if amount is None:
            continue
        first, last = limits.get(f"{stem}_from"), limits.get(f"{stem}_to") or limits.get(f"{stem}_until")
        begins = f" from {day_in_words(first)}" if isinstance(first, date) else ""
        ends = f" to {day_in_words(last)}" if isinstance(last, date) else ""
        arithmetic = str(limits.get(f"{stem}_arithmetic") or "")
        said.append(f"{words}: {money(amount, currency)}{begins}{ends}. {arithmetic}".strip())
    return said


def limit_bars(limits: Mapping[str, Any], policy: Policy, currency: str) -> list[LimitBar]:
    """Return the limits side by side, the cap, then today's limit and the recommended one."""
    shown = [
        (heading, _number(limits, name), says, str(limits.get(f"{stem}_arithmetic") or ""), stem)
        for place, (name, stem, heading, says) in enumerate(SIDE_BY_SIDE)
        if place < ALWAYS or _number(limits, name) is not None
    ]
    ends = [(_number(limits, name), name) for name in ("current_limit", "recommended_limit")]
    known = [*(amount for _, amount, *_ in shown[:ALWAYS]), *(amount for amount, _ in ends)]
    longest = max((amount for amount in known if amount is not None), default=0.0) or 1.0
    binding = {"peers": "peer"}.get(str(limits.get("binding")), str(limits.get("binding")))
    bars = [
        LimitBar(
            heading,
            ("no bound" if stem in UNBOUNDED and arithmetic else "no figure")
            if amount is None
            else money(amount, currency),
            None if amount is None else max(amount, 0.0) / longest,
            arithmetic or (says if amount is not None else f"{says} Nothing is known to measure it on."),
            binds=stem == binding and amount is not None,
        )
        for heading, amount, says, arithmetic, stem in shown
    ]
    cap = policy.appetite.single_name
    bars.append(
        LimitBar(
            "Single-name cap",
            money(cap, currency),
            cap / longest,
            "No single customer gets more, says the policy.",
            binds=binding == "cap",
            kind="cap",
        )
    )
    words = {
        "current_limit": ("Limit today", "none on file"),
        "recommended_limit": ("Recommended limit", "no figure"),
    }
    for amount, name in ends:
        heading, none = words[name]
        share = None if amount is None else max(amount, 0.0) / longest
        bars.append(LimitBar(heading, none if amount is None else money(amount, currency), share, "", kind=name))
    return bars


def sensitivity(limits: Mapping[str, Any], currency: str) -> list[tuple[str, str]]:
    """Return what the policy would give were a figure different, today's limit left aside: the change and the limit."""
    found = []
    for name in limits:
        amount = _number(limits, name) if name.startswith("limit_if_") else None
        if amount is None:
            continue
        change = name.removeprefix("limit_if_")
        words = CHANGES.get(change, change.replace("_", " "))
        found.append((words, money(amount, currency)))
    return found


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None or not isinstance(value, (int, float)) or math.isnan(value):
        return None
    return float(value)
