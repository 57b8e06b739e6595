"""Microsoft Dynamics 365 Business Central: customer ledger entries with their detailed entries, and the customers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from credrisk.errors import DataError, ParameterError
from credrisk.sources.erp.bodies import Record, day, money
from credrisk.sources.erp.closing_words import closing_by_name, stated_names
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.named_tables import (
    Table,
    fitting_table,
    newest_versions,
    not_needed,
    read_tables,
    unused_columns,
)
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.erp.settled_items import Customer, Item, Match, Role, post_customers, post_items
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "business_central"
ABOUT = "Microsoft Dynamics 365 Business Central: customer ledger entries, detailed entries and customers."
VERIFIED = "from documentation, unverified"
SURE = 0.85
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""

_ENTRY = ("customerledgerentryno", "customerledgerentrynumber", "custledgerentryno", "cleentryno")
_APPLIED = (
    "appliedcustomerledgerentrynumber",
    "appliedcustomerledgerentryno",
    "appliedcustledgerentryno",
    "dcleappliedcustledgerentryno",
)
TABLES = (
    Table(
        "detail",
        ("|".join(_ENTRY), "entrytype|dcleentrytype", "amount|dcleamount", "postingdate|dclepostingdate"),
        {
            "id": ("dcleentryno", "entryno", "entrynumber"),
            "entry": _ENTRY,
            "type": ("entrytype", "dcleentrytype"),
            "date": ("postingdate", "dclepostingdate"),
            "amount": ("dcleamount", "amount"),
            "applied": _APPLIED,
        },
    ),
    Table(
        "entry",
        ("entryno|entrynumber", "documenttype", "customerno|customernumber", "postingdate", "open"),
        {
            "id": ("entryno", "entrynumber"),
            "type": ("documenttype",),
            "date": ("postingdate",),
            "document_date": ("documentdate",),
            "due": ("duedate",),
            "customer": ("customerno", "customernumber"),
            "name": ("customername",),
            "currency": ("currencycode",),
            "amount": ("originalamount", "amount"),
            "text": ("description",),
            "balancing": ("balaccounttype", "balancingaccounttype"),
            "reverses": ("reversedentryno", "reversedentrynumber"),
            "created": ("systemcreatedat",),
            "changed": ("lastmodifieddatetime", "systemmodifiedat"),
        },
    ),
    Table(
        "customer",
        ("number|no", "displayname|name", "taxliable|creditlimit|creditlimitlcy|blocked|balancelcy|balanceduelcy"),
        {
            "id": ("number", "no"),
            "name": ("displayname", "name"),
            "country": ("country", "countryregioncode"),
            "street": ("addressline1", "address"),
            "postcode": ("postalcode", "postcode"),
            "city": ("city",),
            "vat_id": ("taxregistrationnumber", "vatregistrationno"),
            "changed": ("lastmodifieddatetime",),
        },
    ),
)
ROLES: Mapping[str, Role] = {
    "invoice": "invoice",
    "finance charge memo": "late_fee",
    "reminder": "late_fee",
    "credit memo": "credit_note",
    "payment": "cash",
    "refund": "cash_back",
}
BY_ITSELF = {
    "payment discount": "discount",
    "payment discount tolerance": "discount",
    "payment tolerance": "discount",
    "appln. rounding": "fx_difference",
}
"""Detailed entries that close a part of a document without being a posting, and the kind of application they are."""

NO_DETAILS = Notice(
    "error",
    "applications",
    "no_detailed_entries",
    "the export does not say which payment settled which invoice: every invoice stays open, and ages and days to pay "
    "cannot be told.",
    "export Detailed Cust. Ledg. Entries too, with Cust. Ledger Entry No. and Applied Cust. Ledger Entry No.",
)


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of Business Central: the share of its tables, if entries are among them."""
    kinds = [table.kind for file in files if (table := fitting_table(file, TABLES)) is not None]
    if not {"entry", "detail"} & set(kinds):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(kinds) / len(files))


