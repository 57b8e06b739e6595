"""The day's blocked orders together: answered in one sitting, ranked by what is at stake.

The room of a customer is given to its orders one after the other, the one with the highest expected value first: an
order counts for the later ones only with what was released of it, and for those of the other accounts of its group too.
So what a sitting releases stays within every limit as a whole.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.decisions.order_facts import CustomerFacts, OpenOrder
from credrisk.decisions.order_release import OrderDecision, OrderDesk
from credrisk.decisions.order_room import counted_before, exposure_with
from credrisk.decisions.order_rows import order_rows
from credrisk.frames import check_output, given_out

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decide_batch", "decision_table", "orders_of_the_day"]

TABLE: dict[str, Any] = {
    "rank": pl.Int64,
    **dict.fromkeys(("order_id", "customer_id", "name"), pl.String),
    "amount": pl.Float64,
    "answer": pl.String,
    **dict.fromkeys(("on_credit", "pay_first", "prepay"), pl.Float64),
    **dict.fromkeys(("value_at_stake", "value_if_all_on_credit", "expected_value"), pl.Float64),
    **dict.fromkeys(("value_on_credit", "recovery_value", "advance_margin"), pl.Float64),
    **dict.fromkeys(("exposure_before", "exposure_after"), pl.Float64),
    **dict.fromkeys(("limit_on_file", "recommended_limit", "limit_used"), pl.Float64),
    **dict.fromkeys(("limit_source", "answer_on_file", "raise_approver"), pl.String),
    **dict.fromkeys(("available", "insured"), pl.Float64),
    "delivery": pl.Date,
    "terms_days": pl.Int64,
    **dict.fromkeys(("predicted_days_late", "pd_life"), pl.Float64),
    **dict.fromkeys(("pd_source", "grade", "approver", "reason_codes", "reasons"), pl.String),
    **dict.fromkeys(("policy_version", "policy_hash"), pl.String),
}


@dataclass(frozen=True)
class _Asked:
    """One order of the sitting."""

    customer_id: str
    amount: float
    order_id: str | None
    delivery: date | None
    terms_days: int | None


def decide_batch(desk: OrderDesk, orders: pd.DataFrame | pl.DataFrame) -> list[OrderDecision]:
    """Answer the orders of one sitting.

    Parameters
    ----------
    desk
        Prepared for the day.
    orders
        ``customer_id, amount``, and ``order_id, delivery, terms_days, currency`` where there; see
        :meth:`~credrisk.decisions.order_release.OrderDesk.decide`.

    Returns
    -------
    list of OrderDecision
        One an order; first what somebody has to decide, then the routine releases, and of both first those with the
        most at stake (the absolute value of ``value_if_all_on_credit``, of which a margin paid in advance is no part),
        ties by customer and order. What an unknown account has at stake is not known: it comes after the others.

    Raises
    ------
    DataError
        When columns are missing, a value cannot be read, an order stands twice, is another customer's, an amount is not
        above 0, not in the ledger's currency, terms are below 0, or a delivery lies before the day; it names row,
        column and value.
    """
    owners = {order_id: own.customer_id for order_id, own in desk.orders.items()}
    rows = order_rows(orders, as_of=desk.as_of, owners=owners, currency=desk.currency)
    asked = [_with_order_book(_Asked(*row), desk) for row in rows.select(*_Asked.__dataclass_fields__).iter_rows()]
    sitting = _Sitting(desk, asked)
    alone = {order: sitting.decide(order).value_if_all_on_credit or 0.0 for order in asked}
    decided = []
    for order in sorted(asked, key=lambda order: (-alone[order], order.customer_id, order.order_id or "")):
        decision = sitting.decide(order)
        sitting.release(decision)
        decided.append(decision)
    return sorted(
        decided,
        key=lambda found: (
            found.routine,
            -abs(found.value_if_all_on_credit or 0.0),
            found.customer_id,
            found.order_id or "",
        ),
    )


def orders_of_the_day(desk: OrderDesk) -> pl.DataFrame:
    """Return the ledger's open orders with something to deliver: ``order_id, customer_id, amount, delivery``."""
    rows = [
        {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "amount": order.undelivered,
            "delivery": order.requested_delivery,
        }
        for order in desk.orders.values()
        if order.undelivered > 0
    ]
    schema = {"order_id": pl.String, "customer_id": pl.String, "amount": pl.Float64, "delivery": pl.Date}
    return pl.DataFrame(rows, schema=schema)


