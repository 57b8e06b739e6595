"""The export read by the proposed mapping, before anything is written: the ledger, its first rows, what ties out."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.sources.mapping import Imported, import_with_map
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.wizard.mapping_text import mapping_text
from credrisk.sources.wizard.proposal import Proposal

__all__ = ["Preview", "preview_mapping"]

FIRST_ROWS = 5
_SHOWN = {
    "customers": ("customer_id", "name", "country"),
    "documents": ("document_id", "customer_id", "kind", "document_date", "due_date", "amount", "currency"),
    "receipts": ("receipt_id", "customer_id", "date", "amount", "currency"),
    "applications": ("from_id", "to_document_id", "applied_on", "kind", "amount"),
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
        """Return the first rows of a table as the ledger holds them, amounts in major units."""
        from credrisk.ledger.money import major_units

        frame = self.ledger.tables[table]
        names = [name for name in _SHOWN[table] if name in frame.columns]
        money = [major_units("amount", "currency").alias("amount")] if "amount" in names else []
        return frame.head(FIRST_ROWS).with_columns(money).select(names)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of which there are first rows to show."""
        return tuple(name for name in _SHOWN if name in self.ledger.tables)


def preview_mapping(proposal: Proposal, source: str | PathLike[str]) -> Preview:
    """Read the export by a proposed mapping, in memory.

    Raises
    ------
    DataError
        When a blocking question is open, or the export cannot be read that way.
    """
    text = mapping_text(proposal)
    imported = import_with_map(map_of_text(text, "the proposed mapping"), source)
    return Preview(text, imported, Ledger.read(imported.tables))
