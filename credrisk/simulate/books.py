"""From what happened to what the books show: the opening balance, the cut at the end, ids, dates and money.

The ledger covers the days from the start to the end. What was still open on the eve of the start is its opening
balance: such a document appears with its own dates and with the amount that was open, and such a receipt with what was
not yet applied. What the books would learn only after the end is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from credrisk.simulate.accounts import COUNTRIES, Accounts
from credrisk.simulate.cash import APPLICATION_KINDS, FROM, METHODS, Applications, Receipts
from credrisk.simulate.clock import NEVER, Clock, Floats, Ints, Rows
from credrisk.simulate.collection import CHANNELS, CONTACT_OUTCOMES, Contacts, Extensions, Promises
from credrisk.simulate.disputes import OUTCOMES, REASONS, Disputes
from credrisk.simulate.limits import COVER_KINDS, Cover
from credrisk.simulate.names import INDUSTRIES, INSURERS
from credrisk.simulate.rates import currencies_of
from credrisk.simulate.sales import DOCUMENT_KINDS, Documents, Orders
from credrisk.simulate.statements import SOURCE
from credrisk.simulate.write_off import CREDIT_EVENT_KINDS, CreditEvents

__all__ = ["Books", "close_books"]

TAX = 0.2


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


def close_books(books: Books) -> dict[str, pl.DataFrame]:
    """Return the tables of the ledger as an export would give them: money in major units, dates, ids, sorted by id."""
    start, end = books.clock.start, books.clock.end
    items = _frame(books.documents)
    cash = _frame(books.receipts)
    applied = _applications(books, items, cash)
    before = applied.filter(pl.col("seen") < start)
    applied = applied.filter(pl.col("seen").is_between(start, end))
    items = _open_items(items, before).filter(pl.col("recorded") <= end)
    items = items.filter((pl.col("recorded") >= start) | (pl.col("cents") != 0))
    cash = _unapplied(cash, before).filter(pl.col("recorded") <= end)
    cash = cash.filter((pl.col("recorded") >= start) | (pl.col("cents") != 0))
    orders = _orders(books, items)
    items = _numbered(items, "document_id", "D", ["recorded", "day", "customer", "row"])
    cash = _numbered(cash, "receipt_id", "R", ["recorded", "day", "customer", "row"])
    return {
        "customers": _customers(books),
        "customer_history": _history(books),
        "documents": _documents(books, items, orders),
        "document_changes": _document_changes(books, items),
        "receipts": _receipts(books, cash),
        "applications": _applied(applied, items, cash),
        "disputes": _disputes(books, items),
        "promises": _promises(books, items),
        "contacts": _contacts(books),
        "orders": orders.drop("row"),
        "cover": _cover(books),
        "credit_events": _credit_events(books),
        "facts": _facts(books),
        "events": _events(books),
        "rates": _rates(books),
    }


def _frame(rows: Rows) -> pl.DataFrame:
    return (
        pl.DataFrame({field.name: getattr(rows, field.name) for field in fields(rows)})
        .with_row_index("row")
        .cast({"row": pl.Int64})
    )


def _date(column: str) -> pl.Expr:
    """Return a column of day numbers as dates; what does not happen is null."""
    day = pl.col(column)
    return pl.when(day < NEVER).then(day).cast(pl.Int32).cast(pl.Date)


def _money(column: str) -> pl.Expr:
    return pl.col(column) / 100


def _named(column: str, names: tuple[str, ...] | list[str] | np.ndarray) -> pl.Expr:
    """Return names for a column of codes; null where the code is negative."""
    table = {code: str(name) for code, name in enumerate(names)}
    return pl.col(column).replace_strict(table, default=None, return_dtype=pl.String)


def _numbered(frame: pl.DataFrame, name: str, prefix: str, by: list[str]) -> pl.DataFrame:
    """Give running numbers in the order of the books, such as ``D00017``."""
    width = max(5, len(str(frame.height)))
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(width)
    return frame.sort(by).with_columns((pl.lit(prefix) + number).alias(name))


def _applications(books: Books, items: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    """Return the applications with the day from which both they and what they join are in the books."""
    applied = _frame(books.applications)
    item_known, cash_known = items["recorded"].to_numpy(), cash["recorded"].to_numpy()
    source = np.maximum(applied["source"].to_numpy(), 0)
    kind = applied["source_kind"].to_numpy()
    seen = np.maximum(applied["recorded"].to_numpy(), item_known[applied["to"].to_numpy()])
    seen = np.where(
        kind == FROM["receipt"], np.maximum(seen, cash_known[np.where(kind == FROM["receipt"], source, 0)]), seen
    )
    seen = np.where(
        kind == FROM["document"], np.maximum(seen, item_known[np.where(kind == FROM["document"], source, 0)]), seen
    )
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


def _currency(books: Books) -> pl.Expr:
    codes = np.array(currencies_of(books.currency))[books.accounts.currency]
    return _named("customer", list(codes)).alias("currency")


def _customers(books: Books) -> pl.DataFrame:
    accounts = books.accounts
    codes = np.array(currencies_of(books.currency))[accounts.currency]
    return pl.DataFrame(
        {
            "customer_id": books.ids,
            "name": books.names,
            "country": [
                COUNTRIES[code][k]
                for code, k in zip(codes, np.where(accounts.currency > 0, 0, accounts.country), strict=True)
            ],
            "currency": codes,
            "industry": [INDUSTRIES[k] for k in accounts.industry],
            "day": accounts.opened,
            "seller_entity": np.where(accounts.currency > 0, "export", "home"),
        },
        schema_overrides={"customer_id": pl.String, "currency": pl.String, "seller_entity": pl.String},
    ).select("customer_id", "name", "country", "currency", "industry", _date("day").alias("opened_on"), "seller_entity")


def _history(books: Books) -> pl.DataFrame:
    return (
        books.history.filter((pl.col("recorded") <= books.clock.end) & (pl.col("day") <= books.clock.end))
        .select(
            _named("customer", books.ids).alias("customer_id"),
            "attribute",
            "value",
            _date("day").alias("valid_from"),
            _date("recorded").alias("recorded_at"),
        )
        .unique(["customer_id", "attribute", "valid_from"], keep="last", maintain_order=True)
        .sort("customer_id", "attribute", "valid_from", "recorded_at")
    )


def _orders(books: Books, items: pl.DataFrame) -> pl.DataFrame:
    """Return the orders placed or still open in the covered months; of those open at the end, what is not yet billed."""
    start, end = books.clock.start, books.clock.end
    billing = _frame(books.documents).filter((pl.col("order") >= 0) & (pl.col("kind") != 2))
    delivered = pl.when((pl.col("day") > end) & (pl.col("day") <= end + 3)).then("cents").otherwise(0)
    invoiced = pl.when(pl.col("day") <= end).then("cents").otherwise(0)
    sums = billing.group_by("order", maintain_order=True).agg(billed=invoiced.sum(), delivered=delivered.sum())
    orders = _frame(books.orders).filter(
        (pl.col("day") <= end) & ((pl.col("day") >= start) | (pl.col("closed") >= start))
    )
    is_open = pl.col("closed") > end
    left = pl.col("cents") - pl.col("billed").fill_null(0) - pl.col("delivered").fill_null(0)
    orders = orders.join(sums, left_on="row", right_on="order", how="left", maintain_order="left").with_columns(
        open_cents=pl.when(is_open).then(left.clip(0)),
        delivered=pl.when(is_open).then(pl.col("delivered").fill_null(0)),
        closed=pl.when(is_open).then(NEVER).otherwise("closed"),
    )
    return _numbered(orders, "order_id", "O", ["day", "customer", "row"]).select(
        "row",
        "order_id",
        _named("customer", books.ids).alias("customer_id"),
        _date("day").alias("order_date"),
        _money("cents").alias("amount"),
        _money("open_cents").alias("open_amount"),
        _money("delivered").alias("delivered_uninvoiced"),
        _date("closed").alias("closed_on"),
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
            _named("customer", books.ids).alias("customer_id"),
            _named("kind", DOCUMENT_KINDS).alias("kind"),
            _date("day").alias("document_date"),
            _date("due").alias("due_date"),
            _money("cents").alias("amount"),
            _money("tax").alias("tax_amount"),
            _currency(books),
            "order_id",
            _date("recorded").alias("recorded_at"),
        )
    )


def _document_changes(books: Books, items: pl.DataFrame) -> pl.DataFrame:
    """Return re-bills, dates agreed later, and the dunning blocks that disputes set and lift."""
    start, end = books.clock.start, books.clock.end
    numbers = items.select(row="row", document_id="document_id")
    old, new, day = books.rebilled
    rebilled = (
        pl.DataFrame({"row": old, "new": new, "day": day})
        .join(numbers.select(new="row", value="document_id"), on="new")
        .with_columns(field=pl.lit("rebilled_as"))
    )
    agreed = pl.DataFrame({"row": books.extensions.document, "day": books.extensions.day}).with_columns(
        field=pl.lit("due_date"),
        value=pl.Series(books.extensions.due).cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%d"),
    )
    disputes = _frame(books.disputes).filter(pl.col("cents") > 50_000)
    blocked = disputes.select(row="document", day="opened", field=pl.lit("dunning_block"), value=pl.lit("dispute"))
    lifted = disputes.select(
        row="document", day="resolved", field=pl.lit("dunning_block"), value=pl.lit(None, pl.String)
    )
    columns = ["row", "field", "value", "day"]
    return (
        pl.concat([part.select(columns) for part in (rebilled, agreed, blocked, lifted)])
        .filter(pl.col("day").is_between(start, end))
        .join(numbers, on="row")
        .select("document_id", "field", "value", _date("day").alias("changed_on"), _date("day").alias("recorded_at"))
        .unique(["document_id", "field", "changed_on"], keep="last", maintain_order=True)
        .sort("document_id", "field", "changed_on")
    )


def _receipts(books: Books, cash: pl.DataFrame) -> pl.DataFrame:
    code = pl.when("home_currency").then(pl.lit(books.currency)).otherwise(_currency(books))
    return cash.select(
        "receipt_id",
        _named("customer", books.ids).alias("customer_id"),
        _date("day").alias("date"),
        _money("cents").alias("amount"),
        code.alias("currency"),
        _named("method", METHODS).alias("method"),
        _date("recorded").alias("recorded_at"),
    )


def _applied(applied: pl.DataFrame, items: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    documents = items.select(row="row", document_id="document_id")
    is_note = pl.col("source_kind") == FROM["document"]
    from_cash = pl.col("source_kind") == FROM["receipt"]
    other = pl.when(pl.col("source_cents") != 0).then(_money("source_cents"))
    return (
        applied.drop("row")
        .join(documents.select(to="row", to_document_id="document_id"), on="to")
        .join(documents.select(source="row", note_id="document_id"), on="source", how="left")
        .join(cash.select(source="row", receipt_id="receipt_id"), on="source", how="left")
        .select(
            pl.when(from_cash).then("receipt_id").when(is_note).then("note_id").alias("from_id"),
            "to_document_id",
            _money("cents").alias("amount"),
            _date("day").alias("applied_on"),
            _named("kind", APPLICATION_KINDS).alias("kind"),
            _date("recorded").alias("recorded_at"),
            other.alias("from_amount"),
        )
        .sort("recorded_at", "to_document_id", "applied_on", "kind", "amount", "from_id")
    )


def _disputes(books: Books, items: pl.DataFrame) -> pl.DataFrame:
    start, end = books.clock.start, books.clock.end
    disputes = _frame(books.disputes).filter((pl.col("opened") <= end) & (pl.col("resolved") >= start))
    disputes = disputes.join(
        items.select(document="row", document_id="document_id"), on="document", maintain_order="left"
    )
    done = pl.col("resolved") <= end
    return _numbered(disputes, "dispute_id", "Q", ["opened", "row"]).select(
        "dispute_id",
        "document_id",
        _date("opened").alias("opened_on"),
        _money("cents").alias("amount"),
        _named("reason", REASONS).alias("reason"),
        pl.when(done).then(_date("resolved")).alias("resolved_on"),
        pl.when(done).then(_named("outcome", OUTCOMES)).alias("outcome"),
    )


def _promises(books: Books, items: pl.DataFrame) -> pl.DataFrame:
    promises = _frame(books.promises).filter(pl.col("day").is_between(books.clock.start, books.clock.end))
    promises = promises.join(
        items.select(document="row", document_id="document_id"), on="document", how="left", maintain_order="left"
    )
    return _numbered(promises, "promise_id", "P", ["day", "customer", "row"]).select(
        "promise_id",
        _named("customer", books.ids).alias("customer_id"),
        "document_id",
        _date("day").alias("made_on"),
        _date("due").alias("due_on"),
        _money("cents").alias("amount"),
        _currency(books),
    )


def _contacts(books: Books) -> pl.DataFrame:
    contacts = _frame(books.contacts).filter(pl.col("day").is_between(books.clock.start, books.clock.end))
    desks = (
        books.history.filter(pl.col("attribute") == "collector")
        .select("customer", "day", collector="value")
        .sort("day")
    )
    contacts = contacts.sort("day", "customer").join_asof(desks, on="day", by="customer", check_sortedness=False)
    return _numbered(contacts, "contact_id", "T", ["day", "customer"]).select(
        "contact_id",
        _named("customer", books.ids).alias("customer_id"),
        _date("day").alias("date"),
        _named("channel", CHANNELS).alias("channel"),
        "collector",
        _named("outcome", CONTACT_OUTCOMES).alias("outcome"),
    )


def _cover(books: Books) -> pl.DataFrame:
    cover = _frame(books.cover).filter((pl.col("recorded") <= books.clock.end) & (pl.col("ends") >= books.clock.start))
    insured = pl.col("kind") == 0
    width = len(str(len(books.ids)))
    return (
        cover.with_columns(number=pl.col("customer") + 1, provider=pl.col("customer") % len(INSURERS))
        .select(
            (pl.lit("V") + pl.col("number").cast(pl.String).str.zfill(width)).alias("cover_id"),
            _named("customer", books.ids).alias("customer_id"),
            pl.when(insured).then(_named("provider", INSURERS)).otherwise(pl.lit("Invented Bank")).alias("provider"),
            _named("kind", COVER_KINDS).alias("kind"),
            _money("cents").alias("limit"),
            pl.when(insured).then(0.9).otherwise(1.0).alias("insured_share"),
            pl.when(insured).then(500.0).otherwise(0.0).alias("deductible"),
            pl.when(insured).then(90).alias("max_terms_days"),
            pl.when(insured).then(60).alias("stop_shipment_dpd"),
            pl.when(insured).then(90).alias("report_overdue_dpd"),
            _date("begins").alias("valid_from"),
            _date("ends").alias("valid_to"),
            _date("recorded").alias("recorded_at"),
            _currency(books),
        )
        .sort("cover_id", "valid_from", "recorded_at")
    )


def _credit_events(books: Books) -> pl.DataFrame:
    events = _frame(books.credit_events).filter(pl.col("recorded").is_between(books.clock.start, books.clock.end))
    return events.select(
        _named("customer", books.ids).alias("customer_id"),
        _date("day").alias("date"),
        _named("kind", CREDIT_EVENT_KINDS).alias("kind"),
        _money("cents").alias("amount"),
        _date("recorded").alias("recorded_at"),
        _currency(books),
    ).sort("customer_id", "date", "kind", "amount")


def _facts(books: Books) -> pl.DataFrame:
    return books.facts.select(
        _named("customer", books.ids).alias("customer_id"),
        "measure",
        _date("period_start").alias("period_start"),
        _date("period_end").alias("period_end"),
        "value",
        _currency(books).alias("unit"),
        _date("known_at").alias("known_at"),
        pl.lit(SOURCE).alias("source"),
    ).sort("customer_id", "measure", "period_end")


def _events(books: Books) -> pl.DataFrame:
    start, end = books.clock.start, books.clock.end
    return (
        books.events.filter(pl.col("known_at").is_between(start, end))
        .select(
            _named("customer", books.ids).alias("customer_id"),
            "kind",
            _date("happened_on").alias("happened_on"),
            _date("known_at").alias("known_at"),
            pl.lit(SOURCE).alias("source"),
            "text",
        )
        .sort("customer_id", "happened_on", "kind", "known_at")
    )


def _rates(books: Books) -> pl.DataFrame:
    """Return month-end rates, those before the start included: opening items carry older dates."""
    ends = books.clock.month_ends
    return pl.concat(
        pl.DataFrame({"currency": [code] * len(ends), "day": ends, "rate": books.rates[k]}).select(
            "currency", _date("day").alias("date"), "rate"
        )
        for k, code in enumerate(currencies_of(books.currency))
        if k > 0
    )
