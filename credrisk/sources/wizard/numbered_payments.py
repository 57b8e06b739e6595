"""Payments beside each invoice in pairs of columns, as workbooks have them: Paid 1, Date 1, Paid 2, Date 2."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from credrisk.ledger.parse_dates import read_dates
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.on_account import on_account
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import SURE_FROM, plain, role_scores
from credrisk.wording import counted

__all__ = ["numbered_payment_tables", "numbered_payments", "with_numbered_payments", "without_payments_alone"]

_NUMBERED = re.compile(r"^(\D*?)\s*(\d{1,2})\s*(\D*)$")
_TOGETHER = 0.9
"""Of the rows in which either is filled, those in which an amount has its date."""
_FEWEST = 2


class _Pair(NamedTuple):
    """The amount and the date of the payments of one number."""

    number: int
    amount: Content
    date: Content


def numbered_payments(understood: Understood) -> list[_Pair]:
    """Return the pairs of columns that hold a document's payments in their order; none where there are not two.

    The amounts have one name but for the number, which means paid, and the dates another that means a date or that of
    a payment: a plan of instalments says when what is due, and has days to come.
    """
    if understood.about not in ("documents", "journal"):
        return []
    found: dict[tuple[str, str], dict[int, Content]] = {}
    for name, content in understood.contents.items():
        parts = _NUMBERED.match(plain(name))
        if parts is not None and content.filled:
            found.setdefault((content.kind, f"{parts[1]} {parts[3]}".strip()), {})[int(parts[2])] = content
    paid = [
        one for (kind, stem), one in found.items() if kind == "number" and _means_paid(stem) and len(one) >= _FEWEST
    ]
    dated = [one for (kind, stem), one in found.items() if kind == "date" and _means_day(stem)]
    for amounts in paid:
        for dates in dated:
            pairs = [_Pair(n, amounts[n], dates[n]) for n in sorted(amounts.keys() & dates.keys())]
            together = all(_filled_together(one, understood.own) for one in pairs)
            if len(pairs) == len(amounts) and together and not _to_come(pairs):
                return pairs
    return []


def with_numbered_payments(understood: Understood, notes: Notes) -> Understood:
    """Return the file without what its columns of numbered payments were taken for alone, and what was said of it."""
    pairs = numbered_payments(understood)
    names = {one.name for pair in pairs for one in (pair.amount, pair.date)}
    if not names or any(role.answered and role.column in names for role in understood.roles.values()):
        return understood
    kept = {
        thing: role
        for thing, role in understood.roles.items()
        if role.column not in names and thing not in ("settled_on", "paid_amount", "receipt_total")
    }
    for said in (notes.sure, notes.unsure, notes.missing):
        said[:] = [one for one in said if not one.startswith(f"{understood.key}: ") or not any(n in one for n in names)]
    return replace(understood, roles=kept)


def numbered_payment_tables(understood: Understood, made: TableProposal, notes: Notes) -> list[TableProposal]:
    """Return the payments of a file by their pairs of columns; without the number of a document they are on account.

    Parameters
    ----------
    made
        How the documents of the file are made: number, customer and currency are those of their payments.
    """
    pairs = numbered_payments(understood)
    if not pairs or any(understood.has(one) for one in ("settled_on", "paid_amount")):
        return []
    shared = {name: made.columns[name] for name in ("document_id", "customer_id", "currency") if name in made.columns}
    left_out = tuple(one for one in made.where if "not_equals" in one)
    tables = []
    for pair in pairs:
        columns = {**shared, "date": understood.dated(pair.date.name), "amount": pair.amount.name}
        where = (*left_out, {"column": pair.amount.name, "empty": False})
        tables.append(TableProposal("payments", understood.key, columns, where))
    amount = understood.content("amount")
    number = understood.content("document_id")
    if amount is not None and number is not None:
        bare = amount.texts.is_null()
        tables = on_account(tables, understood, number.of_rows(~bare), Notes())
        loose = sum(float(one.amount.number.filter(bare).sum()) for one in pairs if one.amount.number is not None)
        if loose:
            notes.unsure.append(
                f"{understood.key}: cash on account of its customer, {loose:,.2f} in all, in rows that owe nothing"
            )
    rows = sum(int((understood.own & pair.amount.texts.is_not_null()).sum()) for pair in pairs)
    listed = ", ".join(f"{pair.amount.name} on {pair.date.name}" for pair in pairs)
    notes.sure.append(f"{understood.key}: {counted(rows, 'payment')} beside the invoices: {listed}")
    return tables


def without_payments_alone(made: TableProposal, understood: Understood) -> TableProposal:
    """Return the documents of a file without its rows of payments alone (``on a/c``): paid, and no amount owed."""
    amount = made.columns.get("amount")
    if made.table != "documents" or not isinstance(amount, str):
        return made
    bare = understood.contents[amount].texts.is_null()
    if not any((bare & pair.amount.texts.is_not_null()).any() for pair in numbered_payments(understood)):
        return made
    return replace(made, where=(*made.where, {"column": amount, "empty": False}))


def _means_paid(stem: str) -> bool:
    return max(
        role_scores(stem).get(thing, 0.0) for thing in ("paid_amount", "payment_id", "settled_on")
    ) >= SURE_FROM or (
        plain(stem) in ("payment", "pymt", "receipt", "zahlung", "paiement", "reglement", "pago", "cobro", "betaling")
    )


def _means_day(stem: str) -> bool:
    scores = role_scores(stem)
    day = max(scores.get(thing, 0.0) for thing in ("settled_on", "document_date"))
    return day >= SURE_FROM and scores.get("due_date", 0.0) < SURE_FROM


def _to_come(pairs: list[_Pair]) -> bool:
    """Tell whether some days are still to come: a plan of instalments, for what came in has a day that is past."""
    days = [read_dates(pair.date.texts, month_first=False, workbook=False)["value"] for pair in pairs]
    return bool((pl.concat(days) > datetime.now(UTC).date()).any())


def _filled_together(pair: _Pair, own: pl.Series) -> bool:
    amount, date = (one.texts.is_not_null() & own for one in (pair.amount, pair.date))
    either = int((amount | date).sum())
    return either > 0 and int((amount & date).sum()) >= _TOGETHER * either
