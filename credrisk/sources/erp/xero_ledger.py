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
from credrisk.sources.erp.xero_sales import never_issued, stays

__all__ = ["post"]


def post(records: Sequence[Record], postings: Postings, *, bad_debt_accounts: frozenset[str]) -> None:
    """Decide what becomes of every record."""
    kept, older = best_versions(records)
    for record in older:
        postings.merge(record)
    books = Books([record for record in kept if stays(record, postings)], bad_debt_accounts)
    books.payments |= {text(record.body, "PaymentID") for record in kept if record.kind == "Payment"}
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
    for kind in ("CreditNote", "Overpayment", "Prepayment"):
        for record in books.by_kind[kind]:
            _embedded_refunds(record, kind, books, postings)
            _check_credit(record, kind, books, postings)
    for record in books.by_kind["CreditNote"]:
        _credit_note_itself(record, books, postings)
    _customers(books, postings)


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
    """Apply a credit note as its allocations say."""
    body = record.body
    number, how = f"CreditNote:{text(body, 'CreditNoteID')}", books.credit_note_closes_as(body)
    name_customer(record, text(body, "Contact", "ContactID"), text(body, "Contact", "Name"), books)
    for allocation in inside(body, "Allocations"):
        _allocate(record, allocation, number, how, books, postings)


def _credit_note_itself(record: Record, books: Books, postings: Postings) -> None:
    """Add a credit note as a document; of a write-off only what no invoice took."""
    body, total, tax = record.body, money(record.body, "Total"), money(record.body, "TotalTax")
    number, currency = f"CreditNote:{text(body, 'CreditNoteID')}", text(body, "CurrencyCode")
    if total is not None and books.credit_note_closes_as(body) == "write_off":
        total, tax = total - books.credited[number], None
        if total <= CENT:
            postings.use(record)
            return
        postings.notice(notices.WRITE_OFF_LEFT, number, total, currency)
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
        currency=currency,
    )


def _allocate(record: Record, allocation: Body, number: str, kind: str, books: Books, postings: Postings) -> None:
    target, amount = text(allocation, "Invoice", "InvoiceID"), money(allocation, "Amount")
    if target is None or not amount or text(allocation, "IsDeleted") == "true":
        return
    on = day(allocation, "Date") or day(record.body, "DateString") or day(record.body, "Date")
    books.allocated.add((number, target))
    books.credited[number] += amount
    apply(record, None if kind == "write_off" else number, target, amount, on, kind, books, postings)


def _payment(record: Record, books: Books, postings: Postings) -> None:
    """Add a payment: cash for an invoice, or cash paid back of a credit; or a write-off to an account of bad debt."""
    body, amount = record.body, money(record.body, "Amount")
    number, on = f"Payment:{text(body, 'PaymentID')}", day(body, "DateString") or day(body, "Date")
    invoice, credit = text(body, "Invoice", "InvoiceID"), text(body, "CreditNote", "CreditNoteID")
    places = ("Invoice", "CreditNote", "Overpayment", "Prepayment")
    place = next((key for key in places if text(body, key, IDS[key])), "Invoice")
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
        return
    books.credited[f"{place}:{text(body, place, IDS[place])}"] += amount
    if place == "CreditNote" and credit is not None:
        apply(record, number, f"CreditNote:{credit}", -amount, on, "payment", books, postings, currency=currency)


def _embedded_payments(record: Record, books: Books, postings: Postings) -> None:
    """Add the payments that an invoice lists and the export does not have by themselves."""
    body = record.body
    invoice, customer = str(text(body, "InvoiceID")), text(body, "Contact", "ContactID")
    for payment in inside(body, "Payments"):
        key, amount = text(payment, "PaymentID"), money(payment, "Amount")
        if key is None or not amount or key in books.payments or never_issued(payment):
            continue
        books.payments.add(key)
        on = day(payment, "DateString") or day(payment, "Date")
        add_receipt(record, f"Payment:{key}", str(amount), customer, postings, on=on)
        apply(record, f"Payment:{key}", invoice, amount, on, "payment", books, postings)
        books.paid[invoice] += amount


def _embedded_refunds(record: Record, kind: str, books: Books, postings: Postings) -> None:
    """Add cash paid back of a credit that the credit lists and the export does not have by itself."""
    body = record.body
    number, customer = f"{kind}:{text(body, IDS[kind])}", text(body, "Contact", "ContactID")
    for payment in inside(body, "Payments"):
        key, amount = text(payment, "PaymentID"), money(payment, "Amount")
        if key is None or not amount or key in books.payments or never_issued(payment):
            continue
        books.payments.add(key)
        books.credited[number] += amount
        on = day(payment, "DateString") or day(payment, "Date")
        add_receipt(record, f"Payment:{key}", str(-amount), customer, postings, on=on)
        if kind == "CreditNote":
            apply(record, f"Payment:{key}", number, -amount, on, "payment", books, postings)


def _check_credit(record: Record, kind: str, books: Books, postings: Postings) -> None:
    """Compare what is left of a credit with what Xero says remains of it today."""
    body, number = record.body, f"{kind}:{text(record.body, IDS[kind])}"
    total, said = money(body, "Total"), money(body, "RemainingCredit")
    if total is not None and said is not None and abs(total - books.credited[number] - said) > CENT:
        left = total - books.credited[number]
        postings.notice(notices.BALANCE_DIFFERS, number, left - said, text(body, "CurrencyCode"))


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
