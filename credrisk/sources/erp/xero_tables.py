"""Xero as the tables of a connector: invoices, contacts, payments and credit notes."""

from __future__ import annotations

from collections.abc import Sequence

from credrisk.sources.erp.bodies import Body, Record
from credrisk.sources.erp.connector_tables import Names, TableKind, records_of_table, table_kind
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.postings import Postings

__all__ = ["is_table", "is_telling_table", "table_records"]

_CONTACT: Names = {"contact_id": ("Contact", "ContactID")}
_COMMON: Names = {
    "date": "Date",
    "due_date": "DueDate",
    "fully_paid_on_date": "FullyPaidOnDate",
    "updated_date_utc": "UpdatedDateUTC",
    "status": "Status",
    "type": "Type",
    "total": "Total",
    "total_tax": "TotalTax",
    "currency_code": "CurrencyCode",
    "amount_due": "AmountDue",
    "amount_paid": "AmountPaid",
    "amount_credited": "AmountCredited",
    "remaining_credit": "RemainingCredit",
}
_INVOICE: Names = {**_COMMON, **_CONTACT, "invoice_id": "InvoiceID", "invoice_number": "InvoiceNumber"}
_CREDIT_NOTE: Names = {
    **_COMMON,
    **_CONTACT,
    "credit_note_id": "CreditNoteID",
    "credit_note_number": "CreditNoteNumber",
}
_PAYMENT: Names = {
    **_COMMON,
    "payment_id": "PaymentID",
    "amount": "Amount",
    "payment_type": "PaymentType",
    "invoice_id": ("Invoice", "InvoiceID"),
    "credit_note_id": ("CreditNote", "CreditNoteID"),
    "overpayment_id": ("Overpayment", "OverpaymentID"),
    "prepayment_id": ("Prepayment", "PrepaymentID"),
    "account_id": ("Account", "AccountID"),
}
_PERSON: Names = {
    "contact_id": "ContactID",
    "name": "Name",
    "is_customer": "IsCustomer",
    "default_currency": "DefaultCurrency",
    "tax_number": "TaxNumber",
    "company_number": "CompanyNumber",
}
_ACCOUNT: Names = {"account_id": "AccountID", "name": "Name", "code": "Code", "type": "Type", "class": "Class"}
KINDS = (
    TableKind("Invoice", ("invoice_id", "contact_id", "amount_due", "fully_paid_on_date", "type", "status"), _INVOICE),
    TableKind("Payment", ("payment_id", "amount", "payment_type"), _PAYMENT),
    TableKind("CreditNote", ("credit_note_id", "contact_id"), _CREDIT_NOTE),
    TableKind("Contact", ("contact_id", "name"), _PERSON),
    TableKind("Account", ("account_id", "name", "code", "type", "class"), _ACCOUNT),
)

TELLING = ("Invoice", "Payment")
"""Tables by which the system is recognised."""


def is_telling_table(file: ExportFile) -> bool:
    """Tell whether a file is a table that other systems do not have like this; contacts or terms they have, too."""
    kind = table_kind(file, KINDS)
    return kind is not None and kind.kind in TELLING


def is_table(file: ExportFile) -> bool:
    """Tell whether a file is a table of a connector to Xero."""
    return table_kind(file, KINDS) is not None


def table_records(files: Sequence[ExportFile], postings: Postings) -> list[Record]:
    """Return the records of tables."""
    return [
        record
        for file in files
        if (table := table_kind(file, KINDS)) is not None
        for record in records_of_table(file, table, postings, finish=_deleted)
    ]


def _deleted(body: Body) -> None:
    if body.pop("status", None) == "Deleted":
        body["Status"] = "DELETED"
