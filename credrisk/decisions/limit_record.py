"""How a limit that somebody has set stands in the decision log, beside what was recommended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from credrisk.decisions.authority import authority_for, most_allowed
from credrisk.decisions.decision_chain import Entry, fingerprint_of
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError

__all__ = ["LIMIT", "SHOWN", "inputs_of", "limit_record", "log_limit"]

LIMIT = "limit"
"""The kind of an entry that is a limit somebody has set."""

SHOWN = ("action", "binding", "grade_used", "pd_used", "portfolio_limit", "reasons")
"""What of the recommendation stands in the entry, beside the limits."""


def log_limit(
    log: DecisionLog,
    recommended: Mapping[str, Any],
    *,
    author: str,
    policy: Policy,
    as_of: date,
    currency: str,
    limit: float | None = None,
    reason: str = "",
    model: str | None = None,
) -> Entry:
    """Add the limit that somebody sets for a customer to the log; see :func:`limit_record`.

    Parameters
    ----------
    log
        The decision log.
    author
        Who sets it.
    """
    record = limit_record(
        recommended, policy=policy, as_of=as_of, currency=currency, limit=limit, reason=reason, model=model
    )
    return log.append_all([record], author=author, policy=policy)[0]


def limit_record(
    recommended: Mapping[str, Any],
    *,
    policy: Policy,
    as_of: date,
    currency: str,
    limit: float | None = None,
    reason: str = "",
    model: str | None = None,
    inputs: str | None = None,
) -> Record:
    """Return the entry of a limit that somebody sets for a customer; nothing is written here.

    Parameters
    ----------
    recommended
        The customer's row of :func:`~credrisk.decisions.limit.recommend_limits`.
    policy
        The one under which it was recommended.
    as_of, currency
        The day of the recommendation and the ledger's currency.
    limit
        What is set, in major units; None is what was recommended.
    reason
        Why it differs from what was recommended: stated where it does.
    model
        Hash of the model behind the PD.
    inputs
        Fingerprint of the whole row (:func:`inputs_of`), where ``recommended`` holds a part of it only.

    Returns
    -------
    Record
        Its payload holds the limit on file, recommended and set, and ``approver``, the lowest role that the policy
        lets set it; where it differs ``override_approver`` as well, by the difference. Whether the
        author holds the role is for the company to see to.

    Raises
    ------
    ParameterError
        When the limit is negative or no number, differs without a reason, or when the policy lets nobody sign it.
    """
    advised, today = float(recommended["recommended_limit"] or 0.0), recommended["current_limit"]
    limit = advised if limit is None else float(limit)
    if not 0 <= limit < math.inf:
        raise ParameterError("limit", "a number of at least 0", limit)
    differs = limit != advised
    if differs and not reason.strip():
        rule = f"stated where the limit ({limit:,.2f}) is not the recommended one ({advised:,.2f})"
        raise ParameterError("reason", rule, reason)
    grade = recommended["grade_used"]
    payload: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "currency": currency,
        "limit": limit,
        "limit_on_file": today,
        "recommended_limit": advised,
        **{name: recommended.get(name) for name in SHOWN},
        "reason": reason.strip() or None,
        "approver": authority_for(policy, action="limit", amount=limit, grade=grade, today=today),
    }
    if differs:
        payload["override_approver"] = authority_for(
            policy, action="override", amount=abs(limit - advised), grade=grade
        )
    for action, role in (("limit", payload["approver"]), ("override", payload.get("override_approver", ""))):
        if role is None:
            of = f"{action}s of a customer of grade {grade}" if grade else f"{action}s of a customer without a grade"
            raise ParameterError(
                "limit",
                f"one that somebody may sign: the policy's authority for {of} ends at "
                f"{most_allowed(policy, action=action, grade=grade):,.2f} {currency}",
                f"{limit:,.2f}",
                remedy="set a lower one, or widen the authority matrix of the policy",
            )
    seen = inputs if inputs is not None else inputs_of(recommended)
    return Record(LIMIT, payload, customer_id=recommended["customer_id"], inputs=seen, model=model)


def inputs_of(recommended: Mapping[str, Any]) -> str:
    """Return the fingerprint of the row that a limit was decided from."""
    return fingerprint_of(
        {name: value.isoformat() if isinstance(value, date) else value for name, value in recommended.items()}
    )
