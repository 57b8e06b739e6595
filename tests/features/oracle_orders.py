"""The features of orders and of the rhythm of invoices, worked out the slow way."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from features.oracle import Number, Oracle, divided, part


@part
def orders(oracle: Oracle) -> dict[str, Number]:
    names = ("open_orders", "late_delivery_share", "ordered_3m", "ordered_against_last_year", "book_to_bill_3m")
    names += ("days_since_last_order", "open_orders_to_limit", "utilisation_with_orders")
    if not oracle.has("orders"):
        return dict.fromkeys(names)
    own = [row for row in oracle.rows("orders") if row["customer_id"] == oracle.customer]
    still = [row for row in own if row["closed_on"] is None]
    late = [row for row in still if row["requested_delivery"] is not None and row["requested_delivery"] < oracle.as_of]
    standing = oracle.by_currency([(row["currency"], row["amount"]) for row in still])

    def placed(far: int, near: int) -> int:
        until = oracle.start(near) if near else oracle.as_of
        return sum(
            oracle.translate(row["amount"], row["currency"], row["order_date"])
            for row in own
            if oracle.start(far) < row["order_date"] <= until
        )

    limit = oracle.agreed("credit_limit") if oracle.has("customer_history") else None
    limit = None if limit is None else round(limit * 100)
    used = max(0, oracle.ageing()["net_balance"] + standing)
    return {
        "open_orders": standing,
        "late_delivery_share": divided(
            oracle.by_currency([(row["currency"], row["amount"]) for row in late]), standing
        ),
        "ordered_3m": placed(3, 0) if oracle.covered(3) else None,
        "ordered_against_last_year": divided(placed(3, 0), placed(15, 12)) if oracle.covered(15) else None,
        "book_to_bill_3m": divided(placed(3, 0), oracle.invoiced(3)),
        "days_since_last_order": (oracle.as_of - max(row["order_date"] for row in own)).days if own else None,
        "open_orders_to_limit": divided(standing, limit),
        "utilisation_with_orders": divided(used, limit),
    }


@part
def rhythm(oracle: Oracle) -> dict[str, Number]:
    names = ("invoice_gap_12m", "silence_to_gap_12m", "silent_months_12m", "invoicing_concentration_12m")
    found: dict[str, Number] = dict.fromkeys((*names, "largest_invoice_share_12m", "invoiced_against_last_year"))
    if oracle.covered(15):
        quarter = oracle.sales(oracle.start(15), oracle.start(12))
        found["invoiced_against_last_year"] = divided(oracle.invoiced(3), quarter)
    if not oracle.covered(12):
        return found
    year = [row for row in oracle.billed() if oracle.within(row["document_date"], 12)]
    days = sorted({row["document_date"] for row in year})
    if len(days) > 1:
        gap = Fraction(sum((later - earlier).days for earlier, later in pairwise(days)), len(days) - 1)
        found["invoice_gap_12m"] = gap
        found["silence_to_gap_12m"] = (oracle.as_of - days[-1]).days / gap
    edges = [oracle.as_of, *(oracle.start(month) for month in range(1, 13))]
    months = [oracle.sales(after, until) for until, after in pairwise(edges)]
    found["silent_months_12m"] = sum(month == 0 for month in months)
    whole = oracle.invoiced(12)
    if whole:
        found["invoicing_concentration_12m"] = sum(Fraction(month, whole) ** 2 for month in months)
        largest = max(oracle.translate(row["amount"], row["currency"], row["document_date"]) for row in year)
        found["largest_invoice_share_12m"] = Fraction(largest, whole)
    return found
