"""Sales invoices, payments and credits of Xero become documents, receipts and applications.

What is due today is never used for history, only to check it. Which credit closed an invoice is told by the
allocations of the credit, else by what the invoice itself lists.
"""

from __future__ import annotations

from collections.abc import Sequence

from credrisk.sources.erp import xero_notices as notices
from credrisk.sources.erp.bodies import Body, Record, day, money, text
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.xero_bodies import IDS, best_versions, inside
from credrisk.sources.erp.xero_books import CENT, Books, add_receipt, apply, name_customer
from credrisk.sources.erp.xero_credits import post_listed_credits, settle_by_date

__all__ = ["post"]

COUNTED = ("AUTHORISED", "PAID")
"""States of documents that were issued; drafts, submitted, voided and deleted ones never were receivable."""
SALES = {
    "Invoice": "ACCREC",
    "CreditNote": "ACCRECCREDIT",
    "Overpayment": "RECEIVE-OVERPAYMENT",
    "Prepayment": "RECEIVE-PREPAYMENT",
}
"""Types that stand on receivables; the others are of purchases."""
SALES_PAYMENTS = ("ACCRECPAYMENT", "ARCREDITPAYMENT", "AROVERPAYMENTPAYMENT", "ARPREPAYMENTPAYMENT")
TOTALS = {"Payment": "Amount"}


def post(records: Sequence[Record], postings: Postings, *, write_off_accounts: frozenset[str]) -> None:
    """Decide what becomes of every record."""
    kept, older = best_versions(records)
    for record in older:
        postings.merge(record)
    books = Books([record for record in kept if _stays(record, postings)], write_off_accounts)
    for record in books.by_kind["Invoice"]:
        _invoice(record, books, postings)
    for kind in ("Overpayment", "Prepayment"):
        for record in books.by_kind[kind]:
            _cash_on_account(record, kind, books, postings)
    for record in books.by_kind["CreditNote"]:
        _credit_note(record, books, postings)
    for record in books.by_kind["Payment"]:
        _payment(record, books, postings)
    for record in books.by_kind["Invoice"]:
        _embedded_payments(record, books, postings)
        post_listed_credits(record, books, postings)
        settle_by_date(record, books, postings)
        _check_balance(record, books, postings)
    _customers(books, postings)


def _stays(record: Record, postings: Postings) -> bool:
    """Settle what no rule needs to look at further: purchases, drafts, voided and deleted records, other kinds."""
    body, kind = record.body, record.kind
    amount, currency = money(body, TOTALS.get(kind, "Total")), text(body, "CurrencyCode")
    status, own = (text(body, "Status") or "").upper(), (text(body, "Type") or "").upper()
    if kind == "Account":
        postings.leave_out(record, "Account: read for what refers to it")
        return True
    if kind not in IDS:
        postings.leave_out(record, f"{kind}: no receivable", amount, currency)
    elif text(body, IDS[kind]) is None:
        table = "customers" if kind == "Contact" else "documents"
        postings.set_aside(record, "missing_value", IDS[kind], table=table, key=None, amount=amount, currency=currency)
    elif kind == "Contact":
        return True
    elif kind == "Payment" and _is_of_purchases(body):
        postings.leave_out(record, "payments of purchases", amount, currency)
    elif own and kind in SALES and own != SALES[kind]:
        postings.leave_out(record, f"{own}: purchases", amount, currency)
    elif status and status not in COUNTED:
        postings.leave_out(record, f"{status} ({kind})", amount, currency)
    elif kind in SALES and not (own and status):
        column = "Status" if own else "Type"
        key = text(body, IDS[kind])
        postings.set_aside(
            record, "missing_value", column, table="documents", key=key, amount=amount, currency=currency
        )
    else:
        return True
    return False


def _is_of_purchases(body: Body) -> bool:
    kind = (text(body, "PaymentType") or "").upper()
    return kind not in SALES_PAYMENTS if kind else (text(body, "Invoice", "Type") or "").upper() == "ACCPAY"


def _invoice(record: Record, books: Books, postings: Postings) -> None:
    body = record.body
    name_customer(record, text(body, "Contact", "ContactID"), text(body, "Contact", "Name"), books)
    postings.add(
        "documents",
        record,
        document_id=text(body, "InvoiceID"),
        customer_id=text(body, "Contact", "ContactID"),
        kind="invoice",
        document_date=day(body, "DateString") or day(body, "Date"),
        due_date=day(body, "DueDateString") or day(body, "DueDate"),
        amount=text(body, "Total"),
        tax_amount=text(body, "TotalTax"),
        currency=text(body, "CurrencyCode"),
    )


def _cash_on_account(record: Record, kind: str, books: Books, postings: Postings) -> None:
    """Add an overpayment or prepayment: cash received, and applied as its allocations say."""
    body = record.body
    number = f"{kind}:{text(body, IDS[kind])}"
    name_customer(record, text(body, "Contact", "ContactID"), text(body, "Contact", "Name"), books)
    add_receipt(record, number, text(body, "Total"), text(body, "Contact", "ContactID"), postings)
    for allocation in inside(body, "Allocations"):
        _allocate(record, allocation, number, "payment", books, postings)


