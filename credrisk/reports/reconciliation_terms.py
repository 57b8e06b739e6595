"""The terms that a reader of the reconciliation meets, and the lines of its tie-outs in words."""

from __future__ import annotations

from credrisk.portfolio.reconciliation.differences import NAMED
from credrisk.portfolio.reconciliation.postings import POSTING_LINES
from credrisk.reports.buckets import bucket_heading

__all__ = ["RECONCILIATION_TERMS", "STATES", "line_in_words"]

_OTHER_LINES = {
    "late_fees": "Late fees",
    "open_credits": "Open credits",
    "unapplied_cash": "Less unapplied cash",
    "not_explained": "Not explained",
    "control_account": "Control account",
}
STATES = {
    "agrees": "Agrees to the cent",
    "explained": "Differs, explained to the cent",
    "ambiguous": "Differs, explained in several ways",
    "not_explained": "Differs, not explained",
    "not_given": "No control account given",
}

RECONCILIATION_TERMS: dict[str, str] = {
    "As of": (
        "A row counts when both its date and the day on which it was entered are on or before the day. What is dated "
        "up to the day and was entered later is a named difference, never part of the ageing."
    ),
    "Open items": (
        "What is left of each document after its applications: buckets, late fees and open credits. Credits and "
        "unapplied cash never hide in a bucket."
    ),
    "Customers' balance": (
        "Open items less unapplied cash. It is worked out twice: from the movements of every item (the ageing) and "
        "from the plain sums of documents, cash and adjustments (the postings)."
    ),
    "Control account": (
        "The balance of the receivables account in the general ledger, as you gave it. Several accounts of one company "
        "and currency are added up."
    ),
    "Named difference": (
        "An amount that the general ledger may hold otherwise: cash or credits on another account, late entries, rows "
        "set aside, translation. The smallest set that makes up the difference to the cent explains it; where several "
        "sets do, none is taken. That amounts fit is strong evidence and no proof."
    ),
    "Not explained": "What no set of up to three named differences makes up. It is never spread over other lines.",
    "Severity": (
        "Error: figures are wrong or missing because of it. Warning: look before you rely on figures that touch it. "
        "Note: for the record."
    ),
    "At stake": "The money of the rows; of copies, that of the further ones. Amounts of findings may overlap.",
    "Cut-off": "Rows dated in one month and entered in a later one: a report drawn in between did not hold them.",
    "Original and current due date": (
        "The date on the document, and the latest one agreed. Re-dating makes an item look younger; it does not make "
        "it paid. Default and the collection queue go by the original date."
    ),
    "Perhaps one customer": (
        "Accounts that share an identifier, or their name (without legal form, accents and punctuation) and place, "
        "with nothing that contradicts. They are candidates: nothing is merged."
    ),
}


def line_in_words(line: str) -> str:
    """Return the words of a line of the tie-outs."""
    words = {**POSTING_LINES, **NAMED, **_OTHER_LINES}
    return words[line] if line in words else bucket_heading(line)
