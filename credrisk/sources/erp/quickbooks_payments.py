"""What a payment of QuickBooks Online does: its lines name what is paid, and the credits that help to pay it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from credrisk.sources.erp import quickbooks_notices as notices
from credrisk.sources.erp.bodies import Body, Record, many, money, text
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.quickbooks_books import CENT, Books, Credit, add_receipt, apply, name_customer
from credrisk.sources.erp.quickbooks_credits import JournalLine, credit_memo_closes_as

__all__ = ["post_payment"]

_PAID_BACK = ("Check", "Expense", "CreditCardCharge", "Purchase")


@dataclass(frozen=True)
class _Charge:
    """What a line pays: a document of the ledger, or (None) cash paid back, called by ``name``."""

    document_id: str | None
    name: str
    amount: Decimal


@dataclass
class _Lines:
    charges: list[_Charge] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)


def post_payment(record: Record, books: Books, postings: Postings) -> None:
    """Add the receipt of a payment and what its lines apply; one of total 0 only applies credits."""
    body, key, currency = record.body, text(record.body, "Id"), text(record.body, "CurrencyRef")
    total = money(body, "TotalAmt")
    if total is None:
        postings.set_aside(record, "missing_value", "TotalAmt", table="receipts", key=key, currency=currency)
        return
    name_customer(record, books)
    postings.use(record)
    number = f"Payment:{key}"
    if total:
        add_receipt(record, number, total, postings)
    lines = _Lines()
    for line in many(body, "Line"):
        linked, amount = list(many(line, "LinkedTxn")), money(line, "Amount")
        if not linked or not amount:
            continue
        if len(linked) > 1 or amount < 0:
            postings.notice(notices.SEVERAL_LINKS, key, amount, currency)
            continue
        _sort_line(linked[0], amount, lines, books, record, postings)
    applied = sum(one.amount for one in lines.charges) - sum(one.left for one in lines.credits)
    stated = total - (money(body, "UnappliedAmt") or Decimal())
    if abs(stated - applied) > CENT:
        postings.notice(notices.LINES_DIFFER, key, stated - applied, currency)
    if lines.charges and (text(body, "SyncToken") or "0") != "0":
        postings.notice(notices.EDITED_PAYMENTS, key)
    if total > 0:
        lines.credits.append(Credit(number, "payment", total))
    _lay_out(record, lines, books, postings)


def _sort_line(linked: Body, amount: Decimal, lines: _Lines, books: Books, record: Record, postings: Postings) -> None:
    """Put a line among what is paid, or among what pays."""
    kind, target = text(linked, "TxnType") or "", text(linked, "TxnId") or ""
    currency = text(record.body, "CurrencyRef")
    if kind == "Invoice" and target:
        lines.charges.append(_Charge(target, target, amount))
    elif kind in _PAID_BACK:
        lines.charges.append(_Charge(None, f"{kind}:{target}", amount))
    elif kind == "CreditMemo":
        memo, own = books.memos.get(target), f"CreditMemo:{target}"
        how = credit_memo_closes_as(memo.body, books.write_offs) if memo else "credit_note"
        if memo is None:
            postings.notice(notices.CREDIT_NOT_THERE, own, amount, currency)
        books.applied[own] += amount
        lines.credits.append(Credit(own if memo and how == "credit_note" else None, how, amount))
    elif kind == "Deposit":
        cash = books.deposits.get(target, [])
        if len(cash) != 1:
            postings.notice(notices.DEPOSIT_NOT_THERE, f"Deposit:{target}", amount, currency)
        lines.credits.append(Credit(cash[0] if len(cash) == 1 else None, "payment", amount))
    elif kind == "JournalEntry" and (line := _journal_line(linked, record, books)) is not None:
        _journal(line, amount, lines, books, currency, postings)
    else:
        postings.notice(notices.UNTOLD, f"{kind}:{target}", amount, currency)
        lines.credits.append(Credit(None, "offset", amount))


def _journal(
    line: JournalLine, amount: Decimal, lines: _Lines, books: Books, currency: str | None, postings: Postings
) -> None:
    if line.amount > 0:
        lines.charges.append(_Charge(line.key, line.key, amount))
        return
    books.applied[line.key] += amount
    if line.closes_as == "offset":
        postings.notice(notices.JOURNAL_OFFSET, line.key, amount, currency)
    lines.credits.append(Credit(line.key if line.closes_as == "offset" else None, line.closes_as, amount))


def _journal_line(linked: Body, record: Record, books: Books) -> JournalLine | None:
    """Return the journal line that a payment names: the one of its number, else the only one of its customer."""
    lines = books.journal.get(text(linked, "TxnId"), [])
    numbered = [one for one in lines if one.line_id == text(linked, "TxnLineId")]
    own = [one for one in lines if one.customer_id == text(record.body, "CustomerRef")]
    return next((wanted[0] for wanted in (numbered, own) if len(wanted) == 1), None)


def _lay_out(record: Record, lines: _Lines, books: Books, postings: Postings) -> None:
    """Apply the credits to what they pay, in the order of the lines, the cash last."""
    currency, rest, place = text(record.body, "CurrencyRef"), [one.left for one in lines.credits], 0
    for charge in lines.charges:
        wanted = charge.amount
        if charge.document_id is None:
            add_receipt(record, charge.name, -wanted, postings)
            postings.notice(notices.PAID_BACK, charge.name, wanted, currency)
        while wanted and place < len(rest):
            part = min(wanted, rest[place])
            _pay(record, lines.credits[place], charge, part, books, postings)
            wanted, rest[place] = wanted - part, rest[place] - part
            place += not rest[place]
        if wanted > CENT:
            postings.notice(notices.MORE_THAN_PAID, charge.name, wanted, currency)
    if len(lines.credits) > 1 and len(lines.charges) > 1:
        postings.notice(notices.SPLIT_BY_ORDER, text(record.body, "Id"))


def _pay(record: Record, credit: Credit, charge: _Charge, amount: Decimal, books: Books, postings: Postings) -> None:
    """Apply part of a credit; cash paid back is applied to the credit note that it pays back."""
    if charge.document_id is not None:
        apply(record, credit, charge.document_id, amount, books, postings)
    elif credit.kind != "payment" and credit.from_id is not None:
        apply(record, Credit(charge.name, "payment", amount), credit.from_id, -amount, books, postings)
