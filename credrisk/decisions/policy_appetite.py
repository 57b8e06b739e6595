"""The sections of the credit policy that bound the portfolio and its orders: loss appetite, order rules, authority."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from credrisk.decisions.policy_limits import LimitRules
from credrisk.decisions.policy_reader import key_error, number, one_of, whole
from credrisk.decisions.policy_values import Count, NotNegative, Positive, Share, ShareAboveZero, ShareBelowOne, Text

__all__ = ["ACTIONS", "Appetite", "Authority", "Order", "check_appetite", "check_authority", "check_order"]

ACTIONS = ("limit", "order", "override", "write_off", "credit_note", "payment_plan", "settlement")
"""What somebody must have the authority for."""

FEW_SCENARIOS, MANY_SCENARIOS = 1_000, 10_000
FEW_SCENARIOS_TO = 0.95
"""Up to this level 1,000 scenarios leave 50 in the tail; beyond it 10,000 are asked for, 100 in the tail at 0.99."""

TailLevel = Annotated[float, number(0.5, 1, below=True)]


@dataclass(frozen=True)
class Appetite:
    """What the whole portfolio may lose and how concentrated it may be; money in the ledger's currency."""

    expected_loss_share: Share
    tail_loss_share: Share
    tail_level: TailLevel
    scenarios: Annotated[int, whole(FEW_SCENARIOS)]
    single_name: NotNegative
    group: NotNegative
    industry_share: ShareAboveZero
    country_share: ShareAboveZero
    correlation: ShareBelowOne
    correlation_range: tuple[ShareBelowOne, ...]
    group_link: ShareBelowOne


@dataclass(frozen=True)
class Order:
    """When an order that goes beyond the limit, or meets overdue items, is released; money in the ledger's currency."""

    tolerance: NotNegative
    release_overdue_days: Count
    partial_step: Positive
    minimum_prepay_share: Share
    maximum_days_past_due: Count
    lifetime_days_default: Count


@dataclass(frozen=True)
class Authority:
    """Who may decide: ``role`` takes ``action`` up to ``up_to`` (inclusive) for customers no worse than the grade."""

    role: Text
    action: Annotated[str, one_of(*ACTIONS)]
    up_to: NotNegative
    worst_grade: Text


def check_appetite(appetite: Appetite, limit: LimitRules) -> None:
    """Refuse budgets and caps that contradict each other, and a tail that too few scenarios would measure."""
    if appetite.tail_loss_share < appetite.expected_loss_share:
        raise key_error("appetite.tail_loss_share", "at least appetite.expected_loss_share", appetite.tail_loss_share)
    if appetite.tail_level > FEW_SCENARIOS_TO and appetite.scenarios < MANY_SCENARIOS:
        rule = f"at least {MANY_SCENARIOS} where appetite.tail_level is above {FEW_SCENARIOS_TO:g}"
        raise key_error("appetite.scenarios", rule, appetite.scenarios)
    if appetite.single_name < limit.minimum:
        raise key_error("appetite.single_name", "at least limit.minimum", appetite.single_name)
    if limit.new_customer.limit > appetite.single_name:
        raise key_error("limit.new_customer.limit", "at most appetite.single_name", limit.new_customer.limit)
    if appetite.group < appetite.single_name:
        raise key_error("appetite.group", "at least appetite.single_name", appetite.group)
    low_high = appetite.correlation_range
    if len(low_high) != 2 or not low_high[0] <= appetite.correlation <= low_high[1]:
        rule = "two numbers, low and high, with appetite.correlation between them"
        raise key_error("appetite.correlation_range", rule, list(low_high))
    if appetite.correlation_range[1] + appetite.group_link >= 1:
        rule = "below 1 together with the higher end of appetite.correlation_range"
        raise key_error("appetite.group_link", rule, appetite.group_link)


def check_order(order: Order) -> None:
    """Refuse a hold that begins before the days of grace have passed."""
    if order.maximum_days_past_due < order.release_overdue_days:
        raise key_error(
            "order.maximum_days_past_due", "at least order.release_overdue_days", order.maximum_days_past_due
        )


def check_authority(matrix: tuple[Authority, ...], grades: tuple[str, ...]) -> None:
    """Refuse a matrix in which, for one action, the next role may not do at least what the role before it may."""
    by_action: dict[str, list[tuple[int, Authority]]] = defaultdict(list)
    for place, entry in enumerate(matrix, start=1):
        if entry.worst_grade not in grades:
            rule = f"a grade of the scale ({', '.join(grades)})"
            raise key_error(f"authority[{place}].worst_grade", rule, entry.worst_grade)
        by_action[entry.action].append((place, entry))
    for entries in by_action.values():
        roles = [entry.role for _, entry in entries]
        for place, entry in entries:
            if roles.count(entry.role) > 1:
                raise key_error(f"authority[{place}].role", f"named once for the action {entry.action!r}", entry.role)
        for (_, lower), (place, higher) in pairwise(entries):
            if higher.up_to < lower.up_to:
                rule = f"at least that of {lower.role!r}: list the roles from the lowest to the highest"
                raise key_error(f"authority[{place}].up_to", rule, higher.up_to)
            if grades.index(higher.worst_grade) < grades.index(lower.worst_grade):
                rule = f"no better than that of {lower.role!r}: list the roles from the lowest to the highest"
                raise key_error(f"authority[{place}].worst_grade", rule, higher.worst_grade)
