"""What the books show of an account on the day an entry is made: what is open, in dispute, promised in a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.order_ids import nearest_ids
from credrisk.decisions.recorded import with_recorded
from credrisk.decisions.recorded_rows import entry_day
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.movements import item_movements

__all__ = ["AccountBooks", "OpenDocument"]

GIVEN_UP = ("write_off", "credit_note")
"""Kinds of entries by which money of a document is given up."""
POSTED = ("write_off", "credit_note")
"""Applications by which the books follow such a decision."""


@dataclass(frozen=True)
class OpenDocument:
    """A document as the books show it.

    Attributes
    ----------
    open_amount, disputed
        What is left to pay and the part of it under an unresolved dispute: major units of ``currency``.
    given_up, not_posted
        What the log decided to write off or to credit, and the part of it that the books do not show yet.
    """

    document_id: str
    customer_id: str
    currency: str
    document_date: date
    due_date: date
    open_amount: float
    disputed: float
    given_up: float = 0.0
    not_posted: float = 0.0


@dataclass(frozen=True)
class AccountBooks:
    """The ledger with what was recorded, as known on a day; entries are checked against it.

    Attributes
    ----------
    day
        The day on which the entries are made: nothing known later is used.
    """

    day: date
    currency: str
    ledger: Ledger
    items: pl.DataFrame
    decisions: tuple[Entry, ...] = ()

    @classmethod
    def open(cls, ledger: Ledger, log: DecisionLog | None, *, day: date | str) -> AccountBooks:
        """Return the books of ``day``, with what the log holds by then."""
        made = to_date(day)
        entries = log.read() if log is not None and log.path.exists() else []
        seen = (with_recorded(ledger, entries, as_of=made) if entries else ledger).cut(made)
        decided = tuple(one for one in entries if one.kind in GIVEN_UP and entry_day(one) <= made)
        return cls(made, ledger.settings.currency, seen, open_items(seen, item_movements(seen)), decided)

    def customer(self, customer_id: str) -> str:
        """Return the id if it is a customer's.

        Raises
        ------
        ParameterError
            When the ledger has no such customer; the nearest ids are named.
        """
        ids = self.ledger.table("customers")["customer_id"]
        if customer_id in ids:
            return customer_id
        near = nearest_ids(customer_id, ids.to_list())
        remedy = f"did you mean {' or '.join(near)}?" if near else ""
        raise ParameterError("customer", "a customer of the ledger", customer_id, remedy=remedy)

    def document(self, document_id: str, *, customer_id: str | None = None) -> OpenDocument:
        """Return a document of the books; of ``customer_id`` where that is given."""
        table = self.ledger.table("documents")
        found = table.filter(pl.col("document_id") == document_id)
        if found.is_empty():
            own = table if customer_id is None else table.filter(pl.col("customer_id") == customer_id)
            near = nearest_ids(document_id, own["document_id"].to_list()) if own.height < 100_000 else []
            remedy = f"did you mean {' or '.join(near)}?" if near else ""
            raise ParameterError("document", f"a document known on {self.day}", document_id, remedy=remedy)
        row = found.row(0, named=True)
        if customer_id is not None and row["customer_id"] != customer_id:
            rule = f"a document of customer {customer_id}"
            raise ParameterError("document", rule, f"{document_id} of customer {row['customer_id']}")
        item = self.items.filter(pl.col("document_id") == document_id)
        factor = minor_factor(row["currency"])
        left, disputed = item.select("residual", "disputed").row(0) if item.height else (0, 0)
        given_up, not_posted = self._given_up(document_id)
        return OpenDocument(
            document_id,
            row["customer_id"],
            row["currency"],
            row["document_date"],
            row["due_date"],
            left / factor,
            disputed / factor,
            given_up,
            not_posted,
        )

    def _given_up(self, document_id: str) -> tuple[float, float]:
        """Return what was decided to be given up of a document, and what of it the books have not posted since."""
        own = [one for one in self.decisions if one.content.get("document_id") == document_id]
        total = sum(float(one.content.get("amount") or 0.0) for one in own)
        if not own:
            return 0.0, 0.0
        first = min(str(one.content.get("date") or entry_day(one)) for one in own)
        moved = item_movements(self.ledger).filter(
            (pl.col("document_id") == document_id)
            & pl.col("kind").is_in(POSTED)
            & (pl.col("event_date") >= date.fromisoformat(first))
        )
        posted = -float(moved["amount"].sum()) / minor_factor(moved["currency"][0]) if moved.height else 0.0
        return total, max(total - max(posted, 0.0), 0.0)

    def owed(self, customer_id: str) -> float:
        """Return what a customer's open debit items come to, in the ledger's currency at the last rate."""
        own = self.items.filter((pl.col("customer_id") == customer_id) & (pl.col("residual") > 0))
        sums = own.group_by("currency").agg(amount=pl.col("residual").sum()).sort("currency")
        return float(in_ledger_currency(sums, ["amount"], self.ledger, self.day)["amount"].sum())

    def in_ledger_currency(self, amount: float, currency: str) -> float:
        """Return an amount of another currency in the ledger's, at the last rate."""
        frame = pl.DataFrame({"currency": [currency], "amount": [round(amount * minor_factor(currency))]})
        return float(in_ledger_currency(frame, ["amount"], self.ledger, self.day)["amount"][0])

    def dispute(self, dispute_id: str) -> tuple[str, str]:
        """Return document and customer of a dispute that is open."""
        found = self.ledger.table("disputes").filter(pl.col("dispute_id") == dispute_id)
        if found.is_empty():
            near = nearest_ids(dispute_id, self.ledger.table("disputes")["dispute_id"].to_list())
            remedy = f"did you mean {' or '.join(near)}?" if near else ""
            raise ParameterError("dispute", f"a dispute known on {self.day}", dispute_id, remedy=remedy)
        document, resolved = found.select("document_id", "resolved_on").row(0)
        if resolved is not None:
            raise ParameterError("dispute", "one that is still open", f"{dispute_id}, resolved on {resolved}")
        return document, self.document(document).customer_id
