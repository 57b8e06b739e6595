"""Order release: what to do with an order on credit, in one call; who may decide it, and why.

:class:`OrderDesk` is prepared once from a ledger, scores, limits and a policy, and then answers each order at once;
:func:`decide_order` does both for a single order. An order names its customer and amount; its delivery and terms come
from the order, else from the ledger, else from the policy, which the answer states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from credrisk.dates import to_date
from credrisk.decisions.decision_chain import fingerprint_of
from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.order_authority import approver_of
from credrisk.decisions.order_decision import OrderDecision
from credrisk.decisions.order_facts import CustomerFacts, OpenOrder, customer_facts, open_orders_of, unknown_customer
from credrisk.decisions.order_ids import bare_ids, same_but_for_writing
from credrisk.decisions.order_life import loss_segments, value_of
from credrisk.decisions.order_limits import UnderLimits, under_limits
from credrisk.decisions.order_reasons import order_reasons
from credrisk.decisions.order_room import OrderLife, Room, counted_of, exposure_with, life_of
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError
from credrisk.ledger.money import minor_factor

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from credrisk.ledger.ledger import Ledger

__all__ = ["OrderDecision", "OrderDesk", "decide_order"]


class OrderDesk:
    """Answers orders for one day, prepared once.

    Parameters
    ----------
    facts
        Of every customer, by its id.
    orders
        The orders of the ledger that are open, by their id.

    Notes
    -----
    Every order is answered as if it were the only one: the other open orders of the ledger count where the policy says
    that open orders do.
    """

    def __init__(
        self,
        facts: Mapping[str, CustomerFacts],
        orders: Mapping[str, OpenOrder],
        *,
        policy: Policy,
        as_of: date,
        currency: str,
    ) -> None:
        self.facts, self.orders = facts, orders
        self.policy, self.as_of, self.currency = policy, as_of, currency
        self._unit = minor_factor(currency)
        self._bare = bare_ids(facts)

    @classmethod
    def open(
        cls,
        ledger: Ledger,
        *,
        scores: pd.DataFrame | pl.DataFrame,
        limits: pd.DataFrame | pl.DataFrame | None = None,
        policy: Policy | None = None,
        as_of: date | str | None = None,
    ) -> OrderDesk:
        """Prepare the desk.

        Parameters
        ----------
        ledger
            It is cut at ``as_of`` here.
        scores
            One row a customer: ``customer_id, status, pd_12m``, and ``name, pd_3m, pd_6m, p_late30_12m, dbt_12m,
            oldest_open_days, reason_1`` where there; as :func:`credrisk.run` gives it. A customer without a
            row has the PD that the policy lays down for who has no history.
        limits
            ``customer_id, recommended_limit``: what counts, in place of the limit on file in the ledger; and
            ``seasonal_limit, seasonal_from, seasonal_to, temporary_limit, temporary_until`` where there, for deliveries
            within these days.
        policy
            The shipped policy where none is given.
        as_of
            Default: the last day that the ledger covers.

        Raises
        ------
        DataError
            When columns are missing, a customer has several rows, or a currency has no rate.
        """
        day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
        rules = policy or Policy.default()
        facts = customer_facts(ledger, scores=scores, limits=limits, policy=rules, as_of=day)
        orders = open_orders_of(ledger, as_of=day)
        return cls(facts, orders, policy=rules, as_of=day, currency=ledger.settings.currency)

    def decide(
        self,
        customer_id: str,
        amount: float,
        *,
        delivery: date | str | None = None,
        terms_days: int | None = None,
        order_id: str | None = None,
    ) -> OrderDecision:
        """Answer one order.

        Parameters
        ----------
        amount
            What would be delivered and invoiced, tax included, in major units of the ledger's currency; above 0.
        delivery
            When it is to be delivered. Default: as the order book of the ledger says, else at once.
        terms_days
            Days from the delivery to the due date. Default: the customer's terms on file, else the policy's.
        order_id
            The order's id. Where the ledger's order book holds it, it is not counted twice.

        Raises
        ------
        ParameterError
            When the amount is not above 0, the terms are below 0, the delivery lies before ``as_of``, or the order is
            another customer's.
        """
        own = self._own(order_id, customer_id)
        ships = to_date(delivery, "delivery") if delivery is not None else own.requested_delivery if own else None
        if not (isinstance(amount, (int, float)) and math.isfinite(amount) and amount > 0):
            raise ParameterError("amount", "money above 0", amount)
        if terms_days is not None and terms_days < 0:
            raise ParameterError("terms_days", "0 or more", terms_days)
        if delivery is not None and ships is not None and ships < self.as_of:
            raise ParameterError("delivery", f"on or after {self.as_of}", ships.isoformat())
        facts = self.facts_of(customer_id)
        return self.decide_from(facts, float(amount), delivery=ships, terms_days=terms_days, own=own, order_id=order_id)

    def batch(self, orders: pd.DataFrame | pl.DataFrame) -> list[OrderDecision]:
        """Answer several orders in one sitting: see :func:`credrisk.decisions.order_batch.decide_batch`."""
        from credrisk.decisions.order_batch import decide_batch

        return decide_batch(self, orders)

    def facts_of(self, customer_id: str) -> CustomerFacts:
        """Return what is known of a customer; of an id that the ledger does not know, that nothing is."""
        found = self.facts.get(customer_id)
        if found is not None:
            return found
        return unknown_customer(customer_id, self.policy, nearest=same_but_for_writing(customer_id, self._bare))

    def decide_from(
        self,
        facts: CustomerFacts,
        amount: float,
        *,
        delivery: date | None,
        terms_days: int | None,
        own: OpenOrder | None,
        order_id: str | None,
    ) -> OrderDecision:
        """Answer an order of a customer of whom the given facts hold; see :meth:`decide`."""
        life = life_of(facts, delivery=delivery, terms_days=terms_days, policy=self.policy, as_of=self.as_of)
        chosen = under_limits(amount, facts, life, own=own, policy=self.policy)
        return self._decision(amount, facts, life, chosen, own=own, order_id=order_id)

    def _own(self, order_id: str | None, customer_id: str) -> OpenOrder | None:
        own = self.orders.get(order_id) if order_id is not None else None
        if own is not None and own.customer_id != customer_id:
            raise ParameterError("order_id", f"an order of {customer_id}", f"{order_id} of {own.customer_id}")
        return own

    def _decision(
        self,
        amount: float,
        facts: CustomerFacts,
        life: OrderLife,
        chosen: UnderLimits,
        *,
        own: OpenOrder | None,
        order_id: str | None,
    ) -> OrderDecision:
        policy, found, room = self.policy, chosen.answer, chosen.answer.room
        on_credit = amount if found.on_credit >= amount else self._down(found.on_credit)
        prepay = self._money(amount - on_credit) if found.prepay > 0 else 0.0
        paid = found.pay_first if found.answer == "release_on_payment" else 0.0
        recovery = self._recovery(paid, facts, life)
        value = self._value(on_credit, facts, life, room)
        of_advance = facts.margin * (amount - on_credit if found.answer in ("partial_release", "prepay") else 0.0)
        before = self._waterfall(facts, room, own, credit=0.0, paid=0.0)
        after = self._waterfall(facts, room, own, credit=on_credit, paid=paid)
        insured = math.fsum(
            segment.insured * (min(on_credit, segment.end) - segment.begin)
            for segment in room.segments
            if segment.begin < on_credit
        )
        decided = OrderDecision(
            customer_id=facts.customer_id,
            name=facts.name,
            order_id=order_id,
            as_of=self.as_of,
            currency=self.currency,
            amount=amount,
            answer=found.answer,
            on_credit=on_credit,
            pay_first=self._money(found.pay_first),
            prepay=prepay,
            expected_value=self._money(value + recovery) if facts.known else None,
            value_on_credit=self._money(value) if facts.known else None,
            recovery_value=self._money(recovery),
            advance_margin=self._money(of_advance) if facts.known else 0.0,
            value_if_all_on_credit=self._money(self._value(amount, facts, life, found.today)) if facts.known else None,
            limit_on_file=facts.limit_on_file,
            recommended_limit=facts.recommended_limit,
            limit_used=chosen.limit,
            limit_source=chosen.source,
            answer_on_file=chosen.on_file.answer,
            raise_approver=chosen.raise_approver,
            available=self._money(chosen.limit * (1 + policy.order.tolerance) - before["exposure"]),
            before=before,
            after=after,
            insured=self._money(insured),
            delivery=life.delivery,
            terms_days=life.terms_days,
            predicted_days_late=life.days_late,
            life_days=life.days,
            pd_life=life.pd,
            pd_12m=facts.pd.pd_12m,
            pd_source=facts.pd_source,
            grade=facts.grade,
            margin=facts.margin,
            block=found.block,
            approver=approver_of(
                policy,
                on_credit=on_credit,
                within_limit=after["exposure"] <= chosen.limit,
                raised_to=chosen.limit if chosen.raise_approver else None,
                grade=facts.grade,
            ),
            policy_version=policy.version,
            policy_hash=policy.hash,
            reasons=(),
            inputs=fingerprint_of(
                {"facts": facts.fingerprint, "order": [amount, life.delivery, life.terms_days, order_id]}
            ),
        )
        return replace(decided, reasons=order_reasons(decided, facts, life, chosen, policy=policy))

    def _waterfall(
        self, facts: CustomerFacts, room: Room, own: OpenOrder | None, *, credit: float, paid: float
    ) -> dict[str, float]:
        counted = counted_of(facts, paid)
        base = room.base + counted_of(facts, room.paid) - counted
        exposure = exposure_with(credit, facts, base, room.contracts, self.policy)
        ordered = facts.part("open_orders") - (own.undelivered if own is not None else 0.0)
        parts = {
            "open_items": facts.part("open_items") - counted,
            "tax": facts.part("tax") - (paid - counted),
            "delivered_uninvoiced": facts.part("delivered_uninvoiced"),
            "open_orders": ordered,
            "released_today": facts.released_today,
            "this_order": credit,
            "unapplied": facts.part("unapplied"),
            "security": max(0.0, base + credit) - exposure,
            "exposure": exposure,
            "group_exposure": facts.rest_of_group + exposure,
        }
        return {name: self._money(value) for name, value in parts.items()}

    def _value(self, amount: float, facts: CustomerFacts, life: OrderLife, room: Room) -> float:
        days, policy = life.funded_days, self.policy
        return value_of(amount, room.segments, pd=life.pd, margin=facts.margin, funded_days=days, policy=policy)

    def _recovery(self, paid: float, facts: CustomerFacts, life: OrderLife) -> float:
        """Return what it is worth that the overdue is paid now: the loss on it that can no longer happen, and funds.

        Without the condition it is taken to stay unpaid for the customer's mean days late, and to be lost at the same
        probability as the order. What is paid is the part of the debt that cover reaches last.
        """
        economics = self.policy.economics
        owed = sum(facts.part(name) for name in ("open_items", "tax", "delivered_uninvoiced")) - facts.part("unapplied")
        segments = loss_segments(facts.contracts, 0.0, policy=self.policy)
        begin, end = max(0.0, owed - paid), max(0.0, owed)
        lost = math.fsum(
            segment.lost * max(0.0, min(end, segment.end) - max(begin, segment.begin)) for segment in segments
        )
        funds = paid * economics.cost_of_funds * life.days_late / DAYS_IN_YEAR
        return life.pd * lost * (1 - economics.tax_relief) + funds

    def _money(self, amount: float) -> float:
        return round(amount * self._unit) / self._unit + 0.0

    def _down(self, amount: float) -> float:
        return math.floor(amount * self._unit + 1e-6) / self._unit


def decide_order(
    ledger: Ledger,
    customer_id: str,
    amount: float,
    *,
    scores: pd.DataFrame | pl.DataFrame,
    limits: pd.DataFrame | pl.DataFrame | None = None,
    policy: Policy | None = None,
    as_of: date | str | None = None,
    delivery: date | str | None = None,
    terms_days: int | None = None,
    order_id: str | None = None,
) -> OrderDecision:
    """Answer one order; of many orders of one day :class:`OrderDesk` prepares the customers once.

    See :meth:`OrderDesk.open` and :meth:`OrderDesk.decide`.

    Examples
    --------
    >>> import credrisk, pandas
    >>> ledger = credrisk.Ledger.read("data/sample")
    >>> scores = pandas.DataFrame({"customer_id": ["C003"], "status": ["at_risk"], "pd_12m": [0.01]})
    >>> decide_order(ledger, "C003", 5_000.0, scores=scores, as_of="2025-12-31").answer
    'release'
    """
    desk = OrderDesk.open(ledger, scores=scores, limits=limits, policy=policy, as_of=as_of)
    return desk.decide(customer_id, amount, delivery=delivery, terms_days=terms_days, order_id=order_id)
