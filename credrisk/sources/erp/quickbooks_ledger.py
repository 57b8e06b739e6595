"""Invoices, payments and credits of QuickBooks Online become documents, receipts and applications.

Today's balances are never used for history. They only check it: what the payments and credits leave open must be what
QuickBooks says is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from credrisk.sources.erp import quickbooks_notices as notices
from credrisk.sources.erp.bodies import Body, Record, day, money, text
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.quickbooks_bodies import is_deleted, latest
from credrisk.sources.erp.quickbooks_books import CENT, Books, Credit, add_receipt, apply, name_customer
from credrisk.sources.erp.quickbooks_credits import credit_memo_closes_as, deposits_of, journal_lines
from credrisk.sources.erp.quickbooks_payments import post_payment
from credrisk.sources.erp.quickbooks_rates import post_rates

__all__ = ["post"]

ON_THE_SPOT = {
    "SalesReceipt": "sales receipts: paid on the spot, never receivable",
    "RefundReceipt": "refund receipts: paid back on the spot, never on the account",
}
MASTER = ("Account", "Address", "Term")


def post(
    records: Sequence[Record],
    postings: Postings,
    *,
    receivable_accounts: frozenset[str],
    bad_debt_accounts: frozenset[str],
) -> str | None:
    """Decide what becomes of every record; return the company's own currency where its exchange rates say it."""
    kept, older = latest(records)
    for record in older:
        postings.merge(record)
    living = [record for record in kept if _stays(record, postings)]
    books = Books(living, receivable_accounts, bad_debt_accounts)
    for record in books.by_kind["JournalEntry"]:
        books.journal[text(record.body, "Id")] = journal_lines(record, books.accounts, bad_debt_accounts)
    for record in books.by_kind["Invoice"]:
        _invoice(record, books, postings)
    for record in books.by_kind["Deposit"]:
        _deposit(record, books, postings)
    for record in books.by_kind["Payment"]:
        post_payment(record, books, postings)
    for record in books.by_kind["CreditMemo"]:
        _credit_memo(record, books, postings)
    for record in books.by_kind["JournalEntry"]:
        _journal_entry(record, books, postings)
    _customers(books, postings)
    _check_balances(books, postings)
    return post_rates(books.by_kind["ExchangeRate"], postings)


def _stays(record: Record, postings: Postings) -> bool:
    """Settle what no rule needs to look at further: other kinds, deleted and voided records, ones without an id."""
    body, kind = record.body, record.kind
    amount, currency = money(body, "TotalAmt"), text(body, "CurrencyRef")
    if is_deleted(body):
        postings.leave_out(record, f"deleted ({kind})", amount, currency)
    elif kind in ON_THE_SPOT:
        postings.leave_out(record, ON_THE_SPOT[kind], amount, currency)
    elif kind in MASTER:
        postings.leave_out(record, f"{kind}: read for what refers to it")
        return True
    elif kind == "ExchangeRate":
        return True
    elif kind not in ("Invoice", "Payment", "CreditMemo", "JournalEntry", "Deposit", "Customer"):
        postings.leave_out(record, f"{kind}: no receivable", amount, currency)
    elif text(body, "Id") is None:
        table = "customers" if kind == "Customer" else "documents"
        postings.set_aside(record, "missing_value", "Id", table=table, key=None, amount=amount, currency=currency)
    elif _is_voided(body) and kind in ("Invoice", "Payment", "CreditMemo"):
        if amount:
            postings.notice(notices.VOIDED_WITH_MONEY, text(body, "Id"), amount, currency)
        postings.leave_out(record, f"voided ({kind})", amount, currency)
    else:
        return True
    return False


def _is_voided(body: Body) -> bool:
    note = (text(body, "PrivateNote") or "").lower()
    return note == "voided" or (note.startswith("voided") and not money(body, "TotalAmt"))


def _invoice(record: Record, books: Books, postings: Postings) -> None:
    body = record.body
    number, currency = str(text(body, "Id")), text(body, "CurrencyRef")
    name_customer(record, books)
    postings.add(
        "documents",
        record,
        document_id=number,
        customer_id=text(body, "CustomerRef"),
        kind="invoice",
        document_date=day(body, "TxnDate"),
        due_date=day(body, "DueDate") or _due_by_terms(body, books, postings),
        amount=text(body, "TotalAmt"),
        tax_amount=text(body, "TxnTaxDetail", "TotalTax"),
        currency=currency,
        recorded_at=day(body, "MetaData", "CreateTime"),
    )
    if (text(body, "SyncToken") or "0") != "0":
        postings.notice(notices.EDITED, number)
    if deposit := money(body, "Deposit"):
        source = f"Invoice:{number}:deposit"
        add_receipt(record, source, deposit, postings)
        apply(record, Credit(source, "payment", deposit), number, deposit, books, postings)
        postings.notice(notices.DEPOSIT_ON_INVOICE, number, deposit, currency)


