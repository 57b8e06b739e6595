"""Ledgers written by hand for unit tests: amounts in minor units, dates as ISO text, defaults for the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from credrisk.ledger.ledger import DTYPES, Ledger, LedgerSettings
from credrisk.ledger.tables import TABLES

Rows = list[dict[str, Any]]


def ledger_of(
    *,
    currency: str = "EUR",
    covers_from: str = "2023-01-01",
    covers_to: str = "2025-12-31",
    extracted_on: str | None = None,
    static: tuple[str, ...] = (),
    **tables: Rows,
) -> Ledger:
    """Return a ledger as the readers would make it, from rows with only the columns that matter to the test."""
    frames: dict[str, pl.DataFrame] = {}
    given = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    customers = {row["customer_id"] for row in given.setdefault("customers", [])}
    for row in given.get("documents", []):
        if row["customer_id"] not in customers:
            customers.add(row["customer_id"])
            given["customers"].append({"customer_id": row["customer_id"]})
    receipts = {row["receipt_id"] for row in given.get("receipts", [])}
    document_currency = {row["document_id"]: row.get("currency", currency) for row in given.get("documents", [])}
    for name, rows in given.items():
        table = TABLES[name]
        for row in rows:
            if "currency" in table.names:
                document = row.get("to_document_id", row.get("document_id"))
                row.setdefault("currency", document_currency.get(document, currency))
            if name == "documents":
                row.setdefault("kind", "credit_note" if row["amount"] < 0 else "invoice")
                row.setdefault("due_date", row["document_date"])
            if name == "applications":
                row.setdefault("kind", "payment")
                source = row.get("from_id")
                row["from_kind"] = "none" if source is None else "receipt" if source in receipts else "document"
            if table.known == "recorded_at" and row.get("recorded_at") is None:
                row["recorded_at"] = row[table.event]
            for column in table.columns:
                value = row.get(column.name)
                if column.kind == "date" and isinstance(value, str):
                    row[column.name] = date.fromisoformat(value)
        schema = {column.name: DTYPES[column.kind] for column in table.columns}
        ordered = [{column: row.get(column) for column in schema} for row in rows]
        frames[name] = pl.DataFrame(ordered, schema=schema).sort(list(table.key), nulls_last=False)
    settings = LedgerSettings(
        currency,
        date.fromisoformat(covers_from),
        date.fromisoformat(covers_to),
        date.fromisoformat(extracted_on or covers_to),
        static,
    )
    return Ledger(frames, settings)