@overload
def decision_table(decisions: list[OrderDecision], *, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
@overload
def decision_table(decisions: list[OrderDecision], *, output: Literal["polars"]) -> pl.DataFrame: ...
def decision_table(decisions: list[OrderDecision], *, output: str = "pandas") -> Any:
    """Return decisions as a table in their order: ``rank``, the order, the answer, the figures and the reasons.

    ``value_at_stake`` is the absolute value of what the whole order would earn on credit, null where not known;
    ``exposure_before`` and ``exposure_after`` are by the policy's definition; ``reason_codes`` are parted by blanks.
    """
    check_output(output)
    rows = [
        {
            "rank": rank,
            "order_id": found.order_id,
            "customer_id": found.customer_id,
            "name": found.name,
            "amount": found.amount,
            "answer": found.answer,
            "on_credit": found.on_credit,
            "pay_first": found.pay_first,
            "prepay": found.prepay,
            "value_at_stake": None if found.value_if_all_on_credit is None else abs(found.value_if_all_on_credit),
            "value_if_all_on_credit": found.value_if_all_on_credit,
            "expected_value": found.expected_value,
            "value_on_credit": found.value_on_credit,
            "recovery_value": found.recovery_value,
            "advance_margin": found.advance_margin,
            "exposure_before": found.before["exposure"],
            "exposure_after": found.after["exposure"],
            "limit_on_file": found.limit_on_file,
            "recommended_limit": found.recommended_limit,
            "limit_used": found.limit_used,
            "limit_source": found.limit_source,
            "answer_on_file": found.answer_on_file,
            "raise_approver": found.raise_approver,
            "available": found.available,
            "insured": found.insured,
            "delivery": found.delivery,
            "terms_days": found.terms_days,
            "predicted_days_late": found.predicted_days_late,
            "pd_life": found.pd_life,
            "pd_source": found.pd_source,
            "grade": found.grade,
            "approver": found.approver,
            "reason_codes": " ".join(dict.fromkeys(reason.code for reason in found.reasons)),
            "reasons": found.says,
            "policy_version": found.policy_version,
            "policy_hash": found.policy_hash,
        }
        for rank, found in enumerate(decisions, start=1)
    ]
    return given_out(pl.DataFrame(rows, schema=TABLE), output)


class _Sitting:
    """What is still open and what was released already, by customer, while the orders are gone through."""

    def __init__(self, desk: OrderDesk, asked: list[_Asked]) -> None:
        self.desk = desk
        self.released: dict[str, float] = defaultdict(float)
        self.undecided: dict[str, float] = defaultdict(float)
        for order in asked:
            own = _own(order, desk)
            if own is not None:
                self.undecided[order.customer_id] += own.undelivered
        self.members: dict[str, list[str]] = defaultdict(list)
        for customer_id, facts in desk.facts.items():
            if facts.group_accounts > 1:
                self.members[facts.group].append(customer_id)

    def decide(self, order: _Asked) -> OrderDecision:
        facts = self._facts(order.customer_id)
        others = [one for one in self.members.get(facts.group, ()) if one != order.customer_id]
        if any(self.released.get(one) or self.undecided.get(one) for one in others):
            facts = dataclasses.replace(facts, rest_of_group=sum(self._exposure(one) for one in others))
        return self.desk.decide_from(
            facts,
            order.amount,
            delivery=order.delivery,
            terms_days=order.terms_days,
            own=None,
            order_id=order.order_id,
        )

    def release(self, decision: OrderDecision) -> None:
        self.released[decision.customer_id] += decision.on_credit

    def _facts(self, customer_id: str) -> CustomerFacts:
        facts = self.desk.facts_of(customer_id)
        undecided, released = self.undecided.get(customer_id, 0.0), self.released.get(customer_id, 0.0)
        if not undecided and not released:
            return facts
        parts: Mapping[str, float | None] = {**facts.parts, "open_orders": facts.part("open_orders") - undecided}
        return dataclasses.replace(facts, parts=parts, released_today=released)

    def _exposure(self, customer_id: str) -> float:
        facts, policy = self._facts(customer_id), self.desk.policy
        return exposure_with(0.0, facts, counted_before(facts, own=None, policy=policy), (), policy)


def _own(order: _Asked, desk: OrderDesk) -> OpenOrder | None:
    return desk.orders.get(order.order_id) if order.order_id is not None else None


def _with_order_book(order: _Asked, desk: OrderDesk) -> _Asked:
    """Take the delivery from the order book where the order names none."""
    own = _own(order, desk)
    if own is None or order.delivery is not None:
        return order
    return dataclasses.replace(order, delivery=own.requested_delivery)
