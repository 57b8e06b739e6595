"""ERPNext: the payment ledger, which keeps what every voucher did to every other, with the vouchers themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from credrisk.errors import DataError
from credrisk.sources.erp.bodies import Record, day, money
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.named_tables import (
    Table,
    fitting_table,
    is_true,
    newest_versions,
    not_needed,
    read_tables,
    unused_columns,
)
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.erp.settled_items import Customer, Item, Match, Role, post_customers, post_items
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "erpnext"
ABOUT = "ERPNext: Payment Ledger Entry, with Sales Invoice, Payment Entry, Journal Entry and Customer."
VERIFIED = "from documentation, unverified"
SURE = 0.85
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""

_NAME = ("name", "id")
TABLES = (
    Table(
        "ledger",
        ("voucherno", "againstvoucherno", "amount", "party", "postingdate"),
        {
            "id": _NAME,
            "date": ("postingdate",),
            "account_type": ("accounttype",),
            "customer": ("party",),
            "party_type": ("partytype",),
            "type": ("vouchertype",),
            "voucher": ("voucherno",),
            "against": ("againstvoucherno",),
            "amount": ("amountinaccountcurrency", "amount"),
            "currency": ("accountcurrency",),
            "due": ("duedate",),
            "delinked": ("delinked",),
            "created": ("creation", "createdon"),
            "company": ("company",),
        },
    ),
    Table(
        "invoice",
        ("name|id", "customer", "grandtotal|outstandingamount", "duedate|paymentduedate"),
        {
            "id": _NAME,
            "due": ("duedate", "paymentduedate"),
            "docstatus": ("docstatus",),
        },
    ),
    Table(
        "payment",
        ("name|id", "paymenttype", "paidamount"),
        {"id": _NAME, "paid": ("paidamount",), "type": ("paymenttype",), "docstatus": ("docstatus",)},
    ),
    Table(
        "journal",
        ("name|id", "vouchertype|entrytype", "totaldebit"),
        {"id": _NAME, "type": ("vouchertype", "entrytype"), "docstatus": ("docstatus",)},
    ),
    Table(
        "customer",
        ("name|id", "customername", "customergroup|customertype|territory"),
        {"id": _NAME, "name": ("customername",), "currency": ("defaultcurrency",), "vat_id": ("taxid",)},
    ),
)
JOURNALS: Mapping[str, tuple[Role, Role]] = {
    "write off entry": ("debit_note", "write_off"),
    "bank entry": ("cash_back", "cash"),
    "cash entry": ("cash_back", "cash"),
    "credit card entry": ("cash_back", "cash"),
    "credit note": ("debit_note", "credit_note"),
    "debit note": ("debit_note", "credit_note"),
    "exchange gain or loss": ("fx", "fx"),
    "exchange rate revaluation": ("fx", "fx"),
}
"""Types of journal entries: what they are as a debit and as a credit; others are offsets."""

PAYMENT_DEDUCTED = Notice(
    "warning",
    "applications",
    "payment_deducted",
    "payments closed more than was paid: the rest was deducted in the payment entry (a write-off, bank charges, a "
    "discount), and the export does not say as what; it is a deduction, not a payment.",
    "look at the deductions of these payment entries.",
)
TABLE_NAMES = {"invoice": "invoices", "payment": "payments", "journal": "journals"}


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of ERPNext: the share of its doctypes, if the payment ledger is there."""
    kinds = [table.kind for file in files if (table := fitting_table(file, TABLES)) is not None]
    return SURE * (LEAST + (1 - LEAST) * len(kinds) / len(files)) if "ledger" in kinds else 0.0


def read(files: Sequence[ExportFile]) -> Imported:
    """Turn an export of ERPNext into the ledger's tables.

    Returns
    -------
    Imported
        Vouchers of customers as documents and receipts, applied as the payment ledger says. Entries that were
        delinked, and cancelled documents, are left out; ``outstanding_amount`` is never read.

    Raises
    ------
    DataError
        When a file is damaged, or there is no payment ledger.
    """
    postings = Postings()
    by_kind = read_tables(files, TABLES, postings)
    if not by_kind["ledger"]:
        raise DataError(
            "there is no Payment Ledger Entry in the export.",
            remedy="export the doctype Payment Ledger Entry (ERPNext 14 or later), with Sales Invoice.",
        )
    notes = {
        kind: {key: record for (key,), record in newest_versions(by_kind[kind], postings, "id").items()}
        for kind in TABLE_NAMES
    }
    rows = newest_versions(by_kind["ledger"], postings, "id", "voucher", "against", "amount").values()
    vouchers: dict[str, list[Record]] = defaultdict(list)
    for record in rows:
        if _counts(record, notes, postings):
            vouchers[record.body.get("voucher", "")].append(record)
    items = [_item(key, own, notes) for key, own in vouchers.items()]
    matches = [match for own in vouchers.values() for match in _matches(own)]
    items, matches = _deduct(items, matches, notes["payment"], postings)
    post_items(items, matches, postings)
    for own in vouchers.values():
        for record in own:
            if not postings.is_settled(record):
                postings.use(record)
    for kind, records in notes.items():
        for record in records.values():
            postings.leave_out(record, f"{TABLE_NAMES[kind]}: read for what the payment ledger does not say")
    customers = [
        Customer(key, record, {name: record.body.get(name) for name in ("name", "currency", "vat_id")})
        for (key,), record in newest_versions(by_kind["customer"], postings, "id").items()
    ]
    post_customers(customers, items, postings)
    return postings.imported(whole_files=not_needed(files, TABLES), unused_columns=unused_columns(files, TABLES))


