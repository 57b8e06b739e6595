"""What an import from QuickBooks Online may notice, in words."""

from __future__ import annotations

from credrisk.sources.erp.postings import Notice

__all__ = [
    "BALANCE_DIFFERS",
    "CREDIT_NOT_THERE",
    "CUSTOMER_NOT_THERE",
    "DEPOSIT_NOT_THERE",
    "DEPOSIT_ON_INVOICE",
    "DUE_BY_TERMS",
    "EDITED",
    "EDITED_PAYMENTS",
    "JOURNAL_OFFSET",
    "JOURNAL_WITHOUT_CUSTOMER",
    "LINES_DIFFER",
    "MORE_THAN_PAID",
    "PAGE_NOT_THERE",
    "PAID_BACK",
    "REPORT_UNUSED",
    "SEVERAL_LINKS",
    "SPLIT_BY_ORDER",
    "UNTOLD",
    "VOIDED_WITH_MONEY",
    "WRITE_OFF_LEFT",
]

BALANCE_DIFFERS = Notice(
    "warning",
    "documents",
    "balance_differs",
    "the payments and credits in the export leave another amount open than QuickBooks says is open today.",
    "export every Payment, CreditMemo, JournalEntry and Deposit up to one day, not only those of a period.",
)
CREDIT_NOT_THERE = Notice(
    "warning",
    "applications",
    "credit_memo_not_there",
    "payments apply credit memos that are not in the export; the invoices are closed as by credit notes.",
    "export the credit memos too.",
)
CUSTOMER_NOT_THERE = Notice(
    "warning",
    "customers",
    "customers_from_references",
    "customers that the export has no record of were taken from the records that name them.",
    "export the Customer records too.",
)
DEPOSIT_NOT_THERE = Notice(
    "warning",
    "applications",
    "deposit_not_there",
    "payments apply customers' deposits of which the export does not have the one line on receivables; "
    "the invoices are closed as paid, without a receipt.",
    "export the Deposit and Account records too.",
)
DEPOSIT_ON_INVOICE = Notice(
    "note",
    "receipts",
    "deposit_on_invoice",
    "deposits stated on invoices are taken as cash received on the day of the invoice.",
)
DUE_BY_TERMS = Notice(
    "note", "documents", "due_by_terms", "invoices without a due date are due by the days of their terms."
)
EDITED = Notice(
    "note",
    "documents",
    "edited_since",
    "invoices were changed after they were entered; amounts and due dates are those of the last version.",
    "keep every extract: only comparing them shows what was changed.",
)
EDITED_PAYMENTS = Notice(
    "note",
    "applications",
    "edited_since",
    "payments were changed after they were entered; what they pay is taken to have been known from the start.",
    "keep every extract: only comparing them shows what was applied later.",
)
JOURNAL_OFFSET = Notice(
    "warning",
    "applications",
    "journal_offset",
    "invoices are closed by journal entries against accounts that are named neither bad debt nor discount; "
    "they are taken as offset, not as paid.",
    "if they are write-offs, name the accounts: --set bad_debt_accounts='NAME, NAME'.",
)
JOURNAL_WITHOUT_CUSTOMER = Notice(
    "warning",
    "documents",
    "journal_without_customer",
    "journal lines on receivables name no customer and are not in the ledger.",
    "export the journal entries with their Entity, or name the customer in QuickBooks.",
)
LINES_DIFFER = Notice(
    "warning",
    "applications",
    "payment_lines_differ",
    "what the lines of payments apply is not their total less what is unapplied; the money is the difference.",
    "export the payments whole, with all their lines.",
)
MORE_THAN_PAID = Notice(
    "warning",
    "applications",
    "more_than_paid",
    "payments apply more than their credits and their cash; what goes beyond was not applied.",
    "look at these payments in QuickBooks.",
)
PAGE_NOT_THERE = Notice(
    "warning",
    "",
    "page_not_there",
    "answers to queries are shorter than they state, or full and without the next page: records are missing.",
    "ask for the further pages with STARTPOSITION and put them beside the others.",
)
PAID_BACK = Notice(
    "note",
    "receipts",
    "paid_back",
    "cheques and expenses linked to payments are cash paid back, on the day of the payment that links them.",
)
REPORT_UNUSED = Notice(
    "note",
    "",
    "report_unused",
    "reports were not used: the records beside them say more.",
)
SEVERAL_LINKS = Notice(
    "warning",
    "applications",
    "several_links",
    "lines of payments name several transactions with one amount; nothing says how it is split, so it is not applied.",
    "look at these payments in QuickBooks.",
)
SPLIT_BY_ORDER = Notice(
    "note",
    "applications",
    "split_by_order",
    "payments apply several credits, or credits and cash, to several documents; QuickBooks does not say "
    "which to which, so they follow the order of the lines, the cash last.",
)
UNTOLD = Notice(
    "warning",
    "applications",
    "untold_clearing",
    "invoices are closed by transactions of which the export does not say what they are; they are taken as offset, "
    "not as paid.",
    "export the journal entries, deposits and purchases too.",
)
VOIDED_WITH_MONEY = Notice(
    "warning",
    "documents",
    "voided_with_money",
    "records say that they were voided, but still have an amount; they were left out.",
    "look at them in QuickBooks.",
)
WRITE_OFF_LEFT = Notice(
    "note",
    "documents",
    "write_off_not_applied",
    "write-offs and discounts are not applied to any invoice in full; the rest is a credit of the customer.",
)
