"""What a mapping may make: the ledger's tables, and the simple form from which the ledger makes the rest."""

from __future__ import annotations

from credrisk.ledger.tables import TABLES, Column

__all__ = ["TARGETS"]

SETTLEMENT = (
    Column("settled_on", "date", "when the document was paid"),
    Column("settled_amount", "money", "what was paid; the whole document where empty"),
)
"""Beside the columns of ``documents``: the ledger makes receipts and applications of them."""

PAYMENTS = (
    Column("payment_id", "id"),
    Column("document_id", "id", "the invoice paid; empty: cash on account, then customer_id is needed"),
    Column("customer_id", "id", "the document's customer where empty"),
    Column("date", "date", required=True),
    Column("amount", "money", required=True),
    Column("method", "text"),
    Column("recorded_at", "date"),
)
"""Payments that name their invoice: the ledger makes receipts and applications of them."""

_COLUMNS = {name: table.columns for name, table in TABLES.items()} | {"payments": PAYMENTS}
_COLUMNS["documents"] += SETTLEMENT

TARGETS: dict[str, dict[str, Column]] = {
    name: {column.name: column for column in columns if not column.derived} for name, columns in _COLUMNS.items()
}
"""The columns of every table that a mapping may make, in the ledger's order."""
