"""The report of aged receivables of QuickBooks Online: nested sections, read as the open items of its day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from credrisk.errors import DataError
from credrisk.sources.erp.bodies import DEEPEST, Body, Record, day, many, text
from credrisk.sources.erp.open_item_report import OpenItem, post_open_item, read_amount
from credrisk.sources.erp.postings import Postings

__all__ = ["post_report", "report_date_of"]

READ = "AgedReceivableDetail"
_COLUMNS = {
    "document_date": ("tx_date", "date"),
    "kind": ("txn_type", "transaction type"),
    "number": ("doc_num", "num"),
    "customer": ("cust_name", "customer", "client"),
    "due_date": ("due_date", "due date"),
    "open_amount": ("subt_open_bal", "open_bal", "open balance"),
}
"""What is read, by key of the column or, in small letters, its title."""
_NEEDED = ("document_date", "kind", "customer", "due_date", "open_amount")


def report_date_of(report: Body) -> str | None:
    """Return the day that a report states."""
    stated = (
        day(option, "Value") for option in many(report, "Header", "Option") if text(option, "Name") == "report_date"
    )
    return next(filter(None, stated), None) or day(report, "Header", "EndPeriod")


def post_report(file: str, report: Body, postings: Postings) -> str:
    """Add the open items of a report, and return its day.

    Raises
    ------
    DataError
        When it is another report, states no day, or lacks a column that open items need.
    """
    name, as_of = text(report, "Header", "ReportName"), report_date_of(report)
    if name != READ:
        raise DataError(
            f"{file} is the report {name}, from which no ledger can be made.",
            remedy=f"export the records (Invoice, Payment, CreditMemo, Customer, ...), or the report {READ}.",
        )
    if as_of is None:
        raise DataError(f"the report {file} does not state its day.", remedy="ask for it with report_date.")
    columns = _columns(report)
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        keys = ", ".join(_COLUMNS[column][0] for column in (*_NEEDED, "number"))
        raise DataError(
            f"the report {file} lacks columns that open items need.",
            columns=[_COLUMNS[column][0] for column in missing],
            remedy=f"ask for it with columns={keys}.",
        )
    currency = text(report, "Header", "Currency")
    names: dict[str, tuple[Record, str | None]] = {}
    for number, cells in enumerate(_data(report.get("Rows")), start=1):
        record = Record("row", {"ColData": cells}, file, number)
        value = {column: text(cells[place], "value") for column, place in columns.items() if place < len(cells)}
        ids = {column: text(cells[place], "id") for column, place in columns.items() if place < len(cells)}
        customer = ids.get("customer") or value.get("customer")
        kind = value.get("kind") or ""
        key = ids.get("kind") or value.get("number") or str(number)
        if customer:
            names.setdefault(customer, (record, value.get("customer")))
        item = OpenItem(
            key if kind.lower() == "invoice" and ids.get("kind") else f"{kind}:{key}",
            kind,
            customer,
            value.get("document_date"),
            value.get("due_date"),
            read_amount(value.get("open_amount")),
            currency,
        )
        post_open_item(record, item, as_of, postings)
    for customer, (record, shown) in names.items():
        postings.add("customers", record, customer_id=customer, name=shown)
    return as_of


def _columns(report: Body) -> dict[str, int]:
    """Return where each column stands, by its key, its type or its title."""
    found: dict[str, int] = {}
    for place, column in enumerate(many(report, "Columns", "Column")):
        keys = [text(one, "Value") for one in many(column, "MetaData") if text(one, "Name") == "ColKey"]
        called = {(name or "").lower() for name in (*keys, text(column, "ColType"), text(column, "ColTitle"))}
        for target, names in _COLUMNS.items():
            if called & set(names) and target not in found:
                found[target] = place
                break
    return found


def _data(rows: Any, depth: int = 0) -> Iterator[list[Body]]:
    """Yield the cells of the rows of data, however deep; headings and sums of sections are passed over."""
    if depth > DEEPEST:
        raise DataError(f"the report nests its sections more than {DEEPEST} deep.")
    for row in many(rows, "Row"):
        cells = list(many(row, "ColData"))
        if cells and text(row, "group") is None:
            yield cells
        yield from _data(row.get("Rows"), depth + 1)
