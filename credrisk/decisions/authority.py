"""Who may take a decision: the lowest role whose authority reaches the amount and the customer's grade."""

from __future__ import annotations

from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_appetite import ACTIONS
from credrisk.errors import ParameterError

__all__ = ["authority_for", "most_allowed"]


def authority_for(
    policy: Policy, *, action: str, amount: float, grade: str | None, today: float | None = None
) -> str | None:
    """Return the lowest role of the policy that may take ``action``.

    Parameters
    ----------
    policy
        Its ``authority`` is the matrix; the roles of an action stand in it from the lowest to the highest.
    action
        limit, order, override, write_off, credit_note, payment_plan or settlement.
    amount
        What is decided on, in major units of the ledger's currency, at least 0: the new limit, the order, the amount
        given up. A role's ``up_to`` is inclusive.
    grade
        The customer's grade (``grade_used``); ``None`` (no grade known) counts as the worst.
    today
        Of a limit the one in force, ``None`` where none is. Whoever may set a limit at all may lower one or stop it,
        whatever its size and the grade: an amount of 0, or below ``today``, asks the lowest role of the action.

    Returns
    -------
    str or None
        ``None`` where the matrix lets nobody take it.

    Raises
    ------
    ParameterError
        For an action or a grade that the policy does not know, or an amount below 0.

    Examples
    --------
    >>> authority_for(Policy.default(), action="limit", amount=20_000.0, grade="B")
    'credit analyst'
    >>> authority_for(Policy.default(), action="limit", amount=20_000.0, grade="F")
    'credit manager'
    >>> authority_for(Policy.default(), action="limit", amount=0.0, grade="G", today=90_000.0)
    'credit analyst'
    """
    if action not in ACTIONS:
        raise ParameterError("action", f"one of {', '.join(ACTIONS)}", action)
    if not amount >= 0:
        raise ParameterError("amount", "a number of at least 0", amount)
    names = policy.grade_names
    if grade is not None and grade not in names:
        raise ParameterError("grade", f"a grade of the policy ({', '.join(names)}) or None", grade)
    place = len(names) - 1 if grade is None else names.index(grade)
    lowers = action == "limit" and (amount == 0 or (today is not None and amount < today))
    for entry in policy.authority:
        if lowers and entry.action == action:
            return entry.role
        if entry.action == action and amount <= entry.up_to and place <= names.index(entry.worst_grade):
            return entry.role
    return None


def most_allowed(policy: Policy, *, action: str, grade: str | None) -> float:
    """The largest amount of ``action`` that anybody may decide for this grade (None: the worst); 0 if nobody."""
    names = policy.grade_names
    place = len(names) - 1 if grade is None else names.index(grade)
    reach = (one.up_to for one in policy.authority if one.action == action and place <= names.index(one.worst_grade))
    return max(reach, default=0.0)
