"""Why an order is answered as it is: codes with their figures in words, the decisive reason first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credrisk.decisions.order_answer import Answer, OrderLife, still_overdue
from credrisk.decisions.order_facts import CustomerFacts
from credrisk.decisions.policy import Policy
from credrisk.wording import money, percent

if TYPE_CHECKING:
    from credrisk.decisions.order_release import OrderDecision

__all__ = ["CODES", "Reason", "order_reasons"]

CODES = {
    "bad_debt": "the customer is a bad debt",
    "in_default": "the customer is in default",
    "insolvent": "an insolvency is known",
    "group_over_cap": "the exposure of the group is above the policy's cap",
    "unknown_customer": "the ledger knows no such account",
    "overdue": "items are past due beyond the days of grace",
    "too_long_overdue": "the oldest item is past due for longer than the policy lets anything go out on credit",
    "limit": "what the limit with its tolerance leaves",
    "no_limit": "no limit is on file and none was recommended",
    "single_name": "the policy's cap for a single customer",
    "group": "the policy's cap for a group of companies",
    "no_profit": "on credit the order is expected to lose money beyond this amount",
    "within": "limit, overdue and expected value allow it",
    "payment": "what the payment of the overdue changes",
    "exposure": "the exposure that counts",
    "value": "what it is expected to earn",
    "cover": "what cover would pay",
    "cover_not_counted": "cover that does not count for a new shipment",
    "days_late": "when it is expected to be paid",
    "probability": "the probability of a bad debt over the order's life",
    "recommended_limit": "the recommended limit stands in for one on file",
    "assumed": "what is not known, and what was taken instead",
}
"""Every code with its meaning."""


@dataclass(frozen=True)
class Reason:
    """One reason: its code and a sentence with the figures."""

    code: str
    says: str


def order_reasons(
    decided: OrderDecision, facts: CustomerFacts, life: OrderLife, found: Answer, *, policy: Policy
) -> tuple[Reason, ...]:
    """Return the reasons of a decision that is complete but for them."""
    words = _Words(decided, facts, life, found, policy)
    return tuple(Reason(code, says) for code, says in words.all())


class _Words:
    def __init__(
        self, decided: OrderDecision, facts: CustomerFacts, life: OrderLife, found: Answer, policy: Policy
    ) -> None:
        self.decided, self.facts, self.life, self.found, self.policy = decided, facts, life, found, policy
        self.currency = decided.currency

    def all(self) -> Iterator[tuple[str, str]]:
        if self.found.block is not None:
            yield self.found.block, self._block(self.found.block)
            yield "exposure", self._exposure()
            return
        if not self.facts.known:
            yield (
                "unknown_customer",
                f"No account {self.facts.customer_id} is known on {self.decided.as_of}: check the id, or have the "
                "customer assessed; until then in advance only.",
            )
        yield from self._decisive()
        yield "exposure", self._exposure()
        yield "value", self._value()
        if self.decided.insured > 0:
            yield "cover", f"Cover would pay {self.money(self.decided.insured)} of the part on credit."
        yield from (("cover_not_counted", f"Not counted: {said}.") for said in self.found.room.not_counted)
        yield "days_late", self._days_late()
        yield "probability", self._probability()
        if self.decided.limit_source == "recommended":
            yield "recommended_limit", "No limit is on file; the recommended one stands in."
        yield from self._assumed()

    def money(self, amount: float) -> str:
        return money(amount, self.currency)

    def _block(self, block: str) -> str:
        if block == "insolvent":
            return (
                f"Hold: insolvent since {self.facts.insolvent_on}; nothing is shipped without the administrator's word."
            )
        if block == "group_over_cap":
            exposure, cap = self.decided.before["group_exposure"], self.policy.appetite.group
            return (
                f"Hold: the group of {self.facts.group} has {self.money(exposure)} at stake on "
                f"{self.facts.group_accounts} accounts, above the policy's cap of {self.money(cap)}."
            )
        said = "a bad debt" if block == "bad_debt" else "in default"
        return f"Hold: the customer is {said}; {self.money(self.facts.part('open_items'))} is open."

    def _decisive(self) -> Iterator[tuple[str, str]]:
        answer, room = self.found.answer, self.found.room
        amount, on_credit = self.decided.amount, self.decided.on_credit
        overdue = [item for item in still_overdue(self.facts) if item.undisputed > 0]
        late = [item for item in overdue if item.days > self.policy.order.release_overdue_days]
        if answer == "release":
            yield "within", f"Release {self.money(amount)}: {self._room_words()}."
            return
        if answer == "release_on_payment":
            yield "payment", f"Release {self.money(amount)} once {self.money(room.paid)} of the overdue is paid."
        elif answer == "partial_release":
            rest = amount - on_credit
            yield self._bound(), f"Release {self.money(on_credit)} on credit; {self.money(rest)} only in advance."
        else:
            credit = f", {self.money(on_credit)} on credit" if on_credit > 0 else ""
            first = f" The overdue of {self.money(self.found.pay_first)} is to be paid besides." if late else ""
            code = "overdue" if late else self._bound()
            yield code, f"Against {self.money(self.decided.prepay)} in advance{credit}.{first}"
        if late:
            total = math.fsum(item.undisputed for item in late)
            grace = self.policy.order.release_overdue_days
            yield (
                "overdue",
                f"{self.money(total)} undisputed is past due by more than the {grace} days of grace, the oldest by "
                f"{late[0].days} days.",
            )
            if late[0].days > self.policy.order.maximum_days_past_due:
                most = self.policy.order.maximum_days_past_due
                yield (
                    "too_long_overdue",
                    f"Nothing goes out on credit once an item is past due by more than {most} days.",
                )
        elif not late:
            yield self._bound(), self._bound_words()
        if answer == "release_on_payment":
            yield "within", f"Once it is paid, {self._room_words()}."

    def _bound(self) -> str:
        """Return what bounds the part on credit as things stand."""
        room = self.found.today
        if room.by_value < room.by_limit:
            return "no_profit"
        if room.bound_by == "limit" and self.decided.limit_source == "none":
            return "no_limit"
        return room.bound_by

    def _bound_words(self) -> str:
        room, code = self.found.today, self._bound()
        left = self.money(max(0.0, room.by_limit))
        if code == "no_profit":
            least = "On credit it is" if room.by_value <= 0 else f"Beyond {self.money(room.by_value)} on credit it is"
            return (
                f"{least} expected to lose money: a margin of {percent(self.facts.margin, 1)} against a probability of "
                f"{percent(self.life.pd, 1)} that it is lost, {percent(self._lost_beyond(), 0)} of it."
            )
        if code == "no_limit":
            return "No limit is on file and none was recommended, so nothing goes out on credit."
        if code == "single_name":
            return f"The policy's cap of {self.money(self.policy.appetite.single_name)} for one customer leaves {left}."
        if code == "group":
            others, cap = self.facts.rest_of_group, self.policy.appetite.group
            return (
                f"The policy's cap of {self.money(cap)} for a group leaves {left}: the other accounts of the group of "
                f"{self.facts.group} have {self.money(others)} at stake."
            )
        return f"{self._limit_words()} leaves {left}."

    def _limit_words(self) -> str:
        limit, tolerance = self.decided.limit, self.policy.order.tolerance
        which = "limit on file" if self.decided.limit_source == "on_file" else "recommended limit"
        return f"The {which} of {self.money(limit)} with its tolerance of {percent(tolerance)}"

    def _room_words(self) -> str:
        limit, tolerance = self.decided.limit, self.policy.order.tolerance
        return (
            f"with the order the exposure is {self.money(self.decided.after['exposure'])}, within the limit of "
            f"{self.money(limit)} and its tolerance of {percent(tolerance)}"
        )

    def _lost_beyond(self) -> float:
        room = self.found.today
        return next(segment.lost for segment in room.segments if segment.end > room.by_value)

    def _exposure(self) -> str:
        before, rules = self.decided.before, self.policy.exposure
        parts = [f"{self.money(before['open_items'])} open items"]
        if rules.delivered_not_invoiced and before["delivered_uninvoiced"]:
            parts.append(f"plus {self.money(before['delivered_uninvoiced'])} delivered, not invoiced")
        if rules.open_orders and before["open_orders"]:
            parts.append(f"plus {self.money(before['open_orders'])} open orders")
        if before["released_today"]:
            parts.append(f"plus {self.money(before['released_today'])} released before it today")
        if rules.less_unapplied_cash and before["unapplied"]:
            parts.append(f"less {self.money(before['unapplied'])} cash and credits")
        if rules.less_security and before["security"]:
            parts.append(f"less {self.money(before['security'])} security")
        group = self.facts.group_accounts
        whole = f"; its group of {group} accounts {self.money(before['group_exposure'])}" if group > 1 else ""
        return f"Exposure before the order {self.money(before['exposure'])}: {', '.join(parts)}{whole}."

    def _value(self) -> str:
        said = f"Expected value of the answer {self.money(self.decided.expected_value)}"
        if self.decided.recovery_value:
            said += f", {self.money(self.decided.recovery_value)} of it since the overdue is paid now"
        if self.decided.on_credit < self.decided.amount:
            said += f"; all of it on credit today {self.money(self.decided.value_on_credit)}"
        return f"{said}."

    def _days_late(self) -> str:
        late = self.life.days_late
        if late < 1:
            return f"Expected to be paid on time, {self.life.terms_days} days after delivery on {self.life.delivery}."
        days = "1 day" if round(late) == 1 else f"{late:.0f} days"
        return f"Expected to be paid {days} late, after terms of {self.life.terms_days} days from {self.life.delivery}."

    def _probability(self) -> str:
        sources = {
            "model": "measured",
            "policy_grade": f"not measured: the policy's for grade {self.facts.grade}",
            "not_scored": f"the customer was not scored: the policy's for grade {self.facts.grade}",
        }
        source = sources.get(self.facts.pd_source, "from its status")
        return (
            f"Probability of a bad debt {percent(self.life.pd, 1)} within the {self.life.days:.0f} days of the order, "
            f"{percent(self.facts.pd.pd_12m, 1)} within 12 months ({source})."
        )

    def _assumed(self) -> Iterator[tuple[str, str]]:
        taken = {
            "delivery": f"delivery on {self.life.delivery}",
            "terms": f"the policy's terms of {self.life.terms_days} days",
            "days_late": f"the policy's {self.life.days_late:.0f} days late",
        }
        if self.life.assumed:
            yield "assumed", f"Not known, so taken: {', '.join(taken[name] for name in self.life.assumed)}."
