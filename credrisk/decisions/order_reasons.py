"""Why an order is answered as it is: codes with their figures in words, the decisive reason first."""

from __future__ import annotations

import math
from collections.abc import Iterator

from credrisk.decisions.order_answer import Answer, still_overdue
from credrisk.decisions.order_decision import OrderDecision, Reason
from credrisk.decisions.order_facts import CustomerFacts
from credrisk.decisions.order_limits import UnderLimits
from credrisk.decisions.order_room import CENT, OrderLife
from credrisk.decisions.policy import Policy
from credrisk.wording import money, percent

__all__ = ["CODES", "order_reasons"]

CODES = {
    "bad_debt": "the customer is a bad debt",
    "in_default": "the customer is in default",
    "insolvent": "an insolvency is known",
    "group_over_cap": "the exposure of the group is above the policy's cap",
    "unknown_customer": "the ledger knows no such account",
    "overdue": "items are past due beyond the days of grace",
    "too_long_overdue": "the oldest item is past due for longer than the policy lets anything go out on credit",
    "limit": "what the limit with its tolerance leaves",
    "no_limit": "no limit is on file, and none was recommended or may be set",
    "single_name": "the policy's cap for a single customer",
    "group": "the policy's cap for a group of companies",
    "warned": "a register or list says what stops nothing by itself and must be read",
    "failed_in_group": "another account of the group is in default or a bad debt",
    "no_profit": "on credit the order is expected to lose money beyond this amount",
    "within": "limit, overdue and expected value allow it",
    "payment": "what the payment of the overdue changes",
    "exposure": "the exposure that counts",
    "value": "what it is expected to earn",
    "cover": "what cover would pay",
    "cover_not_counted": "cover that does not count for a new shipment",
    "days_late": "when it is expected to be paid",
    "probability": "the probability of a bad debt over the order's life",
    "recommended_limit": "the limit that the run recommends, beside the one on file",
    "raise_first": "only the recommended, seasonal or temporary limit carries it: that has to be approved first",
    "assumed": "what is not known, and what was taken instead",
}
"""Every code with its meaning."""

MOST_NAMED = 3
"""Accounts named in a sentence; the others are counted."""

ANSWER_WORDS = {
    "release": "release",
    "release_on_payment": "release once {pay_first} of the overdue is paid",
    "partial_release": "release of {on_credit} in part",
    "prepay": "payment in advance of {prepay}",
    "hold": "hold",
}


def order_reasons(
    decided: OrderDecision, facts: CustomerFacts, life: OrderLife, chosen: UnderLimits, *, policy: Policy
) -> tuple[Reason, ...]:
    """Return the reasons of a decision that is complete but for them."""
    words = _Words(decided, facts, life, chosen, policy)
    return tuple(Reason(code, says) for code, says in words.all())


