"""Which records of Xero stand on receivables: sales that were issued; purchases, drafts and voided ones do not."""

from __future__ import annotations

from credrisk.sources.erp.bodies import Body, Record, money, text
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.xero_bodies import IDS

__all__ = ["never_issued", "stays"]

COUNTED = ("AUTHORISED", "PAID")
"""States of documents that were issued; drafts, submitted, voided and deleted ones never were receivable."""
NEVER = ("DRAFT", "SUBMITTED", "VOIDED", "DELETED")
SALES = {
    "Invoice": ("ACCREC",),
    "CreditNote": ("ACCRECCREDIT",),
    "Overpayment": ("RECEIVE-OVERPAYMENT", "AROVERPAYMENT"),
    "Prepayment": ("RECEIVE-PREPAYMENT", "ARPREPAYMENT"),
    "Payment": ("ACCRECPAYMENT", "ARCREDITPAYMENT", "AROVERPAYMENTPAYMENT", "ARPREPAYMENTPAYMENT"),
}
"""Types that stand on receivables."""
PURCHASES = (
    "ACCPAY",
    "ACCPAYCREDIT",
    "SPEND-OVERPAYMENT",
    "SPEND-PREPAYMENT",
    "APOVERPAYMENT",
    "APPREPAYMENT",
    "ACCPAYPAYMENT",
    "APCREDITPAYMENT",
    "APOVERPAYMENTPAYMENT",
    "APPREPAYMENTPAYMENT",
)


def stays(record: Record, postings: Postings) -> bool:
    """Tell whether a record is to be read; the others are left out or set aside here, with their money."""
    body, kind = record.body, record.kind
    amount = money(body, "Amount" if kind == "Payment" else "Total")
    currency = text(body, "CurrencyCode")
    if kind == "Account":
        postings.leave_out(record, "Account: read for what refers to it")
        return True
    if kind not in IDS:
        postings.leave_out(record, f"{kind}: no receivable", amount, currency)
        return False
    key = text(body, IDS[kind])
    own, state = _type(record), (text(body, "Status") or "").upper()
    fault: tuple[str, str] | None = None
    if key is None:
        fault = ("missing_value", IDS[kind])
    elif kind == "Contact":
        return True
    elif own in PURCHASES:
        postings.leave_out(record, f"{own}: purchases", amount, currency)
        return False
    elif never_issued(body):
        postings.leave_out(record, f"{state} ({kind})", amount, currency)
        return False
    elif own not in SALES[kind]:
        fault = ("unknown_code" if own else "missing_value", "Type")
    elif state not in COUNTED and not (kind == "Payment" and not state):
        fault = ("unknown_code" if state else "missing_value", "Status")
    if fault is None:
        return True
    table = {"Contact": "customers", "Payment": "receipts"}.get(kind, "documents")
    postings.set_aside(record, *fault, table=table, key=key, amount=amount, currency=currency)
    return False


def never_issued(body: Body) -> bool:
    """Tell whether a record says that it is a draft, voided or deleted."""
    return (text(body, "Status") or "").upper() in NEVER


def _type(record: Record) -> str:
    """Return the type of a record; of a payment that does not say it, by the invoice that it names."""
    body: Body = record.body
    if record.kind != "Payment":
        return (text(body, "Type") or "").upper()
    of_invoice = (text(body, "Invoice", "Type") or "ACCREC").upper()
    return (text(body, "PaymentType") or f"{of_invoice}PAYMENT").upper()