def read(files: Sequence[ExportFile], *, local_currency: str = "", write_off_words: str = "") -> Imported:
    """Turn an export of Business Central into the ledger's tables.

    Parameters
    ----------
    local_currency
        Currency of the company, such as EUR: an entry without a currency code is in it.
    write_off_words
        Descriptions of entries without a type that mean a write-off, separated by commas, where they do not say so.

    Returns
    -------
    Imported
        Documents, receipts, what the detailed entries applied, customers. ``Remaining Amount`` is never read.

    Raises
    ------
    ParameterError
        When some entries have a currency code, others not, and ``local_currency`` is not given.
    DataError
        When a file is damaged, or there are no customer ledger entries.
    """
    postings = Postings()
    by_kind = read_tables(files, TABLES, postings)
    if not by_kind["entry"]:
        raise DataError(
            "there are no customer ledger entries in the export.",
            remedy="export Customer Ledger Entries and Detailed Cust. Ledg. Entries.",
        )
    details = [one for (_, _), one in newest_versions(by_kind["detail"], postings, "id", "entry").items()]
    first: dict[str, Decimal] = {}
    for record in details:
        if _type(record) == "initial entry" and (amount := money(record.body, "amount")) is not None:
            key = record.body.get("entry", "")
            first[key] = first.get(key, Decimal(0)) + amount
    entries = newest_versions(by_kind["entry"], postings, "id").values()
    write_offs = stated_names(write_off_words)
    own = local_currency.strip().upper() or None
    codes = {record.body.get("currency") for record in entries}
    if own is None and None in codes and len(codes) > 1:
        raise ParameterError(
            "local_currency",
            "the currency of the company, as entries without a currency code are in it",
            local_currency,
            remedy="add --set local_currency=EUR.",
        )
    items = [_item(record, first, write_offs, own) for record in entries]
    known = {item.key: item for item in items}
    for item in items:
        if not details and item.role in ("cash", "credit_note"):
            postings.notice(NO_DETAILS, item.key, item.amount, item.currency)
    post_items(items, list(_matches(details, known, postings)), postings)
    customers = [
        Customer(
            key, record, {name: record.body.get(name) for name in (*_ADDRESS, "name", "vat_id")} | {"currency": own}
        )
        for (key,), record in newest_versions(by_kind["customer"], postings, "id").items()
    ]
    post_customers(customers, items, postings)
    return postings.imported(whole_files=not_needed(files, TABLES), unused_columns=unused_columns(files, TABLES))


_ADDRESS = ("country", "street", "postcode", "city")


def _type(record: Record) -> str:
    """Return a type as people read it: interfaces write a blank as ``_x0020_``."""
    return re.sub(r"_x0020_", " ", record.body.get("type", "")).strip().lower()


def _day(record: Record, name: str) -> str | None:
    """Return a day; an empty one is written as 0001-01-01."""
    found = day(record.body, name)
    return None if found is None or found.startswith("0001-") else found


def _item(record: Record, first: Mapping[str, Decimal], write_offs: frozenset[str], own: str | None) -> Item:
    body = record.body
    key = body.get("id", "")
    amount = first.get(key, money(body, "amount"))
    reverses = body.get("reverses")
    return Item(
        key,
        record,
        _role(record, amount or Decimal(0), write_offs),
        body.get("customer"),
        amount,
        body.get("currency") or own,
        _day(record, "date"),
        _day(record, "due") if (amount or 0) > 0 else None,
        _day(record, "created"),
        cancels=None if reverses in (None, "0") else reverses,
    )


def _role(record: Record, amount: Decimal, write_offs: frozenset[str]) -> Role:
    role = ROLES.get(_type(record))
    if role == "cash" and amount > 0:
        return "cash_back"
    if role == "cash_back" and amount < 0:
        return "cash"
    if role is not None:
        return role
    if amount > 0:
        return "debit_note"
    if "bank" in record.body.get("balancing", "").lower():
        return "cash"
    return closing_by_name([record.body.get("text", "")], write_offs) or "offset"


def _matches(details: Sequence[Record], known: Mapping[str, Item], postings: Postings) -> Iterator[Match]:
    """Return what the detailed entries applied; of the two of an application, the one that names the other entry."""
    for record in details:
        kind, amount = _type(record), money(record.body, "amount")
        entry, applied = record.body.get("entry", ""), record.body.get("applied") or ""
        item = known.get(entry)
        where = item.currency if item else None
        if kind == "initial entry":
            postings.leave_out(record, "initial entries: read for the amount of their entry")
        elif kind not in ("application", *BY_ITSELF):
            postings.leave_out(record, f"{kind or 'no type'}: changes no amount in the currency of the entry")
        elif amount is None:
            postings.set_aside(record, "missing_value", "amount", table="applications", key=entry)
        elif kind in BY_ITSELF and item is not None and item.role not in ("cash", "cash_back"):
            yield Match(record, entry, None, -amount, _day(record, "date"), kind=BY_ITSELF[kind])
        elif kind in BY_ITSELF:
            postings.leave_out(record, f"{kind} on cash", amount, where)
        elif applied == entry:
            postings.leave_out(record, "applications: the side that does not name the other", amount, where)
        elif applied in ("", "0"):
            postings.set_aside(
                record, "missing_value", "applied", table="applications", key=entry, amount=amount, currency=where
            )
        else:
            yield _match(record, entry, applied, amount, known)


def _match(record: Record, entry: str, applied: str, amount: Decimal, known: Mapping[str, Item]) -> Match:
    item, other = known.get(entry), known.get(applied)
    debit_side = (item.amount or 0) > 0 if item else (other.amount or 0) < 0 if other else amount < 0
    debit, credit = (entry, applied) if debit_side else (applied, entry)
    return Match(record, debit, credit, -amount if debit_side else amount, _day(record, "date"))
