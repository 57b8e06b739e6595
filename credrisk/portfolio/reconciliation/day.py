"""The ledger as it could be known at the end of a day, with what is open on it worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.open_items import open_cash, open_items
from credrisk.portfolio.reconciliation.companies import documents_by_company, receipts_by_company

__all__ = ["Day"]


@dataclass(frozen=True)
class Day:
    """One day of a ledger.

    Attributes
    ----------
    whole
        The ledger with everything entered later: only named differences look at it.
    as_of
        The day, inclusive.
    """

    whole: Ledger
    as_of: date

    @cached_property
    def seen(self) -> Ledger:
        """The ledger cut at the day."""
        return self.whole.cut(self.as_of)

    @cached_property
    def items(self) -> pl.DataFrame:
        """The open items (:func:`open_items`) with ``company`` and ``document_date``."""
        documents = documents_by_company(self.seen).select("document_id", "company", "document_date")
        return open_items(self.seen).join(documents, on="document_id", how="left", maintain_order="left")

    @cached_property
    def cash(self) -> pl.DataFrame:
        """The unapplied receipts (:func:`open_cash`) with ``company`` and ``date``."""
        receipts = receipts_by_company(self.seen).select("receipt_id", "company", "date")
        return open_cash(self.seen).join(receipts, on="receipt_id", how="left", maintain_order="left")

    @cached_property
    def balances(self) -> pl.DataFrame:
        """Per ``customer_id, currency``: ``open_items, unapplied_cash, net_balance`` (Int64 minor units)."""
        nothing = pl.lit(0, pl.Int64)
        parts = [
            self.items.select("customer_id", "currency", open_items="amount", unapplied_cash=nothing),
            self.cash.select("customer_id", "currency", open_items=nothing, unapplied_cash="amount"),
        ]
        sums = pl.concat(parts).group_by("customer_id", "currency").agg(pl.sum("open_items", "unapplied_cash"))
        return sums.with_columns(net_balance=pl.col("open_items") - pl.col("unapplied_cash"))
