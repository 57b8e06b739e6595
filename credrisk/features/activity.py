"""Whether a customer still trades: a balance, an invoice or an order; and when it has left in good standing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.label_settings import LabelSettings
from credrisk.features.open_items import Book, days_of
from credrisk.features.spans import FAR, Spans, distinct, months_on, pack, running_total, unpack, until_next
from credrisk.ledger.visibility import visible_from

__all__ = ["Activity", "activity_of", "leaving"]

Array = npt.NDArray[Any]

NOT_TRADE = ("credit_note", "late_fee")
"""Documents that the seller raises without a sale: they keep nobody active."""


@dataclass(frozen=True)
class Activity:
    """When customers were seen and active.

    Attributes
    ----------
    first_seen
        Per customer, the first day of a document, receipt or order; FAR where there is none.
    active
        Days with a balance above 0, or with an invoice or order in the trailing months of the settings.
    trading
        The same without the trailing months: days with a balance, an invoice or an order.
    invoices
        Days with a new invoice, one day each.
    """

    first_seen: Array
    active: Spans
    trading: Spans
    invoices: Spans


def activity_of(book: Book, settings: LabelSettings) -> Activity:
    """Return when each customer was active, by the days on which it could be known."""
    documents = book.ledger.table("documents")
    seen_documents = _days(book, documents, "documents")
    invoices = _days(book, documents.filter(~pl.col("kind").is_in(NOT_TRADE)), "documents")
    orders = _days(book, book.ledger.table("orders"), "orders")
    balance = _balance_spans(book)
    customer, day = (np.concatenate(pair) for pair in zip(invoices, orders, strict=True))
    first_seen = np.full(len(book.customers), FAR, dtype=np.int64)
    for who, when in (seen_documents, orders, (book.cash.customer, book.cash.day)):
        np.minimum.at(first_seen, who, when)
    return Activity(
        first_seen=first_seen,
        active=Spans.union(balance, (customer, day, months_on(day, settings.at_risk_months))),
        trading=Spans.union(balance, (customer, day, day + 1)),
        invoices=Spans.single_days(*invoices),
    )


def leaving(trading: Spans, blocked: Spans, inactive_days: int) -> Spans:
    """Return the days on which leaving in good standing became known, as stretches of one day.

    A customer has left once ``inactive_days`` days have passed since its last active day and none of them, the last
    one included, was active. In default or bad debt (``blocked``) it leaves when that ends, if it is still quiet.
    """
    ended = trading.end < FAR
    customer, last_active = trading.customer[ended], trading.end[ended] - 1
    known = blocked.end_of(customer, last_active + inactive_days)
    back = trading.next_start(customer, last_active)
    left = known < back
    return Spans.single_days(customer[left], known[left])


def _days(book: Book, rows: pl.DataFrame, table: str) -> tuple[Array, Array]:
    seen = book.numbered(rows.select("customer_id", seen=visible_from(table)))
    return seen["customer"].to_numpy(), days_of(seen["seen"])


def _balance_spans(book: Book) -> Spans:
    """Return when open items less unapplied cash are above 0 in at least one of a customer's currencies."""
    items, cash = book.items, book.cash
    ended = items.end < FAR
    customer = np.r_[items.customer, items.customer[ended], cash.customer]
    currency = np.r_[items.currency, items.currency[ended], cash.currency]
    day = np.r_[items.start, items.end[ended], cash.day]
    amount = np.r_[items.residual, -items.residual[ended], -cash.amount]
    account = customer * max(len(book.currencies), 1) + currency
    key = pack(account, day)
    rows = distinct(key)
    place = np.searchsorted(rows, key)
    account, day = unpack(rows)
    positive = running_total(account, place, amount) > 0
    customer = account[positive] // max(len(book.currencies), 1)
    return Spans.union((customer, day[positive], until_next(account, day)[positive]))
