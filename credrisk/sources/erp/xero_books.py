"""The books of a Xero export while they are read: records by kind and id, accounts, and what was applied so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from credrisk.sources.erp.bodies import Body, Record, day, text
from credrisk.sources.erp.closing_words import closing_by_name, is_stated
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.xero_bodies import IDS, inside

__all__ = ["CENT", "Books", "add_receipt", "apply", "name_customer"]

CENT = Decimal("0.005")
"""Differences up to here are of rounding."""
CASH_TYPES = ("BANK", "CURRENT", "CURRLIAB", "LIABILITY", "TERMLIAB", "PREPAYMENT", "NONCURRENT", "EQUITY")
"""Types of accounts to which a payment is cash, or cash on its way: banks, clearing accounts, the owner."""


class Books:
    """The best version of every record, and what came of them.

    Attributes
    ----------
    applied, paid
        By document: what was applied to it, and the part of it that was payments.
    credited
        By credit note, overpayment or prepayment: what was applied of it, or paid back.
    allocated
        Credits and invoices whose allocation is told by the credit itself.
    payments
        Payments that are in the export, those that were deleted too, or that were listed and read.
    names
        Customers that documents name: the record, and the name there.
    """

    def __init__(self, records: Sequence[Record], bad_debt_accounts: frozenset[str]) -> None:
        self.by_kind: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self.by_kind[record.kind].append(record)
        self._by_id = {(kind, text(one.body, IDS[kind])): one for kind in IDS for one in self.by_kind[kind]}
        self._accounts = {
            key: one.body
            for one in self.by_kind["Account"]
            for key in (text(one.body, "AccountID"), text(one.body, "Code"))
            if key is not None
        }
        self._write_offs = bad_debt_accounts
        self.applied: dict[str, Decimal] = defaultdict(Decimal)
        self.paid: dict[str, Decimal] = defaultdict(Decimal)
        self.credited: dict[str, Decimal] = defaultdict(Decimal)
        self.allocated: set[tuple[str, str]] = set()
        self.payments: set[str | None] = set()
        self.names: dict[str, tuple[Record, str | None]] = {}

    def found(self, kind: str, number: str | None) -> Body | None:
        """Return the content of a record; None where it is not in the export, or left out."""
        record = self._by_id.get((kind, number))
        return None if record is None else record.body

    def credit_note_closes_as(self, body: Body) -> str:
        """Return what a credit note is by the accounts of its lines: write_off where all say so, else credit_note."""
        codes = [text(line, "AccountCode") or "" for line in inside(body, "LineItems")]
        said = closing_by_name([self._name(code) for code in codes], self._write_offs)
        return "write_off" if said == "write_off" else "credit_note"

    def payment_closes_as(self, body: Body) -> str:
        """Return what a payment is by its account: payment, write_off, discount, or offset for other income or expense.

        Where the export has no accounts, a payment is what Xero calls it.
        """
        key = text(body, "Account", "AccountID") or text(body, "Account", "Code") or ""
        account = self._accounts.get(key) or body.get("Account") or {}
        said = closing_by_name([text(account, "Name") or key], self._write_offs)
        if said is not None:
            return said
        if is_stated(key, self._write_offs) or is_stated(text(account, "Code"), self._write_offs):
            return "write_off"
        kind = (text(account, "Type") or "BANK").upper()
        return "payment" if kind in CASH_TYPES else "offset"

    def _name(self, code: str) -> str:
        if is_stated(code, self._write_offs):
            return code
        return text(self._accounts.get(code), "Name") or code


def name_customer(record: Record, number: str | None, name: str | None, books: Books) -> None:
    """Take down the customer that a record names, should the export have no contact of it."""
    if number:
        first, known = books.names.get(number, (record, None))
        books.names[number] = (first, known or name)


def add_receipt(
    record: Record,
    number: str,
    amount: str | None,
    customer: str | None,
    postings: Postings,
    *,
    currency: str | None = None,
    on: str | None = None,
) -> None:
    """Add cash as a receipt; negative where it is paid back. Day and currency are the record's where not given."""
    postings.add(
        "receipts",
        record,
        receipt_id=number,
        customer_id=customer,
        date=on or day(record.body, "DateString") or day(record.body, "Date"),
        amount=amount,
        currency=currency or text(record.body, "CurrencyCode"),
    )


def apply(
    record: Record,
    source: str | None,
    target: str,
    amount: Decimal,
    on: str | None,
    kind: str,
    books: Books,
    postings: Postings,
    *,
    currency: str | None = None,
) -> None:
    """Apply an amount to a document on a day."""
    books.applied[target] += amount
    postings.add(
        "applications",
        record,
        from_id=source,
        to_document_id=target,
        amount=amount,
        applied_on=on,
        kind=kind,
        currency=currency or text(record.body, "CurrencyCode"),
    )
