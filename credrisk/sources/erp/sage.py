"""Sage 50 and the like: transactions of the sales ledger by their types (SI, SC, SR, SA, SD), and their allocations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.parse_dates import DATE_ORDER
from credrisk.sources.erp.bodies import Record, day
from credrisk.sources.erp.closing_words import closing_by_name, stated_names
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.named_tables import (
    Table,
    fitting_table,
    header_of,
    is_true,
    not_needed,
    read_tables,
    unused_columns,
)
from credrisk.sources.erp.open_item_report import read_amount
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.erp.settled_items import Customer, Item, Match, Role, post_customers, post_items
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "sage"
ABOUT = "Sage 50 and the like: transactions by type (SI, SC, SR, SA, SD), with their allocations where exported."
VERIFIED = "from documentation, unverified"
SURE = 0.8
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""

TABLES = (
    Table(
        "usage",
        ("splitcrossref|allocatedto|appliedto|usedby", "splitnumber|number|tranno|from", "amount|usedamount"),
        {
            "one": ("splitnumber", "number", "tranno", "from"),
            "other": ("splitcrossref", "allocatedto", "appliedto", "usedby"),
            "amount": ("usedamount", "amount"),
            "date": ("date", "useddate"),
        },
    ),
    Table(
        "transaction",
        (
            "type|trantype",
            "a/c|accountref|accountreference|account",
            "date",
            "net|netamount|gross|grossamount|amount",
            "ref|reference|invref|no|trannumber|splitnumber",
        ),
        {
            "id": ("splitnumber", "no", "trannumber", "tranno", "number"),
            "type": ("type", "trantype"),
            "customer": ("a/c", "accountref", "accountreference", "account"),
            "date": ("date",),
            "due": ("duedate", "dueon"),
            "reference": ("ref", "reference", "invref"),
            "net": ("net", "netamount"),
            "tax": ("tax", "taxamount", "vat"),
            "gross": ("gross", "grossamount", "amount"),
            "nominal": ("n/c", "nominalcode", "nominal", "nominala/c", "nominala/cref"),
            "details": ("details", "description"),
            "deleted": ("deletedflag", "deleted"),
            "currency": ("currency", "currencycode"),
            "created": ("recordcreatedate",),
        },
    ),
    Table(
        "customer",
        ("a/c|accountref|accountreference", "name|companyname|accountname", "creditlimit|address1|postcode|telephone"),
        {
            "id": ("a/c", "accountref", "accountreference"),
            "name": ("name", "companyname", "accountname"),
            "street": ("address1", "streetaddress1"),
            "city": ("address3", "town"),
            "postcode": ("postcode", "address5"),
            "country": ("countrycode", "country"),
        },
    ),
)
ROLES: Mapping[str, Role] = {"SI": "invoice", "SC": "credit_note", "SR": "cash", "SA": "cash", "SP": "cash_back"}
DISCOUNT = "SD"
DEBITS = ("SI", "SP")
_SALES = re.compile(r"^S[A-Z]$")

NO_ALLOCATIONS = Notice(
    "error",
    "applications",
    "no_allocations",
    "the export does not say which receipt paid which invoice: every invoice stays open, and ages and days to pay "
    "cannot be told.",
    "export the usage of the transactions too (AUDIT_USAGE), with the number of the split and of its cross-reference.",
)
TERMS_NOT_THERE = Notice(
    "warning",
    "documents",
    "due_date_not_there",
    "invoices have no due date in the export: it is taken as given by terms_days.",
    "export the due dates, or check --set terms_days.",
)


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of Sage: the share of its tables, if transactions with nominal codes are there."""
    kinds = [table.kind for file in files if (table := fitting_table(file, TABLES)) is not None]
    if "transaction" not in kinds:
        return 0.0
    own = [file for file in files if (table := fitting_table(file, TABLES)) and table.kind == "transaction"]
    if not all({"n/c", "nominalcode", "nominala/c", "nominala/cref"} & header_of(one) for one in own):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(kinds) / len(files))


