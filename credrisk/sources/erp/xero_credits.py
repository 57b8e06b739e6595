"""What invoices of Xero say about their own closing where the payments and credits themselves do not say it."""

from __future__ import annotations

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
    invoice, credited = str(text(body, "InvoiceID")), _credited(record.body)
    told = {key for key, target in books.allocated if target == invoice}
    listed = _listed(body)
    amounts = _amounts(listed, credited)
    for (kind, key), entries in listed.items():
        number, amount = f"{kind}:{key}", amounts[kind, key]
        if number in told or not amount:
            continue
        there = books.found(kind, key)
        how = "payment" if kind != "CreditNote" else books.credit_note_closes_as(there) if there else "credit_note"
        if there is None:
            postings.notice(notices.CREDIT_NOT_THERE, number, amount, currency)
        on = _day_of(body, entries[0], amount)
        books.credited[number] += amount
        apply(record, number if there and how != "write_off" else None, invoice, amount, on, how, books, postings)
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


def _credited(body: Body) -> Decimal | None:
    """Return what an invoice says was credited: by itself, or as what is neither paid nor due."""
    stated = money(body, "AmountCredited")
    paid, due, total = (money(body, name) for name in ("AmountPaid", "AmountDue", "Total"))
    if stated is not None or paid is None or due is None or total is None:
        return stated
    return total - paid - due


def _listed(body: Body) -> dict[tuple[str, str | None], list[Body]]:
    """Return the credits that an invoice lists, by kind and id; one that was applied twice is listed twice."""
    found: dict[tuple[str, str | None], list[Body]] = {}
    for plural, kind in CREDITS.items():
        for one in inside(body, plural):
            found.setdefault((kind, text(one, IDS[kind])), []).append(one)
    return found


def _amounts(
    listed: dict[tuple[str, str | None], list[Body]], credited: Decimal | None
) -> dict[tuple[str, str | None], Decimal | None]:
    """Return what each listed credit gave.

    As stated, where that is not more than was credited; else where the sums prove it: it is the only one, or all were
    used in full.
    """
    stated = {key: _sum([money(one, "AppliedAmount") for one in entries]) for key, entries in listed.items()}
    given = _sum(list(stated.values()))
    if given is not None and (credited is None or given <= credited + CENT):
        return stated
    totals = {key: money(entries[0], "Total") for key, entries in listed.items()}
    whole = _sum(list(totals.values()))
    if credited is not None and len(listed) == 1:
        return dict.fromkeys(listed, credited)
    if credited is not None and whole is not None and abs(whole - credited) <= CENT:
        return totals
    return dict.fromkeys(listed)


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    """Return the sum of amounts; None where one of them is not known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal()) if len(known) == len(amounts) else None


def _day_of(body: Body, credit: Body, amount: Decimal) -> str | None:
    """Return the day on which a listed credit was applied, as far as it can be told."""
    full = day(body, "FullyPaidOnDate")
    if full is not None and amount == money(body, "Total"):
        return full
    days = [day(body, "DateString") or day(body, "Date"), day(credit, "DateString") or day(credit, "Date")]
    return max(filter(None, days), default=None)
