"""What moved on the open items and on unapplied cash, as numbers sorted by customer and by nothing else.

The rules are those of :mod:`credrisk.ledger.movements`, to which a test holds these rows; but a panel needs no order in
time. Most items are simple: nothing takes them through 0. On an invoice above 0 with applications above 0 that come to
no more than its amount every subset of the movements leaves 0 or more, so each of them moves the debit part by itself,
whatever comes first, and the item is open from the day it could be seen until its last application, if that leaves 0.
Only the few others are put in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import polars as pl

from credrisk.ledger.item_parts import debit_and_credit_parts
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.tables import APPLICATION_KINDS, TABLES
from credrisk.ledger.visibility import visible_from

__all__ = [
    "BILLED",
    "MOVEMENT_KINDS",
    "NEVER",
    "ItemRows",
    "customer_order",
    "marked",
    "rows_of",
    "taken",
    "with_others",
]

BILLED = ("invoice", "debit_note")
"""The kinds of document that are sales; credit notes, late fees and down payments are not."""

NEVER = 2**30
"""A day later than any date: what has not happened."""

LARGEST_EXACT = 2.0**53
MOVEMENT_KINDS = ("document", *APPLICATION_KINDS)
DOCUMENT_KINDS = TABLES["documents"].column("kind").choices
FROM_KINDS = TABLES["applications"].column("from_kind").choices
RECEIPT, DOCUMENT = FROM_KINDS.index("receipt"), FROM_KINDS.index("document")

OF_ITEM = ("due", "terms", "fee")
PART_COLUMNS = ("customer", "currency", "document", "seen", "due", "terms")

Arrays = dict[str, np.ndarray]


class ItemRows:
    """The movements of a ledger's items and of its unapplied cash.

    Parameters
    ----------
    ledger
        The ledger, or a partition in which ids are places of rows already.
    customer, currency
        Expression for the place of the customer; function for the places of a column of currencies.
    """

    def __init__(self, ledger: Ledger, customer: pl.Expr, currency: Callable[[pl.Series], np.ndarray]) -> None:
        self._ledger, self._customer, self._currency = ledger, customer, currency

    @cached_property
    def documents(self) -> Arrays:
        """The documents in the order of the table; a document's number is its row."""
        table = self._ledger.table("documents")
        days = table.select(
            "amount",
            customer=self._customer,
            seen=visible_from("documents").to_physical(),
            event=pl.col("document_date").to_physical(),
            due=pl.col("due_date").to_physical(),
        )
        kind = code_places(table["kind"], DOCUMENT_KINDS)
        return {
            **{name: days[name].to_numpy() for name in days.columns},
            "terms": (days["due"] - days["event"]).to_numpy(),
            "currency": self._currency(table["currency"]),
            "debit": kind != DOCUMENT_KINDS.index("credit_note"),
            "fee": kind == DOCUMENT_KINDS.index("late_fee"),
            "billed": np.isin(kind, [DOCUMENT_KINDS.index(name) for name in BILLED]),
        }

    @cached_property
    def receipts(self) -> Arrays:
        """The receipts in the order of the table."""
        table = self._ledger.table("receipts")
        days = table.select(
            "amount",
            customer=self._customer,
            seen=visible_from("receipts").to_physical(),
            event=pl.col("date").to_physical(),
        )
        return {**{name: days[name].to_numpy() for name in days.columns}, "currency": self._currency(table["currency"])}

    @cached_property
    def _applications(self) -> Arrays:
        """The applications, each with the rows of the document it lowers and of what it comes from, -1 for none."""
        table = self._ledger.table("applications")
        given = table.select(
            "amount",
            source_amount=pl.coalesce("from_amount", "amount"),
            seen=visible_from("applications").to_physical(),
            event=pl.col("applied_on").to_physical(),
        )
        documents, receipts = (
            self._ledger.table(name)[key] for name, key in (("documents", "document_id"), ("receipts", "receipt_id"))
        )
        origin = code_places(table["from_kind"], FROM_KINDS)
        return {
            **{name: given[name].to_numpy() for name in given.columns},
            "kind": code_places(table["kind"], APPLICATION_KINDS) + np.int8(1),
            "from_kind": origin,
            "to": rows_of(table["to_document_id"], documents),
            "document": np.where(origin == DOCUMENT, rows_of(table["from_id"], documents, origin == DOCUMENT), -1),
            "receipt": np.where(origin == RECEIPT, rows_of(table["from_id"], receipts, origin == RECEIPT), -1),
        }

    @cached_property
    def _legs(self) -> tuple[Arrays, Arrays]:
        """The applications by the document that they lower, and by the credit note that they raise."""
        applied, documents, receipts = self._applications, self.documents, self.receipts
        columns = ("seen", "event", "kind", "from_kind")
        lowered = taken(applied, marked(applied["to"] >= 0), "to", "amount", "receipt", *columns)
        raised = taken(applied, marked(applied["document"] >= 0), "document", "source_amount", *columns)
        for leg, document in ((lowered, "to"), (raised, "document")):
            leg["document"] = leg[document]
            leg["seen"] = np.maximum(leg["seen"], documents["seen"][leg[document]])
        # A receipt recorded after its application must not change the past, so it does not count for the date.
        paid = np.flatnonzero(lowered["receipt"] >= 0)
        paid = paid[receipts["seen"][lowered["receipt"][paid]] <= lowered["seen"][paid]]
        if len(paid):
            arrived = receipts["event"][lowered["receipt"][paid]]
            lowered["event"] = lowered["event"].copy()
            lowered["event"][paid] = np.minimum(lowered["event"][paid], arrived)
        lowered["change"], raised["change"] = -lowered["amount"], raised["source_amount"]
        table = self._ledger.table("applications")
        lowered["currency"] = self._currency(table["currency"].filter(pl.Series(applied["to"] >= 0)))
        raised["currency"] = documents["currency"][raised["document"]]
        return lowered, raised

    @cached_property
    def moves(self) -> Arrays:
        """Every movement of an item, sorted by customer and, of one customer, in the order of the tables.

        Of a customer first come documents, then what lowered and what raised them. ``kind`` is the place in
        ``MOVEMENT_KINDS``, ``document`` the item's row; ``debit`` tells that the item is no credit note, ``cash`` that
        cash moved it. The arrays are read-only: what is taken from them may be a view.
        """
        documents, legs = self.documents, self._legs
        count = len(documents["amount"])
        document = np.concatenate([np.arange(count, dtype=np.int32), *(leg["document"] for leg in legs)])
        customer = documents["customer"][document]
        order = customer_order(customer)

        def joined(opening: np.ndarray, name: str) -> np.ndarray:
            parts = [opening, *(leg[name] for leg in legs)]
            if name == "currency" and not any(part.any() for part in parts):
                # The first currency is most often the only one.
                return np.zeros(len(order), dtype=opening.dtype)
            ordered: np.ndarray = np.concatenate(parts)[order]
            return ordered

        document, opening = document[order], order < count
        kind = joined(np.zeros(count, dtype=np.int8), "kind")
        from_kind = joined(np.full(count, -1, dtype=np.int8), "from_kind")
        payment, recovery, reversal = (MOVEMENT_KINDS.index(name) for name in ("payment", "recovery", "reversal"))
        moves = {
            "customer": customer[order],
            "document": document,
            "currency": joined(documents["currency"], "currency"),
            "seen": joined(documents["seen"], "seen"),
            "event": joined(documents["event"], "event"),
            "amount": joined(documents["amount"], "change"),
            "kind": kind,
            "opening": opening,
            "debit": documents["debit"][document],
            "billed": opening & documents["billed"][document],
            "cash": (kind == payment) | (kind == recovery) | ((kind == reversal) & (from_kind == RECEIPT)),
        }
        for values in moves.values():
            values.flags.writeable = False
        return moves

    def movements(self, which: np.ndarray, *columns: str) -> Arrays:
        """Return columns of the movements marked in ``which``, sorted by customer.

        Besides those of :attr:`moves` there are ``due`` and ``terms`` of the item, and ``fee``: it is a fee note.
        """
        places = marked(which)
        document, found = self.moves["document"][places], {}
        for column in columns:
            of_item = column in OF_ITEM
            found[column] = self.documents[column][document] if of_item else self.moves[column][places]
        return found

    @cached_property
    def _simple(self) -> tuple[np.ndarray, np.ndarray]:
        """Tell of each document whether every subset of its movements leaves 0 or more, and 0 or less."""
        amount, (lowered, raised) = self.documents["amount"], self._legs
        count = len(amount)
        strange, touched = np.zeros((2, count), dtype=bool), np.zeros((2, count), dtype=bool)
        for side, leg in enumerate((lowered, raised)):
            touched[side, leg["document"]] = True
            backwards = leg["change"] >= 0 if side == 0 else leg["change"] <= 0
            strange[side, leg["document"][backwards]] = True
        settled, used = self._applied
        small = np.abs(amount) < LARGEST_EXACT
        debit = small & (amount > 0) & ~strange[0] & ~touched[1] & (settled <= amount)
        credit = small & (amount < 0) & ~strange[1] & ~touched[0] & (used <= -amount)
        return debit, credit

    @cached_property
    def _applied(self) -> tuple[np.ndarray, np.ndarray]:
        """What was ever taken off each document by applications to it, and from it (exact below 2**53)."""
        count = len(self.documents["amount"])
        lowered, raised = self._legs
        return (
            np.bincount(lowered["document"], lowered["amount"], count),
            np.bincount(raised["document"], raised["change"], count),
        )

    @cached_property
    def _others(self) -> pl.DataFrame:
        """The movements of the items that are not simple, with the changes of their debit and credit parts."""
        debit, credit = self._simple
        others = ~(debit | credit)[self.moves["document"]]
        moves = pl.DataFrame(self.movements(others, *PART_COLUMNS, "amount"))
        order = np.lexsort([moves[name].to_numpy() for name in ("seen", "document", "customer")])
        return debit_and_credit_parts(moves[pl.Series(order, dtype=pl.UInt32)], item="document", day="seen")

    def part(self, name: str) -> Arrays:
        """Return the changes of the part above 0 of each item (``debit``) or below 0 (``credit``), by customer."""
        simple = self._simple[("debit", "credit").index(name)]
        own = self.movements(simple[self.moves["document"]], *PART_COLUMNS, "amount")
        rest = self._others.filter(pl.col(name) != 0).drop("amount").rename({name: "amount"})
        return own if rest.is_empty() else with_others(own, {column: rest[column].to_numpy() for column in own})

    def stretches(self) -> Arrays:
        """Return when items had something left above 0: from ``seen``, inclusive, to ``until``, exclusive.

        Fee notes for late payment are left out.
        """
        documents, moves, (lowered, _) = self.documents, self.moves, self._legs
        last = np.zeros(len(documents["amount"]), dtype=np.int32)
        np.maximum.at(last, lowered["document"], lowered["seen"])
        until = np.where(self._applied[0] == documents["amount"], last, np.int32(NEVER))
        real = self._simple[0] & ~documents["fee"] & (documents["seen"] < until)
        # The openings are the documents by customer.
        which = moves["opening"] & real[moves["document"]]
        document = moves["document"][which]
        found = {
            "customer": moves["customer"][which],
            "seen": documents["seen"][document],
            "until": until[document],
            "due": documents["due"][document],
        }
        rest = self._others.filter(pl.col("debit") != 0)
        rest = rest.filter(pl.Series(~documents["fee"][rest["document"].to_numpy()], dtype=pl.Boolean))
        return found if rest.is_empty() else with_others(found, self._stretches_of(rest))

    @staticmethod
    def _stretches_of(rest: pl.DataFrame) -> Arrays:
        """Return when items had something left above 0, from the changes of their debit parts in the order of time."""
        item, seen = rest["document"].to_numpy(), rest["seen"].to_numpy()
        new = np.diff(item, prepend=-1) != 0
        running = np.cumsum(rest["debit"].to_numpy())
        left = running - (running - rest["debit"].to_numpy())[new][np.cumsum(new) - 1]
        until = np.append(seen[1:], NEVER).astype(np.int32)
        until[np.append(new[1:], True)] = NEVER
        owed = (left > 0) & (seen < until)
        return {
            "customer": rest["customer"].to_numpy()[owed],
            "seen": seen[owed],
            "until": until[owed],
            "due": rest["due"].to_numpy()[owed],
        }

    @cached_property
    def cash(self) -> Arrays:
        """Every movement of unapplied cash, sorted by customer; ``received`` tells receipts from applications."""
        receipts, applied = self.receipts, self._applications
        columns = ("receipt", "source_amount", "seen", "event")
        used = taken(applied, marked(applied["receipt"] >= 0), *columns)
        count, receipt = len(receipts["amount"]), used["receipt"]
        whole = {
            "amount": np.concatenate([receipts["amount"], -used["source_amount"]]),
            "customer": np.concatenate([receipts["customer"], receipts["customer"][receipt]]),
            "currency": np.concatenate([receipts["currency"], receipts["currency"][receipt]]),
            "seen": np.concatenate([receipts["seen"], np.maximum(used["seen"], receipts["seen"][receipt])]),
            "event": np.concatenate([receipts["event"], used["event"]]),
            "received": np.arange(count + len(receipt)) < count,
        }
        return taken(whole, customer_order(whole["customer"]))


