"""What closes receivables in QuickBooks Online beside payments, told apart by the accounts on the other side.

A credit memo of a bad-debt item, and a journal entry against a bad-debt account, are how QuickBooks writes off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from credrisk.sources.erp.bodies import Body, Record, day, many, money, text
from credrisk.sources.erp.closing_words import closing_by_name, is_stated

__all__ = ["Accounts", "JournalLine", "credit_memo_closes_as", "deposits_of", "journal_lines"]

_RECEIVABLE = re.compile(r"accounts?\s+receivable|\ba/r\b|\bdebtors\b|trade receivables", re.I)
_RECEIVABLE_TYPE = "accounts receivable"


class Accounts:
    """Which accounts are receivables: by their type where the export has the accounts, else by name."""

    def __init__(self, accounts: Iterable[Body], receivable_accounts: frozenset[str]) -> None:
        self._types = {text(one, "Id"): (text(one, "AccountType") or "").lower() for one in accounts}
        self._stated = receivable_accounts

    def is_receivable(self, reference: Body, *path: str) -> bool:
        """Tell whether the account at a path is one of receivables."""
        number, name = text(reference, *path), text(reference, *path, "name") or ""
        if is_stated(number, self._stated) or is_stated(name, self._stated):
            return True
        if number in self._types:
            return self._types[number] == _RECEIVABLE_TYPE
        return bool(_RECEIVABLE.search(name))


@dataclass(frozen=True)
class JournalLine:
    """A line of a journal entry on receivables.

    Attributes
    ----------
    amount
        Debit positive.
    closes_as
        What a credit is by the accounts on the other side: write_off, discount, else offset.
    """

    record: Record
    line_id: str
    customer_id: str | None
    customer_name: str | None
    amount: Decimal
    closes_as: str

    @property
    def key(self) -> str:
        """Its id in the ledger."""
        return f"JournalEntry:{text(self.record.body, 'Id')}:{self.line_id}"


def journal_lines(record: Record, accounts: Accounts, bad_debt_accounts: frozenset[str]) -> list[JournalLine]:
    """Return the lines of a journal entry that stand on receivables."""
    own: list[Body] = []
    other: list[str] = []
    for line in many(record.body, "Line"):
        if accounts.is_receivable(line, "JournalEntryLineDetail", "AccountRef"):
            own.append(line)
        else:
            reference = ("JournalEntryLineDetail", "AccountRef")
            other.append(text(line, *reference, "name") or text(line, *reference) or "")
    closes_as = closing_by_name(other, bad_debt_accounts) or "offset"
    return [
        JournalLine(
            record,
            text(line, "Id") or str(place),
            text(line, "JournalEntryLineDetail", "Entity", "EntityRef"),
            text(line, "JournalEntryLineDetail", "Entity", "EntityRef", "name"),
            amount if (text(line, "JournalEntryLineDetail", "PostingType") or "").lower() == "debit" else -amount,
            closes_as,
        )
        for place, line in enumerate(own)
        if (amount := money(line, "Amount")) is not None
    ]


def credit_memo_closes_as(body: Body, bad_debt_accounts: frozenset[str]) -> str:
    """Return what a credit memo is when it is applied: write_off where all its items say so, else credit_note."""
    names = []
    for line in many(body, "Line"):
        detail = line.get("SalesItemLineDetail")
        if isinstance(detail, dict):
            names.append(text(detail, "ItemAccountRef", "name") or text(detail, "ItemRef", "name") or "")
    return "write_off" if closing_by_name(names, bad_debt_accounts) == "write_off" else "credit_note"


def deposits_of(record: Record, accounts: Accounts) -> Iterator[tuple[str, str | None, Decimal, str | None]]:
    """Yield the lines of a bank deposit that are customers' cash on receivables: id, customer, amount, day.

    A line that is linked to a payment is the same cash again.
    """
    for place, line in enumerate(many(record.body, "Line")):
        detail, amount = line.get("DepositLineDetail"), money(line, "Amount")
        linked = next(many(line, "LinkedTxn"), None)
        if linked or amount is None or not isinstance(detail, dict):
            continue
        if accounts.is_receivable(detail, "AccountRef"):
            customer = text(detail, "Entity") or text(detail, "CustomerRef")
            number = f"Deposit:{text(record.body, 'Id')}:{text(line, 'Id') or place}"
            yield number, customer, amount, day(record.body, "TxnDate")
