"""The features of deductions, disputes, changed documents, credit events, limits, cover and terms, the slow way."""

from __future__ import annotations

import math
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from features.oracle import Number, Oracle, divided, part, within_one


def mine(oracle: Oracle) -> dict[str, Any]:
    return {row["document_id"]: row for row in oracle.debits()}


@part
def deductions(oracle: Oracle) -> dict[str, Number]:
    names = ("deductions_12m", "deduction_rate_12m", "discount_rate_12m", "unearned_discount_share_12m")
    names += ("write_off_rate_12m", "dilution_12m")
    if not (oracle.has("applications") and oracle.covered(12)):
        return dict.fromkeys(names)
    sums, count, late, own = {"deduction": 0, "discount": 0, "write_off": 0}, 0, 0, mine(oracle)
    for row in oracle.rows("applications"):
        document = own.get(row["to_document_id"])
        if document is None or row["kind"] not in sums:
            continue
        day = oracle.arrived(row, document)
        if oracle.within(day, 12):
            amount = oracle.translate(row["amount"], document["currency"], day)
            sums[row["kind"]] += amount
            count += row["kind"] == "deduction" and row["amount"] > 0
            late += amount if row["kind"] == "discount" and day > document["due_date"] else 0
    credited = sum(
        -oracle.translate(row["amount"], row["currency"], row["document_date"])
        for row in oracle.own
        if row["kind"] == "credit_note" and oracle.within(row["document_date"], 12)
    )
    sold = oracle.invoiced(12)
    return {
        "deductions_12m": count,
        "deduction_rate_12m": divided(sums["deduction"], sold),
        "discount_rate_12m": divided(sums["discount"], sold),
        "unearned_discount_share_12m": within_one(divided(late, sums["discount"])),
        "write_off_rate_12m": divided(sums["write_off"], sold),
        "dilution_12m": divided(credited + sums["deduction"] + sums["discount"], sold),
    }


@part
def more_of_disputes(oracle: Oracle) -> dict[str, Number]:
    names = ("disputes_12m", "repeat_disputes_12m", "valid_dispute_share_12m", "dispute_resolution_days_12m")
    if not oracle.has("disputes"):
        return dict.fromkeys((*names, "open_dispute_days"))
    own = mine(oracle)
    rows = sorted(
        (row for row in oracle.rows("disputes") if row["document_id"] in own), key=lambda row: row["opened_on"]
    )
    aged = total = opened = again = 0
    seen: set[str] = set()
    for row in rows:
        if oracle.within(row["opened_on"], 12):
            opened += 1
            again += row["document_id"] in seen
        seen.add(row["document_id"])
        document = own[row["document_id"]]
        left = max(0, oracle.left(document))
        if row["resolved_on"] is None and left > 0:
            part = left if row["amount"] is None else min(left, row["amount"])
            weight = oracle.translate(part, document["currency"], oracle.as_of)
            aged, total = aged + weight * (oracle.as_of - row["opened_on"]).days, total + weight
    resolved = [row for row in rows if row["resolved_on"] is not None and oracle.within(row["resolved_on"], 12)]
    told = [row["outcome"] for row in resolved if row["outcome"] is not None]
    took = sum((row["resolved_on"] - row["opened_on"]).days for row in resolved)
    year = opened, again, divided(sum(o in ("valid", "partly") for o in told), len(told)), divided(took, len(resolved))
    return {
        **dict(zip(names, year if oracle.covered(12) else (None,) * 4, strict=True)),
        "open_dispute_days": divided(aged, total),
    }


