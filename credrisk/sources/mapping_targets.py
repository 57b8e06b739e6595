"""What a mapping may make: the ledger's tables, and the simple form from which the ledger makes the rest."""

from __future__ import annotations

from credrisk.ledger.simple import ACCEPTED
from credrisk.ledger.tables import Column

__all__ = ["TARGETS"]

_OWN = {("payments", "currency")}
"""Filled from the document where there is one, and yet stated: cash on account has none."""

TARGETS: dict[str, dict[str, Column]] = {
    name: {column.name: column for column in table.columns if not column.derived or (name, column.name) in _OWN}
    for name, table in ACCEPTED.items()
}
"""The columns of every table that a mapping may make, in the ledger's order."""