def _due_by_terms(body: Body, books: Books, postings: Postings) -> str | None:
    """Return the due day by the terms of an invoice without one; None where terms give no plain number of days."""
    terms = books.terms.get(text(body, "SalesTermRef"), {})
    days, start = text(terms, "DueDays") or "", day(body, "TxnDate") or ""
    if not days.isdecimal() or (text(terms, "Type") or "STANDARD").upper() != "STANDARD":
        return None
    try:
        due = date.fromisoformat(start) + timedelta(days=int(days))
    except (ValueError, OverflowError):
        return None
    postings.notice(notices.DUE_BY_TERMS, text(body, "Id"))
    return due.isoformat()


def _deposit(record: Record, books: Books, postings: Postings) -> None:
    found = list(deposits_of(record, books.accounts))
    if not found:
        postings.leave_out(record, "bank deposits of payments that are there, or of other money")
    for number, customer, amount, _ in found:
        add_receipt(record, number, amount, postings, customer)
        books.deposits.setdefault(text(record.body, "Id"), []).append(number)
        if customer:
            books.names.setdefault(customer, (record, None))


def _credit_memo(record: Record, books: Books, postings: Postings) -> None:
    body = record.body
    number, total, currency = f"CreditMemo:{text(body, 'Id')}", money(body, "TotalAmt"), text(body, "CurrencyRef")
    if credit_memo_closes_as(body, books.write_offs) != "credit_note" and total is not None:
        total -= books.applied[number]
        if total <= CENT:
            postings.use(record)
            return
        postings.notice(notices.WRITE_OFF_LEFT, number, total, currency)
    name_customer(record, books)
    postings.add(
        "documents",
        record,
        document_id=number,
        customer_id=text(body, "CustomerRef"),
        kind="credit_note",
        document_date=day(body, "TxnDate"),
        due_date=day(body, "TxnDate"),
        amount=text(body, "TotalAmt") if total is None else -total,
        tax_amount=_negative(money(body, "TxnTaxDetail", "TotalTax")),
        currency=currency,
        recorded_at=day(body, "MetaData", "CreateTime"),
    )


def _negative(amount: Decimal | None) -> Decimal | None:
    return -amount if amount else None


def _journal_entry(record: Record, books: Books, postings: Postings) -> None:
    lines = books.journal[text(record.body, "Id")]
    currency = text(record.body, "CurrencyRef")
    if not lines:
        postings.leave_out(record, "journal entries on other accounts than receivables")
        return
    postings.use(record)
    for line in lines:
        if line.customer_id is None:
            postings.notice(notices.JOURNAL_WITHOUT_CUSTOMER, line.key, line.amount, currency)
            continue
        amount = line.amount
        if amount < 0 and line.closes_as != "offset":
            amount += books.applied[line.key]
            if amount >= -CENT:
                continue
            postings.notice(notices.WRITE_OFF_LEFT, line.key, -amount, currency)
        books.names.setdefault(line.customer_id, (record, line.customer_name))
        postings.add(
            "documents",
            record,
            document_id=line.key,
            customer_id=line.customer_id,
            kind="debit_note" if amount > 0 else "credit_note",
            document_date=day(record.body, "TxnDate"),
            due_date=day(record.body, "TxnDate"),
            amount=amount,
            currency=currency,
            recorded_at=day(record.body, "MetaData", "CreateTime"),
        )


def _customers(books: Books, postings: Postings) -> None:
    there = set()
    for record in books.by_kind["Customer"]:
        body = record.body
        there.add(text(body, "Id"))
        postings.add(
            "customers",
            record,
            customer_id=text(body, "Id"),
            name=text(body, "DisplayName") or text(body, "CompanyName") or text(body, "FullyQualifiedName"),
            country=text(body, "BillAddr", "Country"),
            street=text(body, "BillAddr", "Line1"),
            postcode=text(body, "BillAddr", "PostalCode"),
            city=text(body, "BillAddr", "City"),
            currency=text(body, "CurrencyRef"),
            opened_on=day(body, "MetaData", "CreateTime"),
            payer_id=text(body, "ParentRef") if text(body, "BillWithParent") in ("true", "TRUE") else None,
        )
    for number, (record, name) in books.names.items():
        if number not in there:
            postings.add("customers", record, customer_id=number, name=name)
            postings.notice(notices.CUSTOMER_NOT_THERE, number)


def _check_balances(books: Books, postings: Postings) -> None:
    """Compare what is left open with today's balance in QuickBooks."""
    for record in books.by_kind["Invoice"]:
        number, total, said = text(record.body, "Id"), money(record.body, "TotalAmt"), money(record.body, "Balance")
        if number is not None and total is not None and said is not None:
            _compare(number, said, total - books.applied[number], record, postings)
    for record in books.by_kind["CreditMemo"]:
        own = f"CreditMemo:{text(record.body, 'Id')}"
        total, said = money(record.body, "TotalAmt"), money(record.body, "RemainingCredit")
        if total is not None and said is not None:
            _compare(own, -said, books.applied[own] - total, record, postings)


def _compare(key: str, said: Decimal, left: Decimal, record: Record, postings: Postings) -> None:
    if abs(said - left) > CENT:
        postings.notice(notices.BALANCE_DIFFERS, key, said - left, text(record.body, "CurrencyRef"))
