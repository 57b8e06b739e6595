"""What to do in the ERP about the findings that the check of a ledger makes: its own remedies speak of the export."""

from __future__ import annotations

__all__ = ["IN_THE_ERP"]

_NOT_THERE = "select cleared items, all companies and a longer period in the export."

IN_THE_ERP = {
    "due_before_document": "correct the baseline date or the terms of the document, then those of the customer.",
    "no_terms": "enter terms of payment for the customer: documents without terms are due at once.",
    "over_applied": "take the clearing back, reverse what was posted twice and clear again; what was paid too much "
    "goes on account or back to the customer.",
    "negative_balance": "look for what was cleared twice or posted to the wrong side; what was paid too much goes on "
    "account or back to the customer.",
    "open_beyond_amount": "open the clearing: something was reversed that had not been cleared.",
    "applied_beyond_receipt": "take the clearing back: bank line and receipt must be of one amount.",
    "left_beyond_receipt": "open the clearing: something was reversed that had not been cleared.",
    "negative_unapplied_cash": "look for the receipt that was paid back: it is older than the export.",
    "applied_before_document": "correct the posting date of the clearing or of the document, in an open period.",
    "paid_before_document": "post prepayments as down payments, so that they do not look like payments of it.",
    "unseen_document": _NOT_THERE,
    "unknown_document": _NOT_THERE,
    "unknown_receipt": _NOT_THERE,
    "unknown_customer": "export every account, those blocked or marked for deletion too.",
    "conflicting_id": "number ranges start again each year or are of a company: export year and company as part of the "
    "number.",
    "equal_rows": "open both lines: a second posting is real, a join in the export is not.",
    "after_coverage": "look for postings with a wrong year.",
    "no_rate": "export the table of exchange rates too.",
    "no_early_rate": "export the table of exchange rates too, from the first posting on.",
    "concentration": "look at the customer's limit and cover.",
    "without_documents": "block accounts that are not used.",
}
"""By the code of the finding."""
