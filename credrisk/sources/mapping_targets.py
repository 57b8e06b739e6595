"""What a mapping may make: the ledger's tables, and the simple form from which the ledger makes the rest."""

from __future__ import annotations

from credrisk.ledger.simple import ACCEPTED
from credrisk.ledger.tables import Column

__all__ = ["TARGETS"]

TARGETS: dict[str, dict[str, Column]] = {
    name: {column.name: column for column in table.columns if not column.derived} for name, table in ACCEPTED.items()
}
"""The columns of every table that a mapping may make, in the ledger's order."""
