"""The ledger's rows as arrays of numbers, sorted by customer: what the grid counts and sums.

Read once per panel. Each kind of row has the customer's place, days as integers, and amounts; ``seen`` is the day from
which the row is visible, as :mod:`credrisk.ledger.visibility` and :mod:`credrisk.ledger.movements` define it. Where a
row leans on another (a dispute on its document) it is seen when both are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.ledger.cover_terms import ranked_cover
from credrisk.ledger.item_parts import debit_and_credit_parts
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates
from credrisk.ledger.tables import APPLICATION_KINDS
from credrisk.ledger.visibility import visible_from

__all__ = ["BILLED", "NEVER", "LedgerRows", "Rows", "row_arrays", "row_kind"]

Rows = dict[str, np.ndarray]

BILLED = ("invoice", "debit_note")
"""The kinds of document that are sales; credit notes, late fees and down payments are not."""

NEVER = 2**30
"""A day later than any date: what has not happened."""

WITH_CUSTOMERS = (
    "customers",
    "documents",
    "receipts",
    "promises",
    "customer_history",
    "cover",
    "contacts",
    "credit_events",
)
WITH_CURRENCIES = ("documents", "applications", "receipts", "promises", "disputes", "cover")
VALID = ("valid", "partly")
"""The outcomes of a dispute in which the customer was right, at least in part."""

MOVEMENT_KINDS = pl.Enum(["document", *APPLICATION_KINDS])

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
        codes = [ledger.table(name)["currency"].unique().drop_nulls() for name in WITH_CURRENCIES]
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
    def movements(self) -> pl.DataFrame:
        """Every movement of an item; the items of a customer stand together, each in the order of time.

        ``kind`` is ``document`` or that of the application; ``debit`` tells that the item is no credit note.
        """
        return (
            item_movements(self.ledger)
            .select(
                customer=self.customer,
                currency=self.currency,
                document=pl.col("document_id").rle_id().cast(pl.Int32),
                seen=pl.col("date").to_physical(),
                event=pl.col("event_date").to_physical(),
                due=pl.col("due_date").to_physical(),
                terms=(pl.col("due_date") - pl.col("document_date")).dt.total_days().cast(pl.Int32),
                amount="amount",
                debit=pl.col("document_kind") != "credit_note",
                kind=pl.col("kind").cast(MOVEMENT_KINDS),
                opening=pl.col("kind") == "document",
                billed=(pl.col("kind") == "document") & pl.col("document_kind").is_in(BILLED),
                cash=pl.col("kind").is_in(["payment", "recovery"])
                | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt")),
            )
            .sort("customer", maintain_order=True)
        )

    @cached_property
    def _cash(self) -> Rows:
        frame = cash_movements(self.ledger).select(
            "amount",
            customer=self.customer,
            currency=self.currency,
            seen=pl.col("date").to_physical(),
            event=pl.col("event_date").to_physical(),
            received=pl.col("kind") == "receipt",
        )
        return row_arrays(frame.sort("customer", maintain_order=True))

    @cached_property
    def lines(self) -> Rows:
        """The (customer, currency) pairs that hold balances; a customer without any has the ledger's currency."""
        width = len(self.currencies)
        held = np.zeros((len(self.customers), width), dtype=bool)
        items = self.movements.select("customer", "currency").unique()
        held[items["customer"], items["currency"]] = True
        held[self._cash["customer"], self._cash["currency"]] = True
        held[~held.any(axis=1), self.currencies.index(self.settings.currency)] = True
        customer, currency = np.nonzero(held)
        return {"customer": customer, "currency": currency}

    def with_line(self, rows: Rows) -> Rows:
        """Return the rows with ``line``, the place of their (customer, currency) in :attr:`lines`."""
        place = np.full((len(self.customers), len(self.currencies)), -1, dtype=np.int32)
        place[self.lines["customer"], self.lines["currency"]] = np.arange(len(self.lines["customer"]))
        return {**rows, "line": place[rows["customer"], rows["currency"]]}

    @cached_property
    def debits(self) -> Rows:
        """Movements of debit documents (all but credit notes); ``document`` is the item."""
        return row_arrays(self.movements.filter("debit").drop("terms", "kind", "debit", "billed"))

    @cached_property
    def _parts(self) -> pl.DataFrame:
        columns = self.movements.select("customer", "currency", "document", "seen", "due", "terms", "amount")
        return debit_and_credit_parts(columns, item="document", day="seen")

    @cached_property
    def owed(self) -> Rows:
        """Changes of what is left above 0 on each item, of whatever kind; ``document`` is the item."""
        return self.with_line(
            row_arrays(self._parts.filter(pl.col("debit") != 0).drop("amount").rename({"debit": "amount"}))
        )

    @cached_property
    def credits(self) -> Rows:
        """Changes of what is left below 0 on each item, of whatever kind."""
        return self.with_line(
            row_arrays(self._parts.filter(pl.col("credit") != 0).drop("amount").rename({"credit": "amount"}))
        )

    @cached_property
    def cash(self) -> Rows:
        """Movements of unapplied cash."""
        return self.with_line(self._cash)

    @cached_property
    def receipts(self) -> Rows:
        """Cash received and paid back; ``amount`` in the ledger's currency, ``raw`` in its own."""
        received = self._cash["received"]
        return self.translated({name: values[received] for name, values in self._cash.items()})

    @cached_property
    def incoming(self) -> Rows:
        """Receipts above 0: the days on which cash came in."""
        came_in = self.receipts["raw"] > 0
        return {name: values[came_in] for name, values in self.receipts.items()}

    @cached_property
    def payments(self) -> Rows:
        """Cash that paid debit items: ``amount`` (taken back: negative) and ``days`` beyond the due date."""
        frame = self.movements.filter("cash", "debit").with_columns(amount=-pl.col("amount"))
        days = (frame["event"] - frame["due"]).to_numpy()
        return self.translated(
            {**row_arrays(frame.select("customer", "currency", "seen", "event", "amount")), "days": days}
        )

    @cached_property
    def billed(self) -> Rows:
        """Invoices and debit notes: ``amount`` and ``terms`` (due date less document date, in days)."""
        frame = self.movements.filter("billed").select("customer", "currency", "seen", "event", "amount", "terms")
        return self.translated(row_arrays(frame))

    def translated(self, rows: Rows) -> Rows:
        """Return the rows with ``amount`` at the rate of the event's day, NaN where none is known, beside ``raw``."""
        raw = rows["amount"].astype(np.float64)
        amount = raw.copy()
        for place in np.unique(rows["currency"]):
            own = rows["currency"] == place
            amount[own] = np.rint(raw[own] * self.rates.on(self.currencies[place], rows["event"][own]))
        return {**rows, "raw": raw, "amount": amount}

    @cached_property
    def debit_documents(self) -> pl.DataFrame:
        """Debit documents with their number among the items (items are numbered by sorted id)."""
        return (
            self.ledger.table("documents")
            .sort("document_id")
            .with_columns(document=pl.int_range(pl.len(), dtype=pl.Int32), seen_document=visible_from("documents"))
            .filter(pl.col("kind") != "credit_note")
            .select(
                "document_id",
                "customer_id",
                "document",
                "due_date",
                "seen_document",
                of_document="currency",
                whole="amount",
            )
        )

    @cached_property
    def disputes(self) -> Rows:
        """Disputes of debit items; ``part`` is the amount in dispute, NaN where it is the whole document.

        ``told`` and ``valid`` (the customer was right, at least in part) hold from the day of ``resolved``.
        """
        frame = (
            self.ledger.table("disputes")
            .select("document_id", "opened_on", "resolved_on", "outcome", "amount", own=visible_from("disputes"))
            .join(self.debit_documents, on="document_id", how="inner")
            .with_columns(currency="of_document")
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
        is what it names, 0 without. ``item_seen`` is the day from which the document is visible, NEVER for -2.
        """
        known = self.debit_documents.select("document_id", "customer_id", "document", "of_document", "seen_document")
        same = pl.col("of_document").is_null() | (pl.col("of_document") == pl.col("currency"))
        frame = (
            self.ledger.table("promises")
            .with_columns(seen=visible_from("promises"))
            .join(known, on=["document_id", "customer_id"], how="left")
            .select(
                customer=self.customer,
                currency=self.currency,
                seen=pl.col("seen").to_physical(),
                due=pl.col("due_on").to_physical(),
                event=pl.col("due_on").to_physical() + 1,
                document=pl.when(pl.col("document_id").is_null()).then(-1).otherwise(pl.col("document").fill_null(-2)),
                amount=pl.when(same).then(pl.col("amount").cast(pl.Float64)).fill_null(float("nan")),
                stated=pl.col("amount").cast(pl.Float64).fill_null(0.0),
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


def row_arrays(frame: pl.DataFrame) -> Rows:
    """Return the columns of a frame without nulls as arrays."""
    return {name: frame[name].to_numpy() for name in frame.columns}
