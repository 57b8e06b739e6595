"""Whether registers know the customer's ids under its name: what they say of another company is no evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from credrisk.reports.style import truncated
from credrisk.sources.matching.by_id import names_alike
from credrisk.sources.registered_name import registered_name

if TYPE_CHECKING:
    from credrisk.reports.dossier import Dossier

__all__ = ["registered_names", "undecided_names", "unlike_names"]

LONGEST = 80


def registered_names(dossier: Dossier) -> list[tuple[str, str, str]]:
    """Return source, name and id for each source that told under what name it has the customer's id."""
    answers = dossier.answers
    if answers.is_empty():
        return []
    told = answers.filter(pl.col("status") == "hit").sort("source", "part").select("source", "reason", "entity").rows()
    return [(str(source), name, str(entity)) for source, reason, entity in told if (name := registered_name(reason))]


def undecided_names(dossier: Dossier) -> list[str]:
    """Say which entities of registers may be this customer, and wait for a person to decide."""
    if dossier.matches.is_empty():
        return []
    waiting = dossier.matches.filter((pl.col("zone") == "review") & pl.col("entity").is_not_null())
    return [
        f"Whether {truncated(str(row['entity_name'] or 'no name'), LONGEST)} "
        f"({truncated(str(row['register']), LONGEST)} {truncated(str(row['entity']), LONGEST)}) is this customer: "
        "decide in match_review.csv; until then its entry in the register is not shown."
        for row in waiting.sort("register", "entity").iter_rows(named=True)
    ]


def unlike_names(dossier: Dossier) -> list[str]:
    """Say which registers have the customer's id under a name unlike the master's, unless a person accepted that."""
    master = str(dossier.customer.get("name") or "").strip()
    if not master:
        return []
    accepted: set[str] = set()
    if dossier.matches.height:
        accepted |= set(dossier.matches.filter(pl.col("decided_by") == "review_file")["entity"].drop_nulls())
    known: dict[str, list[str]] = {}
    rows = dossier.register.select("register", "name", "entity").rows() if dossier.register.height else []
    for source, name, entity in (*registered_names(dossier), *rows):
        if name and str(entity) not in accepted:
            known.setdefault(str(source), []).append(str(name))
    return [
        f"Whether {truncated(source, LONGEST)} speaks of this customer: it has the id under the name "
        f"{truncated(names[0], LONGEST)}, which is unlike yours. Check the id before acting on what it says."
        for source, names in known.items()
        if not any(names_alike(master, name) for name in names)
    ]
