"""The export read by the proposed mapping, before anything is written: the ledger, its first rows, what ties out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from os import PathLike

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.no_documents import refuse_all_set_aside
from credrisk.sources.mapping import Imported, import_with_map
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.wizard.mapping_text import mapping_text
from credrisk.sources.wizard.proposal import Proposal

__all__ = ["Preview", "first_rows", "last_day", "preview_mapping", "tie_out_preview"]

FIRST_ROWS = 5
_SHOWN = {
    "customers": ("customer_id", "name", "country"),
    "documents": ("document_id", "customer_id", "kind", "document_date", "due_date", "amount", "currency"),
    "receipts": ("receipt_id", "customer_id", "date", "amount", "currency"),
    "applications": ("from_id", "to_document_id", "applied_on", "kind", "amount", "currency"),
}


@dataclass(frozen=True)
class Preview:
    """What the proposed mapping makes of the export.

    Attributes
    ----------
    text
        The mapping file.
    imported
        What the mapping made: rows and sums of each file.
    ledger
        The ledger as it would be, with its quarantine, tie-out and findings.
    """

    text: str
    imported: Imported
    ledger: Ledger

    def first_rows(self, table: str) -> pl.DataFrame:
        """Return the first rows of a table, as :func:`first_rows` has them."""
        return first_rows(self.ledger, table)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of which there are first rows to show."""
        return tuple(name for name in _SHOWN if name in self.ledger.tables)


def first_rows(ledger: Ledger, table: str) -> pl.DataFrame:
    """Return the first rows of a table of the ledger, ids, dates and amounts: these in major units, not in cents."""
    frame = ledger.tables[table]
    names = [name for name in _SHOWN[table] if name in frame.columns]
    money = [major_units("amount", "currency")] if "amount" in names else []
    return frame.head(FIRST_ROWS).with_columns(money).select(names)


def preview_mapping(proposal: Proposal, source: str | PathLike[str]) -> Preview:
    """Read the export by a proposed mapping, in memory.

    Raises
    ------
    DataError
        When a blocking question is open, the export cannot be read that way, or every document would be set aside.
    """
    text = mapping_text(proposal)
    imported = import_with_map(map_of_text(text, "the proposed mapping"), source)
    ledger = Ledger.read(imported.tables)
    refuse_all_set_aside(ledger)
    return Preview(text, imported, ledger)


def tie_out_preview(preview: Preview) -> pl.DataFrame:
    """Return by currency what was invoiced, credited and cleared until the last day of the ledger, and what is open.

    Columns: ``currency, as_of, documents, invoiced, credited, cleared, open_balance`` in major units. It is summed from
    the ledger's rows alone, so that an ageing of the same day can be held against it.
    """
    documents, day = preview.ledger.tables["documents"], last_day(preview.ledger)
    seen = documents.filter(pl.col("document_date") <= day, pl.col("recorded_at") <= day)
    billed = seen.group_by("currency").agg(
        documents=pl.len(),
        invoiced=pl.col("amount").filter(pl.col("amount") > 0).sum(),
        credited=pl.col("amount").filter(pl.col("amount") < 0).sum(),
    )
    applications = preview.ledger.tables.get("applications")
    if applications is None:
        cleared = pl.DataFrame(schema={"currency": pl.String, "cleared": pl.Int64})
    else:
        known = applications.filter(pl.max_horizontal("applied_on", "recorded_at") <= day)
        owners = seen.select(from_id="document_id", source="currency")
        applied = known.filter(pl.col("to_document_id").is_in(seen["document_id"].implode()))
        # a credit note set off closes an invoice and opens itself: together they owe what they owed before
        set_off = known.filter(pl.col("from_kind") == "document").join(owners, on="from_id")
        used = set_off.select(currency="source", amount=-pl.coalesce("from_amount", "amount"))
        moved = pl.concat([applied.select("currency", "amount"), used], how="vertical_relaxed")
        cleared = moved.group_by("currency").agg(cleared=pl.col("amount").sum())
    whole = billed.join(cleared, on="currency", how="left").with_columns(pl.col("cleared").fill_null(0))
    whole = whole.with_columns(open_balance=pl.col("invoiced") + pl.col("credited") - pl.col("cleared"))
    money = [major_units(name, "currency").alias(name) for name in ("invoiced", "credited", "cleared", "open_balance")]
    return whole.sort("currency").select("currency", pl.lit(day).alias("as_of"), "documents", *money)


def last_day(ledger: Ledger) -> date:
    """Return the last day on which a document or receipt is dated."""
    days = [ledger.tables["documents"]["document_date"].max()]
    if "receipts" in ledger.tables and ledger.tables["receipts"].height:
        days.append(ledger.tables["receipts"]["date"].max())
    return max(day for day in days if isinstance(day, date))
