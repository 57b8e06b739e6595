"""The features of the profile of payments, worked out the slow way."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from features.oracle import Number, Oracle, divided, part, within_one

TABLE = ((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30), (120, 20))


def points(days: int) -> Fraction:
    if days <= -30:
        return Fraction(100)
    for (low, high_points), (high, low_points) in pairwise(TABLE):
        if days <= high:
            return high_points + Fraction(days - low, high - low) * (low_points - high_points)
    return Fraction(20)


def applied(oracle: Oracle, document: dict[str, Any], kind: str) -> list[tuple[int, bool]]:
    """Return (amount, after the due date) of what was applied in 12 months."""
    return [
        (oracle.translate(r["amount"], document["currency"], r["applied_on"]), r["applied_on"] > document["due_date"])
        for r in oracle.rows("applications")
        if r["to_document_id"] == document["document_id"] and r["kind"] == kind and oracle.within(r["applied_on"], 12)
    ]


def seen_legs(oracle: Oracle, document: dict[str, Any]) -> list[tuple[Any, int]]:
    """Return (day seen, change) of everything that moved on a document, itself included."""
    own = max(document["document_date"], document["recorded_at"])
    found = [(own, document["amount"])]
    for r in oracle.rows("applications"):
        day = max(own, r["applied_on"], r["recorded_at"])
        if r["to_document_id"] == document["document_id"]:
            found.append((day, -r["amount"]))
        if r["from_kind"] == "document" and r["from_id"] == document["document_id"] and r["to_document_id"] is not None:
            found.append((day, r["amount"] if r["from_amount"] is None else r["from_amount"]))
    return found


def part_paid(oracle: Oracle) -> tuple[int, int]:
    """Return the payments above 0 of 12 months, and those of them that left a rest."""
    whole = short = 0
    for document in oracle.debits():
        legs = seen_legs(oracle, document)
        for r in oracle.rows("applications"):
            cash = r["kind"] in ("payment", "recovery") or (r["kind"] == "reversal" and r["from_kind"] == "receipt")
            arrived = oracle.arrived(r, document)
            if r["to_document_id"] != document["document_id"] or not cash or r["amount"] <= 0:
                continue
            if not oracle.within(arrived, 12):
                continue
            day = max(r["applied_on"], r["recorded_at"], document["document_date"], document["recorded_at"])
            amount = oracle.translate(r["amount"], document["currency"], arrived)
            whole += amount
            short += amount if sum(change for when, change in legs if when <= day) > 0 else 0
    return whole, short


@part
def payment_profile(oracle: Oracle) -> dict[str, Number]:
    names = (
        "paydex_style_12m",
        "most_days_late_12m",
        "share_paid_late_60_12m",
        "share_paid_late_90_12m",
        "days_to_pay_12m",
        "discount_share_12m",
        "deduction_share_12m",
        "part_payment_share_12m",
    )
    if not (oracle.has("applications") and oracle.covered(12)):
        return dict.fromkeys(names)
    paid = oracle.payments(12)
    whole = sum(amount for amount, _ in paid)
    index = divided(sum(amount * points(days) for amount, days in paid), whole)
    to_pay = 0
    for document in oracle.debits():
        for leg in oracle.legs(document):
            if leg["cash"] and oracle.within(leg["event"], 12):
                amount = oracle.translate(-leg["amount"], document["currency"], leg["event"])
                to_pay += amount * (leg["event"] - document["document_date"]).days
    discounts = [row for document in oracle.debits() for row in applied(oracle, document, "discount")]
    deducted = sum(amount for document in oracle.debits() for amount, _ in applied(oracle, document, "deduction"))
    taken = sum(amount for amount, _ in discounts)
    payments, short = part_paid(oracle)
    count = sum(raw > 0 for _, raw in raw_payments(oracle))
    found = (
        None if index is None or count < 3 else min(max(index, 20), 100),
        max((days for days, raw in raw_payments(oracle) if raw > 0), default=None),
        within_one(oracle.mean(12, lambda days: int(days > 60))),
        within_one(oracle.mean(12, lambda days: int(days > 90))),
        divided(to_pay, whole),
        within_one(divided(taken, whole + taken)),
        within_one(divided(deducted, whole + deducted)),
        divided(short, payments),
    )
    return dict(zip(names, found, strict=True))


def raw_payments(oracle: Oracle) -> list[tuple[int, int]]:
    """Return (days beyond terms, amount in the document's currency) of the payments of 12 months."""
    return [
        ((leg["event"] - document["due_date"]).days, -leg["amount"])
        for document in oracle.debits()
        for leg in oracle.legs(document)
        if leg["cash"] and oracle.within(leg["event"], 12)
    ]
