"""What an import from Xero may notice, in words."""

from __future__ import annotations

from credrisk.sources.erp.postings import Notice

__all__ = [
    "ALLOCATION_UNDATED",
    "BALANCE_DIFFERS",
    "CONTACT_NOT_THERE",
    "CREDITED_BY_UNKNOWN",
    "CREDIT_NOT_THERE",
    "NOT_BANK",
    "PAGE_NOT_THERE",
    "PAID_IN_ONE_SUM",
    "PAID_WITHOUT_DATE",
    "PAYMENT_WITHOUT_INVOICE",
    "WRITE_OFF_LEFT",
]

ALLOCATION_UNDATED = Notice(
    "note",
    "applications",
    "allocation_undated",
    "the export does not say when these credits were applied: taken is the day on which the invoice was paid in full "
    "where they alone closed it, else the later of the two documents.",
    "export the credit notes, overpayments and prepayments one by one, or with paging: they then have Allocations.",
)
BALANCE_DIFFERS = Notice(
    "warning",
    "documents",
    "balance_differs",
    "the payments and credits in the export leave another amount open than Xero says is due today.",
    "export every page of Invoices, Payments, CreditNotes, Overpayments and Prepayments on one day.",
)
CONTACT_NOT_THERE = Notice(
    "warning",
    "customers",
    "customers_from_references",
    "customers that the export has no contact of were taken from the documents that name them.",
    "export the Contacts too.",
)
CREDITED_BY_UNKNOWN = Notice(
    "warning",
    "applications",
    "credited_by_unknown",
    "invoices were credited in part or in full, and the export does not say by what: a credit note, an overpayment or "
    "a prepayment; they are closed as offset on the day they were paid in full, else left open.",
    "export CreditNotes, Overpayments and Prepayments.",
)
CREDIT_NOT_THERE = Notice(
    "warning",
    "applications",
    "credit_not_there",
    "invoices name credit notes, overpayments or prepayments that are not in the export; they are closed by what the "
    "invoice says of them.",
    "export CreditNotes, Overpayments and Prepayments.",
)
NOT_BANK = Notice(
    "warning",
    "applications",
    "payment_not_to_bank",
    "payments were entered to accounts of income or expense that are named neither bad debt nor discount; "
    "they are taken as offset, not as cash.",
    "if they are write-offs, name the accounts: --set bad_debt_accounts='NAME, NAME'.",
)
PAGE_NOT_THERE = Notice(
    "warning",
    "",
    "page_not_there",
    "the answers state more pages than the export has: records are missing.",
    "ask for the further pages and put them beside the others.",
)
PAID_IN_ONE_SUM = Notice(
    "warning",
    "receipts",
    "paid_in_one_sum",
    "the export has no payments for what these invoices say was paid: each is taken as paid in one sum on the day it "
    "was paid in full; partial payments before that day are not seen.",
    "export the Payments.",
)
PAID_WITHOUT_DATE = Notice(
    "error",
    "documents",
    "paid_without_date",
    "invoices are paid in part and the export has no payments: nothing says when, so they are left open in full.",
    "export the Payments.",
)
PAYMENT_WITHOUT_INVOICE = Notice(
    "warning",
    "receipts",
    "payment_without_invoice",
    "payments are of invoices or credits that are not in the export; their customer is the one the payment names.",
    "export all Invoices and CreditNotes, not only those of a period.",
)
WRITE_OFF_LEFT = Notice(
    "note",
    "documents",
    "write_off_not_applied",
    "credit notes on accounts of bad debt are not applied to any invoice in full; the rest is a credit.",
)
