"""QuickBooks Desktop: its reports saved as CSV or Excel, with the customers as headings above their transactions.

``Open Invoices`` and ``A/R Aging Detail`` are pictures of one day. ``Transaction List by Customer`` has the invoices
and the payments of a period, but not which payment paid which invoice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from credrisk.dates import to_date
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.parse_dates import DATE_ORDER
from credrisk.sources.erp.bodies import Body, Record
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.open_item_report import OpenItem, post_open_item, read_amount, snapshot_settings
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "quickbooks_desktop"
ABOUT = "QuickBooks Desktop: Open Invoices, A/R Aging Detail or Transaction List by Customer, saved as CSV or Excel."
VERIFIED = "from documentation, unverified"

OPEN = "open balance"
_TOTAL = re.compile(r"^total\b", re.I)
_BUCKET = re.compile(r"^(current|\d+\s*-\s*\d+|>\s*\d+|over \d+|\d+ and over)( days)?( past due)?$", re.I)
_INVOICES = ("invoice", "statement charge", "stmt charge", "finance charge", "fin chg")
_CREDITS = ("credit memo", "credit")
_CASH = ("payment", "deposit")
_SPOT = ("sales receipt", "estimate", "sales order", "purchase order", "statement")

NOT_APPLIED = Notice(
    "error",
    "receipts",
    "payments_not_applied",
    "a transaction list does not say which payment paid which invoice: every invoice stays open, every payment is "
    "unapplied cash, and ages and days to pay cannot be told.",
    "export Open Invoices for what is open, or the payments with their invoices.",
)


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are reports of QuickBooks Desktop: an unnamed first column, then Type, Date and Num."""
    return 0.85 if files and all(_is_own(file) for file in files) else 0.0


def read(files: Sequence[ExportFile], *, report_date: str = "", date_order: str = "", currency: str = "") -> Imported:
    """Turn a report of QuickBooks Desktop into the ledger's tables.

    Parameters
    ----------
    report_date
        Day of a report of open items, which the file does not state: ``2025-12-31``.
    date_order
        month_first or day_first, where the dates of the report do not prove it.
    currency
        The currency of the amounts, which the file does not state: ``USD``.

    Returns
    -------
    Imported
        Of a report of open items a ledger of its one day; of a transaction list documents and receipts without
        applications, with an error among the findings that says what cannot be told from it.

    Raises
    ------
    ParameterError
        When the day or the currency is not given, or the order of dates is none of the two.
    DataError
        When there are several files, or columns are missing.
    """
    if date_order not in ("", *DATE_ORDER.answers):
        raise ParameterError("date_order", " or ".join(DATE_ORDER.answers), date_order)
    if not currency:
        raise ParameterError(
            "currency",
            "the currency of the amounts, such as USD",
            currency,
            remedy="add --set currency=USD; the file does not state it.",
        )
    if len(files) != 1:
        raise DataError(
            f"there are {len(files)} reports; one is read at a time.", remedy="give one file, not a folder of several."
        )
    file, postings = files[0], Postings()
    columns = {name.lower(): name for name in file.header}
    is_open = OPEN in columns
    wanted = ("type", "date", "num", "due date", OPEN) if is_open else ("type", "date", "num", "due date", "amount")
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise DataError(
            f"the report {file.name} lacks columns.",
            columns=missing,
            remedy="in QuickBooks: Customize Report, Display, and tick them; then export again.",
        )
    as_of = _report_date(report_date) if is_open else ""
    names: dict[str, Record] = {}
    postings.count_blank(file.name, file.cells.blank)
    for place, line in file.cells.ragged:
        postings.set_aside(
            Record("row", {"line": line}, file.name, place), "ragged_line", "", table="documents", key=None
        )
    for record, customer, cells in _transactions(file, columns, postings):
        if customer is None:
            amount = _money(cells.get(wanted[-1]))
            postings.set_aside(
                record, "missing_value", "customer", table="documents", key=cells.get("num"), amount=amount
            )
            continue
        item = OpenItem(
            f"{cells.get('type')}:{cells.get('num') or record.row}",
            cells.get("type") or "",
            customer,
            cells.get("date"),
            cells.get("due date"),
            read_amount(cells.get(wanted[-1])),
            None,
        )
        if is_open:
            post_open_item(record, item, as_of, postings)
        else:
            _post_listed(record, item, postings)
        names.setdefault(customer, record)
    for name, record in names.items():
        postings.add("customers", record, customer_id=name, name=name)
    stated = {"date_order": date_order, "currency": currency}
    settings = {name: value for name, value in stated.items() if value}
    return postings.imported(settings=settings | (snapshot_settings(as_of) if is_open else {}))


