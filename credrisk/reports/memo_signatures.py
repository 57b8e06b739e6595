"""Who has to sign a limit, by the authority matrix of the policy: for the credit memo."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credrisk.decisions.authority import authority_for
from credrisk.decisions.policy import Policy
from credrisk.wording import money

__all__ = ["Signature", "Signatures", "signatures"]


@dataclass(frozen=True)
class Signature:
    """A line to sign: the role and what it may decide."""

    role: str
    may: str
    asked: bool


@dataclass(frozen=True)
class Signatures:
    """Which role decides, in a sentence; and the roles of the matrix, those asked first."""

    says: str
    lines: tuple[Signature, ...]


def signatures(limits: Mapping[str, Any], policy: Policy, currency: str) -> Signatures:
    """Return who decides on the recommended limit, and who on another than that."""
    amount, grade = limits.get("recommended_limit"), limits.get("grade_used")
    if amount is None or math.isnan(amount):
        return Signatures("No limit was recommended, so there is nothing to sign.", ())
    today = limits.get("current_limit")
    today = None if today is None or math.isnan(today) else today
    role = authority_for(policy, action="limit", amount=amount, grade=grade, today=today)
    of_it = f"A limit of {money(amount, currency)} for grade {grade or 'unknown'}"
    if role and (amount == 0 or (today is not None and amount < today)):
        says = f"{of_it} is decided by: {role}. Whoever may set a limit may lower or stop one."
    else:
        says = f"{of_it} is decided by: {role}." if role else f"{of_it} is above the matrix: nobody may decide it."
    says += _other(policy, grade, currency)
    lines = [
        Signature(
            entry.role,
            f"limits up to {money(entry.up_to, currency)}, no worse than grade {entry.worst_grade}",
            entry.role == role,
        )
        for entry in policy.authority
        if entry.action == "limit"
    ]
    return Signatures(says, tuple(lines))


def _other(policy: Policy, grade: str | None, currency: str) -> str:
    """Say who may decide on another limit than the recommended one, and up to which amount."""
    names = policy.grade_names
    place = len(names) - 1 if grade is None else names.index(grade)
    roles = [
        f"up to {money(entry.up_to, currency)} {entry.role}"
        for entry in policy.authority
        if entry.action == "override" and place <= names.index(entry.worst_grade)
    ]
    return f" A limit other than the recommended one: {', '.join(roles) if roles else 'nobody'}."
