"""Whom to tell of a change: the account's collector, the role that decides on its limit, compliance, the insurer."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.authority import authority_for
from credrisk.decisions.cover_in_force import cover_rows
from credrisk.decisions.outside_meaning import family_of
from credrisk.decisions.policy import Policy
from credrisk.ledger.ledger import Ledger

__all__ = ["with_owners"]

NOTIFIABLE = ("insolvency", "judgment", "default")
"""Families of events that policies of credit insurance usually want to be told of at once."""
FROM_BEHAVIOUR = ("default", "bad_debt", "insurer_term")
GONE_TOO = ("dissolution", "struck_off", "strike_off_notice", "members_voluntary_liquidation")
NOBODY = "whoever sets the policy: nobody has the authority"


def with_owners(
    changes: pl.DataFrame, known: Ledger, *, policy: Policy, grades: pl.DataFrame | None, as_of: date
) -> pl.DataFrame:
    """Return the changes with ``tell`` as names: a list of whom to tell.

    Parameters
    ----------
    changes
        With ``customer_id, kind, area, exposure`` and ``tell``, a list of collector, credit manager, compliance,
        insurer.
    known
        The ledger cut at ``as_of``: collectors from ``customer_history``, insurers from ``cover``.
    policy
        Its matrix says which role decides on a limit as large as the exposure: it takes the place of the credit
        manager.
    grades
        ``customer_id, grade``, where known; without one the amount alone says who decides.
    """
    collectors = _collectors(known)
    insurers = _insurers(known, as_of)
    by_grade = dict(grades.select("customer_id", "grade").iter_rows()) if grades is not None else {}
    told = []
    for row in changes.select("customer_id", "kind", "area", "exposure", "tell").iter_rows(named=True):
        customer, wanted = row["customer_id"], list(row["tell"])
        notify = (
            family_of(row["kind"]) in NOTIFIABLE or row["kind"] in GONE_TOO
            if row["area"] == "public"
            else row["kind"] in FROM_BEHAVIOUR
        )
        if notify and "insurer" not in wanted:
            wanted.append("insurer")
        named = []
        for role in wanted:
            if role == "collector":
                named.append(f"{collectors[customer]} (collector)" if customer in collectors else "collector")
            elif role == "credit manager":
                grade = by_grade.get(customer) or policy.grade_names[0]
                named.append(authority_for(policy, action="limit", amount=row["exposure"], grade=grade) or NOBODY)
            elif role == "insurer":
                named += [f"{name} (insurer: by the policy's duty to report)" for name in insurers.get(customer, ())]
            else:
                named.append(role)
        told.append(list(dict.fromkeys(named)))
    return changes.with_columns(tell=pl.Series(told, dtype=pl.List(pl.String)))


def _collectors(known: Ledger) -> dict[str, str]:
    rows = (
        known.table("customer_history")
        .filter(pl.col("attribute") == "collector")
        .sort("customer_id", "valid_from", "recorded_at")
        .unique("customer_id", keep="last", maintain_order=True)
    )
    return {one: name for one, name in rows.select("customer_id", "value").iter_rows() if name}


def _insurers(known: Ledger, as_of: date) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = cover_rows(known, as_of=as_of).filter(pl.col("kind") == "insurance")
    for customer, provider in (
        rows.select("customer_id", "provider").unique().sort("customer_id", "provider").iter_rows()
    ):
        found.setdefault(customer, []).append(provider or "the insurer")
    return found
