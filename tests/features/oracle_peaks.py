"""The highest balance and the days above the limit, worked out day by day from the ledger cut at each."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from features.oracle import Number, Oracle, divided, part
from features.oracle_credit import history


@part
def peaks(oracle: Oracle) -> dict[str, Number]:
    names = ("peak_balance_12m", "balance_to_peak_12m", "peak_utilisation_12m", "over_limit_days_12m")
    if not oracle.covered(12):
        return dict.fromkeys(names)
    moved = []
    for document in oracle.own:
        known = max(document["document_date"], document["recorded_at"])
        moved.append((known, document["currency"], document["amount"]))
        for row in oracle.rows("applications"):
            seen = max(row["applied_on"], row["recorded_at"], known)
            other = row["amount"] if row["from_amount"] is None else row["from_amount"]
            if row["to_document_id"] == document["document_id"]:
                moved.append((seen, document["currency"], -row["amount"]))
            if row["from_kind"] == "document" and row["from_id"] == document["document_id"]:
                moved.append((seen, document["currency"], other))
    for receipt in oracle.receipts.values():
        if receipt["customer_id"] == oracle.customer:
            known = max(receipt["date"], receipt["recorded_at"])
            moved.append((known, receipt["currency"], -receipt["amount"]))
            for row in oracle.rows("applications"):
                if row["from_kind"] == "receipt" and row["from_id"] == receipt["receipt_id"]:
                    other = row["amount"] if row["from_amount"] is None else row["from_amount"]
                    moved.append((max(row["applied_on"], row["recorded_at"], known), receipt["currency"], other))
    limits, codes = history(oracle, "credit_limit"), {code for _, code, _ in moved}
    top, used, over, limited = None, None, 0, 0
    day = oracle.start(12) + timedelta(1)
    while day <= oracle.as_of:
        totals = {code: sum(amount for seen, c, amount in moved if c == code and seen <= day) for code in codes}
        net = sum(oracle.translate(total, code, day) for code, total in totals.items() if total)
        top = net if top is None else max(top, net)
        limit = next((value for seen, value in reversed(limits) if seen <= day), None)
        if limit is not None:
            limited += 1
            over += net > round(limit * 100)
            if limit > 0:
                used = max(used or 0, Fraction(max(0, net), round(limit * 100)))
        day += timedelta(1)
    given = oracle.has("customer_history")
    return {
        "peak_balance_12m": top,
        "balance_to_peak_12m": divided(oracle.ageing()["net_balance"], top),
        "peak_utilisation_12m": used if given else None,
        "over_limit_days_12m": over if given and limited else None,
    }
