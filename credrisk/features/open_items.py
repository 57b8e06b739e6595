"""Every open item over time: what is open on it and what of that is undisputed, as steps from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.spans import FAR, pack, unpack
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates

__all__ = ["Book", "Cash", "Items", "days_of", "open_book"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Items:
    """Steps of the open items: from ``start`` to the day before ``end`` an item stands at ``residual``.

    Attributes
    ----------
    customer, currency
        Numbers of the customer and of the currency.
    due
        Original due date; later agreements do not move it.
    residual
        Minor units; negative on an open credit note or an overpaid invoice.
    undisputed
        The residual above what is in dispute, never below 0.
    late_fee
        Whether the item is a fee note for late payment.
    """

    customer: Array
    currency: Array
    due: Array
    start: Array
    end: Array
    residual: Array
    undisputed: Array
    late_fee: Array


@dataclass(frozen=True)
class Cash:
    """Movements of unapplied cash, in minor units."""

    customer: Array
    currency: Array
    day: Array
    amount: Array


@dataclass(frozen=True)
class Book:
    """A ledger with customers and currencies numbered in sorted order, as the labels need it."""

    ledger: Ledger
    customers: pl.Series
    currencies: tuple[str, ...]
    moves: pl.DataFrame
    items: Items
    cash: Cash
    rates: Rates

    def numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their customer's number in ``customer``."""
        return _numbered(frame, self.customers)


def days_of(column: pl.Series) -> Array:
    """Return dates as day numbers; FAR where empty."""
    days: Array = column.to_physical().cast(pl.Int64).fill_null(FAR).to_numpy()
    return days


def open_book(ledger: Ledger) -> Book:
    """Return the movements and item steps of a ledger, all it holds."""
    customers = pl.concat([ledger.table(name)["customer_id"] for name in ("customers", "documents")]).unique().sort()
    moves = _numbered(item_movements(ledger), customers)
    received = _numbered(cash_movements(ledger), customers)
    currencies = tuple(pl.concat([moves["currency"], received["currency"]]).unique().sort().to_list())
    numbers = {code: number for number, code in enumerate(currencies)}

    def currency_numbers(frame: pl.DataFrame) -> Array:
        if not numbers:
            return np.empty(0, dtype=np.int64)
        return np.asarray(frame["currency"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy())

    cash = Cash(
        received["customer"].to_numpy(), currency_numbers(received), days_of(received["date"]), _minor(received)
    )
    return Book(
        ledger=ledger,
        customers=customers,
        currencies=currencies,
        moves=moves,
        items=_steps(moves, currency_numbers(moves), ledger.table("disputes")),
        cash=cash,
        rates=Rates(ledger),
    )


def _numbered(frame: pl.DataFrame, customers: pl.Series) -> pl.DataFrame:
    numbers = pl.DataFrame({"customer_id": customers, "customer": np.arange(len(customers), dtype=np.int64)})
    return frame.join(numbers, on="customer_id", how="inner", maintain_order="left")


def _minor(frame: pl.DataFrame) -> Array:
    return np.asarray(frame["amount"].to_numpy(), dtype=np.int64)


def _steps(moves: pl.DataFrame, currency: Array, disputes: pl.DataFrame) -> Items:
    item = moves["document_id"].rle_id().cast(pl.Int64).to_numpy()
    opens = np.flatnonzero(np.r_[True, item[1:] != item[:-1]]) if len(item) else item
    disputed = _dispute_steps(disputes, moves["document_id"].gather(pl.Series(opens, dtype=pl.UInt32)))
    key = np.r_[pack(item, days_of(moves["date"])), disputed[0]]
    order = np.argsort(key, kind="stable")
    zeros = np.zeros(len(item), dtype=np.int64)
    key = key[order]
    last = np.flatnonzero(np.r_[key[1:] != key[:-1], True]) if len(key) else key
    owner, start = unpack(key[last])
    first = np.r_[True, owner[1:] != owner[:-1]] if len(last) else last.astype(bool)
    run = np.cumsum(first) - 1

    def level(changes: Array) -> Array:
        total = np.cumsum(changes[order])[last]
        before = np.r_[np.int64(0), total[:-1]][first] if len(total) else total
        levels: Array = total - before[run]
        return levels

    residual = level(np.r_[_minor(moves), np.zeros(len(disputed[0]), dtype=np.int64)])
    part, whole = level(np.r_[zeros, disputed[1]]), level(np.r_[zeros, disputed[2]])
    end = np.r_[start[1:], FAR][: len(start)]
    end[np.r_[first[1:], True][: len(end)]] = FAR
    open_now = residual != 0
    due = days_of(moves["due_date"])[opens]
    owner, start, end, residual = owner[open_now], start[open_now], end[open_now], residual[open_now]
    undisputed = np.where(whole[open_now] > 0, 0, np.maximum(residual - np.maximum(part[open_now], 0), 0))
    customer = moves["customer"].to_numpy()[opens][owner]
    kind = moves["document_kind"].gather(pl.Series(opens, dtype=pl.UInt32)).cast(pl.String)
    late_fee = (kind == "late_fee").fill_null(False).to_numpy()[owner]
    return Items(customer, currency[opens][owner], due[owner], start, end, residual, undisputed, late_fee)


def _dispute_steps(disputes: pl.DataFrame, documents: pl.Series) -> tuple[Array, Array, Array]:
    """Return key, change of the disputed amount and change of the number of disputes over the whole document."""
    numbers = pl.DataFrame({"document_id": documents, "item": np.arange(len(documents), dtype=np.int64)})
    rows = disputes.join(numbers, on="document_id", how="inner", maintain_order="left")
    item, opened, resolved = rows["item"].to_numpy(), days_of(rows["opened_on"]), days_of(rows["resolved_on"])
    real = opened < resolved
    ends = real & (resolved < FAR)
    amount = rows["amount"].fill_null(0).to_numpy()
    whole = rows["amount"].is_null().cast(pl.Int64).to_numpy()
    key = np.r_[pack(item[real], opened[real]), pack(item[ends], resolved[ends])]
    return key, np.r_[amount[real], -amount[ends]], np.r_[whole[real], -whole[ends]]
