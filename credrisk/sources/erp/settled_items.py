"""Postings on customers' accounts and what was settled against what, as documents, receipts and applications.

Every system here keeps debits, credits and pairs of them. What a pair means is told by what the credit is: cash pays, a
credit note credits, a posting to an account of bad debt writes off; what nobody can tell is an offset, and a finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from credrisk.sources.erp.bodies import Record
from credrisk.sources.erp.postings import Notice, Postings

__all__ = ["Customer", "Item", "Match", "post_customers", "post_items"]

Role = Literal[
    "invoice", "debit_note", "late_fee", "credit_note", "cash", "cash_back", "write_off", "discount", "fx", "offset"
]
"""``cash_back`` is cash that went back to the customer; ``offset`` a posting of which nobody can tell what it is."""
CENT = Decimal("0.005")
_DEBITS = ("invoice", "debit_note", "late_fee")
_NO_SOURCE: Mapping[str, str] = {"write_off": "write_off", "discount": "discount", "fx": "fx_difference"}
"""Credits that are no document: they only close others."""

SETTLED_BY_UNKNOWN = Notice(
    "warning",
    "applications",
    "settled_by_unknown",
    "documents were settled against postings that are not in the export: they are closed as offset, not as paid.",
    "export the whole period of all transactions of customers, payments too.",
)
OFFSET_NOT_TOLD = Notice(
    "warning",
    "applications",
    "offset_not_told",
    "documents were closed by journals or postings that are neither cash nor credit notes as far as the export says; "
    "they are closed as offset, not as paid.",
    "look at them: a write-off would be a loss.",
)
OWN_CANCELLATION = Notice(
    "note",
    "applications",
    "own_cancellation",
    "documents were closed by their own cancellation: nobody paid them; they are closed as credited.",
)
PAID_BACK = Notice(
    "note",
    "receipts",
    "cash_paid_back",
    "cash went back against cash: both are receipts, and neither is applied to a document.",
)
CREDIT_LEFT = Notice(
    "warning",
    "documents",
    "closing_left",
    "write-offs or discounts of which the export does not say what they closed stand as credits.",
    "export the settlements of the whole period.",
)
FROM_REFERENCES = Notice(
    "warning",
    "customers",
    "customers_from_references",
    "customers that the export has no record of were taken from the postings that name them.",
    "export the customers too.",
)


@dataclass(frozen=True)
class Item:
    """One posting on a customer's account.

    Attributes
    ----------
    amount
        In the currency of the posting; a debit is positive, a credit negative.
    cancels
        Key of the posting that it cancels, where the system says so.
    """

    key: str
    record: Record
    role: Role
    customer_id: str | None
    amount: Decimal | None
    currency: str | None = None
    document_date: str | None = None
    due_date: str | None = None
    recorded_at: str | None = None
    cancels: str | None = None
    tax_amount: Decimal | None = None
    seller_entity: str | None = None


@dataclass(frozen=True)
class Match:
    """An amount of a debit that was settled against a credit.

    Attributes
    ----------
    debit, credit
        Keys of the postings; a credit of None closed the debit without being a posting (a cash discount taken).
    amount
        In the currency of the debit; negative where a settlement was undone.
    kind
        Kind of the application where the system itself says it.
    credit_amount
        In the currency of the credit, where that differs.
    """

    record: Record
    debit: str
    credit: str | None
    amount: Decimal
    on: str | None
    recorded_at: str | None = None
    kind: str | None = None
    credit_amount: Decimal | None = None


@dataclass(frozen=True)
class Customer:
    """One record of a customer, its cells under the names of the ledger's table."""

    customer_id: str
    record: Record
    cells: Mapping[str, str | None]


def post_items(items: Sequence[Item], matches: Sequence[Match], postings: Postings) -> None:
    """Decide what becomes of every posting and of every settlement."""
    known = {item.key: item for item in items if _is_whole(item, postings)}
    closed: dict[str, Decimal] = defaultdict(Decimal)
    for match in matches:
        debit = known.get(match.debit)
        if match.credit is not None and debit is not None and debit.role != "cash_back":
            closed[match.credit] += match.amount
    for item in known.values():
        _post(item, closed[item.key], postings)
    for match in matches:
        _settle(match, known, postings)


def post_customers(customers: Iterable[Customer], items: Iterable[Item], postings: Postings) -> None:
    """Add the customers, and those that only postings name."""
    there = set()
    for one in customers:
        there.add(one.customer_id)
        postings.add("customers", one.record, customer_id=one.customer_id, **one.cells)
    for item in items:
        if item.customer_id and item.customer_id not in there and postings.is_settled(item.record):
            there.add(item.customer_id)
            postings.add("customers", item.record, customer_id=item.customer_id)
            postings.notice(FROM_REFERENCES, item.customer_id)


