"""A report of open items as the picture of one day: what was open then, and nothing of how it came to be.

The amounts are what was open on the day of the report, so nothing is known before that day: each item is entered on
it, and the ledger covers it alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from credrisk.sources.erp.bodies import Record
from credrisk.sources.erp.postings import Notice, Postings

__all__ = ["SNAPSHOT", "OpenItem", "post_open_item", "read_amount", "snapshot_settings"]

KINDS = {
    "invoice": "invoice",
    "statement charge": "debit_note",
    "stmt charge": "debit_note",
    "finance charge": "late_fee",
    "fin chg": "late_fee",
    "credit memo": "credit_note",
    "credit note": "credit_note",
    "credit": "credit_note",
}
"""Types of transactions that are documents, as QuickBooks calls them."""
CASH = ("payment", "deposit")
JOURNAL = ("journal entry", "journal", "general journal")
_PLAIN = re.compile(
    r"^(?P<open>\()?(?P<minus>-)?\$?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<end>[)-])?$"
)

SNAPSHOT = Notice(
    "warning",
    "documents",
    "snapshot_only",
    "a report of open items is the picture of one day: amounts are what was open then, and there is no history, "
    "so nothing can be said about how customers pay.",
    "export the invoices, payments and credits themselves.",
)
TYPE_UNKNOWN = Notice(
    "warning",
    "documents",
    "type_unknown",
    "transactions of a type that is not known were taken by their sign: what is owed as debit notes, credits as "
    "credit notes.",
    "look at them: cash is no credit note.",
)


@dataclass(frozen=True)
class OpenItem:
    """One open transaction of a report.

    Attributes
    ----------
    kind
        Its type in the words of the report.
    open_amount
        What is open of it, credits negative; text where it is no plain number.
    """

    key: str
    kind: str
    customer_id: str | None
    document_date: str | None
    due_date: str | None
    open_amount: Decimal | str | None
    currency: str | None


def read_amount(written: str | None) -> Decimal | str | None:
    """Read an amount such as ``-1,234.50`` or ``(50.00)``; what is written otherwise stays text."""
    found = _PLAIN.match((written or "").replace(" ", ""))
    if found is None:
        return written
    amount = Decimal(found["number"].replace(",", ""))
    return -amount if found["minus"] or found["open"] or found["end"] == "-" else amount


def post_open_item(record: Record, item: OpenItem, report_date: str, postings: Postings) -> None:
    """Add an open item as a document, or as a receipt where it is cash that is not applied."""
    amount, kind = item.open_amount, item.kind.strip().lower()
    if amount == 0:
        postings.leave_out(record, "nothing open")
        return
    credit = isinstance(amount, Decimal) and amount < 0
    if kind in CASH and credit:
        postings.add(
            "receipts",
            record,
            receipt_id=item.key,
            customer_id=item.customer_id,
            date=item.document_date,
            amount=abs(amount) if isinstance(amount, Decimal) else amount,
            currency=item.currency,
            recorded_at=report_date,
        )
        return
    if kind not in KINDS and kind not in JOURNAL:
        postings.notice(TYPE_UNKNOWN, item.key, amount if isinstance(amount, Decimal) else None, item.currency)
    postings.add(
        "documents",
        record,
        document_id=item.key,
        customer_id=item.customer_id,
        kind=KINDS.get(kind, "credit_note" if credit else "debit_note"),
        document_date=item.document_date,
        due_date=item.due_date or (item.document_date if credit else None),
        amount=amount,
        currency=item.currency,
        recorded_at=report_date,
    )
    postings.notice(SNAPSHOT, item.key, amount if isinstance(amount, Decimal) else None, item.currency)


def snapshot_settings(report_date: str) -> dict[str, str]:
    """Return what a ledger of one day states about itself."""
    return {"covers_from": report_date, "covers_to": report_date, "extracted_on": report_date}
