"""Odoo: journal items on receivables, their reconciliations with their day, and the partners."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from credrisk.errors import DataError
from credrisk.sources.erp.bodies import Record, day, money
from credrisk.sources.erp.closing_words import closing_by_name, stated_names
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.named_tables import Table, fitting_table, newest_versions, not_needed, read_tables
from credrisk.sources.erp.named_tables import unused_columns as columns_not_used
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.erp.settled_items import Customer, Item, Match, Role, post_customers, post_items
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "odoo"
ABOUT = "Odoo: account.move, account.move.line, account.partial.reconcile and res.partner, one model a file."
VERIFIED = "from documentation, unverified"
SURE = 0.85
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""

TABLES = (
    Table(
        "reconcile",
        ("debitmoveid|debitmoveid/id", "creditmoveid|creditmoveid/id", "amount"),
        {
            "id": ("id",),
            "debit": ("debitmoveid/id", "debitmoveid"),
            "credit": ("creditmoveid/id", "creditmoveid"),
            "amount": ("amount",),
            "debit_amount": ("debitamountcurrency",),
            "credit_amount": ("creditamountcurrency",),
            "on": ("maxdate",),
            "created": ("createdate",),
        },
    ),
    Table(
        "line",
        ("moveid|moveid/id", "accountid|accountid/id", "debit|balance", "partnerid|partnerid/id"),
        {
            "id": ("id",),
            "move": ("moveid/id", "moveid"),
            "account": ("accountid", "accountid/id"),
            "account_type": ("accounttype", "accountinternaltype", "accountid/accounttype"),
            "customer": ("partnerid/id", "partnerid"),
            "date": ("date",),
            "due": ("datematurity",),
            "debit": ("debit",),
            "credit": ("credit",),
            "balance": ("balance",),
            "amount": ("amountcurrency",),
            "currency": ("currencyid",),
            "created": ("createdate",),
            "state": ("parentstate",),
        },
    ),
    Table(
        "move",
        ("movetype|type", "state", "journalid|partnerid|partnerid/id", "invoicedate|date"),
        {
            "id": ("id",),
            "type": ("movetype", "type"),
            "state": ("state",),
            "invoice_date": ("invoicedate",),
            "date": ("date",),
            "journal": ("journalid",),
            "payment": ("originpaymentid", "paymentid", "paymentids"),
            "statement": ("statementlineid",),
            "created": ("createdate",),
            "company": ("companyid",),
        },
    ),
    Table(
        "partner",
        ("id", "name|displayname|completename", "customerrank|commercialpartnerid|vat"),
        {
            "id": ("id",),
            "name": ("name", "displayname", "completename"),
            "country": ("countrycode", "countryid/code"),
            "street": ("street",),
            "postcode": ("zip",),
            "city": ("city",),
            "vat_id": ("vat",),
        },
    ),
)
_RECEIVABLE = re.compile(r"receivable", re.I)
_BANK = re.compile(r"\bbank|\bcash\b", re.I)

CASH_NOT_TOLD = Notice(
    "note",
    "receipts",
    "cash_by_journal",
    "entries are taken as cash because their journal is called a bank or cash journal.",
)
NO_RECONCILIATIONS = Notice(
    "error",
    "applications",
    "no_reconciliations",
    "the export does not say which payment settled which invoice: every invoice stays open, and ages and days to pay "
    "cannot be told.",
    "export account.partial.reconcile too, with max_date.",
)


@dataclass(frozen=True)
class _Books:
    moves: Mapping[str, Record]
    accounts: Mapping[str, Sequence[str]]
    write_offs: frozenset[str]


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of Odoo: the share of its models, if lines or reconciliations are among them."""
    kinds = [table.kind for file in files if (table := fitting_table(file, TABLES)) is not None]
    if not {"line", "reconcile"} & set(kinds):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(kinds) / len(files))


def read(files: Sequence[ExportFile], *, write_off_accounts: str = "") -> Imported:
    """Turn an export of Odoo into the ledger's tables.

    Parameters
    ----------
    write_off_accounts
        Names of accounts that mean a write-off, separated by commas, where their name does not say so.

    Returns
    -------
    Imported
        Every posted journal item on receivables as a document or receipt, an instalment each its own, applied on the
        ``max_date`` of its reconciliations. ``amount_residual`` is never read.

    Raises
    ------
    DataError
        When a file is damaged, or there are no journal items.
    """
    postings = Postings()
    by_kind = read_tables(files, TABLES, postings)
    for record in (one for records in by_kind.values() for one in records):
        for name in [name for name, value in record.body.items() if value.lower() == "false"]:
            del record.body[name]  # Odoo's word for an empty field
    if not by_kind["line"] or not by_kind["move"]:
        raise DataError(
            "there are no journal items, or no entries, of Odoo in the export.",
            remedy="export account.move and account.move.line, with account.partial.reconcile and res.partner.",
        )
    moves = {_id(key): record for (key,), record in newest_versions(by_kind["move"], postings, "id").items()}
    lines = newest_versions(by_kind["line"], postings, "id").values()
    others: dict[str, list[str]] = {}
    for record in lines:
        if not _on_receivables(record):
            others.setdefault(_id(record.body.get("move")), []).append(_name(record.body.get("account")))
    books = _Books(moves, others, stated_names(write_off_accounts))
    items = [item for record in lines for item in _items(record, books, postings)]
    reconciled = list(newest_versions(by_kind["reconcile"], postings, "id", "debit", "credit").values())
    for item in items:
        if not reconciled and item.role in ("cash", "credit_note"):
            postings.notice(NO_RECONCILIATIONS, item.key, item.amount, item.currency)
    post_items(items, list(_matches(reconciled, {item.key: item for item in items}, postings)), postings)
    for record in moves.values():
        postings.leave_out(record, "entries: read for what their items are")
    post_customers(_customers(by_kind["partner"], items, postings), items, postings)
    return postings.imported(whole_files=not_needed(files, TABLES), unused_columns=columns_not_used(files, TABLES))