@part
def redating(oracle: Oracle) -> dict[str, Number]:
    names = ("postponements_12m", "postponed_rate_12m", "postponed_days_12m", "rebilled_12m")
    if not (oracle.has("document_changes") and oracle.covered(12)):
        return dict.fromkeys(names)
    own, moved, rebilled = mine(oracle), [], 0
    for row in oracle.rows("document_changes"):
        document = own.get(row["document_id"])
        if document is None or not oracle.within(row["changed_on"], 12):
            continue
        rebilled += row["field"] == "rebilled_as" and bool(row["value"])
        if row["field"] == "due_date" and (row["value"] or "").startswith("20"):
            days = (date.fromisoformat(row["value"]) - document["due_date"]).days
            if days > 0:
                moved.append((oracle.translate(document["amount"], document["currency"], row["changed_on"]), days))
    money = sum(amount for amount, _ in moved)
    weighted = sum(amount * days for amount, days in moved)
    found = len(moved), divided(money, oracle.invoiced(12)), divided(weighted, money), rebilled
    return dict(zip(names, found, strict=True))


@part
def credit_events(oracle: Oracle) -> dict[str, Number]:
    names = ("placements_12m", "legal_actions_12m", "days_since_credit_event")
    if not oracle.has("credit_events"):
        return dict.fromkeys(names)
    own = [row for row in oracle.rows("credit_events") if row["customer_id"] == oracle.customer]
    dates = [row["date"] for row in own if row["kind"] != "recovery"]
    counts: list[Number] = [
        sum(row["kind"] == kind and oracle.within(row["date"], 12) for row in own) if oracle.covered(12) else None
        for kind in ("placement", "legal_action")
    ]
    return dict(zip(names, [*counts, (oracle.as_of - max(dates)).days if dates else None], strict=True))


def seen_on(row: dict[str, Any]) -> date:
    return max(row["valid_from"], row["recorded_at"])


def history(oracle: Oracle, attribute: str) -> list[tuple[date, float | None]]:
    """Return the value in force at the end of each day on which one could first be seen."""
    own = [
        r for r in oracle.rows("customer_history") if (r["customer_id"], r["attribute"]) == (oracle.customer, attribute)
    ]
    found = []
    for day in sorted({seen_on(row) for row in own}):
        ranked = []
        for row in own:
            if seen_on(row) <= day:
                try:
                    value = float(row["value"])
                except (TypeError, ValueError):
                    value = -math.inf
                ranked.append((row["valid_from"], row["recorded_at"], value))
        value = max(ranked)[2]
        found.append((day, value if math.isfinite(value) else None))
    return found


@part
def limit_changes(oracle: Oracle) -> dict[str, Number]:
    raised = cut = 0
    last, before = None, None
    for day, value in history(oracle, "credit_limit"):
        if value != before:
            last = day
            if before is not None and oracle.within(day, 12):
                raised += value is not None and value > before
                cut += value is None or value < before
        before = value
    measured = oracle.has("customer_history") and oracle.covered(12)
    return {
        "limit_raises_12m": raised if measured else None,
        "limit_cuts_12m": cut if measured else None,
        "days_since_limit_change": None if last is None else (oracle.as_of - last).days,
    }


@part
def terms(oracle: Oracle) -> dict[str, Number]:
    then = [value for day, value in history(oracle, "terms_days") if day <= oracle.start(12)]
    now, before = oracle.agreed("terms_days"), then[-1] if then else None

    def on_invoices(months: int) -> Number:
        rows = [row for row in oracle.billed() if oracle.within(row["document_date"], months)]
        money = [(oracle.translate(r["amount"], r["currency"], r["document_date"]), r) for r in rows]
        weighted = sum(amount * (row["due_date"] - row["document_date"]).days for amount, row in money)
        return divided(weighted, sum(amount for amount, _ in money))

    quarter, year = (on_invoices(3), on_invoices(12)) if oracle.covered(12) else (None, None)
    return {
        "terms_change_12m": None if now is None or before is None or not oracle.covered(12) else now - before,
        "invoice_terms_trend": None if quarter is None or year is None else quarter - year,
    }