def _is_own(file: ExportFile) -> bool:
    if file.kind not in ("csv", "xlsx"):
        return False
    try:
        header = [name.lower() for name in file.header]
    except DataError:
        return False
    return (
        header[:1] == ["column 1"] and {"type", "date", "num"} <= set(header) and bool({OPEN, "amount"} & set(header))
    )


def _report_date(written: str) -> str:
    if not written:
        raise ParameterError(
            "report_date",
            "the day of the report, such as 2025-12-31",
            written,
            remedy="add --set report_date=2025-12-31; the day stands in the title of the report.",
        )
    return to_date(written, "report_date").isoformat()


def _transactions(
    file: ExportFile, columns: dict[str, str], postings: Postings
) -> Iterator[tuple[Record, str | None, Body]]:
    """Yield the transactions under their customer; headings, totals and ageing buckets are left out."""
    customer: str | None = None
    by_name = columns.get("name") or columns.get("customer")
    for row in file.rows():
        cells = {name: row[column] for name, column in columns.items()}
        record = Record(
            "row", {name: value for name, value in cells.items() if value is not None}, file.name, row["_line"]
        )
        heading = next(
            (row[column] for name, column in columns.items() if name.startswith("column ") and row[column]), None
        )
        if cells.get("type") is None:
            if heading is None:
                postings.leave_out(record, "rows that are no transaction")
            elif _TOTAL.match(heading):
                postings.leave_out(record, "totals")
            else:
                customer = None if _BUCKET.match(heading) else heading
                postings.leave_out(record, "headings")
            continue
        own = row[by_name] if by_name else None
        yield record, own or customer, cells


def _post_listed(record: Record, item: OpenItem, postings: Postings) -> None:
    """Add a transaction of a list: a document with its whole amount, or cash that is not applied."""
    kind, amount = item.kind.strip().lower(), item.open_amount
    if kind in _SPOT:
        postings.leave_out(record, f"{item.kind}: no receivable", _money(amount))
    elif kind in _CASH:
        postings.add(
            "receipts",
            record,
            receipt_id=item.key,
            customer_id=item.customer_id,
            date=item.document_date,
            amount=abs(amount) if isinstance(amount, Decimal) else amount,
        )
        postings.notice(NOT_APPLIED, item.key)
    elif kind in (*_INVOICES, *_CREDITS) or isinstance(amount, Decimal):
        credit = kind in _CREDITS or (isinstance(amount, Decimal) and amount < 0)
        own_day = credit or kind not in _INVOICES  # a credit or journal has no terms
        signed = -abs(amount) if credit and isinstance(amount, Decimal) else amount
        postings.add(
            "documents",
            record,
            document_id=item.key,
            customer_id=item.customer_id,
            kind="credit_note" if credit else "invoice" if kind in _INVOICES else "debit_note",
            document_date=item.document_date,
            due_date=item.due_date or (item.document_date if own_day else None),
            amount=signed,
        )
    else:
        postings.leave_out(record, "rows that are no transaction")


def _money(written: Decimal | str | None) -> Decimal | None:
    amount = read_amount(written) if isinstance(written, str) else written
    return amount if isinstance(amount, Decimal) else None
