"""Payments from a file of their own or from a journal: which invoice each pays, when, and with which sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.credit_note_files import credit_notes_among_payments
from credrisk.sources.wizard.credit_notes import credit_note_table, say_credit_notes
from credrisk.sources.wizard.document_amounts import signed_amount
from credrisk.sources.wizard.document_kinds import CREDITED, OTHER_CLEARINGS
from credrisk.sources.wizard.documents import customer_rule
from credrisk.sources.wizard.ids import SHARED_FROM, id_rule, overlap
from credrisk.sources.wizard.invoice_paid import invoice_paid
from credrisk.sources.wizard.other_clearings import closing_tables, reference
from credrisk.sources.wizard.payment_dates import booked_on, posted_first, posted_on
from credrisk.sources.wizard.payment_discounts import discounts_beside_payments
from credrisk.sources.wizard.proposal import Notes, Question, TableProposal
from credrisk.sources.wizard.receipts_in_parts import receipts_in_parts, receipts_without_parts
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import role_scores

__all__ = ["CASH", "payment_rows", "payment_tables"]

_DAYS = 2
"""A payment and what takes it back have one number."""
_DAY = 10
"""Characters of a date; behind them stands the time."""
_GOOD_PART = 0.1
CASH = ("payment", "payment_reversal")
"""Document types that are cash: received, and gone again (returned, reversed, paid back)."""


def payment_tables(
    understood: Understood,
    kinds: Mapping[str, str],
    documents: Content | None,
    *,
    currency: str,
    owners: pl.Series,
    pad: int,
    alone: bool,
    open_items: bool,
    credited_there: bool,
    owed: pl.DataFrame,
    notes: Notes,
) -> list[TableProposal]:
    """Return how the payments of a file are made, and what else closes its invoices.

    Parameters
    ----------
    kinds
        Meaning of each document type.
    documents
        The numbers of the documents, as their column has them; None where several columns make a number.
    currency
        The currency where the file names none.
    owners
        The customers of the documents, as their columns have them.
    pad
        Digits of customer ids whose zeros were lost, else 0.
    alone
        Whether no other file has payments.
    open_items
        Whether the documents are a list of what is open alone: most invoices that were paid are not in it.
    credited_there
        Whether the documents hold credit notes: then those that they lack are not made of other rows.
    owed
        ``number, owed`` of the documents, against which discounts beside payments are held.
    """
    cash = [value for value, kind in kinds.items() if kind in CASH]
    # In a list of write-offs no type is cash, and the rows that close invoices say how that is done.
    closing_alone = bool(kinds) and {*kinds.values()} <= {*OTHER_CLEARINGS}
    where, rows = payment_rows(understood, list(kinds) if closing_alone else cash)
    invoice = invoice_paid(understood, rows, documents, open_items=open_items, notes=notes)
    if invoice is None and not understood.has("customer_id") and not understood.has("name"):
        notes.missing.append(
            f"{understood.key}: neither an invoice nor a customer is named, so the payments will be set aside"
        )
    own = _own_number(understood, rows, invoice)
    remarks: dict[str, str] = {}
    parts = _amounts(understood, kinds, where, rows, notes, remarks)
    date = _date(understood, rows, notes)
    columns: dict[str, Any] = {} if own is None else {"payment_id": id_rule(own)}
    if invoice is not None:
        columns["document_id"] = reference(invoice, documents)
    owner = _owner(understood, owners, needed=invoice is None)
    if owner is not None:
        numbered = understood.content("customer_id")
        by_name = numbered is not None and numbered.name != owner.name
        columns["customer_id"] = owner.name if by_name else customer_rule(understood, pad, notes)
    columns["date"] = date
    if understood.has("method"):
        columns["method"] = understood.column("method")
    if understood.has("recorded_at"):
        columns["recorded_at"] = understood.date("recorded_at")
    if understood.has("currency"):
        columns["currency"] = understood.column("currency")
    if understood.about == "journal" and understood.has("matched_by"):
        columns["matched_by"] = understood.column("matched_by")
        notes.sure.append(
            f"{understood.key}: payments settle the documents with which they share a code in {columns['matched_by']}"
        )
    tables = [
        TableProposal("payments", understood.key, columns | {"amount": amount}, among, remarks=remarks)
        for among, amount in (() if closing_alone else parts)
    ]
    if len(tables) == 1 and not kinds:
        tables = receipts_in_parts(understood, tables[0], rows, alone=alone, notes=notes)
    else:
        tables = receipts_without_parts(understood, tables, rows, notes)
    credited = credit_note_table(
        understood, kinds, invoice, documents, own=own, date=_date_of_credits(understood, kinds, date)
    )
    # in a list of what is open the credit notes that were used up are missing, as the invoices that were paid are
    used_up = ("credit_note",) if open_items and credited is None and invoice is not None else ()
    kept = (*OTHER_CLEARINGS, CREDITED, *used_up)
    closing = {kind: [value for value, k in kinds.items() if k == kind] for kind in kept if kind in kinds.values()}
    amount = _amount_closed(understood, kinds, parts[0][1])
    settles = "customer_id" in columns and ("matched_by" in columns or not open_items)
    unnamed = {name: rule for name, rule in columns.items() if name != "document_id"} if settles else None
    tables += closing_tables(
        understood, closing, invoice, documents, date=date, amount=amount, unnamed=unnamed, notes=notes
    )
    closed = {} if invoice is None else {"to_document_id": reference(invoice, documents), "applied_on": date}
    tables += discounts_beside_payments(understood, rows, where, closed, invoice, owed, notes)
    if "credit_note" in closing:
        return tables
    if credited is None and not credited_there:
        among = credit_notes_among_payments(
            understood, kinds, invoice, documents, own=own, date=date, currency=currency, pad=pad, notes=notes
        )
        if among:
            return [*tables, *among]
    say_credit_notes(understood, kinds, documents, credited, notes, credited_there=credited_there)
    return [*tables, *([] if credited is None else [credited])]


def _owner(understood: Understood, owners: pl.Series, *, needed: bool) -> Content | None:
    """Return the column of the payment's customer: that whose values are the customers of the documents.

    Where none is, the customer's number counts, and a name only where no invoice tells the customer (``needed``).
    """
    found = [content for role in ("customer_id", "name") if (content := understood.content(role)) is not None]
    shares = [overlap(one, owners) for one in found]
    best = max(range(len(found)), key=lambda place: (shares[place], -place), default=None)
    if best is None or shares[best] >= SHARED_FROM:
        return None if best is None else found[best]
    return found[0] if understood.has("customer_id") or needed else None


def payment_rows(understood: Understood, paying: list[str]) -> tuple[tuple[dict[str, Any], ...], pl.Series]:
    """Return the conditions by which a mapping finds the payments, and which rows they are.

    Parameters
    ----------
    paying
        The document types that are payments; empty where every row is one.
    """
    rows, tests = understood.own, list[dict[str, Any]]()
    if paying:
        tests += [{"column": understood.column("kind"), "equals": paying}, *understood.void_tests]
        rows = rows & understood.contents[understood.column("kind")].texts.is_in(paying).fill_null(False)
    else:
        tests += [{"column": name, "not_equals": list(values)} for name, values in understood.totals.items()]
        tests += understood.outside
    dates = [understood.content(role) for role in ("settled_on", "document_date")]
    date = next((one for one in dates if one is not None), None)
    if date is not None and not paying and (date.texts.is_null() & rows).any():
        tests.append({"column": date.name, "empty": False})
        rows = rows & date.texts.is_not_null()
    return tuple(tests), rows


def _own_number(understood: Understood, rows: pl.Series, invoice: Content | None) -> Content | None:
    """Return the column of the payment's own number.

    A column of words such as BACS numbers nothing, and no more does one in which a text stands on many days.
    """
    for role in ("payment_id", "document_id"):
        content = understood.content(role)
        if content is None or (invoice is not None and content.name == invoice.name):
            continue
        filled = content.texts.filter(rows).drop_nulls()
        digits = int(filled.str.contains(r"\d").sum())
        if filled.len() and digits >= SHARED_FROM * filled.len() and not _on_many_days(understood, rows, content):
            return content
    return None


def _on_many_days(understood: Understood, rows: pl.Series, number: Content) -> bool:
    """Tell whether a good part of the rows have a number that stands on more than two days, and for several."""
    role = understood.first_of("settled_on", "document_date")
    if not role:
        return False
    whose = understood.content("customer_id") or understood.content("name")
    days = understood.contents[understood.column(role)].texts.str.head(_DAY)
    both = pl.DataFrame({"number": number.texts, "day": days, "whose": days if whose is None else whose.texts}).filter(
        rows & number.texts.is_not_null()
    )
    spread = both.select(pl.col("day", "whose").n_unique().over("number"))
    return spread.filter(pl.col("day") > _DAYS, pl.col("whose") > 1).height >= _GOOD_PART * spread.height


def _amounts(
    understood: Understood,
    kinds: Mapping[str, str],
    where: tuple[dict[str, Any], ...],
    rows: pl.Series,
    notes: Notes,
    remarks: dict[str, str],
) -> list[tuple[tuple[dict[str, Any], ...], Any]]:
    """Return the conditions and the rule of the amount: two of each where one column has payments and reversals.

    A reversal takes cash away whichever sign the export gives it.
    """
    back = [value for value, kind in kinds.items() if kind == "payment_reversal"]
    column = understood.contents[understood.column("kind")] if back else None
    if column is None:
        return [(where, _amount(understood, rows, notes, remarks))]
    reversed_ = rows & column.texts.is_in(back).fill_null(False)
    rule = _amount(understood, rows & ~reversed_, notes, remarks)
    name = rule.get("column") if isinstance(rule, dict) and "turn_sign" in rule else rule
    count = int(reversed_.sum())
    notes.unsure.append(f"{understood.key}: {count:,} rows of the type {', '.join(back)} take payments back")
    if not isinstance(name, str) or not name:
        return [(where, rule)]
    found = understood.contents[name].number
    numbers = found.filter(reversed_).drop_nulls() if found is not None else pl.Series([0.0])
    turned = int((numbers > 0).sum()) > int((numbers < 0).sum())
    paying = [value for value, kind in kinds.items() if kind == "payment"]
    parts: list[tuple[tuple[dict[str, Any], ...], Any]] = []
    if paying:
        parts.append((({"column": column.name, "equals": paying}, *understood.void_tests), rule))
    of_back = ({"column": column.name, "equals": back}, *understood.void_tests)
    parts.append((of_back, {"column": name, "turn_sign": True} if turned else name))
    return parts


def _amount_closed(understood: Understood, kinds: Mapping[str, str], paid: Any) -> Any:
    """Return the rule of what is closed without cash: that of the payments, without any that of its own signs."""
    if "payment_reversal" not in kinds.values() or "payment" in kinds.values():
        return paid
    types = understood.contents[understood.column("kind")].texts
    closing = types.is_in([value for value, kind in kinds.items() if kind in OTHER_CLEARINGS]).fill_null(False)
    return _amount(understood, understood.own & closing, Notes(), {})


def _amount(understood: Understood, rows: pl.Series, notes: Notes, remarks: dict[str, str]) -> Any:
    rule = signed_amount(understood, rows, notes, remarks, received=True)
    if not isinstance(rule, str) or not rule:
        return rule
    content = understood.contents[rule]
    numbers = content.number.filter(rows).drop_nulls() if content.number is not None else pl.Series([0.0])
    minus, plus = int((numbers < 0).sum()), int((numbers > 0).sum())
    if minus <= plus:
        if minus:
            notes.unsure.append(f"{understood.key}: {minus:,} payments are negative and are taken for money paid back")
        return rule
    said = f"{understood.key}: {minus:,} payments are negative and are turned to positive"
    (notes.unsure if plus else notes.sure).append(
        said + (f"; the {plus:,} positive ones become money paid back" if plus else "")
    )
    remarks["amount"] = "payments are negative in the export"
    return {"column": rule, "turn_sign": True}


def _date_of_credits(understood: Understood, kinds: Mapping[str, str], date: Any) -> Any:
    """Return the rule of the date of credit notes: that of payments, or where they have none the one column they have.

    A list of what was applied has the date of the receipt, which a credit note has not, beside that of the application.
    """
    types = understood.content("kind")
    credits_ = [value for value, kind in kinds.items() if kind == "credit_note"]
    name = date.get("column") if isinstance(date, Mapping) else date
    if types is None or not credits_ or not isinstance(name, str) or name not in understood.contents:
        return date
    rows = understood.own & types.texts.is_in(credits_).fill_null(False)
    if not understood.contents[name].texts.filter(rows).null_count():
        return date
    filled = [one for one in understood.of_kind("date") if not one.texts.filter(rows).null_count()]
    named = [one for one in filled if {"settled_on", "document_date"} & role_scores(one.name).keys()]
    return understood.dated((named or filled)[0].name) if filled else date


def _date(understood: Understood, rows: pl.Series, notes: Notes) -> Any:
    said = understood.first_of("settled_on", "document_date")
    if said and understood.roles[said].answered:
        return understood.date(said)
    for role in ("settled_on", "document_date"):
        content = understood.content(role)
        if content is None:
            continue
        found = posted_on if role == "document_date" else booked_on
        other = found(understood, rows, content.name, notes)
        if other is not None:
            return understood.dated(other.name)
        if not content.texts.filter(rows).null_count():
            return understood.date(role)
    if role := understood.first_of("settled_on", "document_date"):
        return understood.date(role)
    dates = tuple((one.name, one.examples) for one in posted_first(understood.dates_for("settled_on")))
    notes.questions.append(
        Question(
            f"{understood.key}.settled_on",
            f"On which date of {understood.key} was the money there?",
            understood.unreadable("settled_on") or understood.unreadable("document_date"),
            dates,
        )
    )
    return ""
