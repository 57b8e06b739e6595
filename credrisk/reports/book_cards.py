"""What the card of each customer shows beyond the tables: its open items, months, reasons, arithmetic and cases.

The cards of a portfolio are many megabytes of text of which a reader opens a few. They are packed in blocks (raw
deflate, RFC 1951, as base64), and the page unpacks a block when a card of it is opened or its reasons come into view.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import polars as pl

from credrisk.ledger.money import EXPONENTS
from credrisk.reports.book import Book

__all__ = ["BLOCK", "CASES_A_CARD", "ITEMS_A_CARD", "WORDS", "cards", "left_out", "packed"]

BLOCK = 128
"""Customers in a block: about a millisecond to unpack."""
ITEMS_A_CARD = 40
CASES_A_CARD = 12
CANDIDATES = {
    "need": ("Need", "need_arithmetic"),
    "capacity_limit": ("Financial capacity", "capacity_arithmetic"),
    "peer_limit": ("Peers", "peer_arithmetic"),
    "cover_limit": ("Cover", "cover_arithmetic"),
    "expected_profit_limit": ("Expected profit", "expected_profit_arithmetic"),
    "loss_appetite_limit": ("Loss appetite", ""),
    "portfolio_limit": ("Portfolio budgets", ""),
}
"""The candidates of the limit: column -> its name and the column of its arithmetic in words."""
OF_ITEM = ("document_id", "kind", "document_date", "due_date", "days_past_due", "currency", "amount", "open_amount",
           "open_in_currency", "disputed", "promised_on")  # fmt: skip
OF_PROMISE = ("promise_id", "document_id", "state", "made_on", "due_on", "promised", "outstanding", "days_late")
OF_DISPUTE = ("dispute_id", "document_id", "cause", "owner", "opened_on", "age_days", "disputed", "ended_by", "outcome")
FIGURES = ("pd_3m", "pd_6m", "pd_12m", "pd_source", "lacks", "dbt_12m", "dso_countback", "terms_days",
           "expected_days_to_pay", "review_on", "status")  # fmt: skip
WORDS = ("reasons", "limit_reasons", "queue_reasons")
"""Long texts: they stand on the cards, from which the tables take them as rows come into view."""


def cards(book: Book) -> Iterator[dict[str, Any]]:
    """Yield the card of every customer in the order of ``book.customers``, as plain JSON values.

    Keys: ``figures`` (by name), ``words`` (reasons by name), ``limits`` (name, amount, arithmetic of each candidate),
    ``items`` (at most :data:`ITEMS_A_CARD`, the most overdue first) and ``more`` (number and amount of the others),
    ``trail`` (as-of days, balances, limits), ``promises`` and ``disputes`` (the latest :data:`CASES_A_CARD`) with
    ``earlier`` (how many others). Money in major units, dates as text.
    """
    ids = book.customers["customer_id"].to_list() if book.customers.width else []
    decimals = EXPONENTS[book.currency]
    items = _rows(_worst_first(book.items), OF_ITEM, decimals)
    trails = _rows(book.trail, ("as_of", "net_balance", "credit_limit"), decimals)
    promises = _rows(_latest_first(book.promises, "made_on", "promise_id"), OF_PROMISE, decimals)
    disputes = _rows(_latest_first(book.disputes, "opened_on", "dispute_id"), OF_DISPUTE, decimals)
    candidates = _candidates(book.limits)
    names = [name for name in (*FIGURES, *WORDS) if name in book.customers.columns]
    own = _plain(book.customers.select(names)) if ids else book.customers
    home = OF_ITEM.index("open_in_currency")
    for customer, row in zip(ids, own.iter_rows(named=True), strict=True):
        mine, made, opened = items.get(customer, []), promises.get(customer, []), disputes.get(customer, [])
        rest = mine[ITEMS_A_CARD:]
        yield {
            "figures": {name: row[name] for name in FIGURES if row.get(name) is not None},
            "words": {name: row[name] for name in WORDS if row.get(name)},
            "limits": candidates.get(customer, []),
            "items": mine[:ITEMS_A_CARD],
            "more": [len(rest), round(sum(item[home] or 0.0 for item in rest), decimals)],
            "trail": [list(column) for column in zip(*trails.get(customer, []), strict=True)],
            "promises": made[:CASES_A_CARD],
            "disputes": opened[:CASES_A_CARD],
            "earlier": [len(made[CASES_A_CARD:]), len(opened[CASES_A_CARD:])],
        }


def packed(book: Book) -> list[str]:
    """Return the cards in blocks of :data:`BLOCK`: JSON lists in UTF-8, deflated, as base64."""
    every, blocks = cards(book), []
    while block := list(islice(every, BLOCK)):
        blocks.append(_deflated(json.dumps(block, separators=(",", ":"))))
    return blocks


def left_out(book: Book) -> int:
    """Return how many open items no card shows."""
    if not book.items.width:
        return 0
    counts = book.items.group_by("customer_id").len()["len"]
    return int((counts.cast(pl.Int64) - ITEMS_A_CARD).clip(lower_bound=0).sum())


def _deflated(text: str) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(text.encode("utf-8")) + packer.flush()).decode("ascii")


def _worst_first(items: pl.DataFrame) -> pl.DataFrame:
    return items.sort("due_date", "document_id", nulls_last=True) if items.width else items


def _latest_first(cases: pl.DataFrame, day: str, key: str) -> pl.DataFrame:
    return cases.sort(day, key, descending=[True, False]) if cases.width else cases


def _plain(frame: pl.DataFrame, decimals: int = 6) -> pl.DataFrame:
    """Return the frame with values that JSON has: dates as text, floats rounded, no NaN."""
    cells = []
    for name, dtype in frame.schema.items():
        cell = pl.col(name)
        if dtype == pl.Date:
            cell = cell.dt.to_string("%Y-%m-%d")
        elif dtype.is_float():
            cell = cell.fill_nan(None).round(decimals)
        cells.append(cell)
    return frame.with_columns(cells)


def _rows(frame: pl.DataFrame, names: tuple[str, ...], decimals: int) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each customer, in the order of the frame."""
    if not frame.width:
        return {}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    chosen = _plain(frame.select("customer_id", *names), decimals)
    for customer, *cells in chosen.iter_rows():
        rows.setdefault(customer, []).append(tuple(cells))
    return rows


def _candidates(limits: pl.DataFrame) -> dict[str, list[tuple[str, float | None, str | None]]]:
    """Return name, amount and arithmetic of each candidate of the limit, by customer."""
    present = {name: words for name, words in CANDIDATES.items() if name in limits.columns}
    if not present:
        return {}
    found: dict[str, list[tuple[str, float | None, str | None]]] = {}
    for row in limits.fill_nan(None).iter_rows(named=True):
        found[row["customer_id"]] = [
            (heading, row[name], row.get(how))
            for name, (heading, how) in present.items()
            if row[name] is not None or row.get(how)
        ]
    return found
