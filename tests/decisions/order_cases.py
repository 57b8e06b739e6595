"""Customers and desks for the tests of order release: only what matters is given, the rest has a default."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

from credrisk.decisions.cover_in_force import Contract
from credrisk.decisions.order_facts import CustomerFacts, OpenOrder, Overdue
from credrisk.decisions.order_life import TermStructure
from credrisk.decisions.order_release import OrderDecision, OrderDesk
from credrisk.decisions.policy import Policy

DAY = date(2025, 6, 30)
POLICY = Policy.default()

CUSTOMER = CustomerFacts(
    "A",
    known=True,
    grade="C",
    pd=TermStructure(None, None, 0.02),
    pd_source="model",
    margin=0.25,
    margin_source="flat",
    parts={},
    status="at_risk",
    days_late=0.0,
    terms_days=30,
    limit_on_file=10_000.0,
    group="A",
)


def facts(**changes: Any) -> CustomerFacts:
    """Return a good customer with a limit of 10,000 and nothing open, but for the changes; ``pd`` may be a number.

    Figures of the waterfall are named as such: ``open_items=5_000.0``.
    """
    names = {field.name for field in dataclasses.fields(CustomerFacts)}
    parts = {name: value for name, value in changes.items() if name not in names}
    if isinstance(changes.get("pd"), float):
        changes["pd"] = TermStructure(None, None, changes["pd"])
    given = {name: value for name, value in changes.items() if name in names}
    return dataclasses.replace(CUSTOMER, parts=parts, **given)


def contract(**changes: Any) -> Contract:
    """Return an insurance of 90 % of 50,000 without deductible, terms and end, but for the changes."""
    whole = Contract("V1", "insurance", "Insurer", 50_000.0, 0.9, 0.0, None, None, None)
    return dataclasses.replace(whole, **changes)


def overdue(*pairs: tuple[int, float], disputed: bool = False) -> tuple[Overdue, ...]:
    """Return items of (days past due, amount), the oldest first."""
    return tuple(Overdue(days, amount, 0.0 if disputed else amount) for days, amount in sorted(pairs, reverse=True))


def desk_of(*customers: CustomerFacts, policy: Policy = POLICY, orders: tuple[OpenOrder, ...] = ()) -> OrderDesk:
    known = {customer.customer_id: customer for customer in customers}
    return OrderDesk(known, {order.order_id: order for order in orders}, policy=policy, as_of=DAY, currency="EUR")


def decided(
    amount: float, customer: CustomerFacts = CUSTOMER, *, policy: Policy = POLICY, **order: Any
) -> OrderDecision:
    """Answer one order of one customer."""
    return desk_of(customer, policy=policy).decide(customer.customer_id, amount, **order)


def codes(decision: OrderDecision) -> list[str]:
    return [reason.code for reason in decision.reasons]
