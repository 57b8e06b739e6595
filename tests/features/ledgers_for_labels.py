"""Random small ledgers in which every clause of the labels happens often, and nothing is tidy."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger

FIRST = date(2024, 1, 1)
LAST = date(2025, 12, 31)


def random_ledger(seed: int, *, customers: int = 3, foreign: bool = True) -> Ledger:
    """Return a ledger of two years with late, disputed, reversed, written-off, placed and overpaid items."""
    rng = random.Random(seed)
    rows: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in ("documents", "receipts", "applications", "disputes", "orders", "credit_events", "document_changes")
    }
    for number in range(customers):
        _customer(rng, rows, f"C{number}", foreign and rng.random() < 0.4)
    rates = [
        {"currency": "USD", "date": _text(FIRST + timedelta(days=day)), "rate": rng.choice([0.5, 0.9, 0.97, 1.3])}
        for day in range(-100, (LAST - FIRST).days, 35)
    ]
    known = {name: table for name, table in rows.items() if table or rng.random() < 0.5}
    return ledger_of(
        customers=[{"customer_id": f"C{number}"} for number in range(customers)],
        covers_from=_text(FIRST),
        covers_to=_text(LAST),
        rates=rates,
        **known,
    )


def _text(day: date) -> str:
    return day.isoformat()


def _customer(rng: random.Random, rows: dict[str, list[dict[str, Any]]], customer: str, abroad: bool) -> None:
    span = (LAST - FIRST).days
    busy_until = rng.choice([span, span, span // 3])
    slow = rng.choice([10, 40, 120])
    for number in range(rng.choice([1, 4, 9])):
        document, start = f"{customer}-{number}", FIRST + timedelta(days=rng.randrange(-60, busy_until))
        _document(rng, rows, customer, document, start, slow, "USD" if abroad and rng.random() < 0.6 else "EUR")
    day = FIRST + timedelta(days=rng.randrange(span))
    if rng.random() < 0.3:
        rows["orders"].append(
            {"order_id": f"O-{customer}", "customer_id": customer, "order_date": _text(day), "amount": 1000}
        )
    for kind in ("insolvency", "placement", "placement", "write_off_decision", "recovery"):
        if rng.random() < 0.2:
            when = FIRST + timedelta(days=rng.randrange(span))
            event = {"customer_id": customer, "date": _text(when), "kind": kind}
            event["amount"] = rng.choice([None, 30_000, 80_000, 200_000])
            if rng.random() < 0.3:
                event["recorded_at"] = _text(when + timedelta(days=rng.randrange(60)))
            rows["credit_events"].append(event)


def _document(
    rng: random.Random,
    rows: dict[str, list[dict[str, Any]]],
    customer: str,
    document: str,
    start: date,
    slow: int,
    currency: str,
) -> None:
    amount = rng.choice([3_000, 40_000, 50_000, 50_001, 90_000, 300_000]) * (-1 if rng.random() < 0.15 else 1)
    due = start + timedelta(days=rng.choice([0, 14, 30, 60]))
    row = {"document_id": document, "customer_id": customer, "document_date": _text(start), "due_date": _text(due)}
    row |= {"amount": amount, "currency": currency}
    if amount > 0 and rng.random() < 0.1:
        row["kind"] = "late_fee"
    if rng.random() < 0.15:
        row["recorded_at"] = _text(start + timedelta(days=rng.randrange(120)))
    rows["documents"].append(row)
    left, day = amount, due
    for part in range(rng.choice([0, 1, 1, 2])):
        day = day + timedelta(days=rng.randrange(-20, slow))
        paid = rng.choice([left, left, left // 2, left + 20_000])
        left -= paid
        _application(rng, rows, customer, document, f"R-{document}-{part}", day, paid, currency)
        if rng.random() < 0.2:
            later = day + timedelta(days=rng.randrange(1, 60))
            _applied(rows, None, document, later, -paid, "reversal")
            left += paid
    if left > 0 and rng.random() < 0.5:
        written = day + timedelta(days=rng.randrange(30, 200))
        _applied(rows, None, document, written, left, "write_off")
        if rng.random() < 0.5:
            undone = written + timedelta(days=rng.choice([0, 1, 40, 40, 200, 400]))
            _applied(rows, None, document, undone, -rng.choice([left, left, left // 2]), "reversal")
    credit = next((d for d in rows["documents"] if d["customer_id"] == customer and d["amount"] < 0), None)
    if credit and amount > 0 and credit["currency"] == currency and rng.random() < 0.4:
        when = max(day, date.fromisoformat(credit["document_date"])) + timedelta(days=rng.randrange(40))
        _applied(rows, credit["document_id"], document, when, min(amount, -credit["amount"]) // 2, "credit_note")
    for number in range(rng.choice([0, 0, 0, 1, 2])):
        opened = due + timedelta(days=rng.randrange(-10, 150))
        rows["disputes"].append(
            {
                "dispute_id": f"D-{document}-{number}",
                "document_id": document,
                "opened_on": _text(opened),
                "resolved_on": rng.choice([None, _text(opened + timedelta(days=rng.randrange(90)))]),
                "amount": rng.choice([None, 10_000, 45_000]),
            }
        )
    if rng.random() < 0.2:
        change = {"document_id": document, "field": "due_date", "value": _text(due + timedelta(days=120))}
        rows["document_changes"].append(change | {"changed_on": _text(due)})


def _application(
    rng: random.Random,
    rows: dict[str, list[dict[str, Any]]],
    customer: str,
    document: str,
    receipt: str,
    day: date,
    amount: int,
    currency: str,
) -> None:
    more = rng.choice([0, 0, 0, 25_000])
    rows["receipts"].append(
        {"receipt_id": receipt, "customer_id": customer, "date": _text(day), "amount": amount + more}
        | {"currency": currency}
    )
    applied = day + timedelta(days=rng.choice([0, 0, 10]))
    _applied(rows, receipt, document, applied, amount, rng.choice(["payment", "payment", "recovery"]))


def _applied(
    rows: dict[str, list[dict[str, Any]]], source: str | None, document: str, day: date, amount: int, kind: str
) -> None:
    rows["applications"].append(
        {"from_id": source, "to_document_id": document, "amount": amount, "applied_on": _text(day), "kind": kind}
    )
