"""How late invoices are beyond the customer's own habit, worked out the slow way: item by item, state by state."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from features.oracle import Number, Oracle, Row, part

STEPS = range(-3, 91, 3)


def seen_movements(oracle: Oracle, document: Row) -> list[tuple[date, int, date | None]]:
    """Return when each movement of the item could be seen, what it did to it, and the day of the cash that paid."""
    known = max(document["document_date"], document["recorded_at"])
    found: list[tuple[date, int, date | None]] = [(known, document["amount"], None)]
    for row in oracle.rows("applications"):
        seen = max(row["applied_on"], row["recorded_at"], known)
        if row["to_document_id"] == document["document_id"]:
            pays = row["kind"] in ("payment", "recovery") and row["amount"] > 0
            pays = pays or (row["kind"] == "reversal" and row["from_kind"] == "receipt" and row["amount"] > 0)
            found.append((seen, -row["amount"], oracle.arrived(row, document) if pays else None))
        if row["from_kind"] == "document" and row["from_id"] == document["document_id"] and row["to_document_id"]:
            found.append((seen, row["amount"] if row["from_amount"] is None else row["from_amount"], None))
    return found


def states(oracle: Oracle, document: Row) -> list[tuple[date, bool, date | None]]:
    """Return from when the item was open or settled, by evening, and the last day of the cash that settled it."""
    found: list[tuple[date, bool, date | None]] = []
    left, moves = 0, seen_movements(oracle, document)
    for day in sorted({seen for seen, _, _ in moves}):
        today = [move for move in moves if move[0] == day]
        left += sum(amount for _, amount, _ in today)
        is_open = 10 * left > document["amount"]
        if not found or found[-1][1] != is_open:
            found.append((day, is_open, max((cash for _, _, cash in today if cash), default=None)))
    return found


def days_late(oracle: Oracle, document: Row) -> int | None:
    """Return the days beyond terms of an item that counts, None for one that does not."""
    if document["amount"] <= 0 or document["document_date"] < oracle.ledger.settings.covers_from:
        return None
    if document["due_date"] >= oracle.as_of:
        return None
    known = states(oracle, document)
    disputed = [
        max(row["opened_on"], document["document_date"], document["recorded_at"])
        for row in oracle.rows("disputes")
        if row["document_id"] == document["document_id"]
    ]
    ends = [day for day, _, _ in known[1:]] + [date.max]
    if disputed and any(is_open and min(disputed) < end for (_, is_open, _), end in zip(known, ends, strict=True)):
        return None
    _, is_open, paid = known[-1]
    if is_open:
        return (oracle.as_of - document["due_date"]).days
    return None if paid is None else (paid - document["due_date"]).days


def stepped(days: int) -> int:
    """Return the days grouped down in steps of 3, -6 and 90 at the ends."""
    return max((step for step in STEPS if step <= days), default=-6)


@part
def beyond_habit(oracle: Oracle) -> dict[str, Number]:
    names = ("usual_days_late_24m", *(f"days_beyond_habit_{w}" for w in ("3m", "12m", "24m", "faded")))
    found: dict[str, Number] = dict.fromkeys(names)
    if not oracle.has("applications"):
        return found
    items = [(row["due_date"], days_late(oracle, row)) for row in oracle.billed()]
    late = {
        months: [stepped(days) for due, days in items if days is not None and oracle.start(months) < due]
        for months in (3, 6, 12, 24)
    }
    if not late[24]:
        return found
    grown = late[24] + [0, 0, 0]
    reached = [step for step in STEPS if 10 * sum(days >= step for days in grown) >= 6 * len(grown)]
    usual = min(60, max(reached, default=-6))
    beyond = {months: [min(30, max(0, days - usual)) for days in found] for months, found in late.items()}
    found["usual_days_late_24m"] = usual
    for months in (3, 12, 24):
        if late[months]:
            found[f"days_beyond_habit_{months}m"] = Fraction(sum(beyond[months]) + 10, len(beyond[months]) + 2)
    counts = {3: 3, 6: 2, 12: 1, 24: 1}
    total = sum(count * sum(beyond[months]) for months, count in counts.items())
    size = sum(count * len(beyond[months]) for months, count in counts.items())
    found["days_beyond_habit_faded"] = Fraction(total + 40, size + 8)
    return found
