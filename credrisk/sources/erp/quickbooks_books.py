"""The books of a QuickBooks export while they are read: every record by its kind, and what was applied so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from credrisk.sources.erp.bodies import Record, day, text
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.quickbooks_credits import Accounts, JournalLine

__all__ = ["CENT", "Books", "Credit", "add_receipt", "apply", "name_customer"]

CENT = Decimal("0.005")
"""Differences up to here are of rounding."""


@dataclass(frozen=True)
class Credit:
    """Where an amount applied comes from: an id of the ledger (none for what is only an application) and its kind."""

    from_id: str | None
    kind: str
    left: Decimal


class Books:
    """The latest version of every record, by kind and id, and what was applied so far."""

    def __init__(
        self, records: Sequence[Record], receivable_accounts: frozenset[str], bad_debt_accounts: frozenset[str]
    ) -> None:
        self.by_kind: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            self.by_kind[record.kind].append(record)
        self.write_offs = bad_debt_accounts
        self.accounts = Accounts([one.body for one in self.by_kind["Account"]], receivable_accounts)
        self.invoices = {text(one.body, "Id"): one for one in self.by_kind["Invoice"]}
        self.memos = {text(one.body, "Id"): one for one in self.by_kind["CreditMemo"]}
        self.terms = {text(one.body, "Id"): one.body for one in self.by_kind["Term"]}
        self.journal: dict[str | None, list[JournalLine]] = {}
        self.deposits: dict[str | None, list[str]] = {}
        self.applied: dict[str, Decimal] = defaultdict(Decimal)
        self.names: dict[str, tuple[Record, str | None]] = {}


def add_receipt(record: Record, number: str, amount: Decimal, postings: Postings, customer: str | None = None) -> None:
    """Add cash of a record's day and customer (or another customer) as a receipt; negative where it is paid back."""
    body = record.body
    postings.add(
        "receipts",
        record,
        receipt_id=number,
        customer_id=customer or text(body, "CustomerRef"),
        date=day(body, "TxnDate"),
        amount=amount,
        currency=text(body, "CurrencyRef"),
        method=text(body, "PaymentMethodRef", "name"),
        recorded_at=day(body, "MetaData", "CreateTime"),
    )


def apply(record: Record, credit: Credit, target: str, amount: Decimal, books: Books, postings: Postings) -> None:
    """Apply an amount of a credit to a document, on the day of a record."""
    if amount > 0:
        books.applied[target] += amount
    postings.add(
        "applications",
        record,
        from_id=credit.from_id,
        to_document_id=target,
        amount=amount,
        applied_on=day(record.body, "TxnDate"),
        kind=credit.kind,
        currency=text(record.body, "CurrencyRef"),
        recorded_at=day(record.body, "MetaData", "CreateTime"),
    )


def name_customer(record: Record, books: Books) -> None:
    """Take down the customer that a record names, should the export have no record of it."""
    number = text(record.body, "CustomerRef")
    if number:
        _, name = books.names.get(number, (record, None))
        books.names[number] = (record, name or text(record.body, "CustomerRef", "name"))
