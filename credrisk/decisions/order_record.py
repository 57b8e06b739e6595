"""How orders and overrides of them stand in the decision log."""

from __future__ import annotations

from typing import Any

from credrisk.decisions.authority import authority_for, most_allowed
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.order_answer import ANSWERS
from credrisk.decisions.order_release import OrderDecision
from credrisk.decisions.override_outcomes import OVERRIDE
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError

__all__ = ["ORDER", "OVERRIDES", "log_orders", "log_override"]

ORDER = "order"
"""The kind of an entry that is the answer to an order."""

OVERRIDES = tuple(answer for answer in ANSWERS if answer in ("release", "prepay", "hold"))
"""What an order may be overridden to."""


def log_orders(
    log: DecisionLog, decisions: list[OrderDecision], *, author: str, policy: Policy, model: str | None = None
) -> list[Entry]:
    """Add the answers to orders to the log, all or none."""
    records = [
        Record(ORDER, found.as_record(), customer_id=found.customer_id, inputs=found.inputs, model=model)
        for found in decisions
    ]
    return log.append_all(records, author=author, policy=policy)


def log_override(
    log: DecisionLog,
    decision: OrderDecision,
    *,
    override: str,
    reason: str,
    author: str,
    policy: Policy,
    model: str | None = None,
) -> Entry:
    """Add the answer to an order, and that somebody overrode it, to the log; return the entry of the override.

    The entry says what was done instead, why, and the lowest role that the policy lets override an order of this
    amount and grade (None, where it holds back more than the answer: nobody); whether the author holds that role is
    for the company to see to.

    Raises
    ------
    ParameterError
        When the override is the answer itself or none that is known, the reason is empty, or it lets an order out that
        the policy lets nobody release.
    """
    if override not in OVERRIDES or override == decision.answer:
        known = ", ".join(name for name in OVERRIDES if name != decision.answer)
        raise ParameterError("override", f"one of {known} for an order answered {decision.answer}", override)
    if not reason.strip():
        raise ParameterError("reason", "stated: an override is scored later by what was thought", reason)
    approver = authority_for(policy, action="override", amount=decision.amount, grade=decision.grade)
    if override == "release" and approver is None:
        whose = f"of a customer of grade {decision.grade}" if decision.grade else "of a customer without a grade"
        raise ParameterError(
            "override",
            f"one that somebody may sign: the policy's authority for overrides {whose} ends at "
            f"{most_allowed(policy, action='override', grade=decision.grade):,.2f} {decision.currency}",
            f"{override} of {decision.amount:,.2f}",
            remedy="let it be paid in advance, or widen the authority matrix of the policy",
        )
    order = decision.as_record()
    payload: dict[str, Any] = {"order": order, "override": override, "reason": reason.strip(), "approver": approver}
    records = [
        Record(kind, content, customer_id=decision.customer_id, inputs=decision.inputs, model=model)
        for kind, content in ((ORDER, order), (OVERRIDE, payload))
    ]
    return log.append_all(records, author=author, policy=policy)[1]