def read(
    files: Sequence[ExportFile],
    *,
    terms_days: str = "",
    date_order: str = "day_first",
    write_off_accounts: str = "8100",
) -> Imported:
    """Turn transactions of Sage into the ledger's tables.

    Parameters
    ----------
    terms_days
        Days from an invoice to its due date, where the export has none.
    date_order
        day_first or month_first.
    write_off_accounts
        Nominal codes that mean a write-off, separated by commas; 8100 is that of the standard chart.

    Returns
    -------
    Imported
        Sales invoices and credits as documents, receipts and payments on account as receipts, applied as the
        allocations say. What is outstanding or paid today is never read.

    Raises
    ------
    ParameterError
        When a setting is none of the values it may have.
    DataError
        When a file is damaged, or there are no transactions.
    """
    if date_order not in DATE_ORDER.answers:
        raise ParameterError("date_order", " or ".join(DATE_ORDER.answers), date_order)
    if terms_days and not terms_days.isdigit():
        raise ParameterError("terms_days", "a whole number of days", terms_days)
    postings = Postings()
    by_kind = read_tables(files, TABLES, postings)
    if not by_kind["transaction"]:
        raise DataError("there are no transactions of Sage in the export.", remedy="export the audit trail.")
    terms = int(terms_days) if terms_days else None
    items: dict[str, Item] = {}
    for record in by_kind["transaction"]:
        item = _item(record, postings, terms, date_order, stated_names(write_off_accounts))
        if item is not None and item.key in items:
            postings.merge(record)
        elif item is not None:
            items[item.key] = item
    for item in items.values():
        if not by_kind["usage"] and item.role in ("cash", "credit_note"):
            postings.notice(NO_ALLOCATIONS, item.key, item.amount, item.currency)
    made = list(items.values())
    post_items(made, list(_matches(by_kind["usage"], items, postings, date_order)), postings)
    post_customers(_customers(by_kind["customer"], postings), made, postings)
    return postings.imported(
        whole_files=not_needed(files, TABLES),
        unused_columns=unused_columns(files, TABLES),
    )


_YEAR_LAST = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\b")


def _on(record: Record, name: str, date_order: str) -> str | None:
    """Return a day as ``2025-12-31``; what is no date stays as it is written, for the contract to refuse."""
    written = day(record.body, name)
    found = _YEAR_LAST.match(written or "")
    if written is None or found is None:
        return written
    first, second, year = found.groups()
    number, month = (first, second) if date_order == "day_first" else (second, first)
    return f"{year if len(year) == len('2025') else '20' + year}-{int(month):02d}-{int(number):02d}"


def _number(record: Record, name: str) -> Decimal | None:
    amount = read_amount(record.body.get(name))
    return amount if isinstance(amount, Decimal) else None


def _item(
    record: Record, postings: Postings, terms: int | None, date_order: str, write_offs: frozenset[str]
) -> Item | None:
    body = record.body
    kind = body.get("type", "").upper()
    gross, net = _number(record, "gross"), _number(record, "net")
    tax = _number(record, "tax")
    if gross is None and net is not None:
        gross = net + (tax or Decimal(0))
    currency = body.get("currency")
    if not _SALES.match(kind):
        postings.leave_out(record, f"{kind or 'no type'}: not of the sales ledger", gross, currency)
        return None
    if is_true(body.get("deleted")):
        postings.leave_out(record, "deleted", gross, currency)
        return None
    role: Role = "discount" if kind == DISCOUNT else ROLES.get(kind, "offset")
    if kind == "SC":
        role = closing_by_name([body.get("details", "")], write_offs) or role
        role = "write_off" if body.get("nominal", "").lower() in write_offs else role
    key = body.get("id") or f"{kind}:{body.get('reference') or record.row}"
    on, due = _on(record, "date", date_order), _on(record, "due", date_order)
    signed = None if gross is None else abs(gross) if kind in DEBITS else -abs(gross)
    if role == "invoice" and due is None and terms is not None:
        due = _later(on, terms)
        postings.notice(TERMS_NOT_THERE, key, signed, currency)
    return Item(
        key,
        record,
        role,
        body.get("customer"),
        signed,
        currency,
        on,
        due,
        _on(record, "created", date_order),
        tax_amount=None if tax is None else abs(tax) if kind in DEBITS else -abs(tax),
    )


def _later(on: str | None, days: int) -> str | None:
    try:
        return (date.fromisoformat(on or "") + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        return None


def _matches(
    usages: Sequence[Record], items: Mapping[str, Item], postings: Postings, date_order: str
) -> Iterator[Match]:
    """Return each allocation once, whether it is written from the receipt, from the invoice, or from both."""
    seen: dict[tuple[str, str, Decimal, str | None], str] = {}
    for record in usages:
        one, other, amount = record.body.get("one", ""), record.body.get("other", ""), _number(record, "amount")
        on = _on(record, "date", date_order)
        there = [items[key] for key in (one, other) if key in items]
        if not there:
            postings.leave_out(record, "allocations of other transactions", amount)
        elif not amount:
            postings.set_aside(record, "missing_value", "amount", table="applications", key=one)
        else:
            forward = (items[one].amount or 0) > 0 if one in items else (items[other].amount or 0) < 0
            debit, credit = (one, other) if forward else (other, one)
            pair = (debit, credit, abs(amount), on)
            if seen.get(pair, one) != one:
                postings.merge(record)
                continue
            seen[pair] = one
            last = max((item.document_date for item in there if item.document_date), default=None)
            yield Match(record, debit, credit, abs(amount), on or last)


def _customers(records: Sequence[Record], postings: Postings) -> list[Customer]:
    made: dict[str, Customer] = {}
    for record in records:
        key = record.body.get("id")
        if key is None:
            postings.set_aside(record, "missing_value", "customer_id", table="customers", key=None)
        elif key in made:
            postings.merge(record)
        else:
            cells = {name: record.body.get(name) for name in ("name", "street", "city", "postcode", "country")}
            made[key] = Customer(key, record, cells)
    return list(made.values())