def _is_whole(item: Item, postings: Postings) -> bool:
    """Set aside what lacks a customer or an amount, and leave out what is of nothing."""
    if item.amount is not None and item.customer_id:
        if item.amount:
            return True
        if not postings.is_settled(item.record):
            postings.leave_out(item.record, "postings of nothing", item.amount, item.currency)
        return False
    if not postings.is_settled(item.record):
        table = "receipts" if item.role in ("cash", "cash_back") else "documents"
        column = "amount" if item.customer_id else "customer_id"
        postings.set_aside(
            item.record, "missing_value", column, table=table, key=item.key, amount=item.amount, currency=item.currency
        )
    return False


def _post(item: Item, closed: Decimal, postings: Postings) -> None:
    amount = item.amount or Decimal(0)
    if item.role in ("cash", "cash_back"):
        postings.add(
            "receipts",
            item.record,
            receipt_id=item.key,
            customer_id=item.customer_id,
            date=item.document_date,
            amount=-amount,
            currency=item.currency,
            recorded_at=item.recorded_at,
        )
        return
    if item.role in _NO_SOURCE and amount < 0:
        amount += closed
        if amount >= -CENT:
            postings.use(item.record)
            return
        postings.notice(CREDIT_LEFT, item.key, -amount, item.currency)
    kind = item.role if item.role in _DEBITS and amount > 0 else "credit_note" if amount < 0 else "debit_note"
    postings.add(
        "documents",
        item.record,
        document_id=item.key,
        customer_id=item.customer_id,
        seller_entity=item.seller_entity,
        kind=kind,
        document_date=item.document_date,
        due_date=item.due_date or (item.document_date if amount < 0 or item.role not in _DEBITS else None),
        amount=amount,
        tax_amount=item.tax_amount,
        currency=item.currency,
        recorded_at=item.recorded_at,
    )


def _settle(match: Match, known: Mapping[str, Item], postings: Postings) -> None:
    debit, credit = known.get(match.debit), known.get(match.credit or "")
    if debit is None and (credit is None or credit.role in ("cash", *_NO_SOURCE)):
        if not postings.is_settled(match.record):
            where = credit.currency if credit else None
            postings.set_aside(
                match.record,
                "unknown_document",
                "to_document_id",
                table="applications",
                key=match.debit,
                amount=match.amount,
                currency=where,
            )
        return
    if debit is None and credit is not None:  # a credit that went to a posting which is not there
        _apply(match, None, credit, -match.amount, match.kind or "offset", postings)
        postings.notice(SETTLED_BY_UNKNOWN, credit.key, match.amount, credit.currency)
    elif debit is not None and debit.role == "cash_back":
        _pay_back(match, debit, credit, postings)
    elif debit is not None:
        _close(match, debit, credit, postings)


def _pay_back(match: Match, debit: Item, credit: Item | None, postings: Postings) -> None:
    if credit is None or credit.role == "cash" or credit.role in _NO_SOURCE:
        postings.notice(PAID_BACK, debit.key, match.amount, debit.currency)
        if not postings.is_settled(match.record):
            postings.leave_out(match.record, "cash paid back against cash", match.amount, debit.currency)
        return
    _apply(match, debit.key, credit, -match.amount, "payment", postings)


def _close(match: Match, debit: Item, credit: Item | None, postings: Postings) -> None:
    kind = match.kind or _kind(match, debit, credit, postings)
    if match.amount < 0 and kind in ("payment", "credit_note", "offset"):
        kind = "reversal"
    source = credit.key if credit is not None and credit.role not in _NO_SOURCE else None
    _apply(match, source, debit, match.amount, kind, postings, from_amount=match.credit_amount)


def _kind(match: Match, debit: Item, credit: Item | None, postings: Postings) -> str:
    if credit is None:
        postings.notice(SETTLED_BY_UNKNOWN, debit.key, match.amount, debit.currency)
        return "offset"
    if credit.role == "cash":
        return "payment"
    if credit.cancels == debit.key or debit.cancels == credit.key:
        postings.notice(OWN_CANCELLATION, debit.key, match.amount, debit.currency)
        return "credit_note"
    if credit.role in ("credit_note", "invoice"):
        return "credit_note"
    if credit.role in _NO_SOURCE:
        return _NO_SOURCE[credit.role]
    postings.notice(OFFSET_NOT_TOLD, debit.key, match.amount, debit.currency)
    return "offset"


def _apply(
    match: Match,
    source: str | None,
    target: Item,
    amount: Decimal,
    kind: str,
    postings: Postings,
    *,
    from_amount: Decimal | None = None,
) -> None:
    postings.add(
        "applications",
        match.record,
        from_id=source,
        to_document_id=target.key,
        amount=amount,
        applied_on=match.on,
        kind=kind,
        recorded_at=match.recorded_at,
        from_amount=from_amount,
        currency=target.currency,
    )
