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

from credrisk.decisions.order_answer import counted_before, exposure_with
from credrisk.decisions.order_facts import CustomerFacts, OpenOrder
from credrisk.decisions.order_release import OrderDecision, OrderDesk
from credrisk.errors import DataError
from credrisk.frames import as_polars, check_output, given_out

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decide_batch", "decision_table", "orders_of_the_day"]

ORDERS = {"customer_id": pl.String(), "amount": pl.Float64()}
ORDERS_OPTIONAL = {"order_id": pl.String(), "delivery": pl.Date(), "terms_days": pl.Int64()}
TABLE: dict[str, Any] = {
    "rank": pl.Int64,
    **dict.fromkeys(("order_id", "customer_id", "name"), pl.String),
    "amount": pl.Float64,
    "answer": pl.String,
    **dict.fromkeys(("on_credit", "pay_first", "prepay"), pl.Float64),
    **dict.fromkeys(("value_at_stake", "value_on_credit", "expected_value"), pl.Float64),
    **dict.fromkeys(("exposure_before", "exposure_after", "limit"), pl.Float64),
    "limit_source": pl.String,
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
        ``customer_id, amount``, and ``order_id, delivery, terms_days`` where there; see
        :meth:`~credrisk.decisions.order_release.OrderDesk.decide`.

    Returns
    -------
    list of OrderDecision
        One an order; first those with the most at stake (the absolute value of ``value_on_credit``), ties by customer
        and order.

    Raises
    ------
    DataError
        When columns are missing, an order stands twice, is another customer's, an amount is not above 0, terms are
        below 0, or a delivery lies before the day.
    """
    asked = [_with_order_book(row, desk) for row in _rows(orders, desk)]
    sitting = _Sitting(desk, asked)
    alone = {order: sitting.decide(order).value_on_credit for order in asked}
    decided = []
    for order in sorted(asked, key=lambda order: (-alone[order], order.customer_id, order.order_id or "")):
        decision = sitting.decide(order)
        sitting.release(decision)
        decided.append(decision)
    return sorted(decided, key=lambda found: (-abs(found.value_on_credit), found.customer_id, found.order_id or ""))


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

    ``value_at_stake`` is the absolute value of what the whole order would earn on credit; ``exposure_before`` and
    ``exposure_after`` are by the policy's definition; ``reason_codes`` are parted by blanks.
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
            "value_at_stake": abs(found.value_on_credit),
            "value_on_credit": found.value_on_credit,
            "expected_value": found.expected_value,
            "exposure_before": found.before["exposure"],
            "exposure_after": found.after["exposure"],
            "limit": found.limit,
            "limit_source": found.limit_source,
            "available": found.available,
            "insured": found.insured,
            "delivery": found.delivery,
            "terms_days": found.terms_days,
            "predicted_days_late": found.predicted_days_late,
            "pd_life": found.pd_life,
            "pd_source": found.pd_source,
            "grade": found.grade,
            "approver": found.approver,
            "reason_codes": " ".join(reason.code for reason in found.reasons),
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


def _rows(orders: Any, desk: OrderDesk) -> list[_Asked]:
    given = as_polars(orders, "orders")
    missing = [name for name in ORDERS if name not in given.columns]
    if missing:
        raise DataError("columns are missing.", table="orders", columns=missing, remedy="add them.")
    absent = [pl.lit(None).alias(name) for name in ORDERS_OPTIONAL if name not in given.columns]
    wanted = {**ORDERS, **ORDERS_OPTIONAL}
    try:
        given = given.with_columns(absent)
        if given.schema["delivery"] == pl.String:
            given = given.with_columns(pl.col("delivery").str.to_date("%Y-%m-%d"))
        rows = given.select(pl.col(name).cast(kind) for name, kind in wanted.items())
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"a value is not of its column's type: {error}", table="orders", columns=tuple(wanted)
        ) from None
    owners = {order_id: own.customer_id for order_id, own in desk.orders.items()}
    owner = pl.col("order_id").replace_strict(owners, default=None, return_dtype=pl.String)
    faults = {
        "a customer is missing.": ("customer_id", pl.col("customer_id").is_null()),
        "an amount is not above 0.": (
            "amount",
            ~((pl.col("amount") > 0) & pl.col("amount").is_finite()).fill_null(False),
        ),
        "terms are below 0.": ("terms_days", (pl.col("terms_days") < 0).fill_null(False)),
        f"a delivery lies before {desk.as_of}.": ("delivery", (pl.col("delivery") < desk.as_of).fill_null(False)),
        "an order stands twice.": ("order_id", pl.col("order_id").is_duplicated() & pl.col("order_id").is_not_null()),
        "an order is another customer's.": ("order_id", (owner != pl.col("customer_id")).fill_null(False)),
    }
    for problem, (column, fault) in faults.items():
        wrong = rows.filter(fault)
        if wrong.height:
            ids = wrong.select(pl.coalesce("order_id", "customer_id").fill_null("(empty)")).to_series().to_list()
            raise DataError(
                problem, table="orders", columns=(column,), rows=wrong.height, ids=ids, remedy="mend these rows."
            )
    return [
        _Asked(row["customer_id"], row["amount"], row["order_id"], row["delivery"], row["terms_days"])
        for row in rows.iter_rows(named=True)
    ]
