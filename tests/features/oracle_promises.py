"""What promises were worth, the slow way: day by day, with what could be seen at the end of each."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from features.oracle import DAY, Number, Oracle, divided, part

YEAR = (
    "promises_made_12m",
    "kept_promises_12m",
    "promised_money_kept_share_12m",
    "late_kept_promises_12m",
    "broken_promise_days_12m",
    "repeat_broken_promises_12m",
)
EVENT = {"documents": "document_date", "receipts": "date", "applications": "applied_on"}


def seen_by(oracle: Oracle, day: date) -> Oracle:
    """Return the oracle with only the documents and the money that could be seen at the end of a day."""
    then = copy.copy(oracle)
    then.tables = dict(oracle.tables)
    for name, event in EVENT.items():
        then.tables[name] = [row for row in oracle.rows(name) if max(row[event], row["recorded_at"]) <= day]
    then.documents = {row["document_id"]: row for row in then.rows("documents")}
    then.receipts = {row["receipt_id"]: row for row in then.rows("receipts")}
    then.own = [row for row in then.documents.values() if row["customer_id"] == oracle.customer]
    return then


def came(oracle: Oracle, promise: dict[str, Any], until: date) -> int:
    """Return the cash for a promise from the day it was made to ``until``."""
    since = promise["made_on"]
    if promise["document_id"] is None:
        return sum(
            row["amount"]
            for row in oracle.receipts.values()
            if row["customer_id"] == oracle.customer
            and row["currency"] == promise["currency"]
            and since <= row["date"] <= until
        )
    document = oracle.documents.get(promise["document_id"])
    if document not in oracle.debits() or document["currency"] != promise["currency"]:
        return 0
    return -sum(leg["amount"] for leg in oracle.legs(document) if leg["cash"] and since <= leg["event"] <= until)


def outcome(oracle: Oracle, promise: dict[str, Any]) -> tuple[date | None, bool]:
    """Return the first day after the due day at whose end the promise, were it due then, would be kept or closed.

    Then whether it would be kept on that day or a later one.
    """
    days = {promise["due_on"] + DAY}
    for name, event in EVENT.items():
        days |= {max(row[event], row["recorded_at"]) for row in oracle.rows(name)}
    first = None
    for day in sorted(day for day in days if promise["due_on"] < day <= oracle.as_of):
        then, later = seen_by(oracle, day), {**promise, "due_on": date.max}
        if then.kept(later):
            return first or day, True
        if then.closed(later):
            first = first or day
    return first, False


@part
def promise_record(oracle: Oracle) -> dict[str, Number]:
    ahead = ("promises_due_30d", "promised_share_past_due")
    if not oracle.has("promises"):
        return dict.fromkeys((*YEAR, *ahead))
    own = [row for row in oracle.rows("promises") if row["customer_id"] == oracle.customer]
    judged = [row for row in own if not oracle.closed(row)]
    return {**of_the_year(oracle, own, judged), **to_come(oracle, judged)}


def of_the_year(oracle: Oracle, own: list[dict[str, Any]], judged: list[dict[str, Any]]) -> dict[str, Number]:
    if not oracle.covered(12):
        return dict.fromkeys(YEAR)
    promised = came_in = late = days = again = 0
    failed = [row for row in judged if row["due_on"] < oracle.as_of and not oracle.kept(row)]
    due = [row for row in judged if oracle.start(12) <= row["due_on"] < oracle.as_of]
    for row in due:
        amount = row["amount"]
        if amount is not None:
            promised += oracle.translate(amount, row["currency"], row["due_on"])
            missing = 0 if row not in failed else amount - min(max(0, came(oracle, row, row["due_on"])), amount)
            came_in += oracle.translate(amount, row["currency"], row["due_on"])
            came_in -= oracle.translate(missing, row["currency"], row["due_on"])
        if row in failed:
            until, good = outcome(oracle, row)
            late += good
            days += ((until or oracle.as_of) - row["due_on"]).days
            known = row["document_id"] is None or oracle.documents.get(row["document_id"]) in oracle.debits()
            again += known and any(
                each["document_id"] == row["document_id"] and each["due_on"] < row["made_on"] for each in failed
            )
    bad = sum(row in failed for row in due)
    made = sum(oracle.within(row["made_on"], 12) for row in own)
    found = made, len(due) - bad, divided(came_in, promised), late, divided(days, bad), again
    return dict(zip(YEAR, found, strict=True))


def to_come(oracle: Oracle, own: list[dict[str, Any]]) -> dict[str, Number]:
    still = [row for row in own if row["due_on"] >= oracle.as_of and not oracle.kept(row)]
    pairs = []
    for document in oracle.debits():
        mine = [
            row["amount"] if row["amount"] is None or row["currency"] == document["currency"] else 0
            for row in still
            if row["document_id"] == document["document_id"]
        ]
        if document["due_date"] < oracle.as_of and document["kind"] != "late_fee":
            left = max(0, oracle.left(document))
            pairs.append((document["currency"], left if None in mine else min(left, sum(mine))))
    free = sum(
        oracle.translate(row["amount"], row["currency"], oracle.as_of)
        for row in still
        if row["document_id"] is None and row["amount"] is not None
    )
    late = oracle.ageing()["past_due"]
    return {
        "promises_due_30d": sum(row["due_on"] <= oracle.as_of + timedelta(30) for row in still),
        "promised_share_past_due": divided(min(late, oracle.by_currency(pairs) + free), Fraction(late)),
    }
