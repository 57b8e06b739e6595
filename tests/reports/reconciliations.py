"""Reconciliations for the tests of their page and workbook: everything that can be found, with hostile texts."""

from __future__ import annotations

from typing import Any

from small_ledgers import ledger_of

from credrisk.portfolio.reconciliation.control import ControlAccount
from credrisk.portfolio.reconciliation.reconcile import reconcile
from credrisk.reports.reconciliation_page import ReconciliationPack

HOSTILE = "=cmd|'/c calc'!A1<script>alert(1)</script>"
LONG = "Bergwerksmaschineninstandhaltungsgesellschaftsbeteiligungsverwaltung" * 2
FILES = {"reconciliation_rows": "rows.csv", "reconciliation_findings": "findings.csv"}


def full() -> ReconciliationPack:
    """Return a reconciliation in which every section has rows, in three currencies, of two companies."""
    place = {"country": "DE", "postcode": "20095", "city": "Hamburg"}
    customers = [
        {"customer_id": "A", "name": HOSTILE, **place},
        {"customer_id": "B", "name": HOSTILE, **place},
        {"customer_id": "C", "name": LONG, "vat_id": "DE123456789"},
        {"customer_id": "D", "name": "@SUM(1+1)*cmd", "vat_id": "DE 123456789"},
    ]

    def document(number: str, customer: str, amount: int, **more: Any) -> dict[str, Any]:
        row = {"document_date": "2025-03-03", "due_date": "2025-04-02", "seller_entity": "<b>1000</b>"}
        return row | {"document_id": number, "customer_id": customer, "amount": amount} | more

    documents = [
        document("=1+1", "A", 123_456),
        document("=1+2", "A", 123_456),
        document("N1", "B", 99_999_999_999, currency="JPY"),
        document("N2", "C", 5_000, currency="USD", seller_entity="2000"),
        document("K1", "D", -7_700, document_date="2024-01-02"),
        document("M1", "D", 250_000),
        document("L1", "C", 31_415, document_date="2025-06-29", recorded_at="2025-07-03"),
        document("E1", "C", 2_000, document_date="2025-04-30", recorded_at="2025-05-02", kind="late_fee"),
    ]
    changes = [{"document_id": "M1", "field": "due_date", "value": "2025-09-30", "changed_on": "2025-05-05"}]
    history = [{"customer_id": "C", "attribute": "parent_id", "value": "B", "valid_from": "2024-01-01"}]
    receipts = [{"receipt_id": "R1", "customer_id": "A", "date": "2025-04-04", "amount": 123_456}]
    ledger = ledger_of(
        customers=customers,
        documents=documents,
        document_changes=changes,
        customer_history=history,
        receipts=receipts,
    )
    accounts = [
        ControlAccount(500_000, "EUR", "<b>1000</b>", "1400 & 1410"),
        ControlAccount(99_999_999_999, "JPY", "<b>1000</b>"),
        ControlAccount(5_000, "USD", "2000"),
    ]
    return ReconciliationPack(
        reconcile(ledger, as_of="2025-06-30", control_accounts=accounts), {"credrisk": "0"}, FILES
    )


def bare() -> ReconciliationPack:
    """Return a reconciliation of one invoice, in which nothing is found."""
    documents = [{"document_id": "I1", "customer_id": "A", "document_date": "2025-06-03", "due_date": "2025-07-03"}]
    ledger = ledger_of(documents=[documents[0] | {"amount": 10_000}])
    return ReconciliationPack(reconcile(ledger, as_of="2025-06-30"), {}, {})
