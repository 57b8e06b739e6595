"""Which invoices there were, when each was paid, and from which day that could be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["BILLED", "CASH", "NEVER", "Items", "in_order", "items_of", "payment_items"]

NEVER = 2**20
"""A day (counted from 1970) after every other: what has not happened."""

CASH = ("payment", "recovery")
BILLED = ("invoice", "debit_note")
REQUIRED = ("item_id", "customer_id", "opened_on", "due_on", "amount", "settled_on")


@dataclass(frozen=True)
class Items:
    """Invoices as arrays, one entry an item, days counted from 1970-01-01.

    Attributes
    ----------
    item_id, customer_id
        As given, text.
    customer
        Number of the customer, in the order of the ids.
    opened, due
        First day on which it could be paid; original due day.
    amount
        Above 0, in major units of one currency.
    settled
        Day on which the cash arrived (or the item was closed otherwise); ``NEVER`` while open.
    known
        Day from which that could be seen, on or after ``settled``; ``NEVER`` while open.
    by_cash
        Whether it was closed by cash; False for a credit note or a write-off.
    disputed_from, disputed_to
        Days on which its dispute was opened and settled; ``NEVER`` where it has not happened.
    """

    item_id: np.ndarray
    customer_id: np.ndarray
    customer: np.ndarray
    opened: np.ndarray
    due: np.ndarray
    amount: np.ndarray
    settled: np.ndarray
    known: np.ndarray
    by_cash: np.ndarray
    disputed_from: np.ndarray
    disputed_to: np.ndarray

    def __len__(self) -> int:
        return len(self.item_id)

    def known_on(self, day: int) -> Items:
        """Return the items as they could be known at the end of ``day``: opened by then, later closings unknown."""
        there = np.flatnonzero(self.opened <= day)
        part = {name: values[there] for name, values in vars(self).items()}
        unseen = part["known"] > day
        part["settled"] = np.where(unseen, NEVER, part["settled"])
        part["known"] = np.where(unseen, NEVER, part["known"])
        part["by_cash"] = part["by_cash"] | unseen
        for name in ("disputed_from", "disputed_to"):
            part[name] = np.where(part[name] > day, NEVER, part[name])
        return Items(**part)


def in_order(items: Items) -> Items:
    """Return the items by their ids, so that the order in which they were given changes nothing."""
    order = np.argsort(items.item_id, kind="stable")
    return Items(**{name: values[order] for name, values in vars(items).items()})


def items_of(frame: Any) -> Items:
    """Read a frame of items.

    Parameters
    ----------
    frame
        pandas or Polars: ``item_id, customer_id, opened_on, due_on, amount`` (> 0) and ``settled_on`` (null while
        open); optional ``known_on`` (default: ``settled_on``), ``by_cash`` (default: true), ``disputed_from``,
        ``disputed_to``. An item settled before it was opened counts as settled on the day it was opened.

    Raises
    ------
    DataError
        When a column is missing, an id occurs twice, a date is empty or an amount is not above 0.
    """
    table = as_polars(frame, "items")
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise DataError("Columns are missing.", table="items", columns=missing, remedy="give them.")
    table = table.with_columns(
        pl.col("item_id", "customer_id").cast(pl.String),
        pl.col("opened_on", "due_on", "settled_on").cast(pl.Date),
        pl.col("amount").cast(pl.Float64),
        pl.col("known_on").cast(pl.Date) if "known_on" in table.columns else pl.col("settled_on").alias("known_on"),
        pl.col("by_cash").fill_null(True) if "by_cash" in table.columns else pl.lit(True).alias("by_cash"),
        *(
            pl.col(name).cast(pl.Date) if name in table.columns else pl.lit(None, pl.Date).alias(name)
            for name in ("disputed_from", "disputed_to")
        ),
    )
    broken = {
        "An item occurs twice.": pl.col("item_id").is_duplicated(),
        "An id, a date or an amount is empty.": pl.any_horizontal(pl.col(*REQUIRED[:-1]).is_null()),
        "An amount is not above 0.": ~(pl.col("amount").is_finite() & (pl.col("amount") > 0)),
    }
    for problem, rule in broken.items():
        wrong = table.filter(rule)
        if wrong.height:
            ids = wrong["item_id"].cast(pl.String).fill_null("").to_list()
            raise DataError(problem, table="items", rows=wrong.height, ids=ids, remedy="leave such items out.")

    def day(name: str) -> np.ndarray:
        return table[name].to_physical().fill_null(NEVER).to_numpy().astype(np.int64)

    opened, settled = day("opened_on"), day("settled_on")
    settled = np.maximum(settled, opened)
    customers, codes = np.unique(table["customer_id"].to_numpy(), return_inverse=True)
    return Items(
        item_id=table["item_id"].to_numpy(),
        customer_id=customers[codes] if len(customers) else table["customer_id"].to_numpy(),
        customer=codes.astype(np.int64),
        opened=opened,
        due=day("due_on"),
        amount=table["amount"].to_numpy(),
        settled=settled,
        known=np.where(settled == NEVER, NEVER, np.maximum(day("known_on"), settled)),
        by_cash=table["by_cash"].to_numpy().astype(bool),
        disputed_from=day("disputed_from"),
        disputed_to=day("disputed_to"),
    )


def payment_items(ledger: Ledger, *, as_of: date) -> pl.DataFrame:
    """Return every invoice and debit note that could be known at the end of ``as_of``, with the day of its payment.

    Returns
    -------
    polars.DataFrame
        What :func:`items_of` reads: ``item_id, customer_id, opened_on`` (the first day on which the document could
        be seen), ``due_on`` (original), ``amount``, ``settled_on`` (the day on which the cash that closed it arrived,
        or the posting that closed it otherwise took place; null while open), ``known_on`` (the day from which the
        ledger showed it closed), ``by_cash`` (at least half of what was taken off it came in cash), ``disputed_from,
        disputed_to`` (of its latest dispute) and besides ``currency`` and ``open_amount``, all amounts in major units
        of the document's own currency. An item paid in parts counts as paid when the last part came. Sorted by
        ``item_id``.
    """
    seen = ledger.cut(as_of)
    moves = item_movements(seen).filter(pl.col("document_kind").is_in(BILLED))
    taken = -pl.col("amount").filter(pl.col("kind") != "document")
    cash = -pl.col("amount").filter(pl.col("kind").is_in(CASH))
    items = (
        moves.group_by("document_id", maintain_order=True)
        .agg(
            pl.col("customer_id", "currency", "due_date").first(),
            opened_on=pl.col("date").filter(pl.col("kind") == "document").first(),
            full=pl.col("amount").filter(pl.col("kind") == "document").first(),
            left=pl.col("amount").sum(),
            taken=taken.sum(),
            cash=cash.sum(),
            last_event=pl.col("event_date").max(),
            last_seen=pl.col("date").max(),
        )
        .filter(pl.col("full") > 0)
    )
    closed = pl.col("left") <= 0
    disputes = (
        seen.table("disputes")
        .sort("document_id", "opened_on", "dispute_id")
        .group_by("document_id", maintain_order=True)
        .agg(disputed_from=pl.col("opened_on").last(), disputed_to=pl.col("resolved_on").last())
    )
    from credrisk.ledger.money import major_units

    return (
        items.join(disputes, on="document_id", how="left")
        .select(
            "customer_id",
            "opened_on",
            "currency",
            item_id="document_id",
            due_on="due_date",
            amount="full",
            open_amount=pl.col("left").clip(lower_bound=0),
            settled_on=pl.when(closed).then("last_event"),
            known_on=pl.when(closed).then("last_seen"),
            by_cash=pl.when(closed).then(2 * pl.col("cash") >= pl.col("taken")).otherwise(True),
            disputed_from="disputed_from",
            disputed_to="disputed_to",
        )
        .with_columns(major_units("amount", "currency"), major_units("open_amount", "currency"))
        .sort("item_id")
    )
