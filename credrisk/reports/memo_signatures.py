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
    role = authority_for(policy, action="limit", amount=amount, grade=grade)
    other = authority_for(policy, action="override", amount=amount, grade=grade)
    of_it = f"A limit of {money(amount, currency)} for grade {grade or 'unknown'}"
    says = f"{of_it} is decided by: {role}." if role else f"{of_it} may be decided by nobody: it is above the matrix."
    says += f" Another limit of that size than the recommended one: {other or 'nobody'}."
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
