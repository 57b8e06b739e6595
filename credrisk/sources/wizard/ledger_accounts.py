"""Columns of an account that is no customer: the receivables account of the general ledger, in each row the same."""

from __future__ import annotations

from collections.abc import Mapping

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.words import marks, plain

__all__ = ["says_receivables", "telling_customers", "without_ledger_accounts"]

_MOST_ACCOUNTS = 3
"""A ledger has few receivables accounts: by currency, or those at home and abroad."""
_FEWEST_ROWS = 2


def without_ledger_accounts(
    contents: Mapping[str, Content], roles: Mapping[str, Role], key: str, notes: Notes
) -> dict[str, Role]:
    """Return what the columns are, without a customer whose every value names a receivables account, and say so.

    So does one that is the same in every row where the names beside it differ.
    """
    kept = dict(roles)
    for thing in ("customer_id", "name"):
        if thing not in kept or kept[thing].answered:
            continue
        content = contents[kept[thing].column]
        if not content.filled or content.distinct > _MOST_ACCOUNTS:
            continue
        values = [value for value, _ in content.counts]
        beside = kept.get("name" if thing == "customer_id" else "customer_id")
        told = beside is not None and contents[beside.column].distinct > content.distinct
        if all(says_receivables(value) for value in values) or (told and _one_throughout(content)):
            del kept[thing]
            notes.unsure.append(
                f"{key}: {content.name} is no customer: it is an account of the general ledger in each of its "
                f"{content.filled:,} rows ({', '.join(map(repr, values))}). If it is the customer: --answer "
                f"'{key}.{thing}={content.name}'"
            )
    return kept


def telling_customers(contents: Mapping[str, Content], roles: Mapping[str, Role]) -> dict[str, Role]:
    """Return what the columns are, without a customer that is the same in every row and was not named by the user."""
    return {
        name: role
        for name, role in roles.items()
        if role.answered or name not in ("customer_id", "name") or not _one_throughout(contents[role.column])
    }


def _one_throughout(content: Content) -> bool:
    return content.distinct == 1 and content.filled >= _FEWEST_ROWS


def says_receivables(value: str) -> bool:
    """Tell whether a text is the name of a receivables account, with its number or currency at most."""
    words = [word for word in plain(value).split() if not any(letter.isdigit() for letter in word)]
    bare = " ".join(words)
    return any(f" {name} " in f" {bare} " for name in marks("receivables_account")) and len(words) <= len(
        max(marks("receivables_account"), key=len).split()
    )
