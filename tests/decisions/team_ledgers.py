"""Ledgers written by hand for the tests of a team: few accounts, so that every figure can be worked out on paper."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger

END = date(2025, 3, 31)
START = END - timedelta(days=28)  # 3 March: what is known at its end is the beginning


def bill(number: str, customer: str, due: str, amount: int, day: str = "2025-01-02", **more: Any) -> dict[str, Any]:
    return {
        "document_id": number,
        "customer_id": customer,
        "document_date": day,
        "due_date": due,
        "amount": amount,
        **more,
    }


def pay(number: str, document: str, customer: str, day: str, amount: int) -> tuple[dict[str, Any], dict[str, Any]]:
    receipt = {"receipt_id": number, "customer_id": customer, "date": day, "amount": amount}
    return receipt, {"from_id": number, "to_document_id": document, "applied_on": day, "amount": amount}


def contact(number: str, customer: str, day: str, outcome: str = "reached", **more: Any) -> dict[str, Any]:
    return {"contact_id": number, "customer_id": customer, "date": day, "channel": "call", "outcome": outcome, **more}


def owner(customer: str, name: str, since: str = "2024-01-01") -> dict[str, Any]:
    return {"customer_id": customer, "attribute": "collector", "value": name, "valid_from": since}


def team_ledger(payments: list[tuple[dict[str, Any], dict[str, Any]]] = (), **tables: Any) -> Ledger:  # type: ignore[assignment]
    if payments:
        tables["receipts"] = [receipt for receipt, _ in payments]
        tables["applications"] = [*[applied for _, applied in payments], *tables.get("applications", [])]
    return ledger_of(covers_from="2024-01-01", covers_to=END.isoformat(), **tables)