def _counts(record: Record, notes: Mapping[str, Mapping[str, Record]], postings: Postings) -> bool:
    """Settle entries that say nothing of receivables as they stand."""
    body, amount = record.body, money(record.body, "amount")
    note = next((found[body.get("voucher", "")] for found in notes.values() if body.get("voucher", "") in found), None)
    if (body.get("party_type") or "Customer").lower() != "customer":
        postings.leave_out(record, f"{body['party_type']}: no customers", amount, body.get("currency"))
    elif (body.get("account_type") or "Receivable").lower() != "receivable":
        postings.leave_out(record, f"{body['account_type']}: no receivables", amount, body.get("currency"))
    elif is_true(body.get("delinked")):
        postings.leave_out(record, "delinked: another entry stands for it", amount, body.get("currency"))
    elif note is not None and (note.body.get("docstatus") or "1") == "2":
        postings.leave_out(record, "of cancelled documents", amount, body.get("currency"))
    elif amount is None or not body.get("voucher"):
        postings.set_aside(record, "missing_value", "amount", table="documents", key=body.get("voucher"))
    else:
        return True
    return False


def _item(key: str, rows: Sequence[Record], notes: Mapping[str, Mapping[str, Record]]) -> Item:
    first, amount = rows[0].body, sum((_amount(one) for one in rows), Decimal(0))
    invoice, journal = notes["invoice"].get(key), notes["journal"].get(key)
    kind, due = (first.get("type") or "").lower(), day(first, "due")
    if kind == "sales invoice":
        role: Role = "invoice" if amount > 0 else "credit_note"
    elif kind == "payment entry":
        role = "cash" if amount < 0 else "cash_back"
    else:
        sort = (journal.body.get("type") or "").lower() if journal else ""
        debit, credit = JOURNALS.get(sort, ("debit_note", "offset"))
        role = debit if amount > 0 else credit
    return Item(
        key,
        rows[0],
        role,
        first.get("customer"),
        amount,
        first.get("currency"),
        day(first, "date"),
        (day(invoice.body, "due") if invoice else None) or due if amount > 0 else None,
        day(first, "created"),
        seller_entity=first.get("company"),
    )


def _amount(record: Record) -> Decimal:
    return money(record.body, "amount") or Decimal(0)


def _matches(rows: Sequence[Record]) -> Iterator[Match]:
    """Return what a voucher did to others.

    A journal that only moves one voucher against another (a credit note to an invoice) is seen through.
    """
    others = [one for one in rows if one.body.get("against") not in (None, "", one.body.get("voucher"))]
    taken = [one for one in others if _amount(one) < 0]
    given = [one for one in others if _amount(one) > 0]
    if taken and given and len(others) == len(rows) and not sum((_amount(one) for one in rows), Decimal(0)):
        yield from _moved(taken, given)
        return
    for record in others:
        amount, voucher, against = _amount(record), record.body.get("voucher", ""), record.body.get("against", "")
        debit, credit = (against, voucher) if amount < 0 else (voucher, against)
        yield Match(record, debit, credit, abs(amount), day(record.body, "date"), day(record.body, "created"))


def _moved(taken: Sequence[Record], given: Sequence[Record]) -> Iterator[Match]:
    left = [_amount(one) for one in given]
    for record in taken:
        wanted, body = -_amount(record), record.body
        for place, source in enumerate(given):
            part = min(wanted, left[place])
            if part <= 0:
                continue
            left[place] -= part
            wanted -= part
            credit = source.body.get("against", "")
            yield Match(record, body.get("against", ""), credit, part, day(body, "date"), day(body, "created"))


def _deduct(
    items: Iterable[Item], matches: Sequence[Match], payments: Mapping[str, Record], postings: Postings
) -> tuple[list[Item], list[Match]]:
    """Take out of payments what was deducted and not paid, from the last documents that they closed."""
    made, cut, changed = list(matches), [], {}
    for item in items:
        paid = money(payments[item.key].body, "paid") if item.key in payments else None
        over = -(item.amount or Decimal(0)) - paid if paid is not None and item.role == "cash" else Decimal(0)
        if over <= 0 or paid is None:
            continue
        postings.notice(PAYMENT_DEDUCTED, item.key, over, item.currency)
        changed[item.key] = replace(item, amount=-paid)
        for place in range(len(made) - 1, -1, -1):
            match = made[place]
            if match.credit != item.key or over <= 0:
                continue
            part = min(over, match.amount)
            over -= part
            cut.append(replace(match, credit=None, amount=part, kind="deduction"))
            made[place] = replace(match, amount=match.amount - part)
    kept = [match for match in made if match.amount]
    return [changed.get(item.key, item) for item in items], [*kept, *cut]