def _pair(written: str | None) -> list[str] | None:
    """Return id and name of a reference as interfaces write it: ``[7, "Azure"]``."""
    if not (written or "").startswith("["):
        return None
    try:
        return [str(one) for one in json.loads(written or "")]
    except ValueError:
        return None


def _id(written: str | None) -> str:
    pair = _pair(written)
    return pair[0] if pair else written or ""


def _name(written: str | None) -> str:
    pair = _pair(written)
    return pair[-1] if pair else written or ""


def _on_receivables(record: Record) -> bool:
    body = record.body
    return bool(_RECEIVABLE.search(body.get("account_type") or _name(body.get("account"))))


def _items(record: Record, books: _Books, postings: Postings) -> Iterator[Item]:
    body = record.body
    move = books.moves.get(_id(body.get("move")))
    amount, currency = _amount(body), _currency(body)
    state = body.get("state") or (move.body.get("state") if move else None) or "posted"
    if not _on_receivables(record):
        postings.leave_out(record, "items on other accounts than receivables")
    elif state.lower() not in ("posted", "true"):
        postings.leave_out(record, f"{state.lower()} entries", amount, currency)
    elif amount == 0:
        postings.leave_out(record, "items of nothing", amount, currency)
    else:
        key = _id(body.get("id"))
        document = move.body if move else {}
        yield Item(
            key,
            record,
            _role(key, amount or Decimal(0), move, books, postings),
            _id(body.get("customer")) or None,
            amount,
            currency,
            day(document, "invoice_date") or day(document, "date") or day(body, "date"),
            day(body, "due") if (amount or 0) > 0 else None,
            day(body, "created") or day(document, "created"),
            seller_entity=_name(document.get("company")) or None,
        )


def _role(key: str, amount: Decimal, move: Record | None, books: _Books, postings: Postings) -> Role:
    body = move.body if move else {}
    kind, journal = body.get("type", ""), _name(body.get("journal"))
    if kind in ("out_invoice", "out_receipt", "Customer Invoice"):
        return "invoice" if amount > 0 else "credit_note"
    if kind in ("out_refund", "Customer Credit Note"):
        return "credit_note" if amount < 0 else "debit_note"
    cash = any(_id(body.get(name)) not in ("", "[]") for name in ("payment", "statement"))
    if not cash and _BANK.search(journal):
        postings.notice(CASH_NOT_TOLD, key, amount)
        cash = True
    if cash:
        return "cash" if amount < 0 else "cash_back"
    if amount > 0:
        return "debit_note"
    if re.search(r"exchange", journal, re.I):
        return "fx"
    names = books.accounts.get(_id(body.get("id")), ())
    return closing_by_name(names, books.write_offs) or "offset"


def _amount(body: Mapping[str, str]) -> Decimal | None:
    amount = money(body, "amount")
    if amount is not None and (amount or _currency(body)):
        return amount
    debit, credit = money(body, "debit"), money(body, "credit")
    if debit is None and credit is None:
        return money(body, "balance")
    return (debit or Decimal(0)) - (credit or Decimal(0))


def _currency(body: Mapping[str, str]) -> str | None:
    written = _name(body.get("currency"))
    return written if re.fullmatch(r"[A-Z]{3}", written) else None


def _matches(records: Iterable[Record], items: Mapping[str, Item], postings: Postings) -> Iterator[Match]:
    for record in records:
        body = record.body
        debit, credit = _id(body.get("debit")), _id(body.get("credit"))
        amount = money(body, "debit_amount")
        amount = money(body, "amount") if amount is None else amount
        there = [items[key] for key in (debit, credit) if key in items]
        if not there:
            postings.leave_out(record, "reconciliations of other accounts", amount)
        elif amount is None:
            postings.set_aside(record, "missing_value", "amount", table="applications", key=debit)
        elif not amount:
            postings.leave_out(record, "reconciliations of nothing in the currency of the document", amount)
        else:
            currencies = {one.currency for one in there}
            yield Match(
                record,
                debit,
                credit,
                amount,
                day(body, "on") or max((one.document_date for one in there if one.document_date), default=None),
                day(body, "created"),
                credit_amount=money(body, "credit_amount") if len(currencies) > 1 else None,
            )


def _customers(partners: Sequence[Record], items: Iterable[Item], postings: Postings) -> list[Customer]:
    billed = {item.customer_id for item in items}
    made = []
    for (key,), record in newest_versions(partners, postings, "id").items():
        if _id(key) not in billed:
            postings.leave_out(record, "partners that were never billed")
            continue
        cells = {name: record.body.get(name) for name in ("name", "country", "street", "postcode", "city", "vat_id")}
        made.append(Customer(_id(key), record, cells))
    return made
