"""Who has to release an order: nobody within the limit, else the role that the authority matrix names.

Releasing an order that the limit does not carry is the action ``order``. An order that only a higher limit carries
needs that limit set first, the action ``limit``: then the higher of both roles has to agree.
"""

from __future__ import annotations

from credrisk.decisions.authority import authority_for
from credrisk.decisions.policy import Policy

__all__ = ["NO_APPROVAL", "approver_of", "higher_role"]

NO_APPROVAL = "no approval needed (within limit)"
"""Stands where a role would: what goes out on credit is within the limit."""


def approver_of(
    policy: Policy, *, on_credit: float, within_limit: bool, raised_to: float | None, grade: str | None
) -> str | None:
    """Return who may release what goes out on credit; None where nothing does, or where the policy lets nobody.

    Parameters
    ----------
    within_limit
        The exposure with the order is no higher than the limit itself, without its tolerance.
    raised_to
        The limit that has to be set first; None where the one on file will do.
    """
    if on_credit <= 0:
        return None
    if raised_to is None and within_limit:
        return NO_APPROVAL
    of_order = authority_for(policy, action="order", amount=on_credit, grade=grade)
    if raised_to is None or of_order is None:
        return of_order
    of_limit = authority_for(policy, action="limit", amount=raised_to, grade=grade)
    return None if of_limit is None else higher_role(policy, of_limit, of_order)


def higher_role(policy: Policy, one: str, other: str) -> str:
    """Return the higher of two roles: the later one among those of an action that has both; both where none has."""
    for action in ("order", "limit", *{entry.action: None for entry in policy.authority}):
        roles = [entry.role for entry in policy.authority if entry.action == action]
        if one in roles and other in roles:
            return max(one, other, key=lambda role: len(roles) - roles[::-1].index(role))
    return f"{one} and {other}"