@part
def cover(oracle: Oracle) -> dict[str, Number]:
    names = ("cover_cuts_12m", "uncovered", "covered_share", "eligible_share", "eligible_insured_share")
    names += ("days_since_cover_cut", "cover_cut_share_12m", "days_beyond_stop_shipment", "days_beyond_report_overdue")
    if not oracle.has("cover"):
        return dict.fromkeys(names)
    contracts: dict[str, list[Any]] = {}
    for row in oracle.rows("cover"):
        if row["customer_id"] == oracle.customer:
            in_full = row["kind"] in ("guarantee", "letter_of_credit", "security")
            share = float(in_full) if row["insured_share"] is None else row["insured_share"]
            rank = (row["valid_from"], row["recorded_at"], row["limit"], share, row["deductible"] or 0)
            rank += (row["valid_to"] or date.max, row["currency"])
            bound = math.inf if row["max_terms_days"] is None else row["max_terms_days"]
            ends = [
                math.inf if row[name] is None else row[name] for name in ("stop_shipment_dpd", "report_overdue_dpd")
            ]
            contracts.setdefault(row["cover_id"], []).append((*rank, bound, *ends, seen_on(row)))
    cuts, bounds, last_cut, lost, in_force = 0, [], None, 0, []
    for rows in contracts.values():
        before = None
        for day in sorted({row[-1] for row in rows}):
            row = max(row for row in rows if row[-1] <= day)
            if before is not None and before[6] == row[6]:
                was, now = (each[2] * each[3] if each[5] >= day else 0 for each in (before, row))
                if now < was:
                    last_cut = day if last_cut is None else max(last_cut, day)
                    if oracle.within(day, 12):
                        cuts += 1
                        lost += oracle.translate(round(was) - round(now), row[6], day)
            before = row
        if before is not None and before[5] >= oracle.as_of:
            bounds.append(before[7])
            in_force.append(before)
    insured = sum(oracle.translate(round(row[2] * row[3]), row[6], oracle.as_of) for row in in_force)
    owed = max(0, oracle.ageing()["net_balance"])
    pays = oracle.covered_by_contracts(owed)
    debit = oracle.ageing()["not_due"] + oracle.ageing()["past_due"]
    allowed = timedelta.max if not bounds or max(bounds) == math.inf else timedelta(max(bounds))
    eligible = oracle.by_currency(
        [
            (r["currency"], max(0, oracle.left(r)))
            for r in oracle.aged()
            if r["due_date"] - r["document_date"] <= allowed
        ]
    )
    return {
        "cover_cuts_12m": cuts if oracle.covered(12) else None,
        "uncovered": owed - pays,
        "covered_share": divided(pays, Fraction(owed)),
        "eligible_share": within_one(divided(eligible, debit)) if bounds else None,
        "eligible_insured_share": divided(insured_within_terms(oracle, owed, in_force), Fraction(owed)),
        "days_since_cover_cut": None if last_cut is None else (oracle.as_of - last_cut).days,
        "cover_cut_share_12m": divided(lost, lost + insured) if oracle.covered(12) else None,
        "days_beyond_stop_shipment": days_beyond(oracle, [row[8] for row in in_force]),
        "days_beyond_report_overdue": days_beyond(oracle, [row[9] for row in in_force]),
    }


def insured_within_terms(oracle: Oracle, owed: int, in_force: list[Any]) -> int:
    """Return what the contracts would pay, each on the items whose terms it allows."""
    total = 0
    for _, _, limit, share, deductible, _, currency, bound, *_ in in_force:
        items = [row for row in oracle.aged() if (row["due_date"] - row["document_date"]).days <= bound]
        eligible = oracle.by_currency([(row["currency"], max(0, oracle.left(row))) for row in items])
        limit, deductible = (oracle.translate(amount, currency, oracle.as_of) for amount in (limit, deductible))
        total += round(max(Fraction(0), Fraction(share) * min(limit, owed, eligible) - deductible))
    return min(owed, total)


def days_beyond(oracle: Oracle, thresholds: list[float]) -> Number:
    oldest = oracle.ageing()["oldest_open_days"]
    least = min(thresholds, default=math.inf)
    return None if oldest is None or least == math.inf else oldest - least
