"""Customer transactions and settlements of Dynamics 365 Finance become documents, receipts and applications.

A settlement stands twice, once on either transaction with the sign of that transaction; one of the two is read. A
negative amount on the debit is a settlement that was undone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from credrisk.sources.erp.bodies import Record, day, money
from credrisk.sources.erp.closing_words import closing_by_name
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.erp.settled_items import Item, Match, Role, post_items

__all__ = ["post"]

_WORDS: tuple[tuple[str, Role, Role], ...] = (
    (r"\bwrite[\s-]?off", "offset", "write_off"),
    (r"\bcash discount", "debit_note", "discount"),
    (r"\bexchange|\bcurrency reval|exchadjust", "fx", "fx"),
    (r"\binterest|\bfee\b|collection letter", "late_fee", "credit_note"),
    (r"\bpayment|\bbill of exchange|\bdeposit", "cash_back", "cash"),
    (r"\bsales|\binvoice|\bproject|^cust(omer)?$", "invoice", "credit_note"),
)
"""Words in the type of a transaction, and what it then is as a debit and as a credit; the first found counts."""

TYPE_UNKNOWN = Notice(
    "warning",
    "documents",
    "type_unknown",
    "transactions are of a type that is not known, or given as a number: those with an invoice number are invoices and "
    "credit notes, the others what nobody can tell; none of them is taken as cash.",
    "export the name of the type (TransType$label), or state --set payment_words='NAME, NAME'.",
)
NO_SETTLEMENTS = Notice(
    "error",
    "applications",
    "no_settlements",
    "the export does not say which payment settled which invoice: every invoice stays open, and ages and days to pay "
    "cannot be told.",
    "export CustSettlement too.",
)
NOT_APPROVED = "transactions that were not approved"


def post(
    transactions: Sequence[Record],
    settlements: Sequence[Record],
    postings: Postings,
    *,
    write_offs: frozenset[str],
    payments: frozenset[str],
) -> list[Item]:
    """Decide what becomes of every transaction and settlement, and return the transactions as items."""
    items: dict[str, Item] = {}
    for record in transactions:
        item = _item(record, postings, write_offs, payments)
        if item is None:
            continue
        if item.key in items:
            postings.merge(record)
        else:
            items[item.key] = item
    if not settlements:
        for item in items.values():
            if item.role in ("cash", "credit_note"):
                postings.notice(NO_SETTLEMENTS, item.key, item.amount, item.currency)
    made = list(items.values())
    post_items(made, _matches(settlements, items, postings), postings)
    return made


def _item(record: Record, postings: Postings, write_offs: frozenset[str], payments: frozenset[str]) -> Item | None:
    body, amount = record.body, money(record.body, "amount")
    currency = body.get("currency")
    if (body.get("approved") or "yes").lower() in ("no", "false", "0"):
        postings.leave_out(record, NOT_APPROVED, amount, currency)
        return None
    key = body.get("id") or _voucher_key(body)
    role = _role(record, amount or Decimal(0), postings, write_offs, payments, key)
    return Item(
        key,
        record,
        role,
        body.get("customer"),
        amount,
        currency,
        day(body, "document_date") if _is_day(body, "document_date") else day(body, "date"),
        day(body, "due") if _is_day(body, "due") and (amount or 0) > 0 else None,
        day(body, "created") if _is_day(body, "created") else None,
        seller_entity=body.get("company"),
    )


def _is_day(body: Mapping[str, str], name: str) -> bool:
    """Tell whether a day is filled: Dynamics writes an empty one as 1900-01-01."""
    return bool(body.get(name)) and not str(day(body, name)).startswith("1900-01-01")


def _voucher_key(body: Mapping[str, str]) -> str:
    return "/".join(filter(None, (body.get("company"), body.get("voucher"), body.get("invoice"), body.get("customer"))))


def _role(
    record: Record,
    amount: Decimal,
    postings: Postings,
    write_offs: frozenset[str],
    payments: frozenset[str],
    key: str,
) -> Role:
    body = record.body
    kind, words = body.get("type") or "", body.get("text") or ""
    if {kind.lower(), words.lower()} & payments:
        return "cash" if amount < 0 else "cash_back"
    by_kind, by_words = (closing_by_name([said], write_offs) if amount < 0 else None for said in (kind, words))
    if by_kind is not None:
        return by_kind
    for pattern, debit, credit in _WORDS:
        if re.search(pattern, kind, re.I):
            written_off = credit == "credit_note" and by_words == "write_off"
            return debit if amount > 0 else "write_off" if written_off else credit
    if by_words is not None:
        return by_words
    if body.get("invoice"):
        postings.notice(TYPE_UNKNOWN, key, amount, body.get("currency"))
        return "invoice" if amount > 0 else "credit_note"
    if not re.search(r"journal|general", kind, re.I):
        postings.notice(TYPE_UNKNOWN, key, amount, body.get("currency"))
    return "debit_note" if amount > 0 else "offset"


def _matches(settlements: Sequence[Record], items: Mapping[str, Item], postings: Postings) -> list[Match]:
    """Return each settlement once: as it stands on the debit, else as it stands on the credit.

    Where the two are in different currencies, the amount on the credit is that of the cash.
    """
    sides: dict[tuple[str, str, str, bool], list[int]] = {}
    on_credit: list[tuple[Record, str, str, Decimal]] = []
    made: list[Match] = []
    for record in settlements:
        body, amount = record.body, money(record.body, "amount")
        one, other = body.get("transaction"), body.get("offset") or ""
        if amount is None or not one:
            postings.set_aside(record, "missing_value", "amount", table="applications", key=one, amount=amount)
        elif not amount:
            postings.leave_out(record, "settlements of nothing", amount)
        elif one not in items and other not in items:
            postings.leave_out(record, "settlements of other transactions", amount)
        elif _is_debit(one, other, items):
            sides.setdefault((one, other, _on(body), amount > 0), []).append(len(made))
            made.append(_match(record, one, other, amount, items))
        else:
            on_credit.append((record, other, one, -amount))
    for record, debit, credit, amount in on_credit:
        places = sides.get((debit, credit, _on(record.body), amount > 0), [])
        place = next((one for one in places if made[one].amount == amount), places[0] if places else None)
        if place is None:
            made.append(_match(record, debit, credit, amount, items))
            continue
        places.remove(place)
        postings.merge(record)
        if debit in items and credit in items and items[debit].currency != items[credit].currency:
            made[place] = replace(made[place], credit_amount=amount)
    return made


def _is_debit(one: str, other: str, items: Mapping[str, Item]) -> bool:
    if one in items:
        return (items[one].amount or 0) > 0
    return (items[other].amount or 0) < 0


def _on(body: Mapping[str, str]) -> str:
    return day(body, "date") or ""


def _match(record: Record, debit: str, credit: str, amount: Decimal, items: Mapping[str, Item]) -> Match:
    there = [items[key] for key in (debit, credit) if key in items]
    return Match(
        record,
        debit,
        None if credit in ("", "0") else credit,
        amount,
        _on(record.body) or max((one.document_date for one in there if one.document_date), default=None),
        day(record.body, "created") if _is_day(record.body, "created") else None,
    )
