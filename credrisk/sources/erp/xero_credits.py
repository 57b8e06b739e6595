"""What invoices of Xero say about their own closing where the payments and credits themselves do not say it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from credrisk.sources.erp import xero_notices as notices
from credrisk.sources.erp.bodies import Body, Record, day, money, text
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.xero_bodies import IDS, inside
from credrisk.sources.erp.xero_books import CENT, Books, add_receipt, apply

__all__ = ["post_listed_credits", "settle_by_date"]

CREDITS = {"CreditNotes": "CreditNote", "Overpayments": "Overpayment", "Prepayments": "Prepayment"}


def post_listed_credits(record: Record, books: Books, postings: Postings) -> None:
    """Apply the credits that an invoice lists, unless their own allocations were applied."""
    body, currency = record.body, text(record.body, "CurrencyCode")
    invoice, listed = str(text(body, "InvoiceID")), list(_listed(body))
    told = {key for key, target in books.allocated if target == invoice}
    credited = money(body, "AmountCredited")
    if credited is None:
        paid, due, total = (money(body, name) for name in ("AmountPaid", "AmountDue", "Total"))
        credited = total - paid - due if total is not None and paid is not None and due is not None else None
    open_ones = [(kind, one) for kind, one in listed if f"{kind}:{text(one, IDS[kind])}" not in told]
    for kind, one in open_ones:
        amount = money(one, "AppliedAmount") or _applied_amount(one, listed, credited)
        if not amount:
            continue
        number = f"{kind}:{text(one, IDS[kind])}"
        there = books.found(kind, text(one, IDS[kind]))
        how = "payment" if kind != "CreditNote" else books.credit_note_closes_as(there) if there else "credit_note"
        if there is None:
            postings.notice(notices.CREDIT_NOT_THERE, number, amount, currency)
        apply(record, number if there else None, invoice, amount, _day_of(body, one, amount), how, books, postings)
        postings.notice(notices.ALLOCATION_UNDATED, number, amount, currency)
    unknown = (credited or Decimal()) - (books.applied[invoice] - books.paid[invoice])
    if unknown > CENT:
        postings.notice(notices.CREDITED_BY_UNKNOWN, invoice, unknown, currency)
        if on := day(body, "FullyPaidOnDate"):
            apply(record, None, invoice, unknown, on, "offset", books, postings)


def settle_by_date(record: Record, books: Books, postings: Postings) -> None:
    """Settle what an invoice says was paid, and no payment in the export says, on the day it was paid in full."""
    body, currency = record.body, text(record.body, "CurrencyCode")
    invoice, paid = str(text(body, "InvoiceID")), money(body, "AmountPaid")
    missing = (paid or Decimal()) - books.paid[invoice]
    if missing <= CENT:
        return
    on = day(body, "FullyPaidOnDate")
    if on is None:
        postings.notice(notices.PAID_WITHOUT_DATE, invoice, missing, currency)
        return
    number = f"settled:{invoice}"
    add_receipt(record, number, str(missing), text(body, "Contact", "ContactID"), postings, on=on)
    apply(record, number, invoice, missing, on, "payment", books, postings)
    books.paid[invoice] += missing
    postings.notice(notices.PAID_IN_ONE_SUM, invoice, missing, currency)


def _listed(body: Body) -> Iterator[tuple[str, Body]]:
    for plural, kind in CREDITS.items():
        yield from ((kind, one) for one in inside(body, plural))


def _applied_amount(one: Body, listed: list[tuple[str, Body]], credited: Decimal | None) -> Decimal | None:
    """Return what a listed credit gave, where the sums prove it: it is the only one, or all were used in full."""
    if credited is None:
        return None
    if len(listed) == 1:
        return credited
    totals = [money(credit, "Total") for _, credit in listed]
    whole = sum((total for total in totals if total is not None), Decimal())
    return money(one, "Total") if None not in totals and abs(whole - credited) <= CENT else None


def _day_of(body: Body, credit: Body, amount: Decimal) -> str | None:
    """Return the day on which a listed credit was applied, as far as it can be told."""
    full = day(body, "FullyPaidOnDate")
    if full is not None and amount == money(body, "Total"):
        return full
    days = [day(body, "DateString") or day(body, "Date"), day(credit, "DateString") or day(credit, "Date")]
    return max(filter(None, days), default=None)
