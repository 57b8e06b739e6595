"""Which rows that an extract lacks are gone from the books, and which it merely does not cover.

A row dated within the days that an extract covers should be in it. But a document from before those days takes along
what hangs on it: an export of the last twelve months' invoices has no payment of an older invoice either, whatever
the day of the payment. So whatever names a document that is kept is kept, and whatever names one that ended ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from credrisk.ledger.declaration import Table

__all__ = ["Absent", "whole_receipts"]

_ACCUMULATE = ("customers", "rates", "facts", "events", "market", "ratings", "queue_log")
"""Tables from which an extract may leave out what it once had: nothing in them is taken as deleted."""
_NAMED = ("documents", "receipts")
"""Tables whose rows others hang on."""


@dataclass(frozen=True)
class Absent:
    """The rows that an extract lacks, judged table by table in the order of the contract.

    Attributes
    ----------
    covers_from, covers_to
        First and last day that the extract covers, inclusive.
    set_aside
        The quarantine of the extract: a row that could not be read is there, so it is not gone.
    applications
        What was applied before the extract; it tells which receipts only paid documents that are kept.
    partial
        The extract holds only some of the rows: none is taken as deleted.
    ended, kept
        By table, the ids of the rows that the extract should have, and of those that it does not cover.
    """

    covers_from: date
    covers_to: date
    set_aside: pl.DataFrame
    applications: pl.DataFrame | None
    partial: bool = False
    ended: dict[str, pl.Series] = field(default_factory=dict)
    kept: dict[str, pl.Series] = field(default_factory=dict)

    def judge(self, table: Table, absent: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of ``absent`` that are gone, and remember them for the tables that name them."""
        gone = absent.clear() if self.partial else absent.filter(self._gone(table))
        if table.name in _NAMED:
            ids = table.key[0]
            self.ended[table.name] = gone[ids]
            self.kept[table.name] = absent.join(gone.select(ids), on=ids, how="anti")[ids]
        return gone

    def _gone(self, table: Table) -> pl.Expr:
        if table.name in _ACCUMULATE or not table.event:
            return pl.lit(value=False)
        dated = pl.col(table.event).is_between(self.covers_from, self.covers_to)
        names = [(column, target) for column, target in table.refers if target in _NAMED]
        if table.name == "applications":
            names += [("from_id", target) for target in _NAMED]
        outside = self._named(names, self.kept)
        if table.name in _NAMED and self.set_aside.height:
            unread = self.set_aside.filter(pl.col("table") == table.name)["key"]
            outside |= pl.col(table.key[0]).is_in(unread.implode())
        if table.name == "receipts":
            outside |= pl.col("receipt_id").is_in(self._receipts_of_kept().implode())
        return self._named(names, self.ended) | (dated & ~outside)

    def _named(self, names: list[tuple[str, str]], ids: Mapping[str, pl.Series]) -> pl.Expr:
        found = [pl.col(column).is_in(ids[target].implode()) for column, target in names if target in ids]
        return pl.any_horizontal(pl.lit(value=False), *(one.fill_null(value=False) for one in found))

    def _receipts_of_kept(self) -> pl.Series:
        """Return the receipts all of whose applications are to documents that the extract does not cover."""
        if self.applications is None or "documents" not in self.kept:
            return pl.Series("receipt_id", [], pl.String)
        paid = self.applications.filter(pl.col("from_kind") == "receipt")
        only_kept = pl.col("to_document_id").is_in(self.kept["documents"].implode()).all()
        return paid.group_by("from_id").agg(only_kept.alias("only")).filter("only")["from_id"]


def whole_receipts(receipts: pl.DataFrame, before: pl.DataFrame, absent: Absent) -> pl.DataFrame:
    """Give the receipts of an extract the part back that paid documents which it does not cover.

    A list of payments by invoice lacks the lines of such documents: its receipt is smaller by just what they got.
    """
    if absent.applications is None or "documents" not in absent.kept:
        return receipts
    outside = pl.col("to_document_id").is_in(absent.kept["documents"].implode())
    parts = (
        absent.applications.filter((pl.col("from_kind") == "receipt") & outside)
        .group_by(receipt_id="from_id")
        .agg(pl.coalesce("from_amount", "amount").sum().alias("_part"))
    )
    known = before.select("receipt_id", _before="amount").join(parts, on="receipt_id")
    joined = receipts.join(known, on="receipt_id", how="left", maintain_order="left")
    whole = pl.when(pl.col("amount") + pl.col("_part") == pl.col("_before")).then("_before").otherwise("amount")
    return joined.with_columns(whole.alias("amount")).select(receipts.columns)
