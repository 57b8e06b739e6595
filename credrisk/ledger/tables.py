"""The ledger's contract: which tables there are, what one row is, and from when each value may be seen.

This is the one declaration. The pandera schemas (:mod:`credrisk.ledger.schema`), the readers, the as-of cut and
``docs/data-model.md`` are all derived from it, so importing it costs nothing.
"""

from __future__ import annotations

from credrisk.ledger.credit_tables import CONTACTS, COVER, CREDIT_EVENTS, DISPUTES, ORDERS, PROMISES, QUEUE_LOG
from credrisk.ledger.declaration import Column, Table
from credrisk.ledger.outside_tables import EVENTS, FACTS, MARKET, RATES, RATINGS
from credrisk.ledger.receivable_tables import (
    APPLICATION_KINDS,
    APPLICATIONS,
    CUSTOMER_HISTORY,
    CUSTOMERS,
    DOCUMENT_CHANGES,
    DOCUMENTS,
    RECEIPTS,
)

__all__ = ["APPLICATION_KINDS", "TABLES", "Column", "Table"]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        CUSTOMER_HISTORY,
        DOCUMENTS,
        DOCUMENT_CHANGES,
        RECEIPTS,
        APPLICATIONS,
        DISPUTES,
        PROMISES,
        CONTACTS,
        QUEUE_LOG,
        ORDERS,
        COVER,
        CREDIT_EVENTS,
        FACTS,
        EVENTS,
        MARKET,
        RATES,
        RATINGS,
    )
}
"""Every table of the ledger by name. Customers and documents are required, the rest optional."""
