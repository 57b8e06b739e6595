"""From what happened to what the books show: the opening balance, the cut at the end, ids, dates and money.

The ledger covers the days from the start to the end. What was still open on the eve of the start is its opening
balance: such a document appears with its own dates and with the amount that was open, and such a receipt with what was
not yet applied. What the books would learn only after the end is left out.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.ledger.tables import APPLICATION_KINDS, TABLES
from credrisk.simulate.cash import FROM, METHODS
from credrisk.simulate.clock import NEVER
from credrisk.simulate.credit_file import credit_file
from credrisk.simulate.export import Books, currency_of, date, frame, money, named, numbered
from credrisk.simulate.sales import DOCUMENT_KINDS

__all__ = ["close_books"]

TAX = 0.2


def close_books(books: Books) -> dict[str, pl.DataFrame]:
    """Return the tables of the ledger as an export would give them: money in major units, dates, ids, sorted by id."""
    start, end = books.clock.start, books.clock.end
    items = frame(books.documents)
    cash = frame(books.receipts)
    applied = _applications(books, items, cash)
    before = applied.filter(pl.col("seen") < start)
    applied = applied.filter(pl.col("seen").is_between(start, end))
    items = _open_items(items, before).filter(pl.col("recorded") <= end)
    items = items.filter((pl.col("recorded") >= start) | (pl.col("cents") != 0))
    cash = _unapplied(cash, before).filter(pl.col("recorded") <= end)
    cash = cash.filter((pl.col("recorded") >= start) | (pl.col("cents") != 0))
    orders = _orders(books)
    items = numbered(items, "document_id", "D", ["recorded", "day", "customer", "row"])
    cash = numbered(cash, "receipt_id", "R", ["recorded", "day", "customer", "row"])
    tables = {
        "documents": _documents(books, items, orders),
        "receipts": _receipts(books, cash),
        "applications": _applied(applied, items, cash),
        "orders": orders.drop("row"),
        **credit_file(books, items.select("row", "document_id")),
    }
    return {name: tables[name] for name in TABLES if name in tables}


def _applications(books: Books, items: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    """Return the applications with the day from which both they and what they join are in the books."""
    applied = frame(books.applications)
    item_known, cash_known = items["recorded"].to_numpy(), cash["recorded"].to_numpy()
    source, kind = applied["source"].to_numpy(), applied["source_kind"].to_numpy()
    seen = np.maximum(applied["recorded"].to_numpy(), item_known[applied["to"].to_numpy()])
    for name, known in (("receipt", cash_known), ("document", item_known)):
        comes = kind == FROM[name]
        seen[comes] = np.maximum(seen[comes], known[source[comes]])
    return applied.with_columns(seen=pl.Series(seen))


def _open_items(items: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Lower each document by what was applied to it, or from it, before the start."""
    from_notes = before.filter(pl.col("source_kind") == FROM["document"])
    moved = pl.concat([before.select(row="to", moved="cents"), from_notes.select(row="source", moved=-pl.col("cents"))])
    moved = moved.group_by("row", maintain_order=True).agg(pl.col("moved").sum())
    return items.join(moved, on="row", how="left", maintain_order="left").with_columns(
        cents=pl.col("cents") - pl.col("moved").fill_null(0), opening=pl.col("moved").is_not_null()
    )


