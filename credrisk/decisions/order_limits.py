"""Under which limit an order is answered: the recommended one of the run, and what the one on file would say.

The recommended limit counts where there is one. Lower than the one on file it counts at once. Higher it counts where it
changes the answer and somebody may set it: the raise has to be approved first. Where it changes nothing, or nobody may
set it, the limit on file stands. A seasonal or temporary limit counts the same way for an order delivered within its
time: where it makes the answer better than the lower limit does, and somebody may set it. The limit does not depend on
the size of the order but for that, and a higher limit never gives a worse answer: so a larger order, or a higher PD,
never gets a better one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from credrisk.decisions.authority import authority_for
from credrisk.decisions.order_answer import Answer, answer_to
from credrisk.decisions.order_facts import CustomerFacts, LimitForATime, OpenOrder
from credrisk.decisions.order_room import OrderLife, limit_of
from credrisk.decisions.policy import Policy

__all__ = ["UnderLimits", "under_limits"]


@dataclass(frozen=True)
class UnderLimits:
    """The answer under the limit that counts.

    Attributes
    ----------
    answer, limit, source
        The answer, the limit under which it is given and where that comes from: ``recommended, on_file, seasonal,
        temporary, none``.
    on_file
        The answer under the limit on file alone; where none is on file, under none.
    raise_approver
        The lowest role that may set the limit, where that has to be done before; else None.
    barred_raise
        The limit that would change the answer, but that nobody may set; else None.
    without
        The answer as long as the limit that has to be approved first is not; None where none has to be.
    for_a_time
        The seasonal or temporary limit that counts; else None.
    """

    answer: Answer
    limit: float
    source: str
    on_file: Answer
    raise_approver: str | None = None
    barred_raise: float | None = None
    without: Answer | None = None
    for_a_time: LimitForATime | None = None


def under_limits(
    amount: float, facts: CustomerFacts, life: OrderLife, *, own: OpenOrder | None, policy: Policy
) -> UnderLimits:
    """Return the answer to an order of ``amount`` (money, above 0) under the limit that counts."""
    chosen = _under_standing_limit(amount, facts, life, own=own, policy=policy)
    if chosen.barred_raise is not None:
        return chosen
    before = chosen.on_file if chosen.raise_approver is not None else chosen.answer
    for entry in facts.limits_for_a_time:
        if not entry.first <= life.delivery <= entry.last or entry.limit <= max(chosen.limit, limit_of(facts)[0]):
            continue
        answer = answer_to(amount, replace(facts, recommended_limit=entry.limit), life, own=own, policy=policy)
        if _same(answer, chosen.answer):
            continue
        role = authority_for(policy, action="limit", amount=entry.limit, grade=facts.grade)
        if role is None:
            return replace(chosen, barred_raise=entry.limit)
        chosen = UnderLimits(
            answer, entry.limit, entry.kind, chosen.on_file, raise_approver=role, without=before, for_a_time=entry
        )
    return chosen


def _under_standing_limit(
    amount: float, facts: CustomerFacts, life: OrderLife, *, own: OpenOrder | None, policy: Policy
) -> UnderLimits:
    """Return the answer under the recommended limit or the one on file, whatever is recommended for a time."""
    filed = replace(facts, recommended_limit=None)
    limit, source = limit_of(facts)
    limit_on_file, source_on_file = limit_of(filed)
    on_file = answer_to(amount, filed, life, own=own, policy=policy)
    if limit == limit_on_file:
        return UnderLimits(on_file, limit, source, on_file)
    answer = answer_to(amount, facts, life, own=own, policy=policy)
    if limit < limit_on_file:
        return UnderLimits(answer, limit, source, on_file)
    if _same(answer, on_file):
        kept = (limit, source) if facts.limit_on_file is None else (limit_on_file, source_on_file)
        return UnderLimits(answer if facts.limit_on_file is None else on_file, *kept, on_file)
    role = authority_for(policy, action="limit", amount=limit, grade=facts.grade)
    if role is None:
        return UnderLimits(on_file, limit_on_file, source_on_file, on_file, barred_raise=limit)
    return UnderLimits(answer, limit, source, on_file, raise_approver=role, without=on_file)


def _same(one: Answer, other: Answer) -> bool:
    return (one.answer, one.on_credit, one.pay_first) == (other.answer, other.on_credit, other.pay_first)
