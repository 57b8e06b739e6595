"""The ledger's rows as arrays of numbers, sorted by customer: what the grid counts and sums.

Read once per panel. Each kind of row has the customer's place, days as integers, and amounts; ``seen`` is the day from
which the row is visible, as :mod:`credrisk.ledger.visibility` and :mod:`credrisk.ledger.movements` define it. Where a
row leans on another (a dispute on its document) it is seen when both are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property, partial
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.features.item_rows import NEVER, ItemRows, marked, rows_of, taken
from credrisk.ledger.cover_terms import ranked_cover
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.rates import Rates
from credrisk.ledger.visibility import visible_from

__all__ = ["NEVER", "LedgerRows", "Rows", "row_arrays", "row_kind"]

Rows = dict[str, np.ndarray]

WITH_CUSTOMERS = (
    "customers",
    "documents",
    "receipts",
    "promises",
    "customer_history",
    "cover",
    "contacts",
    "credit_events",
    "orders",
)
WITH_CURRENCIES = ("documents", "applications", "receipts", "promises", "disputes", "cover", "orders")
VALID = ("valid", "partly")
"""The outcomes of a dispute in which the customer was right, at least in part."""

RowKind = Callable[["LedgerRows"], Rows]
_kinds: dict[str, RowKind] = {}


def row_kind(compute: RowKind) -> RowKind:
    """Register a kind of row under the function's name: it stands in the module of the features that count it.

    The function takes the ledger's rows and returns equally long arrays with at least ``customer``, sorted by it.
    """
    _kinds[compute.__name__] = compute
    return compute


class LedgerRows:
    """The rows of a ledger by kind, each a dict of equally long arrays sorted by customer.

    ``customer`` and ``currency`` are expressions that give the places of the columns customer_id and currency. Where
    ``customers`` is given, the ledger is a partition: its column customer_id holds their places already (Int32).

    Every kind has ``customer`` (place in :attr:`customers`). ``currency`` is the place in :attr:`currencies`,
    ``line`` that of the (customer, currency) in :attr:`lines`; days are counted from 1970-01-01. ``shared`` keeps what
    features take once over all customers, by name and calendar.
    """

    def __init__(self, ledger: Ledger, customers: pl.Series | None = None) -> None:
        self.ledger, self.settings = ledger, ledger.settings
        found = [ledger.table(name)["customer_id"] for name in WITH_CUSTOMERS if customers is None]
        self.customers: pl.Series = pl.concat(found).unique().sort() if customers is None else customers
        codes = [codes_in(ledger.table(name)["currency"]) for name in WITH_CURRENCIES]
        self.currencies: list[str] = sorted({self.settings.currency}.union(*codes))
        unknown = [code for code in self.currencies if code not in EXPONENTS]
        if unknown:
            raise ParameterError("currency", "a code of ISO 4217", unknown)
        self.rates = Rates(ledger)
        self._taken: dict[str, Rows] = {}
        self.shared: dict[Hashable, Any] = {}
        given = pl.col("customer_id")
        self.customer = (given.cast(pl.Enum(self.customers)).to_physical() if customers is None else given).cast(
            pl.Int32
        )
        self.currency = pl.col("currency").cast(pl.Enum(self.currencies)).to_physical().cast(pl.Int32)

    def kind(self, name: str) -> Rows:
        """Return the rows of a kind, taken once."""
        if name not in self._taken:
            self._taken[name] = _kinds[name](self) if name in _kinds else getattr(self, name)
        return self._taken[name]

    @cached_property
    def _items(self) -> ItemRows:
        return ItemRows(self.ledger, self.customer, partial(currency_places, currencies=self.currencies))

    @property
    def moves(self) -> Rows:
        """Every movement of an item (:attr:`ItemRows.moves`): to mark those that are wanted."""
        return self._items.moves

    def movements(self, which: np.ndarray, *columns: str) -> Rows:
        """Return columns of the movements marked in ``which``, sorted by customer (:meth:`ItemRows.movements`)."""
        return self._items.movements(which, *columns)

    @property
    def seen_documents(self) -> Rows:
        """Customer and first visible day of every document, in the order of the table."""
        return self._items.documents

    @property
    def seen_receipts(self) -> Rows:
        """Customer and first visible day of every receipt, in the order of the table."""
        return self._items.receipts

    @cached_property
    def lines(self) -> Rows:
        """The (customer, currency) pairs that hold balances; a customer without any has the ledger's currency."""
        width = len(self.currencies)
        held = np.zeros((len(self.customers), width), dtype=bool)
        if width > 1:
            moves, cash = self.moves, self._items.cash
            held[moves["customer"], moves["currency"]] = True
            held[cash["customer"], cash["currency"]] = True
        held[~held.any(axis=1), self.currencies.index(self.settings.currency)] = True
        customer, currency = np.nonzero(held)
        return {"customer": customer, "currency": currency}

    def with_line(self, rows: Rows) -> Rows:
        """Return the rows with ``line``, the place of their (customer, currency) in :attr:`lines`."""
        if len(self.currencies) == 1:
            return {**rows, "line": rows["customer"]}
        place = np.full((len(self.customers), len(self.currencies)), -1, dtype=np.int32)
        place[self.lines["customer"], self.lines["currency"]] = np.arange(len(self.lines["customer"]))
        return {**rows, "line": place[rows["customer"], rows["currency"]]}

    @cached_property
    def named_debits(self) -> Rows:
        """Movements of the debit documents that a promise or a dispute names; ``document`` is the item."""
        named = np.zeros(self.ledger.table("documents").height, dtype=bool)
        for kind in ("promises", "disputes"):
            document = self.kind(kind)["document"]
            named[document[document >= 0]] = True
        which = self.moves["debit"] & named[self.moves["document"]]
        columns = (
            "customer",
            "currency",
            "document",
            "seen",
            "event",
            "due",
            "amount",
            "kind",
            "opening",
            "cash",
            "fee",
        )
        return self.movements(which, *columns)

    @property
    def owed(self) -> Rows:
        """Changes of what is left above 0 on each item but fee notes; ``document`` is the item."""
        return self._debits[0]

    @property
    def fees(self) -> Rows:
        """Changes of what is left above 0 on fee notes for late payment; ``document`` is the item."""
        return self._debits[1]

    @cached_property
    def _debits(self) -> tuple[Rows, Rows]:
        rows = self.with_line(self._items.part("debit"))
        fee = self.seen_documents["fee"][rows["document"]]
        return taken(rows, marked(~fee)), taken(rows, marked(fee))

    @cached_property
    def credits(self) -> Rows:
        """Changes of what is left below 0 on each item, of whatever kind."""
        return self.with_line(self._items.part("credit"))

    @cached_property
    def open_stretches(self) -> Rows:
        """From when to when (exclusive) something was left above 0 on items but fee notes, and their ``due`` days."""
        return self._items.stretches()

    @cached_property
    def cash(self) -> Rows:
        """Movements of unapplied cash."""
        return self.with_line(self._items.cash)

    @cached_property
    def receipts(self) -> Rows:
        """Cash received and paid back; ``amount`` in the ledger's currency, ``raw`` in its own."""
        cash = self._items.cash
        return self.translated({name: values[cash["received"]] for name, values in cash.items()})

    @cached_property
    def incoming(self) -> Rows:
        """Receipts above 0: the days on which cash came in."""
        came_in = self.receipts["raw"] > 0
        return {name: values[came_in] for name, values in self.receipts.items()}

    @cached_property
    def payments(self) -> Rows:
        """Cash that paid debit items: ``amount`` (taken back: negative), ``days`` past the due date, and ``terms``."""
        which = self.moves["cash"] & self.moves["debit"]
        paid = self.movements(which, "customer", "currency", "seen", "event", "terms", "amount", "due")
        days = paid["event"] - paid.pop("due")
        return self.translated({**paid, "amount": -paid["amount"], "days": days})

    @cached_property
    def billed(self) -> Rows:
        """Invoices and debit notes: ``amount`` and ``terms`` (due date less document date, in days)."""
        columns = ("customer", "currency", "seen", "event", "amount", "terms")
        return self.translated(self.with_line(self.movements(self.moves["billed"], *columns)))

    def translated(self, rows: Rows) -> Rows:
        """Return the rows with ``amount`` at the rate of the event's day, NaN where none is known, beside ``raw``."""
        raw = rows["amount"].astype(np.float64)
        if len(self.currencies) == 1:
            return {**rows, "raw": raw, "amount": raw}
        amount = raw.copy()
        for place in np.unique(rows["currency"]):
            own = rows["currency"] == place
            amount[own] = np.rint(raw[own] * self.rates.on(self.currencies[place], rows["event"][own]))
        return {**rows, "raw": raw, "amount": amount}

    def debit_documents(self, ids: pl.Series) -> pl.DataFrame:
        """Return the debit document of each id: all null where it is none; ``document`` is its row in the table."""
        documents = self.ledger.table("documents")
        row = rows_of(ids, documents["document_id"])
        known = row >= 0
        known[known] = self._items.documents["debit"][row[known]]
        own = documents.select(
            "due_date",
            owner="customer_id",
            seen_document=visible_from("documents"),
            of_document="currency",
            whole="amount",
        )
        place = pl.Series("document", row).set(pl.Series(~known), None)
        return pl.DataFrame([place, *(column.gather(place) for column in own)])

    @cached_property
    def disputes(self) -> Rows:
        """Disputes of debit items; ``part`` is the amount in dispute, NaN where it is the whole document.

        ``told`` and ``valid`` (the customer was right, at least in part) hold from the day of ``resolved``.
        """
        given = self.ledger.table("disputes")
        frame = (
            given.select("opened_on", "resolved_on", "outcome", "amount", own=visible_from("disputes"))
            .hstack(self.debit_documents(given["document_id"]))
            .drop_nulls("document")
            .with_columns(customer_id="owner", currency="of_document")
            .select(
                "document",
                customer=self.customer,
                currency=self.currency,
                seen=pl.max_horizontal("own", "seen_document").to_physical(),
                event=pl.col("opened_on").to_physical(),
                resolved=pl.col("resolved_on").to_physical().fill_null(NEVER),
                part=pl.col("amount").cast(pl.Float64).fill_null(float("nan")),
                amount=pl.min_horizontal("amount", "whole").clip(0),
                told=pl.col("outcome").is_not_null().cast(pl.Float64),
                valid=pl.col("outcome").is_in(VALID).fill_null(False).cast(pl.Float64),
            )
            .sort("customer", "document", "event", "seen", "resolved", "amount")
        )
        return self.translated(self.with_line(row_arrays(frame)))

    @cached_property
    def promises(self) -> Rows:
        """Promises; ``document`` is -1 on account, -2 for a document that is not the customer's debit item.

        ``amount`` is NaN where the promise names none, or names it in another currency than the document's; ``stated``
        is what it names, NaN without. ``item_seen`` is the day from which the document is visible, NEVER for -2.
        """
        given = self.ledger.table("promises")
        own = pl.col("owner") == pl.col("customer_id")
        same = pl.col("of_document").is_null() | (pl.col("of_document") == pl.col("currency"))
        frame = (
            given.hstack(self.debit_documents(given["document_id"]))
            .with_columns(seen=visible_from("promises"))
            .with_columns(
                pl.when(own).then(pl.col(name)).alias(name) for name in ("document", "of_document", "seen_document")
            )
            .select(
                customer=self.customer,
                currency=self.currency,
                seen=pl.col("seen").to_physical(),
                due=pl.col("due_on").to_physical(),
                event=pl.col("due_on").to_physical() + 1,
                document=pl.when(pl.col("document_id").is_null()).then(-1).otherwise(pl.col("document").fill_null(-2)),
                amount=pl.when(same).then(pl.col("amount").cast(pl.Float64)).fill_null(float("nan")),
                stated=pl.col("amount").cast(pl.Float64).fill_null(float("nan")),
                item_seen=pl.when(pl.col("document_id").is_not_null())
                .then(pl.col("seen_document").to_physical().fill_null(NEVER))
                .otherwise(pl.col("seen").to_physical()),
            )
            .sort("customer", "seen", "due", "document", "amount", "stated", "currency")
        )
        return row_arrays(frame)

    @cached_property
    def credit_limits(self) -> Rows:
        """Credit limits agreed, in major units of the ledger's currency."""
        return self._attribute("credit_limit")

    @cached_property
    def terms(self) -> Rows:
        """Payment terms agreed, in days."""
        return self._attribute("terms_days")

    def _attribute(self, name: str) -> Rows:
        """Return the dated numbers of an attribute of the customers; of two in force a later row wins.

        Later means by valid_from, then recorded_at, then value; text that is no number ends the value, as a null does.
        """
        number = pl.col("value").str.strip_chars().cast(pl.Float64, strict=False)
        frame = (
            self.ledger.table("customer_history")
            .filter(pl.col("attribute") == name)
            .with_columns(value=pl.when(number.is_finite()).then(number), seen=visible_from("customer_history"))
            .select("valid_from", "recorded_at", "value", customer=self.customer, seen=pl.col("seen").to_physical())
            .sort("customer", "valid_from", "recorded_at", "value", nulls_last=False)
            .select("customer", "seen", value=pl.col("value").fill_null(float("nan")))
        )
        return row_arrays(frame)

    @cached_property
    def cover(self) -> Rows:
        """Rows of cover, the last seen of a contract counting; ``ended`` is the day after the last valid day."""
        frame = (
            ranked_cover(self.ledger.table("cover"))
            .with_columns(seen=visible_from("cover"))
            .select(
                "cover_id",
                customer=self.customer,
                currency=self.currency,
                seen=pl.col("seen").to_physical(),
                ended=(pl.col("valid_to").to_physical() + 1).fill_null(NEVER),
                limit=pl.col("limit").cast(pl.Float64),
                share="insured_share",
                max_terms=pl.col("max_terms_days").fill_null(NEVER),
                stop_shipment=pl.col("stop_shipment_dpd").fill_null(NEVER),
                report_overdue=pl.col("report_overdue_dpd").fill_null(NEVER),
                deductible=pl.col("deductible").cast(pl.Float64).fill_null(0.0),
            )
            .with_columns(contract=pl.struct("customer", "cover_id").rle_id().cast(pl.Int32))
        )
        return row_arrays(frame.drop("cover_id"))

    @cached_property
    def accounts(self) -> Rows:
        """Opening dates of the accounts, where known."""
        frame = (
            self.ledger.table("customers")
            .drop_nulls("opened_on")
            .select(customer=self.customer, seen=visible_from("customers").to_physical())
            .sort("customer", "seen")
        )
        return row_arrays(frame.with_columns(event="seen"))


def codes_in(column: pl.Series) -> pl.Series:
    """Return the codes that stand in a column, each once; those of an Enum are counted instead of hashed."""
    if isinstance(column.dtype, pl.Enum):
        places = column.to_physical().drop_nulls().to_numpy()
        return column.dtype.categories.gather(np.flatnonzero(np.bincount(places)))
    return column.unique().drop_nulls()


def currency_places(codes: pl.Series, currencies: list[str]) -> np.ndarray:
    """Return the place of each code among ``currencies``, int32."""
    if len(currencies) == 1:
        return np.zeros(len(codes), dtype=np.int32)
    if isinstance(codes.dtype, pl.Enum):
        own = {code: place for place, code in enumerate(currencies)}
        table = np.array([own.get(code, -1) for code in codes.dtype.categories], dtype=np.int32)
        return np.asarray(table[codes.to_physical().to_numpy()])
    return codes.cast(pl.Enum(currencies)).to_physical().cast(pl.Int32).to_numpy()


def row_arrays(frame: pl.DataFrame) -> Rows:
    """Return the columns of a frame without nulls as arrays."""
    return {name: frame[name].to_numpy() for name in frame.columns}
