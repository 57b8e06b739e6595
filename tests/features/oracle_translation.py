"""The translation difference, the slow way: the balance of today, less that of the ledger cut then, less what moved."""

from __future__ import annotations

from datetime import date
from typing import Any

from features.oracle import Number, Oracle, divided, part


def seen(row: dict[str, Any], event: str) -> date:
    return max(row[event], row["recorded_at"])


def translated(oracle: Oracle, amount: Number, currency: str, day: date) -> Number:
    """Return an amount at the rate of a day, None where there is none."""
    known = [row for row in oracle.rows("rates") if row["currency"] == currency and row["date"] <= day]
    return oracle.translate(amount, currency, day) if known or currency == oracle.ledger.settings.currency else None


def moved(oracle: Oracle, after: date) -> list[Number]:
    """Return what moved the customer's items as first seen after a day, each at the rate of its own day."""
    found = []
    for document in oracle.own:
        opened = seen(document, "document_date")
        if opened > after:
            found.append(translated(oracle, document["amount"], document["currency"], document["document_date"]))
        for row in oracle.rows("applications"):
            if max(seen(row, "applied_on"), opened) <= after:
                continue
            if row["to_document_id"] == document["document_id"]:
                day = oracle.arrived(row, document)
                found.append(translated(oracle, -row["amount"], document["currency"], day))
            if row["from_kind"] == "document" and row["from_id"] == document["document_id"]:
                amount = row["amount"] if row["from_amount"] is None else row["from_amount"]
                found.append(translated(oracle, amount, document["currency"], row["applied_on"]))
    return found


@part
def translation(oracle: Oracle) -> dict[str, Number]:
    names = ("translation_difference_12m", "translation_share_12m")
    if not oracle.covered(12):
        return dict.fromkeys(names)
    start = oracle.start(12)
    then = Oracle(oracle.ledger, oracle.customer, start, oracle.step)
    flows, now = moved(oracle, start), oracle.ageing()["open_balance"]
    if None in flows:
        return dict.fromkeys(names)
    difference = now - then.ageing()["open_balance"] - sum(flows)
    return {names[0]: difference, names[1]: divided(difference, now)}
