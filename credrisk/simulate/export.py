"""Everything that happened, and how its rows become columns of an export: dates, money, names, running numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.cash import Applications, Receipts
from credrisk.simulate.clock import NEVER, Clock, Floats, Ints, Rows
from credrisk.simulate.collection import Contacts, Extensions, Promises
from credrisk.simulate.disputes import Disputes
from credrisk.simulate.limits import Cover
from credrisk.simulate.rates import currencies_of
from credrisk.simulate.sales import Documents, Orders
from credrisk.simulate.write_off import CreditEvents

__all__ = ["Books", "currency_of", "date", "frame", "money", "named", "numbered"]


@dataclass
class Books:
    """Everything that happened, before anybody wrote it down."""

    clock: Clock
    currency: str
    ids: np.ndarray
    names: list[str]
    accounts: Accounts
    orders: Orders
    documents: Documents
    receipts: Receipts
    applications: Applications
    disputes: Disputes
    rebilled: tuple[Ints, Ints, Ints]
    extensions: Extensions
    contacts: Contacts
    promises: Promises
    credit_events: CreditEvents
    cover: Cover
    rates: Floats
    history: pl.DataFrame
    facts: pl.DataFrame
    events: pl.DataFrame
    market: pl.DataFrame


def frame(rows: Rows) -> pl.DataFrame:
    """Return rows as a frame with their number as ``row``."""
    return (
        pl.DataFrame({field.name: getattr(rows, field.name) for field in fields(rows)})
        .with_row_index("row")
        .cast({"row": pl.Int64})
    )


def date(column: str) -> pl.Expr:
    """Return a column of day numbers as dates; what does not happen is null."""
    day = pl.col(column)
    return pl.when(day < NEVER).then(day).cast(pl.Int32).cast(pl.Date)


def money(column: str) -> pl.Expr:
    """Return minor units as major units (every currency of the simulator has two decimals)."""
    # Rounded because Polars divides by a constant through its reciprocal, which is off in the last bit.
    return (pl.col(column) / 100).round(2)


def named(column: str, names: tuple[str, ...] | list[str] | np.ndarray) -> pl.Expr:
    """Return names for a column of codes; null where the code is negative."""
    table = {code: str(name) for code, name in enumerate(names)}
    return pl.col(column).replace_strict(table, default=None, return_dtype=pl.String)


def numbered(rows: pl.DataFrame, name: str, prefix: str, by: list[str]) -> pl.DataFrame:
    """Give running numbers in the order of the books, such as ``D00017``."""
    width = max(5, len(str(rows.height)))
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(width)
    return rows.sort(by).with_columns((pl.lit(prefix) + number).alias(name))


def currency_of(books: Books) -> pl.Expr:
    """Return the currency of the customer of each row."""
    codes = np.array(currencies_of(books.currency))[books.accounts.currency]
    return named("customer", list(codes)).alias("currency")
