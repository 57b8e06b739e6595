"""Which column is the customer's number where headers leave it open: a code that stands one to one beside the name."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.sources.wizard.content import MOSTLY, Content
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.words import SURE_FROM, role_scores

__all__ = ["coded", "numbered"]

_WEAK = 90.0
"""A header such as Account or Conto scores so high and may mean other things."""
_SHARED = 2
"""An account that stands beside so many names each, on average, is one of the general ledger."""


def numbered(contents: Mapping[str, Content], roles: Mapping[str, Role], key: str, notes: Notes) -> dict[str, Role]:
    """Return what the columns are, with the customer's number in place of its name where another column has it.

    A column whose header may mean the customer's account is one where its values are codes and each belongs to one
    name, and each name to one of them.
    """
    meant = dict(roles)
    said = meant.get("customer_id")
    if said is None or said.answered:
        return meant
    name = meant.get("name")
    taken = {role.column for thing, role in meant.items() if thing not in ("customer_id", "name")}
    codes = [
        one
        for one in contents.values()
        if one.name not in taken and role_scores(one.name).get("customer_id", 0.0) >= SURE_FROM and coded(one)
    ]
    now = contents[said.column]
    owner = now if not coded(now) else contents[name.column] if name is not None else None
    if owner is None or (owner is not now and said.score > _WEAK):
        return meant
    told = [one for one in codes if one.name != owner.name and _one_to_one(one, owner)]
    if owner is now and told:
        meant["customer_id"] = Role(told[0].name, said.score)
        if name is None or name.column == told[0].name:
            meant["name"] = Role(now.name, said.score)
    elif owner is not now and _SHARED * now.distinct <= owner.distinct:
        if told:
            meant["customer_id"] = Role(told[0].name, said.score)
        else:
            del meant["customer_id"]
            notes.unsure.append(
                f"{key}: {now.name} is not taken for the customer's number, as its {now.distinct:,} different values "
                f"stand beside {owner.distinct:,} names. If it is: --answer '{key}.customer_id={now.name}'"
            )
    return meant


def coded(content: Content) -> bool:
    """Tell whether nearly all values are numbers or words with a digit."""
    values = content.texts.drop_nulls().unique()
    if content.kind not in ("text", "number") or values.is_empty():
        return False
    return int(values.str.contains(r"^\S*\d\S*$").sum()) >= MOSTLY * values.len()


def _one_to_one(code: Content, name: Content) -> bool:
    """Tell whether nearly each code stands beside one name, and nearly each name beside one code."""
    pairs = pl.DataFrame({"code": code.texts, "name": name.texts}).drop_nulls().unique()
    if pairs.is_empty():
        return False
    return min(pairs["code"].n_unique(), pairs["name"].n_unique()) >= MOSTLY * pairs.height