def _unapplied(cash: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Lower each receipt by what was applied from it before the start."""
    own = pl.when(pl.col("source_cents") != 0).then("source_cents").otherwise("cents")
    used = before.filter(pl.col("source_kind") == FROM["receipt"]).select(row="source", used=own)
    used = used.group_by("row", maintain_order=True).agg(pl.col("used").sum())
    joined = cash.join(used, on="row", how="left", maintain_order="left")
    return joined.with_columns(cents=pl.col("cents") - pl.col("used").fill_null(0))


def _orders(books: Books) -> pl.DataFrame:
    """Return the orders placed or still open in the covered months; of open ones, what is not yet billed."""
    start, end = books.clock.start, books.clock.end
    billing = frame(books.documents).filter((pl.col("order") >= 0) & (pl.col("kind") != 2))
    delivered = pl.when((pl.col("day") > end) & (pl.col("day") <= end + 3)).then("cents").otherwise(0)
    invoiced = pl.when(pl.col("day") <= end).then("cents").otherwise(0)
    sums = billing.group_by("order", maintain_order=True).agg(billed=invoiced.sum(), delivered=delivered.sum())
    orders = frame(books.orders).filter(
        (pl.col("day") <= end) & ((pl.col("day") >= start) | (pl.col("closed") >= start))
    )
    is_open = pl.col("closed") > end
    left = pl.col("cents") - pl.col("billed").fill_null(0) - pl.col("delivered").fill_null(0)
    orders = orders.join(sums, left_on="row", right_on="order", how="left", maintain_order="left").with_columns(
        open_cents=pl.when(is_open).then(left.clip(0)),
        delivered=pl.when(is_open).then(pl.col("delivered").fill_null(0)),
        closed=pl.when(is_open).then(NEVER).otherwise("closed"),
    )
    return numbered(orders, "order_id", "O", ["day", "customer", "row"]).select(
        "row",
        "order_id",
        named("customer", books.ids).alias("customer_id"),
        date("day").alias("order_date"),
        money("cents").alias("amount"),
        money("open_cents").alias("open_amount"),
        money("delivered").alias("delivered_uninvoiced"),
        date("closed").alias("closed_on"),
    )


def _documents(books: Books, items: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    home = pl.Series(books.accounts.home).cast(pl.Int64).to_numpy()
    taxed = pl.Series(home[items["customer"].to_numpy()] > 0) & ~items["opening"] & (items["kind"] != 3)
    tax = (pl.col("cents") * TAX / (1 + TAX)).round()
    numbers = orders.select(order="row", order_id="order_id")
    return (
        items.with_columns(tax=pl.when(taxed).then(tax))
        .join(numbers, on="order", how="left", maintain_order="left")
        .select(
            "document_id",
            named("customer", books.ids).alias("customer_id"),
            named("kind", DOCUMENT_KINDS).alias("kind"),
            date("day").alias("document_date"),
            date("due").alias("due_date"),
            money("cents").alias("amount"),
            money("tax").alias("tax_amount"),
            currency_of(books),
            "order_id",
            date("recorded").alias("recorded_at"),
        )
    )


def _receipts(books: Books, cash: pl.DataFrame) -> pl.DataFrame:
    code = pl.when("home_currency").then(pl.lit(books.currency)).otherwise(currency_of(books))
    return cash.select(
        "receipt_id",
        named("customer", books.ids).alias("customer_id"),
        date("day").alias("date"),
        money("cents").alias("amount"),
        code.alias("currency"),
        named("method", METHODS).alias("method"),
        date("recorded").alias("recorded_at"),
    )


def _applied(applied: pl.DataFrame, items: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    documents = items.select(row="row", document_id="document_id")
    is_note = pl.col("source_kind") == FROM["document"]
    from_cash = pl.col("source_kind") == FROM["receipt"]
    other = pl.when(pl.col("source_cents") != 0).then(money("source_cents"))
    return (
        applied.drop("row")
        .join(documents.select(to="row", to_document_id="document_id"), on="to")
        .join(documents.select(source="row", note_id="document_id"), on="source", how="left")
        .join(cash.select(source="row", receipt_id="receipt_id"), on="source", how="left")
        .select(
            pl.when(from_cash).then("receipt_id").when(is_note).then("note_id").alias("from_id"),
            "to_document_id",
            money("cents").alias("amount"),
            date("day").alias("applied_on"),
            named("kind", APPLICATION_KINDS).alias("kind"),
            date("recorded").alias("recorded_at"),
            other.alias("from_amount"),
        )
        .sort("recorded_at", "to_document_id", "applied_on", "kind", "amount", "from_id")
    )