def _credit_note(record: Record, books: Books, postings: Postings) -> None:
    body, total = record.body, money(record.body, "Total")
    number, how = f"CreditNote:{text(body, 'CreditNoteID')}", books.credit_note_closes_as(record.body)
    name_customer(record, text(body, "Contact", "ContactID"), text(body, "Contact", "Name"), books)
    tax = money(body, "TotalTax")
    postings.add(
        "documents",
        record,
        document_id=number,
        customer_id=text(body, "Contact", "ContactID"),
        kind="credit_note",
        document_date=day(body, "DateString") or day(body, "Date"),
        due_date=day(body, "DateString") or day(body, "Date"),
        amount=text(body, "Total") if total is None else -total,
        tax_amount=None if tax is None else -tax,
        currency=text(body, "CurrencyCode"),
    )
    for allocation in inside(body, "Allocations"):
        _allocate(record, allocation, number, how, books, postings)


def _allocate(record: Record, allocation: Body, number: str, kind: str, books: Books, postings: Postings) -> None:
    target, amount = text(allocation, "Invoice", "InvoiceID"), money(allocation, "Amount")
    if target is None or not amount or text(allocation, "IsDeleted") == "true":
        return
    on = day(allocation, "Date") or day(record.body, "DateString") or day(record.body, "Date")
    books.allocated.add((number, target))
    apply(record, number, target, amount, on, kind, books, postings)


def _payment(record: Record, books: Books, postings: Postings) -> None:
    """Add a payment: cash for an invoice, or cash paid back of a credit; or a write-off to an account of bad debt."""
    body, amount = record.body, money(record.body, "Amount")
    number, on = f"Payment:{text(body, 'PaymentID')}", day(body, "DateString") or day(body, "Date")
    books.payments.add(text(body, "PaymentID"))
    invoice, credit = text(body, "Invoice", "InvoiceID"), text(body, "CreditNote", "CreditNoteID")
    place = next((key for key in ("Invoice", "CreditNote", "Overpayment", "Prepayment") if key in body), "Invoice")
    owner = books.found(place, text(body, place, IDS[place])) or body.get(place) or {}
    customer, currency = text(owner, "Contact", "ContactID"), text(owner, "CurrencyCode")
    key = text(body, "PaymentID")
    if amount is None or customer is None:
        column, reason = ("Amount", "missing_value") if amount is None else ("Invoice", "unknown_document")
        postings.set_aside(record, reason, column, table="receipts", key=key, amount=amount, currency=currency)
        return
    if books.found(place, text(body, place, IDS[place])) is None:
        postings.notice(notices.PAYMENT_WITHOUT_INVOICE, key, amount, currency)
    name_customer(record, customer, text(owner, "Contact", "Name"), books)
    how = books.payment_closes_as(body)
    if place == "Invoice" and invoice is not None and how != "payment":
        if how == "offset":
            postings.notice(notices.NOT_BANK, key, amount, currency)
        apply(record, None, invoice, amount, on, how, books, postings, currency=currency)
        books.paid[invoice] += amount
        return
    signed = amount if place == "Invoice" else -amount
    add_receipt(record, number, str(signed), customer, postings, currency=currency, on=on)
    if place == "Invoice" and invoice is not None:
        apply(record, number, invoice, amount, on, "payment", books, postings, currency=currency)
        books.paid[invoice] += amount
    elif place == "CreditNote" and credit is not None:
        apply(record, number, f"CreditNote:{credit}", -amount, on, "payment", books, postings, currency=currency)


def _embedded_payments(record: Record, books: Books, postings: Postings) -> None:
    """Add the payments that an invoice lists and the export does not have by themselves."""
    body = record.body
    invoice, customer = str(text(body, "InvoiceID")), text(body, "Contact", "ContactID")
    for payment in inside(body, "Payments"):
        key, amount = text(payment, "PaymentID"), money(payment, "Amount")
        if key is None or not amount or key in books.payments:
            continue
        if (text(payment, "Status") or "AUTHORISED").upper() not in COUNTED:
            continue
        books.payments.add(key)
        on = day(payment, "DateString") or day(payment, "Date")
        add_receipt(record, f"Payment:{key}", str(amount), customer, postings, on=on)
        apply(record, f"Payment:{key}", invoice, amount, on, "payment", books, postings)
        books.paid[invoice] += amount


def _check_balance(record: Record, books: Books, postings: Postings) -> None:
    """Compare what is left open with what Xero says is due today."""
    body, number = record.body, str(text(record.body, "InvoiceID"))
    total, said = money(body, "Total"), money(body, "AmountDue")
    if total is not None and said is not None and abs(total - books.applied[number] - said) > CENT:
        left = total - books.applied[number]
        postings.notice(notices.BALANCE_DIFFERS, number, said - left, text(body, "CurrencyCode"))


def _customers(books: Books, postings: Postings) -> None:
    there = set()
    for record in books.by_kind["Contact"]:
        body, number = record.body, text(record.body, "ContactID")
        if number not in books.names and (text(body, "IsCustomer") or "").lower() != "true":
            postings.leave_out(record, "contacts that are no customers")
            continue
        there.add(number)
        places = sorted(inside(body, "Addresses"), key=lambda one: text(one, "AddressType") != "STREET")
        address = next((one for one in places if text(one, "AddressLine1") or text(one, "Country")), {})
        postings.add(
            "customers",
            record,
            customer_id=number,
            name=text(body, "Name"),
            country=text(address, "Country"),
            street=text(address, "AddressLine1"),
            postcode=text(address, "PostalCode"),
            city=text(address, "City"),
            currency=text(body, "DefaultCurrency"),
            company_number=text(body, "CompanyNumber"),
            vat_id=text(body, "TaxNumber"),
        )
    for number, (record, name) in books.names.items():
        if number not in there:
            postings.add("customers", record, customer_id=number, name=name)
            postings.notice(notices.CONTACT_NOT_THERE, number)
