"""The open items by plain loops over the rows of the tables: what the portfolio measures are held to."""

from __future__ import annotations

from datetime import date
from typing import Any

from credrisk.dates import months_after
from credrisk.ledger.ledger import Ledger

OUTCOME = {
    "payment": "paid",
    "recovery": "paid",
    "credit_note": "credited",
    "write_off": "written_off",
    "deduction": "deducted",
    "discount": "discounted",
    "offset": "offset",
}


def rate_on(ledger: Ledger, currency: str, day: date) -> float:
    """Return the last rate on or before the day, minor unit to minor unit."""
    if currency == ledger.settings.currency:
        return 1.0
    decimals = {"EUR": 2, "USD": 2, "JPY": 0}
    known = [r for r in ledger.table("rates").sort("date").to_dicts() if r["currency"] == currency and r["date"] <= day]
    return float(known[-1]["rate"] * 10 ** (decimals[ledger.settings.currency] - decimals[currency]))


class SlowItem:
    """A document and its movements in the order of the day from which they could be seen."""

    def __init__(self, document: dict[str, Any], ledger: Ledger) -> None:
        self.document = document
        self.seen = max(document["document_date"], document["recorded_at"])
        moves = [(self.seen, 0, document["document_date"], "document", document["amount"], None)]
        receipts = {r["receipt_id"]: r for r in ledger.table("receipts").to_dicts()}
        for row in ledger.table("applications").to_dicts():
            day = max(row["applied_on"], row["recorded_at"], self.seen)
            if row["to_document_id"] == document["document_id"]:
                event = row["applied_on"]
                receipt = receipts.get(row["from_id"])
                if row["from_kind"] == "receipt" and receipt and max(receipt["date"], receipt["recorded_at"]) <= day:
                    event = min(event, receipt["date"])
                moves.append((day, 1, event, row["kind"], -row["amount"], row["from_kind"]))
            if row["from_kind"] == "document" and row["from_id"] == document["document_id"]:
                given = row["amount"] if row["from_amount"] is None else row["from_amount"]
                moves.append((day, 1, row["applied_on"], row["kind"], given, row["from_kind"]))
        self.moves = sorted(moves, key=lambda move: move[:5])

    def left(self, day: date) -> int:
        """Return what is open at the end of the day, in minor units."""
        return sum(move[4] for move in self.moves if move[0] <= day)

    def taken_back(self) -> dict[int, int]:
        """Return by its place in the moves what each takes back of what stands written off then."""

        def turn(place: int) -> tuple[date, int]:
            day, _, _, kind, amount, source = self.moves[place]
            if kind == "document":
                return day, 0
            if kind == "reversal" and source != "none":
                return day, 1
            return day, 2 if kind == "write_off" and amount < 0 else 3

        standing, found = 0, {}
        for place in sorted(range(len(self.moves)), key=turn):
            _, _, _, kind, amount, source = self.moves[place]
            if kind == "write_off" and amount < 0:
                standing -= amount
            elif (kind == "write_off" or (kind == "reversal" and source == "none")) and amount > 0:
                found[place] = min(amount, standing)
                standing -= found[place]
        return found

    def changes(self) -> list[tuple[date, date, str, int]]:
        """Return (day seen, day of the event, outcome, change of what is left above 0)."""
        level, back, found = 0, self.taken_back(), []
        for place, (day, _, event, kind, amount, source) in enumerate(self.moves):
            of_write_offs = back.get(place, 0) if kind == "reversal" else 0
            before, level = level, level + of_write_offs
            if of_write_offs:
                found.append((day, event, "written_off", max(level, 0) - max(before, 0)))
            before, level = level, level + amount - of_write_offs
            if kind == "document":
                outcome = "opened"
            elif source == "document":
                outcome = "credited"
            elif kind == "reversal" and source == "receipt":
                outcome = "paid"
            else:
                outcome = OUTCOME.get(kind, "other")
            found.append((day, event, outcome, max(level, 0) - max(before, 0)))
        return found

    def bucket(self, day: date) -> str:
        """Return the bucket of the item on a day."""
        late = (day - self.document["due_date"]).days
        names = ("not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90")
        return names[sum(late > edge for edge in (0, 30, 60, 90))]


def slow_items(ledger: Ledger, *, fees: bool = False) -> list[SlowItem]:
    """Return every item of the ledger; fee notes for late payment only on request."""
    rows = ledger.table("documents").to_dicts()
    return [SlowItem(row, ledger) for row in rows if fees or row["kind"] != "late_fee"]


def sales_by_month(ledger: Ledger, end: date, months: int = 12) -> list[float | None]:
    """Return what was invoiced in each month counted back from a day; None where a month is not covered."""
    found: list[float | None] = []
    for month in range(months):
        low, high = months_after(end, -month - 1), months_after(end, -month)
        total = 0.0
        for row in ledger.table("documents").to_dicts():
            known = max(row["document_date"], row["recorded_at"]) <= end
            if row["kind"] in ("invoice", "debit_note") and known and low < row["document_date"] <= high:
                total += round(row["amount"] * rate_on(ledger, row["currency"], row["document_date"]))
        covered = (low - ledger.settings.covers_from).days >= -1
        found.append(total if covered else None)
    return found