def with_others(rows: Arrays, others: Arrays) -> Arrays:
    """Return rows with others among them, both sorted by customer."""
    after = np.searchsorted(rows["customer"], others["customer"], side="right")
    return {column: np.insert(values, after, others[column]) for column, values in rows.items()}


def customer_order(customers: np.ndarray) -> np.ndarray:
    """Return the stable order of rows by customer; 65,536 customers and fewer are sorted by counting."""
    few = len(customers) and customers.max() < 2**16
    return np.argsort(customers.astype(np.uint16) if few else customers, kind="stable")


def marked(which: np.ndarray) -> np.ndarray | slice:
    """Return the places of the marked rows; where all are, a slice, which copies nothing."""
    return slice(None) if which.all() else np.flatnonzero(which)


def taken(rows: Arrays, places: np.ndarray | slice, *columns: str) -> Arrays:
    """Return some of the rows, all columns or those named."""
    return {name: rows[name][places] for name in columns or rows}


def rows_of(wanted: pl.Series, ids: pl.Series, which: np.ndarray | None = None) -> np.ndarray:
    """Return the row of each wanted id among distinct ids, int32, -1 where there is none.

    In a partition of a split ledger ids are the numbers of rows already. ``which`` tells the rows to look up.
    """
    found = np.full(len(wanted), -1, dtype=np.int32)
    asked = np.arange(len(wanted)) if which is None else np.flatnonzero(which)
    if not len(ids) or not len(asked):
        return found
    if wanted.dtype.is_integer():
        found[asked] = wanted.fill_null(-1).to_numpy()[asked]
        return found
    known = pl.DataFrame({"id": ids, "row": np.arange(len(ids), dtype=np.int32)})
    sought = wanted if which is None else wanted.filter(pl.Series(which))
    rows = pl.DataFrame({"id": sought}).join(known, on="id", how="left", maintain_order="left")["row"]
    found[asked] = rows.fill_null(-1).to_numpy()
    return found


def code_places(codes: pl.Series, choices: tuple[str, ...]) -> np.ndarray:
    """Return the place of each code among the choices, int8, -1 for none."""
    own = codes if codes.dtype == pl.Enum(choices) else codes.cast(pl.Enum(choices))
    places: np.ndarray = own.to_physical().cast(pl.Int8).fill_null(-1).to_numpy()
    return places
