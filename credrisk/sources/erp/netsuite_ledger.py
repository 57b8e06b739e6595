"""Transactions of NetSuite become documents, receipts and applications.

What is unpaid of a transaction is today's and never used. The amount of a transaction is that of its main line, and its
sign that of its type; a journal is the lines on accounts of receivables. What was settled against what, the links say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from credrisk.sources.erp.bodies import Record, day, money
from credrisk.sources.erp.closing_words import closing_by_name
from credrisk.sources.erp.named_tables import is_true, newest_versions
from credrisk.sources.erp.postings import Notice, Postings
from credrisk.sources.erp.settled_items import Customer, Item, Match, Role, post_customers, post_items

__all__ = ["post"]

TYPES: Mapping[str, Role] = {
    "custinvc": "invoice",
    "invoice": "invoice",
    "custchrg": "debit_note",
    "statement charge": "debit_note",
    "custcred": "credit_note",
    "credit memo": "credit_note",
    "custpymt": "cash",
    "payment": "cash",
    "customer payment": "cash",
    "custdep": "cash",
    "customer deposit": "cash",
    "custrfnd": "cash_back",
    "customer refund": "cash_back",
}
DEBITS = ("invoice", "debit_note", "cash_back")
JOURNAL = ("journal", "fxreval", "currency revaluation")
DEPOSIT_USED = ("depappl", "deposit application")
OTHERS = re.compile(
    r"^(vend|bill|purch|purc|item|sales|estimate|quote|oppr|cash|exp|deposit|transfer|trnfr|inv|work|build|unbuild|"
    r"check|card|ccard|liab|payroll|paycheck|rtn|rev|opprtnty|tax|bin|custom|wo|fulfil|check|ytdadj|tegata|fft|stat)",
    re.I,
)
"""Types of transactions that are on no receivable."""
RECEIVABLE = "acctrec"
SETTLES = ("payment", "depappl", "deprfnd", "deposit application", "refund")
_ISO_CURRENCY = re.compile(r"^[A-Z]{3}$")

TYPE_UNKNOWN = Notice(
    "error",
    "documents",
    "type_unknown",
    "transactions are of a type that is not known, so nothing is made of them.",
    "export the type as NetSuite calls it: CustInvc, CustPymt, CustCred, CustDep, CustRfnd, Journal.",
)
NO_LINKS = Notice(
    "error",
    "applications",
    "no_links",
    "the export does not say which payment settled which invoice: every invoice stays open, and ages and days to pay "
    "cannot be told.",
    "export previousTransactionLineLink too.",
)
LINK_UNDATED = Notice(
    "note",
    "applications",
    "application_undated",
    "NetSuite does not say on which day a credit or deposit was applied: taken is the later day of the two.",
)
CURRENCY_NOT_THERE = Notice(
    "warning",
    "documents",
    "currency_not_there",
    "currencies of transactions are numbers that no table explains: taken is the currency of the customer or ledger.",
    "export the table currency too.",
)


@dataclass(frozen=True)
class _Books:
    transactions: Mapping[str, Record]
    lines: Mapping[str, Sequence[Record]]
    accounts: Mapping[tuple[str, str], tuple[str, str]]
    codes: Mapping[str, str]
    write_offs: frozenset[str]


def post(by_kind: Mapping[str, Sequence[Record]], postings: Postings, *, write_off_accounts: frozenset[str]) -> None:
    """Decide what becomes of every row."""
    books = _books(by_kind, postings, write_off_accounts)
    items = [item for record in books.transactions.values() for item in _items(record, books, postings)]
    for records in books.lines.values():
        for record in records:
            if not postings.is_settled(record):
                postings.leave_out(record, "lines: read for amounts and accounts of their transaction")
    customers = _customers(by_kind, books, postings)
    matches = list(_matches(by_kind["link"], {item.key: item for item in items}, books, postings))
    for item in items:
        if not by_kind["link"] and item.role in ("cash", "credit_note"):
            postings.notice(NO_LINKS, item.key, item.amount, item.currency)
    post_items(items, matches, postings)
    post_customers(customers, items, postings)


def _books(by_kind: Mapping[str, Sequence[Record]], postings: Postings, write_offs: frozenset[str]) -> _Books:
    transactions = newest_versions(by_kind["transaction"], postings, "id")
    codes = newest_versions(by_kind["currency"], postings, "id")
    accounts = newest_versions(by_kind["account"], postings, "id")
    lines: dict[str, list[Record]] = {}
    for record in newest_versions(by_kind["line"], postings, "transaction", "line").values():
        lines.setdefault(record.body.get("transaction", ""), []).append(record)
    of_line: dict[tuple[str, str], tuple[str, str]] = {}
    for one in newest_versions(by_kind["accounting_line"], postings, "book", "transaction", "line").values():
        account = accounts.get((one.body.get("account", ""),))
        if account is not None:
            place = (one.body.get("transaction", ""), one.body.get("line", ""))
            of_line[place] = (account.body.get("type", ""), account.body.get("name", ""))
        postings.leave_out(one, "accounting lines: read for the accounts of lines")
    for what, records in (("currencies", codes), ("accounts", accounts)):
        for record in records.values():
            postings.leave_out(record, f"{what}: read for what refers to them")
    return _Books(
        {key: record for (key,), record in transactions.items()},
        lines,
        of_line,
        {key: record.body.get("code", "") for (key,), record in codes.items()},
        write_offs,
    )


def _items(record: Record, books: _Books, postings: Postings) -> Iterable[Item]:
    body = record.body
    key, kind = body.get("id", ""), body.get("type", "").lower()
    amount, currency = _total(record, books), _currency(record, books, postings)
    if kind in DEPOSIT_USED:
        postings.leave_out(record, "deposit applications: read for what they link")
    elif kind not in TYPES and kind not in JOURNAL:
        if OTHERS.match(kind):
            postings.leave_out(record, f"{body.get('type')}: no receivable", amount, currency)
        else:
            postings.leave_out(record, "type not known", amount, currency)
            postings.notice(TYPE_UNKNOWN, key, amount, currency)
    elif body.get("posting", "T").upper() in ("F", "NO", "FALSE"):
        postings.leave_out(record, f"{body.get('type')}: not posted", amount, currency)
    elif is_true(body.get("voided")) or re.search(r"(^|:)v$|voided", body.get("status", ""), re.I):
        postings.leave_out(record, f"{body.get('type')}: voided", amount, currency)
    elif kind in JOURNAL:
        yield from _journal(record, currency, books, postings)
    else:
        role = TYPES[kind]
        names = [name for kind, name in _other_accounts(key, books) if name]
        if role == "credit_note":
            role = closing_by_name(names, books.write_offs) or role
        signed = None if amount is None else abs(amount) if role in DEBITS else -abs(amount)
        yield _item(key, record, role, body.get("customer") or _line_customer(key, books), signed, currency)


def _journal(record: Record, currency: str | None, books: _Books, postings: Postings) -> Iterable[Item]:
    key = record.body.get("id", "")
    own = [
        line
        for line in books.lines.get(key, ())
        if books.accounts.get((key, line.body.get("line", "")), ("", ""))[0].lower() == RECEIVABLE
    ]
    if not own:
        postings.leave_out(record, "journals without a line on receivables")
        return
    postings.use(record)
    said = closing_by_name([name for _, name in _other_accounts(key, books)], books.write_offs)
    for line in own:
        amount = money(line.body, "amount")
        role: Role = "debit_note" if (amount or 0) > 0 else said or "offset"
        customer = line.body.get("customer") or record.body.get("customer")
        item = _item(f"{key}-{line.body.get('line')}", record, role, customer, amount, currency, made_of=line)
        yield item


def _item(
    key: str,
    record: Record,
    role: Role,
    customer: str | None,
    amount: Decimal | None,
    currency: str | None,
    *,
    made_of: Record | None = None,
) -> Item:
    body = record.body
    return Item(
        key,
        made_of or record,
        role,
        customer,
        amount,
        currency,
        day(body, "date"),
        day(body, "due") if role in ("invoice", "debit_note") else None,
        day(body, "created"),
        cancels=body.get("reverses") if is_true(body.get("is_reversal")) else None,
    )


def _matches(links: Sequence[Record], items: Mapping[str, Item], books: _Books, postings: Postings) -> Iterable[Match]:
    """Return what the links settle; which end is the debit, the postings say, and deposits stand for their use."""
    kept = newest_versions(links, postings, "previous", "previous_line", "next", "next_line", "link").values()
    used = {key for key, record in books.transactions.items() if record.body.get("type", "").lower() in DEPOSIT_USED}
    deposits: dict[str, str] = {}
    for link in kept:
        previous, following = _end(link, "previous", items), _end(link, "next", items)
        if following in used and previous in items and items[previous].role == "cash":
            deposits[following] = previous
    for link in kept:
        amount, kind = money(link.body, "amount"), link.body.get("link", "").lower()
        ends = [_end(link, side, items) for side in ("previous", "next")]
        if kind not in SETTLES:
            postings.leave_out(link, f"links of {link.body.get('link') or 'no type'}: settle nothing")
        elif ends[1] in used and ends[0] == deposits.get(ends[1]):
            postings.leave_out(link, "deposits and their use: read for what they link")
        elif amount is None:
            postings.set_aside(link, "missing_value", "amount", table="applications", key=ends[0])
        else:
            ends = [deposits.get(end, end) for end in ends]
            if not any(end in items for end in ends):
                postings.leave_out(link, "links of other transactions", abs(amount))
                continue
            debit, credit = ends if _is_debit(ends, items) else reversed(ends)
            yield _match(link, debit, credit, abs(amount), items, postings)


def _match(
    link: Record, debit: str, credit: str, amount: Decimal, items: Mapping[str, Item], postings: Postings
) -> Match:
    there = [items[key] for key in (debit, credit) if key in items]
    entered = [one.recorded_at for one in there if one.recorded_at]
    if credit in items and (items[credit].role != "cash" or items[credit].record.body.get("type") == "CustDep"):
        postings.notice(LINK_UNDATED, credit, amount, items[credit].currency)
    return Match(
        link,
        debit,
        credit,
        amount,
        max((one.document_date for one in there if one.document_date), default=None),
        max(entered) if len(entered) == len(there) else None,
    )


def _end(link: Record, side: str, items: Mapping[str, Item]) -> str:
    """Return the posting at an end of a link: of a journal, its line."""
    key = link.body.get(side, "")
    line = f"{key}-{link.body.get(f'{side}_line')}"
    return line if line in items else key


def _is_debit(ends: Sequence[str], items: Mapping[str, Item]) -> bool:
    """Tell whether the first end is the debit."""
    first, second = (items.get(end) for end in ends)
    if first is not None:
        return (first.amount or 0) > 0
    return second is None or (second.amount or 0) < 0


def _total(record: Record, books: _Books) -> Decimal | None:
    """Return the amount of the main line, else the total of the header, without regard to the sign."""
    key = record.body.get("id", "")
    main = [one for one in books.lines.get(key, ()) if is_true(one.body.get("main"))]
    if len(main) == 1 and (amount := money(main[0].body, "amount")) is not None:
        return amount
    return money(record.body, "total")


def _line_customer(key: str, books: _Books) -> str | None:
    return next((line.body["customer"] for line in books.lines.get(key, ()) if "customer" in line.body), None)


def _other_accounts(key: str, books: _Books) -> list[tuple[str, str]]:
    """Return the accounts of a transaction beside receivables."""
    found = [books.accounts.get((key, line.body.get("line", ""))) for line in books.lines.get(key, ())]
    return [one for one in found if one is not None and one[0].lower() != RECEIVABLE]


def _currency(record: Record, books: _Books, postings: Postings) -> str | None:
    written = record.body.get("currency")
    code = books.codes.get(written or "", written)
    if code and not _ISO_CURRENCY.match(code):
        if record.body.get("type", "").lower() in TYPES:
            postings.notice(CURRENCY_NOT_THERE, record.body.get("id"))
        return None
    return code


def _customers(by_kind: Mapping[str, Sequence[Record]], books: _Books, postings: Postings) -> list[Customer]:
    addresses = newest_versions(by_kind["address"], postings, "id")
    for record in addresses.values():
        postings.leave_out(record, "addresses: read for what refers to them")
    made = []
    for (key,), record in newest_versions(by_kind["customer"], postings, "id").items():
        body = record.body
        place = addresses.get((body.get("address", ""),), record).body
        code = books.codes.get(body.get("currency", ""), body.get("currency", ""))
        cells = {name: place.get(name) for name in ("country", "street", "postcode", "city")}
        currency = code if _ISO_CURRENCY.match(code) else None
        made.append(Customer(key, record, {"name": body.get("name"), "currency": currency, **cells}))
    return made
