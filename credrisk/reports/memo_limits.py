"""The limits side by side in words, what binds, what the limit is expected to earn, and how it moves: for the memo."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from credrisk.decisions.policy import Policy
from credrisk.reports.limit_names import BINDING, CAP, EMPTY, HOLDS, KEPT, LIMIT_NAMES, NOT_MEASURED, RULES
from credrisk.reports.months import day_in_words
from credrisk.wording import money, percent

__all__ = [
    "LimitBar",
    "basis_of_sensitivity",
    "headline_of",
    "limit_bars",
    "outcome_tiles",
    "sensitivity",
    "terms_of_limit",
]

SIDE_BY_SIDE = (
    ("need", "need", "What it is expected to buy, for as long as it stays unpaid."),
    ("capacity_limit", "capacity", "What its own funds carry, by grade."),
    ("peer_limit", "peer", "What customers of the same industry, size and grade have."),
    ("cover_limit", "cover", "What insurer, guarantor or bank would pay of new shipments."),
    ("expected_profit_limit", "expected_profit", "Up to here a further unit of limit earns money."),
    ("loss_appetite_limit", "loss_appetite", "Fully drawn, the expected loss stays within appetite."),
    ("portfolio_limit", "portfolio", "What the budgets of the whole portfolio leave for it."),
)
"""Column, stem of the column with its arithmetic, and what the limit is; the first five always stand there."""

ALWAYS = 5

UNKNOWN = "Nothing is known to measure it on."

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


def outcome_tiles(limits: Mapping[str, Any], scores: Mapping[str, Any], currency: str) -> list[tuple[str, str, str]]:
    """Return label, value and note of what may be lost and earned, today and at the limit, and until when it holds."""
    tiles = []
    owed, lost = _number(scores, "ead"), _number(scores, "expected_loss")
    if owed is not None and lost is not None:
        tiles.append(("Expected loss today", money(lost, currency), f"12 months, on {money(owed, currency)} owed"))
    for name, label, note in (
        ("expected_loss", "Expected loss at limit", "12 months, at the recommended limit"),
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
    """Return the limits side by side, the cap, the rule that binds in their place, today's and the recommended one."""
    shown = [
        (name, _number(limits, name), says, _arithmetic(limits, name, stem, policy, currency), stem)
        for place, (name, stem, says) in enumerate(SIDE_BY_SIDE)
        if place < ALWAYS or name in limits
    ]
    ends = [(_number(limits, name), name) for name in ("current_limit", "recommended_limit")]
    known = [*(amount for _, amount, *_ in shown[:ALWAYS]), *(amount for amount, _ in ends)]
    longest = max((amount for amount in known if amount is not None), default=0.0) or 1.0
    binding = {"peers": "peer"}.get(str(limits.get("binding")), str(limits.get("binding")))
    bars = []
    for place, (name, amount, says, arithmetic, stem) in enumerate(shown):
        # No bound, no cover: that is known; so it is said only of what was worked out.
        meant = EMPTY.get(name, NOT_MEASURED) if arithmetic or place >= ALWAYS else NOT_MEASURED
        told = money(amount, currency) if amount is not None else meant
        without = says if place >= ALWAYS else f"{says} {UNKNOWN}"
        share = None if amount is None else max(amount, 0.0) / longest
        fallback = says if amount is not None else without
        bars.append(LimitBar(LIMIT_NAMES[name], told, share, arithmetic or fallback, binds=stem == binding))
    cap = policy.appetite.single_name
    bars.append(
        LimitBar(
            CAP[0],
            money(cap, currency),
            cap / longest,
            CAP[1],
            binds=binding == "cap",
            kind="cap",
        )
    )
    bars += _rules(limits, longest, currency)
    words = {
        "current_limit": ("Limit today", EMPTY["current_limit"]),
        "recommended_limit": ("Recommended limit", NOT_MEASURED),
    }
    for amount, name in ends:
        heading, none = words[name]
        share = None if amount is None else max(amount, 0.0) / longest
        bars.append(LimitBar(heading, none if amount is None else money(amount, currency), share, "", kind=name))
    return bars


def _rules(limits: Mapping[str, Any], longest: float, currency: str) -> list[LimitBar]:
    """Return the row of the rule that binds in place of the limits, and that of today's limit where it is kept."""
    found = []
    amount = _number(limits, "recommended_limit")
    if amount is None:
        return []
    if rule := RULES.get(str(limits.get("binding"))):
        found.append((*rule, True))
    reasons = str(limits.get("reasons") or "")
    if limits.get("action") == "keep":
        found += [(*kept, False) for words, kept in KEPT.items() if words in reasons]
    return [
        LimitBar(heading, money(amount, currency), amount / longest, says, binds=binds, kind="rule")
        for heading, says, binds in found
    ]


def _arithmetic(limits: Mapping[str, Any], name: str, stem: str, policy: Policy, currency: str) -> str:
    """Return how a limit follows, as the list of limits says; that of the loss appetite is worked out where it is not.

    The loss appetite is where PD x loss of the drawn limit reaches the policy's share of the yearly margin: what is
    insured loses less, and how much less the list of limits does not say, so that its part is named only.
    """
    told = str(limits.get(f"{stem}_arithmetic") or "")
    amount, probability, margin = (_number(limits, each) for each in (name, "pd_used", "margin"))
    if told or stem != "loss_appetite" or amount is None or probability is None or margin is None:
        return told
    economics, covered = policy.economics, _number(limits, "cover_limit") or 0.0
    share = percent(policy.limit.max_expected_loss_share, 1)
    if covered >= amount:
        return f"All of it is insured: what is lost all the same reaches {share} of the account's yearly margin there."
    factors, rate = [f"PD {percent(probability, 2)}", f"{percent(economics.lgd_uninsured)} lost"], probability
    rate *= economics.lgd_uninsured
    if economics.loss_basis == "cost":
        factors.append(f"{percent(1 - margin)} of the price is cost")
        rate *= 1 - margin
    if economics.tax_relief:
        factors.append(f"{percent(1 - economics.tax_relief)} after tax relief")
        rate *= 1 - economics.tax_relief
    base = money(amount, currency) if not covered else f"({money(amount, currency)} - {money(covered, currency)} cover)"
    insured = "; with what is lost of the cover all the same, that is" if covered else ":"
    lost = money((amount - covered) * rate, currency)
    return f"{base} x {' x '.join(factors)} = {lost}{insured} {share} of the account's yearly margin."


def basis_of_sensitivity(limits: Mapping[str, Any], currency: str) -> str:
    """Say what the limits of :func:`sensitivity` leave aside: a hold on raises, or today's limit."""
    binding, today = limits.get("binding"), money(_number(limits, "current_limit"), currency)
    if hold := HOLDS.get(str(binding)):
        return f"These are the limits before the hold {hold}: while it lasts, today's {today} stays in all of them."
    if binding in ("in_default", "bad_debt", "insolvent"):
        return f"None of these figures matters while {BINDING[str(binding)]} lasts."
    return "Today's limit is left aside in all of them."


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
