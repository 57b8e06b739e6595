"""Changes of habit, and measures against what was open before, worked out the slow way.

What was open before a window comes from the ledger cut on the day before it began.
"""

from __future__ import annotations

import math
from fractions import Fraction

from features.oracle import Number, Oracle, divided, part

Paid = list[tuple[int, int]]


def between(oracle: Oracle, far: int, near: int) -> Paid:
    """Return (amount, days) paid in (as_of - far months, as_of - near months]."""
    found = []
    for document in oracle.debits():
        for leg in oracle.legs(document):
            until = oracle.start(near) if near else oracle.as_of
            if leg["cash"] and oracle.start(far) < leg["event"] <= until:
                amount = oracle.translate(-leg["amount"], document["currency"], leg["event"])
                found.append((amount, (leg["event"] - document["due_date"]).days))
    return found


def money(paid: Paid) -> int:
    return sum(amount for amount, _ in paid)


def mean(paid: Paid) -> Number:
    return divided(sum(amount * days for amount, days in paid), money(paid))


def scatter(paid: Paid) -> float:
    centre = mean(paid)
    variance = divided(sum(amount * (days - centre) ** 2 for amount, days in paid), money(paid))
    return math.sqrt(max(1, variance))


@part
def habit(oracle: Oracle) -> dict[str, Number]:
    names = ("dbt_change_3m", "dbt_change_in_sd_3m", "change_point_24m", "dbt_slope_12m", "growth_into_lateness")
    found: dict[str, Number] = dict.fromkeys(names)
    if not oracle.has("applications"):
        return found
    if oracle.covered(15):
        now, before = between(oracle, 3, 0), between(oracle, 15, 3)
        if money(now) > 0 and money(before) > 0:
            change = found["dbt_change_3m"] = mean(now) - mean(before)
            found["dbt_change_in_sd_3m"] = change / scatter(before)
            year_ago = oracle.sales(oracle.start(15), oracle.start(12))
            if year_ago > 0:
                growth = Fraction(oracle.invoiced(3), year_ago) - 1
                found["growth_into_lateness"] = max(0, growth) * max(0, change)
    if oracle.covered(24):
        whole, shifts = between(oracle, 24, 0), []
        for split in (3, 6, 9, 12):
            after, before = between(oracle, split, 0), between(oracle, 24, split)
            if money(after) > 0 and money(before) > 0:
                part = Fraction(money(after), money(whole))
                shift = mean(after) - mean(before)
                # Sign and square, so that equal strengths are equal.
                variance = divided(sum(a * d * d for a, d in whole), money(whole)) - mean(whole) ** 2
                shifts.append((part * (1 - part) * shift**2 / max(1, variance), shift > 0, shift))
        if shifts:
            strength, _, shift = max(shifts)
            found["change_point_24m"] = math.copysign(math.sqrt(strength), shift)
    if oracle.covered(12):
        quarters = [between(oracle, far, far - 3) for far in (12, 9, 6, 3)]
        points = [(money(paid), x, mean(paid)) for x, paid in enumerate(quarters) if money(paid) > 0]
        if len(points) > 1:
            total = sum(w for w, _, _ in points)
            x_mean = Fraction(sum(w * x for w, x, _ in points), total)
            y_mean = Fraction(sum(w * y for w, _, y in points), total)
            above = sum(w * (x - x_mean) * (y - y_mean) for w, x, y in points)
            found["dbt_slope_12m"] = Fraction(above) / sum(w * (x - x_mean) ** 2 for w, x, _ in points)
    return found


class Before:
    """What the ledger showed at the end of a day, at the rates of a later one."""

    def __init__(self, oracle: Oracle, months: int) -> None:
        then = Oracle(oracle.ledger, oracle.customer, oracle.start(months), oracle.step)
        lots = [(row, then.left(row)) for row in then.aged()]
        every = [(row, then.left(row)) for row in then.own]
        self.debit = oracle.by_currency([(row["currency"], max(left, 0)) for row, left in lots])
        self.credit = oracle.by_currency([(row["currency"], min(left, 0)) for row, left in every])
        late = [(row["currency"], max(left, 0)) for row, left in lots if row["due_date"] < then.as_of]
        self.past_due = oracle.by_currency(late)


def billed_since(oracle: Oracle, months: int) -> int:
    """Return the invoices above 0 that could not be seen when the window began, at today's rates."""
    start = oracle.start(months)
    new = [row for row in oracle.billed() if max(row["document_date"], row["recorded_at"]) > start]
    return oracle.by_currency([(row["currency"], max(0, row["amount"])) for row in new])


@part
def collection(oracle: Oracle) -> dict[str, Number]:
    ageing = oracle.ageing()
    found: dict[str, Number] = {}
    for months in (3, 12):
        index = None
        if oracle.covered(months):
            raised = Before(oracle, months).debit + billed_since(oracle, months)
            index = divided(raised - ageing["not_due"] - ageing["past_due"], raised - ageing["not_due"])
        found[f"collection_effectiveness_{months}m"] = index
    change = None
    if oracle.covered(3) and ageing["share_past_due"] is not None:
        before = Before(oracle, 3)
        share = divided(before.past_due, before.debit)
        change = None if share is None else ageing["share_past_due"] - share
    found["share_past_due_change_3m"] = change
    found["growth_into_past_due"] = None
    year_ago = oracle.sales(oracle.start(15), oracle.start(12)) if oracle.covered(15) else 0
    if change is not None and year_ago > 0:
        found["growth_into_past_due"] = max(0, Fraction(oracle.invoiced(3), year_ago) - 1) * max(0, change)
    return found


@part
def longer_dso(oracle: Oracle) -> dict[str, Number]:
    ageing = oracle.ageing()
    owed, current = oracle.sales_owed(), max(0, ageing["not_due"])
    days = {months: (oracle.as_of - oracle.start(months)).days for months in (3, 6, 12)}
    best = divided(current * days[12], oracle.invoiced(12))
    change = None
    if oracle.covered(15):
        before = Before(oracle, 12)
        owed_then = max(0, before.debit + before.credit)
        long = (oracle.start(12) - oracle.start(15)).days
        then = divided(owed_then * long, oracle.sales(oracle.start(15), oracle.start(12)))
        now = divided(owed * days[3], oracle.invoiced(3))
        change = None if now is None or then is None else now - then
    return {
        "dso_6m": divided(owed * days[6], oracle.invoiced(6)),
        "best_possible_dso_12m": best,
        "average_days_delinquent_12m": divided(ageing["past_due"] * days[12], oracle.invoiced(12)),
        "dso_change_12m": change,
    }