class _Words:
    def __init__(
        self, decided: OrderDecision, facts: CustomerFacts, life: OrderLife, chosen: UnderLimits, policy: Policy
    ) -> None:
        self.decided, self.facts, self.life, self.policy = decided, facts, life, policy
        self.chosen, self.found = chosen, chosen.answer
        self.currency = decided.currency

    def all(self) -> Iterator[tuple[str, str]]:
        if self.found.block is not None:
            yield self.found.block, self._block(self.found.block)
            yield "exposure", self._exposure()
            return
        if not self.facts.known:
            yield (
                "unknown_customer",
                f"No account {self.facts.customer_id} is known on {self.decided.as_of}{self._nearest()}: check the id, "
                "or have the customer assessed; until then in advance only.",
            )
        first, *others = self._decisive()
        yield first
        if self.facts.warned_of:
            yield "warned", f"Read before it is shipped: {self.facts.warned_of}."
        yield from self._beside_the_limit()
        yield from others
        yield "exposure", self._exposure()
        if self.facts.failed_in_group:
            yield "failed_in_group", self._failed_in_group()
        yield "value", self._value()
        if self.decided.insured > 0:
            yield "cover", f"Cover would pay {self.money(self.decided.insured)} of the part on credit."
        yield from (("cover_not_counted", f"Not counted: {said}.") for said in self.found.room.not_counted)
        yield "days_late", self._days_late()
        yield "probability", self._probability()
        yield from self._assumed()

    def money(self, amount: float | None) -> str:
        return money(amount, self.currency)

    def _block(self, block: str) -> str:
        if block == "insolvent":
            why = (
                "the company is gone"
                if self.facts.insolvent_as.startswith("dissolved")
                else "nothing is shipped without the word of whoever administers it"
            )
            return f"Hold: {self.facts.insolvent_as} since {self.facts.insolvent_on}; {why}."
        if block == "group_over_cap":
            exposure, cap = self.decided.before["group_exposure"], self.policy.appetite.group
            return (
                f"Hold: the group of {self.facts.group} has {self.money(exposure)} at stake on "
                f"{self.facts.group_accounts} accounts, above the policy's cap of {self.money(cap)}."
            )
        said = f"the customer is {'a bad debt' if block == 'bad_debt' else 'in default'}"
        return f"Hold: {self.facts.happened or said}; {self.money(self.facts.part('open_items'))} is open."

    def _nearest(self) -> str:
        return f" (the nearest is {self.facts.nearest})" if self.facts.nearest else ""

    def _beside_the_limit(self) -> Iterator[tuple[str, str]]:
        """Say what the recommended limit and the one on file have to do with the answer."""
        recommended, on_file = self.facts.recommended_limit, self.facts.limit_on_file
        filed = "no limit is on file" if on_file is None else f"on file are {self.money(on_file)}"
        there = self._in_words(self.chosen.on_file)
        barred, for_a_time = self.chosen.barred_raise, self.chosen.for_a_time
        if self.chosen.without is not None:
            step = "raise" if on_file is not None else "limit"
            within = f"the recommended limit of {self.money(self.chosen.limit)}"
            if for_a_time is not None:
                step = f"{for_a_time.kind} limit"
                standing = (
                    "" if recommended in (None, on_file) else f"recommended for good are {self.money(recommended)}, "
                )
                within = (
                    f"the {step} of {self.money(for_a_time.limit)}, proposed for deliveries from {for_a_time.first} to "
                    f"{for_a_time.last}"
                )
                filed = standing + filed
            yield (
                "raise_first",
                f"Within {within}; {filed}: the {step} has to be approved first by {self.chosen.raise_approver}, "
                f"without it the answer would be {self._in_words(self.chosen.without)}.",
            )
        if barred is not None:
            yield (
                "recommended_limit",
                f"{self.money(barred)} is recommended, {filed}; by the policy nobody may set that limit for grade "
                f"{self.facts.grade}.",
            )
        if self.chosen.without is not None or barred is not None or recommended is None or recommended == on_file:
            return
        if on_file is not None and recommended < on_file:
            changed = "" if there == self._in_words(self.found) else f", under which the answer would be {there}"
            yield (
                "recommended_limit",
                f"The recommended limit of {self.money(recommended)} counts, below the {self.money(on_file)} on file"
                f"{changed}.",
            )
        else:
            yield (
                "recommended_limit",
                f"{self.money(recommended)} is recommended, {filed}; that does not change the answer.",
            )

    def _in_words(self, answer: Answer) -> str:
        figures = {name: self.money(getattr(answer, name)) for name in ("on_credit", "prepay", "pay_first")}
        return ANSWER_WORDS[answer.answer].format(**figures)

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
            yield "payment", self._payment_words(math.fsum(item.undisputed for item in late))
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
                f"{late[0].days} days{self._settled_words()}.",
            )
            if late[0].days > self.policy.order.maximum_days_past_due:
                most = self.policy.order.maximum_days_past_due
                yield (
                    "too_long_overdue",
                    f"Nothing goes out on credit once an item is past due by more than {most} days.",
                )
        else:
            yield self._bound(), self._bound_words()
        if self.found.once_paid is not None:
            left = self.money(self.found.once_paid) if self.found.once_paid > CENT else "nothing"
            yield "payment", f"Once the overdue is paid, {left} of it may go out on credit, by the same limits."
        if answer == "release_on_payment":
            yield "within", f"Once it is paid, {self._room_words()}."

    def _payment_words(self, beyond_grace: float) -> str:
        """Say how the sum that is to be paid first comes about."""
        today, paid = self.found.today, self.found.room.paid
        grace, parts = self.policy.order.release_overdue_days, []
        if beyond_grace > 0:
            parts.append(f"{self.money(beyond_grace)} is all undisputed that is past due by more than {grace} days")
        extra = paid - beyond_grace
        if extra > CENT:
            over = today.base + self.decided.amount - today.bound
            counted = self.money(today.base), self.money(today.base + self.decided.amount)
            why = (
                f"the order takes what counts from {counted[0]} to {counted[1]}, {self.money(over)} above the "
                f"{self.money(today.bound)} that {self._bound_name()} allows"
                if over > beyond_grace + CENT
                else "before that the order would not pay, since cover does not count for it"
            )
            parts.append(f"{self.money(extra)} are the next oldest past-due items, each paid whole: {why}")
        return f"Of these {self.money(paid)}, {'; '.join(parts)}."

    def _bound_name(self) -> str:
        if self.found.today.bound_by == "single_name":
            return "the policy's cap for one customer"
        if self.found.today.bound_by == "group":
            return "the policy's cap for a group"
        words = self._limit_words()
        return words[0].lower() + words[1:]

    def _settled_words(self) -> str:
        settled = min(max(0.0, self.facts.part("unapplied")), math.fsum(item.undisputed for item in self.facts.overdue))
        return f", after {self.money(settled)} of cash and credits here settled the oldest" if settled > CENT else ""

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
            none = "" if self.chosen.barred_raise is not None else " and none was recommended"
            return f"No limit is on file{none}, so nothing goes out on credit."
        if code == "single_name":
            return f"The policy's cap of {self.money(self.policy.appetite.single_name)} for one customer leaves {left}."
        if self.decided.before["released_today"]:
            left += f", after {self.money(self.decided.before['released_today'])} released before it today"
        if code == "group":
            others, cap = self.facts.rest_of_group, self.policy.appetite.group
            return (
                f"The policy's cap of {self.money(cap)} for a group leaves {left}: the other accounts of the group of "
                f"{self.facts.group} have {self.money(others)} at stake."
            )
        return f"{self._limit_words()} leaves {left}."

    def _limit_words(self) -> str:
        limit, tolerance = self.decided.limit_used, self.policy.order.tolerance
        which = "limit on file" if self.decided.limit_source == "on_file" else self._which_limit()
        return f"The {which} of {self.money(limit)} with its tolerance of {percent(tolerance)}"

    def _room_words(self) -> str:
        limit, tolerance = self.decided.limit_used, self.policy.order.tolerance
        which = self._which_limit()
        exposure = self.decided.after["exposure"]
        bound = f"within the {which} of {self.money(limit)}"
        if exposure > limit:
            bound = f"above the {which} of {self.money(limit)}, within its tolerance of {percent(tolerance)}"
        return f"with the order the exposure is {self.money(exposure)}, {bound}"

    def _which_limit(self) -> str:
        source = self.decided.limit_source
        return f"{source} limit" if source in ("recommended", "seasonal", "temporary") else "limit"

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

    def _failed_in_group(self) -> str:
        failed = self.facts.failed_in_group
        named = ", ".join(failed[:MOST_NAMED]) + (
            f" and {len(failed) - MOST_NAMED:,} more" * (len(failed) > MOST_NAMED)
        )
        are = "is" if len(failed) == 1 else "are"
        return f"Of the other accounts of its group {named} {are} in default or a bad debt: look at it as a whole."

    def _value(self) -> str:
        if self.decided.expected_value is None:
            return "Expected value: not known, since the ledger knows nothing of the customer."
        said = f"Expected value of the answer {self.money(self.decided.expected_value)}"
        said += f": {self.money(self.decided.value_on_credit)} on what goes out on credit"
        if self.decided.recovery_value:
            said += f", {self.money(self.decided.recovery_value)} since the overdue is paid now"
        if self.decided.advance_margin:
            said += f"; not in it, {self.money(self.decided.advance_margin)} of margin on the part in advance, if paid"
        if self.decided.on_credit < self.decided.amount:
            said += f"; all of it on credit today would be worth {self.money(self.decided.value_if_all_on_credit)}"
        return f"{said}."

    def _days_late(self) -> str:
        late = self.life.days_late
        learnt = "" if "days_late" in self.life.assumed else ", as on average in the last 12 months"
        if late < 1:
            return (
                f"Expected to be paid on time{learnt}: {self.life.terms_days} days after delivery on "
                f"{self.life.delivery}."
            )
        days = "1 day" if round(late) == 1 else f"{late:.0f} days"
        return (
            f"Expected to be paid {days} late{learnt}: after terms of {self.life.terms_days} days from "
            f"{self.life.delivery}."
        )

    def _probability(self) -> str:
        sources = {
            "model": "as the run scored it",
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
